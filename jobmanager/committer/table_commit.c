/* How the files of a checkpoint get into a table, once. */
#include "common/base/check.h"
#include "jobmanager/committer/table_committer_internal.h"

#include <inttypes.h>
#include <string.h>

enum { ARENA_BYTES = 16 * 1024 };

static enum status add_files(struct table_committer *committer, struct iceberg_append *append,
                             const struct bytes_view *committables, uint32_t num_committables,
                             struct table_commit_result *result, struct error *error)
{
    struct arena *arena = arena_create(ARENA_BYTES);
    enum status status = STATUS_OK;
    for (uint32_t i = 0; status == STATUS_OK && i < num_committables; i++) {
        struct iceberg_committable committable;
        status = iceberg_committable_decode(committables[i], arena, &committable, error);
        if (status == STATUS_OK && strcmp(committable.table_uuid, committer->table_uuid) != 0)
            status = error_set(
                error, STATUS_INVALID_ARGUMENT,
                "files for the table with UUID %s were handed to the committer of %s.%s (UUID %s)",
                committable.table_uuid, committer->database, committer->table, committer->table_uuid);
        for (uint32_t j = 0; status == STATUS_OK && j < committable.num_files; j++) {
            const struct iceberg_data_file *file = &committable.files[j];
            if (file->content != ICEBERG_DATA) {
                status = error_set(error, STATUS_UNSUPPORTED, "%s is no data file", file->path);
                break;
            }
            iceberg_append_add_file(append, committable.schema_id, committable.spec_id, file);
            result->num_files++;
            result->num_records += (uint64_t)file->record_count;
        }
    }
    arena_free(arena);
    return status;
}

/* Decides by what the table has: done already, free to commit, or refused. */
static enum status check_commit(const struct table_committer *committer, const struct iceberg_table *table,
                                const struct lineage_state *state, int64_t checkpoint_id,
                                struct table_commit_result *result, struct error *error)
{
    if (state->is_known && state->last_checkpoint_id >= checkpoint_id) {
        const struct iceberg_snapshot *snapshot;
        enum checkpoint_presence presence = lineage_find_checkpoint(
            table->metadata, committer->lineage, committer->branch, checkpoint_id, &snapshot);
        if (presence == CHECKPOINT_ABSENT && state->last_checkpoint_id != checkpoint_id) {
            error_set(error, STATUS_INTERNAL,
                      "table %s.%s has checkpoint %" PRId64 " already, but not %" PRId64
                      ", which comes before it",
                      committer->database, committer->table, state->last_checkpoint_id, checkpoint_id);
            error->fatal = true;
            return STATUS_INTERNAL;
        }
        result->was_already_committed = true;
        result->snapshot_id = snapshot != NULL ? snapshot->snapshot_id : state->commit_snapshot_id;
        return STATUS_OK;
    }
    if (state->is_known && strcmp(state->job_id, committer->job_id) == 0 && state->epoch == committer->epoch)
        return STATUS_OK;
    if (!state->is_known)
        return error_set(error, STATUS_FENCED,
                         "table %s.%s was not claimed by this job, or the claim is gone", committer->database,
                         committer->table);
    return error_set(error, STATUS_FENCED,
                     "table %s.%s is claimed by job %s, epoch %" PRIu64 "; this is job %s, epoch %" PRIu64,
                     committer->database, committer->table, state->job_id, state->epoch, committer->job_id,
                     committer->epoch);
}

/* Until it is in the table: read the head, look, append, swap. */
static enum status commit_files(struct table_committer *committer, struct iceberg_append *append,
                                int64_t checkpoint_id, struct table_commit_result *result,
                                struct error *error)
{
    struct lineage_mark mark = table_committer_mark(committer);
    mark.checkpoint_id = checkpoint_id;
    for (;;) {
        struct iceberg_table *base = NULL;
        struct lineage_state state;
        enum status status = table_committer_load(committer, &base, &state, error);
        if (status == STATUS_OK)
            status = check_commit(committer, base, &state, checkpoint_id, result, error);
        if (status != STATUS_OK || result->was_already_committed) {
            if (status == STATUS_OK)
                table_committer_note_known(committer, base->metadata, result->snapshot_id);
            iceberg_table_free(base);
            return status;
        }
        result->attempts++;
        status = table_committer_attempt(committer, append, base, &mark, error);
        if (status == STATUS_OK)
            result->snapshot_id = iceberg_append_snapshot_id(append);
        bool goes_on = table_committer_may_retry(status);
        if (goes_on) {
            enum status waited = table_committer_back_off(committer, base->metadata, result->attempts, error);
            goes_on = waited == STATUS_OK;
            status = waited;
        }
        iceberg_table_free(base);
        if (!goes_on)
            return status;
    }
}

enum status table_committer_commit(struct table_committer *committer, int64_t checkpoint_id,
                                   const struct bytes_view *committables, uint32_t num_committables,
                                   struct table_commit_result *ret_result, struct error *error)
{
    CHECK(checkpoint_id >= 0);
    int64_t start_us = clock_monotonic_us(&committer->process->clock);
    struct table_commit_result result = {.snapshot_id = ICEBERG_NO_SNAPSHOT};
    struct iceberg_append *append =
        iceberg_append_create(committer->io, committer->process->clock, committer->random);
    enum status status = add_files(committer, append, committables, num_committables, &result, error);
    if (status == STATUS_OK && result.num_files > 0) {
        status = failpoint(committer->process->failpoints, "committer/before_commit", error);
        if (status == STATUS_OK)
            status = commit_files(committer, append, checkpoint_id, &result, error);
        if (status == STATUS_OK)
            status = failpoint(committer->process->failpoints, "committer/after_commit", error);
    }
    iceberg_append_free(append);
    if (status != STATUS_OK)
        return error_prefix(error, "checkpoint %" PRId64, checkpoint_id);
    result.duration_us = clock_monotonic_us(&committer->process->clock) - start_us;
    *ret_result = result;
    return STATUS_OK;
}

enum status table_committer_remove_files(struct table_committer *committer, struct bytes_view committable,
                                         struct error *error)
{
    struct arena *arena = arena_create(ARENA_BYTES);
    struct iceberg_committable decoded;
    enum status status = iceberg_committable_decode(committable, arena, &decoded, error);
    for (uint32_t i = 0; status == STATUS_OK && i < decoded.num_files; i++)
        status = file_io_delete(committer->io, decoded.files[i].path, error);
    arena_free(arena);
    return status;
}
