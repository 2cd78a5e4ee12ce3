#include "jobmanager/planner/logical/logical_internal.h"

static enum status expand(struct planning *planning, const struct sql_table *view,
                          const struct relation **ret_relation)
{
    const struct sql_create_table *definition = view->definition;
    const char **names = arena_calloc(planning->arena, definition->column_count + 1, sizeof *names);
    const struct sql_span nowhere = {0};
    const struct sql_span *spans = &nowhere;
    TRY(query_relation(planning, view->view, ret_relation));
    for (size_t i = 0; i < definition->column_count; i++)
        names[i] = definition->columns[i].name;
    if (definition->column_count != (*ret_relation)->schema->num_fields)
        return error_set(planning->error, STATUS_INVALID_ARGUMENT,
                         "its query now gives %u columns instead of %zu", (*ret_relation)->schema->num_fields,
                         definition->column_count);
    return rename_columns(planning, names, spans, definition->column_count, ret_relation);
}

static enum status refuse_hints(struct planning *planning, const struct sql_table *view,
                                const struct sql_relation *from)
{
    if (from->hints.count == 0)
        return STATUS_OK;
    return planner_error_at(
        planning->error, &from->name.span, STATUS_INVALID_ARGUMENT,
        "View '%s.%s.%s' cannot be enriched with new options. Hints can only be applied to "
        "tables",
        view->catalog, view->database, view->name);
}

/* Text of a view is not text of the statement: an error in it names the view that it is in, and has the place
 * where the statement names the outermost one. */
static enum status place_error(struct planning *planning, const struct sql_table *view,
                               const struct sql_relation *from)
{
    struct error *error = planning->error;
    if (planning->failed_view == NULL)
        planning->failed_view =
            arena_printf(planning->arena, "%s.%s.%s", view->catalog, view->database, view->name);
    if (planning->view_depth > 0) {
        error->line = from->name.span.line;
        return error->code;
    }
    error->line = 0;
    error->column = 0;
    error_prefix(error, "In the view '%s'", planning->failed_view);
    return planner_locate(error, &from->name.span);
}

enum status view_relation(struct planning *planning, const struct sql_table *view,
                          const struct sql_relation *from, const struct relation **ret_relation)
{
    const struct with_scope *with = planning->with;
    TRY(refuse_hints(planning, view, from));
    planning->with = NULL;
    planning->view_depth++;
    enum status status = expand(planning, view, ret_relation);
    planning->view_depth--;
    planning->with = with;
    return status == STATUS_OK ? STATUS_OK : place_error(planning, view, from);
}
