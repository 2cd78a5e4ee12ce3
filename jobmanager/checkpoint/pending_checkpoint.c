/* The checkpoint in progress: from its trigger until it is durable or given up. */
#include "common/base/check.h"
#include "common/base/mutant.h"
#include "jobmanager/checkpoint/coordinator_internal.h"

#include <inttypes.h>
#include <string.h>

enum { FINAL_RETRY_MS = 100 };

static bool is_pending(const struct coordinator *coordinator, enum pending_progress progress,
                       uint64_t checkpoint_id)
{
    return coordinator->pending.progress == progress &&
           coordinator->pending.metadata->checkpoint_id == checkpoint_id;
}

static struct checkpoint_metadata *describe(const struct coordinator *coordinator, uint64_t checkpoint_id,
                                            int64_t now_ms)
{
    struct checkpoint_metadata *metadata = checkpoint_metadata_create();
    metadata->name_space = arena_strdup(metadata->arena, coordinator->options.name_space);
    metadata->job_id = arena_strdup(metadata->arena, coordinator->options.job_id);
    metadata->lineage = arena_strdup(metadata->arena, coordinator->options.lineage);
    metadata->epoch = coordinator->options.epoch;
    metadata->checkpoint_id = checkpoint_id;
    metadata->attempt = coordinator->attempt;
    metadata->max_parallelism = coordinator->options.max_parallelism;
    metadata->trigger_ms = now_ms;
    metadata->is_drained = coordinator->pending.request.is_drain;
    if (coordinator->pending.request.folder != NULL)
        metadata->savepoint_folder = arena_strdup(metadata->arena, coordinator->pending.request.folder);
    return metadata;
}

void pending_checkpoint_begin(struct coordinator *coordinator, uint64_t checkpoint_id, int64_t now_ms)
{
    struct pending_checkpoint *pending = &coordinator->pending;
    pending->metadata = describe(coordinator, checkpoint_id, now_ms);
    pending->progress = PENDING_WAITS;
    pending->is_final = coordinator->is_ended;
    pending->num_acknowledged = pending->num_end_of_input = 0;
    memset(pending->acknowledged, 0, coordinator->options.num_tasks * sizeof *pending->acknowledged);
    coordinator_add_record(coordinator, now_ms);
    struct coordinator_trigger command = {
        .checkpoint_id = checkpoint_id,
        .durable_id = coordinator->latest == NULL ? 0 : coordinator->latest->checkpoint_id,
        .kind = pending->request.folder != NULL ? pending->request.kind
                : pending->is_final             ? CHECKPOINT_FINAL
                                                : CHECKPOINT_PERIODIC,
        .is_drain = pending->request.is_drain,
        .now_ms = now_ms,
    };
    coordinator->callbacks.trigger(coordinator->callbacks.context, &command);
}

bool pending_checkpoint_abort(struct coordinator *coordinator, const struct error *reason, int64_t now_ms)
{
    struct pending_checkpoint *pending = &coordinator->pending;
    uint64_t checkpoint_id = pending->metadata->checkpoint_id;
    coordinator_note_failure(coordinator, checkpoint_id, reason, now_ms);
    coordinator_scrap(coordinator, pending->metadata);
    checkpoint_metadata_unref(pending->metadata);
    pending->metadata = NULL;
    pending->progress = PENDING_NONE;
    coordinator->callbacks.aborted(coordinator->callbacks.context, checkpoint_id, reason);
    return coordinator_refuse_current(coordinator, checkpoint_id, reason);
}

