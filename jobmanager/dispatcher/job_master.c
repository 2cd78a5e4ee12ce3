#include "jobmanager/dispatcher/job_master_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/mutant.h"

#include <stdlib.h>

struct job_master *job_master_create(const struct job_master_options *options,
                                     const struct job_operations *operations, int64_t now_ms)
{
    struct job_master *job = mem_calloc(1, sizeof *job);
    job->operations = *operations;
    job->epoch = options->coordinator.epoch;
    job->is_recovered = options->scheduler.is_recovered;
    job->num_sinks = options->num_sinks;
    if (options->num_sinks > 0)
        job->table_of_sink =
            mem_dup(options->table_of_sink, options->num_sinks * sizeof *options->table_of_sink);
    job->cancel_deadline_ms = options->cancel_deadline_ms;
    job->cancelled_at_ms = options->is_cancelling ? now_ms : NO_TIME;
    job->recovery_retry_ms = NO_TIME;
    job->now_ms = now_ms;
    job_master_wire(job, options);
    return job;
}

void job_master_free(struct job_master *job)
{
    if (job == NULL)
        return;
    found_checkpoints_free(&job->found);
    for (size_t i = 0; i < job->num_pending; i++)
        checkpoint_metadata_unref(job->pending[i]);
    scheduler_free(job->scheduler);
    coordinator_free(job->coordinator);
    committer_free(job->committer);
    free(job->table_of_sink);
    free(job);
}

void job_master_start(struct job_master *job, int64_t now_ms)
{
    job->now_ms = now_ms;
    if (job->cancelled_at_ms != NO_TIME) {
        scheduler_block_end(job->scheduler, true, now_ms);
        coordinator_stop(job->coordinator, now_ms);
        scheduler_cancel(job->scheduler, now_ms);
    }
    committer_start(job->committer, now_ms);
    job_master_settle(job);
}

void job_master_cancel(struct job_master *job, int64_t now_ms)
{
    job->now_ms = now_ms;
    if (job->cancelled_at_ms == NO_TIME) {
        job->cancelled_at_ms = now_ms;
        job_master_update_blocks(job);
        coordinator_stop(job->coordinator, now_ms);
        scheduler_cancel(job->scheduler, now_ms);
    }
    job_master_settle(job);
}

void job_master_ask(struct job_master *job, const struct coordinator_request *request, int64_t now_ms)
{
    job->now_ms = now_ms;
    coordinator_ask(job->coordinator, request, now_ms);
    job_master_settle(job);
}

void job_master_fail(struct job_master *job, const struct error *error, int64_t now_ms)
{
    job->now_ms = now_ms;
    if (error->fatal)
        job_master_update_blocks(job);
    scheduler_fail(job->scheduler, error, now_ms);
    job_master_settle(job);
}

void job_master_clean_up(struct job_master *job, int64_t now_ms)
{
    CHECK(job_state_is_terminal(scheduler_state(job->scheduler)));
    job->now_ms = now_ms;
    job->needs_sweep = true;
    job_master_settle(job);
}

static void resend_final(struct job_master *job)
{
    bool is_waiting = job->final_id != 0 && scheduler_is_attempt_live(job->scheduler);
    if (!is_waiting || job->now_ms - job->final_notified_ms < FINAL_NOTIFY_MS)
        return;
    job->final_notified_ms = job->now_ms;
    job_master_notify(job, job->final_id, false, true);
}

