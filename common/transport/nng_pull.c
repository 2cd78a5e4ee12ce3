#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/transport/nng_internal.h"

#include <nng/protocol/pipeline0/pull.h>
#include <stdatomic.h>
#include <stdlib.h>

struct pull_listener {
    struct stream_listener base;
    nng_socket socket;
    nng_listener listener;
    nng_aio *aio; /* one, so that messages keep their order */
    char address[TRANSPORT_ADDRESS_BYTES];
    struct stream_receiver receiver;
    atomic_bool is_closing;
};

/* A stream_message is nng's own. */
struct stream_message *stream_message_create(size_t size)
{
    nng_msg *message;
    CHECK(nng_msg_alloc(&message, size) == 0);
    return (struct stream_message *)message;
}

void stream_message_free(struct stream_message *message)
{
    if (message != NULL)
        nng_msg_free((nng_msg *)message);
}

uint8_t *stream_message_bytes(struct stream_message *message)
{
    return nng_msg_body((nng_msg *)message);
}

size_t stream_message_size(struct stream_message *message)
{
    return nng_msg_len((nng_msg *)message);
}

void stream_message_cut(struct stream_message *message, size_t size)
{
    CHECK(size <= stream_message_size(message));
    CHECK(nng_msg_chop((nng_msg *)message, stream_message_size(message) - size) == 0);
}

static uint32_t connection_of(nng_pipe pipe)
{
    return (uint32_t)nng_pipe_id(pipe);
}

static void receive_done(void *argument)
{
    struct pull_listener *listener = argument;
    int result = nng_aio_result(listener->aio);
    if (result == 0) {
        nng_msg *message = nng_aio_get_msg(listener->aio);
        nng_aio_set_msg(listener->aio, NULL);
        listener->receiver.on_message(listener->receiver.context, connection_of(nng_msg_get_pipe(message)),
                                      (struct stream_message *)message);
    }
    if (result != NNG_ECLOSED)
        nng_recv_aio(listener->socket, listener->aio);
}

static void pipe_lost(nng_pipe pipe, nng_pipe_ev event, void *argument)
{
    (void)event;
    struct pull_listener *listener = argument;
    if (!atomic_load(&listener->is_closing))
        listener->receiver.on_lost(listener->receiver.context, connection_of(pipe));
}

static int listener_open(struct pull_listener *listener, const char *address)
{
    int result = nng_pull0_open(&listener->socket);
    if (result != 0)
        return result;
    if ((result = nng_socket_set_size(listener->socket, NNG_OPT_RECVMAXSZ, TRANSPORT_MAX_MESSAGE_BYTES)) ==
            0 &&
        (result = nng_pipe_notify(listener->socket, NNG_PIPE_EV_REM_POST, pipe_lost, listener)) == 0 &&
        (result = nng_listener_create(&listener->listener, listener->socket, address)) == 0)
        result = nng_listener_start(listener->listener, 0);
    if (result != 0)
        nng_close(listener->socket);
    return result;
}

static enum status pull_listen(struct transport *transport, const char *address,
                               const struct stream_receiver *receiver, struct stream_listener **ret_listener,
                               struct error *error)
{
    struct pull_listener *listener = mem_calloc(1, sizeof *listener);
    listener->base.ops = transport->ops->stream;
    listener->receiver = *receiver;
    atomic_init(&listener->is_closing, false);
    int result = listener_open(listener, address);
    if (result != 0) {
        free(listener);
        return nng_status(result, "cannot listen on", address, error);
    }
    nng_bound_address(listener->listener, address, listener->address);
    CHECK(nng_aio_alloc(&listener->aio, receive_done, listener) == 0);
    nng_recv_aio(listener->socket, listener->aio);
    *ret_listener = &listener->base;
    return STATUS_OK;
}

static const char *pull_listener_address(const struct stream_listener *listener)
{
    return ((const struct pull_listener *)listener)->address;
}

static void pull_listener_free(struct stream_listener *base)
{
    struct pull_listener *listener = (struct pull_listener *)base;
    atomic_store(&listener->is_closing, true);
    nng_close(listener->socket);
    nng_aio_stop(listener->aio);
    nng_aio_free(listener->aio);
    free(listener);
}

const struct stream_ops nng_stream_ops = {
    .listen = pull_listen,
    .listener_address = pull_listener_address,
    .listener_free = pull_listener_free,
    .dial = push_dial,
    .send = push_send,
    .peer_free = push_peer_free,
};
