#pragma once

#include "common/base/buffer.h"
#include "common/base/process_context.h"
#include "common/checkpoint_format/keyed_state_handle.h"
#include "common/filesystem/file_io.h"

/*
 * Keyed state of one operator in one subtask: a write-back table of packed rows over RocksDB, or over nothing
 * (state.backend.type = hashmap). One thread uses it: the subtask's.
 *
 * An entry is found by (key group, namespace, key). The namespace is a number that operators choose, mostly a
 * time (the end of a slice), 0 where there is none; all entries of a (key group, namespace) can be walked and
 * dropped together, which is how windows fire without a timer a key. In the store a key is key group u16,
 * namespace u64 with its sign bit flipped, both big-endian, then the packed key.
 *
 * A value is value_size bytes, all zero when made, that may contain struct buffers at buffer_offsets.
 * Pointers to values stay valid until keyed_state_end_batch, which accounts for what was touched and moves
 * out what is above the limit.
 */
enum state_backend_kind { STATE_BACKEND_ROCKSDB, STATE_BACKEND_HASHMAP };

struct keyed_state_options {
    const struct process_context *process;
    const char *operator_name; /* for messages; may be NULL */
    enum state_backend_kind kind;
    size_t memory_bytes;      /* of the operator: table, memtables and block cache together */
    const char *local_folder; /* the subtask's own, made and removed by the backend (ROCKSDB) */
    struct file_io *io;
    const char *checkpoint_folder;           /* of the job: handles name files relative to it */
    uint32_t first_key_group, end_key_group; /* of this subtask: [first, end) */
    uint32_t max_parallelism;
    /* What to restore: handles of old subtasks, of which the own key groups are taken; none: a fresh start.
     */
    const struct keyed_state_handle *const *handles;
    size_t num_handles;
    uint64_t restored_checkpoint_id;
    /* Copies of the newest checkpoints kept by this taskmanager for the same subtask; NULL: none. */
    const char *recovery_folder;
};

struct keyed_state_backend;
struct keyed_state;

STATUS_MUST_CHECK enum status keyed_state_backend_open(const struct keyed_state_options *options,
                                                       struct keyed_state_backend **ret_backend,
                                                       struct error *error);
/* Waits for snapshots that run. Its local folder goes, that for recovery stays. */
void keyed_state_backend_close(struct keyed_state_backend *backend);
/* For the metric: memory and local files. */
uint64_t keyed_state_backend_bytes(const struct keyed_state_backend *backend);

/* What a state is; stored with it. A restored state whose descriptor differs in key or value is refused, with
 * the operator's and the state's names in the message. */
struct keyed_state_descriptor {
    const char *name;       /* unique in the operator, at most 64 bytes */
    const char *key_type;   /* as text: "ROW<sensor STRING, BIGINT NOT NULL>" */
    const char *value_type; /* as text: "SUM(BIGINT), COUNT(*)" */
    uint32_t version;       /* of the value's codec */
    uint32_t value_size;    /* a multiple of 8 */
    const uint32_t *buffer_offsets;
    uint32_t num_buffers;
    /* Entries not written for so long are gone; 0: never. For those of a checkpoint from before it was set,
     * it begins when they are looked at next. */
    int64_t ttl_ms;
};

/* Once for each state, in open. The backend owns the result. */
STATUS_MUST_CHECK enum status keyed_state_open(struct keyed_state_backend *backend,
                                               const struct keyed_state_descriptor *descriptor,
                                               struct keyed_state **ret_state, struct error *error);

enum keyed_access {
    KEYED_FIND,   /* NULL where there is none; the value is only read */
    KEYED_UPDATE, /* NULL where there is none; the value will be written */
    KEYED_CREATE, /* made where there is none; the value will be written */
};

/* count accesses at once. hashes[i] is hash_bytes of keys[i]; key groups are derived from the key. namespaces
 * NULL: all 0. Equal keys give equal pointers. */
