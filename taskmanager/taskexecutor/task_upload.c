#include "taskmanager/taskexecutor/task_upload.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/thread_name.h"

#include <pthread.h>
#include <stdlib.h>

struct task_uploads {
    const struct process_context *process;
    void (*done)(void *context, struct task_upload *upload);
    void *context;
    struct event_queue *queue; /* of uploads that the list holds; closed: the thread ends */
    struct task_upload *list;
    pthread_t thread;
    bool is_started;
};

struct task_uploads *task_uploads_create(const struct process_context *process,
                                         void (*done)(void *context, struct task_upload *upload),
                                         void *context)
{
    struct task_uploads *uploads = mem_calloc(1, sizeof *uploads);
    *uploads = (struct task_uploads){
        .process = process, .done = done, .context = context, .queue = event_queue_create(NULL)};
    return uploads;
}

static enum status upload_one(struct task_upload *upload, size_t index, struct error *error)
{
    struct chain_frozen *frozen = &upload->snapshot.frozen[index];
    struct arena *arena = arena_create(1024);
    struct keyed_state_handle *handle;
    enum status status = frozen->functions->upload(frozen->snapshot, arena, &handle, error);
    if (status == STATUS_OK) {
        upload->handles[index].node_id = frozen->node_id;
        keyed_state_handle_encode(handle, &upload->handles[index].bytes);
    }
    arena_free(arena);
    return status;
}

/* The thread of uploads. */
static void *run(void *context)
{
    struct task_uploads *uploads = context;
    thread_set_name("state-upload");
    const struct clock *clock = &uploads->process->clock;
    while (!event_queue_is_closed(uploads->queue)) {
        struct task_upload *upload = event_queue_pop(uploads->queue, -1);
        if (upload == NULL)
            continue;
        int64_t start_us = clock_monotonic_us(clock);
        for (size_t i = 0; i < upload->snapshot.num_frozen && upload->status == STATUS_OK; i++) {
            if (atomic_load(&upload->is_cancelled))
                upload->status = error_set(&upload->error, STATUS_CANCELLED, "the checkpoint was given up");
            else
                upload->status = upload_one(upload, i, &upload->error);
        }
        upload->duration_us = clock_monotonic_us(clock) - start_us;
        uploads->done(uploads->context, upload);
    }
    return NULL;
}

static enum status start(struct task_uploads *uploads, struct error *error)
{
    if (uploads->is_started)
        return STATUS_OK;
    int failure = pthread_create(&uploads->thread, NULL, run, uploads);
    if (failure != 0)
        return error_set_errno(error, failure, "cannot start a thread for uploads of state");
    uploads->is_started = true;
    return STATUS_OK;
}

enum status task_uploads_add(struct task_uploads *uploads, const struct task_upload *what,
                             struct error *error)
{
    CHECK(what->snapshot.num_frozen > 0);
    enum status status = start(uploads, error);
    if (status != STATUS_OK)
        return status;
    struct task_upload *upload = mem_calloc(1, sizeof *upload);
    upload->origin = what->origin;
    upload->is_end_of_input = what->is_end_of_input;
    upload->start_delay_ms = what->start_delay_ms;
    upload->sync_us = what->sync_us;
    upload->snapshot = what->snapshot;
    upload->handles = mem_calloc(what->snapshot.num_frozen, sizeof *upload->handles);
    error_clear(&upload->error);
    upload->next = uploads->list;
    uploads->list = upload;
    event_queue_push(uploads->queue, upload);
    return STATUS_OK;
}

static void cancel(struct task_upload *upload)
{
    atomic_store(&upload->is_cancelled, true);
    for (size_t i = 0; i < upload->snapshot.num_frozen; i++)
        upload->snapshot.frozen[i].functions->cancel(upload->snapshot.frozen[i].snapshot);
}

const struct task_upload *task_uploads_first(const struct task_uploads *uploads)
{
    return uploads->list;
}

void task_uploads_cancel(struct task_uploads *uploads, uint64_t checkpoint_id)
{
    for (struct task_upload *upload = uploads->list; upload != NULL; upload = upload->next)
        if (upload->origin.checkpoint_id == checkpoint_id)
            cancel(upload);
}

static void free_upload(struct task_upload *upload)
{
    for (size_t i = 0; i < upload->snapshot.num_frozen; i++)
        buffer_free(&upload->handles[i].bytes);
    free(upload->handles);
    chain_snapshot_free(&upload->snapshot);
    free(upload);
}

void task_uploads_remove(struct task_uploads *uploads, struct task_upload *upload)
{
    struct task_upload **link = &uploads->list;
    while (*link != upload)
        link = &(*link)->next;
    *link = upload->next;
    free_upload(upload);
}

void task_uploads_free(struct task_uploads *uploads)
{
    if (uploads == NULL)
        return;
    for (struct task_upload *upload = uploads->list; upload != NULL; upload = upload->next)
        cancel(upload);
    event_queue_close(uploads->queue);
    if (uploads->is_started)
        pthread_join(uploads->thread, NULL);
    while (uploads->list != NULL)
        task_uploads_remove(uploads, uploads->list);
    event_queue_free(uploads->queue);
    free(uploads);
}
