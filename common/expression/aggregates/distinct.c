#include "common/expression/aggregates/distinct.h"

#include "common/base/memory.h"
#include "common/expression/aggregates/value_set.h"

#include <stdlib.h>

/* Rows that are merged, and looked up, at once. */
enum { MERGE_ROWS = 256, PREFETCH_ROWS = 32 };

struct distinct_values {
    struct row_packer *packer;
    /* The rows that change something, as the function's input: grown to the largest. */
    uint32_t *rows;
    void **states;
    uint8_t *retract;
    uint32_t capacity;
};

struct distinct_values *distinct_values_create(const struct data_type *types, uint32_t num_arguments)
{
    struct distinct_values *distinct = mem_calloc(1, sizeof *distinct);
    distinct->packer = row_packer_create(types, num_arguments);
    return distinct;
}

void distinct_values_free(struct distinct_values *distinct)
{
    if (distinct == NULL)
        return;
    row_packer_free(distinct->packer);
    free(distinct->rows);
    free(distinct->states);
    free(distinct->retract);
    free(distinct);
}

static void ensure_capacity(struct distinct_values *distinct, uint32_t count)
{
    if (count <= distinct->capacity)
        return;
    distinct->rows = mem_realloc(distinct->rows, count * sizeof *distinct->rows);
    distinct->states = mem_realloc(distinct->states, count * sizeof *distinct->states);
    distinct->retract = mem_realloc(distinct->retract, count);
    distinct->capacity = count;
}

void distinct_values_begin(struct distinct_values *distinct, const struct record_batch *batch,
                           const uint32_t *columns)
{
    row_packer_pack(distinct->packer, batch, columns);
}

static struct buffer *set_of(const struct aggregate_slot *slot, void *const *states, uint32_t i)
{
    return (struct buffer *)slot_state(slot, states, i) - 1;
}

/* Hashes of count rows from first on; their sets are on the way to the cache. */
static void prepare(const struct aggregate_slot *slot, const struct aggregate_input *input, uint32_t first,
                    uint32_t count, uint32_t *hashes)
{
    const struct bytes_view *values = slot->distinct->packer->rows;
    for (uint32_t i = 0; i < count; i++)
        hashes[i] = value_set_hash(values[input_row(input, first + i)]);
    for (int step = VALUE_SET_HEAD; step <= VALUE_SET_ENTRY; step++)
        for (uint32_t i = 0; i < count; i++)
            value_set_prefetch(set_of(slot, input->states, first + i), hashes[i], (enum value_set_step)step);
}

enum status distinct_values_accumulate(const struct aggregate_slot *slot, const struct aggregate_input *input,
                                       struct error *error)
{
    struct distinct_values *distinct = slot->distinct;
    ensure_capacity(distinct, input->count);
    struct aggregate_input changes = {.arguments = input->arguments,
                                      .rows = distinct->rows,
                                      .states = distinct->states,
                                      .retract = input->retract != NULL ? distinct->retract : NULL};
    uint32_t hashes[PREFETCH_ROWS];
    for (uint32_t i = 0; i < input->count; i++) {
        uint32_t left = input->count - i, row = input_row(input, i);
        enum value_change change;
        if (i % PREFETCH_ROWS == 0)
            prepare(slot, input, i, left < PREFETCH_ROWS ? left : PREFETCH_ROWS, hashes);
        enum status status =
            value_set_add(set_of(slot, input->states, i), distinct->packer->rows[row],
                          hashes[i % PREFETCH_ROWS], input_retracts(input, i) ? -1 : 1, &change, error);
        if (status != STATUS_OK)
            return status;
        if (change == VALUE_UNCHANGED)
            continue;
        distinct->rows[changes.count] = row;
        distinct->states[changes.count] = input->states[i];
        distinct->retract[changes.count++] = change == VALUE_VANISHED;
    }
    return slot->kernel->accumulate(slot, &changes, error);
}

/* Feeds count packed rows to the function's accumulator in the row that state points into. */
static enum status feed(const struct aggregate_slot *slot, void *state, const struct bytes_view *values,
                        uint32_t count, struct error *error)
{
    struct distinct_values *distinct = slot->distinct;
    struct vector **arguments = mem_calloc(slot->num_arguments, sizeof(struct vector *));
    enum status status = row_packer_unpack(distinct->packer, values, count, arguments, error);
    if (status == STATUS_OK) {
        for (uint32_t i = 0; i < count; i++)
            distinct->states[i] = (uint8_t *)state - slot->offset;
        struct aggregate_input input = {
            .arguments = arguments, .count = count, .retract = distinct->retract, .states = distinct->states};
        status = slot->kernel->accumulate(slot, &input, error);
    }
    for (uint32_t i = 0; i < slot->num_arguments; i++)
        vector_unref(arguments[i]);
    free(arguments);
    return status;
}

enum status distinct_values_merge(const struct aggregate_slot *slot, void *target, const void *source,
                                  struct error *error)
{
    struct distinct_values *distinct = slot->distinct;
    ensure_capacity(distinct, MERGE_ROWS);
    const struct buffer *from = (const struct buffer *)source - 1;
    struct buffer *to = (struct buffer *)target - 1;
    struct bytes_view values[MERGE_ROWS];
    struct value_set_cursor cursor = {0};
    enum status status = STATUS_OK;
    bool is_more = true;
    while (is_more && status == STATUS_OK) {
        uint32_t count = 0;
        while (count < MERGE_ROWS && status == STATUS_OK) {
            int64_t times;
            enum value_change change = VALUE_UNCHANGED;
            is_more = value_set_next(from, &cursor, &values[count], &times);
            if (!is_more)
                break;
            status = value_set_add(to, values[count], value_set_hash(values[count]), times, &change, error);
            distinct->retract[count] = change == VALUE_VANISHED;
            count += change != VALUE_UNCHANGED;
        }
        if (status == STATUS_OK && count > 0)
            status = feed(slot, target, values, count, error);
    }
    return status;
}
