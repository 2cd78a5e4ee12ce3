#include "jobmanager/planner/planner_internal.h"

#include "common/expression/type_rules.h"

#include <string.h>

/* Names and expressions of the result columns, over the table's columns. */
struct select_list {
    const char **names;
    const struct expression **expressions;
    size_t count;
};

static struct scope scope_of(struct plan_builder *builder, const struct scan *scan, const char *alias)
{
    return (struct scope){
        .arena = builder->graph->arena,
        .schema = scan == NULL ? NULL : scan->table->schema,
        .table_name = scan == NULL ? "" : scan->table->name,
        .alias = alias,
        .clock = builder->context->clock,
        .zone = builder->zone,
        .error = builder->error,
    };
}

static bool same_options(const struct connector_properties *a, const struct connector_properties *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const char *other = connector_property(b, a->items[i].key);
        if (other == NULL || strcmp(other, a->items[i].value) != 0)
            return false;
    }
    return true;
}

/* INSERTs that read one table share its scan. */
static struct scan *find_scan(const struct plan_builder *builder, const struct sql_table *table,
                              const struct connector_properties *options)
{
    for (size_t i = 0; i < builder->scan_count; i++) {
        struct scan *scan = builder->scans[i];
        if (strcmp(scan->table->name, table->name) == 0 &&
            strcmp(scan->table->database, table->database) == 0 &&
            strcmp(scan->table->catalog, table->catalog) == 0 && same_options(&scan->options, options))
            return scan;
    }
    return NULL;
}

static enum status open_scan(struct plan_builder *builder, const struct sql_relation *from,
                             struct scan **ret_scan)
{
    struct arena *arena = builder->graph->arena;
    struct sql_table *table = NULL;
    TRY(sql_catalog_find_table(builder->context->catalog, &from->name, &table, builder->error));
    struct connector_properties options = planner_table_options(arena, table, &from->hints);
    struct scan *scan = find_scan(builder, table, &options);
    if (scan != NULL) {
        sql_table_unref(table);
        *ret_scan = scan;
        return STATUS_OK;
    }
    scan = arena_calloc(arena, 1, sizeof *scan);
    scan->table = table;
    scan->options = options;
    builder->scans = arena_grow(arena, builder->scans, builder->scan_count * sizeof *builder->scans,
                                (builder->scan_count + 1) * sizeof *builder->scans);
    builder->scans[builder->scan_count++] = scan;
    if (plan_source_of(builder, scan) != STATUS_OK)
        return planner_locate(builder->error, &from->name.span);
    *ret_scan = scan;
    return STATUS_OK;
}

static void append_item(struct arena *arena, struct select_list *list, const char *name,
                        const struct expression *expression)
{
    size_t size = list->count * sizeof(void *);
    list->names = arena_grow(arena, list->names, size, size + sizeof(void *));
    list->expressions = arena_grow(arena, list->expressions, size, size + sizeof(void *));
    list->names[list->count] = name;
    list->expressions[list->count++] = expression;
}

static enum status expand_star(const struct scope *scope, const struct sql_select_item *item,
                               struct select_list *list)
{
    if (scope->schema == NULL)
        return planner_error_at(scope->error, &item->span, STATUS_INVALID_ARGUMENT,
                                "'*' needs a table in FROM");
    const char *known = scope->alias != NULL ? scope->alias : scope->table_name;
    if (item->qualifier != NULL && strcmp(item->qualifier, known) != 0)
        return planner_error_at(scope->error, &item->span, STATUS_INVALID_ARGUMENT, "Table '%s' not found",
                                item->qualifier);
    for (uint32_t i = 0; i < scope->schema->num_fields; i++)
        append_item(scope->arena, list, scope->schema->fields[i].name,
                    expression_column(scope->arena, i, scope->schema->fields[i].type));
    return STATUS_OK;
}

static enum status resolve_items(const struct scope *scope, const struct sql_query *query,
                                 struct select_list *list)
{
    for (size_t i = 0; i < query->item_count; i++) {
        const struct sql_select_item *item = &query->items[i];
        const struct expression *expression = NULL;
        if (item->kind == SQL_ITEM_STAR) {
            TRY(expand_star(scope, item, list));
            continue;
        }
        TRY(resolve_expression(scope, item->expression, &expression));
        TRY(check_expression_size(expression, scope->error));
        const char *name = item->alias;
        if (name == NULL && item->expression->kind == SQL_COLUMN)
            name = item->expression->text;
        if (name == NULL)
            name = arena_printf(scope->arena, "EXPR$%zu", list->count);
        append_item(scope->arena, list, name, expression);
    }
    return STATUS_OK;
}

static const struct schema *list_schema(struct plan_builder *builder, const struct select_list *list)
{
    struct schema *schema = schema_create((uint32_t)list->count);
    for (size_t i = 0; i < list->count; i++)
        schema_set_field(schema, (uint32_t)i, list->names[i], list->expressions[i]->type);
    return plan_job_graph_hold(builder->graph, schema);
}

