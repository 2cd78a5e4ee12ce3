#include "tests/unit/common/expression/functions/evaluation.h"

/* A batch of x INT (0, 1, NULL, 3, 0, 1, ...), s STRING ("0", "1", ... or NULL where x is), b BOOLEAN. */
static struct record_batch *sample_batch(uint32_t num_rows)
{
    struct schema *schema = schema_create(3);
    schema_set_field(schema, 0, "x", data_type_of(TYPE_INT));
    schema_set_field(schema, 1, "s", data_type_of(TYPE_STRING));
    schema_set_field(schema, 2, "b", data_type_of(TYPE_BOOLEAN));
    struct record_batch *batch = record_batch_create(schema, num_rows);
    for (uint32_t i = 0; i < 3; i++) {
        batch->columns[i] = vector_create(schema->fields[i].type, num_rows);
        batch->columns[i]->length = num_rows;
    }
    schema_unref(schema);
    for (uint32_t row = 0; row < num_rows; row++) {
        ((int32_t *)batch->columns[0]->values)[row] = (int32_t)(row % 4);
        char digit = (char)('0' + row % 4);
        ((struct string_value *)batch->columns[1]->values)[row] =
            string_heap_add(vector_ensure_heap(batch->columns[1]), &digit, 1);
        ((uint8_t *)batch->columns[2]->values)[row] = row % 2;
        if (row % 4 == 2) {
            vector_set_null(batch->columns[0], row);
            vector_set_null(batch->columns[1], row);
        }
    }
    return batch;
}

static tree x(struct evaluation *e)
{
    return expression_column(e->arena, 0, data_type_of(TYPE_INT));
}

static tree s(struct evaluation *e)
{
    return expression_column(e->arena, 1, data_type_of(TYPE_STRING));
}

static tree b(struct evaluation *e)
{
    return expression_column(e->arena, 2, data_type_of(TYPE_BOOLEAN));
}

/* The first rows of the result, separated by spaces, or the error. */
static const char *rows_of(struct evaluation *e, tree expression, struct record_batch *batch)
{
    struct expression_program *program = expression_program_compile(&expression, 1, e->clock, e->zone);
    struct vector *result;
    struct error error;
    const char *text_of_rows = "";
    if (expression_program_evaluate(program, batch, &result, &error) != STATUS_OK) {
        text_of_rows = arena_printf(e->arena, "error: %s", error.message);
    } else {
        assert_int_equal(result->length, batch->num_rows);
        for (uint32_t row = 0; row < batch->num_rows; row++) {
            const char *value = row_text(e, result, row);
            if (row < 5)
                text_of_rows = arena_printf(e->arena, "%s%s%s", text_of_rows, row == 0 ? "" : " ", value);
            else /* the sample repeats itself */
                assert_string_equal(value, row_text(e, result, row % 4));
        }
        vector_unref(result);
    }
    expression_program_free(program);
    return text_of_rows;
}

static void expect_rows(struct evaluation *e, tree expression, const char *expected)
{
    struct record_batch *batch = sample_batch(133);
    assert_string_equal(rows_of(e, expression, batch), expected);
    record_batch_free(batch);
}

static tree one_over_x(struct evaluation *e)
{
    return call(e, "/", number(e, 6), x(e), NULL);
}

static tree x_not_zero(struct evaluation *e)
{
    return call(e, "<>", x(e), number(e, 0), NULL);
}

