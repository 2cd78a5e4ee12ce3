#include "common/base/nearest_word.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void distances_count_edits_and_swaps(void **state)
{
    (void)state;
    assert_int_equal(word_distance("FROM", "from"), 0);
    assert_int_equal(word_distance("FORM", "FROM"), 1);
    assert_int_equal(word_distance("SELEC", "SELECT"), 1);
    assert_int_equal(word_distance("kitten", "sitting"), 3);
    assert_int_equal(word_distance("", "abc"), 3);
    char longest[101];
    memset(longest, 'a', 100);
    longest[100] = '\0';
    assert_int_equal(word_distance(longest, "a"), 100);
}

static void only_likely_slips_are_suggested(void **state)
{
    (void)state;
    const char *const words[] = {"FROM", "WHERE", "scan.startup.mode", "scan.bounded.mode"};
    assert_string_equal(nearest_word("form", words, 4), "FROM");
    assert_string_equal(nearest_word("scan.startup.mod", words, 4), "scan.startup.mode");
    assert_string_equal(nearest_word("scan.start", words, 4), "scan.startup.mode");
    assert_null(nearest_word("scan.", words, 4));
    assert_null(nearest_word("x", words, 4));
    assert_null(nearest_word("nothing", words, 4));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distances_count_edits_and_swaps),
        cmocka_unit_test(only_likely_slips_are_suggested),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
