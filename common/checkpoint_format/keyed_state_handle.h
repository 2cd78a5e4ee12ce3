#pragma once

#include "common/base/arena.h"
#include "common/base/buffer.h"

#include <stdbool.h>

/*
 * What a checkpoint says of the keyed state of one operator in one subtask: which files hold it. Files are
 * written once under a name that is never used again; the jobmanager alone counts who refers to a shared one
 * and deletes it.
 */
struct keyed_state_file {
    const char *path; /* relative to the folder of the job's checkpoints: "shared/<uuid>.sst"; to its own
                         folder in a savepoint; absolute where it was restored from elsewhere */
    const char *name; /* what the store calls it: "000012.sst", "MANIFEST-000005" */
    uint64_t size_bytes;
    uint64_t checksum; /* XXH3-64 of the content */
    bool is_shared;    /* other checkpoints may refer to it too */
};

/* One state as it was written. */
struct keyed_state_signature {
    const char *name;
    const char *key_type;
    const char *value_type;
    uint32_t version;
};

struct keyed_state_handle {
    uint32_t first_key_group, end_key_group; /* [first, end) of max_parallelism */
    uint32_t max_parallelism;
    const char *backend; /* "rocksdb", "hashmap" */
    const struct keyed_state_file *files;
    size_t num_files;
    const struct keyed_state_signature *states;
    size_t num_states;
    uint64_t size_bytes;        /* of all files */
    uint64_t incremental_bytes; /* of those that this checkpoint wrote */
};

/* Neither "/x" nor "file:/x". */
bool keyed_state_path_is_relative(const char *path);
/* All of it in arena. */
struct keyed_state_handle *keyed_state_handle_copy(const struct keyed_state_handle *handle,
                                                   struct arena *arena);
/* A copy with absolute paths, where they were relative to folder; keeps_shared false: no file is shared. */
struct keyed_state_handle *keyed_state_handle_relocate(const struct keyed_state_handle *handle,
                                                       const char *folder, bool keeps_shared,
                                                       struct arena *arena);

/* proto/checkpoint.proto, message KeyedState. */
void keyed_state_handle_encode(const struct keyed_state_handle *handle, struct buffer *out);
/* The bytes may come from anywhere. */
STATUS_MUST_CHECK enum status keyed_state_handle_decode(struct bytes_view bytes, struct arena *arena,
                                                        struct keyed_state_handle **ret_handle,
                                                        struct error *error);