/* A failure that is not a consequence of the attempt's end. */
static void count_failure(struct coordinator *coordinator, const struct error *reason, uint64_t checkpoint_id,
                          bool is_store, bool was_stop)
{
    if (!coordinator->is_running)
        return;
    bool is_tolerated = ++coordinator->failures_in_row <= coordinator->options.tolerable_failures;
    bool must_rewind = (coordinator->options.rewinds && !GUARD(MUTANT_NO_REWIND, false)) || was_stop;
    if (is_tolerated && !must_rewind)
        return;
    struct error failure;
    error_set(&failure, reason->code,
              "checkpoint %" PRIu64 " failed, number %u in a row (execution.checkpointing."
              "tolerable-failed-checkpoints: %u): %s",
              checkpoint_id, coordinator->failures_in_row, coordinator->options.tolerable_failures,
              reason->message);
    failure.fatal = is_store && !is_tolerated;
    /* Whatever it was, the statement is not to blame, so that a restart is worth while: a trigger that meets
     * no task any more is NOT_FOUND, just before one hears why that task failed. */
    failure.domain = ERROR_EXTERNAL;
    failure.retriable = !failure.fatal;
    coordinator->callbacks.fail_job(coordinator->callbacks.context, &failure);
}

/* It fails while its attempt may go on. */
static void fail(struct coordinator *coordinator, const struct error *reason, bool is_store, int64_t now_ms)
{
    uint64_t checkpoint_id = coordinator->pending.metadata->checkpoint_id;
    bool was_stop = pending_checkpoint_abort(coordinator, reason, now_ms);
    if (coordinator->is_ended)
        coordinator->next_trigger_ms = now_ms + FINAL_RETRY_MS;
    count_failure(coordinator, reason, checkpoint_id, is_store, was_stop);
}

static void begin_store(struct coordinator *coordinator, int64_t now_ms)
{
    struct pending_checkpoint *pending = &coordinator->pending;
    struct checkpoint_metadata *metadata = pending->metadata;
    if (pending->num_end_of_input == coordinator->options.num_tasks)
        pending->is_final = true;
    metadata->is_final = pending->is_final;
    metadata->completed_ms = now_ms;
    checkpoint_metadata_sort(metadata);
    for (size_t i = 0; i < coordinator->num_retained; i++)
        if (!coordinator->retained[i].is_committed)
            checkpoint_metadata_add_uncommitted(metadata, coordinator->retained[i].reference);
    pending->progress = PENDING_STORES;
    coordinator->callbacks.store(coordinator->callbacks.context, checkpoint_metadata_ref(metadata));
}

static void take_content(struct checkpoint_metadata *metadata,
                         const struct coordinator_acknowledgement *acknowledgement)
{
    for (size_t i = 0; i < acknowledgement->num_states; i++) {
        struct checkpoint_operator_state state = acknowledgement->states[i];
        state.subtask = acknowledgement->subtask;
        checkpoint_metadata_add_state(metadata, &state);
    }
    for (size_t i = 0; i < acknowledgement->num_keyed_states; i++) {
        struct checkpoint_keyed_state state = acknowledgement->keyed_states[i];
        state.subtask = acknowledgement->subtask;
        checkpoint_metadata_add_keyed_state(metadata, &state);
    }
    for (size_t i = 0; i < acknowledgement->num_committables; i++) {
        struct checkpoint_committable committable = acknowledgement->committables[i];
        committable.subtask = acknowledgement->subtask;
        checkpoint_metadata_add_committable(metadata, &committable);
    }
}

void coordinator_give_back(struct coordinator *coordinator,
                           const struct coordinator_acknowledgement *acknowledgement)
{
    const struct checkpoint_record *record = coordinator_record(coordinator, acknowledgement->checkpoint_id);
    if (record == NULL || !GUARD(MUTANT_SCRAP_OF_COMPLETED, record->status == CHECKPOINT_FAILED))
        return;
    struct checkpoint_metadata *metadata = checkpoint_metadata_create();
    metadata->checkpoint_id = acknowledgement->checkpoint_id;
    take_content(metadata, acknowledgement);
    coordinator_scrap(coordinator, metadata);
    checkpoint_metadata_unref(metadata);
}

