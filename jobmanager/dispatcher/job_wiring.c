/* The callbacks by which the three machines of a job meet. What one says to another waits in the job master
 * until it has returned; what goes outside is passed on. */
#include "common/base/check.h"
#include "common/base/memory.h"
#include "jobmanager/dispatcher/job_master_internal.h"

#include <stdlib.h>
#include <string.h>

static void on_request_slots(void *context, uint32_t count)
{
    struct job_master *job = context;
    job->operations.request_slots(job->operations.context, count);
}

static void on_release_slots(void *context)
{
    struct job_master *job = context;
    job->operations.release_slots(job->operations.context);
}

static void on_attempt_started(void *context, uint32_t attempt)
{
    struct job_master *job = context;
    job->final_id = 0;
    coordinator_attempt_started(job->coordinator, attempt);
    if (coordinator_latest(job->coordinator) != NULL)
        coordinator_count_restore(job->coordinator, job->now_ms);
}

static void on_deploy(void *context, const struct execution *execution)
{
    struct job_master *job = context;
    job->operations.deploy(job->operations.context, execution, scheduler_attempt(job->scheduler),
                           coordinator_latest(job->coordinator));
}

static void on_cancel(void *context, const struct execution *execution)
{
    struct job_master *job = context;
    job->operations.cancel_task(job->operations.context, execution, scheduler_attempt(job->scheduler));
}

static void on_all_running(void *context)
{
    struct job_master *job = context;
    coordinator_running(job->coordinator, job->now_ms);
}

static void on_all_ended(void *context)
{
    struct job_master *job = context;
    coordinator_all_ended(job->coordinator, job->now_ms);
}

static void on_attempt_ended(void *context)
{
    struct job_master *job = context;
    job->needs_sweep = true;
    coordinator_attempt_ended(job->coordinator, job->now_ms);
}

static void on_quarantine(void *context, const char *taskmanager_id)
{
    struct job_master *job = context;
    job->operations.quarantine(job->operations.context, taskmanager_id);
}

static void on_state_changed(void *context, enum job_state from, enum job_state to)
{
    struct job_master *job = context;
    job->operations.state_changed(job->operations.context, from, to);
}

static void on_failed(void *context, const struct execution *execution, const struct error *error)
{
    struct job_master *job = context;
    job->operations.failed(job->operations.context, execution, error);
}

static void on_trigger(void *context, const struct coordinator_trigger *trigger)
{
    struct job_master *job = context;
    size_t count;
    const struct execution *executions = scheduler_executions(job->scheduler, &count);
    for (size_t i = 0; i < count; i++)
        if (executions[i].is_source)
            job->operations.trigger(job->operations.context, &executions[i],
                                    scheduler_attempt(job->scheduler), trigger);
}

/* For the leader that restores it. */
static void note_slots(const struct job_master *job, struct checkpoint_metadata *metadata)
{
    uint32_t count;
    const struct scheduler_slot *last = scheduler_last_slots(job->scheduler, &count);
    struct checkpoint_slot *slots = mem_calloc(count + 1, sizeof *slots);
    for (uint32_t i = 0; i < count; i++)
        slots[i] = (struct checkpoint_slot){last[i].taskmanager_id, last[i].slot};
    checkpoint_metadata_set_slots(metadata, slots, count);
    free(slots);
}

static void on_store(void *context, struct checkpoint_metadata *metadata)
{
    struct job_master *job = context;
    job->num_requests++;
    note_slots(job, metadata);
    job->operations.store(job->operations.context, metadata);
}

void job_master_add_pending(struct job_master *job, struct checkpoint_metadata *metadata)
{
    CHECK(job->num_pending < MAX_PENDING_METADATA);
    job->pending[job->num_pending++] = metadata;
}

static void on_durable(void *context, struct checkpoint_metadata *metadata)
{
    job_master_add_pending(context, checkpoint_metadata_ref(metadata));
}

static void on_aborted(void *context, uint64_t checkpoint_id, const struct error *reason)
{
    (void)reason;
    job_master_notify(context, checkpoint_id, true, false);
}

static void on_fail_job(void *context, const struct error *error)
{
    struct job_master *job = context;
    job->failure = *error;
    job->has_failure = true;
}

