/* What is kept of checkpoints: the published ones, and the history for observers. */
#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/mutant.h"
#include "jobmanager/checkpoint/coordinator_internal.h"

#include <stdlib.h>
#include <string.h>

static void free_record(struct checkpoint_record *record)
{
    free(record->tasks);
    free(record->savepoint_folder);
}

void coordinator_add_record(struct coordinator *coordinator, int64_t now_ms)
{
    struct checkpoint_record *record =
        &coordinator->history[coordinator->num_history++ % COORDINATOR_HISTORY];
    free_record(record);
    *record = (struct checkpoint_record){
        .checkpoint_id = coordinator->metadata->checkpoint_id,
        .epoch = coordinator->options.epoch,
        .kind = coordinator->current.folder != NULL ? coordinator->current.kind : CHECKPOINT_PERIODIC,
        .is_final = coordinator->is_final,
        .trigger_ms = now_ms,
        .latest_ack_ms = -1,
        .durable_ms = -1,
        .committed_ms = -1,
        .ended_ms = -1,
        .tasks = mem_calloc(coordinator->options.num_tasks, sizeof *record->tasks),
    };
    for (uint32_t i = 0; i < coordinator->options.num_tasks; i++)
        record->tasks[i].ack_ms = -1;
    if (coordinator->current.folder != NULL)
        record->savepoint_folder = mem_strdup(coordinator->current.folder);
}

static uint64_t acknowledged_bytes(const struct coordinator_acknowledgement *acknowledgement, bool is_full)
{
    uint64_t size = 0;
    for (size_t i = 0; i < acknowledgement->num_states; i++)
        size += acknowledgement->states[i].state.size;
    for (size_t i = 0; i < acknowledgement->num_keyed_states; i++) {
        const struct keyed_state_handle *handle = acknowledgement->keyed_states[i].handle;
        size += is_full ? handle->size_bytes : handle->incremental_bytes;
    }
    return size;
}

void coordinator_note_task(struct coordinator *coordinator,
                           const struct coordinator_acknowledgement *acknowledgement, int64_t now_ms)
{
    struct checkpoint_record *record = coordinator_record(coordinator, acknowledgement->checkpoint_id);
    struct checkpoint_task_record task = {
        .ack_ms = now_ms,
        .state_bytes = acknowledged_bytes(acknowledgement, true),
        .incremental_bytes = acknowledged_bytes(acknowledgement, false),
        .aligned_bytes = acknowledgement->aligned_bytes,
        .start_delay_ms = acknowledgement->start_delay_ms,
        .alignment_ms = acknowledgement->alignment_ms,
        .sync_duration_ms = acknowledgement->sync_duration_ms,
        .async_duration_ms = acknowledgement->async_duration_ms,
    };
    record->tasks[acknowledgement->task] = task;
    record->latest_ack_ms = now_ms;
    record->num_acknowledged = coordinator->num_acknowledged;
    record->state_bytes += task.state_bytes;
    record->incremental_bytes += task.incremental_bytes;
    record->aligned_bytes += task.aligned_bytes;
    if (task.alignment_ms > record->alignment_ms)
        record->alignment_ms = task.alignment_ms;
}

void coordinator_free_records(struct coordinator *coordinator)
{
    for (size_t i = 0; i < COORDINATOR_HISTORY; i++)
        free_record(&coordinator->history[i]);
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

static void discard_retained(struct coordinator *coordinator, struct retained_checkpoint *checkpoint)
{
    struct checkpoint_record *record = coordinator_record(coordinator, checkpoint->reference.checkpoint_id);
    if (record != NULL)
        record->is_discarded = true;
    struct coordinator_discard discard = {
        .reference = checkpoint->reference,
        .claimed_folder = checkpoint->claimed_folder,
    };
    state_files_release(&coordinator->files, checkpoint->files, checkpoint->num_files, &discard.files);
    free(checkpoint->files);
    coordinator->callbacks.discard(coordinator->callbacks.context, &discard);
    path_list_free(&discard.files);
    free(checkpoint->claimed_folder);
}

static bool may_discard(const struct retained_checkpoint *checkpoint)
{
    return checkpoint->is_committed && GUARD(MUTANT_DISCARD_DURING_COPY, checkpoint->savepoint == NULL);
}

void coordinator_subsume(struct coordinator *coordinator)
{
    size_t kept = 0, surplus = 0, num_committed = 0;
    for (size_t i = 0; i < coordinator->num_retained; i++)
        num_committed += may_discard(&coordinator->retained[i]);
    if (num_committed > coordinator->options.num_retained)
        surplus = num_committed - coordinator->options.num_retained;
    for (size_t i = 0; i < coordinator->num_retained; i++) {
        struct retained_checkpoint checkpoint = coordinator->retained[i];
        if (!may_discard(&checkpoint) || surplus == 0) {
            coordinator->retained[kept++] = checkpoint;
            continue;
        }
        surplus--;
        discard_retained(coordinator, &checkpoint);
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

void coordinator_add_claimed(struct coordinator *coordinator, const struct checkpoint_metadata *metadata,
                             const char *folder, bool is_committed)
{
    CHECK(coordinator->num_retained == 0);
    coordinator_retain(coordinator, metadata, is_committed);
    coordinator->retained[0].claimed_folder = mem_strdup(folder);
}

void coordinator_list_kept(const struct coordinator *coordinator,
                           struct checkpoint_reference **ret_references, size_t *ret_num_references,
                           struct path_list *ret_files)
{
    struct checkpoint_reference *references = mem_calloc(coordinator->num_retained + 1, sizeof *references);
    size_t count = 0;
    for (size_t i = 0; i < coordinator->num_retained; i++)
        if (coordinator->retained[i].claimed_folder == NULL)
            references[count++] = coordinator->retained[i].reference;
    *ret_references = references;
    *ret_num_references = count;
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
    const struct checkpoint_metadata *latest = coordinator->latest;
    coordinator->counts.restored++;
    coordinator->restored = (struct restored_checkpoint){
        .reference = {latest->checkpoint_id, latest->epoch},
        .is_own = strcmp(latest->job_id, coordinator->options.job_id) == 0,
        .is_savepoint = latest->is_savepoint,
        .restored_ms = now_ms,
    };
}

struct restored_checkpoint coordinator_restored(const struct coordinator *coordinator)
{
    return coordinator->restored;
}
