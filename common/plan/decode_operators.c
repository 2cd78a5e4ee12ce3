#include "common/plan/codec_internal.h"

enum status decode_columns(const struct decoder *decoder, const uint32_t *columns, size_t count,
                           const struct schema *input, const char *what, const uint32_t **ret_columns)
{
    uint32_t *copy = arena_calloc(decoder->graph->arena, count + 1, sizeof *copy);
    for (size_t i = 0; i < count; i++) {
        if (columns[i] >= input->num_fields)
            return decode_corrupt(decoder, what);
        copy[i] = columns[i];
    }
    *ret_columns = copy;
    return STATUS_OK;
}

static bool is_time(enum type_kind kind)
{
    return kind == TYPE_TIMESTAMP || kind == TYPE_TIMESTAMP_LTZ;
}

static bool has_time(const struct schema *input, uint32_t column)
{
    return column < input->num_fields && is_time(input->fields[column].type.kind);
}

/* input NULL: the window's columns are of another operator's input. */
static enum status decode_window(const struct decoder *decoder, const MESSAGE(Window) * message,
                                 const struct schema *input, struct plan_window *ret_window)
{
    if (message == NULL || message->kind > PLAN_WINDOW_SESSION || message->time > PLAN_TIME_ATTACHED)
        return decode_corrupt(decoder, "a window is missing or of an unknown kind");
    bool bad_size = message->size_us <= 0 || message->slide_us <= 0;
    if (bad_size && message->time != PLAN_TIME_ATTACHED)
        return decode_corrupt(decoder, "a window has no size");
    if (input != NULL && message->time == PLAN_TIME_EVENT && !has_time(input, message->time_column))
        return decode_corrupt(decoder, "a window is over a column that is no time");
    if (input != NULL && message->time == PLAN_TIME_ATTACHED &&
        (!has_time(input, message->window_start_column) || !has_time(input, message->window_end_column)))
        return decode_corrupt(decoder, "a window is in columns that are no times");
    const uint32_t *partition = NULL;
    if (input == NULL && message->n_partition_columns > 0)
        return decode_corrupt(decoder, "a window of a second phase is partitioned");
    enum status status =
        input == NULL
            ? STATUS_OK
            : decode_columns(decoder, message->partition_columns, message->n_partition_columns, input,
                             "a window is partitioned by a column that is not there", &partition);
    if (status != STATUS_OK)
        return status;
    *ret_window = (struct plan_window){
        .kind = (enum plan_window_kind)message->kind,
        .time = (enum plan_window_time)message->time,
        .time_column = message->time_column,
        .window_start_column = message->window_start_column,
        .window_end_column = message->window_end_column,
        .size_us = message->size_us,
        .slide_us = message->slide_us,
        .offset_us = message->offset_us,
        .is_zoned = message->is_zoned,
        .time_zone = arena_strdup(decoder->graph->arena, message->time_zone),
        .partition_columns = partition,
        .partition_column_count = message->n_partition_columns,
    };
    return STATUS_OK;
}

/* The first columns of the output are the keys. */
static bool keys_lead(const uint32_t *keys, size_t count, const struct schema *input,
                      const struct schema *schema)
{
    if (schema->num_fields < count)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!data_type_equal(input->fields[keys[i]].type, schema->fields[i].type))
            return false;
    return true;
}

static bool results_follow(const struct plan_aggregate_call *calls, size_t call_count, size_t at,
                           const struct schema *schema)
{
    if (schema->num_fields < at + call_count)
        return false;
    for (size_t i = 0; i < call_count; i++)
        if (!data_type_equal(calls[i].result, schema->fields[at + i].type))
            return false;
    return true;
}

static bool is_kind(const struct schema *schema, size_t column, enum type_kind kind)
{
    return column < schema->num_fields && schema->fields[column].type.kind == kind;
}

