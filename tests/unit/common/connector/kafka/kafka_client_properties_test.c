#include "common/connector/kafka/kafka_client_properties.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct made {
    struct arena *arena;
    struct kafka_client_settings settings;
    struct error error;
    enum status status;
};

static struct made make(const struct connector_property *items, size_t count, enum kafka_client_role role)
{
    struct made made = {.arena = arena_create(1024)};
    const struct connector_properties properties = {items, count};
    made.status = kafka_client_settings_make(&properties, role, made.arena, &made.settings, &made.error);
    return made;
}

#define MAKE(items, role) make(items, sizeof(items) / sizeof *(items), role)

static const char *setting(const struct made *made, const char *name)
{
    assert_int_equal(made->status, STATUS_OK);
    return connector_property(&made->settings.settings, name);
}

static void test_table_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < kafka_client_property_count; i++) {
        const struct kafka_client_property *property = &kafka_client_properties[i];
        assert_non_null(property->doc);
        /* No row hides behind an earlier one. */
        assert_ptr_equal(kafka_client_property_find(property->name), property);
        if (property->handling == KAFKA_PROPERTY_IGNORED || property->handling == KAFKA_PROPERTY_REFUSED)
            assert_true(strlen(property->doc) > 0);
        assert_true(property->handling == KAFKA_PROPERTY_TRANSLATED || property->target == NULL);
    }
}

static void test_names_pass_or_are_renamed(void **state)
{
    (void)state;
    static const struct connector_property given[] = {
        {"bootstrap.servers", "a:1,b:2"},  {"fetch.max.wait.ms", "100"}, {"receive.buffer.bytes", "-1"},
        {"security.protocol", "SASL_SSL"}, {"linger.ms", "7"},
    };
    struct made made = MAKE(given, KAFKA_CONSUMER);
    assert_string_equal(setting(&made, "bootstrap.servers"), "a:1,b:2");
    assert_string_equal(setting(&made, "fetch.wait.max.ms"), "100");
    assert_string_equal(setting(&made, "socket.receive.buffer.bytes"), "0");
    assert_string_equal(setting(&made, "security.protocol"), "sasl_ssl");
    assert_null(setting(&made, "linger.ms")); /* a producer's */
    assert_int_equal(made.settings.notices.count, 0);
    arena_free(made.arena);

    made = MAKE(given, KAFKA_PRODUCER);
    assert_string_equal(setting(&made, "linger.ms"), "7");
    assert_null(setting(&made, "fetch.wait.max.ms"));
    arena_free(made.arena);
}

static void test_ignored_and_unknown_names_are_noted(void **state)
{
    (void)state;
    static const struct connector_property given[] = {
        {"enable.auto.commit", "true"}, {"max.poll.records", "10"}, {"bootstrap.server", "x"}, {"flux", "1"}};
    struct made made = MAKE(given, KAFKA_CONSUMER);
    assert_int_equal(made.status, STATUS_OK);
    assert_int_equal(made.settings.settings.count, 0);
    assert_int_equal(made.settings.notices.count, 4);
    assert_non_null(
        strstr(connector_property(&made.settings.notices, "bootstrap.server"), "'bootstrap.servers'"));
    arena_free(made.arena);
}

static void test_jaas(void **state)
{
    (void)state;
    static const struct connector_property given[] = {
        {"sasl.jaas.config", "org.apache.kafka.common.security.scram.ScramLoginModule required "
                             "username=\"al\\\"ice\" password='s e;c';"}};
    struct made made = MAKE(given, KAFKA_CONSUMER);
    assert_string_equal(setting(&made, "sasl.username"), "al\"ice");
    assert_string_equal(setting(&made, "sasl.password"), "s e;c");
    arena_free(made.arena);

    static const struct connector_property no_password[] = {
        {"sasl.jaas.config",
         "org.apache.kafka.common.security.plain.PlainLoginModule required username=bob;"}};
    made = MAKE(no_password, KAFKA_CONSUMER);
    assert_int_equal(made.status, STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(made.error.message, "names no password"));
    arena_free(made.arena);

    static const struct connector_property other[] = {{"sasl.jaas.config", "com.example.Login required;"}};
    made = MAKE(other, KAFKA_CONSUMER);
    assert_int_equal(made.status, STATUS_UNSUPPORTED);
    arena_free(made.arena);
}

static void test_stores(void **state)
{
    (void)state;
    static const struct connector_property pem[] = {{"ssl.truststore.type", "PEM"},
                                                    {"ssl.truststore.location", "/ca.pem"},
                                                    {"ssl.keystore.type", "PKCS12"},
                                                    {"ssl.keystore.location", "/k.p12"},
                                                    {"ssl.endpoint.identification.algorithm", ""}};
    struct made made = MAKE(pem, KAFKA_CONSUMER);
    assert_string_equal(setting(&made, "ssl.ca.location"), "/ca.pem");
    assert_string_equal(setting(&made, "ssl.keystore.location"), "/k.p12");
    assert_string_equal(setting(&made, "ssl.endpoint.identification.algorithm"), "none");
    arena_free(made.arena);

    static const struct connector_property jks[] = {{"ssl.truststore.location", "/trust.jks"}};
    made = MAKE(jks, KAFKA_CONSUMER);
    assert_int_equal(made.status, STATUS_UNSUPPORTED);
    assert_non_null(strstr(made.error.message, "keytool"));
    arena_free(made.arena);
}

static void test_refused(void **state)
{
    (void)state;
    static const struct connector_property given[] = {{"interceptor.classes", "com.example.Spy"}};
    struct made made = MAKE(given, KAFKA_CONSUMER);
    assert_int_equal(made.status, STATUS_UNSUPPORTED);
    assert_non_null(strstr(made.error.message, "'properties.interceptor.classes' is not supported"));
    arena_free(made.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_is_sound),
        cmocka_unit_test(test_names_pass_or_are_renamed),
        cmocka_unit_test(test_ignored_and_unknown_names_are_noted),
        cmocka_unit_test(test_jaas),
        cmocka_unit_test(test_stores),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
