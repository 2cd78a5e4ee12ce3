/* Who may commit to a table, and from where the job goes on there. */
#include "jobmanager/committer/table_committer_internal.h"

#include <inttypes.h>
#include <string.h>

static enum status is_predecessor(const struct lineage_predecessors *predecessors, const char *job_id,
                                  bool *ret_is_one, struct error *error)
{
    *ret_is_one = predecessors != NULL && strcmp(job_id, predecessors->restored_job_id) == 0;
    if (*ret_is_one || predecessors == NULL || predecessors->left_nothing == NULL)
        return STATUS_OK;
    return predecessors->left_nothing(predecessors->context, job_id, ret_is_one, error);
}

static enum status check_claim(const struct table_committer *committer, const struct lineage_state *state,
                               const struct lineage_predecessors *predecessors, bool *ret_is_held,
                               struct error *error)
{
    *ret_is_held = false;
    if (!state->is_known)
        return STATUS_OK;
    if (strcmp(state->job_id, committer->job_id) == 0) {
        if (state->epoch > committer->epoch)
            return error_set(error, STATUS_FENCED,
                             "table %s.%s is claimed by a later leader (epoch %" PRIu64 ", ours is %" PRIu64
                             ")",
                             committer->database, committer->table, state->epoch, committer->epoch);
        *ret_is_held = state->epoch == committer->epoch;
        return STATUS_OK;
    }
    bool may_follow = false;
    enum status status = is_predecessor(predecessors, state->job_id, &may_follow, error);
    if (status != STATUS_OK || may_follow)
        return status;
    error_set(
        error, STATUS_CONFLICT,
        "table %s.%s: lineage %s is held by job %s, so another job restored from the same checkpoint. Stop "
        "this one, or give it a history of its own with 'execution.lineage'='new'",
        committer->database, committer->table, committer->lineage, state->job_id);
    error->retriable = false;
    error->fatal = true;
    return STATUS_CONFLICT;
}

enum status table_committer_claim(struct table_committer *committer,
                                  const struct lineage_predecessors *predecessors, struct error *error)
{
    struct iceberg_append *append =
        iceberg_append_create(committer->io, committer->process->clock, committer->random);
    enum status status = STATUS_OK;
    for (uint32_t attempt = 1;; attempt++) {
        struct iceberg_table *base = NULL;
        struct lineage_state state;
        bool is_held = false;
        status = table_committer_load(committer, &base, &state, error);
        if (status == STATUS_OK)
            status = check_claim(committer, &state, predecessors, &is_held, error);
        bool is_open = status == STATUS_OK && !is_held;
        if (is_open) {
            struct lineage_mark mark = table_committer_mark(committer);
            mark.is_claim = true;
            mark.checkpoint_id = state.last_checkpoint_id;
            mark.commit_snapshot_id = state.commit_snapshot_id;
            mark.commit_sequence_number = state.commit_sequence_number;
            if (!state.is_known)
                mark.checkpoint_id = NO_CHECKPOINT;
            status = table_committer_attempt(committer, append, base, &mark, error);
        }
        bool goes_on = is_open && table_committer_may_retry(status);
        if (goes_on)
            goes_on = table_committer_back_off(committer, base->metadata, attempt, error) == STATUS_OK;
        iceberg_table_free(base);
        if (!goes_on)
            break;
    }
    iceberg_append_free(append);
    return status == STATUS_OK ? status : error->code;
}

enum status table_committer_last_committed(struct table_committer *committer, int64_t restored_checkpoint_id,
                                           int64_t *ret_checkpoint_id, struct error *error)
{
    struct iceberg_table *table;
    struct lineage_state state;
    enum status status = table_committer_load(committer, &table, &state, error);
    if (status != STATUS_OK)
        return status;
    iceberg_table_free(table);
    int64_t last = state.is_known ? state.last_checkpoint_id : NO_CHECKPOINT;
    if (last > restored_checkpoint_id) {
        error_set(error, STATUS_INVALID_ARGUMENT,
                  "table %s.%s is ahead: it has checkpoint %" PRId64
                  " of this job's history, the job restores from "
                  "%" PRId64 ". Restore from checkpoint %" PRId64 " or a later one, or roll the table back",
                  committer->database, committer->table, last, restored_checkpoint_id, last);
        error->fatal = true;
        return STATUS_INVALID_ARGUMENT;
    }
    *ret_checkpoint_id = last;
    return STATUS_OK;
}
