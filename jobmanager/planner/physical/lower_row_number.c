#include "jobmanager/planner/physical/aggregation.h"
#include "jobmanager/planner/physical/conjuncts.h"
#include "jobmanager/planner/physical/ranking.h"
#include "jobmanager/planner/physical/windows.h"

/* A ranking on its way: its input's columns are the keys, the order, then what else is wanted. */
struct ranking {
    const struct relation *relation; /* RELATION_ROW_NUMBER or RELATION_LIMIT */
    const struct relation_row_number *row_number;
    struct rank_range range;
    struct column_list input;
    const struct expression **columns; /* column i of the relation, over the operator */
    uint32_t key_count;
    struct plan_sort_column *order;
};

static uint32_t place(struct lowering *lowering, struct ranking *ranking, uint32_t column)
{
    const struct schema_field *field = &ranking->relation->schema->fields[column];
    uint32_t at = column_list_place(lowering->arena, &ranking->input, field->name,
                                    expression_column(lowering->arena, column, field->type));
    ranking->columns[column] = expression_column(lowering->arena, at, field->type);
    return at;
}

static void place_columns(struct lowering *lowering, struct ranking *ranking, const bool *used,
                          bool reads_order)
{
    const struct relation_row_number *row_number = ranking->row_number;
    uint32_t width = ranking->relation->inputs[0]->schema->num_fields;
    ranking->columns = arena_calloc(lowering->arena, width + 1, sizeof *ranking->columns);
    ranking->order = arena_calloc(lowering->arena, row_number->order_count + 1, sizeof *ranking->order);
    for (uint32_t i = 0; i < row_number->key_count; i++)
        (void)place(lowering, ranking, row_number->keys[i]);
    ranking->key_count = ranking->input.count;
    for (uint32_t i = 0; i < row_number->order_count && reads_order; i++) {
        ranking->order[i] = row_number->order[i];
        ranking->order[i].column = place(lowering, ranking, row_number->order[i].column);
    }
    for (uint32_t i = 0; i < width; i++) {
        if (used[i])
            (void)place(lowering, ranking, i);
    }
    if (ranking->input.count == 0)
        column_list_append(lowering->arena, &ranking->input, "$f0",
                           expression_literal_int(lowering->arena, 0));
}

/* Conditions on the keys alone leave whole partitions out: they are asked before the ranking. */
static const struct expression *take_key_conditions(struct lowering *lowering,
                                                    const struct relation *relation, struct wanted *wanted)
{
    uint32_t width = relation->schema->num_fields;
    bool *keys = arena_calloc(lowering->arena, width + 1, sizeof *keys);
    for (uint32_t i = 0; i < relation->row_number->key_count; i++)
        keys[relation->row_number->keys[i]] = true;
    return conjuncts_take(lowering->arena, &wanted->filter, keys, width);
}

/* The time attribute that alone gives the order, if one does. */
static enum time_attribute time_order(const struct relation *relation)
{
    const struct relation_row_number *row_number = relation->row_number;
    if (row_number->order_count != 1)
        return TIME_ATTRIBUTE_NONE;
    return relation->inputs[0]->traits[row_number->order[0].column].time;
}

static enum status lower_deduplicate(struct lowering *lowering, const struct ranking *ranking,
                                     enum time_attribute time, struct physical **node)
{
    struct plan_deduplicate *deduplicate = arena_calloc(lowering->arena, 1, sizeof *deduplicate);
    deduplicate->keys = column_numbers(lowering->arena, ranking->key_count);
    deduplicate->key_count = ranking->key_count;
    deduplicate->is_event_time = time == TIME_ATTRIBUTE_ROWTIME;
    deduplicate->time_column = ranking->order[0].column;
    deduplicate->keeps_last = ranking->row_number->order[0].is_descending;
    deduplicate->state_ttl_ms = lowering->settings.state_ttl_ms;
    /* With mini-batch the first row is given at once, and corrected. */
    deduplicate->waits_for_watermark =
        deduplicate->is_event_time && !deduplicate->keeps_last && lowering->settings.mini_batch_ms == 0;
    if (deduplicate->waits_for_watermark)
        need_watermarks(*node);
    if (!is_partitioned(*node, ranking->key_count))
        TRY(lower_exchange(lowering, *node, ranking->key_count, node));
    TRY(physical_create(lowering, PHYSICAL_DEDUPLICATE, (*node)->schema, node, 1, node));
    (*node)->deduplicate = deduplicate;
    set_partitioned(lowering, *node, ranking->key_count);
    if (!plan_deduplicate_inserts_only(deduplicate))
        (*node)->changelog |= PLAN_UPDATE_AFTERS;
    return STATUS_OK;
}

static const struct schema *ranked_schema(struct lowering *lowering, const struct schema *input,
                                          const struct schema_field *number)
{
    struct schema *schema = schema_create(input->num_fields + 1);
    for (uint32_t i = 0; i < input->num_fields; i++)
        schema_set_field(schema, i, input->fields[i].name, input->fields[i].type);
    schema_set_field(schema, input->num_fields, number->name, number->type);
    return plan_job_graph_hold(lowering->planning->graph, schema);
}

