/* A job as the dispatcher holds it: its description, its machines, what is remembered of it. */
#include "common/base/memory.h"
#include "jobmanager/dispatcher/dispatcher_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct job *job_create(struct dispatcher *dispatcher, const struct stored_job *stored,
                       struct plan_job_graph *graph)
{
    struct job *job = mem_calloc(1, sizeof *job);
    job->dispatcher = dispatcher;
    snprintf(job->id, sizeof job->id, "%s", stored->job_id);
    snprintf(job->lineage, sizeof job->lineage, "%s", stored->lineage);
    snprintf(job->restored_job_id, sizeof job->restored_job_id, "%s", stored->restored_job_id);
    job->name = mem_strdup(stored->name);
    job->graph = graph;
    operator_ids_init(&job->operators, graph);
    buffer_append(&job->encoded_graph, stored->graph.data, stored->graph.size);
    job->submitted_ms = job->modified_ms = stored->submitted_ms;
    job->ended_ms = job->state_retry_ms = -1;
    for (int state = 0; state < NUM_JOB_STATES; state++)
        job->state_ms[state] = -1;
    job->state_ms[JOB_INITIALIZING] = stored->submitted_ms;
    job->is_state_stored = true;
    error_clear(&job->failure);
    for (size_t v = 0; v < graph->vertex_count; v++)
        job->num_executions += graph->vertices[v].parallelism;
    job->metrics = mem_calloc(job->num_executions + 1, sizeof *job->metrics);
    job->checkpoint_directory = job_checkpoint_directory(dispatcher->options.configuration);
    job->checkpoint_folder = checkpoint_job_folder(
        job->checkpoint_directory, job_store_name_space(dispatcher->options.job_store), job->id);
    if (plan_job_graph_has_sink(graph, PLAN_SINK_COLLECT))
        job->collect = collect_result_create();
    job_gather_tables(job);
    job->is_dirty = true;
    return job;
}

void job_free(struct job *job)
{
    if (job == NULL)
        return;
    job_master_free(job->master);
    for (uint32_t t = 0; t < job->num_tables; t++) {
        table_committer_free(job->tables[t].committer);
        free(job->tables[t].name);
    }
    free(job->tables);
    for (size_t i = 0; i < MAX_EXCEPTIONS; i++) {
        free(job->exceptions[i].task_name);
        free(job->exceptions[i].location);
    }
    for (size_t i = 0; i < job->num_executions; i++)
        task_metrics_clear(&job->metrics[i]);
    free(job->metrics);
    while (job->cancel_waiters != NULL) {
        struct cancel_waiter *waiter = job->cancel_waiters;
        job->cancel_waiters = waiter->next;
        struct error error;
        error_set(&error, STATUS_UNAVAILABLE, "this jobmanager is stopping");
        waiter->callback(waiter->context, error.code, job->id, &error);
        free(waiter);
    }
    collect_result_unref(job->collect);
    file_io_free(job->checkpoint_io);
    buffer_free(&job->encoded_graph);
    operator_ids_free(&job->operators);
    plan_job_graph_free(job->graph);
    job_view_unref(job->view);
    free(job->checkpoint_directory);
    free(job->checkpoint_folder);
    free(job->name);
    free(job);
}

static struct job_master *make_master(struct job *job, struct job_master_options *options)
{
    const struct plan_job_graph *graph = job->graph;
    struct scheduler_vertex *vertices = mem_calloc(graph->vertex_count, sizeof *vertices);
    for (size_t v = 0; v < graph->vertex_count; v++)
        vertices[v] =
            (struct scheduler_vertex){.parallelism = graph->vertices[v].parallelism, .is_source = true};
    for (size_t e = 0; e < graph->edge_count; e++)
        vertices[graph->edges[e].to].is_source = false;
    const char **names = mem_calloc(job->num_tables + 1, sizeof *names);
    int32_t *table_of_sink = mem_calloc(graph->sink_count + 1, sizeof *table_of_sink);
    for (uint32_t t = 0; t < job->num_tables; t++)
        names[t] = job->tables[t].name;
    for (uint32_t s = 0; s < graph->sink_count; s++)
        table_of_sink[s] = job_table_of_sink(job, s);
    options->scheduler.vertices = vertices;
    options->scheduler.num_vertices = graph->vertex_count;
    options->tables = names;
    options->num_tables = job->num_tables;
    options->table_of_sink = table_of_sink;
    options->num_sinks = graph->sink_count;
    struct job_operations operations = {.context = job};
    job_rpc_operations(&operations);
    job_table_operations(&operations);
    job_checkpoint_operations(&operations);
    job_record_operations(&operations);
    job_removal_operations(&operations);
    job_savepoint_operations(&operations);
    struct job_master *master = job_master_create(options, &operations, dispatcher_now_ms(job->dispatcher));
    free(vertices);
    free(names);
    free(table_of_sink);
    return master;
}

