/* What follows from an event once the machine that took it has returned: what the others must hear, what is
 * swept, and what holds a restart or the end back. */
#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/mutant.h"
#include "jobmanager/dispatcher/job_master_internal.h"

#include <stdlib.h>
#include <string.h>

static bool is_recovering(const struct job_master *job)
{
    return job->step < RECOVERY_DONE;
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

static bool is_cancel_overdue(const struct job_master *job)
{
    return job->cancelled_at_ms != NO_TIME && job->now_ms - job->cancelled_at_ms >= job->cancel_deadline_ms;
}

/* A cancelled job whose tables refuse for too long leaves its checkpoints to a later restore. */
static void check_cancel_deadline(struct job_master *job)
{
    if (!is_cancel_overdue(job))
        return;
    committer_stop(job->committer);
    if (is_recovering(job) && job->num_requests == 0)
        job->step = RECOVERY_FAILED;
}

static bool is_committing(const struct job_master *job)
{
    bool is_given_up = committer_has_failed(job->committer) || is_cancel_overdue(job);
    return committer_has_request(job->committer) || (job->num_pending > 0 && !is_given_up);
}

void job_master_update_blocks(struct job_master *job)
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
    job_master_update_blocks(job);
}
