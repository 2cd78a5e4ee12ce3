#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/transport/nng_internal.h"

#include <stdio.h>
#include <string.h>

enum { ERROR_RETRIABLE = 1, ERROR_FATAL = 2, ERROR_DOMAIN_SHIFT = 2, ERROR_HEAD_BYTES = 1 };

enum status nng_status(int nng_error, const char *what, const char *address, struct error *error)
{
    enum status code = nng_error == NNG_ETIMEDOUT                               ? STATUS_TIMEOUT
                       : nng_error == NNG_ECLOSED || nng_error == NNG_ECANCELED ? STATUS_CANCELLED
                       : nng_error == NNG_EADDRINUSE                            ? STATUS_ALREADY_EXISTS
                       : nng_error == NNG_EADDRINVAL || nng_error == NNG_EINVAL || nng_error == NNG_ENOTSUP
                           ? STATUS_INVALID_ARGUMENT
                           : STATUS_UNAVAILABLE;
    return error_set(error, code, "%s %s: %s", what, address, nng_strerror(nng_error));
}

void nng_bound_address(nng_listener listener, const char *address, char ret_address[TRANSPORT_ADDRESS_BYTES])
{
    int port;
    const char *colon = strrchr(address, ':');
    if (strncmp(address, "tcp://", 6) == 0 && colon != NULL &&
        nng_listener_get_int(listener, NNG_OPT_TCP_BOUND_PORT, &port) == 0)
        snprintf(ret_address, TRANSPORT_ADDRESS_BYTES, "%.*s:%d", (int)(colon - address), address, port);
    else
        snprintf(ret_address, TRANSPORT_ADDRESS_BYTES, "%s", address);
}

static void put_le16(uint8_t *bytes, uint16_t value)
{
    bytes[0] = (uint8_t)value;
    bytes[1] = (uint8_t)(value >> 8);
}

nng_msg *frame_create(uint16_t code, struct bytes_view body)
{
    nng_msg *message;
    CHECK(nng_msg_alloc(&message, FRAME_HEAD_BYTES + body.size) == 0);
    uint8_t *bytes = nng_msg_body(message);
    put_le16(bytes + 4, code);
    if (body.size > 0)
        memcpy(bytes + FRAME_HEAD_BYTES, body.data, body.size);
    uint32_t crc = hash_crc32c(0, bytes + 4, body.size + 2);
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(crc >> (8 * i));
    return message;
}

enum status frame_parse(nng_msg *message, uint16_t *ret_code, struct bytes_view *ret_body,
                        struct error *error)
{
    const uint8_t *bytes = nng_msg_body(message);
    size_t size = nng_msg_len(message);
    if (size < FRAME_HEAD_BYTES)
        return error_set(error, STATUS_CORRUPT, "frame of %zu bytes is too short", size);
    uint32_t stored = 0;
    for (int i = 3; i >= 0; i--)
        stored = (stored << 8) | bytes[i];
    if (stored != hash_crc32c(0, bytes + 4, size - 4))
        return error_set(error, STATUS_CORRUPT, "frame with a wrong checksum");
    *ret_code = (uint16_t)(bytes[4] | bytes[5] << 8);
    *ret_body = (struct bytes_view){bytes + FRAME_HEAD_BYTES, size - FRAME_HEAD_BYTES};
    return STATUS_OK;
}

nng_msg *frame_create_error(enum status status, const struct error *error)
{
    uint8_t body[ERROR_HEAD_BYTES + ERROR_MESSAGE_BYTES];
    size_t size = strlen(error->message);
    body[0] = (uint8_t)((error->retriable ? ERROR_RETRIABLE : 0) | (error->fatal ? ERROR_FATAL : 0) |
                        (error->domain << ERROR_DOMAIN_SHIFT));
    memcpy(body + ERROR_HEAD_BYTES, error->message, size);
    return frame_create((uint16_t)status, (struct bytes_view){body, ERROR_HEAD_BYTES + size});
}

void frame_parse_error(uint16_t code, struct bytes_view body, struct error *ret_error)
{
    enum status status = code <= STATUS_INTERNAL ? (enum status)code : STATUS_INTERNAL;
    if (body.size < ERROR_HEAD_BYTES) {
        (void)error_set(ret_error, status, "the peer replied: %s", status_name(status));
        return;
    }
    (void)error_set(ret_error, status, "%.*s", (int)(body.size - ERROR_HEAD_BYTES),
                    (const char *)body.data + ERROR_HEAD_BYTES);
    unsigned domain = body.data[0] >> ERROR_DOMAIN_SHIFT;
    ret_error->retriable = (body.data[0] & ERROR_RETRIABLE) != 0;
    ret_error->fatal = (body.data[0] & ERROR_FATAL) != 0;
    ret_error->domain = domain <= ERROR_INTERNAL ? (enum error_domain)domain : ERROR_INTERNAL;
}
