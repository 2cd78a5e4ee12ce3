#include "common/plan/plan_codec.h"

#include "common/expression/function.h"
#include "common/expression/functions/functions.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const struct schema *two_columns(struct plan_job_graph *graph, const char *first, const char *second)
{
    struct schema *schema = schema_create(2);
    schema_set_field(schema, 0, first, data_type_not_null(data_type_of(TYPE_BIGINT)));
    schema_set_field(schema, 1, second, data_type_decimal(12, 3));
    return plan_job_graph_hold(graph, schema);
}

static struct plan_node *make_node(struct plan_job_graph *graph, enum plan_node_kind kind, const char *name,
                                   uint32_t id)
{
    struct plan_node *node = arena_calloc(graph->arena, 1, sizeof *node);
    *node = (struct plan_node){.kind = kind, .name = name, .id = id, .schema = two_columns(graph, "a", "b")};
    snprintf(node->uid, sizeof node->uid, "%032x", id);
    return node;
}

static void set_children(struct plan_job_graph *graph, struct plan_node *node, const struct plan_node *first,
                         const struct plan_node *second)
{
    const struct plan_node *children[] = {first, second};
    node->child_count = second == NULL ? 1 : 2;
    node->children = arena_dup(graph->arena, children, sizeof children);
}

static struct plan_node *make_values(struct plan_job_graph *graph)
{
    struct arena *arena = graph->arena;
    struct plan_node *node = make_node(graph, PLAN_SOURCE, "Source: Values[1]", 1);
    struct plan_source *source = arena_calloc(arena, 1, sizeof *source);
    const struct expression **values = arena_calloc(arena, 2, sizeof *values);
    int128_t amount = 12345;
    values[0] = expression_literal_bigint(arena, -7);
    values[1] = expression_literal(arena, data_type_decimal(12, 3), &amount);
    *source = (struct plan_source){
        .kind = PLAN_SOURCE_VALUES,
        .table = "",
        .fields = arena_calloc(arena, 2, sizeof *source->fields),
        .values = values,
        .value_row_count = 1,
    };
    node->source = source;
    return node;
}

static struct plan_node *make_calc(struct plan_job_graph *graph, const struct schema *input)
{
    struct arena *arena = graph->arena;
    struct plan_node *node = make_node(graph, PLAN_CALC, "Calc[2]", 2);
    struct plan_calc *calc = arena_calloc(arena, 1, sizeof *calc);
    const struct expression **projections = arena_calloc(arena, 2, sizeof *projections);
    const struct expression *column = expression_column(arena, 0, input->fields[0].type);
    const struct expression *arguments[] = {column, expression_literal_bigint(arena, 1)};
    struct error error;
    projections[1] = expression_column(arena, 1, input->fields[1].type);
    assert_int_equal(function_call(arena, "+", arguments, 2, &projections[0], &error), STATUS_OK);
    assert_int_equal(function_call(arena, "<", arguments, 2, &calc->filter, &error), STATUS_OK);
    calc->projections = projections;
    calc->projection_count = 2;
    calc->time_zone = "Europe/Berlin";
    node->calc = calc;
    return node;
}

static struct plan_node *make_iceberg_sink(struct plan_job_graph *graph)
{
    static const uint32_t columns[] = {0, 1};
    static const char *const key[] = {"a"};
    static const struct iceberg_sink_partition partition[] = {
        {.transform = ICEBERG_SINK_BUCKET, .parameter = 16, .column = "a", .name = "a_bucket"}};
    static const struct connector_property property = {"write.target-file-size-bytes", "1"};
    static const struct iceberg_config config = {
        "c", "file:///w", "d", "t", {.items = &property, .count = 1}};
    struct plan_node *node = make_node(graph, PLAN_SINK, "t[3]: Writer", 3);
    struct plan_sink *sink = arena_calloc(graph->arena, 1, sizeof *sink);
    struct plan_iceberg_sink *iceberg = arena_calloc(graph->arena, 1, sizeof *iceberg);
    *iceberg = (struct plan_iceberg_sink){
        .config = &config,
        .table_schema = two_columns(graph, "a", "b"),
        .table_columns = columns,
        .partition = partition,
        .partition_count = 1,
        .primary_key = key,
        .primary_key_count = 1,
        .table_properties = config.table_properties,
    };
    *sink = (struct plan_sink){.kind = PLAN_SINK_ICEBERG, .table = "x.y.t", .sink_id = 0, .iceberg = iceberg};
    node->sink = sink;
    return node;
}

