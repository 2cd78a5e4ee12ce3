#pragma once

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/status.h"

/*
 * What jobmanager and taskmanagers say to each other, as structs; the wire form is protobuf (proto/rpc.proto)
 * and stays in the codec. A decoded message lives in the arena given, bytes views included.
 *
 * Every message to or from a task carries its identity: what is of an older leader epoch, another attempt or
 * another incarnation of a taskmanager is refused with STATUS_FENCED and has no effect. Requests are
 * idempotent.
 */
enum rpc_method {
    /* taskmanager to jobmanager */
    RPC_REGISTER = 1,    /* rpc_register -> rpc_register_reply */
    RPC_HEARTBEAT = 2,   /* rpc_heartbeat -> rpc_heartbeat_reply */
    RPC_TASK_STATE = 3,  /* rpc_task_state -> empty */
    RPC_ACKNOWLEDGE = 4, /* rpc_acknowledge -> empty */
    RPC_DECLINE = 5,     /* rpc_decline -> empty */
    RPC_COLLECT = 6,     /* rpc_collect -> empty: the rows are taken; EXHAUSTED: ask again later */
    /* jobmanager to taskmanager */
    RPC_DEPLOY = 16,      /* rpc_deploy -> empty: accepted; the task's state follows by RPC_TASK_STATE */
    RPC_CANCEL_TASK = 17, /* rpc_cancel_task -> empty: accepted */
    RPC_TRIGGER_CHECKPOINT = 18, /* rpc_trigger_checkpoint -> empty */
    RPC_NOTIFY_CHECKPOINT = 19,  /* rpc_notify_checkpoint -> empty */
};

enum { RPC_VERSION = 2 };

struct rpc_register {
    const char *taskmanager_id; /* 32 hexadecimal digits, drawn anew at each start: the incarnation */
    const char *address;        /* to dial for requests: tcp://host:port */
    const char *data_address;   /* to dial for rows of other taskmanagers' tasks: exchange_hub_address */
    const char *host;
    uint32_t protocol_version;
    const char *build_version;
    uint32_t num_slots;
    uint32_t cpu_cores;
    uint64_t memory_bytes;
    int64_t pid;
};

struct rpc_register_reply {
    uint64_t leader_epoch;
    int64_t heartbeat_interval_ms;
    int64_t heartbeat_timeout_ms;
};

/* One attempt of one subtask. */
struct rpc_task_id {
    uint64_t leader_epoch;
    const char *job_id;    /* 32 hexadecimal digits */
    uint32_t attempt;      /* of the whole job, from 1 */
    const char *vertex_id; /* 32 hexadecimal digits */
    uint32_t subtask;
    const char *taskmanager_id;
};

/* Ordered as a task lives. */
enum rpc_task_status {
    RPC_TASK_DEPLOYING,
    RPC_TASK_INITIALIZING, /* opens and restores */
    RPC_TASK_RUNNING,
    RPC_TASK_END_OF_INPUT, /* its sources have ended; it still answers barriers */
    RPC_TASK_FINISHED,     /* after the notification that the checkpoint behind its end is committed */
    RPC_TASK_CANCELED,
    RPC_TASK_FAILED,
};

/* Totals since the attempt began. */
struct rpc_operator_metrics {
    uint32_t node_id; /* of the plan */
    uint64_t records_in, records_out, bytes_in, bytes_out, dropped_records, failed_records;
    int64_t pending_records; /* -1: not known */
    uint64_t late_records_dropped;
    int64_t watermark_us; /* the last that came; INT64_MIN: none yet */
    uint64_t state_bytes; /* of keyed state, memory and files */
};

struct rpc_task_report {
    struct rpc_task_id task;
    enum rpc_task_status status;
    int64_t busy_ms, idle_ms, backpressured_ms; /* totals */
    /* Of the channels between tasks: elements that wait now, before and behind the chain, and total bytes. */
    uint32_t queued_inputs, queued_outputs;
    uint64_t bytes_received, bytes_sent;
    const struct rpc_operator_metrics *operators;
    size_t num_operators;
};