static enum status plan_scan_query(struct plan_builder *builder, const struct sql_query *query,
                                   struct pipeline *pipeline)
{
    struct arena *arena = builder->graph->arena;
    struct select_list list = {.count = 0};
    TRY(open_scan(builder, &query->from, &pipeline->scan));
    struct scope scope = scope_of(builder, pipeline->scan, query->from.alias);
    const struct expression *const *table_columns = pipeline->scan->columns.table_columns;
    TRY(resolve_items(&scope, query, &list));
    if (query->where != NULL) {
        TRY(resolve_condition(&scope, query->where, &pipeline->written_filter));
        pipeline->filter = expression_substitute(arena, pipeline->written_filter, table_columns);
        TRY(check_expression_size(pipeline->filter, builder->error));
    }
    const struct expression **projections = arena_calloc(arena, list.count + 1, sizeof *projections);
    for (size_t i = 0; i < list.count; i++) {
        projections[i] = expression_substitute(arena, list.expressions[i], table_columns);
        TRY(check_expression_size(projections[i], builder->error));
    }
    pipeline->written_projections = list.expressions;
    pipeline->projections = projections;
    pipeline->output = pipeline->written_output = list_schema(builder, &list);
    return STATUS_OK;
}

/* SELECT without FROM: one row of constants, or none when WHERE says so. */
static enum status plan_constant_query(struct plan_builder *builder, const struct sql_query *query,
                                       struct pipeline *pipeline)
{
    struct scope scope = scope_of(builder, NULL, NULL);
    struct select_list list = {.count = 0};
    TRY(resolve_items(&scope, query, &list));
    for (size_t i = 0; i < list.count; i++) {
        if (resolve_constant(&scope, list.expressions[i], &list.expressions[i]) != STATUS_OK)
            return planner_locate(builder->error, &query->items[i].span);
    }
    pipeline->value_row_count = 1;
    if (query->where != NULL) {
        const struct expression *condition = NULL;
        TRY(resolve_condition(&scope, query->where, &condition));
        TRY(resolve_constant(&scope, condition, &condition));
        const uint8_t *holds = condition->value;
        pipeline->value_row_count = holds != NULL && *holds != 0 ? 1 : 0;
    }
    pipeline->values = list.expressions;
    pipeline->output = pipeline->written_output = list_schema(builder, &list);
    return STATUS_OK;
}

static enum status merge_types(struct plan_builder *builder, const struct sql_query *query,
                               const struct expression *const *values, size_t width, struct data_type *types)
{
    for (size_t column = 0; column < width; column++) {
        types[column] = values[column]->type;
        for (size_t row = 1; row < query->row_count; row++) {
            struct data_type other = values[row * width + column]->type;
            if (!type_find_common(types[column], other, &types[column]))
                return planner_error_at(builder->error, &query->rows[row].values[column]->span,
                                        STATUS_INVALID_ARGUMENT,
                                        "The values of column %zu of VALUES have no common type", column + 1);
        }
    }
    return STATUS_OK;
}

static enum status plan_values(struct plan_builder *builder, const struct sql_query *query,
                               struct pipeline *pipeline)
{
    struct arena *arena = builder->graph->arena;
    struct scope scope = scope_of(builder, NULL, NULL);
    size_t width = query->rows[0].count;
    const struct expression **values = arena_calloc(arena, query->row_count * width, sizeof *values);
    struct data_type *types = arena_calloc(arena, width, sizeof *types);
    struct select_list list = {.count = 0};
    for (size_t row = 0; row < query->row_count; row++) {
        if (query->rows[row].count != width)
            return planner_error_at(
                builder->error, &query->rows[row].span, STATUS_INVALID_ARGUMENT,
                "Values passed to VALUES operator must have compatible types: this row has %zu "
                "columns, the first has %zu",
                query->rows[row].count, width);
        for (size_t column = 0; column < width; column++)
            TRY(resolve_expression(&scope, query->rows[row].values[column], &values[row * width + column]));
    }
    TRY(merge_types(builder, query, values, width, types));
    for (size_t i = 0; i < query->row_count * width; i++) {
        if (types[i % width].kind != TYPE_NULL)
            TRY(expression_cast(arena, values[i], types[i % width], false, &values[i], builder->error));
        if (resolve_constant(&scope, values[i], &values[i]) != STATUS_OK)
            return planner_locate(builder->error, &query->rows[i / width].values[i % width]->span);
    }
    for (size_t column = 0; column < width; column++) {
        struct expression *typed = arena_dup(arena, values[column], sizeof *typed);
        typed->type = types[column];
        append_item(arena, &list, arena_printf(arena, "EXPR$%zu", column), typed);
    }
    pipeline->values = values;
    pipeline->value_row_count = query->row_count;
    pipeline->output = pipeline->written_output = list_schema(builder, &list);
    return STATUS_OK;
}

enum status plan_query(struct plan_builder *builder, const struct sql_query *query, struct pipeline *pipeline)
{
    TRY(refuse_unplanned(builder, query));
    if (query->kind == SQL_QUERY_VALUES)
        return plan_values(builder, query, pipeline);
    return query->has_from ? plan_scan_query(builder, query, pipeline)
                           : plan_constant_query(builder, query, pipeline);
}