static struct plan_node *make_print_sink(struct plan_job_graph *graph)
{
    static const struct print_config config = {.identifier = ">", .standard_error = true};
    struct plan_node *node = make_node(graph, PLAN_SINK, "p[4]: Writer", 4);
    struct plan_sink *sink = arena_calloc(graph->arena, 1, sizeof *sink);
    *sink = (struct plan_sink){.kind = PLAN_SINK_PRINT, .table = "x.y.p", .sink_id = 1, .print = &config};
    node->sink = sink;
    return node;
}

/* values -> (calc -> iceberg, print) */
static struct plan_job_graph *make_graph(void)
{
    struct plan_job_graph *graph = plan_job_graph_create();
    struct plan_node *values = make_values(graph);
    struct plan_node *calc = make_calc(graph, values->schema);
    set_children(graph, calc, make_iceberg_sink(graph), NULL);
    set_children(graph, values, calc, make_print_sink(graph));
    struct plan_vertex *vertex = arena_calloc(graph->arena, 1, sizeof *vertex);
    memset(vertex->id, 'a', VERTEX_ID_BYTES - 1);
    vertex->name = "all";
    vertex->parallelism = 1;
    vertex->root = values;
    graph->name = "job";
    graph->vertices = vertex;
    graph->vertex_count = 1;
    graph->sink_count = 2;
    graph->configuration.checkpoint_interval_ms = 1000;
    graph->configuration.restore_path = "file:///cp";
    return graph;
}

