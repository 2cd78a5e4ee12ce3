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

/* Runs show on the vertex that the path names, and answers with what it made. */
static void answer_of_vertex(struct rest_call *call,
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
    answer_of_vertex(call, show_vertex);
}

/* Metrics of a subtask under Flink's names. */
struct subtask_metric {
    const char *name;
    int64_t (*read)(const struct subtask_view *subtask);
};

static int64_t read_records_in(const struct subtask_view *subtask)
{
    return (int64_t)subtask->records_in;
}
static int64_t read_records_out(const struct subtask_view *subtask)
{
    return (int64_t)subtask->records_out;
}
static int64_t read_bytes_in(const struct subtask_view *subtask)
{
    return (int64_t)subtask->bytes_in;
}
static int64_t read_bytes_out(const struct subtask_view *subtask)
{
    return (int64_t)subtask->bytes_out;
}
static int64_t read_busy(const struct subtask_view *subtask)
{
    return subtask->busy_ms;
}
static int64_t read_idle(const struct subtask_view *subtask)
{
    return subtask->idle_ms;
}
static int64_t read_backpressured(const struct subtask_view *subtask)
{
    return subtask->backpressured_ms;
}
static int64_t read_pending(const struct subtask_view *subtask)
{
    return subtask->num_operators > 0 ? subtask->operators[0].pending_records : -1;
}
static int64_t read_errors(const struct subtask_view *subtask)
{
    return subtask->num_operators > 0 ? (int64_t)subtask->operators[0].failed_records : 0;
}

static const struct subtask_metric subtask_metrics[] = {
    {"numRecordsIn", read_records_in},
    {"numRecordsOut", read_records_out},
    {"numBytesIn", read_bytes_in},
    {"numBytesOut", read_bytes_out},
    {"accumulateBusyTimeMs", read_busy},
    {"accumulateIdleTimeMs", read_idle},
    {"accumulateBackPressuredTimeMs", read_backpressured},
    {"pendingRecords", read_pending},
    {"numRecordsInErrors", read_errors},
};
enum { NUM_SUBTASK_METRICS = sizeof subtask_metrics / sizeof subtask_metrics[0] };

/* name is one of the comma-separated words of list. */
static bool is_listed(const char *list, const char *name)
{
    size_t size = strlen(name);
    for (const char *place = list; (place = strstr(place, name)) != NULL; place += size)
        if ((place == list || place[-1] == ',') && (place[size] == ',' || place[size] == '\0'))
            return true;
    return false;
}

void rest_append_metric(json_t *list, const char *wanted, const char *id, int64_t value)
{
    char text[32];
    snprintf(text, sizeof text, "%lld", (long long)value);
    if (wanted == NULL)
        json_array_append_new(list, json_pack("{s:s}", "id", id));
    else if (is_listed(wanted, id))
        json_array_append_new(list, json_pack("{s:s,s:s}", "id", id, "value", text));
}

static json_t *show_vertex_metrics(struct rest_call *call, const struct vertex_view *vertex)
{
    const char *wanted = rest_query_parameter(call, "get");
    json_t *list = json_array();
    for (uint32_t i = 0; i < vertex->parallelism; i++)
        for (int m = 0; m < NUM_SUBTASK_METRICS; m++) {
            char id[64];
            snprintf(id, sizeof id, "%u.%s", i, subtask_metrics[m].name);
            rest_append_metric(list, wanted, id, subtask_metrics[m].read(&vertex->subtasks[i]));
        }
    return list;
}

void rest_get_vertex_metrics(struct rest_call *call)
{
    answer_of_vertex(call, show_vertex_metrics);
}

