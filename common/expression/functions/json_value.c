#include "common/expression/functions/functions_internal.h"

#include <ctype.h>

/*
 * JSON_VALUE(text, path): the scalar at the path as text; NULL when there is none, when it is null, an object
 * or an array, and when the text is no JSON (the defaults of SQL's lax mode). Paths are $, .name, ['name']
 * and [index]. The text is scanned once, up to the value.
 */
struct scanner {
    const char *at;
    const char *end;
};

static void skip_space(struct scanner *scanner)
{
    while (scanner->at < scanner->end &&
           (*scanner->at == ' ' || *scanner->at == '\n' || *scanner->at == '\t' || *scanner->at == '\r'))
        scanner->at++;
}

static bool take(struct scanner *scanner, char c)
{
    if (scanner->at >= scanner->end || *scanner->at != c)
        return false;
    scanner->at++;
    return true;
}

/* The text between the quotes, escapes and all; behind the closing quote after. */
static bool take_string(struct scanner *scanner, const char **ret_text, size_t *ret_size)
{
    if (!take(scanner, '"'))
        return false;
    const char *start = scanner->at;
    while (scanner->at < scanner->end && *scanner->at != '"')
        scanner->at += *scanner->at == '\\' ? 2 : 1;
    if (scanner->at >= scanner->end)
        return false;
    *ret_text = start;
    *ret_size = (size_t)(scanner->at - start);
    scanner->at++;
    return true;
}

static void take_plain(struct scanner *scanner)
{
    while (scanner->at < scanner->end &&
           (isalnum((unsigned char)*scanner->at) || strchr("+-.", *scanner->at)))
        scanner->at++;
}

/* Over any value, by counting brackets; what is between them is not looked at. */
static bool skip_value(struct scanner *scanner)
{
    const char *text;
    size_t size, depth = 0;
    do {
        skip_space(scanner);
        if (scanner->at >= scanner->end)
            return false;
        char c = *scanner->at;
        if (c == '"') {
            if (!take_string(scanner, &text, &size))
                return false;
        } else if (c == '{' || c == '[') {
            depth++;
            scanner->at++;
        } else if (c == '}' || c == ']') {
            if (depth == 0)
                return false;
            depth--;
            scanner->at++;
        } else if (c == ',' || c == ':') {
            if (depth == 0)
                return false;
            scanner->at++;
        } else {
            const char *before = scanner->at;
            take_plain(scanner);
            if (scanner->at == before)
                return false;
        }
    } while (depth > 0);
    return true;
}

static bool take_hex4(const char *text, const char *end, uint32_t *ret_code)
{
    uint32_t code = 0;
    if (end - text < 4)
        return false;
    for (int i = 0; i < 4; i++) {
        char c = text[i];
        if (!isxdigit((unsigned char)c))
            return false;
        code = code << 4 | (uint32_t)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    }
    *ret_code = code;
    return true;
}

static char *put_utf8(char *out, uint32_t code)
{
    if (code < 0x80) {
        *out++ = (char)code;
    } else if (code < 0x800) {
        *out++ = (char)(0xC0 | code >> 6);
        *out++ = (char)(0x80 | (code & 0x3F));
    } else if (code < 0x10000) {
        *out++ = (char)(0xE0 | code >> 12);
        *out++ = (char)(0x80 | (code >> 6 & 0x3F));
        *out++ = (char)(0x80 | (code & 0x3F));
    } else {
        *out++ = (char)(0xF0 | code >> 18);
        *out++ = (char)(0x80 | (code >> 12 & 0x3F));
        *out++ = (char)(0x80 | (code >> 6 & 0x3F));
        *out++ = (char)(0x80 | (code & 0x3F));
    }
    return out;
}

/* The character of an escape at text (behind the backslash) into *out; returns what follows, NULL when bad.
 */
static const char *take_escape(const char *text, const char *end, char **out)
{
    static const char from[] = "\"\\/bfnrt";
    static const char to[] = "\"\\/\b\f\n\r\t";
    if (text >= end)
        return NULL;
    const char *known = *text == 0 ? NULL : strchr(from, *text);
    if (known != NULL) {
        *(*out)++ = to[known - from];
        return text + 1;
    }
    uint32_t code, low;
    if (*text != 'u' || !take_hex4(text + 1, end, &code))
        return NULL;
    text += 5;
    bool is_high = code >= 0xD800 && code <= 0xDBFF;
    if (is_high && end - text >= 6 && text[0] == '\\' && text[1] == 'u' && take_hex4(text + 2, end, &low) &&
        low >= 0xDC00 && low <= 0xDFFF) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        text += 6;
    } else if (code >= 0xD800 && code <= 0xDFFF) {
        code = 0xFFFD;
    }
    *out = put_utf8(*out, code);
    return text;
}

