#pragma once

#include "common/transport/transport.h"

/* Every request is answered through the transport it came from: each implementation's request begins with
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