static void guards_failing_branches(void **state)
{
    struct evaluation *e = *state;
    expect_rows(e, one_over_x(e),
                "error: / by zero; guard the division, as in CASE WHEN x <> 0 THEN y / x END");
    expect_rows(e, call(e, "CASE", x_not_zero(e), one_over_x(e), NULL), "NULL 6 NULL 2 NULL");
    expect_rows(e, call(e, "IF", x_not_zero(e), one_over_x(e), number(e, -1), NULL), "-1 6 -1 2 -1");
    tree greater = call(e, ">", one_over_x(e), number(e, 3), NULL);
    expect_rows(e, call(e, "AND", x_not_zero(e), greater, NULL), "FALSE TRUE NULL FALSE FALSE");
    tree zero = call(e, "=", x(e), number(e, 0), NULL);
    expect_rows(e, call(e, "OR", zero, greater, NULL), "TRUE TRUE NULL FALSE TRUE");
    expect_rows(e, call(e, "COALESCE", call(e, "NULLIF", x(e), number(e, 1), NULL), one_over_x(e), NULL),
                "0 6 NULL 3 0");
    /* guards within guards */
    tree inner = call(e, "CASE", call(e, "=", one_over_x(e), number(e, 6), NULL), text(e, "six"),
                      text(e, "less"), NULL);
    expect_rows(e, call(e, "CASE", x_not_zero(e), inner, text(e, "none"), NULL), "none six none less none");
    tree cast_guard =
        call(e, "CASE", call(e, "<>", s(e), text(e, "3"), NULL),
             cast(e, call(e, "REPLACE", s(e), text(e, "3"), text(e, "x"), NULL), data_type_of(TYPE_INT)),
             number(e, 33), NULL);
    expect_rows(e, cast_guard, "0 1 33 33 0");
}

static void evaluates_branches(void **state)
{
    struct evaluation *e = *state;
    tree is_one = call(e, "=", x(e), number(e, 1), NULL);
    tree is_three = call(e, "=", x(e), number(e, 3), NULL);
    expect_rows(e, call(e, "CASE", is_one, text(e, "one"), is_three, s(e), text(e, "else"), NULL),
                "else one else 3 else");
    expect_rows(e, call(e, "CASE", is_one, x(e), NULL), "NULL 1 NULL NULL NULL");
    expect_rows(e, call(e, "COALESCE", x(e), number(e, 9), NULL), "0 1 9 3 0");
    expect_rows(e, call(e, "IFNULL", s(e), text(e, "-"), NULL), "0 1 - 3 0");
    expect_rows(e, call(e, "COALESCE", null(e), x(e), NULL), "0 1 NULL 3 0");
    expect_rows(e, call(e, "NULLIF", x(e), number(e, 1), NULL), "0 NULL NULL 3 0");
    expect_rows(e, call(e, "CASE", b(e), number(e, 1), real(e, 0.5), NULL), "0.5 1.0 0.5 1.0 0.5");
    assert_string_equal(type_text(e, call(e, "CASE", b(e), number(e, 1), big(e, 2), NULL)),
                        "BIGINT NOT NULL");
    assert_non_null(strstr(refusal(e, "CASE", b(e), number(e, 1), text(e, "a"), NULL), "no common type"));
    assert_non_null(strstr(refusal(e, "AND", b(e), number(e, 1), NULL), "no condition"));
}

static void follows_three_valued_logic(void **state)
{
    struct evaluation *e = *state;
    tree values[] = {truth(e, true), truth(e, false), null(e)};
    static const char *const and_table[] = {"TRUE",  "FALSE", "NULL",  "FALSE", "FALSE",
                                            "FALSE", "NULL",  "FALSE", "NULL"};
    static const char *const or_table[] = {"TRUE", "TRUE", "TRUE", "TRUE", "FALSE",
                                           "NULL", "TRUE", "NULL", "NULL"};
    for (int i = 0; i < 9; i++) {
        EXPECT(call(e, "AND", values[i / 3], values[i % 3], NULL), and_table[i]);
        EXPECT(call(e, "OR", values[i / 3], values[i % 3], NULL), or_table[i]);
    }
    tree x_null = call(e, "=", x(e), null(e), NULL);
    expect_rows(e, call(e, "AND", b(e), x_null, truth(e, true), NULL), "FALSE NULL FALSE NULL FALSE");
}

