#include "common/base/memory.h"
#include "common/transport/nng_internal.h"

#include <stdlib.h>

static void nng_transport_free(struct transport *transport)
{
    free(transport);
}

static const struct transport_ops nng_transport_ops = {
    .listen = nng_server_listen,
    .server_address = nng_server_address,
    .server_free = nng_server_free,
    .reply = nng_server_reply,
    .dial = nng_peer_dial,
    .call = nng_peer_call,
    .peer_free = nng_peer_free,
    .free = nng_transport_free,
    .stream = &socket_stream_ops,
};

struct transport *nng_transport_create(void)
{
    struct transport *transport = mem_alloc(sizeof *transport);
    transport->ops = &nng_transport_ops;
    return transport;
}