/* What LOCAL gives and GLOBAL takes: keys, [slice end,] accumulators. */
static bool is_partial(const struct schema *schema, size_t key_count, bool has_slice)
{
    if (has_slice && !is_kind(schema, key_count, TYPE_TIMESTAMP))
        return false;
    return schema->num_fields == key_count + has_slice + 1 &&
           is_kind(schema, schema->num_fields - 1, TYPE_BYTES);
}

static bool keys_are_first(const uint32_t *keys, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (keys[i] != i)
            return false;
    return true;
}

enum status decode_window_table_function(const struct decoder *decoder,
                                         const MESSAGE(WindowTableFunction) * message,
                                         const struct schema *input, const struct schema *schema,
                                         const struct plan_window_table_function **ret_function)
{
    struct plan_window_table_function function;
    enum status status = decode_window(decoder, message->window, input, &function.window);
    if (status != STATUS_OK)
        return status;
    bool holds = schema->num_fields == input->num_fields + 3;
    for (uint32_t i = 0; holds && i < schema->num_fields; i++)
        holds = i < input->num_fields ? data_type_equal(input->fields[i].type, schema->fields[i].type)
                                      : is_time(schema->fields[i].type.kind);
    if (!holds)
        return decode_corrupt(decoder, "a window table function gives other columns than its own");
    *ret_function = arena_dup(decoder->graph->arena, &function, sizeof function);
    return STATUS_OK;
}

static enum status decode_properties_of_window(const struct decoder *decoder,
                                               const MESSAGE(WindowAggregate) * message,
                                               const struct schema *schema,
                                               struct plan_window_aggregate *aggregate)
{
    enum plan_window_property *properties =
        arena_calloc(decoder->graph->arena, message->n_properties + 1, sizeof *properties);
    size_t first = aggregate->key_count + aggregate->call_count;
    for (size_t i = 0; i < message->n_properties; i++) {
        if (message->properties[i] > PLAN_WINDOW_PROCTIME || first + i >= schema->num_fields ||
            !is_time(schema->fields[first + i].type.kind))
            return decode_corrupt(decoder, "a window's property is unknown or no time");
        properties[i] = (enum plan_window_property)message->properties[i];
    }
    aggregate->properties = properties;
    aggregate->property_count = (uint32_t)message->n_properties;
    return STATUS_OK;
}

static bool window_schemas_hold(const struct plan_window_aggregate *aggregate, const struct schema *input,
                                const struct schema *schema)
{
    if (!keys_lead(aggregate->keys, aggregate->key_count, input, schema))
        return false;
    if (aggregate->phase == PLAN_AGGREGATE_GLOBAL && (!is_partial(input, aggregate->key_count, true) ||
                                                      !keys_are_first(aggregate->keys, aggregate->key_count)))
        return false;
    if (aggregate->phase == PLAN_AGGREGATE_LOCAL)
        return is_partial(schema, aggregate->key_count, true);
    return results_follow(aggregate->calls, aggregate->call_count, aggregate->key_count, schema) &&
           schema->num_fields == aggregate->key_count + aggregate->call_count + aggregate->property_count;
}

