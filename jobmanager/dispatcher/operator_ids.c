#include "jobmanager/dispatcher/operator_ids.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

static void add_node(const struct plan_vertex *vertex, const struct plan_node *node, void *context)
{
    (void)vertex;
    struct operator_ids *ids = context;
    ids->items = mem_realloc(ids->items, (ids->count + 1) * sizeof *ids->items);
    struct operator_id *id = &ids->items[ids->count++];
    *id = (struct operator_id){
        .name = node->name,
        .node_id = node->id,
        .sink_id = node->kind == PLAN_SINK ? (int64_t)node->sink->sink_id : -1,
    };
    memcpy(id->uid, node->uid, sizeof id->uid);
}

void operator_ids_init(struct operator_ids *ids, const struct plan_job_graph *graph)
{
    *ids = (struct operator_ids){0};
    plan_job_graph_visit(graph, add_node, ids);
}

void operator_ids_free(struct operator_ids *ids)
{
    free(ids->items);
    *ids = (struct operator_ids){0};
}

const struct operator_id *operator_ids_of_node(const struct operator_ids *ids, uint32_t node_id)
{
    for (size_t i = 0; i < ids->count; i++)
        if (ids->items[i].node_id == node_id)
            return &ids->items[i];
    return NULL;
}

const struct operator_id *operator_ids_of_sink(const struct operator_ids *ids, uint32_t sink_id)
{
    for (size_t i = 0; i < ids->count; i++)
        if (ids->items[i].sink_id == (int64_t)sink_id)
            return &ids->items[i];
    return NULL;
}

struct checkpoint_operator operator_id_as_owner(const struct operator_id *id)
{
    return (struct checkpoint_operator){.uid = id->uid, .name = id->name, .node_id = id->node_id};
}
