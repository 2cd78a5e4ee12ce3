#pragma once

#include "common/checkpoint_format/checkpoint_metadata.h"
#include "common/plan/job_graph.h"

/* The operators of one job by the ids under which checkpoints keep their state. */
struct operator_id {
    char uid[PLAN_UID_BYTES];
    const char *name; /* of the node; the graph's */
    uint32_t node_id;
    int64_t sink_id; /* -1: it is no sink */
};

struct operator_ids {
    struct operator_id *items;
    size_t count;
};

/* The graph must outlive the result. */
void operator_ids_init(struct operator_ids *ids, const struct plan_job_graph *graph);
void operator_ids_free(struct operator_ids *ids); /* the content */
/* NULL: the job has no such node. */
const struct operator_id *operator_ids_of_node(const struct operator_ids *ids, uint32_t node_id);
const struct operator_id *operator_ids_of_sink(const struct operator_ids *ids, uint32_t sink_id);
struct checkpoint_operator operator_id_as_owner(const struct operator_id *id);

struct checkpoint_adoption {
    const struct operator_ids *ids;
    const char *folder; /* that the paths of the checkpoint's files are relative to */
    uint32_t max_parallelism;
    uint32_t parallelism;         /* of the widest vertex */
    bool ignores_unclaimed_state; /* execution.state-recovery.ignore-unclaimed-state */
    bool claims_files;            /* its files become this job's: execution.state-recovery.claim-mode */
};

/*
 * Another job's checkpoint as this job restores it: nodes and sinks by this job's numbers, files by absolute
 * paths. INVALID_ARGUMENT, naming the operator: it holds state that nobody here takes, files for a sink that
 * is not here, or another maximum parallelism.
 */
STATUS_MUST_CHECK enum status checkpoint_adopt(const struct checkpoint_metadata *metadata,
                                               const struct checkpoint_adoption *adoption,
                                               struct checkpoint_metadata **ret_adopted, struct error *error);
