/* Metrics as Flink's REST gives them: without ?get= the names that there are, with it their values. */
#include "jobmanager/rest/rest_internal.h"

#include <math.h>
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* name is one of the comma-separated words of list. */
static bool is_listed(const char *list, const char *name)
{
    size_t size = strlen(name);
    for (const char *place = list; (place = strstr(place, name)) != NULL; place += size)
        if ((place == list || place[-1] == ',') && (place[size] == ',' || place[size] == '\0'))
            return true;
    return false;
}

/* Whole numbers as such, a watermark that is not there as Java's smallest long. */
void rest_format_metric(double value, char *text, size_t size)
{
    if (value <= (double)INT64_MIN)
        snprintf(text, size, "-9223372036854775808");
    else if (value >= (double)INT64_MAX)
        snprintf(text, size, "9223372036854775807");
    else if (value == floor(value))
        snprintf(text, size, "%lld", (long long)value);
    else
        snprintf(text, size, "%.3f", value);
}

void rest_append_metric(json_t *list, const char *wanted, const char *id, double value)
{
    char text[32];
    rest_format_metric(value, text, sizeof text);
    if (wanted == NULL)
        json_array_append_new(list, json_pack("{s:s}", "id", id));
    else if (is_listed(wanted, id))
        json_array_append_new(list, json_pack("{s:s,s:s}", "id", id, "value", text));
}

/* "Source: a[1]" is "Source__a[1]" in the name of a metric. */
static void append_operator_name(struct buffer *id, const char *name)
{
    for (; *name != '\0'; name++)
        buffer_append_byte(id, *name == ':' || *name == ' ' || *name == '.' ? '_' : (uint8_t)*name);
}

/* prefix: "0." for the metrics of a vertex, "" for those of one subtask. */
static void append_subtask(json_t *list, const char *wanted, const char *prefix,
                           const struct subtask_view *subtask, int64_t now_ms)
{
    struct buffer id = {0};
    for (const struct subtask_metric *metric = rest_subtask_metrics; metric->name != NULL; metric++) {
        buffer_clear(&id);
        buffer_printf(&id, "%s%s", prefix, metric->name);
        rest_append_metric(list, wanted, buffer_text(&id), metric->read(subtask, now_ms));
    }
    for (size_t i = 0; i < subtask->num_operators; i++)
        for (const struct operator_metric *metric = rest_operator_metrics; metric->name != NULL; metric++) {
            buffer_clear(&id);
            buffer_append_text(&id, prefix);
            append_operator_name(&id, subtask->operators[i].name);
            buffer_printf(&id, ".%s", metric->name);
            rest_append_metric(list, wanted, buffer_text(&id), metric->read(&subtask->operators[i], now_ms));
        }
    buffer_free(&id);
}

static json_t *show_vertex_metrics(struct rest_call *call, const struct vertex_view *vertex)
{
    const char *wanted = rest_query_parameter(call, "get");
    json_t *list = json_array();
    for (uint32_t i = 0; i < vertex->parallelism; i++) {
        char prefix[16];
        snprintf(prefix, sizeof prefix, "%u.", i);
        append_subtask(list, wanted, prefix, &vertex->subtasks[i], rest_now_ms(call));
    }
    return list;
}

void rest_get_vertex_metrics(struct rest_call *call)
{
    rest_answer_of_vertex(call, show_vertex_metrics);
}

static json_t *show_one_subtask(struct rest_call *call, const struct vertex_view *vertex)
{
    char *end;
    unsigned long number = strtoul(call->parameters[2], &end, 10);
    if (*end != '\0' || end == call->parameters[2] || number >= vertex->parallelism) {
        rest_answer_error(call, MHD_HTTP_NOT_FOUND, "Vertex %s has no subtask %s.", vertex->id,
                          call->parameters[2]);
        return NULL;
    }
    json_t *list = json_array();
    append_subtask(list, rest_query_parameter(call, "get"), "", &vertex->subtasks[number], rest_now_ms(call));
    return list;
}

void rest_get_one_subtask_metrics(struct rest_call *call)
{
    rest_answer_of_vertex(call, show_one_subtask);
}

/* One metric over several things that have it. */
struct aggregate {
    double sum, minimum, maximum;
    uint32_t count;
};

static void aggregate_add(struct aggregate *aggregate, double value)
{
    aggregate->minimum = aggregate->count == 0 || value < aggregate->minimum ? value : aggregate->minimum;
    aggregate->maximum = aggregate->count == 0 || value > aggregate->maximum ? value : aggregate->maximum;
    aggregate->sum += value;
    aggregate->count++;
}

