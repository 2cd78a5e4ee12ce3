#include "jobmanager/planner/execute_internal.h"

static enum status check_names(const struct sql_create_view *view, const struct schema *schema,
                               struct error *error)
{
    for (uint32_t i = 0; i < schema->num_fields; i++) {
        if (schema_find(schema, schema->fields[i].name) == (int32_t)i)
            continue;
        return planner_error_at(error, &view->query->span, STATUS_INVALID_ARGUMENT,
                                "A column with the name '%s' already exists in the view: give it another, as "
                                "CREATE VIEW v (a, b) AS ... does",
                                schema->fields[i].name);
    }
    return STATUS_OK;
}

static enum status define(struct planning *planning, const struct sql_create_view *view,
                          struct schema **ret_schema)
{
    const struct relation *relation = NULL;
    TRY(query_relation(planning, view->query, &relation));
    TRY(rename_columns(planning, view->columns, view->column_spans, view->column_count, &relation));
    TRY(check_names(view, relation->schema, planning->error));
    *ret_schema = schema_ref(relation->schema);
    return STATUS_OK;
}

enum status view_define(const struct planner_context *context, const struct sql_create_view *view,
                        struct schema **ret_schema, struct error *error)
{
    struct planning planning;
    enum status status = planning_start(&planning, context, error);
    if (status == STATUS_OK)
        status = define(&planning, view, ret_schema);
    planning_finish(&planning, false);
    return status;
}

static enum status describe(struct planning *planning, const struct sql_table *view, struct arena *arena,
                            struct planner_result *ret_result)
{
    const struct relation *relation = NULL;
    const struct sql_relation from = {.name = {.parts = {view->name}, .count = 1}};
    TRY(view_relation(planning, view, &from, &relation));
    const char **row = describe_begin(arena, relation->schema->num_fields, false, ret_result);
    for (uint32_t i = 0; i < relation->schema->num_fields; i++, row += ret_result->column_count)
        describe_column(arena, relation->schema->fields[i].name, relation->schema->fields[i].type,
                        relation->traits[i].time, row);
    return STATUS_OK;
}

enum status describe_view(const struct planner_context *context, const struct sql_table *view,
                          struct arena *arena, struct planner_result *ret_result, struct error *error)
{
    struct planning planning;
    enum status status = planning_start(&planning, context, error);
    if (status == STATUS_OK)
        status = describe(&planning, view, arena, ret_result);
    planning_finish(&planning, false);
    return status;
}
