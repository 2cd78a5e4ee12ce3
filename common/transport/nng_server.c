#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/refcount.h"
#include "common/transport/nng_internal.h"

#include <nng/protocol/reqrep0/rep.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* As many requests may wait for their reply at once; more wait in the sockets. */
enum { SERVER_CONTEXTS = 64 };

/*
 * One context of the reply socket. It receives, is handed to the handler as the request, and after its reply
 * receives again. States: receiving (nng owns it), with the handler or whoever replies, sending (nng owns
 * it).
 */
struct nng_server_slot {
    struct transport_request base;
    struct nng_server *server;
    nng_ctx context;
    nng_aio *aio;
    bool is_sending;
};

struct nng_server {
    struct transport_server base;
    nng_socket socket;
    nng_listener listener;
    char address[TRANSPORT_ADDRESS_BYTES];
    transport_request_handler *handler;
    void *handler_context;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_closing;
    unsigned running_handlers;
    struct refcount refs; /* one for the owner, one for each request out for a reply */
    struct nng_server_slot slots[SERVER_CONTEXTS];
};

static void server_unref(struct nng_server *server)
{
    if (!refcount_drop(&server->refs))
        return;
    for (int i = 0; i < SERVER_CONTEXTS; i++)
        nng_aio_free(server->slots[i].aio);
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->mutex);
    free(server);
}

static void slot_receive(struct nng_server_slot *slot)
{
    slot->is_sending = false;
    nng_ctx_recv(slot->context, slot->aio);
}

static void slot_send(struct nng_server_slot *slot, nng_msg *message)
{
    slot->is_sending = true;
    nng_aio_set_msg(slot->aio, message);
    nng_ctx_send(slot->context, slot->aio);
}

static bool handler_begin(struct nng_server *server)
{
    pthread_mutex_lock(&server->mutex);
    bool allowed = !server->is_closing;
    server->running_handlers += allowed;
    pthread_mutex_unlock(&server->mutex);
    return allowed;
}

static void handler_end(struct nng_server *server)
{
    pthread_mutex_lock(&server->mutex);
    server->running_handlers--;
    pthread_cond_broadcast(&server->changed);
    pthread_mutex_unlock(&server->mutex);
}

static void slot_handle(struct nng_server_slot *slot, nng_msg *message)
{
    struct nng_server *server = slot->server;
    uint16_t method;
    struct bytes_view body;
    struct error error;
    if (frame_parse(message, &method, &body, &error) != STATUS_OK) {
        slot_send(slot, frame_create_error(error.code, &error));
    } else if (handler_begin(server)) {
        refcount_take(&server->refs);
        server->handler(server->handler_context, &slot->base, method, body);
        handler_end(server);
    }
    nng_msg_free(message);
}

static void slot_done(void *argument)
{
    struct nng_server_slot *slot = argument;
    int result = nng_aio_result(slot->aio);
    if (slot->is_sending) {
        if (result != 0) /* nng leaves the message with us when it could not be sent */
            nng_msg_free(nng_aio_get_msg(slot->aio));
        if (result != NNG_ECLOSED)
            slot_receive(slot);
    } else if (result == 0) {
        nng_msg *message = nng_aio_get_msg(slot->aio);
        nng_aio_set_msg(slot->aio, NULL);
        slot_handle(slot, message);
    } else if (result != NNG_ECLOSED) {
        slot_receive(slot);
    }
}

static int server_open(struct nng_server *server, const char *address)
{
    int result = nng_rep0_open(&server->socket);
    if (result != 0)
        return result;
    result = nng_socket_set_size(server->socket, NNG_OPT_RECVMAXSZ, TRANSPORT_MAX_MESSAGE_BYTES);
    if (result == 0)
        result = nng_listener_create(&server->listener, server->socket, address);
    if (result == 0)
        result = nng_listener_start(server->listener, 0);
    if (result != 0)
        nng_close(server->socket);
    return result;
}

enum status nng_server_listen(struct transport *transport, const char *address,
                              transport_request_handler *handler, void *context,
                              struct transport_server **ret_server, struct error *error)
{
    struct nng_server *server = mem_calloc(1, sizeof *server);
    server->base.ops = transport->ops;
    server->handler = handler;
    server->handler_context = context;
    int result = server_open(server, address);
    if (result != 0) {
        free(server);
        return nng_status(result, "cannot listen on", address, error);
    }
    CHECK(pthread_mutex_init(&server->mutex, NULL) == 0 && pthread_cond_init(&server->changed, NULL) == 0);
    refcount_init(&server->refs);
    nng_bound_address(server->listener, address, server->address);
    for (int i = 0; i < SERVER_CONTEXTS; i++) {
        struct nng_server_slot *slot = &server->slots[i];
        slot->base.ops = transport->ops;
        slot->server = server;
        CHECK(nng_ctx_open(&slot->context, server->socket) == 0 &&
              nng_aio_alloc(&slot->aio, slot_done, slot) == 0);
    }
    for (int i = 0; i < SERVER_CONTEXTS; i++)
        slot_receive(&server->slots[i]);
    *ret_server = &server->base;
    return STATUS_OK;
}

const char *nng_server_address(const struct transport_server *server)
{
    return ((const struct nng_server *)server)->address;
}

void nng_server_free(struct transport_server *base)
{
    struct nng_server *server = (struct nng_server *)base;
    pthread_mutex_lock(&server->mutex);
    server->is_closing = true;
    while (server->running_handlers > 0)
        pthread_cond_wait(&server->changed, &server->mutex);
    pthread_mutex_unlock(&server->mutex);
    nng_close(server->socket);
    for (int i = 0; i < SERVER_CONTEXTS; i++)
        nng_aio_wait(server->slots[i].aio);
    server_unref(server);
}

void nng_server_reply(struct transport_request *request, enum status status, struct bytes_view payload,
                      const struct error *error)
{
    struct nng_server_slot *slot = (struct nng_server_slot *)request;
    struct nng_server *server = slot->server;
    nng_msg *message =
        status == STATUS_OK ? frame_create(STATUS_OK, payload) : frame_create_error(status, error);
    pthread_mutex_lock(&server->mutex);
    if (server->is_closing)
        nng_msg_free(message);
    else
        slot_send(slot, message);
    pthread_mutex_unlock(&server->mutex);
    server_unref(server);
}
