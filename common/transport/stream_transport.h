#pragma once

#include "common/transport/transport.h"

/*
 * Messages one way between processes: the data plane. A process listens on one address for all of its peers,
 * and keeps one connection to each peer that it sends to.
 *
 * The messages of one connection arrive in the order of their sending, each of them whole. What was under way
 * when a connection ended is lost, and nobody is told which: whoever needs to know numbers what he sends, and
 * bounds how much of it is under way. Addresses are those of transport.h.
 *
 * Thread safety: all functions may be called from any thread. Callbacks run on the transport's threads, one
 * for each connection, and must not block.
 */

/* Bytes with one owner, who moves them on. */
struct stream_message;

/* The content is to be filled in. */
struct stream_message *stream_message_create(size_t size);
void stream_message_free(struct stream_message *message);
uint8_t *stream_message_bytes(struct stream_message *message);
size_t stream_message_size(const struct stream_message *message);
/* Keeps the first size bytes. */
void stream_message_cut(struct stream_message *message, size_t size);

struct stream_listener;
struct stream_peer;

struct stream_receiver {
    /* Owns message from here on. One call at a time for a connection. */
    void (*on_message)(void *context, uint32_t connection, struct stream_message *message);
    /* The connection brings nothing any more. Connections are numbered from 1. */
    void (*on_lost)(void *context, uint32_t connection);
    void *context;
};

/* A connection came, or went. It is dialled again in the background for as long as the peer is there. */
typedef void stream_peer_callback(void *context, bool is_connected);
/* Called once for each message: OK, the connection took it (it may be lost all the same), else it is gone.
 * Perhaps by the thread that sends, before stream_send returns. */
typedef void stream_sent_callback(void *context, enum status status);

struct stream_ops {
    enum status (*listen)(struct transport *transport, const char *address,
                          const struct stream_receiver *receiver, struct stream_listener **ret_listener,
                          struct error *error);
    const char *(*listener_address)(const struct stream_listener *listener);
    void (*listener_free)(struct stream_listener *listener);
    enum status (*dial)(struct transport *transport, const char *address, stream_peer_callback *on_change,
                        void *context, struct stream_peer **ret_peer, struct error *error);
    void (*send)(struct stream_peer *peer, struct stream_message *message, stream_sent_callback *callback,
                 void *context);
    void (*peer_free)(struct stream_peer *peer);
};

STATUS_MUST_CHECK enum status stream_listen(struct transport *transport, const char *address,
                                            const struct stream_receiver *receiver,
                                            struct stream_listener **ret_listener, struct error *error);
/* The address to dial, with the port that was chosen. */
const char *stream_listener_address(const struct stream_listener *listener);
/* Returns after the last callback. Not from a callback. */
void stream_listener_free(struct stream_listener *listener);

/* Returns at once. on_change may be NULL. */
STATUS_MUST_CHECK enum status stream_dial(struct transport *transport, const char *address,
                                          stream_peer_callback *on_change, void *context,
                                          struct stream_peer **ret_peer, struct error *error);
/* Takes message. Without a connection it waits for one. callback may be NULL. */
void stream_send(struct stream_peer *peer, struct stream_message *message, stream_sent_callback *callback,
                 void *context);
/* Messages that wait are gone, with CANCELLED. Returns after the last callback. Not from a callback. */
void stream_peer_free(struct stream_peer *peer);