void job_master_tick(struct job_master *job, int64_t now_ms)
{
    job->now_ms = now_ms;
    scheduler_tick(job->scheduler, now_ms);
    coordinator_tick(job->coordinator, now_ms);
    committer_tick(job->committer, now_ms);
    resend_final(job);
    job_master_settle(job);
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int64_t job_master_next_timer_ms(const struct job_master *job)
{
    if (job_state_is_terminal(scheduler_state(job->scheduler)))
        return INT64_MAX;
    int64_t next_ms =
        earlier(scheduler_next_timer_ms(job->scheduler), earlier(coordinator_next_timer_ms(job->coordinator),
                                                                 committer_next_timer_ms(job->committer)));
    if (job->recovery_retry_ms != NO_TIME)
        next_ms = earlier(next_ms, job->recovery_retry_ms);
    if (job->cancelled_at_ms != NO_TIME && job->now_ms - job->cancelled_at_ms < job->cancel_deadline_ms)
        next_ms = earlier(next_ms, job->cancelled_at_ms + job->cancel_deadline_ms);
    if (job->final_id != 0 && scheduler_is_attempt_live(job->scheduler))
        next_ms = earlier(next_ms, job->final_notified_ms + FINAL_NOTIFY_MS);
    return next_ms;
}

void job_master_slots(struct job_master *job, const struct scheduler_slot *slots, uint32_t count,
                      int64_t now_ms)
{
    job->now_ms = now_ms;
    scheduler_slots(job->scheduler, slots, count, now_ms);
    job_master_settle(job);
}

void job_master_lacks_slots(struct job_master *job, uint32_t free_slots, uint32_t total_slots)
{
    scheduler_lacks_slots(job->scheduler, free_slots, total_slots);
}

void job_master_resources_changed(struct job_master *job, int64_t now_ms)
{
    job->now_ms = now_ms;
    scheduler_resources_changed(job->scheduler, now_ms);
}

void job_master_taskmanager_lost(struct job_master *job, const char *taskmanager_id,
                                 const struct error *reason, int64_t now_ms)
{
    job->now_ms = now_ms;
    scheduler_taskmanager_lost(job->scheduler, taskmanager_id, reason, now_ms);
    job_master_settle(job);
}

static enum status check_epoch(const struct job_master *job, const struct task_identity *task,
                               struct error *error)
{
    if (!GUARD(MUTANT_STALE_EPOCH, task->leader_epoch == job->epoch))
        return error_set(error, STATUS_FENCED, "leader epoch %llu is not the present one, %llu",
                         (unsigned long long)task->leader_epoch, (unsigned long long)job->epoch);
    return STATUS_OK;
}

enum status job_master_task_state(struct job_master *job, const struct task_identity *task,
                                  enum execution_state state, const struct error *failure, int64_t now_ms,
                                  struct error *error)
{
    job->now_ms = now_ms;
    enum status status = check_epoch(job, task, error);
    if (status == STATUS_OK)
        status = scheduler_task_state(job->scheduler, task->attempt, task->vertex, task->subtask,
                                      task->taskmanager_id, state, failure, now_ms, error);
    job_master_settle(job);
    return status;
}

enum status job_master_acknowledge(struct job_master *job, const struct task_identity *task,
                                   struct coordinator_acknowledgement *acknowledgement, int64_t now_ms,
                                   struct error *error)
{
    job->now_ms = now_ms;
    enum status status = check_epoch(job, task, error);
    const struct execution *execution = scheduler_execution(job->scheduler, task->vertex, task->subtask);
    if (status == STATUS_OK && execution == NULL)
        status = error_set(error, STATUS_NOT_FOUND, "the job has no subtask %u of vertex %u", task->subtask,
                           task->vertex);
    if (status != STATUS_OK)
        return status;
    acknowledgement->attempt = task->attempt;
    acknowledgement->task = execution->index;
    acknowledgement->subtask = task->subtask;
    status = coordinator_acknowledge(job->coordinator, acknowledgement, now_ms, error);
    job_master_settle(job);
    return status;
}

enum status job_master_decline(struct job_master *job, const struct task_identity *task,
                               uint64_t checkpoint_id, const struct error *reason, int64_t now_ms,
                               struct error *error)
{
    job->now_ms = now_ms;
    enum status status = check_epoch(job, task, error);
    if (status == STATUS_OK)
        status = coordinator_decline(job->coordinator, task->attempt, checkpoint_id, reason, now_ms, error);
    job_master_settle(job);
    return status;
}

void job_master_give_back(struct job_master *job, const struct task_identity *task,
                          struct coordinator_acknowledgement *content, int64_t now_ms)
{
    struct error error; /* of another epoch: somebody else knows what became of it */
    job->now_ms = now_ms;
    content->subtask = task->subtask;
    if (check_epoch(job, task, &error) == STATUS_OK)
        coordinator_give_back(job->coordinator, content);
}

const struct scheduler *job_master_scheduler(const struct job_master *job)
{
    return job->scheduler;
}

const struct coordinator *job_master_coordinator(const struct job_master *job)
{
    return job->coordinator;
}

const struct committer *job_master_committer(const struct job_master *job)
{
    return job->committer;
}

enum job_state job_master_state(const struct job_master *job)
{
    return scheduler_state(job->scheduler);
}

bool job_master_has_requests(const struct job_master *job)
{
    return job->num_requests > 0 || committer_has_request(job->committer);
}

int64_t job_master_pending_checkpoint(const struct job_master *job)
{
    return job->num_pending == 0 ? -1 : (int64_t)job->pending[0]->checkpoint_id;
}
