/* The I/O of a job: each request runs on a worker and comes back as an event. */
#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/base/memory.h"
#include "jobmanager/dispatcher/job_io_internal.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

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

static enum status work_claim(struct io_request *request, struct error *error)
{
    struct job *job = request->job;
    const char *restored = job->restored_job_id[0] == '\0' ? NULL : job->restored_job_id;
    return table_committer_claim(job->tables[request->table].committer, restored, error);
}

static void done_claim(struct job *job, struct io_request *request, const struct error *failure)
{
    job_master_claimed(job->master, request->table, failure, dispatcher_now_ms(job->dispatcher));
}

static void on_claim(void *context, uint32_t table)
{
    struct io_request *request = io_request_create(context);
    request->work = work_claim;
    request->done = done_claim;
    request->table = table;
    io_request_begin(request, LANE_TABLE);
}

static enum status work_read_last(struct io_request *request, struct error *error)
{
    int64_t restored = request->number;
    return table_committer_last_committed(request->job->tables[request->table].committer, restored,
                                          &request->number, error);
}

static void done_read_last(struct job *job, struct io_request *request, const struct error *failure)
{
    job_master_read(job->master, request->table, request->number, failure,
                    dispatcher_now_ms(job->dispatcher));
}

static void on_read_last(void *context, uint32_t table, int64_t restored_checkpoint_id)
{
    struct io_request *request = io_request_create(context);
    request->work = work_read_last;
    request->done = done_read_last;
    request->table = table;
    request->number = restored_checkpoint_id;
    io_request_begin(request, LANE_TABLE);
}

bool job_writes_table(const struct job *job, uint32_t sink_id, uint32_t table)
{
    if (sink_id >= job->graph->sink_count)
        return false;
    const struct plan_node *node = plan_job_graph_sink(job->graph, sink_id);
    return node->sink->kind == PLAN_SINK_ICEBERG &&
           job_is_same_table(node->sink->iceberg, job->tables[table].sink);
}

static enum status work_commit(struct io_request *request, struct error *error)
{
    struct job *job = request->job;
    const struct checkpoint_metadata *metadata = request->metadata;
    struct bytes_view *committables = mem_calloc(metadata->num_committables + 1, sizeof *committables);
    uint32_t count = 0;
    for (size_t i = 0; i < metadata->num_committables; i++)
        if (job_writes_table(job, metadata->committables[i].sink_id, request->table))
            committables[count++] = metadata->committables[i].content;
    enum status status = table_committer_commit(job->tables[request->table].committer, request->number,
                                                committables, count, &request->result, error);
    free(committables);
    return status;
}

static void done_commit(struct job *job, struct io_request *request, const struct error *failure)
{
    if (failure == NULL)
        dispatcher_log(job->dispatcher, LOG_INFO,
                       "committed job=%s checkpoint=%lld table=\"%s\" snapshot=%lld files=%llu records=%llu "
                       "attempts=%u micros=%lld",
                       job->id, (long long)request->number, job->tables[request->table].name,
                       (long long)request->result.snapshot_id, (unsigned long long)request->result.num_files,
                       (unsigned long long)request->result.num_records, request->result.attempts,
                       (long long)request->result.duration_us);
    else
        dispatcher_log(job->dispatcher, LOG_WARN, "commit failed job=%s checkpoint=%lld table=\"%s\": %s",
                       job->id, (long long)request->number, job->tables[request->table].name,
                       failure->message);
    int64_t snapshot = failure == NULL ? request->result.snapshot_id : -1;
    job_master_table_committed(job->master, request->table, (uint64_t)request->number, snapshot, failure,
                               dispatcher_now_ms(job->dispatcher));
}

static void on_commit(void *context, uint32_t table, struct checkpoint_metadata *metadata)
{
    struct io_request *request = io_request_create(context);
    request->work = work_commit;
    request->done = done_commit;
    request->table = table;
    request->number = (int64_t)metadata->checkpoint_id;
    request->metadata = checkpoint_metadata_ref(metadata);
    io_request_begin(request, LANE_TABLE);
}

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

/* A disk that fails may recover, and nothing has been begun yet: the job waits for it. */
static void wait_for_disk(struct job *job, struct io_request *request, const struct error *failure)
{
    if (failure == NULL || failure->code != STATUS_IO)
        return;
    request->error.retriable = true;
    dispatcher_log(job->dispatcher, LOG_WARN, "job waits job=%s: %s", job->id, failure->message);
}

