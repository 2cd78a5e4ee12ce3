/* What is kept of checkpoints: the published ones, and the history for observers. */
#include "common/base/check.h"
#include "common/base/memory.h"
#include "jobmanager/checkpoint/coordinator_internal.h"

#include <stdlib.h>
#include <string.h>

void coordinator_add_record(struct coordinator *coordinator, int64_t now_ms)
{
    struct checkpoint_record *record =
        &coordinator->history[coordinator->num_history++ % COORDINATOR_HISTORY];
    *record = (struct checkpoint_record){
        .checkpoint_id = coordinator->metadata->checkpoint_id,
        .epoch = coordinator->options.epoch,
        .is_final = coordinator->is_final,
        .trigger_ms = now_ms,
        .latest_ack_ms = -1,
        .durable_ms = -1,
        .committed_ms = -1,
        .ended_ms = -1,
    };
}

struct checkpoint_record *coordinator_record(struct coordinator *coordinator, uint64_t checkpoint_id)
{
    size_t size = coordinator_history_size(coordinator);
    for (size_t i = 0; i < size; i++) {
        struct checkpoint_record *record =
            &coordinator->history[(coordinator->num_history - 1 - i) % COORDINATOR_HISTORY];
        if (record->checkpoint_id == checkpoint_id)
            return record;
    }
    return NULL;
}

uint32_t coordinator_num_uncommitted(const struct coordinator *coordinator)
{
    uint32_t count = 0;
    for (size_t i = 0; i < coordinator->num_retained; i++)
        count += !coordinator->retained[i].is_committed;
    return count;
}

void coordinator_retain(struct coordinator *coordinator, const struct checkpoint_metadata *metadata,
                        bool is_committed)
{
    CHECK(coordinator->num_retained < MAX_RETAINED);
    struct retained_checkpoint *retained = &coordinator->retained[coordinator->num_retained++];
    *retained = (struct retained_checkpoint){
        .reference = {metadata->checkpoint_id, metadata->epoch},
        .is_committed = is_committed,
    };
    retained->files = state_files_retain(&coordinator->files, metadata, &retained->num_files);
}

static void discard(struct coordinator *coordinator, struct retained_checkpoint *checkpoint)
{
    struct checkpoint_record *record = coordinator_record(coordinator, checkpoint->reference.checkpoint_id);
    if (record != NULL)
        record->is_discarded = true;
    struct path_list files = {0};
    state_files_release(&coordinator->files, checkpoint->files, checkpoint->num_files, &files);
    free(checkpoint->files);
    coordinator->callbacks.discard(coordinator->callbacks.context, checkpoint->reference, &files);
    path_list_free(&files);
}

void coordinator_subsume(struct coordinator *coordinator)
{
    size_t kept = 0, surplus = 0, num_committed = 0;
    for (size_t i = 0; i < coordinator->num_retained; i++)
        num_committed += coordinator->retained[i].is_committed;
    if (num_committed > coordinator->options.num_retained)
        surplus = num_committed - coordinator->options.num_retained;
    for (size_t i = 0; i < coordinator->num_retained; i++) {
        struct retained_checkpoint checkpoint = coordinator->retained[i];
        if (!checkpoint.is_committed || surplus == 0) {
            coordinator->retained[kept++] = checkpoint;
            continue;
        }
        surplus--;
        discard(coordinator, &checkpoint);
    }
    coordinator->num_retained = kept;
}

void coordinator_add_retained(struct coordinator *coordinator, const struct checkpoint_metadata *metadata,
                              bool is_committed)
{
    if (coordinator->num_retained == MAX_RETAINED)
        coordinator_subsume(coordinator);
    if (coordinator->num_retained < MAX_RETAINED)
        coordinator_retain(coordinator, metadata, is_committed);
}

void coordinator_list_kept(const struct coordinator *coordinator,
                           struct checkpoint_reference **ret_references, size_t *ret_num_references,
                           struct path_list *ret_files)
{
    struct checkpoint_reference *references = mem_calloc(coordinator->num_retained + 1, sizeof *references);
    for (size_t i = 0; i < coordinator->num_retained; i++)
        references[i] = coordinator->retained[i].reference;
    *ret_references = references;
    *ret_num_references = coordinator->num_retained;
    *ret_files = (struct path_list){0};
    state_files_list(&coordinator->files, ret_files);
}

void coordinator_scrap(struct coordinator *coordinator, struct checkpoint_metadata *metadata)
{
    if (metadata->num_keyed_states == 0 && metadata->num_committables == 0)
        return;
    struct path_list files = {0};
    state_files_strangers(&coordinator->files, metadata, &files);
    coordinator->callbacks.scrap(coordinator->callbacks.context, checkpoint_metadata_ref(metadata), &files);
    path_list_free(&files);
}

size_t coordinator_history_size(const struct coordinator *coordinator)
{
    return coordinator->num_history < COORDINATOR_HISTORY ? coordinator->num_history : COORDINATOR_HISTORY;
}

const struct checkpoint_record *coordinator_history_at(const struct coordinator *coordinator, size_t index)
{
    CHECK(index < coordinator_history_size(coordinator));
    return &coordinator->history[(coordinator->num_history - 1 - index) % COORDINATOR_HISTORY];
}

struct coordinator_counts coordinator_counts(const struct coordinator *coordinator)
{
    return coordinator->counts;
}

void coordinator_count_restore(struct coordinator *coordinator, int64_t now_ms)
{
    coordinator->counts.restored++;
    coordinator->restored_ms = now_ms;
}

int64_t coordinator_restored_ms(const struct coordinator *coordinator)
{
    return coordinator->restored_ms;
}
