#pragma once

#include "jobmanager/planner/logical/query.h"
#include "jobmanager/planner/logical/resolve.h"
#include "jobmanager/planner/logical/scan.h"

/* A function by name over resolved arguments, its errors placed at syntax. */
STATUS_MUST_CHECK enum status resolve_named_call(const struct scope *scope,
                                                 const struct sql_expression *syntax, const char *name,
                                                 const struct expression *const *arguments, size_t count,
                                                 const struct expression **ret_expression);
/* A time plus or minus an interval, and TIMESTAMPADD; *ret_found stays false for any other call. */
STATUS_MUST_CHECK enum status resolve_interval_call(const struct scope *scope,
                                                    const struct sql_expression *syntax,
                                                    const struct expression **ret_expression,
                                                    bool *ret_found);
STATUS_MUST_CHECK enum status resolve_column(const struct scope *scope, const struct sql_expression *syntax,
                                             const struct expression **ret_expression);

/* Physical columns by themselves, metadata columns cast from what the connector gives. table_columns has room
 * for all of the table's. */
STATUS_MUST_CHECK enum status source_columns_fill(struct planning *planning, struct scan *scan, bool kafka,
                                                  const struct expression **table_columns);
/* Computed columns and the watermark, over the source's own columns. */
STATUS_MUST_CHECK enum status source_columns_compute(struct planning *planning, struct scan *scan,
                                                     const struct expression **table_columns);
STATUS_MUST_CHECK enum status source_configure_kafka(struct planning *planning, struct scan *scan);
STATUS_MUST_CHECK enum status source_configure_datagen(struct planning *planning, struct scan *scan);

STATUS_MUST_CHECK enum status query_select(struct planning *planning, const struct sql_query *query,
                                           const struct relation **ret_relation);
STATUS_MUST_CHECK enum status query_values(struct planning *planning, const struct sql_query *query,
                                           const struct relation **ret_relation);
STATUS_MUST_CHECK enum status query_union(struct planning *planning, const struct sql_query *query,
                                          const struct relation **ret_relation);
/* What a name of WITH stands for; ret_found stays false when from is none. */
STATUS_MUST_CHECK enum status with_relation(struct planning *planning, const struct sql_relation *from,
                                            const struct relation **ret_relation, bool *ret_found);
/* What stands in FROM; its columns and its name are put into the scope. */
STATUS_MUST_CHECK enum status from_relation(struct planning *planning, const struct sql_relation *from,
                                            const struct relation **ret_relation, struct scope *scope);

/* The sink of a table, without its number. */
STATUS_MUST_CHECK enum status sink_open(struct planning *planning, const struct sql_table *table,
                                        const struct connector_properties *options,
                                        const struct schema *sink_schema, struct plan_sink **ret_sink);
/* The persisted columns of a sink's table. */
STATUS_MUST_CHECK enum status sink_schema_of(struct planning *planning, const struct sql_table *table,
                                             const struct schema **ret_schema);
/* Casts the query's columns to those of the sink's table, by position or by the insert's column list: what
 * the sink relation assigns. Constant rows are cast at once: they come back as another input. */
STATUS_MUST_CHECK enum status assign_columns(struct planning *planning, const struct sql_insert *insert,
                                             const char *sink_path, const struct schema *sink_schema,
                                             const struct relation **input,
                                             const struct expression *const **ret_assigned);
