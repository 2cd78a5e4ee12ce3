#pragma once

#include "common/base/buffer.h"
#include "common/base/status.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Request and reply between processes. A process listens on one address and dials others. Every call has a
 * deadline and is sent at most once: nothing is resent behind the caller's back, so a handler that matters is
 * idempotent by what its message carries. Addresses: tcp://host:port (port 0: any free one), inproc://name.
 *
 * Thread safety: all functions may be called from any thread. Handlers and callbacks run on the transport's
 * threads, must not block, and hand over to their owner's queue.
 */
struct transport;

struct transport_ops;

struct transport {
    const struct transport_ops *ops;
};

enum { TRANSPORT_MAX_MESSAGE_BYTES = 64 << 20, TRANSPORT_ADDRESS_BYTES = 128 };

/* A request to be answered once, by transport_request_reply, from any thread. Not answered in time, the
 * caller has a timeout. */
struct transport_request;

/* payload is the handler's only while it runs. */
typedef void transport_request_handler(void *context, struct transport_request *request, uint16_t method,
                                       struct bytes_view payload);
/* status OK: payload is the reply, valid during the callback. Otherwise *error says why: TIMEOUT,
 * UNAVAILABLE, or what the peer replied with. Called exactly once for each call. */
typedef void transport_reply_callback(void *context, enum status status, struct bytes_view payload,
                                      const struct error *error);
/* The peer's pipe went (true) and was not redialled within the grace period, or came (back) (false). */
typedef void transport_peer_callback(void *context, bool is_lost);

struct transport_server;
struct transport_peer;
struct stream_ops;

struct transport_ops {
    enum status (*listen)(struct transport *transport, const char *address,
                          transport_request_handler *handler, void *context,
                          struct transport_server **ret_server, struct error *error);
    const char *(*server_address)(const struct transport_server *server);
    void (*server_free)(struct transport_server *server);
    void (*reply)(struct transport_request *request, enum status status, struct bytes_view payload,
                  const struct error *error);
    enum status (*dial)(struct transport *transport, const char *address, transport_peer_callback *on_change,
                        void *context, struct transport_peer **ret_peer, struct error *error);
    void (*call)(struct transport_peer *peer, uint16_t method, struct bytes_view payload, int64_t deadline_ms,
                 transport_reply_callback *callback, void *context);
    void (*peer_free)(struct transport_peer *peer);
    void (*free)(struct transport *transport);
    const struct stream_ops *stream; /* stream_transport.h */
};

/* tcp:// and inproc://. Requests go over nng, streams over sockets of their own. */
struct transport *nng_transport_create(void);
void transport_free(struct transport *transport); /* servers and peers first */

STATUS_MUST_CHECK enum status transport_listen(struct transport *transport, const char *address,
                                               transport_request_handler *handler, void *context,
                                               struct transport_server **ret_server, struct error *error);
/* The address to dial, with the port that was chosen. */
const char *transport_server_address(const struct transport_server *server);
/* Waits for handlers that run; later requests are refused. */
void transport_server_free(struct transport_server *server);
/* error is read when status is not OK. Frees request. */
void transport_request_reply(struct transport_request *request, enum status status, struct bytes_view payload,
                             const struct error *error);
/* Returns at once; the connection is made and remade in the background. on_change may be NULL. */
STATUS_MUST_CHECK enum status transport_dial(struct transport *transport, const char *address,
                                             transport_peer_callback *on_change, void *context,
                                             struct transport_peer **ret_peer, struct error *error);
/* payload is copied. callback may be NULL: the reply is of no interest. */
void transport_call(struct transport_peer *peer, uint16_t method, struct bytes_view payload,
                    int64_t deadline_ms, transport_reply_callback *callback, void *context);
/* Calls under way end with CANCELLED; returns after their callbacks. Not from a callback. */
void transport_peer_free(struct transport_peer *peer);
