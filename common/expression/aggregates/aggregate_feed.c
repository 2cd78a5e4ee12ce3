#include "common/base/check.h"
#include "common/expression/aggregates/aggregate_set_internal.h"

/* The way of a batch into accumulators: FEED_ROWS at a time, through all calls. */

struct feed {
    struct aggregate_set *set;
    const struct record_batch *batch;
    const uint32_t *rows;
    const uint8_t *retract;
    void *const *states;
};

static void take_columns(struct aggregate_set *set, const struct record_batch *batch)
{
    for (uint32_t i = 0; i < set->num_columns; i++) {
        struct set_column *column = &set->columns[i];
        struct vector *vector = batch->columns[column->column];
        CHECK(vector->type.kind == column->kind || vector->type.kind == TYPE_NULL || !column->is_read);
        column->vector = column->is_read ? vector_flatten(vector) : vector_ref(vector);
    }
}

static void release_columns(struct aggregate_set *set)
{
    for (uint32_t i = 0; i < set->num_columns; i++) {
        vector_unref(set->columns[i].vector);
        set->columns[i].vector = NULL;
    }
}

static bool has_nulls(const struct vector *vector)
{
    return vector->validity != NULL || vector->type.kind == TYPE_NULL;
}

static void begin_selections(struct aggregate_set *set)
{
    for (uint32_t s = 0; s < set->num_selections; s++) {
        struct row_selection *selection = &set->selections[s];
        selection->is_all = selection->filter < 0;
        for (uint32_t i = 0; i < selection->num_arguments; i++)
            selection->is_all &= !has_nulls(set->columns[selection->arguments[i]].vector);
    }
}

static bool accepts(const struct aggregate_set *set, const struct row_selection *selection, uint32_t row)
{
    if (selection->filter >= 0) {
        const struct vector *filter = set->columns[selection->filter].vector;
        if (vector_is_null(filter, row) || ((const uint8_t *)filter->values)[row] == 0)
            return false;
    }
    for (uint32_t i = 0; i < selection->num_arguments; i++)
        if (vector_is_null(set->columns[selection->arguments[i]].vector, row))
            return false;
    return true;
}

static void make_selection(const struct feed *feed, struct row_selection *selection, uint32_t first,
                           uint32_t count)
{
    uint32_t accepted = 0;
    for (uint32_t i = first; i < first + count; i++) {
        uint32_t row = feed->rows != NULL ? feed->rows[i] : i;
        if (!accepts(feed->set, selection, row))
            continue;
        selection->rows[accepted] = row;
        selection->states[accepted] = feed->states[i];
        selection->retract[accepted++] = feed->retract != NULL ? feed->retract[i] : 0;
    }
    selection->count = accepted;
    selection->is_made = true;
}

/* The rows from first on as the slot sees them. */
static struct aggregate_input input_of(const struct feed *feed, const struct aggregate_slot *slot,
                                       uint32_t first, uint32_t count)
{
    struct aggregate_set *set = feed->set;
    for (uint32_t i = 0; i < slot->num_arguments; i++)
        set->arguments[i] = set->columns[slot->arguments[i]].vector;
    struct row_selection *selection = &set->selections[slot->selection];
    if (selection->is_all)
        return (struct aggregate_input){.arguments = set->arguments,
                                        .rows = feed->rows != NULL ? feed->rows + first : NULL,
                                        .first = first,
                                        .count = count,
                                        .retract = feed->retract != NULL ? feed->retract + first : NULL,
                                        .states = feed->states + first};
    if (!selection->is_made)
        make_selection(feed, selection, first, count);
    return (struct aggregate_input){.arguments = set->arguments,
                                    .rows = selection->rows,
                                    .count = selection->count,
                                    .retract = feed->retract != NULL ? selection->retract : NULL,
                                    .states = selection->states};
}

static enum status feed_rows(const struct feed *feed, uint32_t first, uint32_t count, struct error *error)
{
    struct aggregate_set *set = feed->set;
    for (uint32_t s = 0; s < set->num_selections; s++)
        set->selections[s].is_made = false;
    enum status status = STATUS_OK;
    for (uint32_t s = 0; s < set->num_slots && status == STATUS_OK; s++) {
        const struct aggregate_slot *slot = &set->slots[s];
        struct aggregate_input input = input_of(feed, slot, first, count);
        if (slot->distinct != NULL)
            status = distinct_values_accumulate(slot, &input, error);
        else
            status = slot->kernel->accumulate(slot, &input, error);
    }
    return status;
}

static void begin_distinct(struct aggregate_set *set, const struct record_batch *batch)
{
    for (uint32_t s = 0; s < set->num_slots; s++) {
        const struct aggregate_slot *slot = &set->slots[s];
        if (slot->distinct == NULL)
            continue;
        for (uint32_t i = 0; i < slot->num_arguments; i++)
            set->batch_columns[i] = set->columns[slot->arguments[i]].column;
        distinct_values_begin(slot->distinct, batch, set->batch_columns);
    }
}

enum status aggregate_set_accumulate(struct aggregate_set *set, const struct record_batch *batch,
                                     const uint32_t *rows, uint32_t count, const uint8_t *retract,
                                     void *const *states, struct error *error)
{
    struct feed feed = {set, batch, rows, retract, states};
    take_columns(set, batch);
    begin_selections(set);
    begin_distinct(set, batch);
    enum status status = STATUS_OK;
    for (uint32_t first = 0; first < count && status == STATUS_OK; first += FEED_ROWS)
        status = feed_rows(&feed, first, count - first < FEED_ROWS ? count - first : FEED_ROWS, error);
    release_columns(set);
    return status;
}