enum status decode_window_aggregate(const struct decoder *decoder, const MESSAGE(WindowAggregate) * message,
                                    const struct schema *input, const struct schema *schema,
                                    const struct plan_window_aggregate **ret_aggregate)
{
    struct arena *arena = decoder->graph->arena;
    struct plan_window_aggregate *aggregate = arena_calloc(arena, 1, sizeof *aggregate);
    if (message->phase > PLAN_AGGREGATE_GLOBAL)
        return decode_corrupt(decoder, "an aggregation is of an unknown phase");
    aggregate->phase = (enum plan_aggregate_phase)message->phase;
    const struct schema *first = aggregate->phase == PLAN_AGGREGATE_GLOBAL ? NULL : input;
    aggregate->key_count = (uint32_t)message->n_keys;
    enum status status = decode_columns(decoder, message->keys, message->n_keys, input,
                                        "an aggregation is by a column that is not there", &aggregate->keys);
    if (status == STATUS_OK)
        status = decode_window(decoder, message->window, first, &aggregate->window);
    if (status == STATUS_OK)
        status = decode_calls(decoder, message->calls, message->n_calls, first, &aggregate->calls);
    aggregate->call_count = (uint32_t)message->n_calls;
    if (status == STATUS_OK && aggregate->phase != PLAN_AGGREGATE_LOCAL)
        status = decode_properties_of_window(decoder, message, schema, aggregate);
    if (status != STATUS_OK)
        return status;
    if (!window_schemas_hold(aggregate, input, schema) || message->allowed_lateness_ms < 0)
        return decode_corrupt(decoder, "a window aggregation's columns are not those of its schemas");
    aggregate->allowed_lateness_ms = message->allowed_lateness_ms;
    if (message->late_records_topic[0] != '\0' && aggregate->phase != PLAN_AGGREGATE_SINGLE)
        return decode_corrupt(decoder, "partial results of a window are to go to a topic for late rows");
    if (message->late_records_topic[0] != '\0')
        aggregate->late_records_topic = arena_strdup(arena, message->late_records_topic);
    *ret_aggregate = aggregate;
    return STATUS_OK;
}

static bool group_schemas_hold(const struct plan_group_aggregate *aggregate, const struct schema *input,
                               const struct schema *schema)
{
    if (!keys_lead(aggregate->keys, aggregate->key_count, input, schema))
        return false;
    if (aggregate->phase == PLAN_AGGREGATE_GLOBAL && (!is_partial(input, aggregate->key_count, false) ||
                                                      !keys_are_first(aggregate->keys, aggregate->key_count)))
        return false;
    if (aggregate->phase == PLAN_AGGREGATE_LOCAL)
        return is_partial(schema, aggregate->key_count, false);
    return results_follow(aggregate->calls, aggregate->call_count, aggregate->key_count, schema) &&
           schema->num_fields == aggregate->key_count + aggregate->call_count;
}

enum status decode_group_aggregate(const struct decoder *decoder, const MESSAGE(GroupAggregate) * message,
                                   const struct schema *input, const struct schema *schema,
                                   const struct plan_group_aggregate **ret_aggregate)
{
    struct plan_group_aggregate *aggregate = arena_calloc(decoder->graph->arena, 1, sizeof *aggregate);
    if (message->phase > PLAN_AGGREGATE_GLOBAL || message->state_ttl_ms < 0 || message->mini_batch_ms < 0 ||
        message->mini_batch_rows < 0)
        return decode_corrupt(decoder, "an aggregation is of an unknown phase or has a negative bound");
    *aggregate = (struct plan_group_aggregate){
        .phase = (enum plan_aggregate_phase)message->phase,
        .key_count = (uint32_t)message->n_keys,
        .call_count = (uint32_t)message->n_calls,
        .takes_retractions = message->takes_retractions,
        .emits_update_before = message->emits_update_before,
        .state_ttl_ms = message->state_ttl_ms,
        .mini_batch_ms = message->mini_batch_ms,
        .mini_batch_rows = message->mini_batch_rows,
    };
    const struct schema *first = aggregate->phase == PLAN_AGGREGATE_GLOBAL ? NULL : input;
    enum status status = decode_columns(decoder, message->keys, message->n_keys, input,
                                        "an aggregation is by a column that is not there", &aggregate->keys);
    if (status == STATUS_OK)
        status = decode_calls(decoder, message->calls, message->n_calls, first, &aggregate->calls);
    if (status != STATUS_OK)
        return status;
    if (!group_schemas_hold(aggregate, input, schema))
        return decode_corrupt(decoder, "an aggregation's columns are not those of its schemas");
    *ret_aggregate = aggregate;
    return STATUS_OK;
}

