#pragma once

#include "common/columnar/record_batch.h"
#include "common/columnar/row_packer.h"
#include "common/plan/job_graph.h"

/* Takes batches apart by the key group of their rows: HASH. */
struct partitioner {
    uint32_t num_targets; /* subtasks of the consumer */
    uint32_t max_parallelism;
    const uint32_t *key_columns; /* borrowed from the edge */
    struct row_packer *packer;
    uint32_t *targets_of_groups; /* by key group */
    /* Of the last batch; the rows of a target keep their order: */
    uint32_t *rows;   /* of target t: rows[starts[t]] to rows[starts[t + 1] - 1] */
    uint32_t *starts; /* num_targets + 1 */
    uint32_t *targets;
    uint32_t capacity;
};

struct partitioner *exchange_partitioner_create(const struct plan_edge *edge, uint32_t num_targets,
                                                uint32_t max_parallelism);
void exchange_partitioner_free(struct partitioner *partitioner);
void exchange_partitioner_split(struct partitioner *partitioner, const struct record_batch *batch);
