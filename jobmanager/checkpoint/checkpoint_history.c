/* What is remembered of the latest checkpoints: for observers, and to judge what comes too late. */
#include "common/base/check.h"
#include "common/base/memory.h"
#include "jobmanager/checkpoint/coordinator_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void free_record(struct checkpoint_record *record)
{
    free(record->tasks);
    free(record->savepoint_folder);
}

void coordinator_add_record(struct coordinator *coordinator, int64_t now_ms)
{
    coordinator->history.counts.triggered++;
    struct checkpoint_record *record =
        &coordinator->history.records[coordinator->history.num_records++ % COORDINATOR_HISTORY];
    free_record(record);
    *record = (struct checkpoint_record){
        .checkpoint_id = coordinator->pending.metadata->checkpoint_id,
        .epoch = coordinator->options.epoch,
        .kind = coordinator->pending.request.folder != NULL ? coordinator->pending.request.kind
                                                            : CHECKPOINT_PERIODIC,
        .is_final = coordinator->pending.is_final,
        .trigger_ms = now_ms,
        .latest_ack_ms = -1,
        .durable_ms = -1,
        .committed_ms = -1,
        .ended_ms = -1,
        .tasks = mem_calloc(coordinator->options.num_tasks, sizeof *record->tasks),
    };
    for (uint32_t i = 0; i < coordinator->options.num_tasks; i++)
        record->tasks[i].ack_ms = -1;
    if (coordinator->pending.request.folder != NULL)
        record->savepoint_folder = mem_strdup(coordinator->pending.request.folder);
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
    record->num_acknowledged = coordinator->pending.num_acknowledged;
    record->state_bytes += task.state_bytes;
    record->incremental_bytes += task.incremental_bytes;
    record->aligned_bytes += task.aligned_bytes;
    if (task.alignment_ms > record->alignment_ms)
        record->alignment_ms = task.alignment_ms;
}

void coordinator_note_failure(struct coordinator *coordinator, uint64_t checkpoint_id,
                              const struct error *reason, int64_t now_ms)
{
    struct checkpoint_record *record = coordinator_record(coordinator, checkpoint_id);
    coordinator->history.counts.failed++;
    if (record == NULL)
        return;
    record->status = CHECKPOINT_FAILED;
    record->ended_ms = now_ms;
    snprintf(record->failure, sizeof record->failure, "%.255s", reason->message);
}

void coordinator_note_completed(struct coordinator *coordinator, const struct checkpoint_metadata *metadata,
                                uint64_t size_bytes, int64_t now_ms)
{
    struct checkpoint_record *record = coordinator_record(coordinator, metadata->checkpoint_id);
    coordinator->history.counts.completed++;
    record->status = CHECKPOINT_COMPLETED;
    record->is_final = metadata->is_final;
    record->size_bytes = size_bytes;
    record->durable_ms = record->ended_ms = now_ms;
}

void coordinator_note_committed(struct coordinator *coordinator, uint64_t checkpoint_id, int64_t now_ms)
{
    struct checkpoint_record *record = coordinator_record(coordinator, checkpoint_id);
    if (record == NULL)
        return;
    record->is_committed = true;
    record->committed_ms = now_ms;
}

void coordinator_free_records(struct coordinator *coordinator)
{
    for (size_t i = 0; i < COORDINATOR_HISTORY; i++)
        free_record(&coordinator->history.records[i]);
}

struct checkpoint_record *coordinator_record(struct coordinator *coordinator, uint64_t checkpoint_id)
{
    size_t size = coordinator_history_size(coordinator);
    for (size_t i = 0; i < size; i++) {
        struct checkpoint_record *record =
            &coordinator->history.records[(coordinator->history.num_records - 1 - i) % COORDINATOR_HISTORY];
        if (record->checkpoint_id == checkpoint_id)
            return record;
    }
    return NULL;
}

size_t coordinator_history_size(const struct coordinator *coordinator)
{
    return coordinator->history.num_records < COORDINATOR_HISTORY ? coordinator->history.num_records
                                                                  : COORDINATOR_HISTORY;
}

const struct checkpoint_record *coordinator_history_at(const struct coordinator *coordinator, size_t index)
{
    CHECK(index < coordinator_history_size(coordinator));
    return &coordinator->history
                .records[(coordinator->history.num_records - 1 - index) % COORDINATOR_HISTORY];
}

struct coordinator_counts coordinator_counts(const struct coordinator *coordinator)
{
    return coordinator->history.counts;
}

void coordinator_count_restore(struct coordinator *coordinator, int64_t now_ms)
{
    const struct checkpoint_metadata *latest = coordinator->latest;
    coordinator->history.counts.restored++;
    coordinator->history.restored = (struct restored_checkpoint){
        .reference = {latest->checkpoint_id, latest->epoch},
        .is_own = strcmp(latest->job_id, coordinator->options.job_id) == 0,
        .is_savepoint = latest->is_savepoint,
        .restored_ms = now_ms,
    };
}

struct restored_checkpoint coordinator_restored(const struct coordinator *coordinator)
{
    return coordinator->history.restored;
}
