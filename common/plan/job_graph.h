#pragma once

#include "common/base/arena.h"
#include "common/plan/plan_node.h"

enum { VERTEX_ID_BYTES = 33 };

struct plan_configuration_entry {
    const char *key;
    const char *value;
};

/* What of a session's configuration concerns a job. A duration of -1 was not given: the process's own
 * configuration decides. */
struct plan_job_configuration {
    int64_t checkpoint_interval_ms; /* -1: not given; 0: no periodic checkpoints */
    int64_t checkpoint_timeout_ms;
    int64_t min_pause_ms;
    int32_t tolerable_failed_checkpoints;           /* -1: not given */
    const char *local_time_zone;                    /* "UTC" unless set */
    const char *restart_strategy;                   /* NULL: not given */
    const char *restore_path;                       /* execution.state-recovery.path; NULL: none */
    bool ignores_unclaimed_state;                   /* execution.state-recovery.ignore-unclaimed-state */
    bool new_lineage;                               /* execution.lineage = new */
    const struct plan_configuration_entry *entries; /* everything set in the session, as it was */
    size_t entry_count;
};

struct plan_vertex {
    char id[VERTEX_ID_BYTES]; /* 32 hexadecimal digits, stable for the same plan */
    const char *name;         /* "Source: a[1] -> Calc[2] -> b[3]: Writer" */
    uint32_t parallelism;
    const struct plan_node *root;
};

enum plan_partitioning {
    PLAN_FORWARD,   /* subtask i to subtask i: both vertices have the same parallelism */
    PLAN_HASH,      /* by key_columns: key group = murmur3(packed key) mod max parallelism */
    PLAN_REBALANCE, /* round robin, batch by batch */
    PLAN_BROADCAST,
    PLAN_SINGLETON, /* all to subtask 0 */
};

/* An exchange between two vertices. */
struct plan_edge {
    uint32_t from;         /* index into vertices */
    uint32_t from_node_id; /* whose output 0 it carries */
    uint32_t to;           /* index into vertices; its root takes the rows */
    uint32_t input;        /* of that root; several edges may feed one input (a union) */
    enum plan_partitioning partitioning;
    const uint32_t *key_columns; /* HASH: of the rows that it carries */
    uint32_t key_column_count;
    const struct schema *schema; /* of those rows */
};

/*
 * A job as the planner makes it and taskmanagers run it. Immutable once made, but for
 * plan_job_graph_bind_iceberg. Owns its arena, in which everything lives, and a reference to each schema.
 */
struct plan_job_graph {
    struct arena *arena;
    const char *name; /* "insert-into_default_catalog.default_database.t", or pipeline.name */
    uint32_t parallelism;
    uint32_t max_parallelism;
    struct plan_job_configuration configuration;
    const struct plan_vertex *vertices;
    size_t vertex_count;
    const struct plan_edge *edges;
    size_t edge_count;
    uint32_t sink_count;
    const struct schema **schemas; /* the references held */
    size_t schema_count;
};

/* An empty graph. */
struct plan_job_graph *plan_job_graph_create(void);
void plan_job_graph_free(struct plan_job_graph *graph);
/* Hands one reference of schema over to the graph; returns schema. */
const struct schema *plan_job_graph_hold(struct plan_job_graph *graph, struct schema *schema);

/* Calls visit for every node of every vertex, parents first. */
void plan_job_graph_visit(const struct plan_job_graph *graph,
                          void (*visit)(const struct plan_vertex *vertex, const struct plan_node *node,
                                        void *context),
                          void *context);
/* True when node or one below it has that id. */
bool plan_node_holds(const struct plan_node *node, uint32_t node_id);
/* The sink of that number, or NULL. */
const struct plan_node *plan_job_graph_sink(const struct plan_job_graph *graph, uint32_t sink_id);
/* True when some sink is of that kind. */
bool plan_job_graph_has_sink(const struct plan_job_graph *graph, enum plan_sink_kind kind);

/* What the table of an iceberg sink was found to be at submission. Text is copied; the reference of
 * table_schema is handed over. */
struct plan_iceberg_binding {
    const char *table_uuid;
    const char *table_location;
    int32_t schema_id;
    int32_t partition_spec_id;
    struct schema *table_schema; /* the table's, with field ids */
    const struct iceberg_sink_partition *partition;
    size_t partition_count;
    struct connector_properties table_properties; /* the table's, those of WITH (...) laid over them */
};
void plan_job_graph_bind_iceberg(struct plan_job_graph *graph, uint32_t sink_id,
                                 const struct plan_iceberg_binding *binding);
