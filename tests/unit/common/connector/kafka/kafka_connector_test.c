#include "common/connector/kafka/kafka_connector.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ITEMS_MAX = 12 };

/* The two required options, then these. */
static enum status parse(struct arena *arena, const struct connector_property *more, size_t count,
                         const struct kafka_source_config **ret_config, struct error *error)
{
    struct connector_property items[ITEMS_MAX] = {
        {"connector", "kafka"}, {"topic", "events"}, {"properties.bootstrap.servers", "a:1,b:2"}};
    memcpy(items + 3, more, count * sizeof *more);
    struct connector_properties properties = {.items = items, .count = count + 3};
    enum status status = connector_validate(&kafka_connector, NULL, &properties, error);
    return status != STATUS_OK ? status : kafka_source_config_parse(&properties, arena, ret_config, error);
}

static void offsets_and_modes_are_read(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1024);
    const struct kafka_source_config *config = NULL;
    struct error error;
    const struct connector_property options[] = {
        {"scan.startup.mode", "specific-offsets"},
        {"scan.startup.specific-offsets", "partition:0,offset:42;partition:1,offset:300"},
        {"scan.bounded.mode", "timestamp"},
        {"scan.bounded.timestamp-millis", "1700000000000"},
        {"scan.topic-partition-discovery.interval", "0"},
        {"properties.fetch.max.wait.ms", "10"},
    };
    assert_int_equal(parse(arena, options, 6, &config, &error), STATUS_OK);
    assert_int_equal(config->startup_mode, KAFKA_STARTUP_SPECIFIC_OFFSETS);
    assert_int_equal(config->startup_offset_count, 2);
    assert_int_equal(config->startup_offsets[1].partition, 1);
    assert_int_equal(config->startup_offsets[1].offset, 300);
    assert_int_equal(config->bounded_mode, KAFKA_BOUNDED_TIMESTAMP);
    assert_int_equal(config->bounded_timestamp_ms, INT64_C(1700000000000));
    assert_int_equal(config->discovery_interval_ms, 0);
    assert_int_equal(config->properties.count, 2);
    assert_string_equal(config->properties.items[1].key, "fetch.max.wait.ms");
    assert_null(config->dead_letter_topic);
    arena_free(arena);
}

static void defaults_are_flinks(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1024);
    const struct kafka_source_config *config = NULL;
    struct error error;
    const struct connector_property options[] = {{"properties.group.id", "g"}};
    assert_int_equal(parse(arena, options, 1, &config, &error), STATUS_OK);
    assert_int_equal(config->startup_mode, KAFKA_STARTUP_GROUP_OFFSETS);
    assert_int_equal(config->bounded_mode, KAFKA_UNBOUNDED);
    assert_int_equal(config->discovery_interval_ms, 300000);
    assert_int_equal(parse(arena, options, 0, &config, &error), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "'properties.group.id' is required"));
    arena_free(arena);
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1024);
    const struct kafka_source_config *config = NULL;
    struct error error;
    static const char *const offsets[] = {"",
                                          "partition:0",
                                          "partition:0,offset:x",
                                          "partition:0,offset:1,",
                                          "partition:-1,offset:1",
                                          "partition:0,offset:-1",
                                          "partition:99999999999,offset:1"};
    for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
        const struct connector_property options[] = {{"scan.startup.mode", "specific-offsets"},
                                                     {"scan.startup.specific-offsets", offsets[i]}};
        assert_int_equal(parse(arena, options, 2, &config, &error), STATUS_INVALID_ARGUMENT);
    }
    const struct connector_property no_time[] = {{"scan.startup.mode", "timestamp"}};
    assert_int_equal(parse(arena, no_time, 1, &config, &error), STATUS_INVALID_ARGUMENT);
    const struct connector_property misspelt[] = {{"scan.startup.mode", "latest-ofset"}};
    assert_int_equal(parse(arena, misspelt, 1, &config, &error), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "Did you mean 'latest-offset'?"));
    const struct connector_property unknown[] = {{"scan.startup.mod", "latest-offset"}};
    assert_int_equal(parse(arena, unknown, 1, &config, &error), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "Did you mean 'scan.startup.mode'?"));
    arena_free(arena);
}

static void a_sink_has_one_topic(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1024);
    struct error error;
    const struct kafka_sink_config *config = NULL;
    const struct connector_property one[] = {{"topic", "out"}, {"properties.acks", "all"}};
    const struct connector_property two[] = {{"topic", "out;other"}};
    struct connector_properties properties = {.items = one, .count = 2};
    assert_int_equal(kafka_sink_config_parse(&properties, arena, &config, &error), STATUS_OK);
    assert_string_equal(config->topic, "out");
    assert_string_equal(config->properties.items[0].key, "acks");
    properties = (struct connector_properties){.items = two, .count = 1};
    assert_int_equal(kafka_sink_config_parse(&properties, arena, &config, &error), STATUS_INVALID_ARGUMENT);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(offsets_and_modes_are_read),
        cmocka_unit_test(defaults_are_flinks),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(a_sink_has_one_topic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
