#pragma once

#include "common/base/buffer.h"
#include "common/base/process_context.h"
#include "common/config/configuration.h"
#include "common/plan/job_graph.h"
#include "common/transport/transport.h"
#include "jobmanager/dispatcher/cluster_view.h"
#include "jobmanager/job_store/job_store.h"

/*
 * Owns the jobs. One thread holds all job state and never blocks on I/O; everything below may be called from
 * any thread but its own: calls post an event and, where they say so, wait for the answer.
 */
struct dispatcher;

enum { JOB_ID_BYTES = 33 };

struct dispatcher_options {
    const struct process_context *process;     /* borrowed; outlives the dispatcher */
    const struct configuration *configuration; /* borrowed */
    struct transport *transport;               /* borrowed */
    struct job_store *job_store;               /* borrowed */
};

/* Listens for taskmanagers, and refuses them until dispatcher_start. */
STATUS_MUST_CHECK enum status dispatcher_create(const struct dispatcher_options *options,
                                                struct dispatcher **ret_dispatcher, struct error *error);
/* Takes up the jobs of the store, which leads from before the call. Once. */
STATUS_MUST_CHECK enum status dispatcher_start(struct dispatcher *dispatcher, struct error *error);
/* The address that taskmanagers dial. */
const char *dispatcher_rpc_address(const struct dispatcher *dispatcher);
/* Stops without touching the jobs: they are taken up again by the next leader. */
void dispatcher_free(struct dispatcher *dispatcher);

/*
 * Submits a job. graph is owned by the dispatcher from the call on, also on failure; its iceberg sinks are
 * bound. name NULL: the graph's. When it returns OK the job is in the job store and will run, whatever
 * crashes. TIMEOUT leaves open whether it was stored.
 */
STATUS_MUST_CHECK enum status dispatcher_submit(struct dispatcher *dispatcher, struct plan_job_graph *graph,
                                                const char *name, int64_t deadline_ms,
                                                char ret_job_id[JOB_ID_BYTES], struct error *error);

/* Called once, from the dispatcher's thread: must not block nor call the dispatcher back synchronously. */
typedef void dispatcher_callback(void *context, enum status status, const char *job_id,
                                 const struct error *error);
void dispatcher_submit_async(struct dispatcher *dispatcher, struct plan_job_graph *graph, const char *name,
                             dispatcher_callback *callback, void *context);

/*
 * Cancels. The answer comes at once when the request was taken: the job is CANCELLING, waits for the commit
 * of what is durable, then CANCELED. NOT_FOUND: no such job. ALREADY_EXISTS: it is in a terminal state.
 */
void dispatcher_cancel(struct dispatcher *dispatcher, const char *job_id, dispatcher_callback *callback,
                       void *context);
/* As above, blocking, until the job is in a terminal state: OK when nothing is committed any more. TIMEOUT:
 * a durable checkpoint is pending; it is kept and the message names it. */
STATUS_MUST_CHECK enum status dispatcher_cancel_and_wait(struct dispatcher *dispatcher, const char *job_id,
                                                         int64_t deadline_ms, struct error *error);
/* Waits until the job is FINISHED, CANCELED or FAILED. ret_state is a name with static lifetime; *error is
 * filled, and OK returned, when it is FAILED. TIMEOUT after deadline_ms (-1: no deadline). */
STATUS_MUST_CHECK enum status dispatcher_wait_terminated(struct dispatcher *dispatcher, const char *job_id,
                                                         int64_t deadline_ms, const char **ret_state,
                                                         struct error *error);

/*
 * Work that is begun at once and polled: a checkpoint now, a savepoint, the end of a job with a savepoint,
 * the removal of a savepoint. It is remembered for five minutes after it is done.
 */
enum operation_kind { OPERATION_CHECKPOINT, OPERATION_SAVEPOINT, OPERATION_STOP, OPERATION_DISPOSAL };
enum { OPERATION_ID_BYTES = 33 };

struct operation_request {
    enum operation_kind kind;
    const char *job_id;       /* DISPOSAL: NULL */
    const char *operation_id; /* 32 hexadecimal digits: asked twice, it is done once; NULL: one is drawn */
    /* The folder above the savepoint, NULL: execution.checkpointing.savepoint-dir. DISPOSAL: the savepoint.
     */
    const char *path;
    bool is_drain;    /* STOP: sources end as if their data were at its end, so that all windows fire */
    bool cancels_job; /* SAVEPOINT: once it is written */
};

struct operation_view {
    enum operation_kind kind;
    char id[OPERATION_ID_BYTES];
    char job_id[JOB_ID_BYTES];
    bool is_done;
    struct error failure;   /* code OK: none */
    char *location;         /* of the savepoint: "file:/data/savepoint-881967-bfed612654e7"; NULL: none */
    uint64_t checkpoint_id; /* 0: none yet */
};
void operation_view_free(struct operation_view *view); /* the content */

/* INVALID_ARGUMENT: there is no folder to write to, or no such id. What else is wrong, also that there is no
 * such job, is the operation's failure. */
STATUS_MUST_CHECK enum status dispatcher_begin_operation(struct dispatcher *dispatcher,
                                                         const struct operation_request *request,
                                                         char ret_operation_id[OPERATION_ID_BYTES],
                                                         struct error *error);
/* Waits up to wait_ms for its end. NOT_FOUND: no such operation, or it is forgotten. */
STATUS_MUST_CHECK enum status dispatcher_await_operation(struct dispatcher *dispatcher,
                                                         const char *operation_id, int64_t wait_ms,
                                                         struct operation_view *ret_view,
                                                         struct error *error);

/* The newest snapshots: one reference, dropped by the caller with ..._unref. Never blocks on the dispatcher.
 */
const struct cluster_view *dispatcher_cluster_view(struct dispatcher *dispatcher);
/* NULL when there is no such job. */
const struct job_view *dispatcher_job_view(struct dispatcher *dispatcher, const char *job_id);

/*
 * Rows that a job's PLAN_SINK_COLLECT sends back: a bounded buffer that the subtasks fill and one reader
 * empties; a full one holds the job back. It stays readable after the job ended. A job whose rows were
 * already taken is not restarted: it fails, since a reader cannot take rows back.
 */
struct collect_result;

/* The result of a job with a collect sink: one reference. NULL when there is none. */
struct collect_result *dispatcher_collect_result(struct dispatcher *dispatcher, const char *job_id);
void collect_result_unref(struct collect_result *result); /* may be NULL */

struct collect_rows {
    struct buffer json; /* "[...],[...]": rows as JSON arrays of strings or nulls, comma-separated */
    uint32_t num_rows;
    bool is_end;    /* the job ended and all its rows were taken */
    bool is_failed; /* ... by failure or cancellation: error says why */
    struct error error;
};
void collect_rows_free(struct collect_rows *rows); /* the content */

/* Takes what is there, whole batches of rows at a time: the first at least, more while the sum is at most
 * max_rows. Waits up to wait_ms when there is nothing and the job runs. */
void collect_result_take(struct collect_result *result, uint32_t max_rows, int64_t wait_ms,
                         struct collect_rows *ret_rows);