enum status coordinator_acknowledge(struct coordinator *coordinator,
                                    const struct coordinator_acknowledgement *acknowledgement, int64_t now_ms,
                                    struct error *error)
{
    CHECK(acknowledgement->task < coordinator->options.num_tasks);
    struct pending_checkpoint *pending = &coordinator->pending;
    bool is_awaited = is_pending(coordinator, PENDING_WAITS, acknowledgement->checkpoint_id);
    if (!is_awaited)
        coordinator_give_back(coordinator, acknowledgement);
    if (!GUARD(MUTANT_ACKNOWLEDGE_OF_ANOTHER_ATTEMPT, acknowledgement->attempt == coordinator->attempt))
        return error_set(error, STATUS_FENCED, "attempt %u is not the present one", acknowledgement->attempt);
    if (!is_awaited || pending->acknowledged[acknowledgement->task])
        return STATUS_OK;
    pending->acknowledged[acknowledgement->task] = true;
    pending->num_acknowledged++;
    pending->num_end_of_input += acknowledgement->is_end_of_input;
    take_content(pending->metadata, acknowledgement);
    coordinator_note_task(coordinator, acknowledgement, now_ms);
    uint32_t missing = coordinator->options.num_tasks - pending->num_acknowledged;
    if (missing <= 1 && GUARD(MUTANT_INCOMPLETE_CHECKPOINT, missing == 0))
        begin_store(coordinator, now_ms);
    return STATUS_OK;
}

enum status coordinator_decline(struct coordinator *coordinator, uint32_t attempt, uint64_t checkpoint_id,
                                const struct error *reason, int64_t now_ms, struct error *error)
{
    if (attempt != coordinator->attempt)
        return error_set(error, STATUS_FENCED, "attempt %u is not the present one", attempt);
    if (!is_pending(coordinator, PENDING_WAITS, checkpoint_id))
        return STATUS_OK;
    fail(coordinator, reason, false, now_ms);
    return STATUS_OK;
}

void coordinator_stored(struct coordinator *coordinator, uint64_t checkpoint_id, uint64_t size_bytes,
                        int64_t now_ms)
{
    CHECK(is_pending(coordinator, PENDING_STORES, checkpoint_id));
    struct checkpoint_metadata *metadata = coordinator->pending.metadata;
    coordinator->pending.metadata = NULL;
    coordinator->pending.progress = PENDING_NONE;
    coordinator->failures_in_row = 0;
    /* One that was published while its attempt ended says nothing of the attempt after it. */
    if (metadata->is_final && metadata->attempt == coordinator->attempt && coordinator->is_running)
        coordinator->is_final_durable = true;
    coordinator_note_completed(coordinator, metadata, size_bytes, now_ms);
    checkpoint_metadata_unref(coordinator->latest);
    coordinator->latest = metadata;
    coordinator_retain(coordinator, metadata, false);
    coordinator_settle_current(coordinator, &coordinator->retained[coordinator->num_retained - 1], metadata);
    if (coordinator->stop_id == checkpoint_id)
        coordinator->is_final_durable = true;
    int64_t earliest_ms = now_ms + coordinator->options.min_pause_ms;
    if (coordinator->next_trigger_ms < earliest_ms && !coordinator->is_ended)
        coordinator->next_trigger_ms = earliest_ms;
    if (coordinator->is_ended)
        coordinator->next_trigger_ms = now_ms;
    coordinator->callbacks.durable(coordinator->callbacks.context, metadata);
    coordinator_advance(coordinator, now_ms);
}

void coordinator_store_failed(struct coordinator *coordinator, uint64_t checkpoint_id,
                              const struct error *reason, int64_t now_ms)
{
    CHECK(is_pending(coordinator, PENDING_STORES, checkpoint_id));
    fail(coordinator, reason, true, now_ms);
}

void pending_checkpoint_expire(struct coordinator *coordinator, int64_t now_ms)
{
    if (coordinator->pending.progress != PENDING_WAITS ||
        now_ms - coordinator->pending.metadata->trigger_ms < coordinator->options.timeout_ms)
        return;
    struct error reason;
    error_set(&reason, STATUS_TIMEOUT, "expired after %" PRId64 " ms with %u of %u acknowledgements",
              coordinator->options.timeout_ms, coordinator->pending.num_acknowledged,
              coordinator->options.num_tasks);
    fail(coordinator, &reason, false, now_ms);
}
