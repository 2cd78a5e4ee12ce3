#include "jobmanager/dispatcher/job_master_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/mutant.h"

#include <stdlib.h>
#include <string.h>

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

static bool is_recovering(const struct job_master *job)
{
    return job->step < RECOVERY_DONE;
}

/* A cancelled job whose tables refuse for too long leaves its checkpoints to a later restore. */
static void check_cancel_deadline(struct job_master *job)
{
    if (job->cancelled_at_ms == NO_TIME || job->now_ms - job->cancelled_at_ms < job->cancel_deadline_ms)
        return;
    committer_stop(job->committer);
    if (is_recovering(job) && job->num_requests == 0)
        job->step = RECOVERY_FAILED;
}

static bool is_committing(const struct job_master *job)
{
    bool is_given_up =
        committer_has_failed(job->committer) ||
        (job->cancelled_at_ms != NO_TIME && job->now_ms - job->cancelled_at_ms >= job->cancel_deadline_ms);
    return committer_has_request(job->committer) || (job->num_pending > 0 && !is_given_up);
}

static void update_blocks(struct job_master *job)
{
    bool is_storing = coordinator_is_storing(job->coordinator);
    bool is_swept = GUARD(MUTANT_RESTART_DURING_SWEEP, !job->is_sweeping) && !job->needs_sweep;
    bool is_stopping =
        coordinator_stop_id(job->coordinator) != 0 && !GUARD(MUTANT_RESTART_DURING_STOP, false);
    scheduler_block_restart(job->scheduler, is_storing || is_stopping || !is_swept, job->now_ms);
    scheduler_block_end(job->scheduler, is_storing || is_recovering(job) || is_committing(job), job->now_ms);
}

/* Only while no task of this leader writes: a file that is being written is known to nobody either. */
static void sweep(struct job_master *job)
{
    bool is_due = job->needs_sweep && job->knows_kept && !job->is_sweeping && !is_recovering(job) &&
                  !scheduler_has_tasks(job->scheduler) && !coordinator_is_storing(job->coordinator);
    if (!is_due)
        return;
    struct checkpoint_reference *references;
    size_t num_references;
    struct path_list files;
    coordinator_list_kept(job->coordinator, &references, &num_references, &files);
    job->needs_sweep = false;
    job->is_sweeping = true;
    job->num_requests++;
    job->operations.sweep(job->operations.context, references, num_references, &files);
    path_list_free(&files);
    free(references);
}

static bool announce_pending(struct job_master *job)
{
    if (job->num_announced == job->num_pending)
        return false;
    const struct checkpoint_metadata *metadata = job->pending[job->num_announced++];
    bool *has_files = mem_calloc(committer_num_tables(job->committer) + 1, sizeof *has_files);
    for (size_t i = 0; i < metadata->num_committables; i++) {
        uint32_t sink = metadata->committables[i].sink_id;
        if (sink < job->num_sinks && job->table_of_sink[sink] >= 0)
            has_files[job->table_of_sink[sink]] = true;
    }
    committer_durable(job->committer, metadata->checkpoint_id, has_files, job->now_ms);
    free(has_files);
    return true;
}

/* The job ends with that checkpoint, which is committed; tasks that live are told. */
static void finish(struct job_master *job, uint64_t checkpoint_id)
{
    if (scheduler_is_attempt_live(job->scheduler)) {
        job->final_id = checkpoint_id;
        job->final_notified_ms = job->now_ms;
        job_master_notify(job, checkpoint_id, false, true);
    }
    scheduler_finish(job->scheduler, job->now_ms);
}

/* A checkpoint is in all tables: tell those who took it. */
static bool pass_on_commit(struct job_master *job)
{
    if (job->num_committed == 0)
        return false;
    CHECK(job->num_pending > 0 && job->pending[0]->checkpoint_id == job->committed[0]);
    struct checkpoint_metadata *metadata = job->pending[0];
    job->num_pending--;
    job->num_announced--;
    memmove(&job->pending[0], &job->pending[1], job->num_pending * sizeof job->pending[0]);
    job->num_committed--;
    memmove(&job->committed[0], &job->committed[1], job->num_committed * sizeof job->committed[0]);
    bool is_own = metadata->epoch == job->epoch && scheduler_is_attempt_live(job->scheduler) &&
                  metadata->attempt == scheduler_attempt(job->scheduler);
    /* One that a user stops the job with is its end once its savepoint is written. */
    bool is_stop = coordinator_stop_id(job->coordinator) == metadata->checkpoint_id;
    bool is_end = is_stop ? GUARD(MUTANT_END_BEFORE_SAVEPOINT, false) : metadata->is_final;
    coordinator_committed(job->coordinator, metadata->checkpoint_id, job->now_ms);
    if (is_own && is_end)
        finish(job, metadata->checkpoint_id);
    else if (is_own)
        job_master_notify(job, metadata->checkpoint_id, false, false);
    checkpoint_metadata_unref(metadata);
    return true;
}

void job_master_settle(struct job_master *job)
{
    bool is_moving = true;
    while (is_moving) {
        is_moving = job->has_failure || job->all_claimed || job->all_read;
        if (job->has_failure) {
            job->has_failure = false;
            scheduler_fail(job->scheduler, &job->failure, job->now_ms);
        }
        job_master_recover(job);
        is_moving = announce_pending(job) || is_moving;
        is_moving = pass_on_commit(job) || is_moving;
        if (job->finish_id != 0) {
            uint64_t finish_id = job->finish_id;
            job->finish_id = 0;
            finish(job, finish_id);
        }
    }
    check_cancel_deadline(job);
    job_master_recover(job);
    sweep(job);
    update_blocks(job);
}

void job_master_notify(struct job_master *job, uint64_t checkpoint_id, bool is_aborted, bool is_final)
{
    size_t count;
    const struct execution *executions = scheduler_executions(job->scheduler, &count);
    for (size_t i = 0; i < count; i++)
        if (executions[i].state >= EXECUTION_INITIALIZING && executions[i].state <= EXECUTION_END_OF_INPUT)
            job->operations.notify(job->operations.context, &executions[i], scheduler_attempt(job->scheduler),
                                   checkpoint_id, is_aborted, is_final);
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
        update_blocks(job);
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
        update_blocks(job);
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
