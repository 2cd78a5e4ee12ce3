#include "jobmanager/planner/explain_internal.h"

#include <string.h>

/* What may be worth a thought in a plan: each kind of advice is given once, with the operators that it is
 * about. */
enum advice { ADVICE_MINI_BATCH, ADVICE_STATE_TTL, ADVICE_IDLE_SOURCE, ADVICE_COUNT };

static const char *advice_text(enum advice advice)
{
    static const char *const texts[] = {
        [ADVICE_MINI_BATCH] =
            "You might want to enable local-global two-phase optimization by configuring "
            "('table.exec.mini-batch.enabled' to 'true', 'table.exec.mini-batch.allow-latency' to a positive "
            "long value, 'table.exec.mini-batch.size' to a positive long value)",
        [ADVICE_STATE_TTL] = "The state of this operator grows with the number of keys and is kept for ever. "
                             "You might want to let "
                             "keys that are not seen any more expire, by 'table.exec.state.ttl'",
        [ADVICE_IDLE_SOURCE] = "A partition without records holds back all windows. You might want to leave "
                               "silent partitions out of "
                               "account, by 'table.exec.source.idle-timeout'",
    };
    return texts[advice];
}

static bool concerns(enum advice advice, const struct physical *node)
{
    switch (advice) {
    case ADVICE_MINI_BATCH:
        return node->kind == PHYSICAL_GROUP_AGGREGATE && node->group_aggregate->mini_batch_ms == 0;
    case ADVICE_STATE_TTL:
        return (node->kind == PHYSICAL_GROUP_AGGREGATE && node->group_aggregate->key_count > 0 &&
                node->group_aggregate->phase != PLAN_AGGREGATE_LOCAL &&
                node->group_aggregate->state_ttl_ms == 0) ||
               (node->kind == PHYSICAL_DEDUPLICATE && node->deduplicate->state_ttl_ms == 0) ||
               (node->kind == PHYSICAL_TOP_N && node->top_n->key_count > 0 && node->top_n->state_ttl_ms == 0);
    case ADVICE_IDLE_SOURCE:
        return node->kind == PHYSICAL_SCAN && node->needs_watermark && node->source->watermark != NULL &&
               node->source->watermark->idle_timeout_ms == 0;
    case ADVICE_COUNT: break;
    }
    return false;
}

void explain_advice(const struct plan *plan, struct buffer *out)
{
    size_t given = 0;
    for (unsigned i = 0; i < ADVICE_COUNT; i++) {
        const char *separator = " (of ";
        for (size_t at = 0; at < plan->physical.node_count; at++) {
            const struct physical *node = plan->physical.nodes[at];
            if (node->node == NULL || !concerns((enum advice)i, node))
                continue;
            if (strcmp(separator, " (of ") == 0)
                buffer_printf(out, "advice[%zu]: [ADVICE] %s", ++given, advice_text((enum advice)i));
            buffer_printf(out, "%s%s", separator, node->node->name);
            separator = ", ";
        }
        buffer_append_text(out, strcmp(separator, ", ") == 0 ? ").\n" : "");
    }
    if (given == 0)
        buffer_append_text(out, "No available advice...\n");
}
