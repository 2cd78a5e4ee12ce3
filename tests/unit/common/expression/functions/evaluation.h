#pragma once

/* Builds calls out of literals and gives their results as text, for the tests of this folder. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "common/base/memory.h"
#include "common/expression/expression_program.h"
#include "common/expression/functions/functions.h"
#include "common/expression/value_format.h"
#include "common/expression/value_parse.h"

enum { EVALUATION_ROWS = 70, EVALUATION_COLUMNS = 16 };

struct evaluation {
    struct arena *arena;
    struct time_zone *zone;
    struct clock clock;
    const struct expression *columns[EVALUATION_COLUMNS]; /* literals that a tree was given as columns */
    uint32_t num_columns;
};

static inline int64_t evaluation_now(void *context)
{
    (void)context;
    return INT64_C(1704164645123456); /* 2024-01-02 03:04:05.123456 */
}

static inline int evaluation_set_up(void **state)
{
    struct evaluation *evaluation = mem_calloc(1, sizeof *evaluation);
    evaluation->arena = arena_create(4096);
    evaluation->zone = time_zone_create_fixed(0);
    evaluation->clock = (struct clock){.wall_us = evaluation_now, .monotonic_us = evaluation_now};
    *state = evaluation;
    return 0;
}

static inline int evaluation_tear_down(void **state)
{
    struct evaluation *evaluation = *state;
    arena_free(evaluation->arena);
    time_zone_free(evaluation->zone);
    free(evaluation);
    return 0;
}

typedef const struct expression *tree;

static inline tree text(struct evaluation *e, const char *value)
{
    return expression_literal_string(e->arena, value, strlen(value));
}

static inline tree number(struct evaluation *e, int32_t value)
{
    return expression_literal_int(e->arena, value);
}

static inline tree big(struct evaluation *e, int64_t value)
{
    return expression_literal_bigint(e->arena, value);
}

static inline tree real(struct evaluation *e, double value)
{
    return expression_literal(e->arena, data_type_of(TYPE_DOUBLE), &value);
}

static inline tree truth(struct evaluation *e, bool value)
{
    return expression_literal_boolean(e->arena, value);
}

static inline tree null(struct evaluation *e)
{
    return expression_literal_null(e->arena);
}

static inline tree decimal(struct evaluation *e, const char *value, uint8_t precision, uint8_t scale)
{
    int128_t unscaled = 0;
    assert_true(value_parse_decimal(value, strlen(value), precision, scale, &unscaled));
    return expression_literal(e->arena, data_type_decimal(precision, scale), &unscaled);
}

static inline tree date(struct evaluation *e, const char *value)
{
    int32_t days = 0;
    assert_true(value_parse_date(value, strlen(value), &days));
    return expression_literal(e->arena, data_type_of(TYPE_DATE), &days);
}

static inline tree time_of(struct evaluation *e, enum type_kind kind, uint8_t precision, const char *value)
{
    struct value_timestamp timestamp;
    assert_true(value_parse_timestamp(value, strlen(value), &timestamp));
    return expression_literal(e->arena, data_type_timestamp(kind, precision), &timestamp.us);
}

static inline tree timestamp(struct evaluation *e, const char *value)
{
    return time_of(e, TYPE_TIMESTAMP, 6, value);
}

static inline tree cast(struct evaluation *e, tree argument, struct data_type type)
{
    struct error error;
    tree result = NULL;
    assert_int_equal(expression_cast(e->arena, argument, type, false, &result, &error), STATUS_OK);
    return result;
}

/* A call; the arguments end with NULL. The tree is NULL and *ret_error filled when it is refused. */
static inline tree call_va(struct evaluation *e, const char *name, struct error *ret_error, va_list list)
{
    tree arguments[EVALUATION_COLUMNS];
    uint32_t count = 0;
    for (tree argument = va_arg(list, tree); argument != NULL; argument = va_arg(list, tree))
        arguments[count++] = argument;
    tree result = NULL;
    return function_call(e->arena, name, arguments, count, &result, ret_error) == STATUS_OK ? result : NULL;
}

static inline tree call(struct evaluation *e, const char *name, ...)
{
    struct error error;
    va_list list;
    va_start(list, name);
    tree result = call_va(e, name, &error, list);
    va_end(list);
    if (result == NULL)
        fail_msg("%s: %s", name, error.message);
    return result;
}

/* The message of a call that is refused. */
static inline const char *refusal(struct evaluation *e, const char *name, ...)
{
    struct error error;
    va_list list;
    va_start(list, name);
    tree result = call_va(e, name, &error, list);
    va_end(list);
    assert_null(result);
    return arena_strdup(e->arena, error.message);
}

