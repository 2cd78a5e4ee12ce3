#include "common/expression/aggregates/extreme_internal.h"
#include "common/expression/aggregates/value_cell.h"
#include "common/expression/aggregates/value_set.h"

/*
 * MIN and MAX where rows are taken back: all values with their counts, and the extreme among them. When that
 * one goes the accumulator is stale: the cell then holds a bound, which no value that is left passes. It is
 * looked for anew once a batch, unless a value that is as extreme came meanwhile.
 */

enum { PREFETCH_ROWS = 32 };

/* In front of it stands the cell, of 16, 24 or 32 bytes. */
struct extreme_values {
    struct buffer values; /* value_set */
    int64_t is_stale;
};

static size_t cell_bytes_before(enum type_kind kind)
{
    switch (cell_form_of(kind)) {
    case CELL_TEXT: return sizeof(struct text_cell);
    case CELL_DECIMAL: return sizeof(struct decimal_cell);
    case CELL_NUMBER: break;
    }
    return sizeof(struct number_cell);
}

static struct extreme_values *values_of(const struct aggregate_slot *slot, void *cell)
{
    return (struct extreme_values *)((uint8_t *)cell + cell_bytes_before(slot->argument.kind));
}

static const struct extreme_values *values_of_const(const struct aggregate_slot *slot, const void *cell)
{
    return (const struct extreme_values *)((const uint8_t *)cell + cell_bytes_before(slot->argument.kind));
}

/* Negative: more extreme than the cell's value. */
static int compare_with_cell(const struct aggregate_slot *slot, const void *cell, struct bytes_view bytes)
{
    uint8_t scratch[16];
    enum type_kind kind = slot->argument.kind;
    int order = cell_bytes_compare(kind, bytes, cell_bytes(kind, cell, scratch));
    return slot->kind == AGGREGATE_MAX ? -order : order;
}

static enum status add_value(const struct aggregate_slot *slot, void *cell, struct bytes_view bytes,
                             uint32_t hash, int64_t count, struct error *error)
{
    struct extreme_values *extreme = values_of(slot, cell);
    enum value_change change;
    enum status status = value_set_add(&extreme->values, bytes, hash, count, &change, error);
    if (status != STATUS_OK || change == VALUE_UNCHANGED)
        return status;
    if (change == VALUE_VANISHED) {
        extreme->is_stale |= compare_with_cell(slot, cell, bytes) == 0;
    } else if (extreme->is_stale == 0) {
        extreme_offer(slot, cell, bytes);
    } else if (compare_with_cell(slot, cell, bytes) <= 0) {
        cell_set_bytes(slot->argument.kind, cell, bytes);
        extreme->is_stale = 0;
    }
    return STATUS_OK;
}

static void refresh(const struct aggregate_slot *slot, void *cell)
{
    struct extreme_values *extreme = values_of(slot, cell);
    if (extreme->is_stale == 0)
        return;
    struct value_set_cursor cursor = {0};
    struct bytes_view bytes;
    int64_t count;
    extreme->is_stale = 0;
    *(int64_t *)cell = 0;
    while (value_set_next(&extreme->values, &cursor, &bytes, &count))
        if (count > 0)
            extreme_offer(slot, cell, bytes);
}

static struct bytes_view value_at(const struct aggregate_slot *slot, const struct aggregate_input *input,
                                  uint32_t i, uint8_t scratch[16])
{
    return cell_value_bytes(slot->argument.kind, input->arguments[0], input_row(input, i), scratch);
}

/* Hashes of count rows from first on; their sets are on the way to the cache. */
static void prepare(const struct aggregate_slot *slot, const struct aggregate_input *input, uint32_t first,
                    uint32_t count, uint32_t *hashes)
{
    uint8_t scratch[16];
    for (uint32_t i = 0; i < count; i++)
        hashes[i] = value_set_hash(value_at(slot, input, first + i, scratch));
    for (int step = VALUE_SET_HEAD; step <= VALUE_SET_ENTRY; step++)
        for (uint32_t i = 0; i < count; i++)
            value_set_prefetch(&values_of(slot, slot_state(slot, input->states, first + i))->values,
                               hashes[i], (enum value_set_step)step);
}

