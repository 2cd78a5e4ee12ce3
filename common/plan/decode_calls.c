#include "common/plan/codec_internal.h"

/* The types must be those that the function infers itself: kernels rely on them. */
static enum status check_call(const struct decoder *decoder, const struct plan_aggregate_call *call)
{
    struct data_type *types = arena_calloc(decoder->graph->arena, call->argument_count + 1, sizeof *types);
    struct data_type result;
    struct error ignored;
    for (uint32_t i = 0; i < call->argument_count; i++)
        types[i] = call->argument_types[i];
    if (aggregate_infer(call->function, types, call->argument_count, true, call->filter >= 0, &result,
                        &ignored) != STATUS_OK ||
        !data_type_equal(result, call->result))
        return decode_corrupt(decoder, "an aggregate is of other types than its function's");
    for (uint32_t i = 0; i < call->argument_count; i++)
        if (!data_type_equal(types[i], call->argument_types[i]))
            return decode_corrupt(decoder, "an aggregate's arguments are not of the types it takes");
    return STATUS_OK;
}

/* input NULL: the columns are of another operator's input. */
static enum status check_columns(const struct decoder *decoder, const struct plan_aggregate_call *call,
                                 const struct schema *input)
{
    if (call->filter < -1)
        return decode_corrupt(decoder, "an aggregate's filter is no column");
    if (input == NULL)
        return STATUS_OK;
    for (uint32_t i = 0; i < call->argument_count; i++) {
        uint32_t column = call->arguments[i];
        if (column >= input->num_fields ||
            !data_type_equal(input->fields[column].type, call->argument_types[i]))
            return decode_corrupt(decoder,
                                  "an aggregate is over a column that is not there or of another type");
    }
    uint32_t filter = (uint32_t)call->filter;
    if (call->filter >= 0 && (filter >= input->num_fields || input->fields[filter].type.kind != TYPE_BOOLEAN))
        return decode_corrupt(decoder, "an aggregate's filter is no condition");
    return STATUS_OK;
}

static enum status decode_call(const struct decoder *decoder, const MESSAGE(AggregateCall) * message,
                               const struct schema *input, struct plan_aggregate_call *ret_call)
{
    struct arena *arena = decoder->graph->arena;
    const struct aggregate_function *function = aggregate_function_find(message->function);
    if (function == NULL || message->n_arguments != message->n_argument_types)
        return decode_corrupt(decoder, "an aggregate function is unknown or lacks types");
    struct data_type *types = arena_calloc(arena, message->n_arguments + 1, sizeof *types);
    struct data_type result;
    enum status status = decode_type(decoder, message->result, &result);
    for (size_t i = 0; status == STATUS_OK && i < message->n_arguments; i++)
        status = decode_type(decoder, message->argument_types[i], &types[i]);
    if (status != STATUS_OK)
        return status;
    struct plan_aggregate_call call = {
        .function = function,
        .arguments = arena_dup(arena, message->arguments, message->n_arguments * sizeof *message->arguments),
        .argument_count = (uint32_t)message->n_arguments,
        .filter = message->filter,
        .is_distinct = message->is_distinct,
        .argument_types = types,
        .result = result,
    };
    status = check_call(decoder, &call);
    if (status == STATUS_OK)
        status = check_columns(decoder, &call, input);
    if (status == STATUS_OK)
        *ret_call = call;
    return status;
}

enum status decode_calls(const struct decoder *decoder, MESSAGE(AggregateCall) * *messages, size_t count,
                         const struct schema *input, const struct plan_aggregate_call **ret_calls)
{
    struct plan_aggregate_call *calls = arena_calloc(decoder->graph->arena, count + 1, sizeof *calls);
    for (size_t i = 0; i < count; i++) {
        enum status status = decode_call(decoder, messages[i], input, &calls[i]);
        if (status != STATUS_OK)
            return status;
    }
    *ret_calls = calls;
    return STATUS_OK;
}
