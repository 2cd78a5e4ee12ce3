/* How a leader starts a job or takes it over, step by step, and the answers of its I/O. */
#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/mutant.h"
#include "jobmanager/dispatcher/job_master_internal.h"

#include <stdio.h>
#include <stdlib.h>

static void find(struct job_master *job)
{
    job->recovery_retry_ms = NO_TIME;
    job->num_requests++;
    job->operations.find_checkpoints(job->operations.context);
}

static void record(struct job_master *job)
{
    job->recovery_retry_ms = NO_TIME;
    job->num_requests++;
    uint64_t own = job->found.latest != NULL && job->found.is_own ? job->found.latest->checkpoint_id : 0;
    job->operations.record_continued(job->operations.context, own);
}

void job_master_fail_for_good(struct job_master *job, const struct error *error)
{
    job->step = RECOVERY_FAILED;
    job->failure = *error;
    job->failure.fatal = true;
    job->has_failure = true;
}

static void note_last_slots(struct job_master *job, const struct checkpoint_metadata *latest)
{
    struct scheduler_slot *slots = mem_calloc(latest->num_slots + 1, sizeof *slots);
    for (size_t i = 0; i < latest->num_slots; i++) {
        snprintf(slots[i].taskmanager_id, sizeof slots[i].taskmanager_id, "%s",
                 latest->slots[i].taskmanager_id);
        slots[i].slot = latest->slots[i].slot;
    }
    scheduler_set_last_slots(job->scheduler, slots, (uint32_t)latest->num_slots);
    free(slots);
}

static void begin_commits(struct job_master *job)
{
    const struct found_checkpoints *found = &job->found;
    job->step = RECOVERY_COMMIT;
    if (found->claimed != NULL)
        coordinator_add_claimed(job->coordinator, found->claimed, found->claimed_folder,
                                found->is_own || found->is_settled);
    for (size_t i = 0; i < found->num_references; i++) {
        uint64_t id = found->references[i].checkpoint_id;
        bool is_open = found->latest != NULL && id == found->latest->checkpoint_id;
        for (size_t u = 0; u < found->num_uncommitted; u++)
            is_open = is_open || id == found->uncommitted[u]->checkpoint_id;
        if (found->metadata[i] != NULL)
            coordinator_add_retained(job->coordinator, found->metadata[i], !is_open);
    }
    bool is_skipped = found->is_settled || GUARD(MUTANT_SKIP_UNCOMMITTED, false);
    for (size_t u = 0; u < found->num_uncommitted && !is_skipped; u++)
        job_master_add_pending(job, checkpoint_metadata_ref(found->uncommitted[u]));
    if (found->latest != NULL && !is_skipped)
        job_master_add_pending(job, checkpoint_metadata_ref(found->latest));
    job->knows_kept = true;
    if (found->is_own)
        note_last_slots(job, found->latest);
    coordinator_recovered(job->coordinator, found->next_id, found->latest, job->now_ms);
}

/* Goes on from the present step as far as possible. */
void job_master_recover(struct job_master *job)
{
    if (job->all_claimed && job->step == RECOVERY_CLAIM) {
        job->step = RECOVERY_FIND;
        find(job);
    }
    job->all_claimed = false;
    if (job->recovery_retry_ms != NO_TIME && job->now_ms >= job->recovery_retry_ms) {
        if (job->step == RECOVERY_FIND)
            find(job);
        else if (job->step == RECOVERY_RECORD)
            record(job);
    }
    if (job->all_read && job->step == RECOVERY_READ)
        begin_commits(job);
    job->all_read = false;
    if (job->step == RECOVERY_COMMIT && job->num_pending == 0) {
        const struct checkpoint_metadata *latest = job->found.latest;
        bool is_at_its_end = latest != NULL && job->found.is_own && latest->is_drained &&
                             !GUARD(MUTANT_DRAINED_GOES_ON, false);
        job->step = RECOVERY_DONE;
        found_checkpoints_free(&job->found);
        job->needs_sweep = job->is_recovered;
        scheduler_block_restart(job->scheduler, job->needs_sweep, job->now_ms);
        if (is_at_its_end)
            scheduler_finish(job->scheduler, job->now_ms);
        else
            scheduler_start(job->scheduler, job->now_ms);
    }
}

