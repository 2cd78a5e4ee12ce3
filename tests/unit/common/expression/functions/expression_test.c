#include "tests/unit/common/expression/functions/evaluation.h"

static tree column(struct evaluation *e, uint32_t index)
{
    return expression_column(e->arena, index, data_type_of(TYPE_INT));
}

static const char *format(struct evaluation *e, tree expression)
{
    struct schema *schema = schema_create(2);
    schema_set_field(schema, 0, "a", data_type_of(TYPE_INT));
    schema_set_field(schema, 1, "b", data_type_of(TYPE_INT));
    struct buffer buffer = {0};
    expression_format(expression, schema, &buffer);
    const char *result = arena_strdup(e->arena, buffer_text(&buffer));
    buffer_free(&buffer);
    schema_unref(schema);
    return result;
}

static void prints_as_in_explain(void **state)
{
    struct evaluation *e = *state;
    tree sum = call(e, "+", column(e, 0), number(e, 1), NULL);
    assert_string_equal(format(e, call(e, ">", sum, big(e, 7), NULL)), ">(CAST(+(a, 1) AS BIGINT), 7)");
    assert_string_equal(format(e, call(e, "COALESCE", column(e, 1), null(e), NULL)), "COALESCE(b, null)");
    assert_string_equal(format(e, call(e, "UPPER", text(e, "x"), NULL)), "UPPER('x')");
}

static void moves_columns(void **state)
{
    struct evaluation *e = *state;
    tree sum = call(e, "+", column(e, 0), column(e, 1), NULL);
    const uint32_t map[] = {1, 0};
    assert_string_equal(format(e, expression_map_columns(e->arena, sum, map)), "+(b, a)");
    const struct expression *replacements[] = {number(e, 5), sum};
    assert_string_equal(format(e, expression_substitute(e->arena, sum, replacements)), "+(5, +(a, b))");
    bool used[3] = {false};
    expression_mark_columns(call(e, "-", column(e, 1), NULL), used);
    assert_false(used[0]);
    assert_true(used[1]);
}

static void compares_trees(void **state)
{
    struct evaluation *e = *state;
    assert_true(expression_equal(call(e, "+", column(e, 0), number(e, 1), NULL),
                                 call(e, "+", column(e, 0), number(e, 1), NULL)));
    assert_false(expression_equal(call(e, "+", column(e, 0), number(e, 1), NULL),
                                  call(e, "+", column(e, 0), number(e, 2), NULL)));
    assert_false(expression_equal(text(e, "a"), text(e, "b")));
    assert_true(expression_equal(null(e), null(e)));
}

static void knows_what_can_fail(void **state)
{
    struct evaluation *e = *state;
    assert_true(expression_can_fail(call(e, "/", number(e, 1), column(e, 0), NULL)));
    assert_false(expression_can_fail(call(e, "/", column(e, 0), number(e, 2), NULL)));
    assert_true(expression_can_fail(call(e, "/", column(e, 0), number(e, 0), NULL)));
    assert_false(expression_can_fail(call(e, "/", column(e, 0), real(e, 0), NULL)));
    assert_true(expression_can_fail(cast(e, text(e, "1"), data_type_of(TYPE_INT))));
    assert_false(expression_is_constant(column(e, 0)));
    assert_true(expression_is_constant(call(e, "UPPER", text(e, "x"), NULL)));
}

static void flattens_conjunctions(void **state)
{
    struct evaluation *e = *state;
    tree condition = call(e, ">", column(e, 0), number(e, 1), NULL);
    tree both = call(e, "AND", condition, condition, NULL);
    assert_int_equal(call(e, "AND", both, both, NULL)->num_arguments, 4);
    assert_int_equal(call(e, "OR", both, condition, NULL)->num_arguments, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EVALUATION_TEST(prints_as_in_explain),  EVALUATION_TEST(moves_columns),
        EVALUATION_TEST(compares_trees),        EVALUATION_TEST(knows_what_can_fail),
        EVALUATION_TEST(flattens_conjunctions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
