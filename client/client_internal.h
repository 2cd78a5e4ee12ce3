#pragma once

#include "client/sql_session.h"
#include "common/config/configuration.h"

#include <stdio.h>

/* What the command line asked for. */
struct client_options {
    const char *url;                 /* of the jobmanager */
    const char *script;              /* -f; NULL: interactive */
    const char *init;                /* -i, run before it, only errors shown; NULL: none */
    struct configuration *variables; /* -D name=value */
};

/* ${name:-default} and ${name} become the value of -D, of the environment, or the default. */
STATUS_MUST_CHECK enum status variables_substitute(const char *text, const struct configuration *variables,
                                                   struct buffer *ret_text, struct error *error);

/* Runs the statements of a script one by one and prints their answers; stops at the first that fails. */
STATUS_MUST_CHECK enum status script_run(struct sql_session *session, const char *text, FILE *output,
                                         struct error *error);
/* The script of a file, variables substituted. */
STATUS_MUST_CHECK enum status script_run_file(struct sql_session *session, const char *path,
                                              const struct configuration *variables, FILE *output,
                                              struct error *error);
/* One statement, answer printed. */
STATUS_MUST_CHECK enum status statement_run(struct sql_session *session, const char *statement, FILE *output,
                                            struct error *error);
/* Reads from the terminal, or from a pipe, until QUIT or the end. */
void interactive_run(struct sql_session *session, FILE *output);

/* Something that is done to a job. */
struct job_command {
    const char *url;
    const char *job_id;    /* NULL: only where disposed is given */
    const char *directory; /* for the savepoint; NULL: as configured */
    const char *disposed;  /* a savepoint that is to go; NULL: none */
    bool is_drain;
};

int list_command(const char *url);
int cancel_command(const struct job_command *command);
/* These wait until it is done. */
int savepoint_command(const struct job_command *command);
int stop_command(const struct job_command *command);
int checkpoint_command(const struct job_command *command);
/* A cluster in this process, then the script on it. */
int local_command(const struct client_options *options);

STATUS_MUST_CHECK enum status file_read_text(const char *path, struct buffer *ret_text, struct error *error);
/* Adds what to do when no jobmanager answers. */
void client_add_remedy(struct error *error);
void client_print_error(const struct error *error);
