#include "common/connector/connector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct connector_option options[] = {
    {"rate", OPTION_INTEGER, false, "5", "rows a second", NULL},
    {"every", OPTION_DURATION, false, "10 s", "an interval", "each"},
    {"strict", OPTION_BOOLEAN, false, "false", "a switch", NULL},
    {"size", OPTION_MEMORY, false, NULL, "a size", NULL},
    {"topics", OPTION_LIST, true, NULL, "what to read", NULL},
    {"properties.", OPTION_PREFIX, false, NULL, "anything", NULL},
};
static const struct connector_definition definition = {"test", options, sizeof options / sizeof *options};

static enum status validate(const struct connector_property *items, size_t count, struct error *error)
{
    struct connector_properties properties = {.items = items, .count = count};
    return connector_validate(&definition, NULL, &properties, error);
}

static void durations_and_sizes_take_flinks_forms(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t ms;
    } durations[] = {{"10 s", 10000},   {"500ms", 500}, {"1 min", 60000},       {"2 h", 7200000},
                     {"3d", 259200000}, {"7", 7},       {" 1  minutes ", 60000}};
    int64_t value = 0;
    for (size_t i = 0; i < sizeof durations / sizeof *durations; i++) {
        assert_true(connector_parse_duration_ms(durations[i].text, &value));
        assert_int_equal(value, durations[i].ms);
    }
    assert_false(connector_parse_duration_ms("-1 s", &value));
    assert_false(connector_parse_duration_ms("ten s", &value));
    assert_false(connector_parse_duration_ms("9223372036854775807 d", &value));
    assert_true(connector_parse_memory_bytes("64 mb", &value));
    assert_int_equal(value, 64 << 20);
    assert_true(connector_parse_memory_bytes("1g", &value));
    assert_int_equal(value, 1 << 30);
    assert_false(connector_parse_memory_bytes("1 pb", &value));
}

static void unknown_options_name_the_nearest(void **state)
{
    (void)state;
    struct error error;
    const struct connector_property misspelt[] = {{"topics", "a"}, {"evry", "1 s"}};
    assert_int_equal(validate(misspelt, 2, &error), STATUS_INVALID_ARGUMENT);
    assert_string_equal(error.message,
                        "Unsupported option 'evry' for connector 'test'. Did you mean 'every'?");
    const struct connector_property prefixed[] = {{"topics", "a"}, {"propertis.x", "1"}};
    assert_int_equal(validate(prefixed, 2, &error), STATUS_INVALID_ARGUMENT);
    assert_string_equal(
        error.message, "Unsupported option 'propertis.x' for connector 'test'. Did you mean 'properties.x'?");
    const struct connector_property strange[] = {{"topics", "a"}, {"zzzzzz", "1"}};
    assert_int_equal(validate(strange, 2, &error), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "Supported options: rate, every"));
}

static void values_are_checked(void **state)
{
    (void)state;
    struct error error;
    const struct connector_property bad[] = {{"topics", "a"}, {"each", "soon"}};
    assert_int_equal(validate(bad, 2, &error), STATUS_INVALID_ARGUMENT);
    assert_string_equal(error.message,
                        "Invalid value 'soon' for option 'each': expected a duration like '10 s', "
                        "'500ms' or '1 min'.");
    const struct connector_property missing[] = {{"rate", "1"}};
    assert_int_equal(validate(missing, 1, &error), STATUS_INVALID_ARGUMENT);
    assert_string_equal(error.message, "The required option 'topics' of 'test' is missing: what to read.");
}

static void values_are_read_by_name_alias_and_default(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1024);
    const struct connector_property items[] = {{"connector", "test"},
                                               {"each", "2 s"},
                                               {"topics", "a; b;;c "},
                                               {"properties.x.y", "1"},
                                               {"strict", "TRUE"}};
    struct connector_properties properties = {.items = items, .count = 5};
    struct error error;
    assert_int_equal(connector_validate(&definition, NULL, &properties, &error), STATUS_OK);
    assert_int_equal(connector_option_duration_ms(&definition, &properties, "every"), 2000);
    assert_int_equal(connector_option_integer(&definition, &properties, "rate"), 5);
    assert_true(connector_option_boolean(&definition, &properties, "strict"));
    size_t count = 0;
    const char *const *topics = connector_option_list(&definition, &properties, "topics", arena, &count);
    assert_int_equal(count, 3);
    assert_string_equal(topics[1], "b");
    assert_string_equal(topics[2], "c");
    struct connector_properties rest = connector_properties_with_prefix(&properties, "properties.", arena);
    assert_int_equal(rest.count, 1);
    assert_string_equal(rest.items[0].key, "x.y");
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_and_sizes_take_flinks_forms),
        cmocka_unit_test(unknown_options_name_the_nearest),
        cmocka_unit_test(values_are_checked),
        cmocka_unit_test(values_are_read_by_name_alias_and_default),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
