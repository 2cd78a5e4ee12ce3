#include "jobmanager/planner/logical/planning.h"

#include "jobmanager/planner/logical/scan.h"

#include <stdio.h>

enum status planning_start(struct planning *planning, const struct planner_context *context,
                           struct error *error)
{
    struct plan_job_graph *graph = plan_job_graph_create();
    *planning = (struct planning){.context = context, .graph = graph, .arena = graph->arena, .error = error};
    error_clear(error);
    return planner_time_zone(&context->configuration, &planning->zone, error);
}

void planning_finish(struct planning *planning, bool keep_graph)
{
    for (size_t i = 0; i < planning->scan_count; i++)
        sql_table_unref(planning->scans[i]->table);
    time_zone_free(planning->zone);
    if (!keep_graph)
        plan_job_graph_free(planning->graph);
}

enum status planner_error_at(struct error *error, const struct sql_span *span, enum status status,
                             const char *format, ...)
{
    char message[ERROR_MESSAGE_BYTES - 160];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    error_set(error, status, "%s", message);
    return planner_locate(error, span);
}

enum status planner_locate(struct error *error, const struct sql_span *span)
{
    if (error->line != 0 || span->line == 0)
        return error->code;
    enum status status =
        error_prefix(error, "SQL validation failed. From line %u, column %u to line %u, column %u",
                     span->line, span->column, span->end_line, span->end_column);
    error->line = span->line;
    error->column = span->column;
    return status;
}
