#include "common/expression/aggregates/value_cell.h"
#include "common/expression/aggregates/value_list.h"

/*
 * FIRST_VALUE and LAST_VALUE: of the values that are not NULL, by arrival. Where rows are taken back all
 * values are kept in their order, since any may become the first or the last.
 */

static enum status cell_accumulate(const struct aggregate_slot *slot, const struct aggregate_input *input,
                                   struct error *error)
{
    (void)error;
    enum type_kind kind = slot->argument.kind;
    bool is_last = slot->kind == AGGREGATE_LAST_VALUE;
    for (uint32_t i = 0; i < input->count; i++) {
        void *cell = slot_state(slot, input->states, i);
        uint8_t scratch[16];
        if (is_last || *(const int64_t *)cell == 0)
            cell_set_bytes(kind, cell,
                           cell_value_bytes(kind, input->arguments[0], input_row(input, i), scratch));
    }
    return STATUS_OK;
}

static enum status cell_merge(const struct aggregate_slot *slot, void *target, const void *source,
                              struct error *error)
{
    (void)error;
    uint8_t scratch[16];
    bool is_wanted = slot->kind == AGGREGATE_LAST_VALUE || *(const int64_t *)target == 0;
    if (is_wanted && *(const int64_t *)source != 0)
        cell_set_bytes(slot->argument.kind, target, cell_bytes(slot->argument.kind, source, scratch));
    return STATUS_OK;
}

static void cells_finish(const struct aggregate_slot *slot, void *const *states, uint32_t count,
                         struct vector *result)
{
    for (uint32_t i = 0; i < count; i++)
        cell_finish(slot->argument.kind, slot_state(slot, states, i), result, i);
}

static enum status list_accumulate(const struct aggregate_slot *slot, const struct aggregate_input *input,
                                   struct error *error)
{
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < input->count && status == STATUS_OK; i++) {
        uint8_t scratch[16];
        struct bytes_view bytes =
            cell_value_bytes(slot->argument.kind, input->arguments[0], input_row(input, i), scratch);
        struct value_list *list = slot_state(slot, input->states, i);
        status = input_retracts(input, i) ? value_list_remove(list, bytes, error)
                                          : value_list_append(list, bytes, error);
    }
    return status;
}

static enum status list_merge(const struct aggregate_slot *slot, void *target, const void *source,
                              struct error *error)
{
    (void)slot;
    return value_list_merge(target, source, error);
}

static bool list_is_sound(const struct aggregate_slot *slot, const void *accumulator)
{
    struct value_list_cursor cursor = {0};
    struct bytes_view bytes;
    bool is_owed, fit = true;
    while (fit && value_list_next(accumulator, &cursor, &bytes, &is_owed))
        fit = cell_bytes_fit(slot->argument.kind, bytes);
    return fit && value_list_is_sound(accumulator);
}

static void list_finish(const struct aggregate_slot *slot, void *const *states, uint32_t count,
                        struct vector *result)
{
    static const int64_t no_value = 0;
    bool is_last = slot->kind == AGGREGATE_LAST_VALUE;
    for (uint32_t i = 0; i < count; i++) {
        const struct value_list *list = slot_state(slot, states, i);
        struct value_list_cursor cursor = {0};
        struct bytes_view bytes, found = {0};
        bool is_owed, has_found = false;
        while ((is_last || !has_found) && value_list_next(list, &cursor, &bytes, &is_owed)) {
            found = is_owed ? found : bytes;
            has_found |= !is_owed;
        }
        if (has_found)
            cell_finish_bytes(slot->argument.kind, found, result, i);
        else
            cell_finish(slot->argument.kind, &no_value, result, i);
    }
}

static const struct aggregate_kernel number_kernel = {.size = sizeof(struct number_cell),
                                                      .accumulate = cell_accumulate,
                                                      .merge = cell_merge,
                                                      .finish = cells_finish};
static const struct aggregate_kernel decimal_kernel = {.size = sizeof(struct decimal_cell),
                                                       .accumulate = cell_accumulate,
                                                       .merge = cell_merge,
                                                       .finish = cells_finish};
static const struct aggregate_kernel text_kernel = {.size = sizeof(struct text_cell),
                                                    .num_buffers = 1,
                                                    .buffers = {offsetof(struct text_cell, text)},
                                                    .accumulate = cell_accumulate,
                                                    .merge = cell_merge,
                                                    .finish = cells_finish};
static const struct aggregate_kernel list_kernel = {.size = sizeof(struct value_list),
                                                    .num_buffers = 1,
                                                    .buffers = {offsetof(struct value_list, values)},
                                                    .accumulate = list_accumulate,
                                                    .merge = list_merge,
                                                    .is_sound = list_is_sound,
                                                    .finish = list_finish};

const struct aggregate_kernel *first_last_kernel(enum aggregate_kind kind, enum type_kind argument,
                                                 bool retractable)
{
    (void)kind;
    if (retractable)
        return &list_kernel;
    switch (cell_form_of(argument)) {
    case CELL_TEXT: return &text_kernel;
    case CELL_DECIMAL: return &decimal_kernel;
    case CELL_NUMBER: break;
    }
    return &number_kernel;
}
