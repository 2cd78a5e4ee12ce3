#include "common/transport/transport_internal.h"

void transport_free(struct transport *transport)
{
    if (transport != NULL)
        transport->ops->free(transport);
}

enum status transport_listen(struct transport *transport, const char *address,
                             transport_request_handler *handler, void *context,
                             struct transport_server **ret_server, struct error *error)
{
    return transport->ops->listen(transport, address, handler, context, ret_server, error);
}

const char *transport_server_address(const struct transport_server *server)
{
    return server->ops->server_address(server);
}

void transport_server_free(struct transport_server *server)
{
    if (server != NULL)
        server->ops->server_free(server);
}

void transport_request_reply(struct transport_request *request, enum status status, struct bytes_view payload,
                             const struct error *error)
{
    request->ops->reply(request, status, payload, error);
}

enum status transport_dial(struct transport *transport, const char *address,
                           transport_peer_callback *on_change, void *context,
                           struct transport_peer **ret_peer, struct error *error)
{
    return transport->ops->dial(transport, address, on_change, context, ret_peer, error);
}

void transport_call(struct transport_peer *peer, uint16_t method, struct bytes_view payload,
                    int64_t deadline_ms, transport_reply_callback *callback, void *context)
{
    peer->ops->call(peer, method, payload, deadline_ms, callback, context);
}

void transport_peer_free(struct transport_peer *peer)
{
    if (peer != NULL)
        peer->ops->peer_free(peer);
}
