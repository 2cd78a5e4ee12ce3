#include "common/connector/json/json_format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static enum status parse(struct arena *arena, const struct connector_property *items, size_t count,
                         const struct json_format_config **ret_config, struct error *error)
{
    struct connector_properties properties = {.items = items, .count = count};
    return json_format_config_parse(&properties, arena, ret_config, error);
}

static void options_are_read_under_both_names(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1024);
    const struct json_format_config *config = NULL;
    struct error error;
    assert_int_equal(parse(arena, NULL, 0, &config, &error), STATUS_OK);
    assert_int_equal(config->timestamp_form, JSON_TIMESTAMP_ANY);
    assert_false(config->ignore_parse_errors || config->fail_on_missing_field);
    const struct connector_property options[] = {{"value.json.ignore-parse-errors", "true"},
                                                 {"json.timestamp-format.standard", "iso-8601"}};
    assert_int_equal(parse(arena, options, 2, &config, &error), STATUS_OK);
    assert_true(config->ignore_parse_errors);
    assert_int_equal(config->timestamp_form, JSON_TIMESTAMP_ISO8601);
    arena_free(arena);
}

static void contradictions_are_refused(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1024);
    const struct json_format_config *config = NULL;
    struct error error;
    const struct connector_property both[] = {{"json.ignore-parse-errors", "true"},
                                              {"json.fail-on-missing-field", "true"}};
    assert_int_equal(parse(arena, both, 2, &config, &error), STATUS_INVALID_ARGUMENT);
    const struct connector_property form[] = {{"json.timestamp-format.standard", "RFC-822"}};
    assert_int_equal(parse(arena, form, 1, &config, &error), STATUS_INVALID_ARGUMENT);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_read_under_both_names),
        cmocka_unit_test(contradictions_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
