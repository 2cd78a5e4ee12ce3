#include "common/expression/aggregates/aggregates_internal.h"
#include "common/expression/aggregates/value_list.h"

/*
 * LISTAGG(text[, separator]), NULL texts apart. The separator in front of a text is that of its own row; that
 * of the first text is kept, for when it is merged behind others.
 */

/* Where nothing is taken back: u32 size of the first separator, that separator, then the joined texts. */
struct joined_texts {
    struct buffer text;
};

static const struct string_value default_separator = {.size = 1, .prefix = {','}, .data = ","};

static struct bytes_view separator_of(const struct aggregate_slot *slot, const struct aggregate_input *input,
                                      uint32_t row)
{
    const struct string_value *separator = &default_separator;
    if (slot->num_arguments > 1)
        separator = &((const struct string_value *)input->arguments[1]->values)[row];
    return (struct bytes_view){(const uint8_t *)separator->data, separator->size};
}

static enum status join(struct buffer *target, struct bytes_view separator, struct bytes_view text,
                        struct error *error)
{
    if (text.size > INT32_MAX || target->size > INT32_MAX - text.size)
        return error_set(error, STATUS_EXHAUSTED, "the text that LISTAGG makes for one group exceeds 2 GiB");
    if (target->size == 0)
        buffer_append_le32(target, (uint32_t)separator.size);
    buffer_append(target, separator.data, separator.size);
    buffer_append(target, text.data, text.size);
    return STATUS_OK;
}

static struct bytes_view text_of(const struct aggregate_input *input, uint32_t row)
{
    const struct string_value *text = &((const struct string_value *)input->arguments[0]->values)[row];
    return (struct bytes_view){(const uint8_t *)text->data, text->size};
}

static enum status joined_accumulate(const struct aggregate_slot *slot, const struct aggregate_input *input,
                                     struct error *error)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < input->count && status == STATUS_OK; i++) {
        uint32_t row = input_row(input, i);
        struct joined_texts *joined = slot_state(slot, input->states, i);
        status = join(&joined->text, separator_of(slot, input, row), text_of(input, row), error);
    }
    return status;
}

static bool joined_is_sound(const struct aggregate_slot *slot, const void *accumulator)
{
    (void)slot;
    const struct buffer *text = &((const struct joined_texts *)accumulator)->text;
    uint32_t size;
    if (text->size == 0)
        return true;
    if (text->size < sizeof size)
        return false;
    memcpy(&size, text->data, sizeof size);
    return size <= text->size - sizeof size;
}

/* The parts of what is not empty. */
static struct bytes_view joined_parts(const struct joined_texts *joined, struct bytes_view *ret_separator)
{
    uint32_t size;
    memcpy(&size, joined->text.data, sizeof size);
    *ret_separator = (struct bytes_view){joined->text.data + sizeof size, size};
    size_t head = sizeof size + size;
    return (struct bytes_view){joined->text.data + head, joined->text.size - head};
}

static enum status joined_merge(const struct aggregate_slot *slot, void *target, const void *source,
                                struct error *error)
{
    (void)slot;
    const struct joined_texts *joined = source;
    if (joined->text.size == 0)
        return STATUS_OK;
    struct bytes_view separator;
    struct bytes_view text = joined_parts(joined, &separator);
    return join(&((struct joined_texts *)target)->text, separator, text, error);
}

static void put_null(struct vector *result, uint32_t row)
{
    ((struct string_value *)result->values)[row] = (struct string_value){0};
    vector_set_null(result, row);
}

static void joined_finish(const struct aggregate_slot *slot, void *const *states, uint32_t count,
                          struct vector *result)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct joined_texts *joined = slot_state(slot, states, i);
        if (joined->text.size == 0) {
            put_null(result, i);
            continue;
        }
        struct bytes_view separator;
        struct bytes_view text = joined_parts(joined, &separator);
        ((struct string_value *)result->values)[i] =
            string_heap_add(vector_ensure_heap(result), (const char *)text.data, text.size);
    }
}

/* Where rows are taken back: each entry is u32 size of its separator, the separator and the text. */
static enum status list_accumulate(const struct aggregate_slot *slot, const struct aggregate_input *input,
                                   struct error *error)
{
    enum status status = STATUS_OK;
    struct buffer entry = {0};
    for (uint32_t i = 0; i < input->count && status == STATUS_OK; i++) {
        uint32_t row = input_row(input, i);
        struct value_list *list = slot_state(slot, input->states, i);
        buffer_clear(&entry);
        status = join(&entry, separator_of(slot, input, row), text_of(input, row), error);
        if (status == STATUS_OK)
            status = input_retracts(input, i) ? value_list_remove(list, buffer_view(&entry), error)
                                              : value_list_append(list, buffer_view(&entry), error);
    }
    buffer_free(&entry);
    return status;
}

static enum status list_merge(const struct aggregate_slot *slot, void *target, const void *source,
                              struct error *error)
{
    (void)slot;
    return value_list_merge(target, source, error);
}

/* An entry as what it would be when joined alone; nothing is copied. */
static struct joined_texts as_joined(struct bytes_view entry)
{
    return (struct joined_texts){{(uint8_t *)(uintptr_t)entry.data, entry.size, entry.size}};
}

static bool list_is_sound(const struct aggregate_slot *slot, const void *accumulator)
{
    struct value_list_cursor cursor = {0};
    struct bytes_view entry;
    bool is_owed, is_sound = true;
    while (is_sound && value_list_next(accumulator, &cursor, &entry, &is_owed)) {
        struct joined_texts joined = as_joined(entry);
        is_sound = entry.size > 0 && joined_is_sound(slot, &joined);
    }
    return is_sound && value_list_is_sound(accumulator);
}

static void list_finish(const struct aggregate_slot *slot, void *const *states, uint32_t count,
                        struct vector *result)
{
    struct buffer all = {0};
    for (uint32_t i = 0; i < count; i++) {
        const struct value_list *list = slot_state(slot, states, i);
        struct value_list_cursor cursor = {0};
        struct bytes_view entry, separator;
        bool is_owed, has_value = false;
        buffer_clear(&all);
        while (value_list_next(list, &cursor, &entry, &is_owed)) {
            if (is_owed)
                continue;
            struct joined_texts joined = as_joined(entry);
            struct bytes_view text = joined_parts(&joined, &separator);
            if (has_value)
                buffer_append(&all, separator.data, separator.size);
            buffer_append(&all, text.data, text.size);
            has_value = true;
        }
        if (has_value)
            ((struct string_value *)result->values)[i] =
                string_heap_add(vector_ensure_heap(result), buffer_text(&all), all.size);
        else
            put_null(result, i);
    }
    buffer_free(&all);
}

static const struct aggregate_kernel joined_kernel = {.size = sizeof(struct joined_texts),
                                                      .num_buffers = 1,
                                                      .buffers = {offsetof(struct joined_texts, text)},
                                                      .accumulate = joined_accumulate,
                                                      .merge = joined_merge,
                                                      .is_sound = joined_is_sound,
                                                      .finish = joined_finish};
static const struct aggregate_kernel list_kernel = {.size = sizeof(struct value_list),
                                                    .num_buffers = 1,
                                                    .buffers = {offsetof(struct value_list, values)},
                                                    .accumulate = list_accumulate,
                                                    .merge = list_merge,
                                                    .is_sound = list_is_sound,
                                                    .finish = list_finish};

const struct aggregate_kernel *listagg_kernel(enum aggregate_kind kind, enum type_kind argument,
                                              bool retractable)
{
    (void)kind;
    (void)argument;
    return retractable ? &list_kernel : &joined_kernel;
}
