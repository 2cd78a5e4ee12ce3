#include "taskmanager/operators/aggregate_calls.h"

#include "common/base/memory.h"

#include <stdlib.h>

struct aggregate_set *aggregate_calls_create_set(const struct plan_aggregate_call *calls, uint32_t num_calls,
                                                 bool retractable)
{
    struct aggregate_call *copies = mem_calloc(num_calls + (size_t)1, sizeof *copies);
    for (uint32_t i = 0; i < num_calls; i++)
        copies[i] = (struct aggregate_call){
            .function = calls[i].function,
            .arguments = calls[i].arguments,
            .argument_types = calls[i].argument_types,
            .num_arguments = calls[i].argument_count,
            .filter = calls[i].filter,
            .is_distinct = calls[i].is_distinct,
            .result = calls[i].result,
        };
    struct aggregate_set *set = aggregate_set_create(copies, num_calls, retractable);
    free(copies);
    return set;
}

static void describe_types(const struct data_type *types, uint32_t num_types, struct buffer *text)
{
    for (uint32_t i = 0; i < num_types; i++) {
        if (i > 0)
            buffer_append_text(text, ", ");
        data_type_format(types[i], text);
    }
}

void aggregate_calls_describe(const struct plan_aggregate_call *calls, uint32_t num_calls,
                              struct buffer *text)
{
    for (uint32_t i = 0; i < num_calls; i++) {
        buffer_printf(text, "%s%s(%s", i > 0 ? ", " : "", aggregate_function_name(calls[i].function),
                      calls[i].is_distinct ? "DISTINCT " : "");
        describe_types(calls[i].argument_types, calls[i].argument_count, text);
        buffer_append_text(text, ")");
    }
}

void aggregate_keys_describe(const struct data_type *types, uint32_t num_types, struct buffer *text)
{
    buffer_append_text(text, "ROW<");
    describe_types(types, num_types, text);
    buffer_append_text(text, ">");
}