static inline const char *type_text(struct evaluation *e, tree expression)
{
    struct buffer buffer = {0};
    data_type_format(expression->type, &buffer);
    const char *result = arena_strdup(e->arena, buffer_text(&buffer));
    buffer_free(&buffer);
    return result;
}

static inline const char *row_text(struct evaluation *e, const struct vector *vector, uint32_t row)
{
    struct buffer buffer = {0};
    value_format_row(VALUE_SQL, vector, row, e->zone, "NULL", &buffer);
    const char *result = arena_strndup(e->arena, buffer_text(&buffer), buffer.size);
    buffer_free(&buffer);
    return result;
}

/* Replaces the literals of a tree by columns, so that the kernels see vectors. */
static inline tree with_columns(struct evaluation *e, tree expression)
{
    if (expression->kind == EXPRESSION_LITERAL && expression->value != NULL &&
        e->num_columns < EVALUATION_COLUMNS) {
        e->columns[e->num_columns] = expression;
        return expression_column(e->arena, e->num_columns++, expression->type);
    }
    if (expression->num_arguments == 0)
        return expression;
    tree arguments[EVALUATION_COLUMNS];
    for (uint32_t i = 0; i < expression->num_arguments; i++)
        arguments[i] = with_columns(e, expression->arguments[i]);
    return expression_node(e->arena, expression->kind, expression->type, expression->function, arguments,
                           expression->num_arguments);
}

/* Every third row is NULL, from the second on. */
static inline bool is_null_row(uint32_t row)
{
    return row % 3 == 1;
}

static inline struct record_batch *columns_batch(struct evaluation *e, uint32_t num_rows)
{
    struct schema *schema = schema_create(e->num_columns);
    for (uint32_t i = 0; i < e->num_columns; i++)
        schema_set_field(schema, i, "c", e->columns[i]->type);
    struct record_batch *batch = record_batch_create(schema, num_rows);
    schema_unref(schema);
    for (uint32_t i = 0; i < e->num_columns; i++) {
        struct vector *constant = vector_create_constant(e->columns[i]->type, e->columns[i]->value, num_rows);
        batch->columns[i] = vector_flatten(constant);
        vector_unref(constant);
        size_t width = data_type_width(e->columns[i]->type.kind);
        for (uint32_t row = 0; row < num_rows; row++) {
            if (!is_null_row(row))
                continue;
            vector_set_null(batch->columns[i], row);
            /* what stands there must not matter */
            memset((char *)batch->columns[i]->values + width * row, row % 2 ? 0 : 0xA5, width);
        }
    }
    return batch;
}

/* The same tree over columns must give the same in every row that is not NULL. */
static inline void check_columns(struct evaluation *e, tree expression, const char *expected)
{
    e->num_columns = 0;
    tree over_columns = with_columns(e, expression);
    if (e->num_columns == 0)
        return;
    struct expression_program *program = expression_program_compile(&over_columns, 1, e->clock, e->zone);
    struct record_batch *batch = columns_batch(e, EVALUATION_ROWS);
    struct vector *result;
    struct error error;
    if (expression_program_evaluate(program, batch, &result, &error) != STATUS_OK) {
        assert_string_equal(arena_printf(e->arena, "error: %s", error.message), expected);
    } else {
        assert_int_equal(result->length, EVALUATION_ROWS);
        for (uint32_t row = 0; row < EVALUATION_ROWS; row++)
            if (!is_null_row(row))
                assert_string_equal(row_text(e, result, row), expected);
        vector_unref(result);
    }
    record_batch_free(batch);
    batch = columns_batch(e, 0);
    assert_int_equal(expression_program_evaluate(program, batch, &result, &error), STATUS_OK);
    assert_int_equal(result->length, 0);
    vector_unref(result);
    record_batch_free(batch);
    expression_program_free(program);
}

/* The result as text, "NULL", or "error: " and the message. */
static inline const char *value_of(struct evaluation *e, tree expression)
{
    struct error error;
    tree literal = NULL;
    const char *result = "NULL";
    if (expression_evaluate_constant(e->arena, expression, e->clock, e->zone, &literal, &error) !=
        STATUS_OK) {
        result = arena_printf(e->arena, "error: %s", error.message);
    } else if (literal->value != NULL) {
        struct buffer buffer = {0};
        value_format(VALUE_SQL, literal->type, literal->value, e->zone, &buffer);
        result = arena_strndup(e->arena, buffer_text(&buffer), buffer.size);
        buffer_free(&buffer);
    }
    check_columns(e, expression, result);
    return result;
}

#define EXPECT(expression, expected) assert_string_equal(value_of(e, (expression)), (expected))
#define EVALUATION_TEST(name)        cmocka_unit_test_setup_teardown(name, evaluation_set_up, evaluation_tear_down)
