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
    RELATION_UNION, /* all rows of all inputs, which have the same columns */
    RELATION_SINK,
};

enum time_attribute { TIME_ATTRIBUTE_NONE, TIME_ATTRIBUTE_ROWTIME, TIME_ATTRIBUTE_PROCTIME };

/* What a column is beside its type. Only a bare reference to a column hands it on. */
struct column_trait {
    enum time_attribute time;
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
/* The schema's types hold the values of all inputs. */
STATUS_MUST_CHECK enum status relation_union(struct planning *planning, const struct schema *schema,
                                             const struct relation *const *inputs, size_t input_count,
                                             const struct relation **ret_relation);
/* written: the columns as the statement gives them, before they were assigned to those of the sink. */
STATUS_MUST_CHECK enum status relation_to_sink(struct planning *planning, const struct relation *input,
                                               const struct schema *written, const struct relation_sink *sink,
                                               const struct relation **ret_relation);
