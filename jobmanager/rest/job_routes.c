#include "jobmanager/rest/rest_internal.h"

#include <ctype.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_MAX_EXCEPTIONS = 20 };

bool rest_call_job_id(struct rest_call *call)
{
    const char *id = call->parameters[0];
    if (strspn(id, "0123456789abcdef") == JOB_ID_BYTES - 1 && id[JOB_ID_BYTES - 1] == '\0')
        return true;
    rest_answer_error(call, MHD_HTTP_BAD_REQUEST,
                      "Bad request, could not parse parameters: Cannot resolve path parameter (jobid) from "
                      "value \"%s\".",
                      id);
    return false;
}

const struct job_view *rest_call_job(struct rest_call *call)
{
    const char *id = call->parameters[0];
    if (!rest_call_job_id(call))
        return NULL;
    const struct job_view *job = dispatcher_job_view(call->server->options.dispatcher, id);
    if (job == NULL)
        rest_answer_error(call, MHD_HTTP_NOT_FOUND, "Job %s not found", id);
    return job;
}

static int64_t duration_ms(const struct job_summary_view *job, int64_t now_ms)
{
    return (job->end_ms >= 0 ? job->end_ms : now_ms) - job->start_ms;
}

/* {"running": 2, ...}, in capitals for a vertex. */
static json_t *task_counts_to_json(const uint32_t *counts, bool in_capitals)
{
    json_t *json = json_object();
    for (int i = 0; i < NUM_TASK_STATES; i++) {
        char name[32];
        snprintf(name, sizeof name, "%s", task_state_name((enum task_state)i));
        for (char *c = name; !in_capitals && *c != '\0'; c++)
            *c = (char)tolower((unsigned char)*c);
        json_object_set_new(json, name, json_integer(counts[i]));
    }
    return json;
}

void rest_get_jobs(struct rest_call *call)
{
    const struct cluster_view *view = dispatcher_cluster_view(call->server->options.dispatcher);
    json_t *list = json_array();
    for (size_t i = 0; i < view->num_jobs; i++)
        json_array_append_new(list,
                              json_pack("{s:s,s:s}", "id", view->jobs[i].id, "status", view->jobs[i].state));
    cluster_view_unref(view);
    rest_answer_json(call, MHD_HTTP_OK, json_pack("{s:o}", "jobs", list));
}

void rest_get_jobs_overview(struct rest_call *call)
{
    const struct cluster_view *view = dispatcher_cluster_view(call->server->options.dispatcher);
    json_t *list = json_array();
    for (size_t i = 0; i < view->num_jobs; i++) {
        const struct job_summary_view *job = &view->jobs[i];
        json_t *tasks = task_counts_to_json(job->task_counts, false);
        json_object_set_new(tasks, "total", json_integer(job->num_tasks));
        json_array_append_new(
            list, json_pack("{s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:s,s:I,s:o,s:i}", "jid", job->id, "name",
                            job->name, "jobType", "STREAMING", "schedulerType", "Default", "start-time",
                            (json_int_t)job->start_ms, "end-time", (json_int_t)job->end_ms, "duration",
                            (json_int_t)duration_ms(job, rest_now_ms(call)), "state", job->state,
                            "last-modification", (json_int_t)job->last_modification_ms, "tasks", tasks,
                            "pending-operators", 0));
    }
    cluster_view_unref(view);
    rest_answer_json(call, MHD_HTTP_OK, json_pack("{s:o}", "jobs", list));
}

static json_t *io_metrics_to_json(const struct vertex_view *vertex)
{
    return json_pack(
        "{s:I,s:b,s:I,s:b,s:I,s:b,s:I,s:b,s:I,s:I,s:f}", "read-bytes", (json_int_t)vertex->bytes_in,
        "read-bytes-complete", 1, "write-bytes", (json_int_t)vertex->bytes_out, "write-bytes-complete", 1,
        "read-records", (json_int_t)vertex->records_in, "read-records-complete", 1, "write-records",
        (json_int_t)vertex->records_out, "write-records-complete", 1, "accumulated-backpressured-time",
        (json_int_t)vertex->backpressured_ms, "accumulated-idle-time", (json_int_t)vertex->idle_ms,
        "accumulated-busy-time", (double)vertex->busy_ms);
}

static json_t *operators_to_json(const struct vertex_view *vertex)
{
    json_t *list = json_array();
    for (size_t i = 0; i < vertex->num_operators; i++) {
        const struct operator_metrics_view *metrics = &vertex->operators[i];
        json_array_append_new(
            list, json_pack("{s:I,s:s,s:I,s:I,s:I,s:I,s:I,s:I,s:I}", "id", (json_int_t)metrics->node_id,
                            "name", metrics->name, "records-in", (json_int_t)metrics->records_in,
                            "records-out", (json_int_t)metrics->records_out, "bytes-in",
                            (json_int_t)metrics->bytes_in, "bytes-out", (json_int_t)metrics->bytes_out,
                            "dropped-records", (json_int_t)metrics->dropped_records, "failed-records",
                            (json_int_t)metrics->failed_records, "pending-records",
                            (json_int_t)metrics->pending_records));
    }
    return list;
}

