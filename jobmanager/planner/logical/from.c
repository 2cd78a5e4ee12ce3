#include "jobmanager/planner/logical/logical_internal.h"

static enum status table_relation(struct planning *planning, const struct sql_relation *from,
                                  const struct relation **ret_relation, const char **ret_name)
{
    struct sql_table *table = NULL;
    struct scan *scan = NULL;
    TRY(sql_catalog_find_table(planning->context->catalog, &from->name, &table, planning->error));
    enum status status = scan_open(planning, table, &from->hints, &scan);
    if (status != STATUS_OK)
        planner_locate(planning->error, &from->name.span);
    else
        *ret_name = arena_strdup(planning->arena, table->name);
    sql_table_unref(table);
    return status == STATUS_OK ? relation_scan(planning, scan, ret_relation) : status;
}

enum status from_relation(struct planning *planning, const struct sql_relation *from,
                          const struct relation **ret_relation, struct scope *scope)
{
    const struct relation *relation = NULL;
    const char *name = "";
    TRY(table_relation(planning, from, &relation, &name));
    scope->schema = relation->schema;
    scope->name = from->alias != NULL ? from->alias : name;
    *ret_relation = relation;
    return STATUS_OK;
}
