#include "jobmanager/planner/physical/aggregation.h"

/* Operators that hold a SELECT DISTINCT never change what they gave. */
static uint8_t changelog_of(const struct aggregation *aggregation, const struct physical *input)
{
    bool updates = (input->changelog & ~PLAN_INSERTS) != 0;
    uint8_t changelog = PLAN_INSERTS;
    if (aggregation->call_count > 0)
        changelog |= PLAN_UPDATE_AFTERS;
    return updates ? changelog | PLAN_DELETES : changelog;
}

static struct plan_group_aggregate *make_aggregate(struct lowering *lowering,
                                                   const struct aggregation *aggregation,
                                                   enum plan_aggregate_phase phase,
                                                   const struct physical *input)
{
    struct plan_group_aggregate *aggregate = arena_calloc(lowering->arena, 1, sizeof *aggregate);
    const struct physical_settings *settings = &lowering->settings;
    aggregate->phase = phase;
    aggregate->keys = column_numbers(lowering->arena, aggregation->key_count);
    aggregate->key_count = aggregation->key_count;
    aggregate->calls = aggregation->calls;
    aggregate->call_count = aggregation->call_count;
    aggregate->takes_retractions = (input->changelog & ~PLAN_INSERTS) != 0;
    aggregate->state_ttl_ms = settings->state_ttl_ms;
    aggregate->mini_batch_ms = settings->mini_batch_ms;
    aggregate->mini_batch_rows = settings->mini_batch_rows;
    return aggregate;
}

static enum status lower_local(struct lowering *lowering, const struct aggregation *aggregation,
                               struct physical **node)
{
    const struct schema *schema = aggregation_local_schema(lowering, aggregation, false);
    struct physical *input = *node;
    TRY(physical_create(lowering, PHYSICAL_GROUP_AGGREGATE, schema, &input, 1, node));
    (*node)->group_aggregate = make_aggregate(lowering, aggregation, PLAN_AGGREGATE_LOCAL, input);
    (*node)->changelog = PLAN_INSERTS;
    return STATUS_OK;
}

enum status lower_group_aggregate(struct lowering *lowering, struct aggregation *aggregation,
                                  struct wanted wanted, struct physical **ret_node)
{
    struct physical *input = NULL;
    struct physical *node = NULL;
    uint32_t *map = arena_calloc(lowering->arena, aggregation->relation->schema->num_fields + 1, sizeof *map);
    const struct schema *schema = aggregation_schema(lowering, aggregation, NULL, 0, map);
    if (aggregation->input.count == 0)
        column_list_append(lowering->arena, &aggregation->input, "$f0",
                           expression_literal_int(lowering->arena, 0));
    TRY(lower(lowering, aggregation->relation->inputs[0],
              aggregation_input(lowering, aggregation, &aggregation->input), &input));
    bool two_phases =
        lowering->settings.mini_batch_ms > 0 && !lowering->settings.one_phase && aggregation->is_mergeable;
    enum plan_aggregate_phase phase = two_phases ? PLAN_AGGREGATE_GLOBAL : PLAN_AGGREGATE_SINGLE;
    node = input;
    if (two_phases)
        TRY(lower_local(lowering, aggregation, &node));
    if (!is_partitioned(node, aggregation->key_count))
        TRY(lower_exchange(lowering, node, aggregation->key_count, &node));
    TRY(physical_create(lowering, PHYSICAL_GROUP_AGGREGATE, schema, &node, 1, &node));
    node->group_aggregate = make_aggregate(lowering, aggregation, phase, input);
    node->changelog = changelog_of(aggregation, input);
    set_partitioned(lowering, node, aggregation->key_count);
    return lower_mapped(lowering, node, map, wanted, ret_node);
}
