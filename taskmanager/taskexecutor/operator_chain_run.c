#include "taskmanager/taskexecutor/operator_chain_internal.h"

#include "common/base/check.h"

#include <stdio.h>

void chain_error_at(const struct chain_node *node, struct error *error)
{
    if (error->operator_name[0] != '\0')
        return; /* an operator further down failed first */
    snprintf(error->operator_name, sizeof error->operator_name, "%s", node->plan->name);
    error->subtask = (int32_t)node->context.subtask;
}

enum operator_result chain_node_result(struct chain_node *node, enum operator_result result,
                                       struct error *error)
{
    node->is_blocked = result == OPERATOR_OUTPUT_FULL || result == OPERATOR_WAITING;
    if (result == OPERATOR_FAILED)
        chain_error_at(node, error);
    return result;
}

enum operator_result chain_push(struct chain_node *node, uint32_t input, struct record_batch *batch,
                                struct error *error)
{
    CHECK(!node->is_blocked && node->operator!= NULL);
    atomic_fetch_add_explicit(&node->metrics.records_in, batch->num_rows, memory_order_relaxed);
    return chain_node_result(node, node->operator->ops->process_batch(node->operator, input, batch, error),
                             error);
}

/* Every child gets the batch, also when one before it is blocked: each of them takes it, always. */
static enum operator_result emit(struct operator_output *output, struct record_batch *batch,
                                 struct error *error)
{
    struct chain_output *own = (struct chain_output *)output;
    if (own == &own->owner->outputs[0])
        atomic_fetch_add_explicit(&own->owner->metrics.records_out, batch->num_rows, memory_order_relaxed);
    if (own->num_children == 0) {
        record_batch_free(batch);
        return OPERATOR_DONE;
    }
    enum operator_result worst = OPERATOR_DONE;
    for (size_t i = 0; i < own->num_children; i++) {
        bool is_last = i + 1 == own->num_children;
        struct record_batch *shared = is_last ? batch : record_batch_share(batch);
        enum operator_result result = chain_push(own->children[i], 0, shared, error);
        if (result == OPERATOR_FAILED) {
            if (!is_last)
                record_batch_free(batch);
            return OPERATOR_FAILED;
        }
        worst = result > worst ? result : worst;
    }
    return worst;
}

const struct operator_output_ops chain_output_ops = {emit};

static bool has_blocked_descendant(const struct operator_chain *chain, size_t index)
{
    for (size_t i = index + 1; i < chain->nodes[index].subtree_end; i++)
        if (chain->nodes[i].is_blocked)
            return true;
    return false;
}

enum operator_result operator_chain_resume(struct operator_chain *chain, struct error *error)
{
    for (size_t i = chain->num_nodes; i-- > 0;) {
        struct chain_node *node = &chain->nodes[i];
        if (!node->is_blocked || has_blocked_descendant(chain, i))
            continue;
        enum operator_result result = node->operator->ops->resume == NULL
                                          ? OPERATOR_DONE
                                          : node->operator->ops->resume(node->operator, error);
        if (chain_node_result(node, result, error) == OPERATOR_FAILED)
            return OPERATOR_FAILED;
    }
    if (chain_is_blocked(chain))
        return OPERATOR_WAITING;
    return chain_sweep_run(chain, error);
}

int64_t operator_chain_next_timer_us(const struct operator_chain *chain)
{
    int64_t next_us = INT64_MAX;
    for (size_t i = 0; i < chain->num_nodes; i++) {
        const struct operator* operator= chain->nodes[i].operator;
        int64_t due_us = operator== NULL || operator->ops->next_timer_us == NULL
                             ? INT64_MAX
                             :
                             operator->ops->next_timer_us(operator);
        next_us = due_us < next_us ? due_us : next_us;
    }
    return next_us;
}

void operator_chain_notify(struct operator_chain *chain, uint64_t checkpoint_id, bool is_aborted)
{
    CHECK(!chain_is_blocked(chain));
    if (!is_aborted && chain->source != NULL && chain->source->ops->notify_complete != NULL)
        chain->source->ops->notify_complete(chain->source, checkpoint_id);
    if (is_aborted && chain->gate != NULL)
        chain->options.environment->factory->exchange->abort_alignment(chain->gate, checkpoint_id);
    const struct keyed_state_functions *states = chain->options.environment->factory->keyed_state;
    for (size_t i = 0; i < chain->num_nodes; i++) {
        struct keyed_state_backend *backend = chain->nodes[i].context.keyed_state;
        if (backend != NULL)
            (is_aborted ? states->aborted : states->completed)(backend, checkpoint_id);
        struct operator* operator= chain->nodes[i].operator;
        if (operator== NULL) /* the source's */
            continue;
        if (!is_aborted && operator->ops->notify_complete != NULL)
            operator->ops->notify_complete(operator, checkpoint_id);
        if (is_aborted && operator->ops->notify_aborted != NULL)
            operator->ops->notify_aborted(operator, checkpoint_id);
    }
}
