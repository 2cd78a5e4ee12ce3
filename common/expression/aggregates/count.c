#include "common/expression/aggregates/aggregates_internal.h"

/* COUNT: the rows in which no argument is NULL. An accumulator is the number of them. */

static enum status count_accumulate(const struct aggregate_slot *slot, const struct aggregate_input *input,
                                    struct error *error)
{
    (void)error;
    if (input->retract == NULL) {
        for (uint32_t i = 0; i < input->count; i++)
            count_add(slot_state(slot, input->states, i), 1);
        return STATUS_OK;
    }
    for (uint32_t i = 0; i < input->count; i++)
        count_add(slot_state(slot, input->states, i), input->retract[i] != 0 ? -1 : 1);
    return STATUS_OK;
}

static enum status count_merge(const struct aggregate_slot *slot, void *target, const void *source,
                               struct error *error)
{
    (void)slot;
    (void)error;
    count_add(target, *(const int64_t *)source);
    return STATUS_OK;
}

static void count_finish(const struct aggregate_slot *slot, void *const *states, uint32_t count,
                         struct vector *result)
{
    for (uint32_t i = 0; i < count; i++)
        ((int64_t *)result->values)[i] = *(const int64_t *)slot_state(slot, states, i);
}

static const struct aggregate_kernel kernel = {
    .size = sizeof(int64_t), .accumulate = count_accumulate, .merge = count_merge, .finish = count_finish};

const struct aggregate_kernel *count_kernel(enum aggregate_kind kind, enum type_kind argument,
                                            bool retractable)
{
    (void)kind;
    (void)argument;
    (void)retractable;
    return &kernel;
}
