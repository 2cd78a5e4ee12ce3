/* What is removed of a job's checkpoints, and when it is surely nobody's any more. */
#include "common/base/check.h"
#include "common/base/memory.h"
#include "jobmanager/checkpoint/checkpoint_sweep.h"
#include "jobmanager/dispatcher/io_request.h"

/* Absolute paths are of what the job was restored from: its own only when it claims them. */
static enum status remove_files(const struct job *job, const struct path_list *files, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < files->count; i++) {
        struct buffer path = {0};
        bool is_relative = keyed_state_path_is_relative(files->items[i]);
        if (!is_relative && !job->claims_restored)
            continue;
        if (is_relative)
            buffer_printf(&path, "%s/", job->checkpoint_folder);
        buffer_append_text(&path, files->items[i]);
        struct error failure;
        if (file_io_delete(job->checkpoint_io, buffer_text(&path), &failure) != STATUS_OK) {
            status = failure.code;
            *error = failure;
        }
        buffer_free(&path);
    }
    return status;
}

static void done_removal(struct job *job, struct io_request *request, const struct error *failure)
{
    if (failure != NULL)
        dispatcher_log(job->dispatcher, LOG_WARN, "not all removed job=%s checkpoint=%lld: %s", job->id,
                       (long long)request->number, failure->message);
}

/* The folder of a checkpoint or savepoint that the job was restored from. */
static enum status remove_claimed(const char *folder, struct error *error)
{
    struct file_io *io = NULL;
    enum status status = file_io_for_uri(folder, &io, error);
    if (status == STATUS_OK)
        status = file_io_delete_directory(io, folder, error);
    file_io_free(io);
    return status;
}

/*
 * The checkpoint that takes the place of the discarded one was published before. Whoever leads later than
 * this look at the epochs finds it, and goes on from it or a newer one; an epoch that began before may have
 * gone on from the one to be discarded.
 */
static enum status work_discard(struct io_request *request, struct error *error)
{
    struct job *job = request->job;
    enum status status = job_store_check_lead(job->dispatcher->options.job_store, error);
    if (status == STATUS_OK && request->folder != NULL)
        status = remove_claimed(request->folder, error);
    else if (status == STATUS_OK)
        status = checkpoint_delete(job->checkpoint_io, job->checkpoint_folder, request->reference, error);
    return status == STATUS_OK ? remove_files(job, &request->files, error) : status;
}

static void on_discard(void *context, const struct coordinator_discard *discard)
{
    struct io_request *request = io_request_create(context);
    request->work = work_discard;
    request->done = done_removal;
    request->number = (int64_t)discard->reference.checkpoint_id;
    request->reference = discard->reference;
    if (discard->claimed_folder != NULL)
        request->folder = mem_strdup(discard->claimed_folder);
    request->files = path_list_copy(&discard->files);
    io_request_begin(request, LANE_CHECKPOINT);
}

static enum status work_scrap_files(struct io_request *request, struct error *error)
{
    return remove_files(request->job, &request->files, error);
}

static enum status work_scrap_table(struct io_request *request, struct error *error)
{
    struct job *job = request->job;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < request->metadata->num_committables && status == STATUS_OK; i++) {
        const struct checkpoint_committable *committable = &request->metadata->committables[i];
        if (job_table_of_sink(job, committable->sink_id) == (int32_t)request->table)
            status = table_committer_remove_files(job->tables[request->table].committer, committable->content,
                                                  error);
    }
    return status;
}

/* Its metadata was not published, and never will be: only this leader could, and it has given up. */
static void on_scrap(void *context, struct checkpoint_metadata *metadata, const struct path_list *files)
{
    struct job *job = context;
    for (uint32_t t = 0; t < job->num_tables && metadata->num_committables > 0; t++) {
        struct io_request *request = io_request_create(job);
        request->work = work_scrap_table;
        request->done = done_removal;
        request->table = t;
        request->number = (int64_t)metadata->checkpoint_id;
        request->metadata = checkpoint_metadata_ref(metadata);
        io_request_begin(request, LANE_TABLE);
    }
    if (files->count > 0) {
        struct io_request *request = io_request_create(job);
        request->work = work_scrap_files;
        request->done = done_removal;
        request->number = (int64_t)metadata->checkpoint_id;
        request->files = path_list_copy(files);
        io_request_begin(request, LANE_CHECKPOINT);
    }
    checkpoint_metadata_unref(metadata);
}

