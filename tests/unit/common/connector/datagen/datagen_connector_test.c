#include "common/connector/datagen/datagen_connector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct schema *make_schema(void)
{
    struct schema *schema = schema_create(3);
    schema_set_field(schema, 0, "id", data_type_of(TYPE_BIGINT));
    schema_set_field(schema, 1, "a.b", data_type_of(TYPE_STRING));
    schema_set_field(schema, 2, "price", data_type_decimal(6, 2));
    return schema;
}

static enum status parse(struct arena *arena, const struct connector_property *items, size_t count,
                         const struct datagen_config **ret_config, struct error *error)
{
    struct schema *schema = make_schema();
    struct connector_properties properties = {.items = items, .count = count};
    enum status status = connector_validate(&datagen_connector, NULL, &properties, error);
    if (status == STATUS_OK)
        status = datagen_config_parse(&properties, schema, arena, ret_config, error);
    schema_unref(schema);
    return status;
}

static void fields_are_configured_by_name(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1024);
    const struct datagen_config *config = NULL;
    struct error error;
    const struct connector_property options[] = {
        {"rows-per-second", "5"},     {"number-of-rows", "20"},         {"fields.id.kind", "sequence"},
        {"fields.id.start", "1"},     {"fields.id.end", "20"},          {"fields.a.b.length", "4"},
        {"fields.price.max", "99.5"}, {"fields.a.b.null-rate", "0.25"},
    };
    assert_int_equal(parse(arena, options, 8, &config, &error), STATUS_OK);
    assert_int_equal(config->rows_per_second, 5);
    assert_int_equal(config->number_of_rows, 20);
    assert_int_equal(config->fields[0].kind, DATAGEN_SEQUENCE);
    assert_int_equal(config->fields[0].end, 20);
    assert_int_equal(config->fields[1].length, 4);
    assert_true(config->fields[1].null_rate == 0.25);
    assert_true(config->fields[2].max_double == 99.5 && config->fields[2].min_double == 0);
    arena_free(arena);
}

static void without_options_there_is_no_end(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1024);
    const struct datagen_config *config = NULL;
    struct error error;
    assert_int_equal(parse(arena, NULL, 0, &config, &error), STATUS_OK);
    assert_int_equal(config->rows_per_second, 10000);
    assert_int_equal(config->number_of_rows, -1);
    assert_int_equal(config->fields[1].length, 100);
    assert_true(config->fields[2].max_double == 10000);
    arena_free(arena);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1024);
    const struct datagen_config *config = NULL;
    struct error error;
    static const struct connector_property wrong[] = {
        {"fields.id.kind", "sequence"}, {"fields.id.kind", "series"}, {"fields.x.length", "4"},
        {"fields.id.lenght", "4"},      {"fields.a.b.length", "-1"},  {"fields.price.null-rate", "2"},
        {"rows-per-second", "0"},       {"fields.id", "1"},           {"fields.price.min", "100000"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(parse(arena, &wrong[i], 1, &config, &error), STATUS_INVALID_ARGUMENT);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_configured_by_name),
        cmocka_unit_test(without_options_there_is_no_end),
        cmocka_unit_test(what_does_not_fit_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