static void on_reserve_ids(void *context, uint64_t until)
{
    struct job_master *job = context;
    job->num_requests++;
    job->operations.reserve_ids(job->operations.context, until);
}

static void on_discard(void *context, const struct coordinator_discard *discard)
{
    struct job_master *job = context;
    job->operations.discard(job->operations.context, discard);
}

static void on_scrap(void *context, struct checkpoint_metadata *metadata, const struct path_list *files)
{
    struct job_master *job = context;
    job->operations.scrap(job->operations.context, metadata, files);
}

static void on_copy(void *context, struct checkpoint_metadata *metadata)
{
    struct job_master *job = context;
    job->num_requests++;
    job->operations.copy(job->operations.context, metadata);
}

static void on_answered(void *context, const char *request_id, uint64_t checkpoint_id,
                        const struct error *failure)
{
    struct job_master *job = context;
    job->operations.answered(job->operations.context, request_id, checkpoint_id, failure);
}

static void on_finish(void *context, uint64_t checkpoint_id)
{
    ((struct job_master *)context)->finish_id = checkpoint_id;
}

static void on_claim(void *context, uint32_t table)
{
    struct job_master *job = context;
    job->operations.claim(job->operations.context, table);
}

static void on_read_last(void *context, uint32_t table)
{
    struct job_master *job = context;
    const struct checkpoint_metadata *latest = job->found.latest;
    bool is_fresh = latest == NULL || job->found.is_settled;
    job->operations.read_last(job->operations.context, table,
                              is_fresh ? COMMITTER_NOTHING : (int64_t)latest->checkpoint_id);
}

static void on_commit(void *context, uint32_t table, uint64_t checkpoint_id)
{
    struct job_master *job = context;
    for (size_t i = 0; i < job->num_pending; i++) {
        if (job->pending[i]->checkpoint_id != checkpoint_id)
            continue;
        job->operations.commit(job->operations.context, table, job->pending[i]);
        return;
    }
    CHECK(false);
}

static void on_all_claimed(void *context)
{
    ((struct job_master *)context)->all_claimed = true;
}

static void on_all_read(void *context)
{
    ((struct job_master *)context)->all_read = true;
}

static void on_committed(void *context, uint64_t checkpoint_id)
{
    struct job_master *job = context;
    CHECK(job->num_committed < MAX_PENDING_METADATA);
    job->committed[job->num_committed++] = checkpoint_id;
}

static void on_committer_failed(void *context, const struct error *error)
{
    struct job_master *job = context;
    if (job->step < RECOVERY_DONE)
        job->step = RECOVERY_FAILED;
    on_fail_job(context, error);
}

void job_master_wire(struct job_master *job, const struct job_master_options *options)
{
    struct scheduler_callbacks scheduler = {
        .context = job,
        .request_slots = on_request_slots,
        .release_slots = on_release_slots,
        .attempt_started = on_attempt_started,
        .deploy = on_deploy,
        .cancel = on_cancel,
        .all_running = on_all_running,
        .all_ended = on_all_ended,
        .attempt_ended = on_attempt_ended,
        .quarantine = on_quarantine,
        .state_changed = on_state_changed,
        .failed = on_failed,
    };
    struct coordinator_callbacks coordinator = {
        .context = job,
        .trigger = on_trigger,
        .store = on_store,
        .durable = on_durable,
        .aborted = on_aborted,
        .fail_job = on_fail_job,
        .reserve_ids = on_reserve_ids,
        .discard = on_discard,
        .scrap = on_scrap,
        .copy = on_copy,
        .answered = on_answered,
        .finish = on_finish,
    };
    struct committer_callbacks committer = {
        .context = job,
        .claim = on_claim,
        .read_last = on_read_last,
        .commit = on_commit,
        .all_claimed = on_all_claimed,
        .all_read = on_all_read,
        .committed = on_committed,
        .failed = on_committer_failed,
    };
    job->scheduler = scheduler_create(&options->scheduler, &scheduler, job->now_ms);
    job->coordinator = coordinator_create(&options->coordinator, &coordinator);
    job->committer = committer_create(options->tables, options->num_tables, &committer);
}
