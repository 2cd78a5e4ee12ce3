#include "taskmanager/formats/json/json_internal.h"

#include <string.h>

/* Bytes of the well-formed sequence at text (Unicode 15, table 3-7), or 0. left: bytes that are there. */
static size_t sequence_length(const unsigned char *text, size_t left)
{
    unsigned char lead = text[0];
    size_t length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
    if (length == 0 || left < length)
        return 0;
    unsigned char low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned char high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (text[1] < low || text[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

size_t json_utf8_validate(const char *text, size_t size)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t at = 0;
    while (at < size) {
        if (bytes[at] < 0x80) {
            uint64_t word;
            if (size - at >= sizeof word && (memcpy(&word, bytes + at, sizeof word), true) &&
                (word & UINT64_C(0x8080808080808080)) == 0)
                at += sizeof word;
            else
                at++;
            continue;
        }
        size_t length = sequence_length(bytes + at, size - at);
        if (length == 0)
            return at;
        at += length;
    }
    return size;
}
