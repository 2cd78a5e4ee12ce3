#pragma once

#include "common/checkpoint_format/keyed_state_handle.h"
#include "taskmanager/state/file_transfer_internal.h"
#include "taskmanager/state/rocksdb_backend/rocksdb_store.h"

/* The rows of one old subtask, whatever wrote them. */
struct state_source {
    const struct keyed_state_handle *handle; /* the caller's */
    struct file_io *io, *local_io;
    const char *checkpoint_folder;
    const char *recovery_folder; /* with copies of its files; NULL: there is none */
    char *folder;                /* of a store: a copy of its files; removed with the source */
    struct rocksdb_store *store;
};

/* Where the files of a handle are copied from: a folder of this machine first, as far as what is there is
 * right, else the checkpoint's. */
struct state_fetch {
    struct file_io *io, *local_io;
    const char *checkpoint_folder;
    const char *recovery_folder; /* of that checkpoint; NULL: there is none */
};
/* Makes folder, a store of the handle's files, each of them verified. */
STATUS_MUST_CHECK enum status state_fetch_store(const struct state_fetch *fetch,
                                                const struct keyed_state_handle *handle, const char *folder,
                                                struct error *error);

/* folder: for a copy, on this machine; not there yet. */
STATUS_MUST_CHECK enum status state_source_open(struct state_source *source, const char *folder,
                                                struct clock clock, struct error *error);
void state_source_close(struct state_source *source); /* a zeroed one too */

typedef enum status state_row_visitor(void *context, struct bytes_view key, struct bytes_view value,
                                      struct error *error);
/* Rows of key groups [first, end) of one state, keys and values as they are stored: of the store, which must
 * be open, or of the table; each once. */
STATUS_MUST_CHECK enum status state_source_visit(const struct state_source *source, const char *state,
                                                 uint32_t first_key_group, uint32_t end_key_group,
                                                 state_row_visitor *visitor, void *context,
                                                 struct error *error);
/* Those of the log: what comes later counts, and a value without data says that the key is gone. */
STATUS_MUST_CHECK enum status state_source_visit_log(const struct state_source *source, const char *state,
                                                     uint32_t first_key_group, uint32_t end_key_group,
                                                     state_row_visitor *visitor, void *context,
                                                     struct error *error);

/* Within the source: state_source_tables.c */
STATUS_MUST_CHECK enum status state_source_visit_tables(const struct state_source *source, const char *state,
                                                        uint32_t first_key_group, uint32_t end_key_group,
                                                        state_row_visitor *visitor, void *context,
                                                        struct error *error);
/* state_source.c: a checkpoint that is not what it was stays so, no restart helps. */
enum status state_source_damaged(enum status status, struct error *error);
/* The file's copy in the recovery folder, if it is right; NULL: none. The caller frees it. */
char *state_source_local_copy(const struct state_source *source, const struct keyed_state_file *file);
