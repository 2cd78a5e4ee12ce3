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

static void every_transform_has_its_name(void **state)
{
    struct fixture *fixture = *state;
    static const struct {
        struct iceberg_transform transform;
        const char *name;
    } cases[] = {
        {{ICEBERG_TRANSFORM_IDENTITY, 0}, "event_time"},
        {{ICEBERG_TRANSFORM_YEAR, 0}, "event_time_year"},
        {{ICEBERG_TRANSFORM_MONTH, 0}, "event_time_month"},
        {{ICEBERG_TRANSFORM_HOUR, 0}, "event_time_hour"},
        {{ICEBERG_TRANSFORM_BUCKET, 8}, "event_time_bucket"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct error error;
        struct iceberg_partition_spec *spec;
        const struct iceberg_partition_request request = {"event_time", cases[i].transform};
        assert_int_equal(
            iceberg_partition_spec_create(fixture->schema, &request, 1, fixture->arena, &spec, &error),
            STATUS_OK);
        assert_string_equal(spec->fields[0].name, cases[i].name);
        assert_int_equal(spec->fields[0].transform.parameter, cases[i].transform.parameter);
    }
    struct error error;
    struct iceberg_partition_spec *spec;
    const struct iceberg_partition_request truncate = {"event_type", {ICEBERG_TRANSFORM_TRUNCATE, 4}};
    assert_int_equal(
        iceberg_partition_spec_create(fixture->schema, &truncate, 1, fixture->arena, &spec, &error),
        STATUS_OK);
    assert_string_equal(spec->fields[0].name, "event_type_trunc");
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
        cmocka_unit_test_setup_teardown(specs_are_named_as_iceberg_names_them, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_transform_has_its_name, set_up, tear_down),
        cmocka_unit_test_setup_teardown(paths_are_escaped, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
