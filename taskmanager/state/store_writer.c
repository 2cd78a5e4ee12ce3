#include "taskmanager/state/store_writer_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/thread_name.h"
#include "taskmanager/state/file_transfer_internal.h"
#include "taskmanager/state/store_command_internal.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

/* Everything below the lock is guarded by it. */
struct store_writer {
    struct store_target target; /* the thread's */
    uint32_t ranges_added;      /* by the subtask, which alone counts them */
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t work;     /* the thread waits for it */
    pthread_cond_t progress; /* the others do */
    struct store_command *first, **last;
    size_t pending_bytes; /* the one that is carried out included */
    uint64_t num_pending;
    uint32_t ranges_done;
    bool is_stopping;
    enum status status;
    struct error error;
};

/* With the lock held. A link that fails is its checkpoint's trouble alone: the store is as it was. */
static void finish(struct store_writer *writer, struct store_command *command, enum status status,
                   const struct error *error)
{
    if (command->kind == STORE_MAKE_LINK) {
        command->link->is_done = true;
        command->link->status = status;
        if (status != STATUS_OK)
            command->link->error = *error;
    } else if (status != STATUS_OK && writer->status == STATUS_OK) {
        writer->status = status;
        writer->error = *error;
    }
    if (status == STATUS_OK && command->kind == STORE_WRITE_RUN)
        atomic_store_explicit(command->run->done, command->run->number, memory_order_release);
    writer->ranges_done += status == STATUS_OK && command->kind == STORE_DELETE_RANGES;
    writer->pending_bytes -= command->bytes;
    writer->num_pending--;
    pthread_cond_broadcast(&writer->progress);
}

static struct store_command *take(struct store_writer *writer)
{
    struct store_command *command = writer->first;
    writer->first = command->next;
    if (writer->first == NULL)
        writer->last = &writer->first;
    return command;
}

static void *run_writer(void *context)
{
    struct store_writer *writer = context;
    thread_set_name("state-writer");
    pthread_mutex_lock(&writer->lock);
    while (!writer->is_stopping) {
        if (writer->first == NULL) {
            pthread_cond_wait(&writer->work, &writer->lock);
            continue;
        }
        struct store_command *command = take(writer);
        struct error error = writer->error;
        enum status status = writer->status;
        bool is_wanted = command->kind != STORE_MAKE_LINK || !command->link->is_unwanted;
        pthread_mutex_unlock(&writer->lock);
        if (status == STATUS_OK && is_wanted)
            status = store_command_carry_out(command, &writer->target, &error);
        pthread_mutex_lock(&writer->lock);
        finish(writer, command, status, &error);
        is_wanted = command->kind != STORE_MAKE_LINK || !command->link->is_unwanted;
        pthread_mutex_unlock(&writer->lock);
        if (!is_wanted)
            folder_remove_if_possible(writer->target.local_io, command->link->folder);
        store_command_free(command);
        pthread_mutex_lock(&writer->lock);
    }
    pthread_mutex_unlock(&writer->lock);
    return NULL;
}

enum status store_writer_create(struct rocksdb_store *store, const char *log_folder, struct file_io *local_io,
                                struct store_writer **ret_writer, struct error *error)
{
    struct store_writer *writer = mem_calloc(1, sizeof *writer);
    writer->target = (struct store_target){
        .store = store,
        .log = row_log_create(local_io, log_folder),
        .local_io = local_io,
    };
    writer->last = &writer->first;
    pthread_mutex_init(&writer->lock, NULL);
    pthread_cond_init(&writer->work, NULL);
    pthread_cond_init(&writer->progress, NULL);
    int failure = pthread_create(&writer->thread, NULL, run_writer, writer);
    if (failure != 0) {
        row_log_free(writer->target.log);
        pthread_cond_destroy(&writer->progress);
        pthread_cond_destroy(&writer->work);
        pthread_mutex_destroy(&writer->lock);
        free(writer);
        return error_set_errno(error, failure, "cannot start the writer of keyed state");
    }
    *ret_writer = writer;
    return STATUS_OK;
}

void store_writer_free(struct store_writer *writer)
{
    if (writer == NULL)
        return;
    pthread_mutex_lock(&writer->lock);
    writer->is_stopping = true;
    pthread_cond_signal(&writer->work);
    pthread_mutex_unlock(&writer->lock);
    pthread_join(writer->thread, NULL);
    pthread_mutex_lock(&writer->lock);
    while (writer->first != NULL) {
        struct store_command *command = take(writer);
        struct error error;
        finish(writer, command, error_set(&error, STATUS_CANCELLED, "the task ended"), &error);
        store_command_free(command);
    }
    pthread_mutex_unlock(&writer->lock);
    row_log_free(writer->target.log);
    store_run_sorter_free(&writer->target.sorter);
    pthread_cond_destroy(&writer->progress);
    pthread_cond_destroy(&writer->work);
    pthread_mutex_destroy(&writer->lock);
    free(writer);
}

/* With the lock held. */
static void append(struct store_writer *writer, struct store_command *command)
{
    *writer->last = command;
    writer->last = &command->next;
    writer->pending_bytes += command->bytes;
    writer->num_pending++;
    pthread_cond_signal(&writer->work);
}

