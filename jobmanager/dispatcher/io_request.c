#include "jobmanager/dispatcher/io_request.h"

#include "common/base/hash.h"
#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

static void free_request(struct io_request *request)
{
    checkpoint_metadata_unref(request->metadata);
    found_checkpoints_free(&request->found);
    path_list_free(&request->files);
    free(request->references);
    free(request->folder);
    free(request);
}

static void drop_request(struct event *event)
{
    free_request((struct io_request *)event);
}

static void run_done(struct dispatcher *dispatcher, struct event *event)
{
    struct io_request *request = (struct io_request *)event;
    struct job *job = request->job;
    job->num_requests--;
    job->is_dirty = true;
    /* Work that was broken off by the end says nothing: a checkpoint may be there although it says not. */
    if (request->done != NULL && !atomic_load(&dispatcher->is_stopping))
        request->done(job, request, request->status == STATUS_OK ? NULL : &request->error);
    free_request(request);
}

static void run_work(void *context)
{
    struct io_request *request = context;
    request->status = request->work(request, &request->error);
    dispatcher_post(request->job->dispatcher, &request->event);
}

struct io_request *io_request_create(struct job *job)
{
    struct io_request *request = mem_calloc(1, sizeof *request);
    request->event = (struct event){.run = run_done, .drop = drop_request};
    request->job = job;
    return request;
}

void io_request_begin(struct io_request *request, enum io_lane lane)
{
    struct job *job = request->job;
    uint64_t key =
        hash_bytes(job->id, strlen(job->id)) + (uint64_t)lane + (lane == LANE_TABLE ? request->table : 0);
    job->num_requests++;
    io_pool_submit(job->dispatcher->io, key, run_work, request);
}

void io_request_begin_savepoint(struct io_request *request)
{
    struct job *job = request->job;
    job->num_requests++;
    io_pool_submit(job->dispatcher->savepoint_io, hash_u64((uint64_t)(uintptr_t)request), run_work, request);
}

void io_request_wait_for_disk(struct io_request *request, const struct error *failure)
{
    if (failure == NULL || failure->code != STATUS_IO)
        return;
    request->error.retriable = true;
    dispatcher_log(request->job->dispatcher, LOG_WARN, "job waits job=%s: %s", request->job->id,
                   failure->message);
}
