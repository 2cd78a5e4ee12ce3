#pragma once

/* A jobmanager of a test: answers a taskmanager over inproc, keeps what it was told, and can be told to
 * misbehave. */

#include "common/base/arena.h"
#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/rpc/messages.h"
#include "common/transport/transport.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { FAKE_MESSAGES_MAX = 4096, FAKE_WAIT_S = 20, FAKE_DEADLINE_MS = 10000 };

struct fake_message {
    uint16_t method;
    struct buffer payload;
};

struct fake_jobmanager {
    struct transport *transport; /* borrowed */
    struct transport_server *server;
    struct transport_peer *peer;
    char address[TRANSPORT_ADDRESS_BYTES];
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    /* Under mutex: */
    uint64_t epoch;
    bool is_silent;            /* answers nothing */
    bool forgets_taskmanagers; /* heartbeats get is_known = false until the next registration */
    uint32_t num_ignored[32];  /* by method: so many messages are lost before one is taken */
    enum status refusals[32];  /* by method: what to answer instead of OK */
    int64_t heartbeat_interval_ms;
    int64_t heartbeat_timeout_ms;
    uint32_t num_registrations;
    uint32_t num_unanswered_registrations;
    char taskmanager_id[33];
    char taskmanager_address[TRANSPORT_ADDRESS_BYTES];
    struct fake_message messages[FAKE_MESSAGES_MAX];
    size_t num_messages;
};

static inline void fake_answer_register(struct fake_jobmanager *jobmanager, struct bytes_view payload,
                                        struct buffer *reply)
{
    struct arena *arena = arena_create(1024);
    struct rpc_register message;
    struct error error;
    if (rpc_register_decode(payload, arena, &message, &error) == STATUS_OK) {
        snprintf(jobmanager->taskmanager_id, sizeof jobmanager->taskmanager_id, "%s", message.taskmanager_id);
        snprintf(jobmanager->taskmanager_address, sizeof jobmanager->taskmanager_address, "%s",
                 message.address);
        jobmanager->num_registrations++;
        jobmanager->forgets_taskmanagers = false;
    }
    arena_free(arena);
    struct rpc_register_reply answer = {jobmanager->epoch, jobmanager->heartbeat_interval_ms,
                                        jobmanager->heartbeat_timeout_ms};
    rpc_register_reply_encode(&answer, reply);
}

static inline void fake_on_request(void *context, struct transport_request *request, uint16_t method,
                                   struct bytes_view payload)
{
    struct fake_jobmanager *jobmanager = context;
    struct buffer reply = {0};
    struct error error;
    pthread_mutex_lock(&jobmanager->mutex);
    enum status status = jobmanager->refusals[method];
    bool is_lost = jobmanager->is_silent;
    if (!is_lost && jobmanager->num_ignored[method] > 0) {
        jobmanager->num_ignored[method]--;
        is_lost = true;
    }
    if (is_lost) {
        status = STATUS_UNAVAILABLE;
        jobmanager->num_unanswered_registrations += method == RPC_REGISTER;
    } else if (method == RPC_REGISTER) {
        fake_answer_register(jobmanager, payload, &reply);
    } else if (method == RPC_HEARTBEAT) {
        struct rpc_heartbeat_reply answer = {jobmanager->epoch, !jobmanager->forgets_taskmanagers};
        rpc_heartbeat_reply_encode(&answer, &reply);
    }
    if (!is_lost && jobmanager->num_messages < FAKE_MESSAGES_MAX) {
        struct fake_message *message = &jobmanager->messages[jobmanager->num_messages++];
        message->method = method;
        buffer_append(&message->payload, payload.data, payload.size);
    }
    pthread_cond_broadcast(&jobmanager->changed);
    pthread_mutex_unlock(&jobmanager->mutex);
    if (status != STATUS_OK)
        error_set(&error, status, "as the test wants it");
    transport_request_reply(request, status, buffer_view(&reply), &error);
    buffer_free(&reply);
}

