/* Checkpoints and savepoints that somebody asked for. */
#include "common/base/check.h"
#include "common/base/memory.h"
#include "jobmanager/checkpoint/coordinator_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void requested_checkpoint_clear(struct requested_checkpoint *request)
{
    free(request->folder);
    *request = (struct requested_checkpoint){0};
}

static void answer(struct coordinator *coordinator, struct requested_checkpoint *request,
                   uint64_t checkpoint_id, const struct error *failure)
{
    if (request->id[0] != '\0')
        coordinator->callbacks.answered(coordinator->callbacks.context, request->id, checkpoint_id, failure);
    requested_checkpoint_clear(request);
}

static enum status check_request(const struct coordinator *coordinator, struct error *error)
{
    if (coordinator->is_stopped)
        return error_set(error, STATUS_CANCELLED, "the job is cancelled");
    if (coordinator->stop_id != 0 || coordinator->is_final_durable)
        return error_set(error, STATUS_UNAVAILABLE, "the job is about to end");
    if (!coordinator->is_running)
        return error_set(error, STATUS_UNAVAILABLE, "not all tasks of the job run: try again when they do");
    if (coordinator->num_queued == COORDINATOR_MAX_REQUESTS)
        return error_set(error, STATUS_EXHAUSTED, "%d checkpoints and savepoints are asked for already",
                         COORDINATOR_MAX_REQUESTS);
    return STATUS_OK;
}

void coordinator_ask(struct coordinator *coordinator, const struct coordinator_request *request,
                     int64_t now_ms)
{
    CHECK(request->kind != CHECKPOINT_FINAL && strlen(request->id) == COORDINATOR_REQUEST_ID_BYTES - 1);
    CHECK((request->folder != NULL) == (request->kind != CHECKPOINT_PERIODIC));
    struct error failure;
    if (check_request(coordinator, &failure) != STATUS_OK) {
        coordinator->callbacks.answered(coordinator->callbacks.context, request->id, 0, &failure);
        return;
    }
    struct requested_checkpoint *queued = &coordinator->queue[coordinator->num_queued++];
    *queued = (struct requested_checkpoint){.kind = request->kind, .is_drain = request->is_drain};
    snprintf(queued->id, sizeof queued->id, "%s", request->id);
    if (request->folder != NULL)
        queued->folder = mem_strdup(request->folder);
    coordinator_tick(coordinator, now_ms);
}

bool coordinator_take_request(struct coordinator *coordinator)
{
    CHECK(coordinator->pending.request.id[0] == '\0');
    if (coordinator->num_queued == 0)
        return false;
    coordinator->pending.request = coordinator->queue[0];
    coordinator->num_queued--;
    memmove(&coordinator->queue[0], &coordinator->queue[1],
            coordinator->num_queued * sizeof coordinator->queue[0]);
    return true;
}

bool coordinator_refuse_current(struct coordinator *coordinator, uint64_t checkpoint_id,
                                const struct error *reason)
{
    bool was_stop = coordinator->pending.request.kind == CHECKPOINT_STOP;
    answer(coordinator, &coordinator->pending.request, checkpoint_id, reason);
    return was_stop;
}

void coordinator_refuse_queued(struct coordinator *coordinator, const struct error *reason)
{
    for (size_t i = 0; i < coordinator->num_queued; i++)
        answer(coordinator, &coordinator->queue[i], 0, reason);
    coordinator->num_queued = 0;
}

void coordinator_settle_current(struct coordinator *coordinator, struct retained_checkpoint *retained,
                                struct checkpoint_metadata *metadata)
{
    if (coordinator->pending.request.folder == NULL) {
        answer(coordinator, &coordinator->pending.request, metadata->checkpoint_id, NULL);
        return;
    }
    retained->savepoint = checkpoint_metadata_ref(metadata);
    retained->request = coordinator->pending.request;
    coordinator->pending.request = (struct requested_checkpoint){0};
    if (retained->request.kind == CHECKPOINT_STOP)
        coordinator->stop_id = metadata->checkpoint_id;
}

void coordinator_begin_copy(struct coordinator *coordinator, struct retained_checkpoint *retained)
{
    if (retained->savepoint == NULL || retained->is_copying)
        return;
    if (coordinator->is_stopped) {
        struct error reason;
        error_set(&reason, STATUS_CANCELLED, "the job is cancelled");
        checkpoint_metadata_unref(retained->savepoint);
        retained->savepoint = NULL;
        coordinator->stop_id = 0;
        answer(coordinator, &retained->request, retained->reference.checkpoint_id, &reason);
        return;
    }
    retained->is_copying = true;
    coordinator->callbacks.copy(coordinator->callbacks.context, checkpoint_metadata_ref(retained->savepoint));
}

/* The job was to end with a savepoint: it does, or it goes on. What is drained cannot: windows that had not
 * ended have fired. */
static void end_stop(struct coordinator *coordinator, bool is_drain, const struct error *failure)
{
    uint64_t checkpoint_id = coordinator->stop_id;
    coordinator->stop_id = 0;
    if (failure == NULL || is_drain) {
        coordinator->callbacks.finish(coordinator->callbacks.context, checkpoint_id);
        return;
    }
    coordinator->is_final_durable = false;
    if (!coordinator->is_running)
        return;
    struct error reason;
    error_set(&reason, failure->code, "the job was to stop, and goes on: %s", failure->message);
    reason.domain = ERROR_EXTERNAL;
    reason.retriable = true;
    coordinator_fail_job(coordinator, &reason);
}

void coordinator_copied(struct coordinator *coordinator, uint64_t checkpoint_id, const struct error *failure,
                        int64_t now_ms)
{
    struct retained_checkpoint *retained = NULL;
    for (size_t i = 0; i < coordinator->num_retained; i++)
        if (coordinator->retained[i].reference.checkpoint_id == checkpoint_id &&
            coordinator->retained[i].is_copying)
            retained = &coordinator->retained[i];
    CHECK(retained != NULL);
    bool is_drain = retained->request.is_drain;
    retained->is_copying = false;
    checkpoint_metadata_unref(retained->savepoint);
    retained->savepoint = NULL;
    struct requested_checkpoint request = retained->request;
    retained->request = (struct requested_checkpoint){0};
    coordinator_subsume(coordinator);
    answer(coordinator, &request, checkpoint_id, failure);
    if (coordinator->stop_id == checkpoint_id)
        end_stop(coordinator, is_drain, failure);
    coordinator_tick(coordinator, now_ms);
}

uint64_t coordinator_stop_id(const struct coordinator *coordinator)
{
    return coordinator->stop_id;
}

bool coordinator_is_copying(const struct coordinator *coordinator)
{
    for (size_t i = 0; i < coordinator->num_retained; i++)
        if (coordinator->retained[i].is_copying)
            return true;
    return false;
}
