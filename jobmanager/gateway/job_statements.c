#include "jobmanager/gateway/gateway_internal.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

enum { STOP_DEADLINE_MS = 60000, STOP_POLL_MS = 500 };

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

/* The end of an operation, however long it takes; a session that is closed waits no more. */
static enum status await_operation(struct session *session, const char *operation_id,
                                   struct operation_view *ret_view, struct error *error)
{
    for (;;) {
        struct operation_view view;
        enum status status = dispatcher_await_operation(session->gateway->options.dispatcher, operation_id,
                                                        STOP_POLL_MS, &view, error);
        if (status != STATUS_OK)
            return status;
        if (view.is_done) {
            *ret_view = view;
            return STATUS_OK;
        }
        operation_view_free(&view);
        pthread_mutex_lock(&session->mutex);
        bool is_closed = session->is_closed;
        pthread_mutex_unlock(&session->mutex);
        if (is_closed)
            return error_set(error, STATUS_CANCELLED, "the session is closed; the job is being stopped");
    }
}

static enum status stop_with_savepoint(struct session *session, const struct sql_statement *statement,
                                       struct operation_result *result, struct error *error)
{
    static const char *const names[] = {"savepoint path"};
    pthread_mutex_lock(&session->mutex);
    const char *folder =
        configuration_text(session->properties, "execution.checkpointing.savepoint-dir", NULL);
    if (folder == NULL)
        folder = configuration_text(session->properties, "state.savepoints.dir", NULL);
    struct buffer path = {0};
    if (folder != NULL)
        buffer_append_text(&path, folder);
    pthread_mutex_unlock(&session->mutex);
    struct operation_request request = {
        .kind = OPERATION_STOP,
        .job_id = statement->job_id,
        .path = folder == NULL ? NULL : buffer_text(&path),
        .is_drain = statement->with_drain,
    };
    char id[OPERATION_ID_BYTES];
    struct operation_view view = {0};
    enum status status =
        dispatcher_begin_operation(session->gateway->options.dispatcher, &request, id, error);
    buffer_free(&path);
    if (status == STATUS_OK)
        status = await_operation(session, id, &view, error);
    if (status != STATUS_OK)
        return status;
    if (view.failure.code == STATUS_OK) {
        const char *values[] = {view.location};
        operation_result_set_columns(result, names, 1);
        operation_result_add_row(result, values);
    } else {
        *error = view.failure;
        status = view.failure.code;
    }
    operation_view_free(&view);
    return status;
}

enum status stop_job(struct session *session, const struct sql_statement *statement,
                     struct operation_result *result, struct error *error)
{
    enum status status = statement->with_savepoint
                             ? stop_with_savepoint(session, statement, result, error)
                             : dispatcher_cancel_and_wait(session->gateway->options.dispatcher,
                                                          statement->job_id, STOP_DEADLINE_MS, error);
    if (status == STATUS_NOT_FOUND)
        return no_such_job(statement, error);
    if (status == STATUS_OK && !statement->with_savepoint)
        operation_result_set_ok(result);
    return status;
}