static enum status values_accumulate(const struct aggregate_slot *slot, const struct aggregate_input *input,
                                     struct error *error)
{
    enum status status = STATUS_OK;
    uint32_t hashes[PREFETCH_ROWS];
    for (uint32_t i = 0; i < input->count && status == STATUS_OK; i++) {
        uint8_t scratch[16];
        uint32_t left = input->count - i;
        if (i % PREFETCH_ROWS == 0)
            prepare(slot, input, i, left < PREFETCH_ROWS ? left : PREFETCH_ROWS, hashes);
        status = add_value(slot, slot_state(slot, input->states, i), value_at(slot, input, i, scratch),
                           hashes[i % PREFETCH_ROWS], input_retracts(input, i) ? -1 : 1, error);
    }
    for (uint32_t i = 0; i < input->count; i++)
        refresh(slot, slot_state(slot, input->states, i));
    return status;
}

static enum status values_merge(const struct aggregate_slot *slot, void *target, const void *source,
                                struct error *error)
{
    struct value_set_cursor cursor = {0};
    struct bytes_view bytes;
    int64_t count;
    enum status status = STATUS_OK;
    while (status == STATUS_OK &&
           value_set_next(&values_of_const(slot, source)->values, &cursor, &bytes, &count))
        status = add_value(slot, target, bytes, value_set_hash(bytes), count, error);
    refresh(slot, target);
    return status;
}

static bool values_are_sound(const struct aggregate_slot *slot, const void *accumulator)
{
    const struct buffer *values = &values_of_const(slot, accumulator)->values;
    struct value_set_cursor cursor = {0};
    struct bytes_view bytes;
    int64_t count;
    bool fit = true;
    while (fit && value_set_next(values, &cursor, &bytes, &count))
        fit = cell_bytes_fit(slot->argument.kind, bytes);
    return fit && !cursor.is_corrupt;
}

static void values_finish(const struct aggregate_slot *slot, void *const *states, uint32_t count,
                          struct vector *result)
{
    for (uint32_t i = 0; i < count; i++)
        cell_finish(slot->argument.kind, slot_state(slot, states, i), result, i);
}

static const struct aggregate_kernel number_kernel = {
    .size = sizeof(struct number_cell) + sizeof(struct extreme_values),
    .num_buffers = 1,
    .buffers = {sizeof(struct number_cell) + offsetof(struct extreme_values, values)},
    .accumulate = values_accumulate,
    .merge = values_merge,
    .is_sound = values_are_sound,
    .finish = values_finish};
static const struct aggregate_kernel decimal_kernel = {
    .size = sizeof(struct decimal_cell) + sizeof(struct extreme_values),
    .num_buffers = 1,
    .buffers = {sizeof(struct decimal_cell) + offsetof(struct extreme_values, values)},
    .accumulate = values_accumulate,
    .merge = values_merge,
    .is_sound = values_are_sound,
    .finish = values_finish};
static const struct aggregate_kernel text_kernel = {
    .size = sizeof(struct text_cell) + sizeof(struct extreme_values),
    .num_buffers = 2,
    .buffers = {offsetof(struct text_cell, text),
                sizeof(struct text_cell) + offsetof(struct extreme_values, values)},
    .accumulate = values_accumulate,
    .merge = values_merge,
    .is_sound = values_are_sound,
    .finish = values_finish};

const struct aggregate_kernel *retractable_extreme_kernel(enum type_kind argument)
{
    switch (cell_form_of(argument)) {
    case CELL_TEXT: return &text_kernel;
    case CELL_DECIMAL: return &decimal_kernel;
    case CELL_NUMBER: break;
    }
    return &number_kernel;
}