static enum status failure_of(const struct store_writer *writer, struct error *error)
{
    if (writer->status != STATUS_OK)
        *error = writer->error;
    return writer->status;
}

/* Waits while others take up memory, and with it more than max_pending_bytes. */
static enum status add(struct store_writer *writer, struct store_command *command, size_t max_pending_bytes,
                       struct error *error)
{
    pthread_mutex_lock(&writer->lock);
    while (writer->status == STATUS_OK && writer->pending_bytes > 0 &&
           writer->pending_bytes + command->bytes > max_pending_bytes)
        pthread_cond_wait(&writer->progress, &writer->lock);
    enum status status = failure_of(writer, error);
    if (status == STATUS_OK)
        append(writer, command);
    pthread_mutex_unlock(&writer->lock);
    if (status != STATUS_OK)
        store_command_free(command);
    return status;
}

enum status store_writer_add_run(struct store_writer *writer, struct store_run *run, size_t max_pending_bytes,
                                 struct error *error)
{
    return add(writer, store_command_for_run(run), max_pending_bytes, error);
}

enum status store_writer_begin_log(struct store_writer *writer, struct row_log_file *file,
                                   struct error *error)
{
    struct store_command *command = store_command_create(STORE_BEGIN_LOG);
    command->log_file = *file;
    *file = (struct row_log_file){0};
    return add(writer, command, SIZE_MAX, error);
}

enum status store_writer_end_log(struct store_writer *writer, struct error *error)
{
    return add(writer, store_command_create(STORE_END_LOG), SIZE_MAX, error);
}

enum status store_writer_delete_ranges(struct store_writer *writer, struct rocksdb_family *family,
                                       const struct bytes_view *begins, const struct bytes_view *ends,
                                       size_t count, uint32_t *ret_number, struct error *error)
{
    enum status status = add(writer, store_command_for_ranges(family, begins, ends, count), SIZE_MAX, error);
    if (status == STATUS_OK)
        *ret_number = ++writer->ranges_added;
    return status;
}

struct store_link *store_writer_link(struct store_writer *writer, const char *folder,
                                     struct buffer *log_index)
{
    struct store_link *link = mem_calloc(1, sizeof *link);
    refcount_init(&link->refs);
    refcount_take(&link->refs);
    link->folder = mem_strdup(folder);
    struct store_command *command = store_command_create(STORE_MAKE_LINK);
    command->link = link;
    command->log_index = *log_index;
    *log_index = (struct buffer){0};
    pthread_mutex_lock(&writer->lock);
    append(writer, command);
    pthread_mutex_unlock(&writer->lock);
    return link;
}

void store_link_unref(struct store_link *link)
{
    if (link == NULL || !refcount_drop(&link->refs))
        return;
    free(link->folder);
    free(link);
}

void store_writer_forget_link(struct store_writer *writer, struct store_link *link)
{
    pthread_mutex_lock(&writer->lock);
    bool is_done = link->is_done;
    link->is_unwanted = true;
    pthread_mutex_unlock(&writer->lock);
    if (is_done)
        folder_remove_if_possible(writer->target.local_io, link->folder);
}

enum status store_writer_await_link(struct store_writer *writer, struct store_link *link,
                                    const atomic_bool *cancel, struct error *error)
{
    pthread_mutex_lock(&writer->lock);
    while (!link->is_done && !atomic_load(cancel))
        pthread_cond_wait(&writer->progress, &writer->lock);
    enum status status = link->status;
    if (!link->is_done)
        status = error_set(error, STATUS_CANCELLED, "the checkpoint was given up");
    else if (status != STATUS_OK)
        *error = link->error;
    pthread_mutex_unlock(&writer->lock);
    return status;
}

void store_writer_wake(struct store_writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    pthread_cond_broadcast(&writer->progress);
    pthread_mutex_unlock(&writer->lock);
}

enum status store_writer_await_ranges(struct store_writer *writer, uint32_t number, struct error *error)
{
    pthread_mutex_lock(&writer->lock);
    while (writer->status == STATUS_OK && writer->ranges_done < number)
        pthread_cond_wait(&writer->progress, &writer->lock);
    enum status status = failure_of(writer, error);
    pthread_mutex_unlock(&writer->lock);
    return status;
}

bool store_writer_await_progress(struct store_writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    uint64_t before = writer->num_pending;
    if (before > 0)
        pthread_cond_wait(&writer->progress, &writer->lock);
    pthread_mutex_unlock(&writer->lock);
    return before > 0;
}

enum status store_writer_status(struct store_writer *writer, struct error *error)
{
    pthread_mutex_lock(&writer->lock);
    enum status status = failure_of(writer, error);
    pthread_mutex_unlock(&writer->lock);
    return status;
}

size_t store_writer_pending_bytes(struct store_writer *writer)
{
    pthread_mutex_lock(&writer->lock);
    size_t bytes = writer->pending_bytes;
    pthread_mutex_unlock(&writer->lock);
    return bytes;
}