static inline void fake_jobmanager_start(struct fake_jobmanager *jobmanager, struct transport *transport)
{
    struct error error;
    struct uuid uuid = uuid_generate();
    char name[UUID_TEXT_BYTES];
    uuid_format(&uuid, name);
    memset(jobmanager, 0, sizeof *jobmanager);
    snprintf(jobmanager->address, sizeof jobmanager->address, "inproc://jobmanager-%s", name);
    jobmanager->transport = transport;
    jobmanager->epoch = 3;
    jobmanager->heartbeat_interval_ms = 50;
    jobmanager->heartbeat_timeout_ms = 5000;
    pthread_mutex_init(&jobmanager->mutex, NULL);
    pthread_cond_init(&jobmanager->changed, NULL);
    assert_int_equal(transport_listen(transport, jobmanager->address, fake_on_request, jobmanager,
                                      &jobmanager->server, &error),
                     STATUS_OK);
}

static inline void fake_jobmanager_stop(struct fake_jobmanager *jobmanager)
{
    transport_peer_free(jobmanager->peer);
    transport_server_free(jobmanager->server);
    for (size_t i = 0; i < jobmanager->num_messages; i++)
        buffer_free(&jobmanager->messages[i].payload);
    pthread_mutex_destroy(&jobmanager->mutex);
    pthread_cond_destroy(&jobmanager->changed);
}

/* Waits until condition holds, which is asked with the mutex held; false after FAKE_WAIT_S. */
typedef bool fake_condition(struct fake_jobmanager *jobmanager, void *context);
static inline bool fake_wait(struct fake_jobmanager *jobmanager, fake_condition *condition, void *context)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += FAKE_WAIT_S;
    pthread_mutex_lock(&jobmanager->mutex);
    bool holds;
    int waited = 0;
    while (!(holds = condition(jobmanager, context)) && waited == 0)
        waited = pthread_cond_timedwait(&jobmanager->changed, &jobmanager->mutex, &until);
    pthread_mutex_unlock(&jobmanager->mutex);
    return holds;
}

static inline bool fake_has_registrations(struct fake_jobmanager *jobmanager, void *context)
{
    return jobmanager->num_registrations >= *(uint32_t *)context;
}

static inline void fake_wait_registered(struct fake_jobmanager *jobmanager, uint32_t num_registrations)
{
    struct error error;
    assert_true(fake_wait(jobmanager, fake_has_registrations, &num_registrations));
    if (jobmanager->peer == NULL)
        assert_int_equal(transport_dial(jobmanager->transport, jobmanager->taskmanager_address, NULL, NULL,
                                        &jobmanager->peer, &error),
                         STATUS_OK);
}

/* A call that waits for its reply. */
struct fake_call {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_done;
    enum status status;
    struct error error;
};

static inline void fake_on_reply(void *context, enum status status, struct bytes_view payload,
                                 const struct error *error)
{
    (void)payload;
    struct fake_call *call = context;
    pthread_mutex_lock(&call->mutex);
    call->is_done = true;
    call->status = status;
    if (status != STATUS_OK)
        call->error = *error;
    pthread_cond_signal(&call->changed);
    pthread_mutex_unlock(&call->mutex);
}

/* Sends the content of payload, which is freed. */
static inline enum status fake_send(struct fake_jobmanager *jobmanager, uint16_t method,
                                    struct buffer *payload)
{
    struct fake_call call = {.is_done = false};
    pthread_mutex_init(&call.mutex, NULL);
    pthread_cond_init(&call.changed, NULL);
    transport_call(jobmanager->peer, method, buffer_view(payload), FAKE_DEADLINE_MS, fake_on_reply, &call);
    pthread_mutex_lock(&call.mutex);
    while (!call.is_done)
        pthread_cond_wait(&call.changed, &call.mutex);
    pthread_mutex_unlock(&call.mutex);
    pthread_cond_destroy(&call.changed);
    pthread_mutex_destroy(&call.mutex);
    buffer_free(payload);
    return call.status;
}

static inline bool fake_is_same(const struct rpc_task_id *a, const struct rpc_task_id *b)
{
    return a->attempt == b->attempt && a->subtask == b->subtask && a->leader_epoch == b->leader_epoch &&
           strcmp(a->vertex_id, b->vertex_id) == 0;
}

