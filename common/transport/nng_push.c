#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/transport/nng_internal.h"

#include <nng/protocol/pipeline0/push.h>
#include <pthread.h>
#include <stdlib.h>

/* One message under way; reused after. */
struct pending_send {
    struct push_peer *peer;
    struct pending_send *next; /* in the peer's list of idle ones */
    nng_aio *aio;
    stream_sent_callback *callback;
    void *callback_context;
};

struct push_peer {
    struct stream_peer base;
    nng_socket socket;
    stream_peer_callback *on_change;
    void *change_context;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    /* Under mutex: */
    struct pending_send *idle;
    unsigned active; /* messages whose callback has not returned */
    bool is_closing;
};

static void send_done(void *argument)
{
    struct pending_send *send = argument;
    struct push_peer *peer = send->peer;
    int result = nng_aio_result(send->aio);
    if (result != 0) /* an unsent message stays ours */
        nng_msg_free(nng_aio_get_msg(send->aio));
    nng_aio_set_msg(send->aio, NULL);
    if (send->callback != NULL)
        send->callback(send->callback_context, result == 0               ? STATUS_OK
                                               : result == NNG_ECLOSED   ? STATUS_CANCELLED
                                               : result == NNG_ECANCELED ? STATUS_CANCELLED
                                                                         : STATUS_UNAVAILABLE);
    pthread_mutex_lock(&peer->mutex);
    send->next = peer->idle;
    peer->idle = send;
    peer->active--;
    pthread_cond_broadcast(&peer->changed);
    pthread_mutex_unlock(&peer->mutex);
}

static struct pending_send *send_take(struct push_peer *peer)
{
    pthread_mutex_lock(&peer->mutex);
    CHECK(!peer->is_closing);
    struct pending_send *send = peer->idle;
    if (send != NULL)
        peer->idle = send->next;
    peer->active++;
    pthread_mutex_unlock(&peer->mutex);
    if (send == NULL) {
        send = mem_calloc(1, sizeof *send);
        send->peer = peer;
        CHECK(nng_aio_alloc(&send->aio, send_done, send) == 0);
    }
    return send;
}

void push_send(struct stream_peer *base, struct stream_message *message, stream_sent_callback *callback,
               void *context)
{
    struct push_peer *peer = (struct push_peer *)base;
    CHECK(stream_message_size(message) <= TRANSPORT_MAX_MESSAGE_BYTES);
    struct pending_send *send = send_take(peer);
    send->callback = callback;
    send->callback_context = context;
    nng_aio_set_msg(send->aio, (nng_msg *)message);
    nng_send_aio(peer->socket, send->aio);
}

static void pipe_changed(nng_pipe pipe, nng_pipe_ev event, void *argument)
{
    (void)pipe;
    struct push_peer *peer = argument;
    pthread_mutex_lock(&peer->mutex);
    bool is_closing = peer->is_closing;
    pthread_mutex_unlock(&peer->mutex);
    if (!is_closing && peer->on_change != NULL)
        peer->on_change(peer->change_context, event == NNG_PIPE_EV_ADD_POST);
}

static int peer_open(struct push_peer *peer, const char *address)
{
    int result = nng_push0_open(&peer->socket);
    if (result != 0)
        return result;
    if ((result = nng_socket_set_ms(peer->socket, NNG_OPT_RECONNMINT, REDIAL_MIN_MS)) == 0 &&
        (result = nng_socket_set_ms(peer->socket, NNG_OPT_RECONNMAXT, REDIAL_MAX_MS)) == 0 &&
        (result = nng_pipe_notify(peer->socket, NNG_PIPE_EV_ADD_POST, pipe_changed, peer)) == 0 &&
        (result = nng_pipe_notify(peer->socket, NNG_PIPE_EV_REM_POST, pipe_changed, peer)) == 0)
        result = nng_dial(peer->socket, address, NULL, NNG_FLAG_NONBLOCK);
    if (result != 0)
        nng_close(peer->socket);
    return result;
}

static void peer_destroy(struct push_peer *peer)
{
    while (peer->idle != NULL) {
        struct pending_send *send = peer->idle;
        peer->idle = send->next;
        nng_aio_free(send->aio);
        free(send);
    }
    pthread_cond_destroy(&peer->changed);
    pthread_mutex_destroy(&peer->mutex);
    free(peer);
}

enum status push_dial(struct transport *transport, const char *address, stream_peer_callback *on_change,
                      void *context, struct stream_peer **ret_peer, struct error *error)
{
    struct push_peer *peer = mem_calloc(1, sizeof *peer);
    peer->base.ops = transport->ops->stream;
    peer->on_change = on_change;
    peer->change_context = context;
    CHECK(pthread_mutex_init(&peer->mutex, NULL) == 0 && pthread_cond_init(&peer->changed, NULL) == 0);
    int result = peer_open(peer, address);
    if (result != 0) {
        peer_destroy(peer);
        return nng_status(result, "cannot dial", address, error);
    }
    *ret_peer = &peer->base;
    return STATUS_OK;
}

void push_peer_free(struct stream_peer *base)
{
    struct push_peer *peer = (struct push_peer *)base;
    pthread_mutex_lock(&peer->mutex);
    peer->is_closing = true;
    pthread_mutex_unlock(&peer->mutex);
    nng_close(peer->socket);
    pthread_mutex_lock(&peer->mutex);
    while (peer->active > 0)
        pthread_cond_wait(&peer->changed, &peer->mutex);
    pthread_mutex_unlock(&peer->mutex);
    peer_destroy(peer);
}
