#include "common/connector/iceberg/iceberg_connector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static enum status parse(struct arena *arena, const struct connector_property *items, size_t count,
                         const struct iceberg_config **ret_config, struct error *error)
{
    struct connector_properties properties = {.items = items, .count = count};
    enum status status = connector_validate(&iceberg_connector, NULL, &properties, error);
    if (status != STATUS_OK)
        return status;
    return iceberg_config_parse(&properties, "default_database", "events", arena, ret_config, error);
}

static void table_properties_stand_inline(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1024);
    const struct iceberg_config *config = NULL;
    struct error error;
    const struct connector_property options[] = {
        {"connector", "iceberg"},       {"catalog-name", "c"},
        {"catalog-type", "hadoop"},     {"warehouse", "file:///w"},
        {"database-name", "streaming"}, {"catalog-table", "t"},
        {"format-version", "2"},        {"write.target-file-size-bytes", "1000"},
    };
    assert_int_equal(parse(arena, options, 8, &config, &error), STATUS_OK);
    assert_string_equal(config->database, "streaming");
    assert_string_equal(config->table, "t");
    assert_int_equal(config->table_properties.count, 2);
    assert_int_equal(parse(arena, options, 4, &config, &error), STATUS_OK);
    assert_string_equal(config->database, "default_database");
    assert_string_equal(config->table, "events");
    assert_int_equal(config->table_properties.count, 0);
    arena_free(arena);
}

static void what_is_not_built_is_refused(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1024);
    const struct iceberg_config *config = NULL;
    struct error error;
    struct connector_property options[] = {{"catalog-name", "c"},
                                           {"catalog-type", "hadoop"},
                                           {"warehouse", "file:///w"},
                                           {"format-version", "3"}};
    assert_int_equal(parse(arena, options, 4, &config, &error), STATUS_UNSUPPORTED);
    options[3] = (struct connector_property){"write.format.default", "orc"};
    assert_int_equal(parse(arena, options, 4, &config, &error), STATUS_UNSUPPORTED);
    options[1].value = "rest";
    assert_int_equal(parse(arena, options, 3, &config, &error), STATUS_UNSUPPORTED);
    options[3] = (struct connector_property){"databasename", "x"};
    assert_int_equal(parse(arena, options, 4, &config, &error), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "Did you mean 'database-name'?"));
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_properties_stand_inline),
        cmocka_unit_test(what_is_not_built_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
