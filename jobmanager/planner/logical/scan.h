#pragma once

#include "common/expression/expression.h"
#include "jobmanager/planner/logical/planning.h"

/* What a source can give: its columns before any pruning, and each table column as an expression over them.
 */
struct source_columns {
    const struct schema *schema;
    const struct plan_source_field *fields;
    const struct expression *const *table_columns; /* one for each column of the table's schema */
    /* A source that ends, or counts, by a column cannot do without it. */
    const bool *required;
};

/* A table that is read, with the options of one hint. */
struct scan {
    struct sql_table *table; /* a reference */
    struct connector_properties options;
    struct source_columns columns;
    struct plan_source *source;             /* for all columns; plan_source_restrict makes what runs */
    const struct plan_watermark *watermark; /* over the source's columns; NULL when none */
    int32_t rowtime_column;                 /* of the table; -1 when none */
    const char *late_records_topic;         /* where late rows go; NULL: nowhere */
};

/* The scan of a table: that of before when the statement reads the table already, with the same options. */
STATUS_MUST_CHECK enum status scan_open(struct planning *planning, const struct sql_table *table,
                                        const struct sql_properties *hints, struct scan **ret_scan);
/* The source's node for these columns of it, in order; with its watermark, whose columns are among them, when
 * somebody needs that. */
const struct plan_source *plan_source_restrict(struct planning *planning, const struct scan *scan,
                                               const uint32_t *kept, uint32_t kept_count,
                                               bool needs_watermark);

/* A table's options with those of a hint laid over them. */
struct connector_properties planner_table_options(struct arena *arena, const struct sql_table *table,
                                                  const struct sql_properties *hints);
const char *planner_table_path(struct arena *arena, const struct sql_table *table);
/* The connector that the option 'connector' names, or NULL with the error set. */
const struct connector_definition *planner_connector(const struct connector_properties *options,
                                                     const char *table, struct error *error);
