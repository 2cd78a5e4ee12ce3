/* What the store records of a job: its state, the ids that it reserved, what each epoch goes on from. */
#include "common/base/memory.h"
#include "jobmanager/dispatcher/io_request.h"

#include <stdlib.h>

static enum status work_record(struct io_request *request, struct error *error)
{
    return job_store_put_continued(request->job->dispatcher->options.job_store, request->job->id,
                                   (uint64_t)request->number, error);
}

static void done_record(struct job *job, struct io_request *request, const struct error *failure)
{
    io_request_wait_for_disk(request, failure);
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

void job_put_state(struct job *job, enum job_state state)
{
    job->stored_state = state;
    job->is_state_stored = false;
    /* The machine may be in its maker still: what it failed with is read by the next event. */
    job->state_retry_ms = 0;
}

void job_record_operations(struct job_operations *operations)
{
    operations->record_continued = on_record;
    operations->reserve_ids = on_reserve;
}
