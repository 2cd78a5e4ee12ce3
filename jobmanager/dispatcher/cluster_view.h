#pragma once

#include "common/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What REST and the gateway see of cluster and jobs: immutable, reference-counted snapshots. A view and all
 * text in it live until its last reference is dropped; any thread may read, ref and unref it. Times are
 * milliseconds since 1970-01-01 UTC, -1 when there is none; states and statuses are Flink's words.
 */

/* Flink's execution states, in the order in which its REST answers count them. */
enum task_state {
    TASK_CREATED,
    TASK_SCHEDULED,
    TASK_DEPLOYING,
    TASK_RUNNING,
    TASK_FINISHED,
    TASK_CANCELING,
    TASK_CANCELED,
    TASK_FAILED,
    TASK_RECONCILING,
    TASK_INITIALIZING,
    NUM_TASK_STATES
};
const char *task_state_name(enum task_state state);

struct taskmanager_view {
    const char *id;      /* 32 hexadecimal digits: this incarnation */
    const char *address; /* of its RPC server: tcp://host:port */
    const char *host;
    uint32_t data_port; /* 0 before there is a data plane */
    uint32_t slots_total;
    uint32_t slots_free;
    uint32_t cpu_cores;
    uint64_t memory_bytes;
    uint64_t resident_bytes;
    int64_t cpu_ms;
    int64_t pid;
    int64_t registered_ms;
    int64_t last_heartbeat_ms;
    const char *build_version;
};

struct job_summary_view {
    const char *id; /* 32 hexadecimal digits */
    const char *name;
    const char
        *state; /* INITIALIZING CREATED RUNNING FAILING FAILED CANCELLING CANCELED FINISHED RESTARTING */
    bool is_terminal; /* FAILED, CANCELED or FINISHED */
    int64_t start_ms;
    int64_t end_ms; /* -1 while it runs: its duration is then now - start_ms */
    int64_t last_modification_ms;
    uint32_t task_counts[NUM_TASK_STATES];
    uint32_t num_tasks;
};

struct cluster_view {
    uint64_t leader_epoch;
    int64_t leader_since_ms;
    const struct taskmanager_view *taskmanagers;
    size_t num_taskmanagers;
    uint32_t slots_total;
    uint32_t slots_free;
    const struct job_summary_view *jobs; /* newest first; finished ones up to a bound */
    size_t num_jobs;
    uint32_t jobs_running; /* everything that is not terminal, as Flink counts */
    uint32_t jobs_finished;
    uint32_t jobs_cancelled;
    uint32_t jobs_failed;
};

/* Totals of the present attempt. */
struct operator_metrics_view {
    uint32_t node_id;
    const char *name;
    uint64_t records_in, records_out, bytes_in, bytes_out, dropped_records, failed_records;
    int64_t pending_records; /* -1: not known */
    uint64_t late_records_dropped;
    int64_t watermark_ms; /* the last that came, since 1970; INT64_MIN: none yet; summed up: the smallest */
    uint64_t state_bytes;
};

/* By the second. */
struct task_rates_view {
    double busy_ms, idle_ms, backpressured_ms;
    double records_in, records_out, bytes_in, bytes_out;
};

struct subtask_view {
    uint32_t subtask;
    uint32_t attempt; /* from 0, as Flink counts */
    enum task_state state;
    const char *taskmanager_id; /* "" when not deployed */
    const char *host;
    int64_t start_ms;
    int64_t end_ms;
    int64_t state_ms[NUM_TASK_STATES]; /* when it entered each state; -1: never */
    int64_t busy_ms, idle_ms, backpressured_ms;
    uint64_t records_in, records_out, bytes_in, bytes_out; /* of the chain: first operator in, last out */
    struct task_rates_view rates;
    uint32_t queued_inputs, queued_outputs;
    int64_t watermark_ms; /* of the first operator; INT64_MIN: none yet */
    const struct operator_metrics_view *operators;
    size_t num_operators;
};

struct vertex_view {
    const char *id; /* 32 hexadecimal digits */
    const char *name;
    uint32_t parallelism;
    uint32_t max_parallelism;
    enum task_state state; /* aggregated as Flink does */
    int64_t start_ms;
    int64_t end_ms;
    uint32_t task_counts[NUM_TASK_STATES];
    int64_t busy_ms, idle_ms, backpressured_ms;
    uint64_t records_in, records_out, bytes_in, bytes_out;
    const struct subtask_view *subtasks;           /* parallelism of them */
    const struct operator_metrics_view *operators; /* summed over the subtasks */
    size_t num_operators;
};

struct job_edge_view {
    uint32_t from, to; /* index into vertices */
};

