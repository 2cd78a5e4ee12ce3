/* How a job takes over what another one left in a checkpoint. */
#include "jobmanager/dispatcher/operator_ids.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Who goes on with what owner left; NULL: nobody. Files of version 1 know the node's number only. */
static const struct operator_id *heir_of(const struct operator_ids *ids,
                                         const struct checkpoint_operator *owner)
{
    if (owner->uid[0] == '\0')
        return operator_ids_of_node(ids, owner->node_id);
    for (size_t i = 0; i < ids->count; i++)
        if (strcmp(ids->items[i].uid, owner->uid) == 0)
            return &ids->items[i];
    return NULL;
}

static enum status refuse_state(const struct checkpoint_metadata *metadata,
                                const struct checkpoint_operator *owner, struct error *error)
{
    char number[24];
    snprintf(number, sizeof number, "[%" PRIu32 "]", owner->node_id);
    return error_set(error, STATUS_INVALID_ARGUMENT,
                     "checkpoint %" PRIu64
                     " holds state of operator %s, which this job does not have: restore "
                     "it with the script it was taken of, or SET "
                     "'execution.state-recovery.ignore-unclaimed-state' = 'true' to drop that state",
                     metadata->checkpoint_id, owner->name[0] == '\0' ? number : owner->name);
}

static enum status check_parallelism(const struct checkpoint_metadata *metadata,
                                     const struct checkpoint_adoption *adoption, struct error *error)
{
    if (metadata->max_parallelism != adoption->max_parallelism)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "checkpoint %" PRIu64 " was taken with a maximum parallelism of %" PRIu32
                         ", this job has %" PRIu32 ": SET 'pipeline.max-parallelism' = '%" PRIu32 "'",
                         metadata->checkpoint_id, metadata->max_parallelism, adoption->max_parallelism,
                         metadata->max_parallelism);
    if (adoption->parallelism > metadata->max_parallelism)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "checkpoint %" PRIu64 " can be restored with a parallelism of %" PRIu32
                         " at most, not %" PRIu32,
                         metadata->checkpoint_id, metadata->max_parallelism, adoption->parallelism);
    return STATUS_OK;
}

static enum status adopt_states(const struct checkpoint_metadata *metadata,
                                const struct checkpoint_adoption *adoption,
                                struct checkpoint_metadata *adopted, struct error *error)
{
    for (size_t i = 0; i < metadata->num_states; i++) {
        struct checkpoint_operator_state state = metadata->states[i];
        const struct operator_id *heir = heir_of(adoption->ids, &state.owner);
        if (heir == NULL && !adoption->ignores_unclaimed_state)
            return refuse_state(metadata, &state.owner, error);
        if (heir == NULL)
            continue;
        state.owner = operator_id_as_owner(heir);
        checkpoint_metadata_add_state(adopted, &state);
    }
    for (size_t i = 0; i < metadata->num_keyed_states; i++) {
        struct checkpoint_keyed_state state = metadata->keyed_states[i];
        const struct operator_id *heir = heir_of(adoption->ids, &state.owner);
        if (heir == NULL && !adoption->ignores_unclaimed_state)
            return refuse_state(metadata, &state.owner, error);
        if (heir == NULL)
            continue;
        state.owner = operator_id_as_owner(heir);
        state.handle = keyed_state_handle_relocate(state.handle, adoption->folder, adoption->claims_files,
                                                   adopted->arena);
        checkpoint_metadata_add_keyed_state(adopted, &state);
    }
    return STATUS_OK;
}

/* Files that were to be committed must be: nothing makes up for them. */
static enum status adopt_committables(const struct checkpoint_metadata *metadata,
                                      const struct checkpoint_adoption *adoption,
                                      struct checkpoint_metadata *adopted, struct error *error)
{
    for (size_t i = 0; i < metadata->num_committables; i++) {
        struct checkpoint_committable committable = metadata->committables[i];
        const struct operator_id *heir = committable.owner.uid[0] == '\0'
                                             ? operator_ids_of_sink(adoption->ids, committable.sink_id)
                                             : heir_of(adoption->ids, &committable.owner);
        /* A savepoint is written once its files are in the tables. */
        if (heir == NULL && metadata->is_savepoint && adoption->ignores_unclaimed_state)
            continue;
        if (heir == NULL || heir->sink_id < 0)
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "checkpoint %" PRIu64 " holds files for sink %s[%" PRIu32
                             "], which this job does not have: restore it with the script it was taken of",
                             metadata->checkpoint_id, committable.owner.name, committable.sink_id);
        committable.owner = operator_id_as_owner(heir);
        committable.sink_id = (uint32_t)heir->sink_id;
        checkpoint_metadata_add_committable(adopted, &committable);
    }
    return STATUS_OK;
}

enum status checkpoint_adopt(const struct checkpoint_metadata *metadata,
                             const struct checkpoint_adoption *adoption,
                             struct checkpoint_metadata **ret_adopted, struct error *error)
{
    enum status status = check_parallelism(metadata, adoption, error);
    if (status != STATUS_OK)
        return status;
    struct checkpoint_metadata *adopted = checkpoint_metadata_create();
    adopted->name_space = arena_strdup(adopted->arena, metadata->name_space);
    adopted->job_id = arena_strdup(adopted->arena, metadata->job_id);
    adopted->lineage = arena_strdup(adopted->arena, metadata->lineage);
    adopted->epoch = metadata->epoch;
    adopted->checkpoint_id = metadata->checkpoint_id;
    adopted->attempt = metadata->attempt;
    adopted->max_parallelism = metadata->max_parallelism;
    adopted->is_final = metadata->is_final;
    adopted->is_savepoint = metadata->is_savepoint;
    adopted->trigger_ms = metadata->trigger_ms;
    adopted->completed_ms = metadata->completed_ms;
    adopted->size_bytes = metadata->size_bytes;
    for (size_t i = 0; i < metadata->num_uncommitted; i++)
        checkpoint_metadata_add_uncommitted(adopted, metadata->uncommitted[i]);
    status = adopt_states(metadata, adoption, adopted, error);
    if (status == STATUS_OK)
        status = adopt_committables(metadata, adoption, adopted, error);
    if (status == STATUS_OK)
        *ret_adopted = adopted;
    else
        checkpoint_metadata_unref(adopted);
    return status;
}
