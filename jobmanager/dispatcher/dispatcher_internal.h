#pragma once

#include "common/base/event_queue.h"
#include "common/base/random.h"
#include "common/checkpoint_format/checkpoint_directory.h"
#include "common/rpc/messages.h"
#include "jobmanager/committer/table_committer.h"
#include "jobmanager/dispatcher/dispatcher.h"
#include "jobmanager/dispatcher/io_pool.h"
#include "jobmanager/dispatcher/job_master.h"
#include "jobmanager/dispatcher/operator_ids.h"
#include "jobmanager/dispatcher/task_metrics.h"
#include "jobmanager/resourcemanager/resourcemanager.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    MAX_TERMINAL_JOBS = 50,
    MAX_EXCEPTIONS = 16,
    CALL_DEADLINE_MS = 5000,
    CANCEL_DEADLINE_MS = 60000,
    STATE_RETRY_MS = 1000,
    TASK_CANCEL_TIMEOUT_MS = 30000, /* unless configured; the taskmanager's is the same */
    MAX_UNCOMMITTED = 3,
    IO_THREADS = 4,
    SAVEPOINT_THREADS = 2,
};

/* What waits in the queue of the dispatcher's thread. The first member of each event. */
struct event {
    void (*run)(struct dispatcher *dispatcher, struct event *event); /* frees event */
    void (*drop)(struct event *event);                               /* frees it unrun; NULL: free() */
};

struct job_exception {
    struct error error;
    int64_t timestamp_ms; /* wall clock */
    char *task_name;
    char *location;
    char taskmanager_id[TASKMANAGER_ID_BYTES];
};

struct job_table {
    char *name;
    uint32_t sink_id; /* the first that writes it */
    const struct plan_iceberg_sink *sink;
    struct table_committer *committer; /* used on I/O workers, one work at a time */
};

struct cancel_waiter {
    struct cancel_waiter *next;
    dispatcher_callback *callback;
    void *context;
};

/* One job. Owned and touched by the dispatcher's thread; I/O requests use what never changes. */
struct job {
    struct dispatcher *dispatcher;
    char id[JOB_ID_BYTES];
    char *name;
    char lineage[UUID_TEXT_BYTES];
    char restored_job_id[JOB_ID_BYTES]; /* "" unless restored from another job's checkpoint */
    struct plan_job_graph *graph;
    struct buffer encoded_graph;
    struct operator_ids operators;
    char *checkpoint_directory;
    char *checkpoint_folder;
    struct file_io *checkpoint_io;
    bool keeps_checkpoints; /* beyond its end */
    bool claims_restored;   /* what it was restored from is its own */
    struct job_table *tables;
    uint32_t num_tables;
    struct job_master *master; /* NULL once it has ended */
    struct collect_result *collect;
    uint32_t slots_wanted; /* 0: none asked for */
    uint32_t num_requests; /* I/O under way for this job */
    int64_t submitted_ms;  /* wall clock; so below */
    int64_t ended_ms;      /* -1 */
    int64_t modified_ms;
    int64_t state_ms[NUM_JOB_STATES];
    enum job_state state; /* as shown: a terminal one only once it is stored */
    enum job_state stored_state;
    bool is_state_stored; /* stored_state is in the store */
    bool is_cleaned;      /* after its end: what it left over is being removed */
    int64_t state_retry_ms;
    struct cancel_waiter *cancel_waiters;
    struct error failure; /* code OK unless FAILED */
    struct job_exception exceptions[MAX_EXCEPTIONS];
    size_t num_exceptions;        /* ever */
    struct task_metrics *metrics; /* for each execution */
    size_t num_executions;
    uint32_t num_restarts;
    bool is_dirty;               /* its view is out of date */
    const struct job_view *view; /* the dispatcher's reference */
};

struct taskmanager_peer {
    struct dispatcher *dispatcher;
    char id[TASKMANAGER_ID_BYTES];
    struct transport_peer *peer;
};

struct operation {
    struct operation_view view;
    char *path; /* of the savepoint that is to be; NULL: none */
    bool cancels_job;
    int64_t done_ms; /* monotonic */
};

/* What other threads look up, under mutex. */
struct published_job {
    char id[JOB_ID_BYTES];
    const struct job_view *view;
    struct collect_result *collect;
    struct error failure;
};