static json_t *vertex_to_json(const struct vertex_view *vertex, int64_t now_ms)
{
    int64_t end_ms = vertex->end_ms >= 0 ? vertex->end_ms : now_ms;
    return json_pack("{s:s,s:s,s:I,s:I,s:s,s:I,s:I,s:I,s:o,s:o,s:o}", "id", vertex->id, "name", vertex->name,
                     "maxParallelism", (json_int_t)vertex->max_parallelism, "parallelism",
                     (json_int_t)vertex->parallelism, "status", task_state_name(vertex->state), "start-time",
                     (json_int_t)vertex->start_ms, "end-time", (json_int_t)vertex->end_ms, "duration",
                     (json_int_t)(vertex->start_ms >= 0 ? end_ms - vertex->start_ms : 0), "tasks",
                     task_counts_to_json(vertex->task_counts, true), "metrics", io_metrics_to_json(vertex),
                     "operators", operators_to_json(vertex));
}

static json_t *status_counts(const struct job_view *job)
{
    uint32_t counts[NUM_TASK_STATES] = {0};
    for (size_t i = 0; i < job->num_vertices; i++)
        counts[job->vertices[i].state]++;
    return task_counts_to_json(counts, true);
}

static json_t *plan_to_json(const struct job_view *job)
{
    json_t *nodes = json_array();
    for (size_t i = 0; i < job->num_vertices; i++) {
        json_t *inputs = json_array();
        for (size_t e = 0; e < job->num_edges; e++)
            if (job->edges[e].to == i)
                json_array_append_new(inputs,
                                      json_pack("{s:s,s:I,s:s,s:s}", "id",
                                                job->vertices[job->edges[e].from].id, "num", (json_int_t)e,
                                                "ship_strategy", "HASH", "exchange", "pipelined_bounded"));
        json_array_append_new(nodes,
                              json_pack("{s:s,s:I,s:s,s:s,s:s,s:o,s:{}}", "id", job->vertices[i].id,
                                        "parallelism", (json_int_t)job->vertices[i].parallelism, "operator",
                                        "", "operator_strategy", "", "description", job->vertices[i].name,
                                        "inputs", inputs, "optimizer_properties"));
    }
    return json_pack("{s:s,s:s,s:s,s:o}", "jid", job->summary.id, "name", job->summary.name, "type",
                     "STREAMING", "nodes", nodes);
}

static json_t *tables_to_json(const struct job_view *job)
{
    json_t *list = json_array();
    for (size_t i = 0; i < job->num_tables; i++)
        json_array_append_new(list,
                              json_pack("{s:s,s:I,s:I}", "table", job->tables[i].table, "last-checkpoint-id",
                                        (json_int_t)job->tables[i].last_checkpoint_id, "last-snapshot-id",
                                        (json_int_t)job->tables[i].last_snapshot_id));
    return list;
}

void rest_get_job(struct rest_call *call)
{
    const struct job_view *job = rest_call_job(call);
    if (job == NULL)
        return;
    int64_t now_ms = rest_now_ms(call);
    json_t *timestamps = json_object();
    for (size_t i = 0; i < job->num_states; i++)
        json_object_set_new(timestamps, job->state_names[i],
                            json_integer(job->state_ms[i] >= 0 ? job->state_ms[i] : 0));
    json_t *vertices = json_array();
    for (size_t i = 0; i < job->num_vertices; i++)
        json_array_append_new(vertices, vertex_to_json(&job->vertices[i], now_ms));
    json_t *json = json_pack(
        "{s:s,s:s,s:b,s:s,s:s,s:s,s:I,s:I,s:I,s:I,s:I,s:o,s:o,s:o,s:o,s:s,s:s,s:I,s:o,s:i}", "jid",
        job->summary.id, "name", job->summary.name, "isStoppable", 0, "state", job->summary.state, "job-type",
        "STREAMING", "schedulerType", "Default", "start-time", (json_int_t)job->summary.start_ms, "end-time",
        (json_int_t)job->summary.end_ms, "duration", (json_int_t)duration_ms(&job->summary, now_ms),
        "maxParallelism", (json_int_t)job->max_parallelism, "now", (json_int_t)now_ms, "timestamps",
        timestamps, "vertices", vertices, "status-counts", status_counts(job), "plan", plan_to_json(job),
        "lineage", job->lineage, "waiting-for", job->waiting_for, "restarts", (json_int_t)job->num_restarts,
        "tables", tables_to_json(job), "pending-operators", 0);
    job_view_unref(job);
    rest_answer_json(call, MHD_HTTP_OK, json);
}

