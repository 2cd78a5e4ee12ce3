#include "jobmanager/planner/logical/logical_internal.h"

#include <string.h>

/* An item of WITH is planned again wherever it is named, as it would be at its own place: it sees the items
 * before it, and what is around its query. */
static enum status item_relation(struct planning *planning, const struct with_scope *scope, size_t index,
                                 const struct relation **ret_relation)
{
    const struct sql_with_item *item = &scope->query->with[index];
    const struct with_scope *saved = planning->with;
    struct with_scope before = {.query = scope->query, .visible = index, .outer = scope->outer};
    planning->with = &before;
    enum status status = query_relation(planning, item->query, ret_relation);
    planning->with = saved;
    if (status != STATUS_OK)
        return status;
    return rename_columns(planning, item->columns, item->column_spans, item->column_count, ret_relation);
}

enum status with_relation(struct planning *planning, const struct sql_relation *from,
                          const struct relation **ret_relation, bool *ret_found)
{
    if (from->name.count != 1)
        return STATUS_OK;
    for (const struct with_scope *scope = planning->with; scope != NULL; scope = scope->outer) {
        for (size_t i = scope->visible; i-- > 0;) {
            if (strcmp(scope->query->with[i].name, from->name.parts[0]) != 0)
                continue;
            *ret_found = true;
            return item_relation(planning, scope, i, ret_relation);
        }
    }
    return STATUS_OK;
}