STATUS_MUST_CHECK enum status keyed_state_access(struct keyed_state *state, enum keyed_access access,
                                                 const struct bytes_view *keys, const uint64_t *hashes,
                                                 const int64_t *namespaces, uint32_t count, void **ret_values,
                                                 struct error *error);
/* Removes the entry of a value that an access or a walk gave; the pointer is void after. */
void keyed_state_remove(struct keyed_state *state, void *value);
/* Key of a value that an access or a walk gave. */
struct bytes_view keyed_state_key(const struct keyed_state *state, const void *value);
int64_t keyed_state_namespace(const struct keyed_state *state, const void *value);

/* After each batch of work: accounts for buffers that grew, and writes out what does not fit into the memory.
 */
STATUS_MUST_CHECK enum status keyed_state_end_batch(struct keyed_state *state, struct error *error);

/* The smallest namespace that has, or may have, entries and is >= from; false when there is none. Cheap: kept
 * in memory. A namespace that turns out empty is forgotten when it is dropped. */
bool keyed_state_next_namespace(const struct keyed_state *state, int64_t from, int64_t *ret_namespace);

/*
 * Walks the entries of one key group and namespace, in no order, each once. Between keyed_state_walk_next
 * calls keyed_state_end_batch may be called; entries that were given may be removed; none of that key group
 * and namespace may be made.
 */
struct keyed_state_walk;
struct keyed_state_walk *keyed_state_walk_begin(struct keyed_state *state, uint32_t key_group,
                                                int64_t namespace_);
/* Up to capacity values, read only unless access says otherwise; *ret_count 0: the end. */
STATUS_MUST_CHECK enum status keyed_state_walk_next(struct keyed_state_walk *walk, enum keyed_access access,
                                                    void **ret_values, uint32_t capacity, uint32_t *ret_count,
                                                    struct error *error);
void keyed_state_walk_end(struct keyed_state_walk *walk);
/* Removes all entries of the namespace, in all key groups. */
STATUS_MUST_CHECK enum status keyed_state_drop_namespace(struct keyed_state *state, int64_t namespace_,
                                                         struct error *error);
uint32_t keyed_state_first_key_group(const struct keyed_state *state);
uint32_t keyed_state_end_key_group(const struct keyed_state *state);

/*
 * Snapshots. keyed_state_backend_freeze runs on the subtask's thread and is fast: dirty entries are copied,
 * for another thread to write and link. keyed_state_snapshot_upload runs on any one thread, while the subtask
 * goes on, and gives the handle to acknowledge.
 */
struct keyed_state_snapshot;
STATUS_MUST_CHECK enum status keyed_state_backend_freeze(struct keyed_state_backend *backend,
                                                         uint64_t checkpoint_id,
                                                         struct keyed_state_snapshot **ret_snapshot,
                                                         struct error *error);
/* The handle lives in arena. */
STATUS_MUST_CHECK enum status keyed_state_snapshot_upload(struct keyed_state_snapshot *snapshot,
                                                          struct arena *arena,
                                                          struct keyed_state_handle **ret_handle,
                                                          struct error *error);
void keyed_state_snapshot_cancel(
    struct keyed_state_snapshot *snapshot); /* any thread: the upload ends soon */
/* Before the backend is closed. What was uploaded and not handed over is removed. */
void keyed_state_snapshot_free(struct keyed_state_snapshot *snapshot);
/* The subtask's thread. From completion on the files of that checkpoint may be shared, and no longer those of
 * earlier ones; an aborted one's are nobody's, and it removes those that it wrote. A barrier tells which
 * checkpoint is the newest durable one: that is said here before the freeze that belongs to the barrier. What
 * was restored counts as complete, but files that a handle does not call shared are never referred to again.
 */
void keyed_state_backend_completed(struct keyed_state_backend *backend, uint64_t checkpoint_id);
void keyed_state_backend_aborted(struct keyed_state_backend *backend, uint64_t checkpoint_id);