static enum status lower_top_n(struct lowering *lowering, const struct ranking *ranking, bool emits_rank,
                               struct physical **node)
{
    const struct schema *ranked = ranking->relation->schema;
    struct plan_top_n *top_n = arena_calloc(lowering->arena, 1, sizeof *top_n);
    const struct schema *schema = (*node)->schema;
    if (emits_rank)
        schema = ranked_schema(lowering, schema, &ranked->fields[ranked->num_fields - 1]);
    top_n->keys = column_numbers(lowering->arena, ranking->key_count);
    top_n->key_count = ranking->key_count;
    top_n->order = ranking->order;
    top_n->order_count = ranking->row_number->order_count;
    top_n->first = ranking->range.first;
    top_n->last = ranking->range.last;
    top_n->emits_rank = emits_rank;
    top_n->takes_retractions = ((*node)->changelog & ~PLAN_INSERTS) != 0;
    top_n->state_ttl_ms = lowering->settings.state_ttl_ms;
    if (!is_partitioned(*node, ranking->key_count))
        TRY(lower_exchange(lowering, *node, ranking->key_count, node));
    TRY(physical_create(lowering, PHYSICAL_TOP_N, schema, node, 1, node));
    (*node)->top_n = top_n;
    set_partitioned(lowering, *node, ranking->key_count);
    /* Without an order the first to come stay. */
    if (top_n->order_count > 0 || top_n->takes_retractions)
        (*node)->changelog = PLAN_INSERTS | PLAN_UPDATE_AFTERS | PLAN_DELETES;
    return STATUS_OK;
}

/* What is wanted of the relation, of the operator. */
static enum status put_wanted_above(struct lowering *lowering, const struct ranking *ranking,
                                    struct physical *node, struct wanted wanted, struct physical **ret_node)
{
    uint32_t count = wanted.output->num_fields;
    const struct expression **projections = arena_calloc(lowering->arena, count + 1, sizeof *projections);
    for (uint32_t i = 0; i < count; i++)
        projections[i] = expression_substitute(lowering->arena, wanted.projections[i], ranking->columns);
    wanted.projections = projections;
    if (wanted.filter != NULL)
        wanted.filter = expression_substitute(lowering->arena, wanted.filter, ranking->columns);
    return lower_calc(lowering, node, wanted, ret_node);
}

enum status lower_row_number(struct lowering *lowering, const struct relation *relation, struct wanted wanted,
                             struct physical **ret_node)
{
    struct ranking ranking = {
        .relation = relation, .row_number = relation->row_number, .range = {.first = 1, .last = INT64_MAX}};
    uint32_t number = relation->schema->num_fields - 1;
    wanted.filter = rank_range_take(lowering->arena, wanted.filter, number, &ranking.range);
    if (ranking.range.last == INT64_MAX)
        return planner_error_at(lowering->planning->error, &relation->row_number->span, STATUS_UNSUPPORTED,
                                "ROW_NUMBER() needs a bound on the number in an outer query: "
                                "WHERE rn <= 10, for example");
    if (ranking.range.last < ranking.range.first)
        return planner_error_at(lowering->planning->error, &relation->row_number->span,
                                STATUS_INVALID_ARGUMENT,
                                "The conditions on the number of ROW_NUMBER() let no row through");
    const struct expression *filter = take_key_conditions(lowering, relation, &wanted);
    const bool *used = wanted_columns(lowering, &wanted, number + 1);
    bool is_constant = ranking.range.first == ranking.range.last;
    bool is_first = is_constant && ranking.range.first == 1;
    enum time_attribute time = is_first ? time_order(relation) : TIME_ATTRIBUTE_NONE;
    struct physical *node = NULL;
    place_columns(lowering, &ranking, used, time != TIME_ATTRIBUTE_PROCTIME);
    uint32_t width = ranking.input.count;
    struct wanted below = wanted_list(lowering, &ranking.input);
    below.filter = filter;
    TRY(lower(lowering, relation->inputs[0], below, &node));
    if (time != TIME_ATTRIBUTE_NONE && node->changelog == PLAN_INSERTS)
        TRY(lower_deduplicate(lowering, &ranking, time, &node));
    else
        TRY(lower_top_n(lowering, &ranking, used[number] && !is_constant, &node));
    ranking.columns[number] =
        is_constant ? expression_literal_bigint(lowering->arena, ranking.range.first)
                    : expression_column(lowering->arena, width, relation->schema->fields[number].type);
    return put_wanted_above(lowering, &ranking, node, wanted, ret_node);
}

enum status lower_limit(struct lowering *lowering, const struct relation *relation, struct wanted wanted,
                        struct physical **ret_node)
{
    const struct relation_limit *limit = relation->limit;
    const struct relation_row_number order = {.order = limit->order, .order_count = limit->order_count};
    int64_t last = limit->offset > INT64_MAX - limit->limit ? INT64_MAX : limit->offset + limit->limit;
    struct ranking ranking = {
        .relation = relation, .row_number = &order, .range = {.first = limit->offset + 1, .last = last}};
    struct physical *node = NULL;
    place_columns(lowering, &ranking, wanted_columns(lowering, &wanted, relation->schema->num_fields), true);
    TRY(lower(lowering, relation->inputs[0], wanted_list(lowering, &ranking.input), &node));
    TRY(lower_top_n(lowering, &ranking, false, &node));
    node->is_limit = true;
    return put_wanted_above(lowering, &ranking, node, wanted, ret_node);
}
