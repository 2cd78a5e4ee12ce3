#include "jobmanager/planner/physical/physical_internal.h"

bool is_partitioned(const struct physical *node, uint32_t key_count)
{
    if (key_count == 0)
        return node->is_single;
    if (node->partition_column_count != key_count)
        return false;
    for (uint32_t i = 0; i < key_count; i++) {
        if (node->partition_columns[i] != i)
            return false;
    }
    return true;
}

void set_partitioned(struct lowering *lowering, struct physical *node, uint32_t key_count)
{
    uint32_t *columns = arena_calloc(lowering->arena, key_count + 1, sizeof *columns);
    for (uint32_t i = 0; i < key_count; i++)
        columns[i] = i;
    node->partition_columns = columns;
    node->partition_column_count = key_count;
    node->is_single = key_count == 0;
}

/* The projection that is this column and nothing else, -1 when there is none. */
static int32_t find_projection(const struct plan_calc *calc, uint32_t column)
{
    for (size_t i = 0; i < calc->projection_count; i++) {
        if (calc->projections[i]->kind == EXPRESSION_COLUMN && calc->projections[i]->column == column)
            return (int32_t)i;
    }
    return -1;
}

void inherit_partitions(struct lowering *lowering, struct physical *calc)
{
    const struct physical *input = calc->inputs[0];
    uint32_t count = input->partition_column_count;
    uint32_t *columns = arena_calloc(lowering->arena, count + 1, sizeof *columns);
    calc->is_single = input->is_single;
    for (uint32_t i = 0; i < count; i++) {
        int32_t found = find_projection(calc->calc, input->partition_columns[i]);
        if (found < 0)
            return;
        columns[i] = (uint32_t)found;
    }
    calc->partition_columns = columns;
    calc->partition_column_count = count;
}

enum status lower_exchange(struct lowering *lowering, struct physical *input, uint32_t key_count,
                           struct physical **ret_node)
{
    struct physical_exchange *exchange = arena_calloc(lowering->arena, 1, sizeof *exchange);
    uint32_t *keys = arena_calloc(lowering->arena, key_count + 1, sizeof *keys);
    for (uint32_t i = 0; i < key_count; i++)
        keys[i] = i;
    exchange->partitioning = key_count > 0 ? PLAN_HASH : PLAN_SINGLETON;
    exchange->keys = keys;
    exchange->key_count = key_count;
    TRY(physical_create(lowering, PHYSICAL_EXCHANGE, input->schema, &input, 1, ret_node));
    (*ret_node)->exchange = exchange;
    set_partitioned(lowering, *ret_node, key_count);
    return STATUS_OK;
}