static struct plan_job_graph *again(struct plan_job_graph *graph)
{
    struct buffer bytes = {0};
    struct plan_job_graph *decoded = NULL;
    struct error error;
    plan_job_graph_encode(graph, &bytes);
    plan_job_graph_free(graph);
    if (plan_job_graph_decode(bytes.data, bytes.size, &decoded, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    buffer_free(&bytes);
    return decoded;
}

static void a_graph_survives_the_way_there_and_back(void **state)
{
    (void)state;
    struct plan_job_graph *graph = again(make_graph());
    const struct plan_node *values = graph->vertices[0].root;
    assert_string_equal(graph->name, "job");
    assert_int_equal(graph->sink_count, 2);
    assert_int_equal(graph->configuration.checkpoint_interval_ms, 1000);
    assert_int_equal(graph->configuration.checkpoint_timeout_ms, -1);
    assert_string_equal(graph->configuration.restore_path, "file:///cp");
    assert_null(graph->configuration.restart_strategy);
    assert_int_equal(values->child_count, 2);
    assert_int_equal(*(const int64_t *)values->source->values[0]->value, -7);
    assert_true(*(const int128_t *)values->source->values[1]->value == 12345);
    const struct plan_node *calc = values->children[0];
    struct buffer text = {0};
    expression_format(calc->calc->projections[0], values->schema, &text);
    assert_string_equal(buffer_text(&text), "+(a, 1)");
    buffer_free(&text);
    assert_string_equal(calc->calc->time_zone, "Europe/Berlin");
    const struct plan_iceberg_sink *iceberg = plan_job_graph_sink(graph, 0)->sink->iceberg;
    assert_string_equal(iceberg->config->table, "t");
    assert_string_equal(iceberg->table_properties.items[0].key, "write.target-file-size-bytes");
    assert_null(iceberg->table_uuid);
    assert_int_equal(iceberg->partition[0].transform, ICEBERG_SINK_BUCKET);
    assert_int_equal(iceberg->partition[0].parameter, 16);
    assert_true(plan_job_graph_sink(graph, 1)->sink->print->standard_error);
    assert_true(plan_job_graph_has_sink(graph, PLAN_SINK_PRINT));
    assert_false(plan_job_graph_has_sink(graph, PLAN_SINK_COLLECT));
    assert_null(plan_job_graph_sink(graph, 2));
    plan_job_graph_free(graph);
}

static void a_bound_sink_finds_its_columns_by_name(void **state)
{
    (void)state;
    struct plan_job_graph *graph = make_graph();
    struct schema *table = schema_create(3);
    schema_set_field(table, 0, "b", data_type_decimal(12, 3));
    schema_set_field(table, 1, "other", data_type_of(TYPE_INT));
    schema_set_field(table, 2, "a", data_type_of(TYPE_BIGINT));
    for (int32_t i = 0; i < 3; i++)
        table->fields[i].field_id = i + 1;
    const struct iceberg_sink_partition partition = {
        .transform = ICEBERG_SINK_IDENTITY, .column = "a", .name = "a", .field_id = 1000};
    const struct plan_iceberg_binding binding = {
        .table_uuid = "uuid",
        .table_location = "file:///w/d/t",
        .schema_id = 4,
        .partition_spec_id = 5,
        .table_schema = table,
        .partition = &partition,
        .partition_count = 1,
    };
    plan_job_graph_bind_iceberg(graph, 0, &binding);
    graph = again(graph);
    const struct plan_iceberg_sink *iceberg = plan_job_graph_sink(graph, 0)->sink->iceberg;
    assert_string_equal(iceberg->table_uuid, "uuid");
    assert_string_equal(iceberg->table_location, "file:///w/d/t");
    assert_int_equal(iceberg->table_columns[0], 2);
    assert_int_equal(iceberg->table_columns[1], 0);
    assert_int_equal(iceberg->table_schema->fields[2].field_id, 3);
    assert_int_equal(iceberg->partition[0].field_id, 1000);
    assert_int_equal(iceberg->schema_id, 4);
    assert_int_equal(iceberg->partition_spec_id, 5);
    plan_job_graph_free(graph);
}

enum { KINDS = 11, CALLS_MAX = 60000 };

/* One column of each type. */
static const struct schema *all_types(struct plan_job_graph *graph)
{
    static const enum type_kind kinds[KINDS] = {TYPE_BOOLEAN, TYPE_INT,       TYPE_BIGINT,       TYPE_FLOAT,
                                                TYPE_DOUBLE,  TYPE_DECIMAL,   TYPE_STRING,       TYPE_BYTES,
                                                TYPE_DATE,    TYPE_TIMESTAMP, TYPE_TIMESTAMP_LTZ};
    struct schema *schema = schema_create(KINDS);
    for (uint32_t i = 0; i < KINDS; i++)
        schema_set_field(schema, i, "c",
                         kinds[i] == TYPE_DECIMAL ? data_type_decimal(12, 3) : data_type_of(kinds[i]));
    return plan_job_graph_hold(graph, schema);
}

/* Every call of the function on columns of every type, with count arguments, that its types allow. */
static size_t call_all(struct plan_job_graph *graph, const struct function *function, uint32_t count,
                       const struct schema *input, const struct expression **calls, size_t call_count)
{
    size_t combinations = 1;
    for (uint32_t i = 0; i < count; i++)
        combinations *= KINDS;
    for (size_t combination = 0; combination < combinations; combination++) {
        const struct expression *arguments[3];
        struct error error;
        size_t rest = combination;
        for (uint32_t i = 0; i < count; i++, rest /= KINDS)
            arguments[i] =
                expression_column(graph->arena, (uint32_t)(rest % KINDS), input->fields[rest % KINDS].type);
        if (function_call(graph->arena, function->name, arguments, count, &calls[call_count], &error) ==
            STATUS_OK)
            call_count++;
        assert_true(call_count < CALLS_MAX);
    }
    return call_count;
}

/* The decoder infers the types of each call again and takes no other: what function_call made must pass. */
static void every_call_of_the_function_table_survives(void **state)
{
    (void)state;
    struct plan_job_graph *graph = make_graph();
    struct plan_node *source = (struct plan_node *)graph->vertices[0].root;
    struct plan_node *calc = make_node(graph, PLAN_CALC, "Calc[2]", 2);
    const struct expression **calls = arena_calloc(graph->arena, CALLS_MAX, sizeof *calls);
    const struct schema *input = all_types(graph);
    uint32_t function_count = 0;
    const struct function *functions = function_table(&function_count);
    size_t count = 0;
    for (uint32_t i = 0; i < function_count; i++) {
        for (uint32_t arity = functions[i].min_arguments; arity <= functions[i].max_arguments && arity <= 3;
             arity++)
            count = call_all(graph, &functions[i], arity, input, calls, count);
    }
    assert_true(count > function_count);
    struct schema *output = schema_create((uint32_t)count);
    for (uint32_t i = 0; i < count; i++)
        schema_set_field(output, i, "x", calls[i]->type);
    struct plan_calc payload = {.projections = calls, .projection_count = count, .time_zone = "UTC"};
    struct plan_source values = *source->source;
    values.value_row_count = 0;
    values.fields = arena_calloc(graph->arena, KINDS, sizeof *values.fields);
    source->schema = input;
    source->source = &values;
    calc->schema = plan_job_graph_hold(graph, output);
    calc->calc = &payload;
    set_children(graph, source, calc, NULL);
    graph = again(graph);
    assert_int_equal(graph->vertices[0].root->children[0]->calc->projection_count, count);
    plan_job_graph_free(graph);
}

static const struct schema *hold(struct plan_job_graph *graph, const struct data_type *types, uint32_t count)
{
    static const char *const names[] = {"c0", "c1", "c2", "c3", "c4"};
    struct schema *schema = schema_create(count);
    for (uint32_t i = 0; i < count; i++)
        schema_set_field(schema, i, names[i], types[i]);
    return plan_job_graph_hold(graph, schema);
}

static const uint32_t column_zero[] = {0};
static const uint32_t column_one[] = {1};

/* SUM of column 1, with a filter that is not there. */
static const struct plan_aggregate_call *sum_call(struct plan_job_graph *graph)
{
    struct plan_aggregate_call *call = arena_calloc(graph->arena, 1, sizeof *call);
    struct data_type *types = arena_calloc(graph->arena, 1, sizeof *types);
    struct error error;
    *call = (struct plan_aggregate_call){.function = aggregate_function_find("SUM"),
                                         .arguments = column_one,
                                         .argument_count = 1,
                                         .filter = -1,
                                         .argument_types = types};
    types[0] = data_type_decimal(12, 3);
    assert_int_equal(aggregate_infer(call->function, types, 1, true, false, &call->result, &error),
                     STATUS_OK);
    return call;
}

static struct plan_node *window_node(struct plan_job_graph *graph, enum plan_aggregate_phase phase,
                                     uint32_t id, const struct schema *schema)
{
    static const enum plan_window_property properties[] = {PLAN_WINDOW_END, PLAN_WINDOW_TIME};
    struct plan_node *node = make_node(graph, PLAN_WINDOW_AGGREGATE, "Aggregate", id);
    struct plan_window_aggregate *aggregate = arena_calloc(graph->arena, 1, sizeof *aggregate);
    *aggregate = (struct plan_window_aggregate){
        .phase = phase,
        .window = {.kind = PLAN_WINDOW_HOP,
                   .time = PLAN_TIME_EVENT,
                   .time_column = 2,
                   .size_us = 7200000000,
                   .slide_us = 3600000000,
                   .offset_us = -5,
                   .is_zoned = true,
                   .time_zone = "Europe/Berlin"},
        .keys = column_zero,
        .key_count = 1,
        .calls = sum_call(graph),
        .call_count = 1,
        .properties = properties,
        .property_count = phase == PLAN_AGGREGATE_GLOBAL ? 2 : 0,
        .late_records_topic = phase == PLAN_AGGREGATE_SINGLE ? "late" : NULL,
    };
    node->window_aggregate = aggregate;
    node->schema = schema;
    node->changelog = PLAN_INSERTS;
    return node;
}

static struct plan_node *three_columns_source(struct plan_job_graph *graph)
{
    const struct data_type types[] = {data_type_not_null(data_type_of(TYPE_BIGINT)), data_type_decimal(12, 3),
                                      data_type_timestamp(TYPE_TIMESTAMP_LTZ, 3)};
    struct plan_node *node = make_values(graph);
    struct plan_source *source = arena_calloc(graph->arena, 1, sizeof *source);
    struct plan_watermark *watermark = arena_calloc(graph->arena, 1, sizeof *watermark);
    *watermark = (struct plan_watermark){.expression = expression_column(graph->arena, 2, types[2]),
                                         .emit_interval_ms = 200,
                                         .idle_timeout_ms = 1000,
                                         .time_zone = "UTC"};
    *source = (struct plan_source){.kind = PLAN_SOURCE_VALUES,
                                   .table = "",
                                   .fields = arena_calloc(graph->arena, 3, sizeof *source->fields),
                                   .watermark = watermark};
    node->source = source;
    node->schema = hold(graph, types, 3);
    return node;
}

/* values -> local | hash | global -> print */
static struct plan_job_graph *make_window_graph(void)
{
    struct plan_job_graph *graph = plan_job_graph_create();
    const struct data_type key = data_type_not_null(data_type_of(TYPE_BIGINT));
    const struct data_type end = data_type_timestamp(TYPE_TIMESTAMP, 3);
    const struct data_type partial[] = {key, end, data_type_of(TYPE_BYTES)};
    const struct data_type final[] = {key, sum_call(graph)->result, end,
                                      data_type_timestamp(TYPE_TIMESTAMP_LTZ, 3)};
    struct plan_node *source = three_columns_source(graph);
    struct plan_node *local = window_node(graph, PLAN_AGGREGATE_LOCAL, 2, hold(graph, partial, 3));
    struct plan_node *global = window_node(graph, PLAN_AGGREGATE_GLOBAL, 3, hold(graph, final, 4));
    struct plan_node *sink = make_print_sink(graph);
    sink->schema = global->schema;
    set_children(graph, source, local, NULL);
    set_children(graph, global, sink, NULL);
    struct plan_vertex *vertices = arena_calloc(graph->arena, 2, sizeof *vertices);
    struct plan_edge *edge = arena_calloc(graph->arena, 1, sizeof *edge);
    for (size_t i = 0; i < 2; i++) {
        memset(vertices[i].id, 'a' + (int)i, VERTEX_ID_BYTES - 1);
        vertices[i].name = "vertex";
        vertices[i].parallelism = 2;
        vertices[i].root = i == 0 ? source : global;
    }
    *edge = (struct plan_edge){.from = 0,
                               .from_node_id = 2,
                               .to = 1,
                               .partitioning = PLAN_HASH,
                               .key_columns = column_zero,
                               .key_column_count = 1,
                               .schema = local->schema};
    graph->name = "windows";
    graph->vertices = vertices;
    graph->vertex_count = 2;
    graph->edges = edge;
    graph->edge_count = 1;
    graph->configuration.ignores_unclaimed_state = true;
    return graph;
}

static void windows_and_their_edge_survive(void **state)
{
    (void)state;
    struct plan_job_graph *graph = again(make_window_graph());
    const struct plan_node *source = graph->vertices[0].root;
    const struct plan_node *global = graph->vertices[1].root;
    assert_int_equal(source->source->watermark->idle_timeout_ms, 1000);
    assert_int_equal(source->children[0]->window_aggregate->phase, PLAN_AGGREGATE_LOCAL);
    const struct plan_window_aggregate *aggregate = global->window_aggregate;
    assert_int_equal(aggregate->phase, PLAN_AGGREGATE_GLOBAL);
    assert_int_equal(aggregate->window.kind, PLAN_WINDOW_HOP);
    assert_int_equal(aggregate->window.size_us, 7200000000);
    assert_int_equal(aggregate->window.offset_us, -5);
    assert_string_equal(aggregate->window.time_zone, "Europe/Berlin");
    assert_string_equal(aggregate_function_name(aggregate->calls[0].function), "SUM");
    assert_int_equal(aggregate->calls[0].filter, -1);
    assert_int_equal(aggregate->calls[0].result.precision, 38);
    assert_int_equal(aggregate->properties[1], PLAN_WINDOW_TIME);
    assert_null(aggregate->late_records_topic);
    assert_string_equal(global->uid, "00000000000000000000000000000003");
    assert_int_equal(global->changelog, PLAN_INSERTS);
    assert_int_equal(graph->edge_count, 1);
    assert_int_equal(graph->edges[0].partitioning, PLAN_HASH);
    assert_int_equal(graph->edges[0].from_node_id, 2);
    assert_int_equal(graph->edges[0].key_columns[0], 0);
    assert_int_equal(graph->edges[0].schema->num_fields, 3);
    assert_true(graph->configuration.ignores_unclaimed_state);
    plan_job_graph_free(graph);
}

static struct plan_job_graph *one_operator_graph(struct plan_node *(*make)(struct plan_job_graph *graph))
{
    struct plan_job_graph *graph = make_window_graph();
    struct plan_node *source = (struct plan_node *)graph->vertices[0].root;
    struct plan_node *node = make(graph);
    struct plan_node *sink = make_print_sink(graph);
    sink->schema = node->schema;
    set_children(graph, source, node, NULL);
    set_children(graph, node, sink, NULL);
    graph->vertex_count = 1;
    graph->edge_count = 0;
    return graph;
}

static struct plan_node *make_single_window(struct plan_job_graph *graph)
{
    const struct data_type types[] = {data_type_not_null(data_type_of(TYPE_BIGINT)), sum_call(graph)->result};
    return window_node(graph, PLAN_AGGREGATE_SINGLE, 2, hold(graph, types, 2));
}

static struct plan_node *make_group(struct plan_job_graph *graph)
{
    const struct data_type types[] = {data_type_of(TYPE_BIGINT), sum_call(graph)->result};
    struct plan_node *node = make_node(graph, PLAN_GROUP_AGGREGATE, "GroupAggregate[2]", 2);
    struct plan_group_aggregate *group = arena_calloc(graph->arena, 1, sizeof *group);
    *group = (struct plan_group_aggregate){.keys = column_zero,
                                           .key_count = 1,
                                           .calls = sum_call(graph),
                                           .call_count = 1,
                                           .takes_retractions = true,
                                           .state_ttl_ms = 7,
                                           .mini_batch_rows = 9};
    node->group_aggregate = group;
    node->schema = hold(graph, types, 2);
    return node;
}

static struct plan_node *make_top_n(struct plan_job_graph *graph)
{
    static const struct plan_sort_column order[] = {{.column = 1, .is_descending = true, .nulls_last = true}};
    const struct data_type types[] = {data_type_of(TYPE_BIGINT), data_type_decimal(12, 3),
                                      data_type_timestamp(TYPE_TIMESTAMP_LTZ, 3), data_type_of(TYPE_BIGINT)};
    struct plan_node *node = make_node(graph, PLAN_TOP_N, "Rank[2]", 2);
    struct plan_top_n *top_n = arena_calloc(graph->arena, 1, sizeof *top_n);
    *top_n = (struct plan_top_n){.keys = column_zero,
                                 .key_count = 1,
                                 .order = order,
                                 .order_count = 1,
                                 .first = 2,
                                 .last = 5,
                                 .emits_rank = true};
    node->top_n = top_n;
    node->schema = hold(graph, types, 4);
    return node;
}

static struct plan_node *make_deduplicate(struct plan_job_graph *graph)
{
    const struct data_type types[] = {data_type_of(TYPE_BIGINT), data_type_decimal(12, 3),
                                      data_type_timestamp(TYPE_TIMESTAMP_LTZ, 3)};
    struct plan_node *node = make_node(graph, PLAN_DEDUPLICATE, "Deduplicate[2]", 2);
    struct plan_deduplicate *deduplicate = arena_calloc(graph->arena, 1, sizeof *deduplicate);
    *deduplicate = (struct plan_deduplicate){.keys = column_zero,
                                             .key_count = 1,
                                             .time_column = 2,
                                             .is_event_time = true,
                                             .waits_for_watermark = true};
    node->deduplicate = deduplicate;
    node->schema = hold(graph, types, 3);
    return node;
}

static void operators_with_state_survive(void **state)
{
    (void)state;
    struct plan_job_graph *graph = again(one_operator_graph(make_group));
    const struct plan_group_aggregate *group = graph->vertices[0].root->children[0]->group_aggregate;
    assert_true(group->takes_retractions);
    assert_int_equal(group->state_ttl_ms, 7);
    assert_int_equal(group->mini_batch_rows, 9);
    plan_job_graph_free(graph);

    graph = again(one_operator_graph(make_top_n));
    const struct plan_top_n *top_n = graph->vertices[0].root->children[0]->top_n;
    assert_true(top_n->order[0].is_descending && top_n->order[0].nulls_last && top_n->emits_rank);
    assert_int_equal(top_n->first, 2);
    assert_int_equal(top_n->last, 5);
    plan_job_graph_free(graph);

    graph = again(one_operator_graph(make_deduplicate));
    const struct plan_deduplicate *deduplicate = graph->vertices[0].root->children[0]->deduplicate;
    assert_int_equal(deduplicate->time_column, 2);
    assert_true(deduplicate->waits_for_watermark && !deduplicate->keeps_last);
    plan_job_graph_free(graph);

    graph = again(one_operator_graph(make_single_window));
    const struct plan_window_aggregate *window = graph->vertices[0].root->children[0]->window_aggregate;
    assert_string_equal(window->late_records_topic, "late");
    plan_job_graph_free(graph);
}

/* What would make an operator read past its columns is refused. */
static void operators_over_columns_that_are_not_there_are_refused(void **state)
{
    (void)state;
    static const uint32_t far_column[] = {3};
    struct buffer bytes = {0};
    struct plan_job_graph *decoded = NULL;
    struct error error;
    for (int broken = 0; broken < 4; broken++) {
        struct plan_job_graph *graph = make_window_graph();
        struct plan_node *local = (struct plan_node *)graph->vertices[0].root->children[0];
        struct plan_window_aggregate *aggregate = (struct plan_window_aggregate *)local->window_aggregate;
        struct plan_edge *edge = (struct plan_edge *)graph->edges;
        if (broken == 0)
            aggregate->keys = far_column;
        else if (broken == 1)
            ((struct plan_aggregate_call *)aggregate->calls)->arguments = far_column;
        else if (broken == 2)
            aggregate->window.time_column = 1;
        else
            edge->key_columns = far_column;
        buffer_clear(&bytes);
        plan_job_graph_encode(graph, &bytes);
        plan_job_graph_free(graph);
        assert_int_equal(plan_job_graph_decode(bytes.data, bytes.size, &decoded, &error), STATUS_CORRUPT);
    }
    buffer_free(&bytes);
}

/* Its state would be found by nobody. */
static void a_node_without_its_uid_is_refused(void **state)
{
    (void)state;
    struct buffer bytes = {0};
    struct plan_job_graph *graph = make_window_graph(), *decoded = NULL;
    struct error error;
    ((struct plan_node *)graph->vertices[0].root)->uid[0] = '\0';
    plan_job_graph_encode(graph, &bytes);
    assert_int_equal(plan_job_graph_decode(bytes.data, bytes.size, &decoded, &error), STATUS_CORRUPT);
    buffer_free(&bytes);
    plan_job_graph_free(graph);
}

/* Every cut and many a flipped byte is either refused or gives a graph that can be walked. */
static void damage(struct plan_job_graph *graph)
{
    struct buffer bytes = {0};
    plan_job_graph_encode(graph, &bytes);
    plan_job_graph_free(graph);
    for (size_t i = 0; i < bytes.size * 2; i++) {
        struct plan_job_graph *decoded = NULL;
        struct error error;
        size_t size = i < bytes.size ? i : bytes.size;
        if (i >= bytes.size)
            bytes.data[i - bytes.size] ^= 0x15;
        if (plan_job_graph_decode(bytes.data, size, &decoded, &error) == STATUS_OK) {
            struct buffer copy = {0};
            plan_job_graph_encode(decoded, &copy);
            buffer_free(&copy);
            plan_job_graph_free(decoded);
        } else {
            assert_int_equal(error.code, STATUS_CORRUPT);
        }
        if (i >= bytes.size)
            bytes.data[i - bytes.size] ^= 0x15;
    }
    buffer_free(&bytes);
}

static void damaged_bytes_are_refused_or_harmless(void **state)
{
    (void)state;
    damage(make_graph());
    damage(make_window_graph());
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(windows_and_their_edge_survive),
        cmocka_unit_test(operators_with_state_survive),
        cmocka_unit_test(operators_over_columns_that_are_not_there_are_refused),
        cmocka_unit_test(a_node_without_its_uid_is_refused),
        cmocka_unit_test(a_graph_survives_the_way_there_and_back),
        cmocka_unit_test(a_bound_sink_finds_its_columns_by_name),
        cmocka_unit_test(every_call_of_the_function_table_survives),
        cmocka_unit_test(damaged_bytes_are_refused_or_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
