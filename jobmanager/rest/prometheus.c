/*
 * GET /metrics: everything that is measured in the cluster, as Prometheus reads it (text format 0.0.4), under
 * the names and labels of Flink's reporter. The jobmanager answers for its taskmanagers too: what their last
 * heartbeats said.
 */
#include "common/base/memory.h"
#include "jobmanager/rest/rest_internal.h"

#include <ctype.h>
#include <microhttpd.h>
#include <stdlib.h>

/* One scrape: the jobs are looked at once, so that all of it is of one moment. */
struct scrape {
    struct buffer text;
    const struct cluster_view *cluster;
    const struct job_view **jobs; /* that have not ended */
    size_t num_jobs;
    int64_t now_ms;
};

/* "Status.CPU" is prefix and "Status_CPU". */
static void append_full_name(struct buffer *text, const char *prefix, const char *name)
{
    buffer_append_text(text, prefix);
    for (; *name != '\0'; name++)
        buffer_append_byte(text, isalnum((unsigned char)*name) ? (uint8_t)*name : '_');
}

static void begin_metric(struct buffer *text, const char *prefix, const char *name)
{
    buffer_append_text(text, "# TYPE ");
    append_full_name(text, prefix, name);
    buffer_append_text(text, " gauge\n");
}

static void append_name(struct buffer *text, const char *prefix, const char *name)
{
    append_full_name(text, prefix, name);
    buffer_append_byte(text, '{');
}

static void append_label(struct buffer *text, const char *name, const char *value)
{
    buffer_printf(text, "%s=\"", name);
    for (; *value != '\0'; value++) {
        if (*value == '\\' || *value == '"')
            buffer_append_byte(text, '\\');
        if (*value == '\n')
            buffer_append_text(text, "\\n");
        else
            buffer_append_byte(text, (uint8_t)*value);
    }
    buffer_append_text(text, "\",");
}

static void append_number_label(struct buffer *text, const char *name, uint32_t value)
{
    buffer_printf(text, "%s=\"%u\",", name, value);
}

static void end_sample(struct buffer *text, double value)
{
    char number[32];
    rest_format_metric(value, number, sizeof number);
    buffer_printf(text, "} %s\n", number);
}

static void append_job_labels(struct buffer *text, const struct job_view *job)
{
    append_label(text, "job_id", job->summary.id);
    append_label(text, "job_name", job->summary.name);
}

static void append_subtask_labels(struct buffer *text, const struct job_view *job,
                                  const struct vertex_view *vertex, const struct subtask_view *subtask)
{
    append_job_labels(text, job);
    append_label(text, "task_id", vertex->id);
    append_label(text, "task_name", vertex->name);
    append_number_label(text, "subtask_index", subtask->subtask);
    append_number_label(text, "task_attempt_num", subtask->attempt);
    append_label(text, "tm_id", subtask->taskmanager_id);
    append_label(text, "host", subtask->host);
}

static void print_cluster(struct scrape *scrape)
{
    static const char prefix[] = "flink_jobmanager_";
    for (const struct cluster_metric *metric = rest_cluster_metrics; metric->name != NULL; metric++) {
        begin_metric(&scrape->text, prefix, metric->name);
        append_name(&scrape->text, prefix, metric->name);
        end_sample(&scrape->text, metric->read(scrape->cluster));
    }
}

static void print_jobs(struct scrape *scrape)
{
    static const char prefix[] = "flink_jobmanager_job_";
    for (const struct job_metric *metric = rest_job_metrics; metric->name != NULL; metric++) {
        begin_metric(&scrape->text, prefix, metric->name);
        for (size_t i = 0; i < scrape->num_jobs; i++) {
            append_name(&scrape->text, prefix, metric->name);
            append_job_labels(&scrape->text, scrape->jobs[i]);
            end_sample(&scrape->text, metric->read(scrape->jobs[i], scrape->now_ms));
        }
    }
}