struct rpc_heartbeat {
    uint64_t leader_epoch;
    const char *taskmanager_id;
    uint32_t num_free_slots;
    uint64_t resident_bytes;
    int64_t cpu_ms; /* of the process, total */
    const struct rpc_task_report *reports;
    size_t num_reports;
};

struct rpc_heartbeat_reply {
    uint64_t leader_epoch;
    bool is_known; /* false: register again; tasks of older epochs are to be cancelled */
};

struct rpc_task_state {
    struct rpc_task_id task;
    enum rpc_task_status status;
    struct error error; /* FAILED: why; otherwise code OK */
};

struct rpc_operator_bytes {
    uint32_t node_id;
    struct bytes_view bytes;
};

struct rpc_committable {
    uint32_t sink_id;
    struct bytes_view bytes;
};

struct rpc_acknowledge {
    struct rpc_task_id task;
    uint64_t checkpoint_id;
    bool is_end_of_input;                    /* the barrier came after the end of all input */
    const struct rpc_operator_bytes *states; /* operator_state_encode, one for each operator that has any */
    size_t num_states;
    const struct rpc_operator_bytes
        *keyed_states; /* keyed_state_handle_encode, one for each that keeps any */
    size_t num_keyed_states;
    const struct rpc_committable *committables;
    size_t num_committables;
    int64_t start_delay_ms; /* from the trigger's timestamp to the first barrier */
    int64_t alignment_ms;   /* from the first barrier to the last */
    int64_t sync_duration_ms, async_duration_ms;
    uint64_t aligned_bytes; /* processed while barriers were aligned */
};

struct rpc_decline {
    struct rpc_task_id task;
    uint64_t checkpoint_id;
    struct error error;
    const struct rpc_committable *committables; /* written for it all the same, and nobody's now */
    size_t num_committables;
};

/* Rows of a SELECT: sequence counts from 0 in one attempt and subtask. */
struct rpc_collect {
    struct rpc_task_id task;
    uint32_t sink_id;
    uint64_t sequence;
    /* JSON array of arrays of strings or nulls, as result pages show them; a row that is no insert has its
     * kind behind its fields: "UPDATE_BEFORE", "UPDATE_AFTER", "DELETE". */
    struct bytes_view rows;
    uint32_t num_rows;
};

/*
 * The states that one operator of all old subtasks had: the task redistributes (operator_state_redistribute),
 * and takes its own key groups out of the handles. A file that a handle does not call shared is not ours: no
 * later checkpoint may refer to it.
 */
struct rpc_restored_operator {
    uint32_t node_id;
    const struct bytes_view *states;
    size_t num_states;
    const struct bytes_view *keyed_states; /* keyed_state_handle_encode */
    size_t num_keyed_states;
};

/* Where a subtask of the attempt runs. */
struct rpc_task_location {
    uint32_t vertex; /* index into the graph's vertices */
    uint32_t subtask;
    const char *taskmanager_id;
    const char *data_address;
};

struct rpc_deploy {
    struct rpc_task_id task;
    uint32_t slot;
    struct bytes_view job_graph; /* plan_job_graph_encode; the task runs the vertex of task.vertex_id */
    const struct rpc_task_location *locations; /* of all subtasks of the attempt */
    size_t num_locations;
    const char *checkpoint_folder;   /* of the job: handles name files relative to it */
    uint64_t restored_checkpoint_id; /* 0: a fresh start */
    const struct rpc_restored_operator *restored;
    size_t num_restored;
};

struct rpc_cancel_task {
    struct rpc_task_id task;
};

enum rpc_checkpoint_kind {
    RPC_CHECKPOINT_PERIODIC,
    RPC_CHECKPOINT_FINAL, /* all sources have ended; nothing else differs */
    RPC_SAVEPOINT,        /* for tasks as a periodic one: the jobmanager copies what it refers to */
    RPC_SAVEPOINT_STOP,   /* sources read nothing after its barrier */
};

