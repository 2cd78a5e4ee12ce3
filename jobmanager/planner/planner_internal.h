#pragma once

#include "common/base/buffer.h"
#include "common/expression/expression.h"
#include "common/expression/time_zone.h"
#include "jobmanager/planner/planner.h"

#define TRY(call)                                                                                            \
    do {                                                                                                     \
        enum status try_status_ = (call);                                                                    \
        if (try_status_ != STATUS_OK)                                                                        \
            return try_status_;                                                                              \
    } while (0)

/* What expressions are resolved against: the columns of one table, or none. */
struct scope {
    struct arena *arena;
    const struct schema *schema; /* NULL: no columns */
    const char *table_name;      /* its name and its alias may stand before a column */
    const char *alias;           /* NULL when none */
    const bool *hidden;          /* columns that may not be named here; NULL: none */
    struct clock clock;
    const struct time_zone *zone;
    struct error *error;
};

/* "SQL validation failed. From line l, column c to line l, column c: message", and the error's position. */
enum status planner_error_at(struct error *error, const struct sql_span *span, enum status status,
                             const char *format, ...) PRINTF_LIKE(4, 5);
/* Puts the place before the message of a failed call. */
enum status planner_locate(struct error *error, const struct sql_span *span);

STATUS_MUST_CHECK enum status resolve_expression(const struct scope *scope,
                                                 const struct sql_expression *syntax,
                                                 const struct expression **ret_expression);
/* As above, and BOOLEAN. */
STATUS_MUST_CHECK enum status resolve_condition(const struct scope *scope,
                                                const struct sql_expression *syntax,
                                                const struct expression **ret_expression);
STATUS_MUST_CHECK enum status resolve_literal(const struct scope *scope, const struct sql_expression *syntax,
                                              bool negative, const struct expression **ret_expression);
/* The value of an expression without columns, as a literal of the same type. */
STATUS_MUST_CHECK enum status resolve_constant(const struct scope *scope, const struct expression *expression,
                                               const struct expression **ret_literal);
/* The expression with what does not depend on a row evaluated, as far as that does not fail. */
const struct expression *resolve_fold(const struct scope *scope, const struct expression *expression);
/* An expression too large or deep for those who walk it is an error. */
STATUS_MUST_CHECK enum status check_expression_size(const struct expression *expression, struct error *error);

/* The schema of a definition's columns, computed ones inferred; keys, partition and watermark are checked.
 * One reference. */
STATUS_MUST_CHECK enum status define_schema(const struct planner_context *context,
                                            const struct sql_create_table *definition, struct arena *arena,
                                            struct schema **ret_schema, struct error *error);

/* A session's key, or fallback. */
const char *planner_setting(const struct planner_configuration *configuration, const char *key,
                            const char *fallback);
STATUS_MUST_CHECK enum status planner_time_zone(const struct planner_configuration *configuration,
                                                struct time_zone **ret_zone, struct error *error);
STATUS_MUST_CHECK enum status planner_configure(const struct planner_configuration *configuration,
                                                struct plan_job_graph *graph, struct error *error);

/* What a source can give: its columns before any pruning, and each table column as an expression over them.
 */
struct source_columns {
    struct schema *schema; /* one reference, held by the graph */
    const struct plan_source_field *fields;
    const struct expression *const *table_columns; /* one for each column of the table's schema */
    /* A source that ends, or counts, by a column cannot do without it. */
    const bool *required;
};

struct scan {
    struct sql_table *table; /* a reference */
    struct connector_properties options;
    struct source_columns columns;
    struct plan_source *source;         /* configured for all columns; restricted when the plan is made */
    bool *used;                         /* source columns that some pipeline reads */
    const struct expression *watermark; /* over the source's columns; NULL when none */
    int32_t watermark_field;
};

