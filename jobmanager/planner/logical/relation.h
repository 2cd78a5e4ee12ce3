#pragma once

#include "jobmanager/planner/logical/planning.h"

/*
 * The logical plan: a tree of relations over their inputs, as a statement says it, before any rule. Immutable
 * once made; in the arena of the planning.
 */

enum relation_kind {
    RELATION_SCAN,    /* a table, its computed columns included */
    RELATION_VALUES,  /* constant rows */
    RELATION_PROJECT, /* expressions over the input */
    RELATION_FILTER,
    RELATION_WINDOW, /* a window table function: adds window_start, window_end, window_time */
    RELATION_AGGREGATE,
    RELATION_ROW_NUMBER, /* adds a column: the number of a row among those of its keys, in an order */
    RELATION_LIMIT,      /* ORDER BY ... LIMIT: the first rows in an order, or of those that come first */
    RELATION_UNION,      /* all rows of all inputs, which have the same columns */
    RELATION_SINK,
};

enum time_attribute { TIME_ATTRIBUTE_NONE, TIME_ATTRIBUTE_ROWTIME, TIME_ATTRIBUTE_PROCTIME };

/* Windows over the time attribute of a relation. */
struct relation_window {
    enum plan_window_kind kind;
    uint32_t time_column; /* of that relation */
    enum time_attribute time;
    struct data_type time_type;
    int64_t size_us, slide_us, offset_us; /* as in struct plan_window */
    const uint32_t *partition_columns;    /* SESSION as a table function */
    uint32_t partition_column_count;
};

enum window_part { WINDOW_PART_NONE, WINDOW_PART_START, WINDOW_PART_END, WINDOW_PART_TIME };

/* What a column is beside its type. Only a bare reference to a column hands it on. */
struct column_trait {
    enum time_attribute time;
    /* It is window_start, window_end or window_time of that window. */
    enum window_part part;
    const struct relation_window *window;
};

struct relation_call {
    struct plan_aggregate_call call; /* over the columns of the input */
    const char *name;                /* of the result, NULL when the statement gives none */
};

/*
 * Rows in groups. The keys are the first columns of the input. The output: keys, results of the calls,
 * properties. When window_start and window_end of one window are among the keys, it aggregates over windows.
 */
struct relation_aggregate {
    uint32_t key_count;
    const struct relation_call *calls;
    uint32_t call_count;
    const struct relation_window *window; /* GROUP BY TUMBLE(ts, ...) of old, over the input; else NULL */
    const enum plan_window_property *properties; /* of that window */
    const char *const *property_names;           /* NULL when the statement gives none */
    uint32_t property_count;
};

struct relation_row_number {
    const uint32_t *keys; /* columns of the input, as are those of order */
    uint32_t key_count;
    const struct plan_sort_column *order;
    uint32_t order_count;
    struct sql_span span; /* of the function in the text */
};

struct relation_limit {
    const struct plan_sort_column *order; /* none: as they come */
    uint32_t order_count;
    int64_t offset, limit; /* rows left out, and then given; at least one */
};

/* Where the rows of a statement go. */
struct relation_sink {
    const struct plan_sink *sink;
    const char *name;            /* the table's */
    const struct schema *schema; /* of the rows that it takes */
    /* One for each field of schema, over the input, cast to its type; NULL: the input's columns as they are.
     */
    const struct expression *const *assigned;
};

struct relation {
    enum relation_kind kind;
    const struct schema *schema;       /* of the rows that it gives; of a sink: as the query names them */
    const struct column_trait *traits; /* one for each field */
    const struct relation *const *inputs;
    size_t input_count;
    /* By kind: */
    struct scan *scan;
    const struct expression *const *expressions; /* PROJECT: one a field; VALUES: literals, row-major */
    size_t row_count;                            /* VALUES */
    const struct expression *condition;          /* FILTER */
    const struct relation_window *window;        /* WINDOW */
    const struct relation_aggregate *aggregate;
    const struct relation_row_number *row_number;
    const struct relation_limit *limit;
    const struct relation_sink *sink;
};

/* Names and expressions of columns in the making. */
struct column_list {
    const char **names;
    const struct expression **expressions;
    uint32_t count;
};

void column_list_append(struct arena *arena, struct column_list *list, const char *name,
                        const struct expression *expression);
/* The place of an expression in the list, where it is appended when it is not there; a name of NULL is "$f2",
 * say. */
uint32_t column_list_place(struct arena *arena, struct column_list *list, const char *name,
                           const struct expression *expression);
/* Held by the graph. */
const struct schema *column_list_schema(struct planning *planning, const struct column_list *list);

/* An empty relation over these inputs; fails when the statement has too many. */
STATUS_MUST_CHECK enum status relation_create(struct planning *planning, enum relation_kind kind,
                                              const struct schema *schema,
                                              const struct relation *const *inputs, size_t input_count,
                                              struct relation **ret_relation);
STATUS_MUST_CHECK enum status relation_scan(struct planning *planning, struct scan *scan,
                                            const struct relation **ret_relation);
/* The rows' values stand in expressions, the names and types in schema. */
STATUS_MUST_CHECK enum status relation_values(struct planning *planning, const struct schema *schema,
                                              const struct expression *const *expressions, size_t row_count,
                                              const struct relation **ret_relation);
STATUS_MUST_CHECK enum status relation_project(struct planning *planning, const struct relation *input,
                                               const struct column_list *list,
                                               const struct relation **ret_relation);
/* The same columns under other names. */
STATUS_MUST_CHECK enum status relation_rename(struct planning *planning, const struct relation *input,
                                              const char *const *names, const struct relation **ret_relation);
STATUS_MUST_CHECK enum status relation_filter(struct planning *planning, const struct relation *input,
                                              const struct expression *condition,
                                              const struct relation **ret_relation);
/* Windows over the time attribute window->time_column of input. */
STATUS_MUST_CHECK enum status relation_windowed(struct planning *planning, const struct relation *input,
                                                const struct relation_window *window,
                                                const struct relation **ret_relation);
STATUS_MUST_CHECK enum status relation_aggregate(struct planning *planning, const struct relation *input,
                                                 const struct relation_aggregate *aggregate,
                                                 const struct relation **ret_relation);
/* All columns as keys: what SELECT DISTINCT does. */
STATUS_MUST_CHECK enum status relation_distinct(struct planning *planning, const struct relation *input,
                                                const struct relation **ret_relation);
STATUS_MUST_CHECK enum status relation_row_number(struct planning *planning, const struct relation *input,
                                                  const struct relation_row_number *row_number,
                                                  const struct relation **ret_relation);
STATUS_MUST_CHECK enum status relation_limit(struct planning *planning, const struct relation *input,
                                             const struct relation_limit *limit,
                                             const struct relation **ret_relation);
/* The window whose start and end are among the first key_count columns, or NULL. */
const struct relation_window *relation_window_of(const struct relation *input, uint32_t key_count);
/* Of the column that a property of windows is. */
struct data_type window_property_type(enum plan_window_property property,
                                      const struct relation_window *window);
bool relation_window_equal(const struct relation_window *a, const struct relation_window *b);
/* The schema's types hold the values of all inputs. */
STATUS_MUST_CHECK enum status relation_union(struct planning *planning, const struct schema *schema,
                                             const struct relation *const *inputs, size_t input_count,
                                             const struct relation **ret_relation);
/* written: the columns as the statement gives them, before they were assigned to those of the sink. */
STATUS_MUST_CHECK enum status relation_to_sink(struct planning *planning, const struct relation *input,
                                               const struct schema *written, const struct relation_sink *sink,
                                               const struct relation **ret_relation);
