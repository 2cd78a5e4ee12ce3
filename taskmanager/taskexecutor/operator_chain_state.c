#include "taskmanager/taskexecutor/operator_chain_internal.h"

#include "common/base/buffer.h"
#include "common/base/memory.h"
#include "common/columnar/row_packer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool chain_keeps_keyed_state(const struct plan_node *node)
{
    switch (node->kind) {
    case PLAN_WINDOW_AGGREGATE: return node->window_aggregate->phase != PLAN_AGGREGATE_LOCAL;
    case PLAN_GROUP_AGGREGATE: return node->group_aggregate->phase != PLAN_AGGREGATE_LOCAL;
    case PLAN_WINDOW_TABLE_FUNCTION: return node->window_table_function->window.kind == PLAN_WINDOW_SESSION;
    case PLAN_DEDUPLICATE:
    case PLAN_TOP_N: return true;
    case PLAN_SOURCE:
    case PLAN_CALC:
    case PLAN_SINK: break;
    }
    return false;
}

static uint32_t count_stateful(const struct plan_node *node)
{
    uint32_t count = chain_keeps_keyed_state(node) ? 1 : 0;
    for (size_t i = 0; i < node->child_count; i++)
        count += count_stateful(node->children[i]);
    return count;
}

/* Subtask i of each vertex is in slot i: all of them share its memory. */
static size_t memory_share(const struct operator_chain *chain)
{
    const struct plan_job_graph *graph = chain->options.graph;
    uint32_t count = 0;
    for (size_t i = 0; i < graph->vertex_count; i++)
        if (chain->options.deploy->task.subtask < graph->vertices[i].parallelism)
            count += count_stateful(graph->vertices[i].root);
    return chain->options.environment->slot_memory_bytes / (count == 0 ? 1 : count);
}

/* The job's own word, else the taskmanager's. */
static enum status backend_kind(const struct operator_chain *chain, enum state_backend_kind *ret_kind,
                                struct error *error)
{
    const struct plan_job_configuration *configuration = &chain->options.graph->configuration;
    *ret_kind = chain->options.environment->state_backend;
    for (size_t i = 0; i < configuration->entry_count; i++) {
        const struct plan_configuration_entry *entry = &configuration->entries[i];
        if (strcmp(entry->key, "state.backend.type") != 0 && strcmp(entry->key, "state.backend") != 0)
            continue;
        if (!task_environment_find_backend(entry->value, ret_kind))
            return error_set(error, STATUS_INVALID_ARGUMENT, "'%s' is rocksdb or hashmap, not '%s'",
                             entry->key, entry->value);
    }
    return STATUS_OK;
}

/* Handles of all old subtasks that have key groups of ours. */
static enum status decode_handles(struct chain_node *node, struct keyed_state_options *options,
                                  struct error *error)
{
    struct operator_chain *chain = node->chain;
    const struct rpc_deploy *deploy = chain->options.deploy;
    for (size_t i = 0; i < deploy->num_restored; i++) {
        const struct rpc_restored_operator *restored = &deploy->restored[i];
        if (restored->node_id != node->plan->id)
            continue;
        const struct keyed_state_handle **handles =
            arena_calloc(chain->arena, restored->num_keyed_states + 1, sizeof *handles);
        for (size_t k = 0; k < restored->num_keyed_states; k++) {
            struct keyed_state_handle *handle;
            enum status status =
                keyed_state_handle_decode(restored->keyed_states[k], chain->arena, &handle, error);
            if (status != STATUS_OK)
                return status;
            handles[options->num_handles++] = handle;
        }
        options->handles = handles;
        return STATUS_OK;
    }
    return STATUS_OK;
}

enum status chain_state_open(struct chain_node *node, struct error *error)
{
    struct operator_chain *chain = node->chain;
    const struct task_environment *environment = chain->options.environment;
    const struct rpc_deploy *deploy = chain->options.deploy;
    if (environment->factory->keyed_state == NULL)
        return error_set(error, STATUS_UNSUPPORTED, "this taskmanager keeps no keyed state");
    struct keyed_state_options options = {
        .process = environment->process,
        .operator_name = node->plan->name,
        .memory_bytes = memory_share(chain),
        .checkpoint_folder = deploy->checkpoint_folder,
        .max_parallelism = node->context.max_parallelism,
        .restored_checkpoint_id = deploy->restored_checkpoint_id,
    };
    key_group_range(node->context.subtask, node->context.parallelism, node->context.max_parallelism,
                    &options.first_key_group, &options.end_key_group);
    enum status status = backend_kind(chain, &options.kind, error);
    const char *folder = NULL;
    if (status == STATUS_OK)
        status = working_folder_path(environment->working_folder, &folder, error);
    if (status == STATUS_OK && chain->checkpoint_io == NULL)
        status = file_io_for_uri(deploy->checkpoint_folder, &chain->checkpoint_io, error);
    if (status == STATUS_OK)
        status = decode_handles(node, &options, error);
    if (status != STATUS_OK)
        return status;
    const struct rpc_task_id *task = &deploy->task;
    options.io = chain->checkpoint_io;
    options.local_folder =
        arena_printf(chain->arena, "%s/jobs/%s/%llu-%u-%s-%u", folder, task->job_id,
                     (unsigned long long)task->leader_epoch, task->attempt, node->plan->uid, task->subtask);
    if (environment->recovers_locally)
        options.recovery_folder = arena_printf(chain->arena, "%s/recovery/%s/%s-%u", folder, task->job_id,
                                               node->plan->uid, task->subtask);
    return environment->factory->keyed_state->open(&options, &node->context.keyed_state, error);
}

void chain_state_close(struct chain_node *node)
{
    if (node->context.keyed_state != NULL)
        node->chain->options.environment->factory->keyed_state->close(node->context.keyed_state);
    node->context.keyed_state = NULL;
}

/* What the barrier says is durable comes first: the freeze may build upon it. */
enum status chain_state_freeze(struct chain_node *node, struct error *error)
{
    const struct chain_sweep *sweep = &node->chain->sweep;
    const struct keyed_state_functions *functions = node->chain->options.environment->factory->keyed_state;
    struct keyed_state_backend *backend = node->context.keyed_state;
    if (sweep->durable_id != 0)
        functions->completed(backend, sweep->durable_id);
    struct keyed_state_snapshot *frozen;
    enum status status = functions->freeze(backend, sweep->checkpoint_id, &frozen, error);
    if (status != STATUS_OK)
        return status;
    struct chain_snapshot *all = sweep->snapshot;
    all->frozen = mem_realloc(all->frozen, (all->num_frozen + 1) * sizeof *all->frozen);
    all->frozen[all->num_frozen++] =
        (struct chain_frozen){.node_id = node->plan->id, .snapshot = frozen, .functions = functions};
    return STATUS_OK;
}
