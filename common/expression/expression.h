#pragma once

#include "common/base/arena.h"
#include "common/columnar/schema.h"

/*
 * Typed expressions: immutable trees whose nodes live in an arena. The planner builds them (function_call in
 * functions/functions.h finds a function by name, checks and casts its arguments), common/plan encodes them,
 * expression_program.h evaluates them over batches.
 */
enum expression_kind {
    EXPRESSION_LITERAL,  /* value */
    EXPRESSION_COLUMN,   /* column of the input */
    EXPRESSION_CALL,     /* function over arguments; every argument is evaluated for every row */
    EXPRESSION_CAST,     /* arguments[0] to type; fails where a value cannot be converted */
    EXPRESSION_TRY_CAST, /* as CAST, NULL where a value cannot be converted */
    /* The forms below evaluate an argument only for the rows that need it. */
    EXPRESSION_AND,      /* two or more BOOLEAN arguments */
    EXPRESSION_OR,       /* two or more BOOLEAN arguments */
    EXPRESSION_CASE,     /* condition, value, condition, value, ..., else: always odd; values of type */
    EXPRESSION_COALESCE, /* one or more arguments of type */
};
enum { EXPRESSION_KIND_COUNT = EXPRESSION_COALESCE + 1 };

struct expression {
    enum expression_kind kind;
    struct data_type type; /* of the result */
    uint32_t column;       /* COLUMN */
    uint32_t num_arguments;
    const void *value;               /* LITERAL: one physical value of type (see type_kind), NULL: SQL NULL */
    const struct function *function; /* CALL */
    const struct expression *const *arguments;
};

/* Copies the value (text too); NULL is SQL NULL. The type's nullability is set from the value. */
const struct expression *expression_literal(struct arena *arena, struct data_type type, const void *value);
const struct expression *expression_literal_boolean(struct arena *arena, bool value);
const struct expression *expression_literal_int(struct arena *arena, int32_t value);
const struct expression *expression_literal_bigint(struct arena *arena, int64_t value);
/* CHAR(n) NOT NULL, as a quoted literal is in Flink; n counts characters of the UTF-8 text. */
const struct expression *expression_literal_string(struct arena *arena, const char *text, size_t size);
const struct expression *expression_literal_null(struct arena *arena);
const struct expression *expression_column(struct arena *arena, uint32_t column, struct data_type type);

/* A node as given, nothing checked but the shape: for codecs and rewrites. Copies the argument array. */
const struct expression *expression_node(struct arena *arena, enum expression_kind kind,
                                         struct data_type type, const struct function *function,
                                         const struct expression *const *arguments, uint32_t num_arguments);

/* CAST or TRY_CAST to type (its nullability is derived), an error where the types forbid it. A cast to the
 * same type returns the argument itself. */
STATUS_MUST_CHECK enum status expression_cast(struct arena *arena, const struct expression *argument,
                                              struct data_type type, bool try_cast,
                                              const struct expression **ret_expression, struct error *error);

/* The same tree with each column index replaced by map[index]; shares what has no column. */
const struct expression *expression_map_columns(struct arena *arena, const struct expression *expression,
                                                const uint32_t *map);
/* The same tree with column i replaced by replacements[i] (a projection pulled into a filter). */
const struct expression *expression_substitute(struct arena *arena, const struct expression *expression,
                                               const struct expression *const *replacements);
/* used[i] becomes true for each column i that the tree reads; others are left. */
void expression_mark_columns(const struct expression *expression, bool *used);
bool expression_equal(const struct expression *a, const struct expression *b);
/* False when it calls a function whose value changes by itself (CURRENT_TIMESTAMP, RAND). */
bool expression_is_deterministic(const struct expression *expression);
/* Whether an evaluation can end in an error (a division, a CAST from STRING). */
bool expression_can_fail(const struct expression *expression);
/* Reads no column. */
bool expression_is_constant(const struct expression *expression);
/* As EXPLAIN prints it: `>(amount, 10)`, `CAST(a AS BIGINT)`; columns by their names in schema. */
void expression_format(const struct expression *expression, const struct schema *schema,
                       struct buffer *buffer);
