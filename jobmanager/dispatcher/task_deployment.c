/* What a task is told when it is deployed: its job, its place, where the others run, what it restores. */
#include "common/columnar/row_packer.h"
#include "common/plan/plan_codec.h"
#include "jobmanager/dispatcher/dispatcher_internal.h"

/* The operator's place in the list, made when it is not there. */
static struct rpc_restored_operator *restored_operator(struct rpc_restored_operator *operators, size_t *count,
                                                       uint32_t node_id)
{
    for (size_t i = 0; i < *count; i++)
        if (operators[i].node_id == node_id)
            return &operators[i];
    operators[*count] = (struct rpc_restored_operator){.node_id = node_id};
    return &operators[(*count)++];
}

static void append(struct arena *arena, const struct bytes_view **items, size_t *count,
                   struct bytes_view item)
{
    struct bytes_view *grown = arena_grow(arena, *items, *count * sizeof item, (*count + 1) * sizeof item);
    grown[(*count)++] = item;
    *items = grown;
}

static bool intersects(const struct keyed_state_handle *handle, const struct plan_job_graph *graph,
                       const struct execution *execution)
{
    uint32_t first, end, parallelism = graph->vertices[execution->vertex].parallelism;
    key_group_range(execution->subtask, parallelism, graph->max_parallelism, &first, &end);
    return handle->first_key_group < end && first < handle->end_key_group;
}

/* The states of the operators of one vertex, gathered by operator: list states of all old subtasks, and of
 * the keyed states those that have key groups of this subtask. */
static size_t gather_states(const struct job *job, const struct execution *execution,
                            const struct checkpoint_metadata *restored, struct arena *arena,
                            struct rpc_restored_operator **ret_operators)
{
    const struct plan_vertex *vertex = &job->graph->vertices[execution->vertex];
    struct rpc_restored_operator *operators =
        arena_calloc(arena, restored->num_states + restored->num_keyed_states + 1, sizeof *operators);
    size_t count = 0;
    for (size_t i = 0; i < restored->num_states; i++) {
        const struct checkpoint_operator_state *state = &restored->states[i];
        if (!plan_node_holds(vertex->root, state->owner.node_id))
            continue;
        struct rpc_restored_operator *to = restored_operator(operators, &count, state->owner.node_id);
        append(arena, &to->states, &to->num_states, state->state);
    }
    struct buffer bytes = {0};
    for (size_t i = 0; i < restored->num_keyed_states; i++) {
        const struct checkpoint_keyed_state *state = &restored->keyed_states[i];
        if (!plan_node_holds(vertex->root, state->owner.node_id) ||
            !intersects(state->handle, job->graph, execution))
            continue;
        struct rpc_restored_operator *to = restored_operator(operators, &count, state->owner.node_id);
        buffer_clear(&bytes);
        keyed_state_handle_encode(state->handle, &bytes);
        struct bytes_view handle = {arena_dup(arena, bytes.data, bytes.size), bytes.size};
        append(arena, &to->keyed_states, &to->num_keyed_states, handle);
    }
    buffer_free(&bytes);
    *ret_operators = operators;
    return count;
}

static const struct rpc_task_location *locate_tasks(const struct job *job, struct arena *arena,
                                                    size_t *ret_count)
{
    const struct execution *executions = scheduler_executions(job_master_scheduler(job->master), ret_count);
    struct rpc_task_location *locations = arena_alloc(arena, *ret_count * sizeof *locations);
    for (size_t i = 0; i < *ret_count; i++) {
        const char *taskmanager_id = executions[i].slot.taskmanager_id;
        const struct taskmanager *taskmanager =
            resourcemanager_find(job->dispatcher->resources, taskmanager_id);
        locations[i] = (struct rpc_task_location){
            .vertex = executions[i].vertex,
            .subtask = executions[i].subtask,
            .taskmanager_id = taskmanager_id,
            .data_address = taskmanager == NULL ? "" : taskmanager->data_address,
        };
    }
    return locations;
}

void task_deployment_encode(const struct job *job, const struct execution *execution,
                            const struct rpc_task_id *task, const struct checkpoint_metadata *restored,
                            struct buffer *out)
{
    struct arena *arena = arena_create(4096);
    struct rpc_restored_operator *operators = NULL;
    size_t count = 0;
    if (restored != NULL)
        count = gather_states(job, execution, restored, arena, &operators);
    struct rpc_deploy message = {
        .task = *task,
        .slot = execution->slot.slot,
        .job_graph = buffer_view(&job->encoded_graph),
        .checkpoint_folder = job->checkpoint_folder,
        .restored_checkpoint_id = restored == NULL ? 0 : restored->checkpoint_id,
        .restored = operators,
        .num_restored = count,
    };
    message.locations = locate_tasks(job, arena, &message.num_locations);
    rpc_deploy_encode(&message, out);
    arena_free(arena);
}