static json_t *show_subtask_metrics(struct rest_call *call, const struct vertex_view *vertex)
{
    const char *wanted = rest_query_parameter(call, "get");
    json_t *list = json_array();
    for (int m = 0; m < NUM_SUBTASK_METRICS; m++) {
        if (wanted == NULL) {
            json_array_append_new(list, json_pack("{s:s}", "id", subtask_metrics[m].name));
            continue;
        }
        if (!is_listed(wanted, subtask_metrics[m].name))
            continue;
        int64_t sum = 0, minimum = INT64_MAX, maximum = INT64_MIN;
        for (uint32_t i = 0; i < vertex->parallelism; i++) {
            int64_t value = subtask_metrics[m].read(&vertex->subtasks[i]);
            sum += value;
            minimum = value < minimum ? value : minimum;
            maximum = value > maximum ? value : maximum;
        }
        json_array_append_new(list, json_pack("{s:s,s:f,s:f,s:f,s:f}", "id", subtask_metrics[m].name, "min",
                                              (double)minimum, "max", (double)maximum, "avg",
                                              (double)sum / vertex->parallelism, "sum", (double)sum));
    }
    return list;
}

void rest_get_subtask_metrics(struct rest_call *call)
{
    answer_of_vertex(call, show_subtask_metrics);
}

static double ratio(int64_t part, const struct subtask_view *subtask)
{
    int64_t whole = subtask->busy_ms + subtask->idle_ms + subtask->backpressured_ms;
    return whole > 0 ? (double)part / (double)whole : 0.0;
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
        double share = ratio(subtask->backpressured_ms, subtask);
        worst = share > worst ? share : worst;
        json_array_append_new(subtasks, json_pack("{s:I,s:s,s:f,s:f,s:f,s:s}", "subtask", (json_int_t)i,
                                                  "backpressureLevel", backpressure_level(share), "ratio",
                                                  share, "idleRatio", ratio(subtask->idle_ms, subtask),
                                                  "busyRatio", ratio(subtask->busy_ms, subtask),
                                                  "backpressure-level", backpressure_level(share)));
    }
    return json_pack("{s:s,s:s,s:I,s:o,s:s}", "status", "ok", "backpressureLevel", backpressure_level(worst),
                     "end-timestamp", (json_int_t)rest_now_ms(call), "subtasks", subtasks,
                     "backpressure-level", backpressure_level(worst));
}

void rest_get_backpressure(struct rest_call *call)
{
    answer_of_vertex(call, show_backpressure);
}

/* There are none before event time comes: the list is empty, as Flink's is for a job without watermarks. */
static json_t *show_watermarks(struct rest_call *call, const struct vertex_view *vertex)
{
    (void)call, (void)vertex;
    return json_array();
}

void rest_get_watermarks(struct rest_call *call)
{
    answer_of_vertex(call, show_watermarks);
}

void rest_get_job_metrics(struct rest_call *call)
{
    const struct job_view *job = rest_call_job(call);
    if (job == NULL)
        return;
    const char *wanted = rest_query_parameter(call, "get");
    const struct checkpoint_view *last = job->checkpoints.latest_completed;
    json_t *list = json_array();
    rest_append_metric(list, wanted, "numberOfCompletedCheckpoints", (int64_t)job->checkpoints.num_completed);
    rest_append_metric(list, wanted, "numberOfFailedCheckpoints", (int64_t)job->checkpoints.num_failed);
    rest_append_metric(list, wanted, "numberOfInProgressCheckpoints",
                       (int64_t)job->checkpoints.num_in_progress);
    rest_append_metric(list, wanted, "totalNumberOfCheckpoints", (int64_t)job->checkpoints.num_triggered);
    rest_append_metric(list, wanted, "lastCheckpointDuration", last != NULL ? last->duration_ms : -1);
    rest_append_metric(list, wanted, "lastCheckpointSize", last != NULL ? (int64_t)last->size_bytes : -1);
    rest_append_metric(list, wanted, "lastCompletedCheckpointId", last != NULL ? (int64_t)last->id : -1);
    rest_append_metric(list, wanted, "lastCommitDuration", last != NULL ? last->commit_duration_ms : -1);
    rest_append_metric(list, wanted, "numRestarts", job->num_restarts);
    rest_append_metric(list, wanted, "uptime",
                       job->summary.is_terminal ? 0 : rest_now_ms(call) - job->summary.start_ms);
    job_view_unref(job);
    rest_answer_json(call, MHD_HTTP_OK, list);
}
