#include "jobmanager/planner/physical/physical_internal.h"

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
    return STATUS_OK;
}
