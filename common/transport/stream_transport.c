#include "common/transport/stream_transport.h"

#include "common/transport/transport_internal.h"

enum status stream_listen(struct transport *transport, const char *address,
                          const struct stream_receiver *receiver, struct stream_listener **ret_listener,
                          struct error *error)
{
    return transport->ops->stream->listen(transport, address, receiver, ret_listener, error);
}

const char *stream_listener_address(const struct stream_listener *listener)
{
    return listener->ops->listener_address(listener);
}

void stream_listener_free(struct stream_listener *listener)
{
    if (listener != NULL)
        listener->ops->listener_free(listener);
}

enum status stream_dial(struct transport *transport, const char *address, stream_peer_callback *on_change,
                        void *context, struct stream_peer **ret_peer, struct error *error)
{
    return transport->ops->stream->dial(transport, address, on_change, context, ret_peer, error);
}

void stream_send(struct stream_peer *peer, struct stream_message *message, stream_sent_callback *callback,
                 void *context)
{
    peer->ops->send(peer, message, callback, context);
}

void stream_peer_free(struct stream_peer *peer)
{
    if (peer != NULL)
        peer->ops->peer_free(peer);
}