void rest_get_job_plan(struct rest_call *call)
{
    const struct job_view *job = rest_call_job(call);
    if (job == NULL)
        return;
    json_t *json = json_pack("{s:o}", "plan", plan_to_json(job));
    job_view_unref(job);
    rest_answer_json(call, MHD_HTTP_OK, json);
}

void rest_get_job_config(struct rest_call *call)
{
    const struct job_view *job = rest_call_job(call);
    if (job == NULL)
        return;
    json_t *user = json_object();
    for (size_t i = 0; i < job->num_configuration; i++)
        json_object_set_new(user, job->configuration[i].key, json_string(job->configuration[i].value));
    json_t *json = json_pack("{s:s,s:s,s:{s:s,s:I,s:b,s:o}}", "jid", job->summary.id, "name",
                             job->summary.name, "execution-config", "restart-strategy",
                             "Exponential delay, reset by a completed checkpoint", "job-parallelism",
                             (json_int_t)job->parallelism, "object-reuse-mode", 0, "user-config", user);
    job_view_unref(job);
    rest_answer_json(call, MHD_HTTP_OK, json);
}

void rest_get_job_status(struct rest_call *call)
{
    const struct job_view *job = rest_call_job(call);
    if (job == NULL)
        return;
    json_t *json = json_pack("{s:s}", "status", job->summary.state);
    job_view_unref(job);
    rest_answer_json(call, MHD_HTTP_OK, json);
}

void rest_get_execution_result(struct rest_call *call)
{
    const struct job_view *job = rest_call_job(call);
    if (job == NULL)
        return;
    json_t *json;
    if (!job->summary.is_terminal) {
        json = json_pack("{s:{s:s}}", "status", "id", "IN_PROGRESS");
    } else {
        const char *status = strcmp(job->summary.state, "FINISHED") == 0 ? "SUCCEEDED" : job->summary.state;
        json = json_pack("{s:{s:s},s:{s:s,s:s,s:I}}", "status", "id", "COMPLETED", "job-execution-result",
                         "id", job->summary.id, "application-status", status, "net-runtime",
                         (json_int_t)duration_ms(&job->summary, rest_now_ms(call)));
    }
    job_view_unref(job);
    rest_answer_json(call, MHD_HTTP_OK, json);
}

static json_t *exception_to_json(const struct exception_view *exception)
{
    return json_pack("{s:s,s:s,s:I,s:{},s:s,s:s,s:s,s:[]}", "exceptionName", exception->code, "stacktrace",
                     exception->text, "timestamp", (json_int_t)exception->timestamp_ms, "failureLabels",
                     "taskName", exception->task_name, "endpoint", exception->location, "taskManagerId",
                     exception->taskmanager_id, "concurrentExceptions");
}

void rest_get_job_exceptions(struct rest_call *call)
{
    const struct job_view *job = rest_call_job(call);
    if (job == NULL)
        return;
    const char *text = rest_query_parameter(call, "maxExceptions");
    long wanted = text != NULL ? strtol(text, NULL, 10) : DEFAULT_MAX_EXCEPTIONS;
    json_t *entries = json_array();
    size_t shown = 0;
    for (; shown < job->num_exceptions && (long)shown < wanted; shown++)
        json_array_append_new(entries, exception_to_json(&job->exceptions[shown]));
    json_t *json = json_pack("{s:{s:o,s:b}}", "exceptionHistory", "entries", entries, "truncated",
                             shown < job->num_exceptions);
    if (job->root_exception != NULL) {
        json_object_set_new(json, "root-exception", json_string(job->root_exception->text));
        json_object_set_new(json, "timestamp", json_integer(job->root_exception->timestamp_ms));
    }
    job_view_unref(job);
    rest_answer_json(call, MHD_HTTP_OK, json);
}

/* The dispatcher's thread. */
static void on_cancelled(void *context, enum status status, const char *job_id, const struct error *error)
{
    (void)job_id;
    struct rest_call *call = context;
    if (status == STATUS_OK)
        rest_answer_json(call, MHD_HTTP_ACCEPTED, json_object());
    else
        rest_answer_failure(call, error);
}

void rest_cancel_job(struct rest_call *call)
{
    const struct job_view *job = rest_call_job(call);
    if (job == NULL)
        return;
    job_view_unref(job);
    const char *mode = rest_query_parameter(call, "mode");
    if (mode != NULL && strcmp(mode, "cancel") != 0) {
        rest_answer_error(call, MHD_HTTP_BAD_REQUEST, "mode \"%s\" is not supported: the only one is cancel.",
                          mode);
        return;
    }
    rest_call_defer(call);
    dispatcher_cancel(call->server->options.dispatcher, call->parameters[0], on_cancelled, call);
}
