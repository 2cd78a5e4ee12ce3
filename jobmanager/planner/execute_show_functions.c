#include "jobmanager/planner/execute_internal.h"

#include "common/expression/aggregates/aggregates.h"
#include "common/expression/functions/functions.h"

#include <stdlib.h>
#include <string.h>

/* Functions of the language that are no entries of a table: of windows, and over them. */
static const char *window_function_at(uint32_t index)
{
    static const char *const names[] = {
        "TUMBLE",          "TUMBLE_START", "TUMBLE_END",      "TUMBLE_ROWTIME",
        "TUMBLE_PROCTIME", "HOP",          "HOP_START",       "HOP_END",
        "HOP_ROWTIME",     "HOP_PROCTIME", "CUMULATE",        "SESSION",
        "SESSION_START",   "SESSION_END",  "SESSION_ROWTIME", "SESSION_PROCTIME",
        "ROW_NUMBER",      "TIMESTAMPADD",
    };
    return index < sizeof names / sizeof *names ? names[index] : NULL;
}

static const char *aggregate_at(uint32_t index)
{
    const struct aggregate_function *function = aggregate_function_at(index);
    return function != NULL ? aggregate_function_name(function) : NULL;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

enum status execute_show_functions(struct execution *execution)
{
    static const char *(*const sources[])(uint32_t index) = {function_name_at, aggregate_at,
                                                             window_function_at};
    const char **names = NULL;
    size_t count = 0;
    for (size_t source = 0; source < sizeof sources / sizeof *sources; source++) {
        const char *name;
        for (uint32_t i = 0; (name = sources[source](i)) != NULL; i++) {
            names = arena_grow(execution->arena, names, count * sizeof *names, (count + 1) * sizeof *names);
            names[count++] = name;
        }
    }
    qsort(names, count, sizeof *names, compare_texts);
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept == 0 || strcmp(names[kept - 1], names[i]) != 0)
            names[kept++] = names[i];
    }
    return answer_list(execution, "function name", names, kept);
}
