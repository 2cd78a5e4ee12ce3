#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Errors are values. A fallible function returns an enum status and fills a caller-owned struct error, its
 * last parameter. On success the error is left as it was, on failure every ret_ parameter is.
 */
enum status {
    STATUS_OK = 0,
    STATUS_INVALID_ARGUMENT, /* the input is wrong: SQL, option, request */
    STATUS_NOT_FOUND,
    STATUS_ALREADY_EXISTS,
    STATUS_CONFLICT,    /* somebody else changed what was asserted; read again and retry */
    STATUS_UNAVAILABLE, /* a peer or service cannot be reached now */
    STATUS_TIMEOUT,
    STATUS_CANCELLED,
    STATUS_FENCED,      /* a newer epoch, attempt or claim exists: stop for good */
    STATUS_CORRUPT,     /* bytes that fail a checksum or do not parse */
    STATUS_IO,          /* the operating system refused */
    STATUS_EXHAUSTED,   /* a configured bound is reached */
    STATUS_UNSUPPORTED, /* meaningful, not implemented */
    STATUS_INTERNAL,
};

enum error_domain { ERROR_USER, ERROR_EXTERNAL, ERROR_INTERNAL };

enum { ERROR_MESSAGE_BYTES = 1024, ERROR_OPERATOR_BYTES = 64 };

struct error {
    enum status code;
    enum error_domain domain;
    bool retriable; /* the same call may succeed later */
    bool fatal;     /* the job must not be restarted */
    uint32_t line;  /* 1-based position in the SQL text, 0 when none */
    uint32_t column;
    int32_t subtask;                          /* -1 when none */
    char operator_name[ERROR_OPERATOR_BYTES]; /* "" when none */
    char message[ERROR_MESSAGE_BYTES];        /* always terminated, cut at a UTF-8 boundary */
};

#define STATUS_MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(format_index, first_argument)                                                            \
    __attribute__((format(printf, format_index, first_argument)))

/* Fills *error and returns code, so that `return error_set(...)` reads as one step. Domain and flags follow
 * from the code (UNAVAILABLE, TIMEOUT and CONFLICT are retriable; FENCED is fatal) and may be changed by the
 * caller after. */
enum status error_set(struct error *error, enum status code, const char *format, ...) PRINTF_LIKE(3, 4);
enum status error_set_va(struct error *error, enum status code, const char *format, va_list arguments);

/* As error_set with STATUS_IO (ENOENT: NOT_FOUND, EEXIST: ALREADY_EXISTS) and ": strerror(errno)" appended.
 */
enum status error_set_errno(struct error *error, int errno_value, const char *format, ...) PRINTF_LIKE(3, 4);

/* Puts context before the message of a failed call, "context: message", and returns its code. */
enum status error_prefix(struct error *error, const char *format, ...) PRINTF_LIKE(2, 3);

/* A cleared error; a struct error need not be initialised before a call. */
void error_clear(struct error *error);

const char *status_name(enum status status);
