#pragma once

#include "jobmanager/planner/logical/planning.h"

/*
 * What becomes of a statement. Statements on the catalog are executed at once against the session's catalog;
 * INSERT, STATEMENT SET and SELECT become a job graph, without any side effect: tables that an iceberg sink
 * lacks are created by whoever submits the job.
 */

/* Rows of text, as SHOW, DESCRIBE and EXPLAIN answer. */
struct planner_result {
    const char *const *column_names;
    const struct data_type *column_types; /* BOOLEAN columns hold "TRUE" or "FALSE" */
    size_t column_count;
    const char *const *values; /* row-major; NULL is SQL NULL */
    size_t row_count;
    bool is_ok; /* the answer "OK" of statements that have no other: resultKind SUCCESS */
};

/* True for the statements that planner_execute takes: all on catalogs, databases, tables and functions, and
 * EXPLAIN. SET, RESET, SHOW JOBS, BEGIN STATEMENT SET and END are the session's own business. */
bool planner_is_catalog_statement(const struct sql_statement *statement);

/* text is that of the statement itself: a CREATE TABLE is parsed from it once more into the table's own
 * arena. The result lives in arena. */
STATUS_MUST_CHECK enum status planner_execute(const struct planner_context *context,
                                              const struct sql_statement *statement, struct sql_text text,
                                              struct arena *arena, struct planner_result *ret_result,
                                              struct error *error);

/* INSERT, STATEMENT SET (inserts) or SELECT (query; a collect sink takes its rows). */
STATUS_MUST_CHECK enum status planner_plan_inserts(const struct planner_context *context,
                                                   const struct sql_insert *inserts, size_t insert_count,
                                                   struct plan_job_graph **ret_graph, struct error *error);
STATUS_MUST_CHECK enum status planner_plan_query(const struct planner_context *context,
                                                 const struct sql_query *query,
                                                 struct plan_job_graph **ret_graph, struct error *error);
