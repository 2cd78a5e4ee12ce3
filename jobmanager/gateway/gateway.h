#pragma once

#include "common/base/buffer.h"
#include "common/base/process_context.h"
#include "common/base/random.h"
#include "common/columnar/data_type.h"
#include "common/config/configuration.h"
#include "common/expression/time_zone.h"
#include "jobmanager/dispatcher/dispatcher.h"

/*
 * Sessions and their statements. All functions may be called from any thread and do not block: statements run
 * on a bounded pool of threads, in order within a session. Sessions without a call for
 * `sql-gateway.session.idle-timeout` (10 min) are closed. Ids are UUIDs as text.
 */
struct gateway;

enum { GATEWAY_ID_BYTES = UUID_TEXT_BYTES };

struct gateway_options {
    const struct process_context *process;     /* borrowed */
    const struct configuration *configuration; /* borrowed: the defaults of every session */
    struct dispatcher *dispatcher;             /* borrowed */
};

struct gateway *gateway_create(const struct gateway_options *options);
/* Waits for statements that run. */
void gateway_free(struct gateway *gateway);

/* properties are the client's own settings: unknown ones are kept. EXHAUSTED when there are too many
 * sessions. */
STATUS_MUST_CHECK enum status gateway_open_session(struct gateway *gateway,
                                                   const struct configuration_entry *properties, size_t count,
                                                   char ret_session[GATEWAY_ID_BYTES], struct error *error);
/* Jobs that were submitted go on. NOT_FOUND from here on: no such session or operation. */
STATUS_MUST_CHECK enum status gateway_close_session(struct gateway *gateway, const char *session,
                                                    struct error *error);
STATUS_MUST_CHECK enum status gateway_touch_session(struct gateway *gateway, const char *session,
                                                    struct error *error);
/* The settings in force, secrets masked: a copy, the caller's. */
STATUS_MUST_CHECK enum status gateway_session_properties(struct gateway *gateway, const char *session,
                                                         struct configuration **ret_properties,
                                                         struct error *error);

/* Called once when the operation has a result or failed; from a pool thread; must not block. */
typedef void gateway_done_callback(void *context);

/* Queues a statement. statement is copied. on_done may be NULL. */
STATUS_MUST_CHECK enum status gateway_execute(struct gateway *gateway, const char *session,
                                              const char *statement, gateway_done_callback *on_done,
                                              void *context, char ret_operation[GATEWAY_ID_BYTES],
                                              struct error *error);

/* Flink's words: PENDING RUNNING FINISHED CANCELED CLOSED ERROR; static lifetime. */
STATUS_MUST_CHECK enum status gateway_operation_status(struct gateway *gateway, const char *session,
                                                       const char *operation, const char **ret_status,
                                                       struct error *error);
/* Cancels a query's job; an INSERT's job goes on. */
STATUS_MUST_CHECK enum status gateway_cancel_operation(struct gateway *gateway, const char *session,
                                                       const char *operation, struct error *error);
STATUS_MUST_CHECK enum status gateway_close_operation(struct gateway *gateway, const char *session,
                                                      const char *operation, struct error *error);

enum gateway_page_kind {
    GATEWAY_PAGE_NOT_READY, /* ask for the same token again */
    GATEWAY_PAGE_PAYLOAD,   /* rows, perhaps none yet; next_token goes on */
    GATEWAY_PAGE_END,
};

struct gateway_column {
    char *name;
    struct data_type type;
};

/* One page, owned by the caller; gateway_page_free frees the content. */
struct gateway_page {
    enum gateway_page_kind kind;
    bool is_query;
    bool is_ok;                /* the answer OK of a statement that has no other: resultKind SUCCESS */
    char job_id[JOB_ID_BYTES]; /* "" when the statement made no job */
    struct gateway_column *columns;
    size_t num_columns;
    /* "[...],[...]": JSON arrays of strings or nulls, comma-separated; of a query's row that is no insert the
     * kind stands behind the fields ("UPDATE_AFTER"). */
    struct buffer rows;
    uint32_t num_rows;
    uint64_t next_token;
};
void gateway_page_free(struct gateway_page *page);

/* The value of a query's row as a terminal shows it (TRUE, 2024-01-01 00:00:00.000, instants in the zone;
 * NULL: UTC); value as in gateway_page.rows. */
void gateway_plain_text(struct data_type type, const char *value, const struct time_zone *zone,
                        struct buffer *text);
/* The session's table.local-time-zone; the caller frees it. NULL, which stands for UTC, when there is none.
 */
struct time_zone *gateway_session_time_zone(struct gateway *gateway, const char *session);

/* The failure of the statement itself is returned as its error. A token is the next one, or the last one
 * again. */
STATUS_MUST_CHECK enum status gateway_fetch(struct gateway *gateway, const char *session,
                                            const char *operation, uint64_t token,
                                            struct gateway_page *ret_page, struct error *error);
