#include "common/base/memory.h"
#include "taskmanager/operators/aggregate_calls.h"
#include "taskmanager/operators/group_aggregate_internal.h"

#include <stdlib.h>

/* What groups are made of: keys, accumulators and their state. */

enum { ACCUMULATOR_VERSION = 1 };

struct aggregate_set *group_aggregate_create_set(const struct plan_group_aggregate *plan)
{
    struct plan_aggregate_call *calls = mem_calloc(plan->call_count + (size_t)1, sizeof *calls);
    for (uint32_t i = 0; i < plan->call_count; i++)
        calls[i] = plan->calls[i];
    uint32_t count = plan->call_count;
    if (plan->takes_retractions)
        calls[count++] =
            (struct plan_aggregate_call){.function = aggregate_function_find("COUNT"),
                                         .filter = -1,
                                         .result = data_type_not_null(data_type_of(TYPE_BIGINT))};
    struct aggregate_set *set = aggregate_calls_create_set(calls, count, plan->takes_retractions);
    free(calls);
    return set;
}

enum status group_aggregate_open_state(const struct plan_group_aggregate *plan, const struct row_packer *keys,
                                       const struct aggregate_set *set,
                                       const struct operator_context *context, uint32_t head_size,
                                       struct keyed_state **ret_state, struct error *error)
{
    struct buffer key_type = {0}, value_type = {0};
    uint32_t num_buffers = 0;
    const uint32_t *buffers = set != NULL ? aggregate_set_buffers(set, &num_buffers) : NULL;
    uint32_t *offsets = mem_calloc(num_buffers + (size_t)1, sizeof *offsets);
    for (uint32_t i = 0; i < num_buffers; i++)
        offsets[i] = head_size + buffers[i];
    aggregate_keys_describe(keys->types, keys->num_columns, &key_type);
    aggregate_calls_describe(plan->calls, plan->call_count, &value_type);
    if (plan->takes_retractions)
        buffer_append_text(&value_type, " of a changelog");
    struct keyed_state_descriptor descriptor = {.name = "groups",
                                                .key_type = buffer_text(&key_type),
                                                .value_type = buffer_text(&value_type),
                                                .version = ACCUMULATOR_VERSION,
                                                .value_size =
                                                    head_size + (set != NULL ? aggregate_set_size(set) : 0),
                                                .buffer_offsets = offsets,
                                                .num_buffers = num_buffers,
                                                .ttl_ms = plan->state_ttl_ms};
    enum status status = keyed_state_open(context->keyed_state, &descriptor, ret_state, error);
    buffer_free(&key_type);
    buffer_free(&value_type);
    free(offsets);
    return status;
}
