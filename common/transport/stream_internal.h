#pragma once

#include "common/transport/transport_internal.h"

#include <netdb.h>
#include <sys/socket.h>

/*
 * On the wire: STREAM_PREFACE once, from who dials, then each message as a little-endian u32 of its size and
 * its bytes. Nothing goes the other way.
 */
#define STREAM_PREFACE "FRZSTRM1"
enum { STREAM_PREFACE_BYTES = 8, STREAM_HEAD_BYTES = 4 };

struct stream_message {
    size_t size;
    uint8_t bytes[];
};

/* stream_message.c: the messages of a connection that does block. */

struct stream_reader *stream_reader_create(int fd);
/* Waits for the preface; false: there is none. */
bool stream_reader_begin(struct stream_reader *reader);
void stream_reader_free(struct stream_reader *reader);
/* Waits for the next one; NULL: the connection has ended, or what came is no message. */
struct stream_message *stream_reader_next(struct stream_reader *reader);

/* stream_address.c */

/* A socket that listens, and the address to dial: tcp://host:0 has become a port of the system's choice. */
STATUS_MUST_CHECK enum status stream_open_listener(const char *address, int *ret_fd,
                                                   char ret_address[TRANSPORT_ADDRESS_BYTES],
                                                   struct error *error);
/* Whether the address can be dialled at all. */
STATUS_MUST_CHECK enum status stream_check_address(const char *address, struct error *error);
/* Where a name leads to; freed with freeaddrinfo. NULL: nowhere now, or the address needs no resolving. May
 * take as long as the resolver likes. */
struct addrinfo *stream_resolve(const char *address);
/* A connected socket that does not block, or -1: nobody is there, or wake_fd became readable. */
int stream_connect(const char *address, const struct addrinfo *found, int wake_fd, int timeout_ms);

/* A descriptor that a thread waits on, and others wake it by. */
int stream_wake_create(void);
void stream_wake(int wake_fd);
void stream_wake_clear(int wake_fd);

/* stream_peer.c */
enum status stream_peer_dial(struct transport *transport, const char *address,
                             stream_peer_callback *on_change, void *context, struct stream_peer **ret_peer,
                             struct error *error);
void stream_peer_send(struct stream_peer *peer, struct stream_message *message,
                      stream_sent_callback *callback, void *context);
void stream_peer_destroy(struct stream_peer *peer);
