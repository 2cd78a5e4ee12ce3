#include "taskmanager/formats/json/json_internal.h"

#include <string.h>

const char *json_expect_literal(struct json_decoder *decoder, const char *at, const char *literal)
{
    size_t size = strlen(literal);
    if (strncmp(at, literal, size) != 0)
        return json_fail(decoder, at, "no value of JSON begins here");
    return at + size;
}

static const char *skip_digits(struct json_decoder *decoder, const char *at)
{
    if (!json_is_digit(*at))
        return json_fail(decoder, at, "a digit is missing in a number");
    while (json_is_digit(*at))
        at++;
    return at;
}

const char *json_scan_number(struct json_decoder *decoder, const char *at, bool *ret_is_integer)
{
    bool is_integer = true;
    const char *digits = at + (*at == '-');
    if (digits == at && !json_is_digit(*at))
        return json_fail(decoder, at, "no value of JSON begins here");
    if (*digits == '0' && json_is_digit(digits[1]))
        return json_fail(decoder, digits, "a number begins with a superfluous 0");
    at = skip_digits(decoder, digits);
    if (at != NULL && *at == '.') {
        is_integer = false;
        at = skip_digits(decoder, at + 1);
    }
    if (at != NULL && (*at == 'e' || *at == 'E')) {
        is_integer = false;
        at++;
        at = skip_digits(decoder, at + (*at == '-' || *at == '+'));
    }
    *ret_is_integer = is_integer;
    return at;
}

/* A key and its colon; at is where the key must begin. */
static const char *skip_key(struct json_decoder *decoder, const char *at)
{
    if (*at != '"')
        return json_fail(decoder, at, "a field name in quotes is missing");
    at = json_skip_string(decoder, at + 1);
    if (at == NULL)
        return NULL;
    at = json_skip_space(at);
    if (*at != ':')
        return json_fail(decoder, at, "':' is missing behind a field name");
    return json_skip_space(at + 1);
}

static const char *skip_scalar(struct json_decoder *decoder, const char *at)
{
    bool is_integer;
    switch (*at) {
    case '"': return json_skip_string(decoder, at + 1);
    case 't': return json_expect_literal(decoder, at, "true");
    case 'f': return json_expect_literal(decoder, at, "false");
    case 'n': return json_expect_literal(decoder, at, "null");
    default: return json_scan_number(decoder, at, &is_integer);
    }
}

/* The objects and arrays that are open: a bit each, 1 for an object. */
struct nesting {
    uint64_t kinds[(JSON_DEPTH_MAX + 63) / 64];
    uint32_t depth;
};

static bool is_in_object(const struct nesting *nesting)
{
    uint32_t top = nesting->depth - 1;
    return (nesting->kinds[top / 64] >> (top % 64)) & 1;
}

/* At `{` or `[`. Afterwards at the first value within, or, with *ret_is_empty, behind the whole. */
static const char *open_container(struct json_decoder *decoder, const char *at, struct nesting *nesting,
                                  bool *ret_is_empty)
{
    if (nesting->depth == JSON_DEPTH_MAX)
        return json_fail(decoder, at, "nested more than %d deep", JSON_DEPTH_MAX);
    bool is_object = *at == '{';
    uint32_t top = nesting->depth++;
    uint64_t bit = UINT64_C(1) << (top % 64);
    nesting->kinds[top / 64] = is_object ? nesting->kinds[top / 64] | bit : nesting->kinds[top / 64] & ~bit;
    at = json_skip_space(at + 1);
    *ret_is_empty = *at == (is_object ? '}' : ']');
    if (*ret_is_empty) {
        nesting->depth--;
        return at + 1;
    }
    return is_object ? skip_key(decoder, at) : at;
}

/* Behind a value: closes what ends here. Afterwards at the next value, or, at depth 0, behind the whole. */
static const char *close_containers(struct json_decoder *decoder, const char *at, struct nesting *nesting)
{
    while (nesting->depth > 0) {
        bool in_object = is_in_object(nesting);
        at = json_skip_space(at);
        if (*at == ',') {
            at = json_skip_space(at + 1);
            return in_object ? skip_key(decoder, at) : at;
        }
        if (*at != (in_object ? '}' : ']'))
            return json_fail(decoder, at, "',' or '%c' is missing", in_object ? '}' : ']');
        at++;
        nesting->depth--;
    }
    return at;
}

const char *json_skip_value(struct json_decoder *decoder, const char *at)
{
    if (*at != '{' && *at != '[')
        return skip_scalar(decoder, at);
    struct nesting nesting = {.depth = 0};
    do {
        bool is_done = true;
        if (*at == '{' || *at == '[')
            at = open_container(decoder, at, &nesting, &is_done);
        else
            at = skip_scalar(decoder, at);
        if (at != NULL && is_done)
            at = close_containers(decoder, at, &nesting);
        if (at == NULL)
            return NULL;
    } while (nesting.depth > 0);
    return at;
}
