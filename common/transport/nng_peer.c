#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/transport/nng_internal.h"

#include <nng/protocol/reqrep0/req.h>
#include <nng/supplemental/util/platform.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { LOST_AFTER_MS = 500 };

/* One call under way; reused after. States: sending, then receiving, then idle. */
struct nng_call {
    struct nng_peer *peer;
    struct nng_call *next; /* in the peer's list of idle calls */
    nng_ctx context;
    nng_aio *aio;
    nng_time deadline;
    bool is_receiving;
    transport_reply_callback *callback;
    void *callback_context;
};

struct nng_peer {
    struct transport_peer base;
    nng_socket socket;
    char address[TRANSPORT_ADDRESS_BYTES];
    transport_peer_callback *on_change;
    void *change_context;
    nng_aio *lost_timer;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    /* Under mutex: */
    struct nng_call *idle;
    unsigned active; /* calls whose callback has not returned */
    bool is_connected;
    bool is_reported_lost;
    bool is_closing;
};

static void call_finish(struct nng_call *call, enum status status, struct bytes_view payload,
                        const struct error *error)
{
    struct nng_peer *peer = call->peer;
    if (call->callback != NULL)
        call->callback(call->callback_context, status, payload, error);
    nng_ctx_close(call->context);
    pthread_mutex_lock(&peer->mutex);
    call->next = peer->idle;
    peer->idle = call;
    peer->active--;
    pthread_cond_broadcast(&peer->changed);
    pthread_mutex_unlock(&peer->mutex);
}

static void call_fail(struct nng_call *call, int nng_error)
{
    struct error error;
    enum status status = nng_status(nng_error, "no reply from", call->peer->address, &error);
    call_finish(call, status, (struct bytes_view){0}, &error);
}

static void call_replied(struct nng_call *call, nng_msg *message)
{
    uint16_t code;
    struct bytes_view body;
    struct error error;
    error_clear(&error);
    enum status status = frame_parse(message, &code, &body, &error);
    if (status == STATUS_OK && code != STATUS_OK) {
        frame_parse_error(code, body, &error);
        status = error.code;
    }
    call_finish(call, status, status == STATUS_OK ? body : (struct bytes_view){0}, &error);
    nng_msg_free(message);
}

static void set_remaining_time(struct nng_call *call)
{
    nng_time now = nng_clock();
    nng_aio_set_timeout(call->aio, now < call->deadline ? (nng_duration)(call->deadline - now) : 1);
}

static void call_done(void *argument)
{
    struct nng_call *call = argument;
    int result = nng_aio_result(call->aio);
    if (result != 0) {
        if (!call->is_receiving) /* an unsent message stays ours */
            nng_msg_free(nng_aio_get_msg(call->aio));
        nng_aio_set_msg(call->aio, NULL);
        call_fail(call, result);
    } else if (!call->is_receiving) {
        call->is_receiving = true;
        nng_aio_set_msg(call->aio, NULL);
        set_remaining_time(call);
        nng_ctx_recv(call->context, call->aio);
    } else {
        nng_msg *message = nng_aio_get_msg(call->aio);
        nng_aio_set_msg(call->aio, NULL);
        call_replied(call, message);
    }
}

static struct nng_call *call_take(struct nng_peer *peer)
{
    pthread_mutex_lock(&peer->mutex);
    CHECK(!peer->is_closing);
    struct nng_call *call = peer->idle;
    if (call != NULL)
        peer->idle = call->next;
    peer->active++;
    pthread_mutex_unlock(&peer->mutex);
    if (call == NULL) {
        call = mem_calloc(1, sizeof *call);
        call->peer = peer;
        CHECK(nng_aio_alloc(&call->aio, call_done, call) == 0);
    }
    return call;
}

void nng_peer_call(struct transport_peer *base, uint16_t method, struct bytes_view payload,
                   int64_t deadline_ms, transport_reply_callback *callback, void *context)
{
    CHECK(deadline_ms > 0 && payload.size < TRANSPORT_MAX_MESSAGE_BYTES - FRAME_HEAD_BYTES);
    struct nng_call *call = call_take((struct nng_peer *)base);
    call->callback = callback;
    call->callback_context = context;
    call->is_receiving = false;
    call->deadline = nng_clock() + (nng_time)deadline_ms;
    CHECK(nng_ctx_open(&call->context, call->peer->socket) == 0);
    CHECK(nng_ctx_set_ms(call->context, NNG_OPT_REQ_RESENDTIME, NNG_DURATION_INFINITE) == 0);
    nng_aio_set_msg(call->aio, frame_create(method, payload));
    nng_aio_set_timeout(call->aio, (nng_duration)deadline_ms);
    nng_ctx_send(call->context, call->aio);
}

