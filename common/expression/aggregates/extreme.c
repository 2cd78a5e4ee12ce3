#include "common/expression/aggregates/extreme_internal.h"
#include "common/expression/aggregates/value_cell.h"

/* MIN and MAX where nothing is taken back: the extreme so far. */

/* flip is -1 for MAX: complemented keys have the reverse order. */
static inline __attribute__((always_inline)) enum status number_rows(const struct aggregate_slot *slot,
                                                                     const struct aggregate_input *input,
                                                                     enum type_kind kind)
{
    const void *values = input->arguments[0]->values;
    int64_t flip = slot->kind == AGGREGATE_MAX ? -1 : 0;
    for (uint32_t i = 0; i < input->count; i++) {
        int64_t key = number_sort_key(kind, values, input_row(input, i));
        struct number_cell *cell = slot_state(slot, input->states, i);
        if (cell->has_value == 0 || (key ^ flip) < (cell->key ^ flip)) {
            cell->has_value = 1;
            cell->key = key;
        }
    }
    return STATUS_OK;
}

static enum status number_accumulate(const struct aggregate_slot *slot, const struct aggregate_input *input,
                                     struct error *error)
{
    (void)error;
    switch (slot->argument.kind) {
    case TYPE_BOOLEAN: return number_rows(slot, input, TYPE_BOOLEAN);
    case TYPE_INT:
    case TYPE_DATE: return number_rows(slot, input, TYPE_INT);
    case TYPE_FLOAT: return number_rows(slot, input, TYPE_FLOAT);
    case TYPE_DOUBLE: return number_rows(slot, input, TYPE_DOUBLE);
    default: return number_rows(slot, input, TYPE_BIGINT);
    }
}

static enum status decimal_accumulate(const struct aggregate_slot *slot, const struct aggregate_input *input,
                                      struct error *error)
{
    (void)error;
    const int128_t *values = input->arguments[0]->values;
    bool is_max = slot->kind == AGGREGATE_MAX;
    for (uint32_t i = 0; i < input->count; i++) {
        int128_t value = values[input_row(input, i)];
        struct decimal_cell *cell = slot_state(slot, input->states, i);
        int128_t best = decimal_cell_value(cell);
        if (cell->has_value == 0 || (is_max ? value > best : value < best))
            decimal_cell_set(cell, value);
    }
    return STATUS_OK;
}

static enum status text_accumulate(const struct aggregate_slot *slot, const struct aggregate_input *input,
                                   struct error *error)
{
    (void)error;
    const struct string_value *values = input->arguments[0]->values;
    for (uint32_t i = 0; i < input->count; i++) {
        const struct string_value *text = &values[input_row(input, i)];
        struct bytes_view bytes = {(const uint8_t *)text->data, text->size};
        extreme_offer(slot, slot_state(slot, input->states, i), bytes);
    }
    return STATUS_OK;
}

void extreme_offer(const struct aggregate_slot *slot, void *cell, struct bytes_view bytes)
{
    enum type_kind kind = slot->argument.kind;
    uint8_t scratch[16];
    if (*(const int64_t *)cell != 0) {
        int order = cell_bytes_compare(kind, bytes, cell_bytes(kind, cell, scratch));
        if (slot->kind == AGGREGATE_MAX ? order <= 0 : order >= 0)
            return;
    }
    cell_set_bytes(kind, cell, bytes);
}

static enum status extreme_merge(const struct aggregate_slot *slot, void *target, const void *source,
                                 struct error *error)
{
    (void)error;
    uint8_t scratch[16];
    if (*(const int64_t *)source != 0)
        extreme_offer(slot, target, cell_bytes(slot->argument.kind, source, scratch));
    return STATUS_OK;
}

static void extreme_finish(const struct aggregate_slot *slot, void *const *states, uint32_t count,
                           struct vector *result)
{
    for (uint32_t i = 0; i < count; i++)
        cell_finish(slot->argument.kind, slot_state(slot, states, i), result, i);
}

static const struct aggregate_kernel number_kernel = {.size = sizeof(struct number_cell),
                                                      .accumulate = number_accumulate,
                                                      .merge = extreme_merge,
                                                      .finish = extreme_finish};
static const struct aggregate_kernel decimal_kernel = {.size = sizeof(struct decimal_cell),
                                                       .accumulate = decimal_accumulate,
                                                       .merge = extreme_merge,
                                                       .finish = extreme_finish};
static const struct aggregate_kernel text_kernel = {.size = sizeof(struct text_cell),
                                                    .num_buffers = 1,
                                                    .buffers = {offsetof(struct text_cell, text)},
                                                    .accumulate = text_accumulate,
                                                    .merge = extreme_merge,
                                                    .finish = extreme_finish};

const struct aggregate_kernel *extreme_kernel(enum aggregate_kind kind, enum type_kind argument,
                                              bool retractable)
{
    (void)kind;
    if (retractable)
        return retractable_extreme_kernel(argument);
    switch (cell_form_of(argument)) {
    case CELL_TEXT: return &text_kernel;
    case CELL_DECIMAL: return &decimal_kernel;
    case CELL_NUMBER: break;
    }
    return &number_kernel;
}
