#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/mutant.h"
#include "jobmanager/checkpoint/coordinator_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FINAL_RETRY_MS = 100, RESERVE_RETRY_MS = 1000 };

struct coordinator *coordinator_create(const struct coordinator_options *options,
                                       const struct coordinator_callbacks *callbacks)
{
    CHECK(options->num_tasks > 0 && options->max_uncommitted > 0);
    struct coordinator *coordinator = mem_calloc(1, sizeof *coordinator);
    coordinator->arena = arena_create(512);
    coordinator->options = *options;
    coordinator->options.name_space = arena_strdup(coordinator->arena, options->name_space);
    coordinator->options.job_id = arena_strdup(coordinator->arena, options->job_id);
    coordinator->options.lineage = arena_strdup(coordinator->arena, options->lineage);
    coordinator->callbacks = *callbacks;
    coordinator->next_id = 1;
    coordinator->restored.restored_ms = -1;
    coordinator->reserve_retry_ms = -1;
    coordinator->acknowledged = mem_calloc(options->num_tasks, sizeof *coordinator->acknowledged);
    return coordinator;
}

void coordinator_free(struct coordinator *coordinator)
{
    if (coordinator == NULL)
        return;
    checkpoint_metadata_unref(coordinator->metadata);
    checkpoint_metadata_unref(coordinator->latest);
    for (size_t i = 0; i < coordinator->num_retained; i++) {
        free(coordinator->retained[i].files);
        free(coordinator->retained[i].claimed_folder);
        checkpoint_metadata_unref(coordinator->retained[i].savepoint);
        requested_checkpoint_clear(&coordinator->retained[i].request);
    }
    for (size_t i = 0; i < coordinator->num_queued; i++)
        requested_checkpoint_clear(&coordinator->queue[i]);
    requested_checkpoint_clear(&coordinator->current);
    coordinator_free_records(coordinator);
    state_files_free(&coordinator->files);
    free(coordinator->acknowledged);
    arena_free(coordinator->arena);
    free(coordinator);
}

const struct coordinator_options *coordinator_options(const struct coordinator *coordinator)
{
    return &coordinator->options;
}

bool coordinator_is_storing(const struct coordinator *coordinator)
{
    return coordinator->progress == PROGRESS_STORES;
}

struct checkpoint_metadata *coordinator_latest(const struct coordinator *coordinator)
{
    return coordinator->latest;
}

static void reserve(struct coordinator *coordinator)
{
    if (coordinator->is_reserving || coordinator->next_id + RESERVED_IDS / 2 < coordinator->reserved_until)
        return;
    coordinator->is_reserving = true;
    coordinator->reserve_retry_ms = -1;
    coordinator->callbacks.reserve_ids(coordinator->callbacks.context, coordinator->next_id + RESERVED_IDS);
}

void coordinator_recovered(struct coordinator *coordinator, uint64_t next_id,
                           struct checkpoint_metadata *latest, int64_t now_ms)
{
    CHECK(coordinator->latest == NULL && next_id > 0);
    coordinator->next_id = next_id;
    coordinator->next_trigger_ms = now_ms;
    if (latest != NULL)
        coordinator->latest = checkpoint_metadata_ref(latest);
    reserve(coordinator);
}

static void drop_progress(struct coordinator *coordinator)
{
    checkpoint_metadata_unref(coordinator->metadata);
    coordinator->metadata = NULL;
    coordinator->progress = PROGRESS_NONE;
}

static void record_failure(struct coordinator *coordinator, uint64_t checkpoint_id,
                           const struct error *reason, int64_t now_ms)
{
    struct checkpoint_record *record = coordinator_record(coordinator, checkpoint_id);
    coordinator->counts.failed++;
    if (record == NULL)
        return;
    record->status = CHECKPOINT_FAILED;
    record->ended_ms = now_ms;
    snprintf(record->failure, sizeof record->failure, "%.255s", reason->message);
}