static void keeps_columns_and_constants(void **state)
{
    struct evaluation *e = *state;
    struct record_batch *batch = sample_batch(100);
    tree roots[] = {s(e), number(e, 5), call(e, "UPPER", text(e, "k"), NULL), x(e)};
    struct expression_program *program = expression_program_compile(roots, 4, e->clock, e->zone);
    struct vector *columns[4];
    struct error error;
    assert_int_equal(expression_program_evaluate(program, batch, columns, &error), STATUS_OK);
    assert_ptr_equal(columns[0], batch->columns[1]);
    assert_ptr_equal(columns[3], batch->columns[0]);
    assert_int_equal(columns[1]->encoding, VECTOR_CONSTANT);
    assert_int_equal(columns[2]->encoding, VECTOR_CONSTANT);
    assert_int_equal(columns[2]->length, 100);
    /* what was emitted outlives the program and the batch */
    expression_program_free(program);
    record_batch_free(batch);
    assert_string_equal(row_text(e, columns[2], 99), "K");
    assert_string_equal(row_text(e, columns[0], 99), "3");
    for (int i = 0; i < 4; i++)
        vector_unref(columns[i]);
}

static void filters_rows(void **state)
{
    struct evaluation *e = *state;
    struct record_batch *batch = sample_batch(130);
    tree condition = call(e, ">", x(e), number(e, 0), NULL);
    struct expression_program *program = expression_program_compile(&condition, 1, e->clock, e->zone);
    uint32_t rows[130];
    uint32_t count = 0;
    struct error error;
    assert_int_equal(expression_program_filter(program, batch, rows, &count, &error), STATUS_OK);
    assert_int_equal(count, 65);
    for (uint32_t i = 0; i < count; i++)
        assert_int_equal(rows[i], i / 2 * 4 + (i % 2 == 0 ? 1 : 3));
    expression_program_free(program);

    tree upper = call(e, "||", s(e), text(e, "!"), NULL);
    program = expression_program_compile(&upper, 1, e->clock, e->zone);
    struct vector *column;
    assert_int_equal(expression_program_evaluate_rows(program, batch, rows, 3, &column, &error), STATUS_OK);
    assert_int_equal(column->length, 3);
    assert_string_equal(row_text(e, column, 1), "3!");
    vector_unref(column);
    expression_program_free(program);
    record_batch_free(batch);
}

/* s as a dictionary of its four texts. */
static void use_dictionary(struct record_batch *batch)
{
    struct vector *texts = vector_create(data_type_of(TYPE_STRING), 4);
    texts->length = 4;
    for (uint32_t i = 0; i < 4; i++) {
        char digit = (char)('0' + i);
        ((struct string_value *)texts->values)[i] = string_heap_add(vector_ensure_heap(texts), &digit, 1);
    }
    struct vector *encoded = vector_create_dictionary(texts, batch->num_rows);
    for (uint32_t row = 0; row < batch->num_rows; row++) {
        encoded->indices[row] = row % 4;
        if (row % 4 == 2)
            vector_set_null(encoded, row);
    }
    vector_unref(batch->columns[1]);
    batch->columns[1] = encoded;
}

static void works_on_dictionaries(void **state)
{
    struct evaluation *e = *state;
    struct record_batch *batch = sample_batch(133);
    use_dictionary(batch);
    assert_string_equal(rows_of(e, call(e, "=", s(e), text(e, "3"), NULL), batch),
                        "FALSE FALSE NULL TRUE FALSE");
    assert_string_equal(rows_of(e, call(e, "||", s(e), text(e, "a"), NULL), batch), "0a 1a NULL 3a 0a");
    assert_string_equal(rows_of(e, call(e, "||", s(e), s(e), NULL), batch), "00 11 NULL 33 00");
    assert_string_equal(rows_of(e, call(e, "COALESCE", s(e), text(e, "z"), NULL), batch), "0 1 z 3 0");
    assert_string_equal(rows_of(e, cast(e, s(e), data_type_of(TYPE_INT)), batch), "0 1 NULL 3 0");
    record_batch_free(batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        EVALUATION_TEST(guards_failing_branches),
        EVALUATION_TEST(evaluates_branches),
        EVALUATION_TEST(follows_three_valued_logic),
        EVALUATION_TEST(keeps_columns_and_constants),
        EVALUATION_TEST(filters_rows),
        EVALUATION_TEST(works_on_dictionaries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
