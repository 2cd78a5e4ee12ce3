#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/expression/aggregates/aggregate_set_internal.h"

#include <stdlib.h>

/* The set's columns, one for each column of the input that is used. */
static uint32_t column_index(struct aggregate_set *set, uint32_t column, enum type_kind kind, bool is_read)
{
    uint32_t index = 0;
    while (index < set->num_columns && set->columns[index].column != column)
        index++;
    if (index == set->num_columns) {
        set->columns = mem_realloc(set->columns, (index + 1) * sizeof *set->columns);
        set->columns[set->num_columns++] = (struct set_column){.column = column, .kind = kind};
    }
    set->columns[index].is_read |= is_read;
    return index;
}

static bool same_rows(const struct row_selection *selection, const struct aggregate_slot *slot,
                      int32_t filter)
{
    return selection->filter == filter && selection->num_arguments == slot->num_arguments &&
           (slot->num_arguments == 0 || memcmp(selection->arguments, slot->arguments,
                                               slot->num_arguments * sizeof *slot->arguments) == 0);
}

static uint32_t selection_index(struct aggregate_set *set, const struct aggregate_slot *slot, int32_t filter)
{
    uint32_t index = 0;
    while (index < set->num_selections && !same_rows(&set->selections[index], slot, filter))
        index++;
    if (index < set->num_selections)
        return index;
    set->selections = mem_realloc(set->selections, (index + 1) * sizeof *set->selections);
    set->selections[set->num_selections++] =
        (struct row_selection){.num_arguments = slot->num_arguments,
                               .arguments = slot->arguments,
                               .filter = filter,
                               .rows = mem_alloc(FEED_ROWS * sizeof(uint32_t)),
                               .states = mem_alloc(FEED_ROWS * sizeof(void *)),
                               .retract = mem_alloc(FEED_ROWS)};
    return index;
}

static void add_buffer(struct aggregate_set *set, uint32_t offset)
{
    set->buffers = mem_realloc(set->buffers, (set->num_buffers + 1) * sizeof *set->buffers);
    set->buffers[set->num_buffers++] = offset;
}

/* DISTINCT makes no difference to these. */
static bool ignores_distinct(enum aggregate_kind kind)
{
    return kind == AGGREGATE_MIN || kind == AGGREGATE_MAX;
}

static void add_slot(struct aggregate_set *set, const struct aggregate_call *call, bool retractable)
{
    struct aggregate_slot *slot = &set->slots[set->num_slots++];
    slot->kind = call->function->kind;
    slot->result = call->result;
    slot->argument = call->num_arguments > 0 ? call->argument_types[0] : data_type_of(TYPE_NULL);
    slot->kernel = call->function->select(slot->kind, slot->argument.kind, retractable);
    CHECK(slot->kernel != NULL);
    slot->num_arguments = call->num_arguments;
    slot->arguments = mem_alloc((call->num_arguments + (size_t)1) * sizeof *slot->arguments);
    for (uint32_t i = 0; i < call->num_arguments; i++)
        slot->arguments[i] = column_index(set, call->arguments[i], call->argument_types[i].kind,
                                          slot->kind != AGGREGATE_COUNT);
    int32_t filter =
        call->filter < 0 ? -1 : (int32_t)column_index(set, (uint32_t)call->filter, TYPE_BOOLEAN, true);
    slot->selection = selection_index(set, slot, filter);
    if (call->is_distinct && call->num_arguments > 0 && !ignores_distinct(slot->kind)) {
        slot->distinct = distinct_values_create(call->argument_types, call->num_arguments);
        add_buffer(set, set->size);
        set->size += DISTINCT_SET_BYTES;
    }
    slot->offset = set->size;
    for (uint32_t i = 0; i < slot->kernel->num_buffers; i++)
        add_buffer(set, slot->offset + slot->kernel->buffers[i]);
    set->size += slot->kernel->size;
}

struct aggregate_set *aggregate_set_create(const struct aggregate_call *calls, uint32_t num_calls,
                                           bool retractable)
{
    struct aggregate_set *set = mem_calloc(1, sizeof *set);
    set->slots = mem_calloc(num_calls + (size_t)1, sizeof *set->slots);
    uint32_t max_arguments = 1;
    for (uint32_t i = 0; i < num_calls; i++) {
        add_slot(set, &calls[i], retractable);
        if (calls[i].num_arguments > max_arguments)
            max_arguments = calls[i].num_arguments;
    }
    set->arguments = mem_calloc(max_arguments, sizeof(struct vector *));
    set->batch_columns = mem_calloc(max_arguments, sizeof *set->batch_columns);
    set->unpacked = mem_calloc(set->size / sizeof(uint64_t) + 1, sizeof(uint64_t));
    return set;
}

void aggregate_set_free(struct aggregate_set *set)
{
    if (set == NULL)
        return;
    for (uint32_t i = 0; i < set->num_slots; i++) {
        distinct_values_free(set->slots[i].distinct);
        free(set->slots[i].arguments);
    }
    for (uint32_t i = 0; i < set->num_selections; i++) {
        free(set->selections[i].rows);
        free(set->selections[i].states);
        free(set->selections[i].retract);
    }
    free(set->slots);
    free(set->buffers);
    free(set->columns);
    free(set->selections);
    free(set->arguments);
    free(set->batch_columns);
    free(set->unpacked);
    free(set);
}

uint32_t aggregate_set_size(const struct aggregate_set *set)
{
    return set->size;
}

const uint32_t *aggregate_set_buffers(const struct aggregate_set *set, uint32_t *ret_count)
{
    *ret_count = set->num_buffers;
    return set->buffers;
}

enum status aggregate_set_finish(struct aggregate_set *set, void *const *states, uint32_t count,
                                 struct vector **ret_columns, struct error *error)
{
    (void)error;
    for (uint32_t s = 0; s < set->num_slots; s++) {
        const struct aggregate_slot *slot = &set->slots[s];
        struct vector *result = vector_create(slot->result, count);
        result->length = count;
        slot->kernel->finish(slot, states, count, result);
        ret_columns[s] = result;
    }
    return STATUS_OK;
}
