#pragma once

#include "common/columnar/schema.h"
#include "taskmanager/formats/json/json_decoder.h"

/*
 * Every message is first copied into a buffer with zero bytes behind it, which every scanner stops at: none
 * has to compare with the end, and each may read a block of JSON_BLOCK bytes wherever it stands.
 *
 * Functions that read take the place to read from and return the place behind what they read, or NULL after
 * json_fail.
 */
enum {
    JSON_BLOCK = 32,
    JSON_ZEROS = 64,
    JSON_PADDING = JSON_ZEROS + 2 * JSON_BLOCK,
    JSON_DEPTH_MAX = 1000, /* objects and arrays within each other, as in Jackson */
    JSON_EXPECTED_MAX = 256,
    JSON_EXPECTED_BYTES = 96,
    JSON_DATE_BYTES = 10,
};

/* What stood between one value and the next in the message that was learnt: `, "event_time": `. */
struct json_expected {
    char text[JSON_EXPECTED_BYTES]; /* zero padded */
    uint32_t size;                  /* 0: too long to keep, matches nothing */
    int32_t column;                 /* -1: a field that is not wanted */
    uint64_t key_hash;
    bool is_end; /* the brace that closes the message */
};

struct json_key {
    uint64_t hash;
    int32_t column; /* -1: a free slot */
};

struct json_decoder {
    struct format_decoder base;
    struct schema *schema;
    struct json_format_config config;
    struct json_key *keys; /* open addressing; a power of two of slots */
    uint32_t key_mask;
    uint64_t *seen; /* a bit for each column that the message under way gave */
    uint64_t *all;  /* seen when nothing is missing */
    uint32_t seen_words;

    struct json_expected *expected; /* the field order of the last message that differed */
    uint32_t num_expected;

    char *text; /* of the message under way, padded */
    size_t text_size;
    size_t text_capacity;
    struct vector *const *columns;
    uint32_t row;
    struct string_heap *heap; /* of the batch under way */
    char *out;                /* where its next text goes; there is room for the rest of the message */
    struct buffer scratch;    /* strings that are converted, keys with escapes */

    char date[JSON_DATE_BYTES]; /* the last date read: most records of a batch share it */
    int32_t date_days;

    size_t failure_offset;
    char failure_reason[FORMAT_REASON_BYTES];
};

/* Notes the failure and returns NULL. */
const char *json_fail(struct json_decoder *decoder, const char *at, const char *format, ...)
    PRINTF_LIKE(3, 4);

static inline bool json_is_space(char c)
{
    return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

static inline const char *json_skip_space(const char *at)
{
    while (json_is_space(*at))
        at++;
    return at;
}

static inline bool json_is_digit(char c)
{
    return (unsigned char)(c - '0') <= 9;
}

/* json_text.c. `at` is behind the opening quote; the result behind the closing one. Room at out: the string's
 * bytes and JSON_BLOCK. */
const char *json_copy_string(struct json_decoder *decoder, const char *at, char *out, char **ret_out_end);
const char *json_skip_string(struct json_decoder *decoder, const char *at);
/* The string unescaped into scratch, terminated; at is at the opening quote. */
const char *json_scratch_string(struct json_decoder *decoder, const char *at);
/* Copies the message into decoder->text; false when it is not ASCII. */
bool json_take_message(struct json_decoder *decoder, const struct format_message *message);

/* json_utf8.c: the first byte that is not part of well-formed UTF-8, or size. */
size_t json_utf8_validate(const char *text, size_t size);

/* json_skip.c. */
const char *json_skip_value(struct json_decoder *decoder, const char *at);
/* Behind the number at `at`, by JSON's grammar; sets *ret_is_integer. */
const char *json_scan_number(struct json_decoder *decoder, const char *at, bool *ret_is_integer);
const char *json_expect_literal(struct json_decoder *decoder, const char *at, const char *literal);

/* json_member.c: keys and the expected order. */
uint64_t json_key_hash(const char *key, size_t size);
void json_keys_create(struct json_decoder *decoder);
/* Reads `{` or `,` or `}` and, unless at the end, the next key and its colon. */
const char *json_next_member(struct json_decoder *decoder, const char *at, bool is_first, int32_t *ret_column,
                             uint64_t *ret_key_hash, bool *ret_is_end);
void json_learn(struct json_decoder *decoder);

/* json_value.c: the value at `at` into row decoder->row of the column; a null too. */
const char *json_read_value(struct json_decoder *decoder, const char *at, uint32_t column);
const char *json_set_null(struct json_decoder *decoder, const char *at, uint32_t column, const char *why);

/* json_number.c. */
const char *json_read_integer(struct json_decoder *decoder, const char *at, int64_t *ret_value);
const char *json_read_double(struct json_decoder *decoder, const char *at, double *ret_value);
const char *json_read_decimal(struct json_decoder *decoder, const char *at, struct data_type type,
                              int128_t *ret_value);

/* json_time.c. */
const char *json_read_date(struct json_decoder *decoder, const char *at, int32_t *ret_days);
const char *json_read_timestamp(struct json_decoder *decoder, const char *at, struct data_type type,
                                int64_t *ret_us);

/* json_bytes.c: a base64 string, decoded to decoder->out. */
const char *json_read_base64(struct json_decoder *decoder, const char *at, struct string_value *ret_value);
