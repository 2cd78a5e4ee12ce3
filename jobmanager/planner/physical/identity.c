#include "jobmanager/planner/physical/physical_internal.h"

#include "common/base/hash.h"
#include "jobmanager/planner/physical/print.h"

#include <stdio.h>
#include <string.h>

/*
 * Operators are known again by what they are: their uid is a hash of kind, table, keys, calls, window, ...
 * and of the operators below. Columns are named by where they come from ("origin": a column of a table, an
 * expression over such, a key or a result of an aggregation), not by aliases or positions; a calc shows only
 * by its condition; a phase not at all. So an edit elsewhere in a script, or one that does not change what an
 * operator's state means, leaves its uid alone.
 */

void hash_text(const struct buffer *text, char ret_digits[PLAN_UID_BYTES])
{
    for (uint32_t i = 0; i < 4; i++)
        snprintf(ret_digits + i * 8, 9, "%08x", hash_murmur3_32(text->data, text->size, i + 1));
}

static const char *origin(const struct physical *node, uint32_t column)
{
    return node->origins[column];
}

static void print_origins(const struct physical *node, const uint32_t *columns, uint32_t count,
                          struct buffer *out)
{
    buffer_append_byte(out, '[');
    for (uint32_t i = 0; i < count; i++)
        buffer_printf(out, "%s%s", i > 0 ? ", " : "", origin(node, columns == NULL ? i : columns[i]));
    buffer_append_byte(out, ']');
}

/* The node's columns as a schema of their origins, for expression_format. */
static struct schema *origin_schema(const struct physical *node)
{
    struct schema *schema = schema_create(node->schema->num_fields);
    for (uint32_t i = 0; i < schema->num_fields; i++)
        schema_set_field(schema, i, origin(node, i), node->schema->fields[i].type);
    return schema;
}

static void name_calc(struct arena *arena, struct physical *node, struct buffer *identity, struct buffer *own)
{
    const struct physical *input = node->inputs[0];
    struct schema *origins = origin_schema(input);
    for (size_t i = 0; i < node->calc->projection_count; i++) {
        struct buffer text = {0};
        expression_format(node->calc->projections[i], origins, &text);
        node->origins[i] = arena_strdup(arena, buffer_text(&text));
        buffer_free(&text);
    }
    if (node->calc->filter != NULL) {
        buffer_append_text(identity, "calc where ");
        expression_format(node->calc->filter, origins, identity);
    }
    buffer_append_text(own, "calc select ");
    print_origins(node, NULL, node->schema->num_fields, own);
    schema_unref(origins);
}

static void name_calls(const struct physical *input, const struct plan_aggregate_call *calls, uint32_t count,
                       struct buffer *identity)
{
    for (uint32_t i = 0; i < count; i++) {
        buffer_printf(identity, " %s%s", aggregate_function_name(calls[i].function),
                      calls[i].is_distinct ? " DISTINCT" : "");
        print_origins(input, calls[i].arguments, calls[i].argument_count, identity);
        if (calls[i].filter >= 0)
            buffer_printf(identity, " FILTER %s", origin(input, (uint32_t)calls[i].filter));
    }
}

static void name_window(const struct physical *input, const struct plan_window *window,
                        struct buffer *identity)
{
    buffer_printf(identity, " window %d %d %lld %lld %lld", (int)window->kind, (int)window->time,
                  (long long)window->size_us, (long long)window->slide_us, (long long)window->offset_us);
    if (window->time == PLAN_TIME_EVENT)
        buffer_printf(identity, " %s", origin(input, window->time_column));
    if (window->partition_column_count > 0)
        print_origins(input, window->partition_columns, (uint32_t)window->partition_column_count, identity);
}

/* What the first phase reads: where the keys and arguments come from. */
static const struct physical *first_input(const struct physical *node, enum plan_aggregate_phase phase)
{
    const struct physical *input = node->inputs[0];
    if (phase != PLAN_AGGREGATE_GLOBAL)
        return input;
    while (input->kind == PHYSICAL_EXCHANGE)
        input = input->inputs[0];
    return input->inputs[0];
}

static void name_results(struct arena *arena, struct physical *node, uint32_t key_count)
{
    for (uint32_t i = 0; i < node->schema->num_fields; i++)
        node->origins[i] =
            i < key_count ? arena_printf(arena, "key%u", i) : arena_printf(arena, "result%u", i - key_count);
}

static void name_aggregate(struct arena *arena, struct physical *node, struct buffer *identity)
{
    const struct plan_window_aggregate *windowed = node->window_aggregate;
    const struct plan_group_aggregate *grouped = node->group_aggregate;
    enum plan_aggregate_phase phase = windowed != NULL ? windowed->phase : grouped->phase;
    uint32_t key_count = windowed != NULL ? windowed->key_count : grouped->key_count;
    const struct physical *input = first_input(node, phase);
    buffer_append_text(identity, phase == PLAN_AGGREGATE_LOCAL ? "local aggregate " : "aggregate ");
    print_origins(input, NULL, key_count, identity);
    if (windowed != NULL) {
        name_calls(input, windowed->calls, windowed->call_count, identity);
        name_window(input, &windowed->window, identity);
    } else {
        name_calls(input, grouped->calls, grouped->call_count, identity);
    }
    buffer_printf(identity, " of %s", input->identity);
    name_results(arena, node, key_count);
}

