#include "taskmanager/source/kafka/kafka_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static enum status check(const char *key, struct data_type type, struct error *error)
{
    struct schema *schema = schema_create(1);
    schema_set_field(schema, 0, "m", type);
    const struct plan_source_field field = {.origin = PLAN_FIELD_METADATA, .metadata_key = key};
    const struct plan_source source = {.kind = PLAN_SOURCE_KAFKA, .table = "t", .fields = &field};
    const struct plan_node node = {.kind = PLAN_SOURCE, .schema = schema, .source = &source};
    enum status status = kafka_batch_check_schema(&node, error);
    schema_unref(schema);
    return status;
}

static void test_metadata_columns(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(check("topic", data_type_of(TYPE_STRING), &error), STATUS_OK);
    assert_int_equal(check("partition", data_type_of(TYPE_INT), &error), STATUS_OK);
    assert_int_equal(check("partition", data_type_of(TYPE_BIGINT), &error), STATUS_OK);
    assert_int_equal(check("offset", data_type_of(TYPE_BIGINT), &error), STATUS_OK);
    assert_int_equal(check("timestamp", data_type_timestamp(TYPE_TIMESTAMP_LTZ, 3), &error), STATUS_OK);
    assert_int_equal(check("timestamp-type", data_type_of(TYPE_STRING), &error), STATUS_OK);
    assert_int_equal(check("leader-epoch", data_type_of(TYPE_INT), &error), STATUS_OK);
    assert_int_equal(check("offset", data_type_of(TYPE_INT), &error), STATUS_INVALID_ARGUMENT);
    assert_int_equal(check("topic", data_type_of(TYPE_BIGINT), &error), STATUS_INVALID_ARGUMENT);
    assert_int_equal(check("offsets", data_type_of(TYPE_BIGINT), &error), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "Invalid metadata key 'offsets'"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_metadata_columns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