static enum status check_lead(void *context, struct error *error)
{
    const struct job *job = context;
    return job_store_check_lead(job->dispatcher->options.job_store, error);
}

static enum status work_sweep(struct io_request *request, struct error *error)
{
    struct job *job = request->job;
    struct checkpoint_sweep sweep = {
        .io = job->checkpoint_io,
        .job_folder = job->checkpoint_folder,
        .epoch = job->dispatcher->epoch,
        .references = request->references,
        .num_references = request->num_references,
        .files = &request->files,
        .check_lead = check_lead,
        .context = job,
    };
    size_t num_removed = 0;
    enum status status = checkpoint_sweep(&sweep, &num_removed, error);
    request->number = (int64_t)num_removed;
    return status;
}

static void done_sweep(struct job *job, struct io_request *request, const struct error *failure)
{
    if (failure != NULL)
        dispatcher_log(job->dispatcher, LOG_WARN, "files left over are not removed job=%s: %s", job->id,
                       failure->message);
    else if (request->number > 0)
        dispatcher_log(job->dispatcher, LOG_INFO, "files left over are removed job=%s files=%lld", job->id,
                       (long long)request->number);
    job_master_swept(job->master, dispatcher_now_ms(job->dispatcher));
}

static void on_sweep(void *context, const struct checkpoint_reference *references, size_t num_references,
                     const struct path_list *files)
{
    struct io_request *request = io_request_create(context);
    request->work = work_sweep;
    request->done = done_sweep;
    request->references = mem_dup(references, num_references * sizeof *references);
    request->num_references = num_references;
    request->files = path_list_copy(files);
    io_request_begin(request, LANE_CHECKPOINT);
}

/* A terminal state that was stored while this leader led: no later one takes the job up. */
static enum status work_remove_all(struct io_request *request, struct error *error)
{
    struct job *job = request->job;
    struct file_io *io = NULL;
    enum status status = job_store_check_lead(job->dispatcher->options.job_store, error);
    if (status == STATUS_OK)
        status = file_io_for_uri(job->checkpoint_directory, &io, error);
    if (status == STATUS_OK)
        status = file_io_delete_directory(io, job->checkpoint_folder, error);
    file_io_free(io);
    return status;
}

static void done_remove_all(struct job *job, struct io_request *request, const struct error *failure)
{
    (void)request;
    if (failure != NULL)
        dispatcher_log(job->dispatcher, LOG_WARN, "checkpoints not removed job=%s: %s", job->id,
                       failure->message);
}

static void remove_all(struct job *job)
{
    struct io_request *request = io_request_create(job);
    request->work = work_remove_all;
    request->done = done_remove_all;
    io_request_begin(request, LANE_CHECKPOINT);
}

/* What failed may be mended, and what is not in its tables yet is the only copy of it. */
void job_clean_up(struct job *job)
{
    bool is_over = job->state == JOB_FINISHED || job->state == JOB_CANCELED;
    if (is_over && !job->keeps_checkpoints && job_master_pending_checkpoint(job->master) < 0)
        remove_all(job);
    else
        job_master_clean_up(job->master, dispatcher_now_ms(job->dispatcher));
}

void job_clean_up_recovered(struct job *job)
{
    struct error error;
    bool keeps = true;
    enum status status =
        job_keeps_checkpoints(job->graph, job->dispatcher->options.configuration, &keeps, &error);
    if (status == STATUS_OK && !keeps)
        remove_all(job);
}

void job_removal_operations(struct job_operations *operations)
{
    operations->discard = on_discard;
    operations->scrap = on_scrap;
    operations->sweep = on_sweep;
}
