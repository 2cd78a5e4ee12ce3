#include "common/base/nearest_word.h"
#include "jobmanager/planner/logical/logical_internal.h"

#include <string.h>

struct scope scope_of(const struct planning *planning)
{
    return (struct scope){
        .arena = planning->arena,
        .name = "",
        .clock = planning->context->clock,
        .zone = planning->zone,
        .error = planning->error,
    };
}

static enum status check_qualifier(const struct scope *scope, const struct sql_expression *syntax,
                                   const char *qualifier, const char *column)
{
    if (strcmp(qualifier, scope->name) == 0)
        return STATUS_OK;
    if (schema_find(scope->schema, qualifier) >= 0)
        return planner_error_at(scope->error, &syntax->span, STATUS_UNSUPPORTED,
                                "Fields of a row ('%s.%s') are not supported yet", qualifier, column);
    return planner_error_at(scope->error, &syntax->span, STATUS_INVALID_ARGUMENT, "Table '%s' not found",
                            qualifier);
}

static enum status unknown_column(const struct scope *scope, const struct sql_expression *syntax,
                                  const char *column)
{
    uint32_t count = scope->schema == NULL ? 0 : scope->schema->num_fields;
    const char **names = arena_calloc(scope->arena, count + 1, sizeof *names);
    for (uint32_t i = 0; i < count; i++)
        names[i] = scope->schema->fields[i].name;
    const char *nearest = nearest_word(column, names, count);
    return planner_error_at(scope->error, &syntax->span, STATUS_INVALID_ARGUMENT,
                            "Column '%s' not found in any table%s%s%s", column,
                            nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
                            nearest != NULL ? "'?" : "");
}

static bool is_ambiguous(const struct schema *schema, uint32_t index)
{
    for (uint32_t i = index + 1; i < schema->num_fields; i++) {
        if (strcmp(schema->fields[i].name, schema->fields[index].name) == 0)
            return true;
    }
    return false;
}

enum status resolve_column(const struct scope *scope, const struct sql_expression *syntax,
                           const struct expression **ret_expression)
{
    const struct sql_name *name = &syntax->column;
    const char *column = name->parts[name->count - 1];
    if (name->count > 1 && scope->schema != NULL)
        TRY(check_qualifier(scope, syntax, name->parts[name->count - 2], column));
    int32_t index = scope->schema == NULL ? -1 : schema_find(scope->schema, column);
    if (index < 0)
        return unknown_column(scope, syntax, column);
    if (is_ambiguous(scope->schema, (uint32_t)index))
        return planner_error_at(scope->error, &syntax->span, STATUS_INVALID_ARGUMENT,
                                "Column '%s' is ambiguous", column);
    if (scope->hidden != NULL && scope->hidden[index])
        return planner_error_at(scope->error, &syntax->span, STATUS_INVALID_ARGUMENT,
                                "The computed column '%s' cannot be used in another computed column", column);
    *ret_expression = expression_column(scope->arena, (uint32_t)index, scope->schema->fields[index].type);
    return STATUS_OK;
}