static bool same_columns(const struct schema *input, const struct schema *schema)
{
    for (uint32_t i = 0; i < input->num_fields; i++)
        if (i >= schema->num_fields || !data_type_equal(input->fields[i].type, schema->fields[i].type))
            return false;
    return true;
}

enum status decode_deduplicate(const struct decoder *decoder, const MESSAGE(Deduplicate) * message,
                               const struct schema *input, const struct schema *schema,
                               const struct plan_deduplicate **ret_deduplicate)
{
    struct plan_deduplicate deduplicate = {
        .key_count = (uint32_t)message->n_keys,
        .time_column = message->time_column,
        .is_event_time = message->is_event_time,
        .keeps_last = message->keeps_last,
        .waits_for_watermark = message->waits_for_watermark,
        .emits_update_before = message->emits_update_before,
        .state_ttl_ms = message->state_ttl_ms,
    };
    enum status status =
        decode_columns(decoder, message->keys, message->n_keys, input,
                       "a deduplication is by a column that is not there", &deduplicate.keys);
    if (status != STATUS_OK)
        return status;
    if ((deduplicate.is_event_time && !has_time(input, deduplicate.time_column)) ||
        deduplicate.state_ttl_ms < 0)
        return decode_corrupt(decoder, "a deduplication is over a column that is no time");
    if (deduplicate.waits_for_watermark && (!deduplicate.is_event_time || deduplicate.keeps_last))
        return decode_corrupt(decoder, "a deduplication waits for a watermark that it does not go by");
    if (!same_columns(input, schema) || schema->num_fields != input->num_fields)
        return decode_corrupt(decoder, "a deduplication gives other columns than it takes");
    *ret_deduplicate = arena_dup(decoder->graph->arena, &deduplicate, sizeof deduplicate);
    return STATUS_OK;
}

static enum status decode_order(const struct decoder *decoder, const MESSAGE(TopN) * message,
                                const struct schema *input, struct plan_top_n *top_n)
{
    struct plan_sort_column *order = arena_calloc(decoder->graph->arena, message->n_order + 1, sizeof *order);
    for (size_t i = 0; i < message->n_order; i++) {
        order[i] = (struct plan_sort_column){
            .column = message->order[i]->column,
            .is_descending = message->order[i]->is_descending,
            .nulls_last = message->order[i]->nulls_last,
        };
        if (order[i].column >= input->num_fields)
            return decode_corrupt(decoder, "rows are ordered by a column that is not there");
    }
    top_n->order = order;
    top_n->order_count = (uint32_t)message->n_order;
    return STATUS_OK;
}

enum status decode_top_n(const struct decoder *decoder, const MESSAGE(TopN) * message,
                         const struct schema *input, const struct schema *schema,
                         const struct plan_top_n **ret_top_n)
{
    struct plan_top_n top_n = {
        .key_count = (uint32_t)message->n_keys,
        .first = message->first,
        .last = message->last,
        .emits_rank = message->emits_rank,
        .takes_retractions = message->takes_retractions,
        .emits_update_before = message->emits_update_before,
        .state_ttl_ms = message->state_ttl_ms,
    };
    enum status status = decode_columns(decoder, message->keys, message->n_keys, input,
                                        "a ranking is by a column that is not there", &top_n.keys);
    if (status != STATUS_OK)
        return status;
    if (top_n.first < 1 || top_n.last < top_n.first || top_n.state_ttl_ms < 0)
        return decode_corrupt(decoder, "a ranking keeps no rows");
    if (!same_columns(input, schema) || schema->num_fields != input->num_fields + top_n.emits_rank ||
        (top_n.emits_rank && !is_kind(schema, input->num_fields, TYPE_BIGINT)))
        return decode_corrupt(decoder, "a ranking gives other columns than it should");
    status = decode_order(decoder, message, input, &top_n);
    if (status == STATUS_OK)
        *ret_top_n = arena_dup(decoder->graph->arena, &top_n, sizeof top_n);
    return status;
}
