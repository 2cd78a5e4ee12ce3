#pragma once

#include "common/base/buffer.h"

/* The letters of Java's DateTimeFormatter that Flink's users write: y u M d D E a H h k K m s S, quoted text,
 * and whatever is no letter as itself. */
enum { DATE_PATTERN_MAX_TOKENS = 48 };

struct date_pattern_token {
    char letter;    /* 0: literal text */
    uint8_t count;  /* how often the letter stands */
    uint16_t start; /* of literal text, in the pattern */
    uint16_t size;
};

/* Refers to the pattern's text. */
struct date_pattern {
    const char *text;
    uint32_t num_tokens;
    struct date_pattern_token tokens[DATE_PATTERN_MAX_TOKENS];
};

STATUS_MUST_CHECK enum status date_pattern_compile(const char *text, size_t size,
                                                   struct date_pattern *ret_pattern, struct error *error);
void date_pattern_format(const struct date_pattern *pattern, int64_t us, struct buffer *buffer);
/* False when the text does not match; fields that the pattern lacks are those of 1970-01-01 00:00. */
bool date_pattern_parse(const struct date_pattern *pattern, const char *text, size_t size, int64_t *ret_us);
