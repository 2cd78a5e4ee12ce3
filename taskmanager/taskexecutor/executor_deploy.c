#include "taskmanager/taskexecutor/task_executor_internal.h"

#include "common/base/memory.h"
#include "common/plan/plan_codec.h"

#include <string.h>

static const struct plan_vertex *find_vertex(const struct plan_job_graph *graph, const char *id)
{
    for (size_t i = 0; i < graph->vertex_count; i++)
        if (strcmp(graph->vertices[i].id, id) == 0)
            return &graph->vertices[i];
    return NULL;
}

static enum status check_slot(struct task_executor *executor, const struct rpc_deploy *deploy,
                              struct error *error)
{
    if (deploy->slot >= executor->options.num_slots)
        return error_set(error, STATUS_INVALID_ARGUMENT, "there is no slot %u, only %u of them", deploy->slot,
                         executor->options.num_slots);
    const char *holder = executor_slot_holder(executor, deploy->slot, deploy->task.job_id);
    if (holder == NULL)
        return STATUS_OK;
    error_set(error, STATUS_EXHAUSTED, "slot %u is still held by job %s", deploy->slot, holder);
    error->retriable = true;
    return STATUS_EXHAUSTED;
}

static enum status check_vertex(const struct plan_vertex *vertex, const struct rpc_deploy *deploy,
                                struct error *error)
{
    if (vertex == NULL)
        return error_set(error, STATUS_CORRUPT, "the job graph has no vertex %s", deploy->task.vertex_id);
    if (deploy->task.subtask >= vertex->parallelism)
        return error_set(error, STATUS_CORRUPT, "vertex %s has %u subtasks, not a number %u", vertex->name,
                         vertex->parallelism, deploy->task.subtask);
    return STATUS_OK;
}

/* The task's thread: rows for the client are there. */
static void on_collect_offer(void *context)
{
    struct task_executor *executor = context;
    struct executor_event *event = mem_calloc(1, sizeof *event);
    event->kind = EXECUTOR_COLLECT;
    event_queue_push(executor->events, event);
}

static enum status start(struct task_executor *executor, const struct task_options *options,
                         struct error *error)
{
    struct task_key key = task_key_of(&options->deploy->task);
    executor_retire_older_attempts(executor, &key);
    executor_job_begins(executor, key.job_id);
    struct task *task = task_create(options);
    collect_channel_on_offer(task_collect_channel(task), on_collect_offer, executor);
    struct task_entry *entry = executor_add_entry(executor, &key);
    entry->task = task;
    enum status status = task_start(task, error);
    if (status != STATUS_OK) {
        executor_remove_entry(executor, entry);
        return status;
    }
    log_line(executor->options.process->log, LOG_INFO, "taskexecutor",
             "deployed %s (%u/%u) of job %s, attempt %u, from checkpoint %llu, slot %u",
             options->vertex->name, key.subtask + 1, options->vertex->parallelism, key.job_id, key.attempt,
             (unsigned long long)options->deploy->restored_checkpoint_id, options->deploy->slot);
    return STATUS_OK;
}

enum status executor_deploy(struct task_executor *executor, struct arena *arena,
                            const struct rpc_deploy *decoded, struct error *error)
{
    struct rpc_deploy *deploy = arena_dup(arena, decoded, sizeof *decoded);
    struct plan_job_graph *graph = NULL;
    const struct plan_vertex *vertex = NULL;
    enum status status = check_slot(executor, deploy, error);
    if (status == STATUS_OK)
        status = plan_job_graph_decode(deploy->job_graph.data, deploy->job_graph.size, &graph, error);
    if (status == STATUS_OK) {
        vertex = find_vertex(graph, deploy->task.vertex_id);
        status = check_vertex(vertex, deploy, error);
    }
    if (status != STATUS_OK) {
        plan_job_graph_free(graph);
        arena_free(arena);
        return status;
    }
    struct task_options options = {
        .environment = &executor->environment,
        .listener = executor_task_listener(executor),
        .arena = arena,
        .deploy = deploy,
        .graph = graph,
        .vertex = vertex,
    };
    return start(executor, &options, error);
}
