#include "common/plan/codec_internal.h"

static MESSAGE(Window) * encode_window(struct arena *arena, const struct plan_window *window)
{
    MESSAGE(Window) *message = arena_alloc(arena, sizeof *message);
    frazil__job_graph__window__init(message);
    message->kind = window->kind;
    message->time = window->time;
    message->time_column = window->time_column;
    message->window_start_column = window->window_start_column;
    message->window_end_column = window->window_end_column;
    message->size_us = window->size_us;
    message->slide_us = window->slide_us;
    message->offset_us = window->offset_us;
    message->is_zoned = window->is_zoned;
    message->time_zone = (char *)(window->time_zone == NULL ? "" : window->time_zone);
    message->partition_columns = (uint32_t *)window->partition_columns;
    message->n_partition_columns = window->partition_column_count;
    return message;
}

static MESSAGE(AggregateCall) *
    *encode_calls(struct arena *arena, const struct plan_aggregate_call *calls, uint32_t count)
{
    MESSAGE(AggregateCall) **messages = arena_calloc(arena, count + 1, sizeof *messages);
    for (uint32_t i = 0; i < count; i++) {
        const struct plan_aggregate_call *call = &calls[i];
        MESSAGE(AggregateCall) *message = arena_alloc(arena, sizeof *message);
        frazil__job_graph__aggregate_call__init(message);
        message->function = (char *)aggregate_function_name(call->function);
        message->arguments = (uint32_t *)call->arguments;
        message->n_arguments = call->argument_count;
        message->filter = call->filter;
        message->is_distinct = call->is_distinct;
        message->n_argument_types = call->argument_count;
        message->argument_types =
            arena_calloc(arena, call->argument_count + 1, sizeof *message->argument_types);
        for (uint32_t k = 0; k < call->argument_count; k++)
            message->argument_types[k] = encode_type(arena, call->argument_types[k]);
        message->result = encode_type(arena, call->result);
        messages[i] = message;
    }
    return messages;
}

MESSAGE(WindowTableFunction) *
    encode_window_table_function(struct arena *arena, const struct plan_window_table_function *function)
{
    MESSAGE(WindowTableFunction) *message = arena_alloc(arena, sizeof *message);
    frazil__job_graph__window_table_function__init(message);
    message->window = encode_window(arena, &function->window);
    return message;
}

MESSAGE(WindowAggregate) *
    encode_window_aggregate(struct arena *arena, const struct plan_window_aggregate *aggregate)
{
    MESSAGE(WindowAggregate) *message = arena_alloc(arena, sizeof *message);
    frazil__job_graph__window_aggregate__init(message);
    message->phase = aggregate->phase;
    message->window = encode_window(arena, &aggregate->window);
    message->keys = (uint32_t *)aggregate->keys;
    message->n_keys = aggregate->key_count;
    message->calls = encode_calls(arena, aggregate->calls, aggregate->call_count);
    message->n_calls = aggregate->call_count;
    message->n_properties = aggregate->property_count;
    message->properties = arena_calloc(arena, aggregate->property_count + 1, sizeof *message->properties);
    for (uint32_t i = 0; i < aggregate->property_count; i++)
        message->properties[i] = aggregate->properties[i];
    message->allowed_lateness_ms = aggregate->allowed_lateness_ms;
    message->late_records_topic =
        (char *)(aggregate->late_records_topic == NULL ? "" : aggregate->late_records_topic);
    return message;
}

MESSAGE(GroupAggregate) *
    encode_group_aggregate(struct arena *arena, const struct plan_group_aggregate *aggregate)
{
    MESSAGE(GroupAggregate) *message = arena_alloc(arena, sizeof *message);
    frazil__job_graph__group_aggregate__init(message);
    message->phase = aggregate->phase;
    message->keys = (uint32_t *)aggregate->keys;
    message->n_keys = aggregate->key_count;
    message->calls = encode_calls(arena, aggregate->calls, aggregate->call_count);
    message->n_calls = aggregate->call_count;
    message->takes_retractions = aggregate->takes_retractions;
    message->emits_update_before = aggregate->emits_update_before;
    message->state_ttl_ms = aggregate->state_ttl_ms;
    message->mini_batch_ms = aggregate->mini_batch_ms;
    message->mini_batch_rows = aggregate->mini_batch_rows;
    return message;
}

MESSAGE(Deduplicate) * encode_deduplicate(struct arena *arena, const struct plan_deduplicate *deduplicate)
{
    MESSAGE(Deduplicate) *message = arena_alloc(arena, sizeof *message);
    frazil__job_graph__deduplicate__init(message);
    message->keys = (uint32_t *)deduplicate->keys;
    message->n_keys = deduplicate->key_count;
    message->time_column = deduplicate->time_column;
    message->is_event_time = deduplicate->is_event_time;
    message->keeps_last = deduplicate->keeps_last;
    message->waits_for_watermark = deduplicate->waits_for_watermark;
    message->emits_update_before = deduplicate->emits_update_before;
    message->state_ttl_ms = deduplicate->state_ttl_ms;
    return message;
}

MESSAGE(TopN) * encode_top_n(struct arena *arena, const struct plan_top_n *top_n)
{
    MESSAGE(TopN) *message = arena_alloc(arena, sizeof *message);
    frazil__job_graph__top_n__init(message);
    message->keys = (uint32_t *)top_n->keys;
    message->n_keys = top_n->key_count;
    message->n_order = top_n->order_count;
    message->order = arena_calloc(arena, top_n->order_count + 1, sizeof *message->order);
    for (uint32_t i = 0; i < top_n->order_count; i++) {
        message->order[i] = arena_alloc(arena, sizeof *message->order[i]);
        frazil__job_graph__sort_column__init(message->order[i]);
        message->order[i]->column = top_n->order[i].column;
        message->order[i]->is_descending = top_n->order[i].is_descending;
        message->order[i]->nulls_last = top_n->order[i].nulls_last;
    }
    message->first = top_n->first;
    message->last = top_n->last;
    message->emits_rank = top_n->emits_rank;
    message->takes_retractions = top_n->takes_retractions;
    message->emits_update_before = top_n->emits_update_before;
    message->state_ttl_ms = top_n->state_ttl_ms;
    return message;
}
