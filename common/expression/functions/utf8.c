#include "common/expression/functions/utf8.h"

#include <string.h>

uint32_t utf8_count(const char *text, size_t size)
{
    uint32_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += !utf8_is_continuation(text[i]);
    return count;
}

size_t utf8_offset(const char *text, size_t size, uint32_t index)
{
    size_t at = 0;
    while (index-- > 0 && at < size)
        at = utf8_next(text, size, at);
    return at;
}

/* Letters whose other case is the neighbour: capitals are even (or odd, where shifted). */
static int is_pair_range(uint32_t letter, uint32_t *ret_capital_parity)
{
    *ret_capital_parity = (letter >= 0x139 && letter <= 0x148) || (letter >= 0x179 && letter <= 0x17E);
    return (letter >= 0x100 && letter <= 0x12F) || (letter >= 0x132 && letter <= 0x137) ||
           (letter >= 0x139 && letter <= 0x148) || (letter >= 0x14A && letter <= 0x177) ||
           (letter >= 0x179 && letter <= 0x17E) || (letter >= 0x460 && letter <= 0x481) ||
           (letter >= 0x48A && letter <= 0x4BF) || (letter >= 0x4D0 && letter <= 0x52F);
}

static uint32_t upper_letter(uint32_t letter)
{
    uint32_t parity;
    if ((letter >= 0xE0 && letter <= 0xFE && letter != 0xF7) ||
        (letter >= 0x3B1 && letter <= 0x3CB && letter != 0x3C2) || (letter >= 0x430 && letter <= 0x44F))
        return letter - 32;
    if (letter >= 0x450 && letter <= 0x45F)
        return letter - 80;
    if (is_pair_range(letter, &parity))
        return letter % 2 == parity ? letter : letter - 1;
    switch (letter) {
    case 0xFF: return 0x178;
    case 0xB5: return 0x39C;
    case 0x3C2: return 0x3A3;
    case 0x3AC: return 0x386;
    case 0x3CC: return 0x38C;
    case 0x3CD: return 0x38E;
    case 0x3CE: return 0x38F;
    default: return letter >= 0x3AD && letter <= 0x3AF ? letter - 37 : letter;
    }
}

static uint32_t lower_letter(uint32_t letter)
{
    uint32_t parity;
    if ((letter >= 0xC0 && letter <= 0xDE && letter != 0xD7) || (letter >= 0x391 && letter <= 0x3AB) ||
        (letter >= 0x410 && letter <= 0x42F))
        return letter + 32;
    if (letter >= 0x400 && letter <= 0x40F)
        return letter + 80;
    if (is_pair_range(letter, &parity))
        return letter % 2 == parity ? letter + 1 : letter;
    switch (letter) {
    case 0x178: return 0xFF;
    case 0x386: return 0x3AC;
    case 0x38C: return 0x3CC;
    case 0x38E: return 0x3CD;
    case 0x38F: return 0x3CE;
    default: return letter >= 0x388 && letter <= 0x38A ? letter + 37 : letter;
    }
}

enum { SHARP_S = 0xDF };

/* All letters that we map take one or two bytes. */
static size_t change_case(const char *text, size_t size, char *out, int to_upper)
{
    char *start = out;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = (uint8_t)text[i];
        if (byte < 0x80) {
            uint8_t first = to_upper ? 'a' : 'A';
            *out++ = (char)(byte >= first && byte < first + 26 ? byte ^ 0x20 : byte);
            continue;
        }
        if (byte < 0xC2 || byte > 0xDF || i + 1 == size || !utf8_is_continuation(text[i + 1])) {
            *out++ = text[i];
            continue;
        }
        uint32_t letter = (byte & 0x1Fu) << 6 | ((uint8_t)text[++i] & 0x3Fu);
        if (to_upper && letter == SHARP_S) {
            *out++ = 'S';
            *out++ = 'S';
            continue;
        }
        letter = to_upper ? upper_letter(letter) : lower_letter(letter);
        *out++ = (char)(0xC0 | letter >> 6);
        *out++ = (char)(0x80 | (letter & 0x3F));
    }
    return (size_t)(out - start);
}

size_t utf8_to_upper(const char *text, size_t size, char *out)
{
    return change_case(text, size, out, 1);
}

size_t utf8_to_lower(const char *text, size_t size, char *out)
{
    return change_case(text, size, out, 0);
}
