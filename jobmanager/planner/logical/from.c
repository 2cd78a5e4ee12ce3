#include "jobmanager/planner/logical/logical_internal.h"
#include "jobmanager/planner/logical/window.h"

#include <string.h>

static enum status table_relation(struct planning *planning, const struct sql_relation *from,
                                  const struct relation **ret_relation, const char **ret_name)
{
    struct sql_table *table = NULL;
    struct scan *scan = NULL;
    TRY(sql_catalog_find_table(planning->context->catalog, &from->name, &table, planning->error));
    *ret_name = arena_strdup(planning->arena, table->name);
    enum status status = STATUS_OK;
    if (table->view != NULL)
        status = view_relation(planning, table, from, ret_relation);
    else
        status = scan_open(planning, table, &from->hints, &scan);
    if (status != STATUS_OK)
        planner_locate(planning->error, &from->name.span);
    sql_table_unref(table);
    return status == STATUS_OK && scan != NULL ? relation_scan(planning, scan, ret_relation) : status;
}

enum status rename_columns(struct planning *planning, const char *const *names, const struct sql_span *spans,
                           size_t count, const struct relation **relation)
{
    if (names == NULL)
        return STATUS_OK;
    if (count != (*relation)->schema->num_fields)
        return planner_error_at(
            planning->error, &spans[0], STATUS_INVALID_ARGUMENT,
            "List of column aliases must have same degree as table; table has %u columns, "
            "whereas alias list has %zu columns",
            (*relation)->schema->num_fields, count);
    for (size_t i = 1; i < count; i++) {
        for (size_t before = 0; before < i; before++) {
            if (strcmp(names[before], names[i]) == 0)
                return planner_error_at(planning->error, &spans[i], STATUS_INVALID_ARGUMENT,
                                        "Duplicate name '%s' in column alias list", names[i]);
        }
    }
    return relation_rename(planning, *relation, names, relation);
}

static bool has_name(const char *const *names, uint32_t count, const char *name)
{
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

/* A query may give two columns one name, a table may not: the later one becomes a0, a1, ... */
static enum status tell_apart(struct planning *planning, const struct relation **relation)
{
    const struct schema *schema = (*relation)->schema;
    const char **names = arena_calloc(planning->arena, schema->num_fields + 1, sizeof *names);
    bool changed = false;
    for (uint32_t i = 0; i < schema->num_fields; i++)
        names[i] = schema->fields[i].name;
    for (uint32_t i = 1; i < schema->num_fields; i++) {
        for (uint32_t suffix = 0; has_name(names, i, names[i]); suffix++) {
            names[i] = arena_printf(planning->arena, "%s%u", schema->fields[i].name, suffix);
            changed = true;
        }
    }
    return changed ? relation_rename(planning, *relation, names, relation) : STATUS_OK;
}

static enum status subquery_relation(struct planning *planning, const struct sql_query *query,
                                     const struct relation **ret_relation)
{
    TRY(query_relation(planning, query, ret_relation));
    return tell_apart(planning, ret_relation);
}

static enum status find_relation(struct planning *planning, const struct sql_relation *from,
                                 const struct relation **ret_relation, const char **ret_name)
{
    bool found = false;
    if (from->kind == SQL_RELATION_SUBQUERY)
        return subquery_relation(planning, from->query, ret_relation);
    if (from->kind == SQL_RELATION_WINDOW)
        return window_relation(planning, from->window, ret_relation);
    TRY(with_relation(planning, from, ret_relation, &found));
    if (found) {
        *ret_name = from->name.parts[0];
        return tell_apart(planning, ret_relation);
    }
    return table_relation(planning, from, ret_relation, ret_name);
}

enum status from_relation(struct planning *planning, const struct sql_relation *from,
                          const struct relation **ret_relation, struct scope *scope)
{
    const struct relation *relation = NULL;
    const char *name = "";
    TRY(find_relation(planning, from, &relation, &name));
    TRY(rename_columns(planning, from->column_aliases, from->column_alias_spans, from->column_alias_count,
                       &relation));
    scope->schema = relation->schema;
    scope->name = from->alias != NULL ? from->alias : name;
    *ret_relation = relation;
    return STATUS_OK;
}
