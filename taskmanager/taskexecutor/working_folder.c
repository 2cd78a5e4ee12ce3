#include "taskmanager/taskexecutor/working_folder.h"

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/filesystem/file_io.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static const char name_prefix[] = "frazil-taskmanager-";
static const char lock_name[] = "lock";

struct working_folder {
    struct logger *log;
    struct arena *arena; /* not to be used but under mutex */
    const char *parent;
    const char *path;
    struct file_io *io;
    pthread_mutex_t mutex; /* guards what follows */
    int lock;              /* file descriptor; -1: the folder is not made yet */
};

struct working_folder *working_folder_create(const char *parent, const char *id, struct logger *log)
{
    struct working_folder *folder = mem_calloc(1, sizeof *folder);
    folder->log = log;
    folder->arena = arena_create(512);
    folder->parent = arena_strdup(folder->arena, parent);
    folder->path = arena_printf(folder->arena, "%s/%s%s", parent, name_prefix, id);
    folder->io = local_file_io_create();
    folder->lock = -1;
    CHECK(pthread_mutex_init(&folder->mutex, NULL) == 0);
    return folder;
}

static int lock_file(const char *path, int flags)
{
    int file = open(path, flags | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0 && flock(file, LOCK_EX | LOCK_NB) != 0) {
        close(file);
        return -1;
    }
    return file;
}

static void remove_folder(struct working_folder *folder, const char *path)
{
    struct error error;
    if (file_io_delete_directory(folder->io, path, &error) != STATUS_OK)
        log_line(folder->log, LOG_WARN, "taskexecutor", "cannot remove a folder of working files: %s",
                 error.message);
}

struct leftovers {
    struct arena *arena;
    char *names[64]; /* of at most so many at a time; the others are for the next process */
    size_t count;
};

static bool note_leftover(void *context, const char *name, bool is_directory)
{
    struct leftovers *found = context;
    if (is_directory && strncmp(name, name_prefix, strlen(name_prefix)) == 0)
        found->names[found->count++] = arena_strdup(found->arena, name);
    return found->count < sizeof found->names / sizeof *found->names;
}

/* A folder without a lock file is being made right now. */
static void remove_leftovers(struct working_folder *folder)
{
    struct leftovers found = {.arena = arena_create(1024)};
    struct error error;
    if (file_io_list(folder->io, folder->parent, note_leftover, &found, &error) != STATUS_OK)
        found.count = 0;
    for (size_t i = 0; i < found.count; i++) {
        char *path = arena_printf(found.arena, "%s/%s", folder->parent, found.names[i]);
        int lock = lock_file(arena_printf(found.arena, "%s/%s", path, lock_name), 0);
        if (lock < 0)
            continue; /* its process lives */
        log_line(folder->log, LOG_INFO, "taskexecutor", "removing %s, which a process left that is gone",
                 path);
        remove_folder(folder, path);
        close(lock);
    }
    arena_free(found.arena);
}

static enum status make(struct working_folder *folder, struct error *error)
{
    enum status status = file_io_make_directories(folder->io, folder->path, error);
    if (status != STATUS_OK)
        return error_prefix(error, "there is no place for working files (io.tmp.dirs)");
    folder->lock = lock_file(arena_printf(folder->arena, "%s/%s", folder->path, lock_name), O_CREAT);
    if (folder->lock < 0)
        return error_set_errno(error, errno, "cannot lock %s", folder->path);
    remove_leftovers(folder);
    return STATUS_OK;
}

enum status working_folder_path(struct working_folder *folder, const char **ret_path, struct error *error)
{
    pthread_mutex_lock(&folder->mutex);
    enum status status = folder->lock >= 0 ? STATUS_OK : make(folder, error);
    pthread_mutex_unlock(&folder->mutex);
    if (status == STATUS_OK)
        *ret_path = folder->path;
    return status;
}

void working_folder_forget_job(struct working_folder *folder, const char *job_id)
{
    static const char *const parts[] = {"jobs", "recovery"};
    struct buffer path = {0};
    pthread_mutex_lock(&folder->mutex);
    for (size_t i = 0; i < 2 && folder->lock >= 0; i++) {
        buffer_clear(&path);
        buffer_printf(&path, "%s/%s/%s", folder->path, parts[i], job_id);
        remove_folder(folder, buffer_text(&path));
    }
    pthread_mutex_unlock(&folder->mutex);
    buffer_free(&path);
}

void working_folder_free(struct working_folder *folder)
{
    if (folder == NULL)
        return;
    if (folder->lock >= 0) {
        remove_folder(folder, folder->path);
        close(folder->lock);
    }
    pthread_mutex_destroy(&folder->mutex);
    file_io_free(folder->io);
    arena_free(folder->arena);
    free(folder);
}
