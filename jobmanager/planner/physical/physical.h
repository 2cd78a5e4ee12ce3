#pragma once

#include "jobmanager/planner/logical/relation.h"
#include "jobmanager/planner/logical/scan.h"

/*
 * The physical plan: operators as they will run, over their inputs. Projections and filters that stand above
 * each other are one calc, sources give only what is read. An operator may have several consumers.
 */

enum physical_kind {
    PHYSICAL_SCAN,
    PHYSICAL_VALUES,
    PHYSICAL_CALC,
    PHYSICAL_WINDOW_TABLE_FUNCTION,
    PHYSICAL_WINDOW_AGGREGATE,
    PHYSICAL_GROUP_AGGREGATE,
    PHYSICAL_DEDUPLICATE,
    PHYSICAL_TOP_N,
    PHYSICAL_UNION,
    PHYSICAL_EXCHANGE,
    PHYSICAL_SINK,
};

struct physical_exchange {
    enum plan_partitioning partitioning; /* PLAN_HASH or PLAN_SINGLETON */
    const uint32_t *keys;                /* HASH: columns of the rows */
    uint32_t key_count;
};

struct physical {
    enum physical_kind kind;
    const struct schema *schema; /* of the rows that leave; of a sink: of those that it takes */
    struct physical **inputs;
    size_t input_count;
    uint8_t changelog;        /* of enum plan_changelog: what leaves it; of a sink: what it takes */
    bool emits_update_before; /* somebody downstream needs -U */
    /* The columns by whose hash its rows are divided among subtasks, or that there is one subtask alone. */
    const uint32_t *partition_columns;
    uint32_t partition_column_count; /* 0: in no known way */
    bool is_single;
    /* By kind: */
    struct scan *scan;
    bool needs_watermark;             /* SCAN: somebody downstream goes by event time */
    const struct plan_source *source; /* SCAN, VALUES */
    struct plan_calc *calc;
    struct plan_window_table_function *window_table_function;
    struct plan_window_aggregate *window_aggregate;
    struct plan_group_aggregate *group_aggregate;
    struct plan_deduplicate *deduplicate;
    struct plan_top_n *top_n;
    bool attaches_session; /* WINDOW_AGGREGATE: the windows that are attached to the rows are sessions */
    bool is_limit;         /* TOP_N: of ORDER BY ... LIMIT */
    const struct physical_exchange *exchange;
    const struct relation *sink; /* the RELATION_SINK */
    struct physical *same;       /* the operator that does its work: itself, or an equal one */
    /* What it is known again by: the uid, and what those above it see of it. Columns by their origins. */
    const char **origins;
    char identity[PLAN_UID_BYTES], own_identity[PLAN_UID_BYTES];
    char uid[PLAN_UID_BYTES];
    /* Once the graph is built; unions and exchanges become edges of it. */
    const struct plan_node *node;
    uint32_t vertex;
};

struct physical_plan {
    struct physical **nodes; /* inputs first */
    size_t node_count;
    struct physical **sinks; /* one for each INSERT or SELECT, in their order */
    size_t sink_count;
};

STATUS_MUST_CHECK enum status physical_plan_create(struct planning *planning,
                                                   const struct relation *const *sinks, size_t sink_count,
                                                   struct physical_plan *ret_plan);
/* Cuts the plan into the vertices of the job graph. */
STATUS_MUST_CHECK enum status physical_plan_build_graph(struct planning *planning,
                                                        const struct physical_plan *plan);
