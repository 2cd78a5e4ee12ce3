#include "jobmanager/planner/execute_internal.h"

enum status answer_ok(struct execution *execution)
{
    static const char *const ok[] = {"OK"};
    static const char *const names[] = {"result"};
    struct data_type type = data_type_of(TYPE_STRING);
    *execution->result = (struct planner_result){
        .column_names = names,
        .column_types = arena_dup(execution->arena, &type, sizeof type),
        .column_count = 1,
        .values = ok,
        .row_count = 1,
        .is_ok = true,
    };
    return STATUS_OK;
}

enum status answer_list(struct execution *execution, const char *name, const char *const *values,
                        size_t count)
{
    struct data_type type = data_type_of(TYPE_STRING);
    *execution->result = (struct planner_result){
        .column_names = arena_dup(execution->arena, &name, sizeof name),
        .column_types = arena_dup(execution->arena, &type, sizeof type),
        .column_count = 1,
        .values = values,
        .row_count = count,
    };
    return STATUS_OK;
}

enum status answer_text(struct execution *execution, const char *name, const char *text)
{
    const char *copy = arena_strdup(execution->arena, text);
    return answer_list(execution, name, arena_dup(execution->arena, &copy, sizeof copy), 1);
}
