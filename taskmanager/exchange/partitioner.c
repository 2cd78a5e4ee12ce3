#include "taskmanager/exchange/partitioner.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

struct partitioner *exchange_partitioner_create(const struct plan_edge *edge, uint32_t num_targets,
                                                uint32_t max_parallelism)
{
    CHECK(edge->partitioning == PLAN_HASH && num_targets > 0 && num_targets <= max_parallelism);
    struct partitioner *partitioner = mem_calloc(1, sizeof *partitioner);
    partitioner->num_targets = num_targets;
    partitioner->max_parallelism = max_parallelism;
    partitioner->key_columns = edge->key_columns;
    partitioner->packer = row_packer_create_for(edge->schema, edge->key_columns, edge->key_column_count);
    partitioner->packer->skips_hashes = true;
    partitioner->targets_of_groups = mem_calloc(max_parallelism, sizeof(uint32_t));
    for (uint32_t group = 0; group < max_parallelism; group++)
        partitioner->targets_of_groups[group] = key_group_subtask(group, num_targets, max_parallelism);
    partitioner->starts = mem_calloc(num_targets + 1, sizeof(uint32_t));
    return partitioner;
}

void exchange_partitioner_free(struct partitioner *partitioner)
{
    if (partitioner == NULL)
        return;
    row_packer_free(partitioner->packer);
    free(partitioner->targets_of_groups);
    free(partitioner->rows);
    free(partitioner->starts);
    free(partitioner->targets);
    free(partitioner);
}

static void ensure_capacity(struct partitioner *partitioner, uint32_t count)
{
    if (count <= partitioner->capacity)
        return;
    free(partitioner->rows);
    free(partitioner->targets);
    partitioner->rows = mem_alloc(count * sizeof(uint32_t));
    partitioner->targets = mem_alloc(count * sizeof(uint32_t));
    partitioner->capacity = count;
}

void exchange_partitioner_split(struct partitioner *partitioner, const struct record_batch *batch)
{
    uint32_t count = batch->num_rows;
    uint32_t *starts = partitioner->starts;
    ensure_capacity(partitioner, count);
    row_packer_pack(partitioner->packer, batch, partitioner->key_columns);
    memset(starts, 0, (partitioner->num_targets + 1) * sizeof *starts);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t group = row_key_group(partitioner->packer->rows[i], partitioner->max_parallelism);
        partitioner->targets[i] = partitioner->targets_of_groups[group];
        starts[partitioner->targets[i]]++;
    }
    /* Where each target's rows end; filled from the back, each start comes to its place. */
    for (uint32_t t = 1; t <= partitioner->num_targets; t++)
        starts[t] += starts[t - 1];
    for (uint32_t i = count; i-- > 0;)
        partitioner->rows[--starts[partitioner->targets[i]]] = i;
}
