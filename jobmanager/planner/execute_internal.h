#pragma once

#include "jobmanager/planner/planner_internal.h"

/* Internal to the folder: statements that are executed at once. */

/* One statement under execution. */
struct execution {
    const struct planner_context *context;
    const struct sql_statement *statement;
    struct sql_text text;
    struct arena *arena;
    struct planner_result *result;
    struct error *error;
};

enum status answer_ok(struct execution *execution);
/* One column of texts, which live in the arena. name is a literal. */
enum status answer_list(struct execution *execution, const char *name, const char *const *values,
                        size_t count);
enum status answer_text(struct execution *execution, const char *name, const char *text);

/* Masked: without the values of options that are secret. */
void show_create_table(const struct sql_table *table, bool masked, struct buffer *out);
/* The definition with what it is like put into it; both live as long as the result. */
STATUS_MUST_CHECK enum status like_merge(struct arena *arena, const struct sql_create_table *definition,
                                         const struct sql_table *source,
                                         struct sql_create_table *ret_definition, struct error *error);

/* The answer of DESCRIBE, empty: the values, a row after the other, NULL yet. */
const char **describe_begin(struct arena *arena, size_t row_count, bool commented,
                            struct planner_result *ret_result);
/* Name, type and nullability of a column; the rest of its row is left alone. */
void describe_column(struct arena *arena, const char *name, struct data_type type,
                     enum time_attribute attribute, const char **row);
void describe_table(const struct sql_table *table, struct arena *arena, struct planner_result *ret_result);

/* The columns of a new view, its query checked. One reference. */
STATUS_MUST_CHECK enum status view_define(const struct planner_context *context,
                                          const struct sql_create_view *view, struct schema **ret_schema,
                                          struct error *error);
/* The view's query is planned anew: it may not fit its tables any more. */
STATUS_MUST_CHECK enum status describe_view(const struct planner_context *context,
                                            const struct sql_table *view, struct arena *arena,
                                            struct planner_result *ret_result, struct error *error);

STATUS_MUST_CHECK enum status execute_create_table(struct execution *execution);
STATUS_MUST_CHECK enum status execute_alter_table(struct execution *execution);
enum status execute_show_functions(struct execution *execution);
STATUS_MUST_CHECK enum status execute_create_view(struct execution *execution);
STATUS_MUST_CHECK enum status execute_drop_view(struct execution *execution);
STATUS_MUST_CHECK enum status execute_show_views(struct execution *execution);
STATUS_MUST_CHECK enum status execute_show_create_view(struct execution *execution);