static void print_taskmanagers(struct scrape *scrape)
{
    static const char prefix[] = "flink_taskmanager_";
    for (const struct taskmanager_metric *metric = rest_taskmanager_metrics; metric->name != NULL; metric++) {
        begin_metric(&scrape->text, prefix, metric->name);
        for (size_t i = 0; i < scrape->cluster->num_taskmanagers; i++) {
            const struct taskmanager_view *taskmanager = &scrape->cluster->taskmanagers[i];
            append_name(&scrape->text, prefix, metric->name);
            append_label(&scrape->text, "tm_id", taskmanager->id);
            append_label(&scrape->text, "host", taskmanager->host);
            end_sample(&scrape->text, metric->read(taskmanager));
        }
    }
}

/* Calls print for every subtask that runs somewhere. */
static void each_subtask(struct scrape *scrape, const void *metric,
                         void (*print)(struct scrape *scrape, const void *metric, const struct job_view *job,
                                       const struct vertex_view *vertex, const struct subtask_view *subtask))
{
    for (size_t j = 0; j < scrape->num_jobs; j++)
        for (size_t v = 0; v < scrape->jobs[j]->num_vertices; v++) {
            const struct vertex_view *vertex = &scrape->jobs[j]->vertices[v];
            for (uint32_t s = 0; s < vertex->parallelism; s++)
                if (vertex->subtasks[s].taskmanager_id[0] != '\0')
                    print(scrape, metric, scrape->jobs[j], vertex, &vertex->subtasks[s]);
        }
}

static const char task_prefix[] = "flink_taskmanager_job_task_";
static const char operator_prefix[] = "flink_taskmanager_job_task_operator_";

static void print_subtask(struct scrape *scrape, const void *of, const struct job_view *job,
                          const struct vertex_view *vertex, const struct subtask_view *subtask)
{
    const struct subtask_metric *metric = of;
    append_name(&scrape->text, task_prefix, metric->name);
    append_subtask_labels(&scrape->text, job, vertex, subtask);
    end_sample(&scrape->text, metric->read(subtask, scrape->now_ms));
}

static void print_operators(struct scrape *scrape, const void *of, const struct job_view *job,
                            const struct vertex_view *vertex, const struct subtask_view *subtask)
{
    const struct operator_metric *metric = of;
    for (size_t i = 0; i < subtask->num_operators; i++) {
        append_name(&scrape->text, operator_prefix, metric->name);
        append_subtask_labels(&scrape->text, job, vertex, subtask);
        append_label(&scrape->text, "operator_name", subtask->operators[i].name);
        append_number_label(&scrape->text, "operator_id", subtask->operators[i].node_id);
        end_sample(&scrape->text, metric->read(&subtask->operators[i], scrape->now_ms));
    }
}

static void look_at_jobs(struct scrape *scrape, struct dispatcher *dispatcher)
{
    scrape->jobs = mem_calloc(scrape->cluster->num_jobs + 1, sizeof *scrape->jobs);
    for (size_t i = 0; i < scrape->cluster->num_jobs; i++) {
        if (scrape->cluster->jobs[i].is_terminal)
            continue;
        const struct job_view *job = dispatcher_job_view(dispatcher, scrape->cluster->jobs[i].id);
        if (job != NULL)
            scrape->jobs[scrape->num_jobs++] = job;
    }
}

void rest_get_prometheus(struct rest_call *call)
{
    struct scrape scrape = {.cluster = rest_cluster(call), .now_ms = rest_now_ms(call)};
    look_at_jobs(&scrape, call->server->options.dispatcher);
    print_cluster(&scrape);
    print_jobs(&scrape);
    print_taskmanagers(&scrape);
    for (const struct subtask_metric *metric = rest_subtask_metrics; metric->name != NULL; metric++) {
        begin_metric(&scrape.text, task_prefix, metric->name);
        each_subtask(&scrape, metric, print_subtask);
    }
    for (const struct operator_metric *metric = rest_operator_metrics; metric->name != NULL; metric++) {
        begin_metric(&scrape.text, operator_prefix, metric->name);
        each_subtask(&scrape, metric, print_operators);
    }
    for (size_t i = 0; i < scrape.num_jobs; i++)
        job_view_unref(scrape.jobs[i]);
    free(scrape.jobs);
    cluster_view_unref(scrape.cluster);
    size_t size = 0;
    char *text = buffer_take(&scrape.text, &size);
    rest_answer_text(call, MHD_HTTP_OK, "text/plain; version=0.0.4; charset=utf-8", text, size);
}
