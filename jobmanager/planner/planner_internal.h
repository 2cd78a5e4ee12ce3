#pragma once

#include "common/base/buffer.h"
#include "jobmanager/planner/logical/query.h"
#include "jobmanager/planner/physical/physical.h"
#include "jobmanager/planner/planner.h"

/* The schema of a definition's columns, computed ones inferred; keys, partition and watermark are checked.
 * One reference. */
STATUS_MUST_CHECK enum status define_schema(const struct planner_context *context,
                                            const struct sql_create_table *definition, struct arena *arena,
                                            struct schema **ret_schema, struct error *error);

/* The session's settings into the graph's. */
STATUS_MUST_CHECK enum status planner_configure(const struct planner_configuration *configuration,
                                                struct plan_job_graph *graph, struct error *error);

/* One statement: its logical plan, made of RELATION_SINKs, and what became of it. */
struct plan {
    struct planning planning;
    const struct relation **sinks;
    size_t sink_count;
    struct physical_plan physical;
};

/* Plans INSERTs, or the query when it is not NULL, up to the job graph, to run it or only to explain it.
 * plan_finish must follow in any case. */
STATUS_MUST_CHECK enum status plan_statement(struct plan *plan, const struct planner_context *context,
                                             const struct sql_insert *inserts, size_t insert_count,
                                             const struct sql_query *query, bool is_explained,
                                             struct error *error);
/* Frees all but the graph, and that too unless it is kept. */
void plan_finish(struct plan *plan, bool keep_graph);

/* A query's text as the name of its job. */
const char *planner_query_name(const struct planner_context *context, const struct sql_query *query,
                               struct arena *arena);

/* details: of enum sql_explain_detail. */
void explain_plan(const struct plan *plan, unsigned details, struct buffer *out);