enum status job_start(struct job *job, bool is_recovered, enum job_state stored_state, struct error *error)
{
    struct job_master_options options = {
        .is_cancelling = stored_state == JOB_CANCELLING,
        .cancel_deadline_ms = CANCEL_DEADLINE_MS,
    };
    options.scheduler.is_recovered = is_recovered;
    enum status status = job_read_checkpoint_settings(job, &options.coordinator, error);
    if (status == STATUS_OK)
        status = job_read_restart_settings(job, &options.scheduler, error);
    const struct configuration *configuration = job->dispatcher->options.configuration;
    if (status == STATUS_OK)
        status = job_keeps_checkpoints(job->graph, configuration, &job->keeps_checkpoints, error);
    if (status == STATUS_OK)
        status = job_claims_restored(job->graph, configuration, &job->claims_restored, error);
    if (status == STATUS_OK)
        status = job_open_tables(job, error);
    if (status == STATUS_OK)
        status = file_io_for_uri(job->checkpoint_directory, &job->checkpoint_io, error);
    if (status != STATUS_OK)
        return status;
    job->master = make_master(job, &options);
    job_master_start(job->master, dispatcher_now_ms(job->dispatcher));
    return STATUS_OK;
}

void job_fail_unstarted(struct job *job, const struct error *error)
{
    job_add_exception(job, NULL, error);
    job->failure = *error;
    job->failure.fatal = true;
    if (job->collect != NULL)
        collect_result_end(job->collect, &job->failure);
    job->stored_state = JOB_FAILED;
    job->is_state_stored = false;
    job_set_state(job, JOB_FAILED);
    job->state_retry_ms = 0;
}

int32_t job_vertex_index(const struct job *job, const char *vertex_id)
{
    for (size_t v = 0; v < job->graph->vertex_count; v++)
        if (strcmp(job->graph->vertices[v].id, vertex_id) == 0)
            return (int32_t)v;
    return -1;
}

void job_task_name(const struct job *job, const struct execution *execution, struct buffer *name)
{
    const struct plan_vertex *vertex = &job->graph->vertices[execution->vertex];
    buffer_printf(name, "%s (%u/%u)", vertex->name, execution->subtask + 1, vertex->parallelism);
}

void job_add_exception(struct job *job, const struct execution *execution, const struct error *error)
{
    struct job_exception *exception = &job->exceptions[job->num_exceptions++ % MAX_EXCEPTIONS];
    free(exception->task_name);
    free(exception->location);
    struct buffer name = {0};
    if (execution != NULL)
        job_task_name(job, execution, &name);
    const char *taskmanager_id = execution == NULL ? "" : execution->slot.taskmanager_id;
    const struct taskmanager *taskmanager = resourcemanager_find(job->dispatcher->resources, taskmanager_id);
    exception->error = *error;
    exception->timestamp_ms = clock_wall_ms(&job->dispatcher->process->clock);
    exception->location = mem_strdup(taskmanager == NULL ? "" : taskmanager->host);
    snprintf(exception->taskmanager_id, sizeof exception->taskmanager_id, "%s", taskmanager_id);
    dispatcher_log(job->dispatcher, LOG_ERROR,
                   "job failure job=%s task=\"%s\" code=\"%s\" fatal=%d message=\"%s\"", job->id,
                   buffer_text(&name), status_name(error->code), error->fatal, error->message);
    exception->task_name = buffer_take(&name, NULL);
    job->is_dirty = true;
}

void job_set_state(struct job *job, enum job_state state)
{
    int64_t wall_ms = clock_wall_ms(&job->dispatcher->process->clock);
    job->state = state;
    job->state_ms[state] = job->modified_ms = wall_ms;
    if (job_state_is_terminal(state))
        job->ended_ms = wall_ms;
    operations_job_moved(job->dispatcher, job->id, state);
    job->is_dirty = job->dispatcher->is_dirty = true;
}

/* Ended for all to see: what it needed to run is given back. */
static void put_away(struct job *job)
{
    job->num_restarts = scheduler_num_restarts(job_master_scheduler(job->master));
    job->failure = *scheduler_last_failure(job_master_scheduler(job->master));
    if (job->state != JOB_FAILED)
        error_clear(&job->failure);
    struct error ending = job->failure;
    if (job->state == JOB_CANCELED)
        error_set(&ending, STATUS_CANCELLED, "the job was cancelled");
    if (job->collect != NULL)
        collect_result_end(job->collect, job->state == JOB_FINISHED ? NULL : &ending);
    const struct job_view *view = job_view_build(job);
    job_view_unref(job->view);
    job->view = view;
    job_master_free(job->master);
    job->master = NULL;
    for (uint32_t t = 0; t < job->num_tables; t++) {
        table_committer_free(job->tables[t].committer);
        job->tables[t].committer = NULL;
    }
    job->is_dirty = false;
    job->dispatcher->is_dirty = true;
}

void job_after_event(struct job *job)
{
    if (job->master == NULL || !job_state_is_terminal(job->state))
        return;
    /* A savepoint that is still being written needs them. */
    bool is_copying = coordinator_is_copying(job_master_coordinator(job->master));
    if (!job->is_cleaned && !is_copying) {
        job->is_cleaned = true;
        job_clean_up(job);
    }
    if (job->is_cleaned && job->num_requests == 0 && !job_master_has_requests(job->master))
        put_away(job);
}
