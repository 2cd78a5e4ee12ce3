#include "jobmanager/planner/planner_internal.h"

enum { NAME_BYTES_MAX = 1000 };

/* The query as a job's name: Flink's form, tables by their whole path. A long one is cut, at a character. */
const char *planner_query_name(const struct planner_context *context, const struct sql_query *query,
                               struct arena *arena)
{
    struct buffer out = {0};
    if (query->kind == SQL_QUERY_VALUES)
        return "VALUES"; /* they may be many */
    sql_query_print_qualified(context->catalog, query, false, &out);
    size_t size = out.size;
    if (size > NAME_BYTES_MAX) {
        size = NAME_BYTES_MAX;
        while (size > 0 && (out.data[size] & 0xC0) == 0x80)
            size--;
    }
    const char *text = buffer_text(&out);
    const char *name =
        size < out.size ? arena_printf(arena, "%.*s...", (int)size, text) : arena_strdup(arena, text);
    buffer_free(&out);
    return name;
}
