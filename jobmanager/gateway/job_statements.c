#include "jobmanager/gateway/gateway_internal.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { STOP_DEADLINE_MS = 60000 };

static void begin_jobs(struct operation_result *result)
{
    static const char *const names[] = {"job id", "job name", "status", "start time"};
    operation_result_set_columns(result, names, 4);
}

static void add_job(struct operation_result *result, const struct job_summary_view *job)
{
    char start[32];
    time_t seconds = (time_t)(job->start_ms / 1000);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    size_t size = strftime(start, sizeof start, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(start + size, sizeof start - size, ".%03dZ", (int)(job->start_ms % 1000));
    const char *values[] = {job->id, job->name, job->state, start};
    operation_result_add_row(result, values);
}

void show_jobs(struct gateway *gateway, struct operation_result *result)
{
    const struct cluster_view *cluster = dispatcher_cluster_view(gateway->options.dispatcher);
    begin_jobs(result);
    for (size_t i = 0; i < cluster->num_jobs; i++)
        add_job(result, &cluster->jobs[i]);
    cluster_view_unref(cluster);
}

static enum status no_such_job(const struct sql_statement *statement, struct error *error)
{
    error_set(error, STATUS_NOT_FOUND,
              "There is no job '%.64s', at line %u, column %u. SHOW JOBS lists them.", statement->job_id,
              statement->job_id_span.line, statement->job_id_span.column);
    error->line = statement->job_id_span.line;
    error->column = statement->job_id_span.column;
    return STATUS_NOT_FOUND;
}

enum status describe_job(struct gateway *gateway, const struct sql_statement *statement,
                         struct operation_result *result, struct error *error)
{
    const struct cluster_view *cluster = dispatcher_cluster_view(gateway->options.dispatcher);
    enum status status = STATUS_NOT_FOUND;
    for (size_t i = 0; i < cluster->num_jobs && status != STATUS_OK; i++) {
        if (strcmp(cluster->jobs[i].id, statement->job_id) != 0)
            continue;
        begin_jobs(result);
        add_job(result, &cluster->jobs[i]);
        status = STATUS_OK;
    }
    cluster_view_unref(cluster);
    return status == STATUS_OK ? STATUS_OK : no_such_job(statement, error);
}

enum status stop_job(struct gateway *gateway, const struct sql_statement *statement,
                     struct operation_result *result, struct error *error)
{
    if (statement->with_savepoint)
        return error_set(error, STATUS_UNSUPPORTED, "STOP JOB ... WITH SAVEPOINT is not supported yet.");
    enum status status =
        dispatcher_cancel_and_wait(gateway->options.dispatcher, statement->job_id, STOP_DEADLINE_MS, error);
    if (status == STATUS_NOT_FOUND)
        return no_such_job(statement, error);
    if (status != STATUS_OK)
        return status;
    operation_result_set_ok(result);
    return STATUS_OK;
}
