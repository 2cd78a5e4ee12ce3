/*
 * Golden tests: each file under cases/ is a session. Blocks are separated by lines of "===="; a block is SQL,
 * a line "----", and what the statements answer. A table of rows has '|' between its columns; a job graph is
 * printed with its vertices and nodes, after a round trip through the codec. To write the answers anew after
 * a change that is meant, run with FRAZIL_WRITE_GOLDEN=1 and read the difference.
 */
#include "common/expression/value_format.h"
#include "common/plan/plan_codec.h"
#include "jobmanager/planner/planner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define CASES "tests/unit/jobmanager/planner/cases/"

enum { SETTINGS_MAX = 32 };

struct session {
    struct sql_catalog *catalog;
    struct arena *arena;
    struct plan_configuration_entry settings[SETTINGS_MAX];
    size_t setting_count;
    struct buffer *out;
};

static int64_t fixed_time_us(void *context)
{
    (void)context;
    return INT64_C(1769860800123456);
}

static struct planner_context context_of(struct session *session)
{
    return (struct planner_context){
        .catalog = session->catalog,
        .configuration = {.entries = session->settings, .count = session->setting_count},
        .clock = {.wall_us = fixed_time_us, .monotonic_us = fixed_time_us},
    };
}

static void print_names(const struct schema *schema, struct buffer *out)
{
    for (uint32_t i = 0; i < schema->num_fields; i++) {
        buffer_printf(out, "%s%s ", i > 0 ? ", " : "", schema->fields[i].name);
        data_type_format(schema->fields[i].type, out);
    }
}

static void print_properties(const char *label, const struct connector_properties *properties,
                             struct buffer *out)
{
    buffer_printf(out, " %s={", label);
    for (size_t i = 0; i < properties->count; i++)
        buffer_printf(out, "%s%s=%s", i > 0 ? ", " : "", properties->items[i].key,
                      properties->items[i].value);
    buffer_append_text(out, "}");
}

static void print_source(const struct plan_node *node, struct buffer *out)
{
    const struct plan_source *source = node->source;
    for (uint32_t i = 0; i < node->schema->num_fields; i++) {
        if (source->fields[i].origin == PLAN_FIELD_METADATA)
            buffer_printf(out, " metadata(%s)=%s", node->schema->fields[i].name,
                          source->fields[i].metadata_key);
    }
    if (source->watermark != NULL) {
        buffer_append_text(out, " watermark=");
        expression_format(source->watermark->expression, node->schema, out);
        buffer_printf(out, " every=%lld idle=%lld zone=%s", (long long)source->watermark->emit_interval_ms,
                      (long long)source->watermark->idle_timeout_ms, source->watermark->time_zone);
    }
    if (source->kafka != NULL) {
        for (size_t i = 0; i < source->kafka->topic_count; i++)
            buffer_printf(out, " topic=%s", source->kafka->topics[i]);
        print_properties("properties", &source->kafka->properties, out);
        buffer_printf(out, " startup=%d bounded=%d discovery=%lld dead-letter=%s",
                      source->kafka->startup_mode, source->kafka->bounded_mode,
                      (long long)source->kafka->discovery_interval_ms,
                      source->kafka->dead_letter_topic == NULL ? "none" : source->kafka->dead_letter_topic);
        buffer_printf(out, " json=%d%d%d", source->json->ignore_parse_errors,
                      source->json->fail_on_missing_field, source->json->timestamp_form);
    }
    if (source->datagen != NULL)
        buffer_printf(out, " rate=%lld rows=%lld", (long long)source->datagen->rows_per_second,
                      (long long)source->datagen->number_of_rows);
    for (size_t i = 0; i < source->value_row_count * node->schema->num_fields; i++) {
        const struct expression *value = source->values[i];
        buffer_append_text(out, i % node->schema->num_fields == 0 ? " / " : ", ");
        if (value->value == NULL)
            buffer_append_text(out, "NULL");
        else
            value_format(VALUE_SQL, value->type, value->value, NULL, out);
    }
}

static void print_partition(const struct iceberg_sink_partition *partition, struct buffer *out)
{
    static const char *const transforms[] = {
        [ICEBERG_SINK_IDENTITY] = "",         [ICEBERG_SINK_DAY] = "days",   [ICEBERG_SINK_YEAR] = "years",
        [ICEBERG_SINK_MONTH] = "months",      [ICEBERG_SINK_HOUR] = "hours", [ICEBERG_SINK_BUCKET] = "bucket",
        [ICEBERG_SINK_TRUNCATE] = "truncate",
    };
    buffer_printf(out, " partition=%s", transforms[partition->transform]);
    if (partition->parameter > 0)
        buffer_printf(out, "[%d]", partition->parameter);
    buffer_printf(out, "(%s)", partition->column);
}

