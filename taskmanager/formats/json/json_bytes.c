#include "taskmanager/formats/json/json_internal.h"

/* -1: not of the alphabet (RFC 4648, section 4). */
static int32_t sextet(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (json_is_digit(c))
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

const char *json_read_base64(struct json_decoder *decoder, const char *at, struct string_value *ret_value)
{
    if (*at != '"')
        return json_fail(decoder, at, "a base64 string expected for BYTES");
    const char *end = json_scratch_string(decoder, at);
    if (end == NULL)
        return NULL;
    const char *text = (const char *)decoder->scratch.data;
    size_t size = decoder->scratch.size;
    size_t padding = 0;
    while (padding < 2 && padding < size && text[size - 1 - padding] == '=')
        padding++;
    if (size % 4 != 0)
        return json_fail(decoder, at, "broken base64");
    uint32_t bits = 0;
    uint32_t count = 0;
    char *out = decoder->out;
    for (size_t i = 0; i < size - padding; i++) {
        int32_t value = sextet(text[i]);
        if (value < 0)
            return json_fail(decoder, at, "broken base64");
        bits = bits << 6 | (uint32_t)value;
        count += 6;
        if (count >= 8) {
            count -= 8;
            *out++ = (char)(bits >> count);
        }
    }
    if (count != padding * 2)
        return json_fail(decoder, at, "broken base64");
    *ret_value = string_value_of(decoder->out, (size_t)(out - decoder->out));
    decoder->out = out;
    return end;
}