/* A task's part of a checkpoint. */
struct checkpoint_task_view {
    int64_t ack_ms; /* -1: it did not acknowledge */
    uint64_t state_bytes, checkpointed_bytes, aligned_bytes;
    int64_t start_delay_ms, alignment_ms, sync_duration_ms, async_duration_ms;
};

struct checkpoint_view {
    uint64_t id;
    const char *status; /* IN_PROGRESS, COMPLETED, FAILED */
    const char *type;   /* CHECKPOINT, SAVEPOINT, SYNC_SAVEPOINT */
    bool is_savepoint;
    bool is_final;     /* the one behind the end of all input */
    bool is_committed; /* the tables have it */
    bool is_discarded; /* subsumed: its file is gone */
    int64_t trigger_ms;
    int64_t latest_ack_ms;
    int64_t duration_ms;         /* trigger to durable */
    int64_t commit_duration_ms;  /* durable to committed in all tables; -1 */
    int64_t alignment_ms;        /* of the slowest subtask */
    uint64_t size_bytes;         /* of the metadata file */
    uint64_t state_bytes;        /* all that it refers to */
    uint64_t checkpointed_bytes; /* what only it brought */
    uint64_t aligned_bytes;      /* processed while barriers were aligned */
    uint32_t num_subtasks;
    uint32_t num_acknowledged;
    const char *path;                         /* "" before it is durable; of a savepoint its own folder */
    const char *failure;                      /* "" unless FAILED */
    const struct checkpoint_task_view *tasks; /* num_subtasks: those of the first vertex, of the second ... */
};

struct statistic_view {
    int64_t minimum, maximum, average, p50, p90, p95, p99, p999;
};

struct checkpoints_view {
    int64_t interval_ms, timeout_ms, min_pause_ms;
    int32_t tolerable_failed;
    const char *directory;
    bool outlives_job;         /* checkpoints of a job that was cancelled or has finished stay */
    const char *state_backend; /* "rocksdb", "hashmap" */
    uint64_t num_triggered, num_in_progress, num_completed, num_failed, num_restored;
    /* Over the completed in history. */
    struct statistic_view checkpointed_bytes, state_bytes, aligned_bytes, duration_ms, commit_duration_ms;
    const struct checkpoint_view *history; /* newest first, bounded */
    size_t num_history;
    const struct checkpoint_view *latest_completed; /* no savepoint; NULL when none; so the next three */
    const struct checkpoint_view *latest_savepoint;
    const struct checkpoint_view *latest_failed;
    const struct checkpoint_view *latest_restored;
    int64_t restored_ms; /* when latest_restored was restored */
};

struct exception_view {
    const char *text; /* the whole message */
    const char *code; /* status_name: "unavailable", ... */
    int64_t timestamp_ms;
    const char *task_name; /* "Source: a[1] -> b[2] (1/2)"; "" for the job itself */
    const char *taskmanager_id;
    const char *location; /* host of the taskmanager; "" when none */
};

/* A table that the job commits to. */
struct job_table_view {
    uint32_t sink_id;
    const char *table;
    int64_t last_checkpoint_id; /* -1: none yet */
    int64_t last_snapshot_id;
};

struct job_configuration_entry_view {
    const char *key;
    const char *value;
};

struct job_view {
    struct job_summary_view summary;
    const char *lineage;
    uint32_t attempt; /* 0 before the first */
    uint32_t max_parallelism;
    uint32_t parallelism;
    uint32_t num_restarts;
    /* When it last entered each of Flink's job states, by name; -1: never. */
    const char *const *state_names;
    const int64_t *state_ms;
    size_t num_states;
    const char *waiting_for; /* what a RESTARTING or CREATED job lacks: "3 slots, 2 are free"; "" */
    const struct vertex_view *vertices;
    size_t num_vertices;
    const struct job_edge_view *edges;
    size_t num_edges;
    struct checkpoints_view checkpoints;
    const struct exception_view *root_exception; /* of the last failure; NULL */
    const struct exception_view *exceptions;     /* newest first, bounded */
    size_t num_exceptions;
    const struct job_table_view *tables;
    size_t num_tables;
    const struct job_configuration_entry_view *configuration; /* the session's; secrets are masked */
    size_t num_configuration;
    bool has_collect_sink;
    /* Durable and not yet in all tables: the oldest; -1: none. A cancelled job leaves it to a restore. */
    int64_t pending_checkpoint_id;
};

void cluster_view_ref(const struct cluster_view *view);
void cluster_view_unref(const struct cluster_view *view); /* may be NULL */
void job_view_ref(const struct job_view *view);
void job_view_unref(const struct job_view *view); /* may be NULL */
