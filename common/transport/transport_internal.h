#pragma once

#include "common/transport/stream_transport.h"

/* What belongs to a transport is used through the transport it came from: each implementation's begins with
 * this. */
struct transport_request {
    const struct transport_ops *ops;
};
struct transport_server {
    const struct transport_ops *ops;
};
struct transport_peer {
    const struct transport_ops *ops;
};
struct stream_listener {
    const struct stream_ops *ops;
};
struct stream_peer {
    const struct stream_ops *ops;
};

/* Over sockets: tcp:// and inproc://, whichever transport carries the requests. */
extern const struct stream_ops socket_stream_ops;
