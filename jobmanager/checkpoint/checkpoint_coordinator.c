#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/mutant.h"
#include "jobmanager/checkpoint/coordinator_internal.h"

#include <stdlib.h>

enum { RESERVE_RETRY_MS = 1000 };

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
    coordinator->history.restored.restored_ms = -1;
    coordinator->reserve_retry_ms = -1;
    coordinator->pending.acknowledged =
        mem_calloc(options->num_tasks, sizeof *coordinator->pending.acknowledged);
    return coordinator;
}

void coordinator_free(struct coordinator *coordinator)
{
    if (coordinator == NULL)
        return;
    checkpoint_metadata_unref(coordinator->pending.metadata);
    checkpoint_metadata_unref(coordinator->latest);
    for (size_t i = 0; i < coordinator->num_retained; i++) {
        free(coordinator->retained[i].files);
        free(coordinator->retained[i].claimed_folder);
        checkpoint_metadata_unref(coordinator->retained[i].savepoint);
        requested_checkpoint_clear(&coordinator->retained[i].request);
    }
    for (size_t i = 0; i < coordinator->num_queued; i++)
        requested_checkpoint_clear(&coordinator->queue[i]);
    requested_checkpoint_clear(&coordinator->pending.request);
    coordinator_free_records(coordinator);
    state_files_free(&coordinator->files);
    free(coordinator->pending.acknowledged);
    arena_free(coordinator->arena);
    free(coordinator);
}

const struct coordinator_options *coordinator_options(const struct coordinator *coordinator)
{
    return &coordinator->options;
}

bool coordinator_is_storing(const struct coordinator *coordinator)
{
    return coordinator->pending.progress == PENDING_STORES;
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
}

void coordinator_fail_job(struct coordinator *coordinator, const struct error *failure)
{
    coordinator->callbacks.fail_job(coordinator->callbacks.context, failure);
}

static void trigger(struct coordinator *coordinator, int64_t now_ms)
{
    if (!coordinator_take_request(coordinator)) /* it is a periodic one */
        coordinator->next_trigger_ms = now_ms + coordinator->options.interval_ms;
    pending_checkpoint_begin(coordinator, coordinator->next_id++, now_ms);
    reserve(coordinator);
}

static bool wants_trigger(const struct coordinator *coordinator)
{
    return coordinator->is_running && !coordinator->is_stopped && !coordinator->is_final_durable &&
           coordinator->pending.progress == PENDING_NONE &&
           (coordinator->is_ended || coordinator->options.interval_ms > 0 || coordinator->num_queued > 0) &&
           coordinator_num_uncommitted(coordinator) < coordinator->options.max_uncommitted;
}

static bool has_ids(const struct coordinator *coordinator)
{
    return coordinator->next_id < coordinator->reserved_until;
}

/* The first ids are reserved for the first checkpoint, and not before: a job without took none. */
void coordinator_advance(struct coordinator *coordinator, int64_t now_ms)
{
    bool is_due = coordinator->num_queued > 0 || now_ms >= coordinator->next_trigger_ms;
    if (!wants_trigger(coordinator) || !is_due)
        return;
    if (has_ids(coordinator))
        trigger(coordinator, now_ms);
    else if (coordinator->reserve_retry_ms < 0)
        reserve(coordinator);
}

void coordinator_ids_reserved(struct coordinator *coordinator, uint64_t until, int64_t now_ms)
{
    coordinator->is_reserving = false;
    if (until > coordinator->reserved_until)
        coordinator->reserved_until = until;
    coordinator_advance(coordinator, now_ms);
}

void coordinator_reserve_failed(struct coordinator *coordinator, int64_t now_ms)
{
    coordinator->is_reserving = false;
    coordinator->reserve_retry_ms = now_ms + RESERVE_RETRY_MS;
}

void coordinator_attempt_started(struct coordinator *coordinator, uint32_t attempt)
{
    CHECK(coordinator->pending.progress != PENDING_WAITS ||
          GUARD(MUTANT_ACKNOWLEDGE_OF_ANOTHER_ATTEMPT, false));
    coordinator->attempt = attempt;
    coordinator->is_running = coordinator->is_ended = coordinator->is_final_durable = false;
}

void coordinator_running(struct coordinator *coordinator, int64_t now_ms)
{
    coordinator->is_running = true;
    coordinator->next_trigger_ms = now_ms + coordinator->options.interval_ms;
    coordinator_advance(coordinator, now_ms);
}

void coordinator_all_ended(struct coordinator *coordinator, int64_t now_ms)
{
    coordinator->is_running = coordinator->is_ended = true;
    coordinator->next_trigger_ms = now_ms;
    coordinator_advance(coordinator, now_ms);
}

void coordinator_attempt_ended(struct coordinator *coordinator, int64_t now_ms)
{
    coordinator->is_running = coordinator->is_ended = false;
    struct error reason;
    error_set(&reason, STATUS_CANCELLED, "the attempt ended");
    coordinator_refuse_queued(coordinator, &reason);
    if (coordinator->pending.progress != PENDING_WAITS || GUARD(MUTANT_ACKNOWLEDGE_OF_ANOTHER_ATTEMPT, false))
        return;
    pending_checkpoint_abort(coordinator, &reason, now_ms);
}

void coordinator_stop(struct coordinator *coordinator, int64_t now_ms)
{
    coordinator->is_stopped = true;
    struct error reason;
    error_set(&reason, STATUS_CANCELLED, "the job is cancelled");
    coordinator_refuse_queued(coordinator, &reason);
    if (coordinator->pending.progress == PENDING_WAITS)
        pending_checkpoint_abort(coordinator, &reason, now_ms);
}

void coordinator_tick(struct coordinator *coordinator, int64_t now_ms)
{
    pending_checkpoint_expire(coordinator, now_ms);
    if (coordinator->reserve_retry_ms >= 0 && now_ms >= coordinator->reserve_retry_ms)
        reserve(coordinator);
    coordinator_advance(coordinator, now_ms);
}

int64_t coordinator_next_timer_ms(const struct coordinator *coordinator)
{
    if (coordinator->pending.progress == PENDING_WAITS)
        return coordinator->pending.metadata->trigger_ms + coordinator->options.timeout_ms;
    bool waits_for_ids =
        !has_ids(coordinator) && (coordinator->is_reserving || coordinator->reserve_retry_ms >= 0);
    int64_t next_ms = waits_for_ids || !wants_trigger(coordinator) ? INT64_MAX
                      : coordinator->num_queued > 0                ? 0
                                                                   : coordinator->next_trigger_ms;
    bool is_retry_first = coordinator->reserve_retry_ms >= 0 && coordinator->reserve_retry_ms < next_ms;
    return is_retry_first ? coordinator->reserve_retry_ms : next_ms;
}