/* Unescaped text is never longer than escaped; out has room for size. */
static bool unescape(const char *text, size_t size, char *out, size_t *ret_size)
{
    const char *end = text + size;
    char *start = out;
    while (text < end) {
        if (*text != '\\') {
            *out++ = *text++;
            continue;
        }
        text = take_escape(text + 1, end, &out);
        if (text == NULL)
            return false;
    }
    *ret_size = (size_t)(out - start);
    return true;
}

/* Moves into the member of that name. */
static bool enter_member(struct scanner *scanner, const char *name, size_t size)
{
    skip_space(scanner);
    if (!take(scanner, '{'))
        return false;
    for (;;) {
        const char *key;
        size_t key_size;
        skip_space(scanner);
        if (!take_string(scanner, &key, &key_size))
            return false;
        skip_space(scanner);
        if (!take(scanner, ':'))
            return false;
        skip_space(scanner);
        if (key_size == size && memcmp(key, name, size) == 0)
            return true;
        if (!skip_value(scanner))
            return false;
        skip_space(scanner);
        if (!take(scanner, ','))
            return false;
    }
}

static bool enter_element(struct scanner *scanner, uint64_t index)
{
    skip_space(scanner);
    if (!take(scanner, '['))
        return false;
    for (; index > 0; index--) {
        if (!skip_value(scanner))
            return false;
        skip_space(scanner);
        if (!take(scanner, ','))
            return false;
    }
    skip_space(scanner);
    return scanner->at < scanner->end && *scanner->at != ']';
}

static bool is_name_byte(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || (uint8_t)c >= 0x80;
}

static bool follow_bracket(struct scanner *path, struct scanner *json)
{
    char quote = path->at < path->end ? *path->at : 0;
    const char *start;
    if (quote == '\'' || quote == '"') {
        start = ++path->at;
        while (path->at < path->end && *path->at != quote)
            path->at++;
        size_t size = (size_t)(path->at - start);
        return take(path, quote) && take(path, ']') && enter_member(json, start, size);
    }
    uint64_t index = 0;
    start = path->at;
    for (; path->at < path->end && isdigit((unsigned char)*path->at) && index < 1000000000; path->at++)
        index = index * 10 + (uint64_t)(*path->at - '0');
    return path->at > start && take(path, ']') && enter_element(json, index);
}

static bool follow_path(struct scanner *path, struct scanner *json)
{
    skip_space(path);
    if (path->end - path->at > 4 && memcmp(path->at, "lax ", 4) == 0)
        path->at += 4;
    skip_space(path);
    if (!take(path, '$'))
        return false;
    while (path->at < path->end) {
        if (take(path, '.')) {
            const char *start = path->at;
            while (path->at < path->end && is_name_byte(*path->at))
                path->at++;
            if (path->at == start || !enter_member(json, start, (size_t)(path->at - start)))
                return false;
        } else if (!take(path, '[') || !follow_bracket(path, json)) {
            return false;
        }
    }
    return true;
}

static bool take_scalar(const struct kernel_call *call, struct scanner *json, uint32_t row)
{
    const char *text;
    size_t size;
    skip_space(json);
    if (json->at < json->end && *json->at == '"') {
        if (!take_string(json, &text, &size))
            return false;
        char *out = string_heap_alloc(vector_ensure_heap(call->result), size);
        if (!unescape(text, size, out, &size))
            return false;
        ((struct string_value *)call->result->values)[row] = string_value_of(out, size);
        return true;
    }
    text = json->at;
    take_plain(json);
    size = (size_t)(json->at - text);
    if (size == 0 || (size == 4 && memcmp(text, "null", 4) == 0))
        return false;
    kernel_set_string(call, row, text, size);
    return true;
}

enum status kernel_json_value(const struct kernel_call *call, struct error *error)
{
    (void)error;
    for (uint32_t row = 0; row < call->num_rows; row++) {
        if (!kernel_is_live(call, row))
            continue;
        const struct string_value *json = kernel_string(call, 0, row);
        const struct string_value *path = kernel_string(call, 1, row);
        struct scanner in_json = {.at = json->data, .end = json->data + json->size};
        struct scanner in_path = {.at = path->data, .end = path->data + path->size};
        if (!follow_path(&in_path, &in_json) || !take_scalar(call, &in_json, row))
            vector_set_null(call->result, row);
    }
    return STATUS_OK;
}