static void print_sink(const struct plan_sink *sink, struct buffer *out)
{
    buffer_printf(out, " sink=%u", sink->sink_id);
    if (sink->print != NULL)
        buffer_printf(out, " identifier='%s' stderr=%d", sink->print->identifier,
                      sink->print->standard_error);
    if (sink->iceberg == NULL)
        return;
    const struct plan_iceberg_sink *iceberg = sink->iceberg;
    buffer_printf(out, " catalog=%s warehouse=%s table=%s.%s", iceberg->config->catalog_name,
                  iceberg->config->warehouse, iceberg->config->database, iceberg->config->table);
    print_properties("properties", &iceberg->table_properties, out);
    for (size_t i = 0; i < iceberg->partition_count; i++)
        print_partition(&iceberg->partition[i], out);
    for (size_t i = 0; i < iceberg->primary_key_count; i++)
        buffer_printf(out, " key=%s", iceberg->primary_key[i]);
}

static void print_columns(const char *label, const uint32_t *columns, uint32_t count, struct buffer *out)
{
    buffer_printf(out, " %s=[", label);
    for (uint32_t i = 0; i < count; i++)
        buffer_printf(out, "%s%u", i > 0 ? ", " : "", columns[i]);
    buffer_append_byte(out, ']');
}

static void print_calls(const struct plan_aggregate_call *calls, uint32_t count, struct buffer *out)
{
    for (uint32_t i = 0; i < count; i++) {
        buffer_printf(out, " %s(%s", aggregate_function_name(calls[i].function),
                      calls[i].is_distinct ? "DISTINCT" : "");
        print_columns("args", calls[i].arguments, calls[i].argument_count, out);
        if (calls[i].filter >= 0)
            buffer_printf(out, " filter=%d", calls[i].filter);
        buffer_append_text(out, ") ");
        data_type_format(calls[i].result, out);
    }
}

static void print_window(const struct plan_window *window, struct buffer *out)
{
    static const char *const kinds[] = {"TUMBLE", "HOP", "CUMULATE", "SESSION"};
    static const char *const times[] = {"event", "processing", "attached"};
    buffer_printf(out, " %s(%s", kinds[window->kind], times[window->time]);
    if (window->time == PLAN_TIME_EVENT)
        buffer_printf(out, " %u", window->time_column);
    if (window->time == PLAN_TIME_ATTACHED)
        buffer_printf(out, " %u..%u", window->window_start_column, window->window_end_column);
    buffer_printf(out, " size=%lld slide=%lld offset=%lld", (long long)window->size_us,
                  (long long)window->slide_us, (long long)window->offset_us);
    if (window->is_zoned)
        buffer_printf(out, " zone=%s", window->time_zone);
    if (window->partition_column_count > 0)
        print_columns("by", window->partition_columns, (uint32_t)window->partition_column_count, out);
    buffer_append_byte(out, ')');
}

static void print_aggregate(const struct plan_node *node, struct buffer *out)
{
    static const char *const phases[] = {"single", "local", "global"};
    static const char *const properties[] = {"start", "end", "time", "proctime"};
    const struct plan_window_aggregate *windowed = node->window_aggregate;
    const struct plan_group_aggregate *grouped = node->group_aggregate;
    if (windowed != NULL) {
        buffer_printf(out, " %s", phases[windowed->phase]);
        print_window(&windowed->window, out);
        print_columns("keys", windowed->keys, windowed->key_count, out);
        print_calls(windowed->calls, windowed->call_count, out);
        for (uint32_t i = 0; i < windowed->property_count; i++)
            buffer_printf(out, " %s", properties[windowed->properties[i]]);
        if (windowed->late_records_topic != NULL)
            buffer_printf(out, " late=%s", windowed->late_records_topic);
        return;
    }
    buffer_printf(out, " %s", phases[grouped->phase]);
    print_columns("keys", grouped->keys, grouped->key_count, out);
    print_calls(grouped->calls, grouped->call_count, out);
    buffer_printf(out, "%s%s ttl=%lld batch=%lld/%lld", grouped->takes_retractions ? " retracts" : "",
                  grouped->emits_update_before ? " -U" : "", (long long)grouped->state_ttl_ms,
                  (long long)grouped->mini_batch_ms, (long long)grouped->mini_batch_rows);
}

