#include "common/base/status.h"

#include "common/base/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* A cut must not leave half a UTF-8 sequence at the end. */
static void trim_partial_utf8(char *text)
{
    size_t size = strlen(text);
    size_t start = size;
    while (start > 0 && size - start < 4 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return;
    unsigned char lead = (unsigned char)text[start - 1];
    size_t wanted = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (wanted > size - start + 1)
        text[start - 1] = '\0';
}

void error_clear(struct error *error)
{
    memset(error, 0, sizeof *error);
    error->subtask = -1;
}

static enum error_domain domain_of(enum status code)
{
    switch (code) {
    case STATUS_INVALID_ARGUMENT:
    case STATUS_UNSUPPORTED:
    case STATUS_NOT_FOUND:
    case STATUS_ALREADY_EXISTS: return ERROR_USER;
    case STATUS_INTERNAL: return ERROR_INTERNAL;
    default: return ERROR_EXTERNAL;
    }
}

enum status error_set_va(struct error *error, enum status code, const char *format, va_list arguments)
{
    CHECK(error != NULL && code != STATUS_OK);
    char message[ERROR_MESSAGE_BYTES];
    vsnprintf(message, sizeof message, format, arguments); /* arguments may point into *error */
    trim_partial_utf8(message);
    error_clear(error);
    error->code = code;
    error->domain = domain_of(code);
    error->retriable = code == STATUS_UNAVAILABLE || code == STATUS_TIMEOUT || code == STATUS_CONFLICT;
    error->fatal = code == STATUS_FENCED;
    memcpy(error->message, message, strlen(message) + 1);
    return code;
}

enum status error_set(struct error *error, enum status code, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    error_set_va(error, code, format, arguments);
    va_end(arguments);
    return code;
}

enum status error_set_errno(struct error *error, int errno_value, const char *format, ...)
{
    enum status code = errno_value == ENOENT   ? STATUS_NOT_FOUND
                       : errno_value == EEXIST ? STATUS_ALREADY_EXISTS
                                               : STATUS_IO;
    char message[ERROR_MESSAGE_BYTES];
    char reason[128];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return error_set(error, code, "%s: %s", message, strerror_r(errno_value, reason, sizeof reason));
}

enum status error_prefix(struct error *error, const char *format, ...)
{
    CHECK(error->code != STATUS_OK);
    char message[2 * ERROR_MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, ERROR_MESSAGE_BYTES, format, arguments);
    va_end(arguments);
    size_t size = strlen(message);
    snprintf(message + size, sizeof message - size, ": %s", error->message);
    message[ERROR_MESSAGE_BYTES - 1] = '\0';
    trim_partial_utf8(message);
    memcpy(error->message, message, strlen(message) + 1);
    return error->code;
}

const char *status_name(enum status status)
{
    switch (status) {
    case STATUS_OK: return "ok";
    case STATUS_INVALID_ARGUMENT: return "invalid argument";
    case STATUS_NOT_FOUND: return "not found";
    case STATUS_ALREADY_EXISTS: return "already exists";
    case STATUS_CONFLICT: return "conflict";
    case STATUS_UNAVAILABLE: return "unavailable";
    case STATUS_TIMEOUT: return "timeout";
    case STATUS_CANCELLED: return "cancelled";
    case STATUS_FENCED: return "fenced";
    case STATUS_CORRUPT: return "corrupt";
    case STATUS_IO: return "input/output error";
    case STATUS_EXHAUSTED: return "exhausted";
    case STATUS_UNSUPPORTED: return "unsupported";
    case STATUS_INTERNAL: return "internal error";
    }
    return "unknown";
}
