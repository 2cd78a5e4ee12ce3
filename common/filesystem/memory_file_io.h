#pragma once

#include "common/filesystem/file_io.h"

/*
 * A file system in memory for tests and the simulator: the same semantics as the local one. Thread safe. It
 * may be shared: each memory_file_io_view is a separate file_io (a process) over the same files.
 */
struct file_io *memory_file_io_create(void);
/* Another file_io over the files of `io`, without its hook; the files live as long as any of them. */
struct file_io *memory_file_io_view(struct file_io *io);

enum file_operation {
    FILE_OPEN_OUTPUT,
    FILE_WRITE,
    FILE_SYNC,
    FILE_CLOSE,
    FILE_READ,
    FILE_STAT,
    FILE_LIST,
    FILE_MAKE_DIRECTORIES,
    FILE_DELETE,
    FILE_DELETE_DIRECTORY,
    FILE_CREATE_EXCLUSIVE,
    FILE_RENAME_NOREPLACE,
    FILE_REPLACE,
    FILE_SYNC_DIRECTORY,
};

/*
 * What the hook decides for one call. BEFORE: it fails and had no effect. AFTER: it took effect, the answer
 * is lost (the caller sees STATUS_UNAVAILABLE in both cases). A crash is a hook that answers
 * FILE_FAULT_BEFORE from some call on.
 */
enum file_fault { FILE_FAULT_NONE, FILE_FAULT_BEFORE, FILE_FAULT_AFTER };
typedef enum file_fault memory_file_io_hook(void *context, enum file_operation operation, const char *path);

/* Called before every operation through this file_io, without a lock held; NULL takes it away. The hook may
 * itself work on another view of the same files: a foreign process that acts in between. */
void memory_file_io_set_hook(struct file_io *io, memory_file_io_hook *hook, void *context);
/* How many operations went through this file_io so far. */
uint64_t memory_file_io_operations(struct file_io *io);
