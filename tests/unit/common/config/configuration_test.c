#include "common/config/configuration.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char *write_temporary(const char *text)
{
    char *path = strdup("/tmp/configuration_test_XXXXXX");
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
    return path;
}

static void nested_maps_become_dotted_keys(void **state)
{
    (void)state;
    char *path = write_temporary("jobmanager:\n  rpc:\n    address: 127.0.0.1\n    port: 6123\n"
                                 "execution.checkpointing.interval: 5 s\nlist: [a, b]\n");
    struct configuration *configuration = configuration_create();
    struct error error;
    assert_int_equal(configuration_load_file(configuration, path, &error), STATUS_OK);
    assert_string_equal(configuration_text(configuration, "jobmanager.rpc.address", NULL), "127.0.0.1");
    assert_string_equal(configuration_text(configuration, "list", NULL), "a;b");
    int64_t value;
    assert_int_equal(configuration_integer(configuration, "jobmanager.rpc.port", 0, 1, 65535, &value, &error),
                     STATUS_OK);
    assert_int_equal(value, 6123);
    assert_int_equal(
        configuration_duration_ms(configuration, "execution.checkpointing.interval", 0, &value, &error),
        STATUS_OK);
    assert_int_equal(value, 5000);
    configuration_free(configuration);
    unlink(path);
    free(path);
}

static void command_line_wins_over_the_file(void **state)
{
    (void)state;
    char *path = write_temporary("rest.port: 8081\n");
    char *arguments[] = {(char *)"jobmanager", (char *)"-D", (char *)"rest.port=9999",
                         (char *)"-c",         path,         (char *)"-Da=b=c"};
    struct configuration *configuration = configuration_create();
    struct error error;
    assert_int_equal(configuration_load_arguments(configuration, 6, arguments, &error), STATUS_OK);
    assert_string_equal(configuration_text(configuration, "rest.port", NULL), "9999");
    assert_string_equal(configuration_text(configuration, "a", NULL), "b=c");
    configuration_free(configuration);
    unlink(path);
    free(path);
}

static void broken_files_are_refused_with_their_line(void **state)
{
    (void)state;
    char *path = write_temporary("a: 1\nb: [x, {y: 2}]\n");
    struct configuration *configuration = configuration_create();
    struct error error;
    assert_int_equal(configuration_load_file(configuration, path, &error), STATUS_INVALID_ARGUMENT);
    assert_int_equal(error.line, 2);
    assert_non_null(strstr(error.message, "line 2"));
    configuration_free(configuration);
    unlink(path);
    free(path);
}

static void values_name_their_key_when_wrong_and_hide_secrets(void **state)
{
    (void)state;
    struct configuration *configuration = configuration_create();
    configuration_set(configuration, "rest.port", "eighty");
    configuration_set(configuration, "my.password", "hunter2");
    struct error error;
    int64_t value = 7;
    assert_int_equal(configuration_integer(configuration, "rest.port", 0, 1, 65535, &value, &error),
                     STATUS_INVALID_ARGUMENT);
    assert_int_equal(value, 7);
    assert_non_null(strstr(error.message, "rest.port"));
    assert_int_equal(configuration_integer(configuration, "my.password", 0, 1, 65535, &value, &error),
                     STATUS_INVALID_ARGUMENT);
    assert_null(strstr(error.message, "hunter2"));
    configuration_free(configuration);
}

static void durations_and_sizes_take_flinks_forms(void **state)
{
    (void)state;
    struct error error;
    int64_t ms;
    assert_int_equal(duration_parse_ms("10 s", &ms, &error), STATUS_OK);
    assert_int_equal(ms, 10000);
    assert_int_equal(duration_parse_ms("500ms", &ms, &error), STATUS_OK);
    assert_int_equal(ms, 500);
    assert_int_equal(duration_parse_ms("1 min", &ms, &error), STATUS_OK);
    assert_int_equal(ms, 60000);
    assert_int_equal(duration_parse_ms("ten s", &ms, &error), STATUS_INVALID_ARGUMENT);
    assert_int_equal(duration_parse_ms("10 parsecs", &ms, &error), STATUS_INVALID_ARGUMENT);
    assert_int_equal(duration_parse_ms("99999999999999999999 d", &ms, &error), STATUS_INVALID_ARGUMENT);
    uint64_t bytes;
    assert_int_equal(memory_size_parse("64 kb", &bytes, &error), STATUS_OK);
    assert_int_equal(bytes, 65536);
    assert_int_equal(memory_size_parse("1g", &bytes, &error), STATUS_OK);
    assert_int_equal(bytes, 1 << 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nested_maps_become_dotted_keys),
        cmocka_unit_test(command_line_wins_over_the_file),
        cmocka_unit_test(broken_files_are_refused_with_their_line),
        cmocka_unit_test(values_name_their_key_when_wrong_and_hide_secrets),
        cmocka_unit_test(durations_and_sizes_take_flinks_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
