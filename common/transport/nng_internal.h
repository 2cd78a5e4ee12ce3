#pragma once

#include "common/transport/transport_internal.h"

#include <nng/nng.h>

/*
 * A frame is a checksum over all that follows, a 16-bit code and a body, little endian. Of a request the code
 * is the method, of a reply the status; the body of a reply that is not OK is flags and the message of an
 * error.
 */
enum { FRAME_HEAD_BYTES = 6 };

/* How soon a peer that is not there is dialled again. */
enum { REDIAL_MIN_MS = 20, REDIAL_MAX_MS = 200 };

enum status nng_status(int nng_error, const char *what, const char *address, struct error *error);
/* The address to dial: tcp://host:0 has become a port of the system's choice. */
void nng_bound_address(nng_listener listener, const char *address, char ret_address[TRANSPORT_ADDRESS_BYTES]);

/* NULL only when memory is exhausted inside nng. */
nng_msg *frame_create(uint16_t code, struct bytes_view body);
STATUS_MUST_CHECK enum status frame_parse(nng_msg *message, uint16_t *ret_code, struct bytes_view *ret_body,
                                          struct error *error);
nng_msg *frame_create_error(enum status status, const struct error *error);
/* Rebuilds the error that a reply carries; body as frame_parse gave it. */
void frame_parse_error(uint16_t code, struct bytes_view body, struct error *ret_error);

struct transport_server;
enum status nng_server_listen(struct transport *transport, const char *address,
                              transport_request_handler *handler, void *context,
                              struct transport_server **ret_server, struct error *error);
const char *nng_server_address(const struct transport_server *server);
void nng_server_free(struct transport_server *server);
void nng_server_reply(struct transport_request *request, enum status status, struct bytes_view payload,
                      const struct error *error);

enum status nng_peer_dial(struct transport *transport, const char *address,
                          transport_peer_callback *on_change, void *context, struct transport_peer **ret_peer,
                          struct error *error);
void nng_peer_call(struct transport_peer *peer, uint16_t method, struct bytes_view payload,
                   int64_t deadline_ms, transport_reply_callback *callback, void *context);
void nng_peer_free(struct transport_peer *peer);