static void lost_timer_done(void *argument)
{
    struct nng_peer *peer = argument;
    if (nng_aio_result(peer->lost_timer) != 0)
        return; /* connected again, or closing */
    pthread_mutex_lock(&peer->mutex);
    bool report = !peer->is_connected && !peer->is_closing && !peer->is_reported_lost;
    if (report)
        peer->is_reported_lost = true;
    pthread_mutex_unlock(&peer->mutex);
    if (report && peer->on_change != NULL)
        peer->on_change(peer->change_context, true);
}

static void pipe_changed(nng_pipe pipe, nng_pipe_ev event, void *argument)
{
    (void)pipe;
    struct nng_peer *peer = argument;
    pthread_mutex_lock(&peer->mutex);
    peer->is_connected = event == NNG_PIPE_EV_ADD_POST;
    bool is_back = peer->is_connected && peer->is_reported_lost;
    if (is_back)
        peer->is_reported_lost = false;
    bool start_timer = !peer->is_connected && !peer->is_closing;
    pthread_mutex_unlock(&peer->mutex);
    nng_aio_abort(peer->lost_timer, NNG_ECANCELED);
    if (start_timer)
        nng_sleep_aio(LOST_AFTER_MS, peer->lost_timer);
    if (is_back && peer->on_change != NULL)
        peer->on_change(peer->change_context, false);
}

static int peer_open(struct nng_peer *peer, const char *address)
{
    int result = nng_req0_open(&peer->socket);
    if (result != 0)
        return result;
    if ((result = nng_socket_set_size(peer->socket, NNG_OPT_RECVMAXSZ, TRANSPORT_MAX_MESSAGE_BYTES)) == 0 &&
        (result = nng_socket_set_ms(peer->socket, NNG_OPT_RECONNMINT, REDIAL_MIN_MS)) == 0 &&
        (result = nng_socket_set_ms(peer->socket, NNG_OPT_RECONNMAXT, REDIAL_MAX_MS)) == 0 &&
        (result = nng_pipe_notify(peer->socket, NNG_PIPE_EV_ADD_POST, pipe_changed, peer)) == 0 &&
        (result = nng_pipe_notify(peer->socket, NNG_PIPE_EV_REM_POST, pipe_changed, peer)) == 0)
        result = nng_dial(peer->socket, address, NULL, NNG_FLAG_NONBLOCK);
    if (result != 0)
        nng_close(peer->socket);
    return result;
}

static void peer_destroy(struct nng_peer *peer)
{
    while (peer->idle != NULL) {
        struct nng_call *call = peer->idle;
        peer->idle = call->next;
        nng_aio_free(call->aio);
        free(call);
    }
    nng_aio_free(peer->lost_timer);
    pthread_cond_destroy(&peer->changed);
    pthread_mutex_destroy(&peer->mutex);
    free(peer);
}

enum status nng_peer_dial(struct transport *transport, const char *address,
                          transport_peer_callback *on_change, void *context, struct transport_peer **ret_peer,
                          struct error *error)
{
    struct nng_peer *peer = mem_calloc(1, sizeof *peer);
    peer->base.ops = transport->ops;
    peer->on_change = on_change;
    peer->change_context = context;
    snprintf(peer->address, sizeof peer->address, "%s", address);
    CHECK(pthread_mutex_init(&peer->mutex, NULL) == 0 && pthread_cond_init(&peer->changed, NULL) == 0);
    CHECK(nng_aio_alloc(&peer->lost_timer, lost_timer_done, peer) == 0);
    int result = peer_open(peer, address);
    if (result != 0) {
        peer_destroy(peer);
        return nng_status(result, "cannot dial", address, error);
    }
    *ret_peer = &peer->base;
    return STATUS_OK;
}

void nng_peer_free(struct transport_peer *base)
{
    struct nng_peer *peer = (struct nng_peer *)base;
    pthread_mutex_lock(&peer->mutex);
    peer->is_closing = true;
    pthread_mutex_unlock(&peer->mutex);
    nng_close(peer->socket);
    pthread_mutex_lock(&peer->mutex);
    while (peer->active > 0)
        pthread_cond_wait(&peer->changed, &peer->mutex);
    pthread_mutex_unlock(&peer->mutex);
    nng_aio_stop(peer->lost_timer);
    peer_destroy(peer);
}
