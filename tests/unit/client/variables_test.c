#include "client/client_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* The text after substitution, or the error's message; the caller frees it. */
static char *substitute(const char *text, struct configuration *variables)
{
    struct buffer result = {0};
    struct error error;
    if (variables_substitute(text, variables, &result, &error) != STATUS_OK)
        return strdup(error.message);
    return (char *)result.data;
}

static void assert_substituted(const char *text, const char *expected)
{
    struct configuration *variables = configuration_create();
    configuration_set(variables, "warehouse", "file:///w");
    configuration_set(variables, "empty", "");
    char *result = substitute(text, variables);
    assert_string_equal(result, expected);
    free(result);
    configuration_free(variables);
}

static void given_values_win_over_defaults(void **state)
{
    (void)state;
    assert_substituted("'${warehouse:-file:///opt}'", "'file:///w'");
    assert_substituted("${warehouse}/${warehouse}", "file:///w/file:///w");
    assert_substituted("[${empty:-x}]", "[]");
}

static void defaults_may_hold_anything_but_a_brace(void **state)
{
    (void)state;
    assert_substituted("'${servers:-kafka:9092,b:9093}'", "'kafka:9092,b:9093'");
    assert_substituted("${none:-}|", "|");
    assert_substituted("${none:-a:-b}", "a:-b");
}

static void the_environment_stands_in(void **state)
{
    (void)state;
    setenv("FRAZIL_TEST_VARIABLE", "from the environment", 1);
    assert_substituted("${FRAZIL_TEST_VARIABLE:-default}", "from the environment");
    unsetenv("FRAZIL_TEST_VARIABLE");
}

static void text_without_variables_stays_as_it_is(void **state)
{
    (void)state;
    assert_substituted("SELECT '$5', '{}', $, ${ -- unclosed", "SELECT '$5', '{}', $, ${ -- unclosed");
    assert_substituted("", "");
}

static void a_missing_value_names_variable_and_line(void **state)
{
    (void)state;
    struct configuration *variables = configuration_create();
    char *message = substitute("SELECT 1;\n\nSELECT '${nothing}';", variables);
    assert_non_null(strstr(message, "line 3"));
    assert_non_null(strstr(message, "'nothing'"));
    free(message);
    configuration_free(variables);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(given_values_win_over_defaults),
        cmocka_unit_test(defaults_may_hold_anything_but_a_brace),
        cmocka_unit_test(the_environment_stands_in),
        cmocka_unit_test(text_without_variables_stays_as_it_is),
        cmocka_unit_test(a_missing_value_names_variable_and_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
