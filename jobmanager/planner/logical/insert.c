#include "jobmanager/planner/logical/logical_internal.h"
#include "jobmanager/planner/logical/query.h"

static enum status insert_into(struct planning *planning, const struct sql_insert *insert,
                               const struct sql_table *table, const struct relation **ret_relation)
{
    struct plan_sink *node = NULL;
    struct relation_sink sink = {.name = arena_strdup(planning->arena, table->name)};
    const struct relation *input = NULL;
    struct connector_properties options = planner_table_options(planning->arena, table, &insert->hints);
    TRY(sink_schema_of(planning, table, &sink.schema));
    if (sink_open(planning, table, &options, sink.schema, &node) != STATUS_OK)
        return planner_locate(planning->error, &insert->table.span);
    node->sink_id = planning->graph->sink_count++;
    sink.sink = node;
    TRY(query_relation(planning, insert->query, &input));
    const struct schema *written = input->schema;
    TRY(assign_columns(planning, insert, node->table, sink.schema, &input, &sink.assigned));
    return relation_to_sink(planning, input, written, &sink, ret_relation);
}

enum status insert_relation(struct planning *planning, const struct sql_insert *insert,
                            const struct relation **ret_relation)
{
    struct sql_table *table = NULL;
    TRY(sql_catalog_find_table(planning->context->catalog, &insert->table, &table, planning->error));
    enum status status =
        table->view != NULL
            ? planner_error_at(planning->error, &insert->table.span, STATUS_INVALID_ARGUMENT,
                               "'%s' is a view: rows can be inserted into tables only", table->name)
            : insert_into(planning, insert, table, ret_relation);
    sql_table_unref(table);
    return status;
}

/* NULL has no type of its own in a result: Flink shows such a column as STRING there. */
static const struct schema *type_nulls(struct planning *planning, const struct schema *schema,
                                       bool *ret_changed)
{
    struct schema *typed = schema_create(schema->num_fields);
    for (uint32_t i = 0; i < schema->num_fields; i++) {
        bool null = schema->fields[i].type.kind == TYPE_NULL;
        *ret_changed |= null;
        schema_set_field(typed, i, schema->fields[i].name,
                         null ? data_type_of(TYPE_STRING) : schema->fields[i].type);
    }
    return plan_job_graph_hold(planning->graph, typed);
}

static const struct expression *const *type_columns(struct planning *planning, const struct schema *from,
                                                    const struct schema *to)
{
    const struct expression **assigned = arena_calloc(planning->arena, to->num_fields + 1, sizeof *assigned);
    for (uint32_t i = 0; i < to->num_fields; i++) {
        bool null = from->fields[i].type.kind == TYPE_NULL;
        assigned[i] = null ? expression_literal(planning->arena, to->fields[i].type, NULL)
                           : expression_column(planning->arena, i, to->fields[i].type);
    }
    return assigned;
}

enum status collect_relation(struct planning *planning, const struct sql_query *query,
                             const struct relation **ret_relation)
{
    const struct relation *input = NULL;
    struct plan_sink *node = arena_calloc(planning->arena, 1, sizeof *node);
    struct relation_sink sink = {.sink = node, .name = "collect"};
    bool has_nulls = false;
    TRY(query_relation(planning, query, &input));
    const struct schema *written = input->schema;
    node->kind = PLAN_SINK_COLLECT;
    node->table = "";
    node->sink_id = planning->graph->sink_count++;
    sink.schema = type_nulls(planning, written, &has_nulls);
    if (has_nulls && input->kind == RELATION_VALUES)
        TRY(relation_values(planning, sink.schema, input->expressions, input->row_count, &input));
    else if (has_nulls)
        sink.assigned = type_columns(planning, written, sink.schema);
    return relation_to_sink(planning, input, written, &sink, ret_relation);
}
