#include "common/iceberg/partition_spec.h"

#include "common/iceberg/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ARENA_BYTES = 4096 };

struct fixture {
    struct arena *arena;
    struct iceberg_schema *schema;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct error error;
    struct schema *columns = schema_create(3);
    schema_set_field(columns, 0, "event_type", data_type_of(TYPE_STRING));
    schema_set_field(columns, 1, "event_time", data_type_of(TYPE_TIMESTAMP));
    schema_set_field(columns, 2, "event_time_day", data_type_of(TYPE_STRING));
    fixture->arena = arena_create(ARENA_BYTES);
    assert_int_equal(iceberg_schema_from_sql(columns, NULL, 0, fixture->arena, &fixture->schema, &error),
                     STATUS_OK);
    schema_unref(columns);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static void days_round_down_before_1970(void **state)
{
    (void)state;
    const int64_t day_us = INT64_C(86400000000);
    assert_int_equal(iceberg_day_of_micros(0), 0);
    assert_int_equal(iceberg_day_of_micros(day_us - 1), 0);
    assert_int_equal(iceberg_day_of_micros(day_us), 1);
    assert_int_equal(iceberg_day_of_micros(-1), -1);
    assert_int_equal(iceberg_day_of_micros(-day_us), -1);
    assert_int_equal(iceberg_day_of_micros(-day_us - 1), -2);
}

static void specs_are_named_as_iceberg_names_them(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    struct iceberg_partition_spec *spec;
    const struct iceberg_partition_request requests[] = {
        {"event_type", {ICEBERG_TRANSFORM_IDENTITY, 0}},
    };
    assert_int_equal(
        iceberg_partition_spec_create(fixture->schema, requests, 1, fixture->arena, &spec, &error),
        STATUS_OK);
    assert_string_equal(spec->fields[0].name, "event_type");
    assert_int_equal(spec->fields[0].field_id, 1000);
    assert_int_equal(spec->fields[0].source_id, 1);

    const struct iceberg_partition_request clash[] = {{"event_time", {ICEBERG_TRANSFORM_DAY, 0}}};
    assert_int_equal(iceberg_partition_spec_create(fixture->schema, clash, 1, fixture->arena, &spec, &error),
                     STATUS_INVALID_ARGUMENT); /* a column is called event_time_day */
    const struct iceberg_partition_request misfit[] = {{"event_type", {ICEBERG_TRANSFORM_DAY, 0}}};
    assert_int_equal(iceberg_partition_spec_create(fixture->schema, misfit, 1, fixture->arena, &spec, &error),
                     STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "day"));
    const struct iceberg_partition_request unknown[] = {{"nothing", {ICEBERG_TRANSFORM_IDENTITY, 0}}};
    assert_int_equal(
        iceberg_partition_spec_create(fixture->schema, unknown, 1, fixture->arena, &spec, &error),
        STATUS_INVALID_ARGUMENT);
}

static void transforms_read_and_write_their_names(void **state)
{
    (void)state;
    static const char *const names[] = {"identity", "year", "month",      "day",
                                        "hour",     "void", "bucket[16]", "truncate[4]"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct buffer text = {0};
        iceberg_transform_format(iceberg_transform_parse(names[i]), &text);
        assert_string_equal(buffer_text(&text), names[i]);
        buffer_free(&text);
    }
    assert_int_equal(iceberg_transform_parse("zorder").kind, ICEBERG_TRANSFORM_UNKNOWN);
    assert_int_equal(iceberg_transform_parse("bucket").kind, ICEBERG_TRANSFORM_UNKNOWN);
}

static void values_are_transformed(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    struct bytes_view result;
    struct iceberg_type type = {.kind = ICEBERG_TIMESTAMPTZ};
    struct iceberg_transform day = {ICEBERG_TRANSFORM_DAY, 0};
    int64_t number;
    assert_int_equal(iceberg_transform_apply(day, type, iceberg_value_from_long(-1, fixture->arena),
                                             fixture->arena, &result, &error),
                     STATUS_OK);
    assert_true(iceberg_value_to_long((struct iceberg_type){.kind = ICEBERG_DATE}, result, &number));
    assert_int_equal(number, -1);
    assert_int_equal(
        iceberg_transform_apply(day, type, (struct bytes_view){NULL, 0}, fixture->arena, &result, &error),
        STATUS_OK);
    assert_null(result.data);
    struct iceberg_transform bucket = {ICEBERG_TRANSFORM_BUCKET, 4};
    assert_int_equal(
        iceberg_transform_apply(bucket, type, (struct bytes_view){NULL, 0}, fixture->arena, &result, &error),
        STATUS_UNSUPPORTED);
}

static void paths_are_escaped(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    struct buffer path = {0};
    struct iceberg_partition_field fields[] = {
        {.source_id = 1,
         .field_id = 1000,
         .name = "event_type",
         .transform = {ICEBERG_TRANSFORM_IDENTITY, 0}},
        {.source_id = 2, .field_id = 1001, .name = "a day", .transform = {ICEBERG_TRANSFORM_DAY, 0}},
        {.source_id = 3, .field_id = 1002, .name = "x", .transform = {ICEBERG_TRANSFORM_IDENTITY, 0}},
    };
    struct iceberg_partition_spec spec = {.num_fields = 3, .fields = fields};
    struct bytes_view values[] = {iceberg_value_from_bytes("../a=b\xc3\xa9", 8, fixture->arena),
                                  iceberg_value_from_int(-1, fixture->arena),
                                  {NULL, 0}};
    assert_int_equal(iceberg_partition_path(&spec, fixture->schema, values, &path, &error), STATUS_OK);
    assert_string_equal(buffer_text(&path), "event_type=..%2Fa%3Db%C3%A9/a+day=1969-12-31/x=null");
    buffer_free(&path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_round_down_before_1970),
        cmocka_unit_test_setup_teardown(specs_are_named_as_iceberg_names_them, set_up, tear_down),
        cmocka_unit_test(transforms_read_and_write_their_names),
        cmocka_unit_test_setup_teardown(values_are_transformed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(paths_are_escaped, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
