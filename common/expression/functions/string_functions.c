#include "common/base/buffer.h"
#include "common/expression/functions/functions_internal.h"
#include "common/expression/functions/utf8.h"

static void set_view(const struct kernel_call *call, uint32_t row, const char *text, size_t size)
{
    ((struct string_value *)call->result->values)[row] = string_value_of(text, size);
}

static enum status map_text(const struct kernel_call *call, size_t (*map)(const char *, size_t, char *))
{
    struct string_heap *heap = vector_ensure_heap(call->result);
    for (uint32_t row = 0; row < call->num_rows; row++) {
        if (!kernel_is_live(call, row))
            continue;
        const struct string_value *text = kernel_string(call, 0, row);
        char *out = string_heap_alloc(heap, text->size);
        size_t size = map(text->data, text->size, out);
        set_view(call, row, out, size);
    }
    return STATUS_OK;
}

enum status kernel_upper(const struct kernel_call *call, struct error *error)
{
    (void)error;
    return map_text(call, utf8_to_upper);
}

enum status kernel_lower(const struct kernel_call *call, struct error *error)
{
    (void)error;
    return map_text(call, utf8_to_lower);
}

enum status kernel_char_length(const struct kernel_call *call, struct error *error)
{
    (void)error;
    int32_t *out = call->result->values;
    for (uint32_t row = 0; row < call->num_rows; row++) {
        const struct string_value *text = kernel_string(call, 0, row);
        if (kernel_is_live(call, row))
            out[row] = (int32_t)utf8_count(text->data, text->size);
    }
    return STATUS_OK;
}

enum status kernel_octet_length(const struct kernel_call *call, struct error *error)
{
    (void)error;
    KERNEL_UNARY(call, struct string_value, int32_t, (int32_t)a.size);
    return STATUS_OK;
}

/* SUBSTRING(text, position from 1, or from the end when negative[, length]); a negative length is NULL. */
static bool substring(const struct string_value *text, int32_t position, int32_t length,
                      struct string_value *out)
{
    if (length < 0)
        return false;
    int64_t start = position > 0 ? (int64_t)position - 1 : 0;
    if (position < 0)
        start = (int64_t)utf8_count(text->data, text->size) + position;
    if (start < 0) {
        *out = string_value_of(text->data, 0);
        return true;
    }
    size_t from = utf8_offset(text->data, text->size, (uint32_t)start);
    size_t size = utf8_offset(text->data + from, text->size - from, (uint32_t)length);
    *out = string_value_of(text->data + from, size);
    return true;
}

enum status kernel_substring(const struct kernel_call *call, struct error *error)
{
    (void)error;
    kernel_share_text(call, 0);
    struct string_value *out = call->result->values;
    for (uint32_t row = 0; row < call->num_rows; row++) {
        if (!kernel_is_live(call, row))
            continue;
        int32_t length = call->num_arguments == 3 ? kernel_int(call, 2, row) : INT32_MAX;
        if (!substring(kernel_string(call, 0, row), kernel_int(call, 1, row), length, &out[row]))
            vector_set_null(call->result, row);
    }
    return STATUS_OK;
}

static bool contains_character(const struct string_value *set, const char *character, size_t size)
{
    for (size_t at = 0; at < set->size;) {
        size_t next = utf8_next(set->data, set->size, at);
        if (next - at == size && memcmp(set->data + at, character, size) == 0)
            return true;
        at = next;
    }
    return false;
}

/* Drops characters of the set (a space by default) from the ends asked for. */
static enum status trim(const struct kernel_call *call, bool left, bool right)
{
    const struct string_value space = string_value_of(" ", 1);
    kernel_share_text(call, 0);
    for (uint32_t row = 0; row < call->num_rows; row++) {
        if (!kernel_is_live(call, row))
            continue;
        const struct string_value *text = kernel_string(call, 0, row);
        const struct string_value *set = call->num_arguments == 2 ? kernel_string(call, 1, row) : &space;
        size_t start = 0, end = text->size;
        while (left && start < end) {
            size_t next = utf8_next(text->data, end, start);
            if (!contains_character(set, text->data + start, next - start))
                break;
            start = next;
        }
        while (right && start < end) {
            size_t last = end - 1;
            while (last > start && utf8_is_continuation(text->data[last]))
                last--;
            if (!contains_character(set, text->data + last, end - last))
                break;
            end = last;
        }
        set_view(call, row, text->data + start, end - start);
    }
    return STATUS_OK;
}

enum status kernel_trim(const struct kernel_call *call, struct error *error)
{
    (void)error;
    return trim(call, true, true);
}

enum status kernel_ltrim(const struct kernel_call *call, struct error *error)
{
    (void)error;
    return trim(call, true, false);
}

enum status kernel_rtrim(const struct kernel_call *call, struct error *error)
{
    (void)error;
    return trim(call, false, true);
}

enum status kernel_concat(const struct kernel_call *call, struct error *error)
{
    (void)error;
    struct string_heap *heap = vector_ensure_heap(call->result);
    for (uint32_t row = 0; row < call->num_rows; row++) {
        if (!kernel_is_live(call, row))
            continue;
        size_t size = 0;
        for (uint32_t i = 0; i < call->num_arguments; i++)
            size += kernel_string(call, i, row)->size;
        char *text = string_heap_alloc(heap, size);
        char *end = text;
        for (uint32_t i = 0; i < call->num_arguments; i++) {
            const struct string_value *part = kernel_string(call, i, row);
            memcpy(end, part->data, part->size);
            end += part->size;
        }
        set_view(call, row, text, size);
    }
    return STATUS_OK;
}

static void append_replaced(const struct string_value *text, const struct string_value *search,
                            const struct string_value *replacement, struct buffer *out)
{
    const char *at = text->data;
    const char *end = text->data + text->size;
    const char *hit;
    while (search->size > 0 && (hit = memmem(at, (size_t)(end - at), search->data, search->size)) != NULL) {
        buffer_append(out, at, (size_t)(hit - at));
        buffer_append(out, replacement->data, replacement->size);
        at = hit + search->size;
    }
    buffer_append(out, at, (size_t)(end - at));
}

enum status kernel_replace(const struct kernel_call *call, struct error *error)
{
    (void)error;
    struct buffer text = {0};
    for (uint32_t row = 0; row < call->num_rows; row++) {
        if (!kernel_is_live(call, row))
            continue;
        buffer_clear(&text);
        append_replaced(kernel_string(call, 0, row), kernel_string(call, 1, row), kernel_string(call, 2, row),
                        &text);
        kernel_set_string(call, row, (const char *)text.data, text.size);
    }
    buffer_free(&text);
    return STATUS_OK;
}

/* POSITION(search, text): the first character of the first occurrence, from 1; 0 when there is none. */
enum status kernel_position(const struct kernel_call *call, struct error *error)
{
    (void)error;
    int32_t *out = call->result->values;
    for (uint32_t row = 0; row < call->num_rows; row++) {
        if (!kernel_is_live(call, row))
            continue;
        const struct string_value *search = kernel_string(call, 0, row);
        const struct string_value *text = kernel_string(call, 1, row);
        const char *hit = memmem(text->data, text->size, search->data, search->size);
        out[row] = hit == NULL ? 0 : (int32_t)utf8_count(text->data, (size_t)(hit - text->data)) + 1;
    }
    return STATUS_OK;
}