/* True when the step succeeded; else it is tried again, or the job fails. */
static bool take_answer(struct job_master *job, const struct error *failure)
{
    CHECK(job->num_requests > 0);
    job->num_requests--;
    if (failure == NULL)
        return job->step != RECOVERY_FAILED;
    if (failure->retriable && !failure->fatal)
        job->recovery_retry_ms = job->now_ms + RECOVERY_RETRY_MS;
    else
        job_master_fail_for_good(job, failure);
    return false;
}

void job_master_found(struct job_master *job, struct found_checkpoints *found, const struct error *failure,
                      int64_t now_ms)
{
    CHECK(job->step == RECOVERY_FIND || job->step == RECOVERY_FAILED);
    job->now_ms = now_ms;
    if (take_answer(job, failure)) {
        job->found = *found;
        *found = (struct found_checkpoints){0};
        job->step = RECOVERY_RECORD;
        record(job);
    }
    job_master_settle(job);
}

void job_master_recorded(struct job_master *job, const struct error *failure, int64_t now_ms)
{
    CHECK(job->step == RECOVERY_RECORD || job->step == RECOVERY_FAILED);
    job->now_ms = now_ms;
    if (take_answer(job, failure)) {
        job->step = RECOVERY_READ;
        committer_read_tables(job->committer, now_ms);
    }
    job_master_settle(job);
}

void job_master_claimed(struct job_master *job, uint32_t table, const struct error *failure, int64_t now_ms)
{
    job->now_ms = now_ms;
    committer_claimed(job->committer, table, failure, now_ms);
    job_master_settle(job);
}

void job_master_read(struct job_master *job, uint32_t table, int64_t last_checkpoint_id,
                     const struct error *failure, int64_t now_ms)
{
    job->now_ms = now_ms;
    committer_read(job->committer, table, last_checkpoint_id, failure, now_ms);
    job_master_settle(job);
}

void job_master_table_committed(struct job_master *job, uint32_t table, uint64_t checkpoint_id,
                                int64_t snapshot_id, const struct error *failure, int64_t now_ms)
{
    job->now_ms = now_ms;
    committer_table_committed(job->committer, table, checkpoint_id, snapshot_id, failure, now_ms);
    job_master_settle(job);
}

void job_master_stored(struct job_master *job, uint64_t checkpoint_id, uint64_t size_bytes,
                       const struct error *failure, int64_t now_ms)
{
    CHECK(job->num_requests > 0);
    job->num_requests--;
    job->now_ms = now_ms;
    if (failure == NULL) {
        coordinator_stored(job->coordinator, checkpoint_id, size_bytes, now_ms);
        scheduler_checkpoint_completed(job->scheduler);
    } else {
        coordinator_store_failed(job->coordinator, checkpoint_id, failure, now_ms);
    }
    job_master_settle(job);
}

void job_master_copied(struct job_master *job, uint64_t checkpoint_id, const struct error *failure,
                       int64_t now_ms)
{
    CHECK(job->num_requests > 0);
    job->num_requests--;
    job->now_ms = now_ms;
    coordinator_copied(job->coordinator, checkpoint_id, failure, now_ms);
    job_master_settle(job);
}

void job_master_swept(struct job_master *job, int64_t now_ms)
{
    CHECK(job->num_requests > 0 && job->is_sweeping);
    job->num_requests--;
    job->is_sweeping = false;
    job->now_ms = now_ms;
    job_master_settle(job);
}

void job_master_ids_reserved(struct job_master *job, uint64_t until, const struct error *failure,
                             int64_t now_ms)
{
    CHECK(job->num_requests > 0);
    job->num_requests--;
    job->now_ms = now_ms;
    if (failure == NULL)
        coordinator_ids_reserved(job->coordinator, until, now_ms);
    else
        coordinator_reserve_failed(job->coordinator, now_ms);
    job_master_settle(job);
}
