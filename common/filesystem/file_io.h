#pragma once

#include "common/base/buffer.h"
#include "common/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Files behind one interface. A path is a plain path or a URI of the implementation's own scheme: file:///x,
 * file:/x and /x are the same local file, memory:///x one of the memory file system. All calls block; a
 * file_io may be used by many threads, one file_output by one thread at a time.
 */
struct file_io;

/* A file being written. */
struct file_output;

struct file_status {
    bool is_directory;
    uint64_t size;       /* bytes; unspecified for a directory */
    int64_t modified_ms; /* since 1970-01-01 UTC */
};

/* Called once a directory entry (never "." or ".."), in no order; name lives for the call. False ends the
 * listing. The visitor must not call the same file_io. */
typedef bool file_list_visitor(void *context, const char *name, bool is_directory);

struct file_output_ops {
    enum status (*write)(struct file_output *output, const void *data, size_t size, struct error *error);
    enum status (*sync)(struct file_output *output, struct error *error);
    /* Frees output, whatever the result. */
    enum status (*close)(struct file_output *output, struct error *error);
    /* Frees output and removes the file, as far as possible. */
    void (*abort)(struct file_output *output);
};
struct file_output {
    const struct file_output_ops *ops;
};

/* Each slot is required; semantics are those of the functions below. */
struct file_io_ops {
    enum status (*open_output)(struct file_io *io, const char *path, struct file_output **ret_output,
                               struct error *error);
    enum status (*read)(struct file_io *io, const char *path, uint64_t offset, uint64_t size,
                        struct buffer *buffer, struct error *error);
    enum status (*stat)(struct file_io *io, const char *path, struct file_status *ret_status,
                        struct error *error);
    enum status (*list)(struct file_io *io, const char *path, file_list_visitor *visitor, void *context,
                        struct error *error);
    enum status (*make_directories)(struct file_io *io, const char *path, struct error *error);
    enum status (*delete_file)(struct file_io *io, const char *path, struct error *error);
    enum status (*delete_directory)(struct file_io *io, const char *path, struct error *error);
    enum status (*create_exclusive)(struct file_io *io, const char *path, const void *data, size_t size,
                                    struct error *error);
    enum status (*rename_noreplace)(struct file_io *io, const char *from, const char *to,
                                    struct error *error);
    enum status (*replace)(struct file_io *io, const char *path, const void *data, size_t size,
                           struct error *error);
    enum status (*link)(struct file_io *io, const char *from, const char *to, struct error *error);
    enum status (*sync_directory)(struct file_io *io, const char *path, struct error *error);
    void (*free)(struct file_io *io);
};
struct file_io {
    const struct file_io_ops *ops;
};

/* The implementation for the scheme of uri: local files. An object store (s3://) is UNSUPPORTED for now. The
 * caller frees it. */
STATUS_MUST_CHECK enum status file_io_for_uri(const char *uri, struct file_io **ret_io, struct error *error);
struct file_io *local_file_io_create(void);
void file_io_free(struct file_io *io);

/* Creates or truncates path; missing folders above it are made. */
STATUS_MUST_CHECK enum status file_io_open_output(struct file_io *io, const char *path,
                                                  struct file_output **ret_output, struct error *error);
STATUS_MUST_CHECK enum status file_output_write(struct file_output *output, const void *data, size_t size,
                                                struct error *error);
/* The content is on the device when this returns; the name only after file_io_sync_directory. */
STATUS_MUST_CHECK enum status file_output_sync(struct file_output *output, struct error *error);
STATUS_MUST_CHECK enum status file_output_close(struct file_output *output, struct error *error);
void file_output_abort(struct file_output *output); /* may be NULL */

/* Appends the whole file to buffer. NOT_FOUND when there is none. */
STATUS_MUST_CHECK enum status file_io_read(struct file_io *io, const char *path, struct buffer *buffer,
                                           struct error *error);
/* Appends exactly size bytes from offset; CORRUPT when the file ends before. */
STATUS_MUST_CHECK enum status file_io_read_range(struct file_io *io, const char *path, uint64_t offset,
                                                 uint64_t size, struct buffer *buffer, struct error *error);
STATUS_MUST_CHECK enum status file_io_stat(struct file_io *io, const char *path,
                                           struct file_status *ret_status, struct error *error);
STATUS_MUST_CHECK enum status file_io_exists(struct file_io *io, const char *path, bool *ret_exists,
                                             struct error *error);
STATUS_MUST_CHECK enum status file_io_list(struct file_io *io, const char *path, file_list_visitor *visitor,
                                           void *context, struct error *error);
/* As mkdir -p: made so that they survive a crash; no error when they exist. */
STATUS_MUST_CHECK enum status file_io_make_directories(struct file_io *io, const char *path,
                                                       struct error *error);
/* OK when there is no such file. */
STATUS_MUST_CHECK enum status file_io_delete(struct file_io *io, const char *path, struct error *error);
/* The folder with everything in it; OK when there is none. */
STATUS_MUST_CHECK enum status file_io_delete_directory(struct file_io *io, const char *path,
                                                       struct error *error);

/*
 * Publishes a whole file under a name that must not exist: a synced temporary file in the same folder is
 * linked to it, then the folder is synced. ALREADY_EXISTS leaves what is there. After any other error the
 * file may or may not be there: read again.
 */
STATUS_MUST_CHECK enum status file_io_create_exclusive(struct file_io *io, const char *path, const void *data,
                                                       size_t size, struct error *error);
/* ALREADY_EXISTS when `to` exists. */
STATUS_MUST_CHECK enum status file_io_rename_noreplace(struct file_io *io, const char *from, const char *to,
                                                       struct error *error);
/* Puts a whole file in the place of another one, atomically for readers, synced. */
STATUS_MUST_CHECK enum status file_io_replace(struct file_io *io, const char *path, const void *data,
                                              size_t size, struct error *error);
/* A second name for a local file, whose content is on the device when this returns; missing folders above it
 * are made, the name is durable after file_io_sync_directory. For files that nobody changes any more.
 * UNSUPPORTED where only a copy can be had: the other name would be on another file system. */
STATUS_MUST_CHECK enum status file_io_link(struct file_io *io, const char *from, const char *to,
                                           struct error *error);
/* Makes the names in a folder durable. */
STATUS_MUST_CHECK enum status file_io_sync_directory(struct file_io *io, const char *path,
                                                     struct error *error);

/* open_output, write, sync, close in one; the name is durable after file_io_sync_directory. */
STATUS_MUST_CHECK enum status file_io_write(struct file_io *io, const char *path, const void *data,
                                            size_t size, struct error *error);

/* The folder part of a path, without the trailing '/'; the caller frees it. */
char *file_path_parent(const char *path);
/* The last name of a path: a pointer into it. */
const char *file_path_name(const char *path);
