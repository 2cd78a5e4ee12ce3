#include "common/expression/value_parse.h"
#include "taskmanager/formats/json/json_internal.h"

#include <math.h>
#include <string.h>

/* A number's text: a token of the message, or the content of a string without the spaces around it. */
struct number_text {
    const char *data;
    size_t size;
    bool is_integer;
    bool is_string;
};

static bool is_java_space(char c)
{
    return (unsigned char)c <= ' ';
}

static const char *read_number_text(struct json_decoder *decoder, const char *at, const char *type,
                                    struct number_text *ret_text)
{
    if (*at != '"') {
        if (*at != '-' && !json_is_digit(*at))
            return json_fail(decoder, at, "%s expected", type);
        const char *end = json_scan_number(decoder, at, &ret_text->is_integer);
        if (end == NULL)
            return NULL;
        ret_text->data = at;
        ret_text->size = (size_t)(end - at);
        ret_text->is_string = false;
        return end;
    }
    const char *end = json_scratch_string(decoder, at);
    if (end == NULL)
        return NULL;
    const char *data = (const char *)decoder->scratch.data;
    size_t size = decoder->scratch.size;
    while (size > 0 && is_java_space(data[size - 1]))
        size--;
    while (size > 0 && is_java_space(*data)) {
        data++;
        size--;
    }
    *ret_text = (struct number_text){.data = data, .size = size, .is_string = true};
    return end;
}

/* 1.9e1 into a BIGINT is 19: digits behind the point are cut, as Jackson does. */
static bool truncate_number(const struct number_text *text, int64_t *ret_value)
{
    enum { PRECISION = 38, SCALE = 18 };
    int128_t value;
    int128_t unit = INT64_C(1000000000000000000);
    if (!value_parse_decimal(text->data, text->size, PRECISION, SCALE, &value))
        return false;
    value /= unit;
    if (value < INT64_MIN || value > INT64_MAX)
        return false;
    *ret_value = (int64_t)value;
    return true;
}

const char *json_read_integer(struct json_decoder *decoder, const char *at, int64_t *ret_value)
{
    struct number_text text = {0};
    const char *end = read_number_text(decoder, at, "a whole number", &text);
    if (end == NULL)
        return NULL;
    bool good = text.is_string || text.is_integer ? value_parse_int64(text.data, text.size, ret_value)
                                                  : truncate_number(&text, ret_value);
    return good ? end
                : json_fail(decoder, at, "'%.*s' is no whole number of 64 bits",
                            (int)(text.size < 40 ? text.size : 40), text.data);
}

/* Up to 19 digits and a small power of ten: both are exact as doubles, and so is, rounded once, their product
 * (Clinger, How to read floating point numbers accurately, 1990). */
static bool fast_double(const struct number_text *text, double *ret_value)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    enum { DIGITS_MAX = 19 };
    uint64_t value = 0;
    uint32_t digits = 0;
    int32_t fraction = 0;
    bool is_fraction = false;
    for (size_t i = text->data[0] == '-'; i < text->size; i++) {
        char c = text->data[i];
        if (c == '.') {
            is_fraction = true;
            continue;
        }
        if (!json_is_digit(c) || ++digits > DIGITS_MAX)
            return false;
        value = value * 10 + (uint64_t)(c - '0');
        fraction += is_fraction;
    }
    if (value > UINT64_C(1) << 53)
        return false;
    double magnitude = (double)value / powers[fraction];
    *ret_value = text->data[0] == '-' ? -magnitude : magnitude;
    return true;
}

const char *json_read_double(struct json_decoder *decoder, const char *at, double *ret_value)
{
    struct number_text text = {0};
    const char *end = read_number_text(decoder, at, "a number", &text);
    if (end == NULL)
        return NULL;
    double value;
    if (!text.is_string && fast_double(&text, &value)) {
        *ret_value = value;
        return end;
    }
    bool good = value_parse_double(text.data, text.size, &value);
    /* Only the words of Java name what no digits can. */
    bool is_word = good && (text.data[text.size - 1] == 'y' || text.data[text.size - 1] == 'N');
    if (!good || (!is_word && !isfinite(value)))
        return json_fail(decoder, at, "'%.*s' is no number of 64 bits",
                         (int)(text.size < 40 ? text.size : 40), text.data);
    *ret_value = value;
    return end;
}

const char *json_read_decimal(struct json_decoder *decoder, const char *at, struct data_type type,
                              int128_t *ret_value)
{
    struct number_text text = {0};
    const char *end = read_number_text(decoder, at, "a number", &text);
    if (end == NULL)
        return NULL;
    if (!value_parse_decimal(text.data, text.size, type.precision, type.scale, ret_value))
        return json_fail(decoder, at, "'%.*s' does not fit into DECIMAL(%u, %u)",
                         (int)(text.size < 40 ? text.size : 40), text.data, type.precision, type.scale);
    return end;
}