struct rpc_trigger_checkpoint {
    struct rpc_task_id task;
    uint64_t checkpoint_id;
    enum rpc_checkpoint_kind kind;
    bool is_drain; /* SAVEPOINT_STOP: the sources end before the barrier, as if their data were at its end */
    /* The newest durable checkpoint, 0 when none; barriers pass it on. Keyed state may refer to files of that
     * one and of no other: only they are surely there until this one is durable or given up. */
    uint64_t durable_id;
    int64_t timestamp_ms;
};

struct rpc_notify_checkpoint {
    struct rpc_task_id task;
    uint64_t checkpoint_id;
    bool is_aborted; /* false: committed */
    bool is_final;   /* the task may finish */
};

/* Encoders append to buffer; decoders refuse what does not parse with STATUS_CORRUPT. */
void rpc_register_encode(const struct rpc_register *message, struct buffer *buffer);
void rpc_register_reply_encode(const struct rpc_register_reply *message, struct buffer *buffer);
void rpc_heartbeat_encode(const struct rpc_heartbeat *message, struct buffer *buffer);
void rpc_heartbeat_reply_encode(const struct rpc_heartbeat_reply *message, struct buffer *buffer);
void rpc_task_state_encode(const struct rpc_task_state *message, struct buffer *buffer);
void rpc_acknowledge_encode(const struct rpc_acknowledge *message, struct buffer *buffer);
void rpc_decline_encode(const struct rpc_decline *message, struct buffer *buffer);
void rpc_collect_encode(const struct rpc_collect *message, struct buffer *buffer);
void rpc_deploy_encode(const struct rpc_deploy *message, struct buffer *buffer);
void rpc_cancel_task_encode(const struct rpc_cancel_task *message, struct buffer *buffer);
void rpc_trigger_checkpoint_encode(const struct rpc_trigger_checkpoint *message, struct buffer *buffer);
void rpc_notify_checkpoint_encode(const struct rpc_notify_checkpoint *message, struct buffer *buffer);

STATUS_MUST_CHECK enum status rpc_register_decode(struct bytes_view bytes, struct arena *arena,
                                                  struct rpc_register *ret_message, struct error *error);
STATUS_MUST_CHECK enum status rpc_register_reply_decode(struct bytes_view bytes, struct arena *arena,
                                                        struct rpc_register_reply *ret_message,
                                                        struct error *error);
STATUS_MUST_CHECK enum status rpc_heartbeat_decode(struct bytes_view bytes, struct arena *arena,
                                                   struct rpc_heartbeat *ret_message, struct error *error);
STATUS_MUST_CHECK enum status rpc_heartbeat_reply_decode(struct bytes_view bytes, struct arena *arena,
                                                         struct rpc_heartbeat_reply *ret_message,
                                                         struct error *error);
STATUS_MUST_CHECK enum status rpc_task_state_decode(struct bytes_view bytes, struct arena *arena,
                                                    struct rpc_task_state *ret_message, struct error *error);
STATUS_MUST_CHECK enum status rpc_acknowledge_decode(struct bytes_view bytes, struct arena *arena,
                                                     struct rpc_acknowledge *ret_message,
                                                     struct error *error);
STATUS_MUST_CHECK enum status rpc_decline_decode(struct bytes_view bytes, struct arena *arena,
                                                 struct rpc_decline *ret_message, struct error *error);
STATUS_MUST_CHECK enum status rpc_collect_decode(struct bytes_view bytes, struct arena *arena,
                                                 struct rpc_collect *ret_message, struct error *error);
STATUS_MUST_CHECK enum status rpc_deploy_decode(struct bytes_view bytes, struct arena *arena,
                                                struct rpc_deploy *ret_message, struct error *error);
STATUS_MUST_CHECK enum status rpc_cancel_task_decode(struct bytes_view bytes, struct arena *arena,
                                                     struct rpc_cancel_task *ret_message,
                                                     struct error *error);
STATUS_MUST_CHECK enum status rpc_trigger_checkpoint_decode(struct bytes_view bytes, struct arena *arena,
                                                            struct rpc_trigger_checkpoint *ret_message,
                                                            struct error *error);
STATUS_MUST_CHECK enum status rpc_notify_checkpoint_decode(struct bytes_view bytes, struct arena *arena,
                                                           struct rpc_notify_checkpoint *ret_message,
                                                           struct error *error);