/* One INSERT or SELECT: rows of a scan or of constants, filtered, projected, written. */
struct pipeline {
    struct scan *scan; /* NULL: VALUES */
    const struct expression *const *values;
    size_t value_row_count;
    const struct expression *filter; /* over the scan's source columns */
    const struct expression *const
        *projections;            /* over the scan's source columns, cast to the sink's types */
    const struct schema *output; /* names and types of the projections */
    /* For EXPLAIN: as written, over the table's columns, before casts to the sink. */
    const struct expression *written_filter;
    const struct expression *const *written_projections;
    const struct schema *written_output;
    const struct plan_sink *sink; /* NULL in EXPLAIN of a query */
    const struct schema *sink_schema;
    const char *sink_name;
    const char *job_name; /* of a query; NULL of an INSERT */
};

/* A job under construction; all in graph->arena. */
struct plan_builder {
    const struct planner_context *context;
    struct plan_job_graph *graph;
    struct time_zone *zone;
    struct error *error;
    struct scan **scans;
    size_t scan_count;
    struct pipeline **pipelines;
    size_t pipeline_count;
};

void plan_builder_init(struct plan_builder *builder, const struct planner_context *context,
                       struct error *error);
/* Frees all but the graph, and that too unless taken. */
void plan_builder_finish(struct plan_builder *builder, bool keep_graph);
STATUS_MUST_CHECK enum status plan_builder_add_insert(struct plan_builder *builder,
                                                      const struct sql_insert *insert);
/* with_sink: a collect sink takes the rows. */
STATUS_MUST_CHECK enum status plan_builder_add_query(struct plan_builder *builder,
                                                     const struct sql_query *query, bool with_sink);
/* What the parser takes and nothing plans yet is an error with its place. */
STATUS_MUST_CHECK enum status refuse_unplanned(struct plan_builder *builder, const struct sql_query *query);
STATUS_MUST_CHECK enum status plan_query(struct plan_builder *builder, const struct sql_query *query,
                                         struct pipeline *pipeline);
/* Casts the query's columns to those of the sink's table, by position or by the insert's column list. */
STATUS_MUST_CHECK enum status plan_assign(struct plan_builder *builder, const struct sql_insert *insert,
                                          const char *sink_path, const struct schema *sink_schema,
                                          struct pipeline *pipeline);
/* Prunes, chains and names: fills the graph's vertices. */
STATUS_MUST_CHECK enum status plan_builder_build(struct plan_builder *builder);

/* A table's options with those of a hint laid over them. */
struct connector_properties planner_table_options(struct arena *arena, const struct sql_table *table,
                                                  const struct sql_properties *hints);
/* A query's text as the name of its job. */
const char *planner_query_name(const struct planner_context *context, const struct sql_query *query,
                               struct arena *arena);
/* The connector that the option 'connector' names, or NULL with the error set. */
const struct connector_definition *planner_connector(const struct connector_properties *options,
                                                     const char *table, struct error *error);
const char *planner_table_path(struct arena *arena, const struct sql_table *table);
STATUS_MUST_CHECK enum status plan_source_of(struct plan_builder *builder, struct scan *scan);
/* The source's node for these columns of it, in order. */
const struct plan_source *plan_source_restrict(struct arena *arena, const struct scan *scan,
                                               const uint32_t *kept, uint32_t kept_count);
STATUS_MUST_CHECK enum status plan_sink_of(struct plan_builder *builder, const struct sql_table *table,
                                           const struct connector_properties *options,
                                           const struct schema *sink_schema, struct plan_sink **ret_sink);
/* The persisted columns of a sink's table. Held by the graph. */
STATUS_MUST_CHECK enum status plan_sink_schema(struct plan_builder *builder, const struct sql_table *table,
                                               const struct schema **ret_schema);

void explain_plan(const struct plan_builder *builder, struct buffer *out);
void show_create_table(const struct sql_table *table, struct buffer *out);
STATUS_MUST_CHECK enum status describe_table(const struct sql_table *table, struct arena *arena,
                                             struct planner_result *ret_result);
