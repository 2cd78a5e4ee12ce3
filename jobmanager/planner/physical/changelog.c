#include "jobmanager/planner/physical/physical_internal.h"
#include "jobmanager/planner/physical/print.h"

static bool changes(const struct physical *node)
{
    return (node->changelog & ~PLAN_INSERTS) != 0;
}

/* The operator that turned inserts into changes: the others hand on what they get. */
static const struct physical *find_producer(const struct physical *node)
{
    for (;;) {
        const struct physical *next = NULL;
        bool hands_on = node->kind == PHYSICAL_CALC || node->kind == PHYSICAL_EXCHANGE ||
                        node->kind == PHYSICAL_UNION || node->kind == PHYSICAL_WINDOW_TABLE_FUNCTION;
        for (size_t i = 0; hands_on && next == NULL && i < node->input_count; i++)
            next = changes(node->inputs[i]) ? node->inputs[i] : NULL;
        if (next == NULL)
            return node;
        node = next;
    }
}

enum status refuse_changes(struct lowering *lowering, const struct physical *input, const char *requester)
{
    bool updates = (input->changelog & PLAN_UPDATE_AFTERS) != 0;
    bool deletes = (input->changelog & PLAN_DELETES) != 0;
    struct buffer text = {0};
    physical_print(find_producer(input), false, &text);
    enum status status = error_set(lowering->planning->error, STATUS_INVALID_ARGUMENT,
                                   "%s doesn't support consuming %s%s%s changes which is produced by node %s",
                                   requester, updates ? "update" : "", updates && deletes ? " and " : "",
                                   deletes ? "delete" : "", buffer_text(&text));
    buffer_free(&text);
    return status;
}

/* Whether a node, of which -U is wanted or not, wants it of its inputs. */
static bool wants_update_before(const struct physical *node, bool is_wanted)
{
    switch (node->kind) {
    case PHYSICAL_CALC: return is_wanted || node->calc->filter != NULL; /* a row may only now be left out */
    case PHYSICAL_GROUP_AGGREGATE:
    case PHYSICAL_TOP_N: return true;
    default: return is_wanted;
    }
}

static void infer_one(struct physical *node)
{
    bool makes_updates = node->kind == PHYSICAL_GROUP_AGGREGATE || node->kind == PHYSICAL_DEDUPLICATE ||
                         node->kind == PHYSICAL_TOP_N;
    if (!makes_updates)
        node->changelog = node->input_count == 0 ? PLAN_INSERTS : 0;
    for (size_t i = 0; !makes_updates && i < node->input_count; i++)
        node->changelog |= node->inputs[i]->changelog;
    if (makes_updates && node->emits_update_before && (node->changelog & PLAN_UPDATE_AFTERS) != 0)
        node->changelog |= PLAN_UPDATE_BEFORES;
}

static void set_emits_update_before(struct physical *node)
{
    bool emits = node->emits_update_before && (node->changelog & PLAN_UPDATE_AFTERS) != 0;
    if (node->group_aggregate != NULL)
        node->group_aggregate->emits_update_before = emits;
    if (node->deduplicate != NULL)
        node->deduplicate->emits_update_before = emits;
    if (node->top_n != NULL)
        node->top_n->emits_update_before = emits;
}

void infer_update_before(const struct physical_plan *plan, bool is_explained)
{
    /* A query that is only explained has no sink. */
    for (size_t i = 0; i < plan->sink_count; i++)
        plan->sinks[i]->emits_update_before =
            !is_explained || plan->sinks[i]->sink->sink->sink->kind != PLAN_SINK_COLLECT;
    for (size_t i = plan->node_count; i-- > 0;) {
        struct physical *node = plan->nodes[i];
        bool wants = wants_update_before(node, node->emits_update_before);
        for (size_t input = 0; input < node->input_count; input++)
            node->inputs[input]->emits_update_before |= wants;
    }
    for (size_t i = 0; i < plan->node_count; i++) {
        set_emits_update_before(plan->nodes[i]);
        infer_one(plan->nodes[i]);
    }
}