/* Gives up the checkpoint in progress. True: the job was to end with it, and its sources stand still. */
static bool abort_progress(struct coordinator *coordinator, const struct error *reason, int64_t now_ms)
{
    uint64_t checkpoint_id = coordinator->metadata->checkpoint_id;
    record_failure(coordinator, checkpoint_id, reason, now_ms);
    coordinator_scrap(coordinator, coordinator->metadata);
    drop_progress(coordinator);
    coordinator->callbacks.aborted(coordinator->callbacks.context, checkpoint_id, reason);
    return coordinator_refuse_current(coordinator, checkpoint_id, reason);
}

void coordinator_fail_job(struct coordinator *coordinator, const struct error *failure)
{
    coordinator->callbacks.fail_job(coordinator->callbacks.context, failure);
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

static void trigger(struct coordinator *coordinator, int64_t now_ms)
{
    bool is_periodic = !coordinator_take_request(coordinator);
    coordinator->progress = PROGRESS_WAITS;
    coordinator->is_final = coordinator->is_ended;
    coordinator->num_acknowledged = coordinator->num_end_of_input = 0;
    memset(coordinator->acknowledged, 0, coordinator->options.num_tasks * sizeof *coordinator->acknowledged);
    struct checkpoint_metadata *metadata = checkpoint_metadata_create();
    metadata->name_space = arena_strdup(metadata->arena, coordinator->options.name_space);
    metadata->job_id = arena_strdup(metadata->arena, coordinator->options.job_id);
    metadata->lineage = arena_strdup(metadata->arena, coordinator->options.lineage);
    metadata->epoch = coordinator->options.epoch;
    metadata->checkpoint_id = coordinator->next_id++;
    metadata->attempt = coordinator->attempt;
    metadata->max_parallelism = coordinator->options.max_parallelism;
    metadata->trigger_ms = now_ms;
    metadata->is_drained = coordinator->current.is_drain;
    if (coordinator->current.folder != NULL)
        metadata->savepoint_folder = arena_strdup(metadata->arena, coordinator->current.folder);
    coordinator->metadata = metadata;
    coordinator->counts.triggered++;
    coordinator_add_record(coordinator, now_ms);
    if (is_periodic)
        coordinator->next_trigger_ms = now_ms + coordinator->options.interval_ms;
    struct coordinator_trigger command = {
        .checkpoint_id = metadata->checkpoint_id,
        .durable_id = coordinator->latest == NULL ? 0 : coordinator->latest->checkpoint_id,
        .kind = coordinator->current.folder != NULL ? coordinator->current.kind
                : coordinator->is_final             ? CHECKPOINT_FINAL
                                                    : CHECKPOINT_PERIODIC,
        .is_drain = coordinator->current.is_drain,
        .now_ms = now_ms,
    };
    coordinator->callbacks.trigger(coordinator->callbacks.context, &command);
    reserve(coordinator);
}

static bool wants_trigger(const struct coordinator *coordinator)
{
    return coordinator->is_running && !coordinator->is_stopped && !coordinator->is_final_durable &&
           coordinator->progress == PROGRESS_NONE && coordinator->next_id < coordinator->reserved_until &&
           (coordinator->is_ended || coordinator->options.interval_ms > 0 || coordinator->num_queued > 0) &&
           coordinator_num_uncommitted(coordinator) < coordinator->options.max_uncommitted;
}

static void advance(struct coordinator *coordinator, int64_t now_ms)
{
    bool is_due = coordinator->num_queued > 0 || now_ms >= coordinator->next_trigger_ms;
    if (wants_trigger(coordinator) && is_due)
        trigger(coordinator, now_ms);
}

void coordinator_ids_reserved(struct coordinator *coordinator, uint64_t until, int64_t now_ms)
{
    coordinator->is_reserving = false;
    if (until > coordinator->reserved_until)
        coordinator->reserved_until = until;
    advance(coordinator, now_ms);
}

void coordinator_reserve_failed(struct coordinator *coordinator, int64_t now_ms)
{
    coordinator->is_reserving = false;
    coordinator->reserve_retry_ms = now_ms + RESERVE_RETRY_MS;
}

void coordinator_attempt_started(struct coordinator *coordinator, uint32_t attempt)
{
    CHECK(coordinator->progress != PROGRESS_WAITS || GUARD(MUTANT_ACKNOWLEDGE_OF_ANOTHER_ATTEMPT, false));
    coordinator->attempt = attempt;
    coordinator->is_running = coordinator->is_ended = coordinator->is_final_durable = false;
}

void coordinator_running(struct coordinator *coordinator, int64_t now_ms)
{
    coordinator->is_running = true;
    coordinator->next_trigger_ms = now_ms + coordinator->options.interval_ms;
    advance(coordinator, now_ms);
}

void coordinator_all_ended(struct coordinator *coordinator, int64_t now_ms)
{
    coordinator->is_running = coordinator->is_ended = true;
    coordinator->next_trigger_ms = now_ms;
    advance(coordinator, now_ms);
}

void coordinator_attempt_ended(struct coordinator *coordinator, int64_t now_ms)
{
    coordinator->is_running = coordinator->is_ended = false;
    struct error reason;
    error_set(&reason, STATUS_CANCELLED, "the attempt ended");
    coordinator_refuse_queued(coordinator, &reason);
    if (coordinator->progress != PROGRESS_WAITS || GUARD(MUTANT_ACKNOWLEDGE_OF_ANOTHER_ATTEMPT, false))
        return;
    abort_progress(coordinator, &reason, now_ms);
}

void coordinator_stop(struct coordinator *coordinator, int64_t now_ms)
{
    coordinator->is_stopped = true;
    struct error reason;
    error_set(&reason, STATUS_CANCELLED, "the job is cancelled");
    coordinator_refuse_queued(coordinator, &reason);
    if (coordinator->progress == PROGRESS_WAITS)
        abort_progress(coordinator, &reason, now_ms);
}

static void begin_store(struct coordinator *coordinator, int64_t now_ms)
{
    struct checkpoint_metadata *metadata = coordinator->metadata;
    if (coordinator->num_end_of_input == coordinator->options.num_tasks)
        coordinator->is_final = true;
    metadata->is_final = coordinator->is_final;
    metadata->completed_ms = now_ms;
    checkpoint_metadata_sort(metadata);
    for (size_t i = 0; i < coordinator->num_retained; i++)
        if (!coordinator->retained[i].is_committed)
            checkpoint_metadata_add_uncommitted(metadata, coordinator->retained[i].reference);
    coordinator->progress = PROGRESS_STORES;
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
    bool is_awaited = coordinator->progress == PROGRESS_WAITS &&
                      coordinator->metadata->checkpoint_id == acknowledgement->checkpoint_id;
    if (!is_awaited)
        coordinator_give_back(coordinator, acknowledgement);
    if (!GUARD(MUTANT_ACKNOWLEDGE_OF_ANOTHER_ATTEMPT, acknowledgement->attempt == coordinator->attempt))
        return error_set(error, STATUS_FENCED, "attempt %u is not the present one", acknowledgement->attempt);
    if (!is_awaited || coordinator->acknowledged[acknowledgement->task])
        return STATUS_OK;
    coordinator->acknowledged[acknowledgement->task] = true;
    coordinator->num_acknowledged++;
    coordinator->num_end_of_input += acknowledgement->is_end_of_input;
    take_content(coordinator->metadata, acknowledgement);
    coordinator_note_task(coordinator, acknowledgement, now_ms);
    uint32_t missing = coordinator->options.num_tasks - coordinator->num_acknowledged;
    if (missing <= 1 && GUARD(MUTANT_INCOMPLETE_CHECKPOINT, missing == 0))
        begin_store(coordinator, now_ms);
    return STATUS_OK;
}

static void retry_final(struct coordinator *coordinator, int64_t now_ms)
{
    if (coordinator->is_ended)
        coordinator->next_trigger_ms = now_ms + FINAL_RETRY_MS;
}

enum status coordinator_decline(struct coordinator *coordinator, uint32_t attempt, uint64_t checkpoint_id,
                                const struct error *reason, int64_t now_ms, struct error *error)
{
    if (attempt != coordinator->attempt)
        return error_set(error, STATUS_FENCED, "attempt %u is not the present one", attempt);
    if (coordinator->progress != PROGRESS_WAITS || coordinator->metadata->checkpoint_id != checkpoint_id)
        return STATUS_OK;
    bool was_stop = abort_progress(coordinator, reason, now_ms);
    retry_final(coordinator, now_ms);
    count_failure(coordinator, reason, checkpoint_id, false, was_stop);
    return STATUS_OK;
}

void coordinator_stored(struct coordinator *coordinator, uint64_t checkpoint_id, uint64_t size_bytes,
                        int64_t now_ms)
{
    CHECK(coordinator->progress == PROGRESS_STORES && coordinator->metadata->checkpoint_id == checkpoint_id);
    struct checkpoint_metadata *metadata = coordinator->metadata;
    coordinator->metadata = NULL;
    coordinator->progress = PROGRESS_NONE;
    coordinator->failures_in_row = 0;
    coordinator->counts.completed++;
    /* One that was published while its attempt ended says nothing of the attempt after it. */
    if (metadata->is_final && metadata->attempt == coordinator->attempt && coordinator->is_running)
        coordinator->is_final_durable = true;
    struct checkpoint_record *record = coordinator_record(coordinator, checkpoint_id);
    record->status = CHECKPOINT_COMPLETED;
    record->is_final = metadata->is_final;
    record->size_bytes = size_bytes;
    record->durable_ms = record->ended_ms = now_ms;
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
    advance(coordinator, now_ms);
}

void coordinator_store_failed(struct coordinator *coordinator, uint64_t checkpoint_id,
                              const struct error *reason, int64_t now_ms)
{
    CHECK(coordinator->progress == PROGRESS_STORES && coordinator->metadata->checkpoint_id == checkpoint_id);
    bool was_stop = abort_progress(coordinator, reason, now_ms);
    retry_final(coordinator, now_ms);
    count_failure(coordinator, reason, checkpoint_id, true, was_stop);
}

void coordinator_committed(struct coordinator *coordinator, uint64_t checkpoint_id, int64_t now_ms)
{
    for (size_t i = 0; i < coordinator->num_retained; i++) {
        if (coordinator->retained[i].reference.checkpoint_id != checkpoint_id)
            continue;
        coordinator->retained[i].is_committed = true;
        coordinator_begin_copy(coordinator, &coordinator->retained[i]);
    }
    struct checkpoint_record *record = coordinator_record(coordinator, checkpoint_id);
    if (record != NULL) {
        record->is_committed = true;
        record->committed_ms = now_ms;
    }
    coordinator_subsume(coordinator);
    advance(coordinator, now_ms);
}

void coordinator_tick(struct coordinator *coordinator, int64_t now_ms)
{
    if (coordinator->progress == PROGRESS_WAITS &&
        now_ms - coordinator->metadata->trigger_ms >= coordinator->options.timeout_ms) {
        uint64_t checkpoint_id = coordinator->metadata->checkpoint_id;
        struct error reason;
        error_set(&reason, STATUS_TIMEOUT, "expired after %" PRId64 " ms with %u of %u acknowledgements",
                  coordinator->options.timeout_ms, coordinator->num_acknowledged,
                  coordinator->options.num_tasks);
        bool was_stop = abort_progress(coordinator, &reason, now_ms);
        retry_final(coordinator, now_ms);
        count_failure(coordinator, &reason, checkpoint_id, false, was_stop);
    }
    if (coordinator->reserve_retry_ms >= 0 && now_ms >= coordinator->reserve_retry_ms)
        reserve(coordinator);
    advance(coordinator, now_ms);
}

int64_t coordinator_next_timer_ms(const struct coordinator *coordinator)
{
    if (coordinator->progress == PROGRESS_WAITS)
        return coordinator->metadata->trigger_ms + coordinator->options.timeout_ms;
    int64_t next_ms = !wants_trigger(coordinator)   ? INT64_MAX
                      : coordinator->num_queued > 0 ? 0
                                                    : coordinator->next_trigger_ms;
    bool is_retry_first = coordinator->reserve_retry_ms >= 0 && coordinator->reserve_retry_ms < next_ms;
    return is_retry_first ? coordinator->reserve_retry_ms : next_ms;
}
