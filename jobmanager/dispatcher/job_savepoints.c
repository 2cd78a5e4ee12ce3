/* How a job writes its savepoints. */
#include "jobmanager/checkpoint/savepoint_writer.h"
#include "jobmanager/dispatcher/io_request.h"

#include <inttypes.h>

static void remove_partial(const struct job *job, const char *folder)
{
    struct file_io *io = NULL;
    struct error error;
    enum status status = file_io_for_uri(folder, &io, &error);
    if (status == STATUS_OK)
        status = savepoint_remove_partial(io, folder, &error);
    if (status != STATUS_OK)
        dispatcher_log(job->dispatcher, LOG_WARN, "savepoint not removed job=%s path=%s: %s", job->id, folder,
                       error.message);
    file_io_free(io);
}

void job_remove_partial_savepoints(const struct job *job, const struct found_checkpoints *found)
{
    for (size_t i = 0; i < found->num_references; i++)
        if (found->metadata[i] != NULL && found->metadata[i]->savepoint_folder[0] != '\0')
            remove_partial(job, found->metadata[i]->savepoint_folder);
}

static enum status may_go_on(void *context, struct error *error)
{
    const struct job *job = context;
    if (atomic_load(&job->dispatcher->is_stopping))
        return error_set(error, STATUS_CANCELLED, "this jobmanager is stopping");
    return STATUS_OK;
}

static enum status check_lead(void *context, struct error *error)
{
    const struct job *job = context;
    return job_store_check_lead(job->dispatcher->options.job_store, error);
}

static enum status work_copy(struct io_request *request, struct error *error)
{
    struct job *job = request->job;
    struct savepoint_write write = {
        .from = job->checkpoint_io,
        .job_folder = job->checkpoint_folder,
        .metadata = request->metadata,
        .may_go_on = may_go_on,
        .check_lead = check_lead,
        .context = job,
    };
    enum status status = failpoint(job->dispatcher->process->failpoints, "savepoint/before_write", error);
    if (status == STATUS_OK)
        status = file_io_for_uri(request->metadata->savepoint_folder, &write.to, error);
    if (status == STATUS_OK)
        status = savepoint_write(&write, error);
    if (status == STATUS_OK)
        status = failpoint(job->dispatcher->process->failpoints, "savepoint/after_write", error);
    file_io_free(write.to);
    return status;
}

static void done_copy(struct job *job, struct io_request *request, const struct error *failure)
{
    const struct checkpoint_metadata *metadata = request->metadata;
    if (failure == NULL)
        dispatcher_log(job->dispatcher, LOG_INFO, "savepoint written job=%s checkpoint=%" PRIu64 " path=%s",
                       job->id, metadata->checkpoint_id, metadata->savepoint_folder);
    else
        dispatcher_log(job->dispatcher, LOG_WARN, "savepoint not written job=%s checkpoint=%" PRIu64 ": %s",
                       job->id, metadata->checkpoint_id, failure->message);
    job_master_copied(job->master, metadata->checkpoint_id, failure, dispatcher_now_ms(job->dispatcher));
}

static void on_copy(void *context, struct checkpoint_metadata *metadata)
{
    struct io_request *request = io_request_create(context);
    request->work = work_copy;
    request->done = done_copy;
    request->metadata = metadata;
    io_request_begin_savepoint(request);
}

/* The dispatcher's thread; the job's end is in its view. */
static void on_cancelled(void *context, enum status status, const char *job_id, const struct error *error)
{
    struct dispatcher *dispatcher = context;
    if (status != STATUS_OK)
        dispatcher_log(dispatcher, LOG_WARN, "not cancelled after its savepoint job=%s: %s", job_id,
                       error->message);
}

static void on_answered(void *context, const char *request_id, uint64_t checkpoint_id,
                        const struct error *failure)
{
    struct job *job = context;
    job->is_dirty = true;
    if (failure != NULL)
        operations_end(job->dispatcher, request_id, failure);
    else if (operations_answer(job->dispatcher, request_id, checkpoint_id))
        dispatcher_cancel(job->dispatcher, job->id, on_cancelled, job->dispatcher);
}

void job_savepoint_operations(struct job_operations *operations)
{
    operations->copy = on_copy;
    operations->answered = on_answered;
}