static void print_ranking(const struct plan_node *node, struct buffer *out)
{
    const struct plan_deduplicate *first = node->deduplicate;
    const struct plan_top_n *top_n = node->top_n;
    if (first != NULL) {
        print_columns("keys", first->keys, first->key_count, out);
        buffer_printf(out, " %s %s", first->is_event_time ? "event" : "processing",
                      first->keeps_last ? "last" : "first");
        if (first->is_event_time)
            buffer_printf(out, " time=%u%s", first->time_column,
                          first->waits_for_watermark ? " behind watermark" : "");
        buffer_printf(out, "%s ttl=%lld", first->emits_update_before ? " -U" : "",
                      (long long)first->state_ttl_ms);
        return;
    }
    print_columns("keys", top_n->keys, top_n->key_count, out);
    for (uint32_t i = 0; i < top_n->order_count; i++)
        buffer_printf(out, " order=%u%s%s", top_n->order[i].column,
                      top_n->order[i].is_descending ? " desc" : "",
                      top_n->order[i].nulls_last ? " nulls last" : "");
    buffer_printf(out, " %lld..%lld%s%s%s ttl=%lld", (long long)top_n->first, (long long)top_n->last,
                  top_n->emits_rank ? " rank" : "", top_n->takes_retractions ? " retracts" : "",
                  top_n->emits_update_before ? " -U" : "", (long long)top_n->state_ttl_ms);
}

static void print_changelog(uint8_t changelog, struct buffer *out)
{
    if (changelog == PLAN_INSERTS)
        return;
    buffer_printf(out, " {%s%s%s%s}", changelog & PLAN_INSERTS ? "+I" : "",
                  changelog & PLAN_UPDATE_BEFORES ? "-U" : "", changelog & PLAN_UPDATE_AFTERS ? "+U" : "",
                  changelog & PLAN_DELETES ? "-D" : "");
}

static void print_calc(const struct plan_node *node, const struct schema *input, struct buffer *out)
{
    for (size_t i = 0; i < node->calc->projection_count; i++) {
        buffer_append_text(out, " | ");
        expression_format(node->calc->projections[i], input, out);
    }
    if (node->calc->filter != NULL) {
        buffer_append_text(out, " | where ");
        expression_format(node->calc->filter, input, out);
    }
}

static void print_node(const struct plan_node *node, const struct schema *input, uint32_t depth,
                       struct buffer *out)
{
    buffer_printf(out, "%*s%s: ", (int)depth * 2 + 2, "", node->name);
    print_names(node->schema, out);
    print_changelog(node->changelog, out);
    switch (node->kind) {
    case PLAN_SOURCE: print_source(node, out); break;
    case PLAN_CALC: print_calc(node, input, out); break;
    case PLAN_SINK: print_sink(node->sink, out); break;
    case PLAN_WINDOW_TABLE_FUNCTION: print_window(&node->window_table_function->window, out); break;
    case PLAN_WINDOW_AGGREGATE:
    case PLAN_GROUP_AGGREGATE: print_aggregate(node, out); break;
    case PLAN_DEDUPLICATE:
    case PLAN_TOP_N: print_ranking(node, out); break;
    }
    buffer_append_byte(out, '\n');
    for (size_t i = 0; i < node->child_count; i++)
        print_node(node->children[i], node->schema, depth + 1, out);
}

static void print_edges(const struct plan_job_graph *graph, struct buffer *out)
{
    static const char *const partitionings[] = {"forward", "hash", "rebalance", "broadcast", "singleton"};
    for (size_t i = 0; i < graph->edge_count; i++) {
        const struct plan_edge *edge = &graph->edges[i];
        buffer_printf(out, "edge [%u] -> [%u] %s", edge->from_node_id, graph->vertices[edge->to].root->id,
                      partitionings[edge->partitioning]);
        if (edge->partitioning == PLAN_HASH)
            print_columns("keys", edge->key_columns, edge->key_column_count, out);
        buffer_append_byte(out, '\n');
        assert_true(plan_node_holds(graph->vertices[edge->from].root, edge->from_node_id));
    }
}