/* The states that the task reported, in order, as "1 2 3 ". */
static inline void fake_states(struct fake_jobmanager *jobmanager, const struct rpc_task_id *task,
                               struct buffer *text)
{
    struct error error;
    struct arena *arena = arena_create(4096);
    for (size_t i = 0; i < jobmanager->num_messages; i++) {
        struct rpc_task_state state;
        if (jobmanager->messages[i].method != RPC_TASK_STATE)
            continue;
        assert_int_equal(
            rpc_task_state_decode(buffer_view(&jobmanager->messages[i].payload), arena, &state, &error),
            STATUS_OK);
        if (fake_is_same(&state.task, task))
            buffer_printf(text, "%d ", state.status);
    }
    arena_free(arena);
}

struct fake_awaited_state {
    const struct rpc_task_id *task;
    enum rpc_task_status status;
    struct error *ret_error;
};

static inline bool fake_has_state(struct fake_jobmanager *jobmanager, void *context)
{
    struct fake_awaited_state *awaited = context;
    struct arena *arena = arena_create(4096);
    bool found = false;
    for (size_t i = 0; i < jobmanager->num_messages && !found; i++) {
        struct rpc_task_state state;
        struct error error;
        if (jobmanager->messages[i].method != RPC_TASK_STATE ||
            rpc_task_state_decode(buffer_view(&jobmanager->messages[i].payload), arena, &state, &error) !=
                STATUS_OK)
            continue;
        found = state.status == awaited->status && fake_is_same(&state.task, awaited->task);
        if (found && awaited->ret_error != NULL)
            *awaited->ret_error = state.error;
    }
    arena_free(arena);
    return found;
}

static inline void fake_wait_state(struct fake_jobmanager *jobmanager, const struct rpc_task_id *task,
                                   enum rpc_task_status status, struct error *ret_error)
{
    struct fake_awaited_state awaited = {task, status, ret_error};
    assert_true(fake_wait(jobmanager, fake_has_state, &awaited));
}

struct fake_awaited_checkpoint {
    uint16_t method; /* RPC_ACKNOWLEDGE or RPC_DECLINE */
    uint64_t checkpoint_id;
    struct arena *arena;
    struct rpc_acknowledge *ret_acknowledge;
    struct rpc_decline *ret_decline;
};

static inline bool fake_has_checkpoint(struct fake_jobmanager *jobmanager, void *context)
{
    struct fake_awaited_checkpoint *awaited = context;
    for (size_t i = 0; i < jobmanager->num_messages; i++) {
        struct bytes_view payload = buffer_view(&jobmanager->messages[i].payload);
        struct error error;
        if (jobmanager->messages[i].method != awaited->method)
            continue;
        if (awaited->method == RPC_ACKNOWLEDGE &&
            rpc_acknowledge_decode(payload, awaited->arena, awaited->ret_acknowledge, &error) == STATUS_OK &&
            awaited->ret_acknowledge->checkpoint_id == awaited->checkpoint_id)
            return true;
        if (awaited->method == RPC_DECLINE &&
            rpc_decline_decode(payload, awaited->arena, awaited->ret_decline, &error) == STATUS_OK &&
            awaited->ret_decline->checkpoint_id == awaited->checkpoint_id)
            return true;
    }
    return false;
}

static inline struct rpc_acknowledge fake_wait_acknowledge(struct fake_jobmanager *jobmanager,
                                                           struct arena *arena, uint64_t checkpoint_id)
{
    struct rpc_acknowledge message;
    struct fake_awaited_checkpoint awaited = {RPC_ACKNOWLEDGE, checkpoint_id, arena, &message, NULL};
    assert_true(fake_wait(jobmanager, fake_has_checkpoint, &awaited));
    return message;
}

static inline struct rpc_decline fake_wait_decline(struct fake_jobmanager *jobmanager, struct arena *arena,
                                                   uint64_t checkpoint_id)
{
    struct rpc_decline message;
    struct fake_awaited_checkpoint awaited = {RPC_DECLINE, checkpoint_id, arena, NULL, &message};
    assert_true(fake_wait(jobmanager, fake_has_checkpoint, &awaited));
    return message;
}