static void copy_origins(struct physical *node)
{
    const struct physical *input = node->inputs[0];
    memcpy((void *)node->origins, (const void *)input->origins,
           input->schema->num_fields * sizeof *node->origins);
    for (uint32_t i = input->schema->num_fields; i < node->schema->num_fields; i++)
        node->origins[i] = node->schema->fields[i].name;
}

static void name_ranking(struct physical *node, struct buffer *identity)
{
    const struct plan_deduplicate *deduplicate = node->deduplicate;
    const struct plan_top_n *top_n = node->top_n;
    copy_origins(node);
    if (deduplicate != NULL) {
        buffer_printf(identity, "deduplicate %s ",
                      deduplicate->keeps_last            ? "last"
                      : deduplicate->waits_for_watermark ? "first behind watermark"
                                                         : "first");
        print_origins(node, NULL, deduplicate->key_count, identity);
        buffer_append_text(identity,
                           deduplicate->is_event_time ? origin(node, deduplicate->time_column) : " proctime");
        return;
    }
    buffer_printf(identity, "top %lld to %lld ", (long long)top_n->first, (long long)top_n->last);
    print_origins(node, NULL, top_n->key_count, identity);
    for (uint32_t i = 0; i < top_n->order_count; i++)
        buffer_printf(identity, " %s%s%s", origin(node, top_n->order[i].column),
                      top_n->order[i].is_descending ? " desc" : "",
                      top_n->order[i].nulls_last ? " nulls last" : "");
}

static void name_union(struct arena *arena, struct physical *node, struct buffer *identity)
{
    buffer_append_text(identity, "union");
    for (size_t i = 0; i < node->input_count; i++)
        print_origins(node->inputs[i], NULL, node->schema->num_fields, identity);
    name_results(arena, node, 0);
}

static void name_source(struct physical *node, struct buffer *identity)
{
    for (uint32_t i = 0; i < node->schema->num_fields; i++)
        node->origins[i] = node->schema->fields[i].name;
    buffer_printf(identity, "source %s", node->source->table);
    if (node->kind == PHYSICAL_VALUES)
        print_tuples(node->source->values, node->source->value_row_count, node->schema, identity);
}

/* identity: what the operators above see; own: of the uid alone. */
static void describe(struct arena *arena, struct physical *node, struct buffer *identity, struct buffer *own)
{
    switch (node->kind) {
    case PHYSICAL_SCAN:
    case PHYSICAL_VALUES: name_source(node, identity); break;
    case PHYSICAL_CALC: name_calc(arena, node, identity, own); break;
    case PHYSICAL_WINDOW_TABLE_FUNCTION:
        copy_origins(node);
        buffer_append_text(identity, "window function");
        name_window(node->inputs[0], &node->window_table_function->window, identity);
        break;
    case PHYSICAL_WINDOW_AGGREGATE:
    case PHYSICAL_GROUP_AGGREGATE: name_aggregate(arena, node, identity); return;
    case PHYSICAL_DEDUPLICATE:
    case PHYSICAL_TOP_N: name_ranking(node, identity); break;
    case PHYSICAL_UNION: name_union(arena, node, identity); break;
    case PHYSICAL_EXCHANGE: copy_origins(node); break;
    case PHYSICAL_SINK: buffer_printf(identity, "sink %s", node->sink->sink->sink->table); return;
    }
    for (size_t i = 0; i < node->input_count; i++)
        buffer_printf(identity, " of %s", node->inputs[i]->identity);
}

/* Where two operators are the same, the later ones are counted. */
static void make_unique(const struct physical_plan *plan, size_t index)
{
    struct physical *node = plan->nodes[index];
    uint32_t doubles = 0;
    for (size_t i = 0; i < index; i++)
        doubles += strcmp(plan->nodes[i]->own_identity, node->own_identity) == 0;
    struct buffer text = {0};
    buffer_append_text(&text, node->own_identity);
    if (doubles > 0)
        buffer_printf(&text, " #%u", doubles);
    hash_text(&text, node->uid);
    buffer_free(&text);
}

static void identify(struct lowering *lowering, struct physical *node)
{
    struct buffer identity = {0};
    struct buffer own = {0};
    node->origins = arena_calloc(lowering->arena, node->schema->num_fields + 1, sizeof *node->origins);
    describe(lowering->arena, node, &identity, &own);
    bool hands_on =
        node->kind == PHYSICAL_EXCHANGE || (node->kind == PHYSICAL_CALC && node->calc->filter == NULL);
    buffer_append(&own, identity.data, identity.size);
    hash_text(&own, node->own_identity);
    if (hands_on)
        memcpy(node->identity, node->inputs[0]->identity, PLAN_UID_BYTES);
    else
        hash_text(&identity, node->identity);
    buffer_free(&identity);
    buffer_free(&own);
}

void identify_operators(struct lowering *lowering)
{
    for (size_t i = 0; i < lowering->plan->node_count; i++) {
        identify(lowering, lowering->plan->nodes[i]);
        make_unique(lowering->plan, i);
    }
}