struct dispatcher {
    struct dispatcher_options options;
    const struct process_context *process;
    struct transport_server *server;
    char address[TRANSPORT_ADDRESS_BYTES]; /* of the server, as taskmanagers dial it */
    struct event_queue *queue;
    pthread_t thread;
    bool has_thread;
    struct io_pool *io;
    struct io_pool *savepoint_io; /* copies whole states: nothing else waits behind it */
    atomic_bool is_leading;
    atomic_bool is_stopping;
    uint64_t epoch;
    int64_t leader_since_ms;
    int64_t heartbeat_interval_ms, heartbeat_timeout_ms;
    struct resourcemanager *resources;
    struct taskmanager_peer **peers;
    size_t num_peers;
    struct job **jobs; /* in order of submission */
    size_t num_jobs;
    bool resources_changed;
    bool is_dirty;

    pthread_mutex_t mutex;
    pthread_cond_t published; /* whenever views change */
    const struct cluster_view *cluster_view;
    struct published_job *published_jobs;
    size_t num_published_jobs;
    struct operation **operations; /* oldest first */
    size_t num_operations;
};

int64_t dispatcher_now_ms(const struct dispatcher *dispatcher); /* monotonic: what the machines see */
int64_t dispatcher_wall_ms(const struct dispatcher *dispatcher, int64_t monotonic_ms); /* -1 stays */
void dispatcher_post(struct dispatcher *dispatcher, struct event *event);
struct job *dispatcher_find_job(struct dispatcher *dispatcher, const char *job_id);
void dispatcher_log(struct dispatcher *dispatcher, enum log_level level, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* rpc_handlers.c, on the transport's threads */
void dispatcher_handle_request(void *context, struct transport_request *request, uint16_t method,
                               struct bytes_view payload);
/* The job that a task belongs to, and who it is there. FENCED when it cannot be of this leader. */
STATUS_MUST_CHECK enum status dispatcher_identify_task(struct dispatcher *dispatcher,
                                                       const struct rpc_task_id *task, struct job **ret_job,
                                                       struct task_identity *ret_identity,
                                                       struct error *error);

/* checkpoint_answers.c: the dispatcher's thread */
STATUS_MUST_CHECK enum status dispatcher_handle_acknowledge(struct dispatcher *dispatcher,
                                                            struct bytes_view payload, struct arena *arena,
                                                            struct error *error);
STATUS_MUST_CHECK enum status dispatcher_handle_decline(struct dispatcher *dispatcher,
                                                        struct bytes_view payload, struct arena *arena,
                                                        struct error *error);

/* taskmanagers.c */
void dispatcher_create_resources(struct dispatcher *dispatcher);
void dispatcher_connect(struct dispatcher *dispatcher, const struct taskmanager *taskmanager);
struct transport_peer *dispatcher_peer(struct dispatcher *dispatcher, const char *taskmanager_id);
void dispatcher_free_peers(struct dispatcher *dispatcher);
void dispatcher_allocate_slots(struct dispatcher *dispatcher);

/* job.c */
struct job *job_create(struct dispatcher *dispatcher, const struct stored_job *stored,
                       struct plan_job_graph *graph);
void job_free(struct job *job);
/* Makes the machines and begins. is_recovered: an earlier leader had it. */
STATUS_MUST_CHECK enum status job_start(struct job *job, bool is_recovered, enum job_state stored_state,
                                        struct error *error);
/* A job whose machines cannot be made: it is FAILED. */
void job_fail_unstarted(struct job *job, const struct error *error);
void job_add_exception(struct job *job, const struct execution *execution, const struct error *error);
void job_after_event(struct job *job);
void job_set_state(struct job *job, enum job_state state);
/* The vertex of that id; -1 when there is none. */
int32_t job_vertex_index(const struct job *job, const char *vertex_id);
void job_task_name(const struct job *job, const struct execution *execution, struct buffer *name);

/* The operations of a job's master, whose context is the job: job_rpc.c, job_tables.c, job_checkpoints.c,
 * job_records.c, job_savepoints.c, job_removal.c */
void job_rpc_operations(struct job_operations *operations);
void job_table_operations(struct job_operations *operations);
void job_checkpoint_operations(struct job_operations *operations);
void job_record_operations(struct job_operations *operations);
void job_savepoint_operations(struct job_operations *operations);
void job_removal_operations(struct job_operations *operations);

/* task_deployment.c: the payload of RPC_DEPLOY. restored NULL: a fresh start. */
void task_deployment_encode(const struct job *job, const struct execution *execution,
                            const struct rpc_task_id *task, const struct checkpoint_metadata *restored,
                            struct buffer *out);

/* job_tables.c */
/* One entry for each table that sinks write, however many. */
void job_gather_tables(struct job *job);
STATUS_MUST_CHECK enum status job_open_tables(struct job *job, struct error *error);
/* What the sink, lineage and job say; the epoch is to be set. Nothing is copied. */
struct table_committer_options iceberg_sink_committer_options(const struct plan_iceberg_sink *sink,
                                                              const char *lineage, const char *job_id);
/* -1: it writes none that is committed to. */
int32_t job_table_of_sink(const struct job *job, uint32_t sink_id);

/* job_removal.c */
/* The job is at its end, which is stored: its checkpoints go, or only what they do not refer to. */
void job_clean_up(struct job *job);
/* As above, for a job whose leader died before it came to it. On the dispatcher's thread or before it runs.
 */
void job_clean_up_recovered(struct job *job);

/* job_records.c */
/* The state counts, and is shown, once it is in the store. */
void job_put_state(struct job *job, enum job_state state);
void job_store_state_now(struct job *job);

/* job_settings.c */
/* NULL: nobody says anything. */
const char *job_setting(const struct plan_job_graph *graph, const struct configuration *configuration,
                        const char *key);
/* Whether its checkpoints outlive a job that was cancelled or has finished. */
STATUS_MUST_CHECK enum status job_keeps_checkpoints(const struct plan_job_graph *graph,
                                                    const struct configuration *configuration,
                                                    bool *ret_keeps, struct error *error);
/* Whether the checkpoint that it was restored from becomes its own. */
STATUS_MUST_CHECK enum status job_claims_restored(const struct plan_job_graph *graph,
                                                  const struct configuration *configuration, bool *ret_claims,
                                                  struct error *error);
char *job_checkpoint_directory(const struct configuration *configuration); /* for the caller to free */
/* As far as they are told by settings and by the job. */
STATUS_MUST_CHECK enum status job_read_checkpoint_settings(const struct job *job,
                                                           struct coordinator_options *options,
                                                           struct error *error);
STATUS_MUST_CHECK enum status job_read_restart_settings(const struct job *job,
                                                        struct scheduler_options *options,
                                                        struct error *error);

/* found_adoption.c: replaces what was found of another job by what this one restores. */
STATUS_MUST_CHECK enum status found_checkpoints_adopt(struct found_checkpoints *found,
                                                      const struct plan_job_graph *graph,
                                                      const struct operator_ids *ids, bool claims_files,
                                                      struct error *error);

/* submission.c */
STATUS_MUST_CHECK enum status dispatcher_check_graph(const struct plan_job_graph *graph, struct error *error);

/* restored_lineage.c: a job that restores another one's checkpoint carries its lineage on, unless it asks for
 * a new one. On a worker. */
STATUS_MUST_CHECK enum status stored_job_inherit_lineage(struct dispatcher *dispatcher,
                                                         const struct plan_job_graph *graph,
                                                         struct stored_job *stored, struct error *error);

/* known_jobs.c */
void dispatcher_add_job(struct dispatcher *dispatcher, struct job *job);
STATUS_MUST_CHECK enum status dispatcher_recover_jobs(struct dispatcher *dispatcher, struct error *error);
void dispatcher_forget_old_jobs(struct dispatcher *dispatcher);

/* operations.c: any thread */
/* Copies; its view has kind and ids. False: it is known already. */
bool operations_add(struct dispatcher *dispatcher, const struct operation *operation);
/* What was asked for is there; a job that is stopped must end yet. True: its job is to be cancelled now. */
bool operations_answer(struct dispatcher *dispatcher, const char *operation_id, uint64_t checkpoint_id);
/* failure NULL: it succeeded. */
void operations_end(struct dispatcher *dispatcher, const char *operation_id, const struct error *failure);
void operations_job_moved(struct dispatcher *dispatcher, const char *job_id, enum job_state state);
void operations_free(struct dispatcher *dispatcher);

/* view_build.c, views.c */
const struct job_view *job_view_build(struct job *job);
void dispatcher_publish(struct dispatcher *dispatcher);
void dispatcher_free_views(struct dispatcher *dispatcher);

/* collect.c */
struct collect_result *collect_result_create(void);
struct collect_result *collect_result_ref(struct collect_result *result);
/* False: rows of an earlier attempt were taken, they would come twice. */
bool collect_result_start_attempt(struct collect_result *result, uint32_t attempt);
STATUS_MUST_CHECK enum status collect_result_put(struct collect_result *result, uint32_t vertex,
                                                 const struct rpc_collect *message, struct error *error);
/* failure NULL: the job finished. */
void collect_result_end(struct collect_result *result, const struct error *failure);