/* ?agg=min,max,avg,sum; all of them when it is not given. */
static void aggregate_append(json_t *list, struct rest_call *call, const char *id,
                             const struct aggregate *aggregate)
{
    const char *kinds = rest_query_parameter(call, "agg");
    json_t *entry = json_pack("{s:s}", "id", id);
    const struct {
        const char *name;
        double value;
    } values[] = {{"min", aggregate->minimum},
                  {"max", aggregate->maximum},
                  {"avg", aggregate->count == 0 ? 0 : aggregate->sum / aggregate->count},
                  {"sum", aggregate->sum}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (kinds == NULL || is_listed(kinds, values[i].name))
            json_object_set_new(entry, values[i].name, json_real(values[i].value));
    json_array_append_new(list, entry);
}

/* True when the name's values are asked for; else the name alone is listed. */
static bool is_wanted(struct rest_call *call, json_t *list, const char *id)
{
    const char *wanted = rest_query_parameter(call, "get");
    if (wanted == NULL)
        json_array_append_new(list, json_pack("{s:s}", "id", id));
    return wanted != NULL && is_listed(wanted, id);
}

static json_t *show_subtask_metrics(struct rest_call *call, const struct vertex_view *vertex)
{
    json_t *list = json_array();
    for (const struct subtask_metric *metric = rest_subtask_metrics; metric->name != NULL; metric++) {
        if (!is_wanted(call, list, metric->name))
            continue;
        struct aggregate aggregate = {0};
        for (uint32_t i = 0; i < vertex->parallelism; i++)
            aggregate_add(&aggregate, metric->read(&vertex->subtasks[i], rest_now_ms(call)));
        aggregate_append(list, call, metric->name, &aggregate);
    }
    return list;
}

void rest_get_subtask_metrics(struct rest_call *call)
{
    rest_answer_of_vertex(call, show_subtask_metrics);
}

void rest_get_job_metrics(struct rest_call *call)
{
    const struct job_view *job = rest_call_job(call);
    if (job == NULL)
        return;
    json_t *list = json_array();
    for (const struct job_metric *metric = rest_job_metrics; metric->name != NULL; metric++)
        rest_append_metric(list, rest_query_parameter(call, "get"), metric->name,
                           metric->read(job, rest_now_ms(call)));
    job_view_unref(job);
    rest_answer_json(call, MHD_HTTP_OK, list);
}

static double read_of_job(struct rest_call *call, const struct job_metric *metric, const char *job_id,
                          bool *ret_is_there)
{
    const struct job_view *job = dispatcher_job_view(call->server->options.dispatcher, job_id);
    *ret_is_there = job != NULL;
    double value = job == NULL ? 0 : metric->read(job, rest_now_ms(call));
    job_view_unref(job);
    return value;
}

void rest_get_jobs_metrics(struct rest_call *call)
{
    const struct cluster_view *view = rest_cluster(call);
    json_t *list = json_array();
    for (const struct job_metric *metric = rest_job_metrics; metric->name != NULL; metric++) {
        if (!is_wanted(call, list, metric->name))
            continue;
        struct aggregate aggregate = {0};
        for (size_t i = 0; i < view->num_jobs; i++) {
            bool is_there = false;
            double value = read_of_job(call, metric, view->jobs[i].id, &is_there);
            if (is_there)
                aggregate_add(&aggregate, value);
        }
        aggregate_append(list, call, metric->name, &aggregate);
    }
    cluster_view_unref(view);
    rest_answer_json(call, MHD_HTTP_OK, list);
}

void rest_get_taskmanager_metrics(struct rest_call *call)
{
    const struct cluster_view *view = rest_cluster(call);
    const struct taskmanager_view *taskmanager = rest_find_taskmanager(view, call->parameters[0]);
    json_t *list = taskmanager == NULL ? NULL : json_array();
    for (const struct taskmanager_metric *metric = rest_taskmanager_metrics;
         taskmanager != NULL && metric->name != NULL; metric++)
        rest_append_metric(list, rest_query_parameter(call, "get"), metric->name, metric->read(taskmanager));
    cluster_view_unref(view);
    if (list != NULL)
        rest_answer_json(call, MHD_HTTP_OK, list);
    else
        rest_answer_error(call, MHD_HTTP_NOT_FOUND, "TaskManager %s could not be found.",
                          call->parameters[0]);
}

void rest_get_taskmanagers_metrics(struct rest_call *call)
{
    const struct cluster_view *view = rest_cluster(call);
    json_t *list = json_array();
    for (const struct taskmanager_metric *metric = rest_taskmanager_metrics; metric->name != NULL; metric++) {
        if (!is_wanted(call, list, metric->name))
            continue;
        struct aggregate aggregate = {0};
        for (size_t i = 0; i < view->num_taskmanagers; i++)
            aggregate_add(&aggregate, metric->read(&view->taskmanagers[i]));
        aggregate_append(list, call, metric->name, &aggregate);
    }
    cluster_view_unref(view);
    rest_answer_json(call, MHD_HTTP_OK, list);
}

void rest_get_jobmanager_metrics(struct rest_call *call)
{
    const struct cluster_view *view = rest_cluster(call);
    json_t *list = json_array();
    for (const struct cluster_metric *metric = rest_cluster_metrics; metric->name != NULL; metric++)
        rest_append_metric(list, rest_query_parameter(call, "get"), metric->name, metric->read(view));
    cluster_view_unref(view);
    rest_answer_json(call, MHD_HTTP_OK, list);
}
