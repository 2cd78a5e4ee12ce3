#pragma once

#include "taskmanager/state/keyed_state.h"
#include "taskmanager/state/log_plan_internal.h"
#include "taskmanager/state/row_codec_internal.h"
#include "taskmanager/state/state_snapshot_internal.h"
#include "taskmanager/state/state_source_internal.h"
#include "taskmanager/state/store_writer_internal.h"

/* A partition that the store still has and nobody asks for any more. */
struct dropped_partition {
    uint32_t key_group;
    int64_t namespace_;
};

struct keyed_state {
    struct keyed_state_backend *backend;
    char *name, *key_type, *value_type;
    uint32_t version;
    int64_t ttl_ms;
    struct row_table *table;
    /* Of the store; family NULL: there is none. */
    struct rocksdb_family *family;
    struct rocksdb_lookup *lookup;
    struct store_run *run; /* is being filled; NULL: nothing was written out since the last */
    uint32_t num_runs;     /* run included */
    _Atomic uint32_t runs_done;
    struct dropped_partition *dropped; /* not told to the writer yet */
    size_t num_dropped, dropped_capacity;
    uint64_t swept_to_clean, swept_to_evict; /* bytes that the table's two hands went over */
    int64_t next_sweep_ms;                   /* HASHMAP: for rows that are out of time */
    /* Values with buffers that may have grown since they were accounted for. */
    void **touched;
    size_t num_touched, touched_capacity;
    /* Scratch of one access. */
    uint32_t *key_groups;
    uint32_t *missing; /* indices of keys that only the store can tell of */
    uint32_t num_missing, scratch_capacity;
    struct buffer store_key_bytes;
    struct bytes_view *store_keys;
    struct keyed_state_walk *walks; /* that are under way */
};

struct keyed_state_backend {
    const struct process_context *process;
    enum state_backend_kind kind;
    char *operator_name;
    struct file_io *io;
    struct file_io *local_io;
    char *checkpoint_folder, *local_folder, *recovery_folder;
    uint32_t first_key_group, end_key_group, max_parallelism;
    size_t memory_bytes;                        /* all of it */
    size_t memory_limit;                        /* what tables, runs and cache may take together */
    size_t run_bytes;                           /* of one run */
    struct store_run_pool *run_pool, *log_pool; /* blocks of runs for the store, for the log */
    bool is_freezing;                           /* dirty rows are on their way to the writer */
    struct arena *arena;                        /* of what lives as long as the backend */
    struct keyed_state **states;
    size_t num_states;
    /* What was restored; a state that no operator opens is kept. */
    struct keyed_state_signature *restored;
    size_t num_restored;
    uint64_t restored_checkpoint_id;
    struct rocksdb_store *store; /* NULL: HASHMAP */
    struct store_writer *writer;
    struct log_plan log;
    uint32_t ranges_added; /* commands to the writer */
    uint32_t ranges_done;  /* of them, as far as is known */
    struct state_snapshots *snapshots;
    struct table_freeze *table_freeze; /* HASHMAP: the one under way, or NULL */
    struct state_source *sources;      /* what states take rows from when they are opened */
    size_t num_sources;
};

static inline int64_t keyed_state_now_ms(const struct keyed_state *state)
{
    return state->ttl_ms == 0 ? 0 : clock_wall_ms(&state->backend->process->clock);
}

/* now_ms: keyed_state_now_ms. */
static inline bool keyed_state_is_expired(const struct keyed_state *state, const struct row *row,
                                          int64_t now_ms)
{
    return state->ttl_ms != 0 && now_ms - *row_stamp(state->table, row) >= state->ttl_ms;
}

/* What is known of it is up to date after. Values move at keyed_state_end_batch only. */
void keyed_state_account_touched(struct keyed_state *state);
/* The row is about to be written, now. */
void keyed_state_write_row(struct keyed_state *state, struct row *row, int64_t now_ms);
/* Makes the row absent; also one that the store has. */
void keyed_state_bury(struct keyed_state *state, struct row *row);
/* A row for a stored value; NULL with OK: it is out of time. */
STATUS_MUST_CHECK enum status keyed_state_load_row(struct keyed_state *state, struct row_partition *partition,
                                                   struct bytes_view key, uint32_t hash,
                                                   struct bytes_view stored, int64_t now_ms,
                                                   struct row **ret_row, struct error *error);
/* Before the store is read for rows of the partition. */
STATUS_MUST_CHECK enum status keyed_state_make_readable(struct keyed_state *state,
                                                        struct row_partition *partition, struct error *error);
/* Makes a partition, aware of namesakes that were dropped. */
STATUS_MUST_CHECK enum status keyed_state_make_partition(struct keyed_state *state, uint32_t key_group,
                                                         int64_t namespace_,
                                                         struct row_partition **ret_partition,
                                                         struct error *error);

/* write_back.c */
/* What a row takes at rest; a tombstone has no value. */
struct row_sizes {
    size_t key, value;
};
struct row_sizes row_stored_sizes(const struct row_table *table, const struct row *row);
/* A row, or its removal, of these sizes of its own. */
void store_run_add_row(struct store_run *run, const struct row_table *table, const struct row *row,
                       struct row_sizes sizes);
/* Adds a dirty row to the state's run; it is clean after. */
STATUS_MUST_CHECK enum status keyed_state_write_out(struct keyed_state *state, struct row *row,
                                                    struct error *error);
/* Hands the run to the writer. */
STATUS_MUST_CHECK enum status keyed_state_submit_run(struct keyed_state *state, struct error *error);
STATUS_MUST_CHECK enum status keyed_state_submit_drops(struct keyed_state *state, struct error *error);
/* Waits while more is under way than may be. */
STATUS_MUST_CHECK enum status keyed_state_submit(struct keyed_state_backend *backend, struct store_run *run,
                                                 struct error *error);
/* All that is dirty in spilled partitions goes to the writer, then what was dropped. */
STATUS_MUST_CHECK enum status keyed_state_flush(struct keyed_state *state, struct error *error);

/* log_flush.c */
/* What changed in resident partitions goes to the log. Appends the log's index; nothing when there is none.
 */
STATUS_MUST_CHECK enum status keyed_state_flush_log(struct keyed_state_backend *backend, struct buffer *index,
                                                    struct error *error);

/* keyed_state_freeze.c */
/* HASHMAP: rows may be written as they like again. */
void keyed_state_backend_end_freeze(struct keyed_state_backend *backend);

/* eviction.c */
/* Brings the backend's memory below its limit again, out of this state. */
STATUS_MUST_CHECK enum status keyed_state_evict(struct keyed_state *state, struct error *error);
/* All that is held, and what of it is more than room for what comes next. */
size_t keyed_state_backend_memory(const struct keyed_state_backend *backend);
size_t keyed_state_backend_used(const struct keyed_state_backend *backend);
/* Partitions are spilled when more than so much is used. */
size_t keyed_state_spill_threshold(const struct keyed_state_backend *backend);
