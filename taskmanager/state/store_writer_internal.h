#pragma once

#include "common/base/refcount.h"
#include "common/filesystem/file_io.h"
#include "taskmanager/state/row_log_internal.h"

/*
 * The thread that changes the store and the log, command after command, in the order in which they came. The
 * first failure is the last thing that it does: every later command fails by it too.
 */
struct store_writer;

STATUS_MUST_CHECK enum status store_writer_create(struct rocksdb_store *store, const char *log_folder,
                                                  struct file_io *local_io, struct store_writer **ret_writer,
                                                  struct error *error);
/* Commands that have not begun are not carried out; links among them fail with CANCELLED. */
void store_writer_free(struct store_writer *writer);

/* Takes the run over. Waits while others take up memory, and with it more than max_pending_bytes. */
STATUS_MUST_CHECK enum status store_writer_add_run(struct store_writer *writer, struct store_run *run,
                                                   size_t max_pending_bytes, struct error *error);
/* A file of the log; what `file` has is taken over. Runs for the log come between begin and end. */
STATUS_MUST_CHECK enum status store_writer_begin_log(struct store_writer *writer, struct row_log_file *file,
                                                     struct error *error);
STATUS_MUST_CHECK enum status store_writer_end_log(struct store_writer *writer, struct error *error);
/* Keys of [begins[i], ends[i]) of the family; copied. The commands of this kind are numbered from 1. */
STATUS_MUST_CHECK enum status store_writer_delete_ranges(struct store_writer *writer,
                                                         struct rocksdb_family *family,
                                                         const struct bytes_view *begins,
                                                         const struct bytes_view *ends, size_t count,
                                                         uint32_t *ret_number, struct error *error);

/* A folder of links that is to be made. Shared by who waits for it and the writer. */
struct store_link {
    struct refcount refs;
    char *folder;
    bool is_done, is_unwanted;
    enum status status;
    struct error error;
};
/* Copies folder, takes over the bytes of the log's index: empty when the log counts for nothing. One
 * reference is the caller's. */
struct store_link *store_writer_link(struct store_writer *writer, const char *folder,
                                     struct buffer *log_index);
void store_link_unref(struct store_link *link); /* may be NULL; leaves the folder */
/* Any thread. Nobody wants the folder: it is not made, or removed. */
void store_writer_forget_link(struct store_writer *writer, struct store_link *link);
/* Any thread. Waits until the link is made, was not, or cancel is set and store_writer_wake called. */
STATUS_MUST_CHECK enum status store_writer_await_link(struct store_writer *writer, struct store_link *link,
                                                      const atomic_bool *cancel, struct error *error);
void store_writer_wake(struct store_writer *writer);

/* Waits until ranges of the number given are deleted. */
STATUS_MUST_CHECK enum status store_writer_await_ranges(struct store_writer *writer, uint32_t number,
                                                        struct error *error);
/* Waits for one more command; false: there is none. */
bool store_writer_await_progress(struct store_writer *writer);
/* Why it does nothing any more. */
STATUS_MUST_CHECK enum status store_writer_status(struct store_writer *writer, struct error *error);
size_t store_writer_pending_bytes(struct store_writer *writer);
