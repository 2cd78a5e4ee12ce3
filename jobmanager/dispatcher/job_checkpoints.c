/* How a job publishes its checkpoints, and finds those that it goes on from. */
#include "common/base/memory.h"
#include "jobmanager/dispatcher/io_request.h"

#include <stdlib.h>
#include <time.h>

static enum status publish(struct io_request *request, struct error *error)
{
    struct job *job = request->job;
    struct failpoints *failpoints = job->dispatcher->process->failpoints;
    enum status status = failpoint(failpoints, "checkpoint/before_store", error);
    if (status == STATUS_OK)
        status = checkpoint_publish(job->checkpoint_io, job->checkpoint_folder, request->metadata,
                                    &request->size_bytes, error);
    if (status == STATUS_OK)
        status = failpoint(failpoints, "checkpoint/after_store", error);
    return status;
}

/* An error leaves it open whether the checkpoint is there. What decides is the file: until that can be told,
 * neither answer would be safe. */
static enum status work_store(struct io_request *request, struct error *error)
{
    struct job *job = request->job;
    enum status status = publish(request, error);
    if (status == STATUS_OK)
        return STATUS_OK;
    struct error look;
    bool is_published = false;
    while (checkpoint_is_published(job->checkpoint_io, job->checkpoint_folder, request->reference,
                                   &is_published, &look) != STATUS_OK &&
           !atomic_load(&job->dispatcher->is_stopping)) {
        struct timespec pause = {.tv_sec = 0, .tv_nsec = 200000000};
        nanosleep(&pause, NULL);
    }
    return is_published ? STATUS_OK : status;
}

static void done_store(struct job *job, struct io_request *request, const struct error *failure)
{
    uint64_t id = request->metadata->checkpoint_id;
    if (failure == NULL)
        dispatcher_log(job->dispatcher, LOG_INFO,
                       "checkpoint durable job=%s checkpoint=%llu bytes=%llu final=%d", job->id,
                       (unsigned long long)id, (unsigned long long)request->size_bytes,
                       request->metadata->is_final);
    else
        dispatcher_log(job->dispatcher, LOG_WARN, "checkpoint not stored job=%s checkpoint=%llu: %s", job->id,
                       (unsigned long long)id, failure->message);
    job_master_stored(job->master, id, request->size_bytes, failure, dispatcher_now_ms(job->dispatcher));
}

static void on_store(void *context, struct checkpoint_metadata *metadata)
{
    struct job *job = context;
    struct io_request *request = io_request_create(job);
    request->work = work_store;
    request->done = done_store;
    request->metadata = metadata;
    request->reference = (struct checkpoint_reference){metadata->checkpoint_id, metadata->epoch};
    /* The machines' time is this process's own; the file is for others. */
    metadata->trigger_ms = dispatcher_wall_ms(job->dispatcher, metadata->trigger_ms);
    metadata->completed_ms = dispatcher_wall_ms(job->dispatcher, metadata->completed_ms);
    io_request_begin(request, LANE_CHECKPOINT);
}

static enum status work_find(struct io_request *request, struct error *error)
{
    struct job *job = request->job;
    struct job_store *store = job->dispatcher->options.job_store;
    struct checkpoint_search search = {
        .io = job->checkpoint_io,
        .job_folder = job->checkpoint_folder,
        .restore_path = job->graph->configuration.restore_path,
        .claims_restored = job->claims_restored,
        .is_new_lineage = job->graph->configuration.new_lineage,
    };
    struct stored_continued *stored;
    size_t num_stored;
    enum status status = job_store_max_ids(store, job->id, &search.reserved_until, error);
    if (status == STATUS_OK)
        status = job_store_list_continued(store, job->id, &stored, &num_stored, error);
    if (status != STATUS_OK)
        return status;
    struct continue_record *records = mem_calloc(num_stored + 1, sizeof *records);
    for (size_t i = 0; i < num_stored; i++)
        if (stored[i].epoch < job->dispatcher->epoch)
            records[search.num_records++] =
                (struct continue_record){stored[i].epoch, stored[i].checkpoint_id};
    search.records = records;
    status = checkpoint_find(&search, &request->found, error);
    if (status == STATUS_OK)
        job_remove_partial_savepoints(job, &request->found);
    if (status == STATUS_OK && request->found.folder != NULL)
        status = found_checkpoints_adopt(&request->found, job->graph, &job->operators, job->claims_restored,
                                         error);
    free(records);
    free(stored);
    return status;
}

static void done_find(struct job *job, struct io_request *request, const struct error *failure)
{
    io_request_wait_for_disk(request, failure);
    job_master_found(job->master, &request->found, failure, dispatcher_now_ms(job->dispatcher));
}

static void on_find(void *context)
{
    struct io_request *request = io_request_create(context);
    request->work = work_find;
    request->done = done_find;
    io_request_begin(request, LANE_STORE);
}

void job_checkpoint_operations(struct job_operations *operations)
{
    operations->find_checkpoints = on_find;
    operations->store = on_store;
}
