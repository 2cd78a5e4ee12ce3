#pragma once

#include "common/base/arena.h"
#include "common/base/event_queue.h"
#include "common/base/refcount.h"
#include "jobmanager/gateway/gateway.h"
#include "jobmanager/planner/planner.h"
#include "jobmanager/sql/catalog.h"

#include <pthread.h>

enum {
    GATEWAY_THREADS = 2,
    GATEWAY_MAX_SESSIONS = 1000,
    SESSION_MAX_OPERATIONS = 200, /* finished ones beyond it are closed, oldest first */
    SUBMIT_DEADLINE_MS = 60000,
    PAGE_MAX_ROWS = 1000,
};

enum operation_state {
    OPERATION_PENDING,
    OPERATION_RUNNING,
    OPERATION_FINISHED,
    OPERATION_CANCELED,
    OPERATION_ERROR
};

/* What a statement gives: a table of text, or the rows of a query's job. Filled once by the thread that runs
 * it. */
struct operation_result {
    bool is_query;
    bool is_ok;
    bool waits_for_job; /* table.dml-sync: not ready before the job has ended */
    char job_id[JOB_ID_BYTES];
    struct gateway_column *columns;
    size_t num_columns;
    struct buffer rows; /* static results */
    uint32_t num_rows;
    struct collect_result *collect; /* of a query; owned reference */
};

/* One statement. Under the session's mutex, but for text, which never changes. */
struct operation {
    struct operation *next; /* in order of arrival */
    char id[GATEWAY_ID_BYTES];
    char *statement;
    enum operation_state state;
    bool is_canceled;
    struct error error; /* OPERATION_ERROR */
    struct operation_result result;
    gateway_done_callback *on_done;
    void *done_context;
    /* Paging: the page behind last_token is kept so that it can be asked for again. */
    bool has_last_page;
    uint64_t last_token;
    struct gateway_page last_page;
};

struct statement_text {
    char *text;
    struct statement_text *next;
};

/*
 * One user's session. mutex guards the operations, the settings and the times; the catalog and the statement
 * set belong to the one thread that runs a statement of the session (is_busy).
 */
struct session {
    struct refcount refs;
    struct gateway *gateway;
    char id[GATEWAY_ID_BYTES];
    pthread_mutex_t mutex;
    struct operation *operations;
    size_t num_operations;
    struct configuration *properties;
    struct configuration *initial_properties; /* what RESET goes back to */
    int64_t last_access_ms;
    bool is_busy;
    bool is_closed;
    struct sql_catalog *catalog;
    bool in_statement_set;
    struct statement_text *statement_set; /* INSERTs between BEGIN STATEMENT SET and END, in order */
};

struct gateway {
    struct gateway_options options;
    struct sql_catalog_factory catalog_factory;
    int64_t idle_timeout_ms;
    pthread_t threads[GATEWAY_THREADS];
    struct event_queue *runnable; /* sessions with work, one reference each */
    pthread_mutex_t mutex;
    struct session **sessions; /* under mutex; owned references */
    size_t num_sessions;
};

/* A reference, locked and touched. NOT_FOUND: it was closed, or never was. */
STATUS_MUST_CHECK enum status gateway_lock_session(struct gateway *gateway, const char *id,
                                                   struct session **ret_session, struct error *error);
void gateway_unlock_session(struct session *session); /* the reference goes */

struct session *session_create(struct gateway *gateway, const struct configuration_entry *properties,
                               size_t count);
struct session *session_ref(struct session *session);
void session_unref(struct session *session);
/* Runs pending operations until there are none. Called by one pool thread at a time. */
void session_run(struct session *session);

void operation_free(struct operation *operation);
/* Under the session's mutex: nobody will take the rows of a query, so that its job is of no use. */
void operation_stop(struct gateway *gateway, struct operation *operation);

/* The content. */
void operation_result_free(struct operation_result *result);
/* A page of a finished operation; under the session's mutex. */
STATUS_MUST_CHECK enum status operation_fetch(struct session *session, struct operation *operation,
                                              uint64_t token, struct gateway_page *ret_page,
                                              struct error *error);
void gateway_page_copy(const struct gateway_page *page, struct gateway_page *ret_copy);

/* Executes one statement; runs on a pool thread without the session's mutex. */
STATUS_MUST_CHECK enum status statement_execute(struct session *session, const char *text,
                                                struct operation_result *result, struct error *error);
/* The answer OK. */
void operation_result_set_ok(struct operation_result *result);
/* Columns of STRING, to be filled row by row. */
void operation_result_set_columns(struct operation_result *result, const char *const *names, size_t count);
void operation_result_add_row(struct operation_result *result, const char *const *values);

/* SET, RESET and the list of all settings. */
STATUS_MUST_CHECK enum status session_set(struct session *session, const struct sql_statement *statement,
                                          struct operation_result *result, struct error *error);
STATUS_MUST_CHECK enum status session_reset(struct session *session, const struct sql_statement *statement,
                                            struct operation_result *result, struct error *error);

/* SHOW JOBS, DESCRIBE JOB, STOP JOB. The last waits until the job has ended. */
void show_jobs(struct gateway *gateway, struct operation_result *result);
STATUS_MUST_CHECK enum status describe_job(struct gateway *gateway, const struct sql_statement *statement,
                                           struct operation_result *result, struct error *error);
STATUS_MUST_CHECK enum status stop_job(struct session *session, const struct sql_statement *statement,
                                       struct operation_result *result, struct error *error);

/* Creates missing tables, binds the sinks, hands the job to the dispatcher. Owns graph. */
STATUS_MUST_CHECK enum status submit_job(struct session *session, struct plan_job_graph *graph,
                                         char ret_job_id[JOB_ID_BYTES], struct error *error);

/* CREATE CATALOG ... WITH ('type' = 'iceberg', ...). */
struct sql_catalog_factory iceberg_catalog_factory(const struct process_context *process);
