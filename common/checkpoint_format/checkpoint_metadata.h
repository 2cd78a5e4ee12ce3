#pragma once

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/refcount.h"
#include "common/checkpoint_format/keyed_state_handle.h"

/*
 * All of one checkpoint: the states of its operators and what its sinks want committed. Built once, then
 * immutable and shared by counted references; everything in it lives in its arena.
 */
struct checkpoint_operator {
    const char *uid;  /* 32 hexadecimal digits; "" in a file of version 1, which knew node_id only */
    const char *name; /* for messages: "GroupAggregate[3]" */
    uint32_t node_id; /* in the job that wrote it */
};

struct checkpoint_operator_state {
    struct checkpoint_operator owner;
    uint32_t subtask;
    struct bytes_view state; /* operator_state_encode */
};

struct checkpoint_keyed_state {
    struct checkpoint_operator owner;
    uint32_t subtask;
    const struct keyed_state_handle *handle;
};

struct checkpoint_committable {
    struct checkpoint_operator owner; /* the sink */
    uint32_t sink_id;                 /* in the job that wrote it */
    uint32_t subtask;
    struct bytes_view content;
};

/* Names a published checkpoint within a job. */
struct checkpoint_reference {
    uint64_t checkpoint_id;
    uint64_t epoch;
};

/* Where tasks ran: copies of their state may be there still. */
struct checkpoint_slot {
    const char *taskmanager_id; /* of that incarnation */
    uint32_t slot;
};

struct checkpoint_metadata {
    struct refcount refs;
    struct arena *arena;
    const char *name_space;
    const char *job_id;  /* 32 hexadecimal digits */
    const char *lineage; /* UUID text */
    uint64_t epoch;
    uint64_t checkpoint_id;
    uint32_t attempt;
    uint32_t max_parallelism;
    bool is_final;     /* all sources had ended */
    bool is_drained;   /* ... since they were made to: the job that wrote it is at its end */
    bool is_savepoint; /* read from a savepoint: paths are relative to its own folder, no file is shared */
    const char *savepoint_folder; /* where a savepoint of it is written; "" when none is */
    int64_t trigger_ms;
    int64_t completed_ms;
    struct checkpoint_operator_state *states;
    size_t num_states;
    struct checkpoint_keyed_state *keyed_states;
    size_t num_keyed_states;
    struct checkpoint_committable *committables;
    size_t num_committables;
    /* Earlier checkpoints that were durable and not known to be committed when this one was written. */
    struct checkpoint_reference *uncommitted;
    size_t num_uncommitted;
    const struct checkpoint_slot *slots; /* slot i: subtask i of each vertex */
    size_t num_slots;
    /* Not in the file: set by its reader or writer. */
    uint64_t size_bytes;
};

/* An empty one with an arena, to be filled by its maker, who holds the one reference. */
struct checkpoint_metadata *checkpoint_metadata_create(void);
struct checkpoint_metadata *checkpoint_metadata_ref(struct checkpoint_metadata *metadata);
void checkpoint_metadata_unref(struct checkpoint_metadata *metadata); /* may be NULL */
/* Copies. Only while it is being built. */
void checkpoint_metadata_add_state(struct checkpoint_metadata *metadata,
                                   const struct checkpoint_operator_state *state);
void checkpoint_metadata_add_keyed_state(struct checkpoint_metadata *metadata,
                                         const struct checkpoint_keyed_state *state);
void checkpoint_metadata_add_committable(struct checkpoint_metadata *metadata,
                                         const struct checkpoint_committable *committable);
void checkpoint_metadata_add_uncommitted(struct checkpoint_metadata *metadata,
                                         struct checkpoint_reference reference);

/* Copies. Before another thread has it. */
void checkpoint_metadata_set_slots(struct checkpoint_metadata *metadata, const struct checkpoint_slot *slots,
                                   size_t num_slots);
/* Orders states and committables by node and subtask: they come as their tasks acknowledge. */
void checkpoint_metadata_sort(struct checkpoint_metadata *metadata);
/* Of states, keyed and other: all that it refers to, and what only it brought. */
uint64_t checkpoint_metadata_state_bytes(const struct checkpoint_metadata *metadata);
uint64_t checkpoint_metadata_incremental_bytes(const struct checkpoint_metadata *metadata);

/*
 * The bytes of the file, little-endian: "FRZCKPT1", format version u32, payload length u64, payload
 * (proto/checkpoint.proto), XXH3-64 u64 of everything before it.
 */
void checkpoint_metadata_encode(const struct checkpoint_metadata *metadata, struct buffer *out);
/* CORRUPT: truncated, flipped or no such file. UNSUPPORTED: a newer version. Older ones are read. */
STATUS_MUST_CHECK enum status checkpoint_metadata_decode(struct bytes_view bytes,
                                                         struct checkpoint_metadata **ret_metadata,
                                                         struct error *error);
