#pragma once

#include "common/base/buffer.h"
#include "common/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A SQL session, at a remote gateway or in this process. Not thread safe. */
struct sql_session {
    const struct sql_session_ops *ops;
};

struct answer_column {
    char *name;
    char *type; /* Flink's type root: "BIGINT", "VARCHAR", ... */
};

/* The answer of a statement, as it comes. Owned by the caller. */
struct sql_answer {
    bool is_query;
    bool is_ok;      /* no rows but the word OK */
    char job_id[33]; /* "" when the statement made no job */
    struct answer_column *columns;
    size_t num_columns;
};
void sql_answer_free(struct sql_answer *answer); /* the content */

/* kind: the row's, "INSERT", "UPDATE_BEFORE", "UPDATE_AFTER", "DELETE". values: num_columns texts, NULL for
 * SQL NULL. Returns false to stop. */
typedef bool sql_row_callback(void *context, const struct sql_answer *answer, const char *kind,
                              const char *const *values);

struct sql_session_ops {
    /* Runs a statement to the end of its rows. on_start is called once, when the columns are known. */
    enum status (*execute)(struct sql_session *session, const char *statement,
                           void (*on_start)(void *context, const struct sql_answer *answer),
                           sql_row_callback *on_row, void *context, struct sql_answer *ret_answer,
                           struct error *error);
    void (*free)(struct sql_session *session);
};

/* url: http://host:port of the jobmanager. */
STATUS_MUST_CHECK enum status remote_session_open(const char *url, struct sql_session **ret_session,
                                                  struct error *error);
