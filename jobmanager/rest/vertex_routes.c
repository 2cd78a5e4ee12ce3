#include "jobmanager/rest/rest_internal.h"

#include <microhttpd.h>
#include <stdio.h>
#include <string.h>

const struct vertex_view *rest_call_vertex(struct rest_call *call, const struct job_view *job)
{
    for (size_t i = 0; i < job->num_vertices; i++)
        if (strcmp(job->vertices[i].id, call->parameters[1]) == 0)
            return &job->vertices[i];
    rest_answer_error(call, MHD_HTTP_NOT_FOUND, "No vertex with ID %s exists in the job.",
                      call->parameters[1]);
    return NULL;
}

static json_t *subtask_to_json(const struct subtask_view *subtask, int64_t now_ms)
{
    int64_t end_ms = subtask->end_ms >= 0 ? subtask->end_ms : now_ms;
    json_t *metrics = json_pack(
        "{s:I,s:b,s:I,s:b,s:I,s:b,s:I,s:b,s:I,s:I,s:f}", "read-bytes", (json_int_t)subtask->bytes_in,
        "read-bytes-complete", 1, "write-bytes", (json_int_t)subtask->bytes_out, "write-bytes-complete", 1,
        "read-records", (json_int_t)subtask->records_in, "read-records-complete", 1, "write-records",
        (json_int_t)subtask->records_out, "write-records-complete", 1, "accumulated-backpressured-time",
        (json_int_t)subtask->backpressured_ms, "accumulated-idle-time", (json_int_t)subtask->idle_ms,
        "accumulated-busy-time", (double)subtask->busy_ms);
    return json_pack("{s:I,s:s,s:I,s:s,s:I,s:I,s:I,s:o,s:s}", "subtask", (json_int_t)subtask->subtask,
                     "status", task_state_name(subtask->state), "attempt", (json_int_t)subtask->attempt,
                     "endpoint", subtask->host, "start-time", (json_int_t)subtask->start_ms, "end-time",
                     (json_int_t)subtask->end_ms, "duration",
                     (json_int_t)(subtask->start_ms >= 0 ? end_ms - subtask->start_ms : 0), "metrics",
                     metrics, "taskmanager-id", subtask->taskmanager_id);
}

void rest_answer_of_vertex(struct rest_call *call,
                           json_t *(*show)(struct rest_call *call, const struct vertex_view *vertex))
{
    const struct job_view *job = rest_call_job(call);
    if (job == NULL)
        return;
    const struct vertex_view *vertex = rest_call_vertex(call, job);
    json_t *json = vertex != NULL ? show(call, vertex) : NULL;
    job_view_unref(job);
    if (json != NULL)
        rest_answer_json(call, MHD_HTTP_OK, json);
}

static json_t *show_vertex(struct rest_call *call, const struct vertex_view *vertex)
{
    int64_t now_ms = rest_now_ms(call);
    json_t *subtasks = json_array();
    for (uint32_t i = 0; i < vertex->parallelism; i++)
        json_array_append_new(subtasks, subtask_to_json(&vertex->subtasks[i], now_ms));
    return json_pack("{s:s,s:s,s:I,s:I,s:I,s:o}", "id", vertex->id, "name", vertex->name, "parallelism",
                     (json_int_t)vertex->parallelism, "maxParallelism", (json_int_t)vertex->max_parallelism,
                     "now", (json_int_t)now_ms, "subtasks", subtasks);
}

void rest_get_vertex(struct rest_call *call)
{
    rest_answer_of_vertex(call, show_vertex);
}

/* Of the last second or so; rates are milliseconds a second. */
static double ratio(double part_ms)
{
    double share = part_ms / 1000;
    return share > 1 ? 1 : share;
}

static const char *backpressure_level(double share)
{
    return share <= 0.10 ? "ok" : share <= 0.5 ? "low" : "high";
}

static json_t *show_backpressure(struct rest_call *call, const struct vertex_view *vertex)
{
    json_t *subtasks = json_array();
    double worst = 0;
    for (uint32_t i = 0; i < vertex->parallelism; i++) {
        const struct subtask_view *subtask = &vertex->subtasks[i];
        double share = ratio(subtask->rates.backpressured_ms);
        worst = share > worst ? share : worst;
        json_array_append_new(subtasks, json_pack("{s:I,s:s,s:f,s:f,s:f,s:s}", "subtask", (json_int_t)i,
                                                  "backpressureLevel", backpressure_level(share), "ratio",
                                                  share, "idleRatio", ratio(subtask->rates.idle_ms),
                                                  "busyRatio", ratio(subtask->rates.busy_ms),
                                                  "backpressure-level", backpressure_level(share)));
    }
    return json_pack("{s:s,s:s,s:I,s:o,s:s}", "status", "ok", "backpressureLevel", backpressure_level(worst),
                     "end-timestamp", (json_int_t)rest_now_ms(call), "subtasks", subtasks,
                     "backpressure-level", backpressure_level(worst));
}

void rest_get_backpressure(struct rest_call *call)
{
    rest_answer_of_vertex(call, show_backpressure);
}

/* As Flink's: an entry a subtask that has a watermark. */
static json_t *show_watermarks(struct rest_call *call, const struct vertex_view *vertex)
{
    (void)call;
    json_t *list = json_array();
    for (uint32_t i = 0; i < vertex->parallelism; i++) {
        char id[64];
        snprintf(id, sizeof id, "%u.currentInputWatermark", i);
        if (vertex->subtasks[i].watermark_ms != INT64_MIN)
            rest_append_metric(list, id, id, (double)vertex->subtasks[i].watermark_ms);
    }
    return list;
}

void rest_get_watermarks(struct rest_call *call)
{
    rest_answer_of_vertex(call, show_watermarks);
}
