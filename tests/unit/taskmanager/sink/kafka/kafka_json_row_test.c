#include "taskmanager/sink/kafka/kafka_sink_internal.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* One row, with a column for each of the values given. */
static void assert_row(struct data_type type, const void *value, enum json_timestamp_form form,
                       const char *expected)
{
    struct schema *schema = schema_create(1);
    schema_set_field(schema, 0, "a \"name\"", type);
    struct record_batch *batch = record_batch_create(schema, 1);
    batch->columns[0] = vector_create_constant(type, value, 1);
    struct buffer text = {0};
    kafka_json_row(batch, 0, form, &text);
    assert_string_equal(buffer_text(&text), expected);
    buffer_free(&text);
    record_batch_free(batch);
    schema_unref(schema);
}

static void numbers_are_bare_and_texts_escaped(void **context)
{
    (void)context;
    const char *text = "say \"hi\"\\\n\x01";
    struct string_value string = string_value_of(text, strlen(text));
    enum json_timestamp_form any = JSON_TIMESTAMP_ANY;
    assert_row(data_type_of(TYPE_BIGINT), &(int64_t){-5}, any, "{\"a \\\"name\\\"\":-5}");
    assert_row(data_type_of(TYPE_BOOLEAN), &(uint8_t){1}, any, "{\"a \\\"name\\\"\":true}");
    assert_row(data_type_of(TYPE_DOUBLE), &(double){1.5}, any, "{\"a \\\"name\\\"\":1.5}");
    assert_row(data_type_of(TYPE_DOUBLE), &(double){NAN}, any, "{\"a \\\"name\\\"\":\"NaN\"}");
    assert_row(data_type_of(TYPE_STRING), &string, any,
               "{\"a \\\"name\\\"\":\"say \\\"hi\\\"\\\\\\n\\u0001\"}");
    assert_row(data_type_of(TYPE_STRING), NULL, any, "{\"a \\\"name\\\"\":null}");
}

static void times_have_the_form_of_the_source(void **context)
{
    (void)context;
    struct data_type local = data_type_timestamp(TYPE_TIMESTAMP, 3);
    struct data_type zoned = data_type_timestamp(TYPE_TIMESTAMP_LTZ, 3);
    int64_t us = 1500000;
    assert_row(local, &us, JSON_TIMESTAMP_SQL, "{\"a \\\"name\\\"\":\"1970-01-01 00:00:01.500\"}");
    assert_row(zoned, &us, JSON_TIMESTAMP_ANY, "{\"a \\\"name\\\"\":\"1970-01-01 00:00:01.500Z\"}");
    assert_row(local, &us, JSON_TIMESTAMP_ISO8601, "{\"a \\\"name\\\"\":\"1970-01-01T00:00:01.5\"}");
    assert_row(zoned, &us, JSON_TIMESTAMP_ISO8601, "{\"a \\\"name\\\"\":\"1970-01-01T00:00:01.5Z\"}");
}

static void columns_are_side_by_side(void **context)
{
    (void)context;
    struct schema *schema = schema_create(2);
    schema_set_field(schema, 0, "a", data_type_of(TYPE_INT));
    schema_set_field(schema, 1, "b", data_type_of(TYPE_INT));
    struct record_batch *batch = record_batch_create(schema, 1);
    batch->columns[0] = vector_create_constant(data_type_of(TYPE_INT), &(int32_t){1}, 1);
    batch->columns[1] = vector_create_constant(data_type_of(TYPE_INT), &(int32_t){2}, 1);
    struct buffer text = {0};
    kafka_json_row(batch, 0, JSON_TIMESTAMP_ANY, &text);
    assert_string_equal(buffer_text(&text), "{\"a\":1,\"b\":2}");
    buffer_free(&text);
    record_batch_free(batch);
    schema_unref(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_bare_and_texts_escaped),
        cmocka_unit_test(times_have_the_form_of_the_source),
        cmocka_unit_test(columns_are_side_by_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