static void print_graph(struct plan_job_graph *graph, struct buffer *out)
{
    struct buffer bytes = {0};
    struct buffer again = {0};
    struct plan_job_graph *decoded = NULL;
    struct error error;
    plan_job_graph_encode(graph, &bytes);
    plan_job_graph_free(graph);
    if (plan_job_graph_decode(bytes.data, bytes.size, &decoded, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    plan_job_graph_encode(decoded, &again);
    assert_int_equal(bytes.size, again.size);
    assert_memory_equal(bytes.data, again.data, bytes.size);
    buffer_printf(out, "job %s\n", decoded->name);
    for (size_t i = 0; i < decoded->vertex_count; i++) {
        const struct plan_vertex *vertex = &decoded->vertices[i];
        buffer_printf(out, "vertex %s x%u\n", vertex->name, vertex->parallelism);
        print_node(vertex->root, NULL, 0, out);
    }
    print_edges(decoded, out);
    plan_job_graph_free(decoded);
    buffer_free(&bytes);
    buffer_free(&again);
}

static void print_result(const struct planner_result *result, struct buffer *out)
{
    for (size_t i = 0; i < result->row_count; i++) {
        for (size_t j = 0; j < result->column_count; j++) {
            const char *value = result->values[i * result->column_count + j];
            buffer_printf(out, "%s%s", j > 0 ? "|" : "", value == NULL ? "<NULL>" : value);
        }
        buffer_append_byte(out, '\n');
    }
}

static void set(struct session *session, const char *key, const char *value)
{
    size_t at = 0;
    while (at < session->setting_count && strcmp(session->settings[at].key, key) != 0)
        at++;
    assert_true(at < SETTINGS_MAX);
    session->settings[at] = (struct plan_configuration_entry){key, value};
    session->setting_count += at == session->setting_count;
}

static enum status run(struct session *session, struct sql_text text, struct error *error)
{
    const struct sql_statement *statement = NULL;
    struct planner_context context = context_of(session);
    struct planner_result result;
    struct plan_job_graph *graph = NULL;
    enum status status = sql_parse(text, session->arena, &statement, error);
    if (status != STATUS_OK)
        return status;
    if (planner_is_catalog_statement(statement)) {
        status = planner_execute(&context, statement, text, session->arena, &result, error);
        if (status == STATUS_OK)
            print_result(&result, session->out);
        return status;
    }
    if (statement->kind == SQL_SET) {
        set(session, statement->key, statement->value);
        return STATUS_OK;
    }
    if (statement->query != NULL)
        status = planner_plan_query(&context, statement->query, &graph, error);
    else
        status = planner_plan_inserts(&context, statement->inserts, statement->insert_count, &graph, error);
    if (status == STATUS_OK)
        print_graph(graph, session->out);
    return status;
}

static void run_script(struct session *session, const char *script)
{
    struct sql_text rest = sql_text_of(script);
    struct sql_text statement;
    while (sql_script_next(&rest, &statement)) {
        struct error error;
        if (run(session, statement, &error) != STATUS_OK)
            buffer_printf(session->out, "%s: %s\n", status_name(error.code), error.message);
    }
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("cannot open %s", path);
    struct buffer text = {0};
    int c;
    while ((c = fgetc(file)) != EOF)
        buffer_append_byte(&text, (uint8_t)c);
    fclose(file);
    return buffer_take(&text, NULL);
}

/* Runs the whole file and gives it back with the answers that came. */
static void run_file(const char *text, struct buffer *out)
{
    struct session session = {.catalog = sql_catalog_create(NULL), .arena = arena_create(4096), .out = out};
    while (*text != '\0') {
        const char *end = strstr(text, "\n====\n");
        const char *next = end == NULL ? text + strlen(text) : end + strlen("\n====\n");
        const char *line = strstr(text, "\n----\n");
        const char *stop = line != NULL && line < next ? line : (end == NULL ? next : end);
        while (stop > text && stop[-1] == '\n')
            stop--;
        char *script = strndup(text, (size_t)(stop - text));
        buffer_printf(out, "%s\n----\n", script);
        run_script(&session, script);
        free(script);
        text = next;
        if (*text != '\0')
            buffer_append_text(out, "====\n");
    }
    sql_catalog_free(session.catalog);
    arena_free(session.arena);
}

static void check_file(void **state)
{
    const char *path = *state;
    char *expected = read_file(path);
    struct buffer actual = {0};
    run_file(expected, &actual);
    if (getenv("FRAZIL_WRITE_GOLDEN") != NULL) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        fwrite(actual.data, 1, actual.size, file);
        fclose(file);
    } else {
        assert_string_equal(buffer_text(&actual), expected);
    }
    buffer_free(&actual);
    free(expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_prestate(check_file, (char *)CASES "catalog.txt"),
        cmocka_unit_test_prestate(check_file, (char *)CASES "plans.txt"),
        cmocka_unit_test_prestate(check_file, (char *)CASES "explain.txt"),
        cmocka_unit_test_prestate(check_file, (char *)CASES "queries.txt"),
        cmocka_unit_test_prestate(check_file, (char *)CASES "aggregates.txt"),
        cmocka_unit_test_prestate(check_file, (char *)CASES "windows.txt"),
        cmocka_unit_test_prestate(check_file, (char *)CASES "rank.txt"),
        cmocka_unit_test_prestate(check_file, (char *)CASES "expressions.txt"),
        cmocka_unit_test_prestate(check_file, (char *)CASES "errors.txt"),
        cmocka_unit_test_prestate(check_file, (char *)CASES "views.txt"),
        cmocka_unit_test_prestate(check_file, (char *)CASES "like.txt"),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
