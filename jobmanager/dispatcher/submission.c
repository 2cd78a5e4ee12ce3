/* How a job is submitted: checked, stored, begun. */
#include "common/base/hash.h"
#include "common/base/memory.h"
#include "common/plan/plan_codec.h"
#include "jobmanager/dispatcher/dispatcher_internal.h"

#include <stdlib.h>

/* A submission: first stored by a worker, then begun by the dispatcher. */
struct submission {
    struct event event;
    struct dispatcher *dispatcher;
    struct plan_job_graph *graph;
    struct stored_job stored;
    dispatcher_callback *callback;
    void *context;
    enum status status;
    struct error error;
};

static void free_submission(struct submission *submission)
{
    plan_job_graph_free(submission->graph);
    stored_job_free(&submission->stored);
    free(submission);
}

static void drop_submission(struct event *event)
{
    struct submission *submission = (struct submission *)event;
    struct error error;
    error_set(&error, STATUS_UNAVAILABLE, "this jobmanager is stopping");
    submission->callback(submission->context, error.code, submission->stored.job_id, &error);
    free_submission(submission);
}

enum status dispatcher_check_graph(const struct plan_job_graph *graph, struct error *error)
{
    if (graph->vertex_count == 0)
        return error_set(error, STATUS_INVALID_ARGUMENT, "the job has nothing to run");
    for (size_t v = 0; v < graph->vertex_count; v++)
        if (graph->vertices[v].parallelism == 0)
            return error_set(error, STATUS_INVALID_ARGUMENT, "vertex %s has no parallelism",
                             graph->vertices[v].name);
    for (uint32_t s = 0; s < graph->sink_count; s++) {
        const struct plan_node *node = plan_job_graph_sink(graph, s);
        if (node == NULL)
            return error_set(error, STATUS_INTERNAL, "the job has no sink %u", s);
        if (node->sink->kind == PLAN_SINK_ICEBERG && node->sink->iceberg->table_uuid == NULL)
            return error_set(error, STATUS_INTERNAL, "the table of %s is not bound", node->name);
    }
    return STATUS_OK;
}

static void run_submitted(struct dispatcher *dispatcher, struct event *event)
{
    struct submission *submission = (struct submission *)event;
    if (submission->status == STATUS_OK) {
        struct job *job = job_create(dispatcher, &submission->stored, submission->graph);
        submission->graph = NULL;
        dispatcher_add_job(dispatcher, job);
        dispatcher_log(dispatcher, LOG_INFO, "job submitted job=%s name=\"%s\" lineage=%s", job->id,
                       job->name, job->lineage);
        struct error error;
        if (job_start(job, false, JOB_INITIALIZING, &error) != STATUS_OK)
            job_fail_unstarted(job, &error);
        dispatcher_publish(dispatcher); /* who submitted may ask for the job at once */
    }
    submission->callback(submission->context, submission->status, submission->stored.job_id,
                         submission->status == STATUS_OK ? NULL : &submission->error);
    free_submission(submission);
}

/* On a worker. */
static void store_submission(void *context)
{
    struct submission *submission = context;
    struct dispatcher *dispatcher = submission->dispatcher;
    submission->status =
        stored_job_inherit_lineage(dispatcher, submission->graph, &submission->stored, &submission->error);
    if (submission->status == STATUS_OK)
        submission->status =
            job_store_put_job(dispatcher->options.job_store, &submission->stored, &submission->error);
    dispatcher_post(dispatcher, &submission->event);
}

static void run_submit(struct dispatcher *dispatcher, struct event *event)
{
    struct submission *submission = (struct submission *)event;
    submission->event.run = run_submitted;
    io_pool_submit(dispatcher->io, hash_bytes(submission->stored.job_id, JOB_ID_BYTES), store_submission,
                   submission);
}

void dispatcher_submit_async(struct dispatcher *dispatcher, struct plan_job_graph *graph, const char *name,
                             dispatcher_callback *callback, void *context)
{
    struct error error;
    enum status status = dispatcher_check_graph(graph, &error);
    if (status != STATUS_OK) {
        callback(context, status, "", &error);
        plan_job_graph_free(graph);
        return;
    }
    struct submission *submission = mem_calloc(1, sizeof *submission);
    submission->event = (struct event){.run = run_submit, .drop = drop_submission};
    submission->dispatcher = dispatcher;
    submission->graph = graph;
    submission->callback = callback;
    submission->context = context;
    struct stored_job *stored = &submission->stored;
    struct uuid id = uuid_generate(), lineage = uuid_generate();
    uuid_format_hex(&id, stored->job_id);
    uuid_format(&lineage, stored->lineage);
    stored->name = mem_strdup(name != NULL ? name : graph->name);
    stored->failure = mem_strdup("");
    stored->submitted_ms = clock_wall_ms(&dispatcher->process->clock);
    plan_job_graph_encode(graph, &stored->graph);
    dispatcher_post(dispatcher, &submission->event);
}