static void done_find(struct job *job, struct io_request *request, const struct error *failure)
{
    wait_for_disk(job, request, failure);
    job_master_found(job->master, &request->found, failure, dispatcher_now_ms(job->dispatcher));
}

static void on_find(void *context)
{
    struct io_request *request = io_request_create(context);
    request->work = work_find;
    request->done = done_find;
    io_request_begin(request, LANE_STORE);
}

static enum status work_record(struct io_request *request, struct error *error)
{
    return job_store_put_continued(request->job->dispatcher->options.job_store, request->job->id,
                                   (uint64_t)request->number, error);
}

static void done_record(struct job *job, struct io_request *request, const struct error *failure)
{
    wait_for_disk(job, request, failure);
    job_master_recorded(job->master, failure, dispatcher_now_ms(job->dispatcher));
}

static void on_record(void *context, uint64_t checkpoint_id)
{
    struct io_request *request = io_request_create(context);
    request->work = work_record;
    request->done = done_record;
    request->number = (int64_t)checkpoint_id;
    io_request_begin(request, LANE_STORE);
}

static enum status work_reserve(struct io_request *request, struct error *error)
{
    return job_store_put_ids(request->job->dispatcher->options.job_store, request->job->id,
                             (uint64_t)request->number, error);
}

static void done_reserve(struct job *job, struct io_request *request, const struct error *failure)
{
    job_master_ids_reserved(job->master, (uint64_t)request->number, failure,
                            dispatcher_now_ms(job->dispatcher));
}

static void on_reserve(void *context, uint64_t until)
{
    struct io_request *request = io_request_create(context);
    request->work = work_reserve;
    request->done = done_reserve;
    request->number = (int64_t)until;
    io_request_begin(request, LANE_STORE);
}

static enum status work_put_state(struct io_request *request, struct error *error)
{
    return job_store_put_state(request->job->dispatcher->options.job_store, request->job->id,
                               job_state_name(request->state), request->state_ms, request->failure.message,
                               error);
}

static void answer_cancels(struct job *job)
{
    while (job->cancel_waiters != NULL) {
        struct cancel_waiter *waiter = job->cancel_waiters;
        job->cancel_waiters = waiter->next;
        waiter->callback(waiter->context, STATUS_OK, job->id, NULL);
        free(waiter);
    }
}

static void done_put_state(struct job *job, struct io_request *request, const struct error *failure)
{
    if (request->state != job->stored_state)
        return; /* a later one is on its way */
    if (failure != NULL) {
        dispatcher_log(job->dispatcher, LOG_ERROR, "job state not stored job=%s state=%s: %s", job->id,
                       job_state_name(request->state), failure->message);
        job->state_retry_ms = dispatcher_now_ms(job->dispatcher) + STATE_RETRY_MS;
        return;
    }
    job->is_state_stored = true;
    job_set_state(job, request->state);
    answer_cancels(job);
}

void job_store_state_now(struct job *job)
{
    struct io_request *request = io_request_create(job);
    job->state_retry_ms = -1;
    request->work = work_put_state;
    request->done = done_put_state;
    request->state = job->stored_state;
    request->state_ms = clock_wall_ms(&job->dispatcher->process->clock);
    error_clear(&request->failure);
    if (job->stored_state == JOB_FAILED)
        request->failure =
            job->master == NULL ? job->failure : *scheduler_last_failure(job_master_scheduler(job->master));
    /* Said to a leader that would remove its checkpoints. */
    int64_t pending_id = job->master == NULL ? -1 : job_master_pending_checkpoint(job->master);
    if (job->stored_state == JOB_CANCELED && pending_id >= 0)
        error_set(&request->failure, STATUS_UNAVAILABLE, "checkpoint %lld is not in all tables",
                  (long long)pending_id);
    io_request_begin(request, LANE_STORE);
}

/* The state counts, and is shown, once it is in the store. */
void job_put_state(struct job *job, enum job_state state)
{
    job->stored_state = state;
    job->is_state_stored = false;
    /* The machine may be in its maker still: what it failed with is read by the next event. */
    job->state_retry_ms = 0;
}

void job_io_operations(struct job *job, struct job_operations *operations)
{
    operations->context = job;
    operations->claim = on_claim;
    operations->find_checkpoints = on_find;
    operations->record_continued = on_record;
    operations->read_last = on_read_last;
    operations->commit = on_commit;
    operations->store = on_store;
    operations->reserve_ids = on_reserve;
}
