#include "common/parquet/bounds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void check(const char *value, size_t length, bool is_text, enum parquet_bound_side side,
                  const char *wanted, bool wanted_exact)
{
    struct buffer buffer = {0};
    bool exact = !wanted_exact;
    bool found = parquet_bound_truncate((struct bytes_view){(const uint8_t *)value, strlen(value)}, length,
                                        is_text, side, &buffer, &exact);
    assert_int_equal(found, wanted != NULL);
    if (wanted != NULL) {
        assert_string_equal(buffer_text(&buffer), wanted);
        assert_int_equal(exact, wanted_exact);
    }
    buffer_free(&buffer);
}

static void short_values_stay(void **state)
{
    (void)state;
    check("abc", 3, true, PARQUET_LOWER, "abc", true);
    check("abc", 3, true, PARQUET_UPPER, "abc", true);
    check("", 3, true, PARQUET_UPPER, "", true);
}

static void lower_bounds_are_cut(void **state)
{
    (void)state;
    check("abcdef", 3, true, PARQUET_LOWER, "abc", false);
    check("äöüß", 2, true, PARQUET_LOWER, "äö", false);
    check("äöüß", 3, false, PARQUET_LOWER, "\xC3\xA4\xC3", false);
}

static void upper_bounds_grow(void **state)
{
    (void)state;
    check("abcdef", 3, true, PARQUET_UPPER, "abd", false);
    check("ab\x7F"
          "d",
          3, true, PARQUET_UPPER, "ab\xC2\x80", false);
    check("a\xF4\x8F\xBF\xBFz", 2, true, PARQUET_UPPER, "b", false);
    check("\xED\x9F\xBFz", 1, true, PARQUET_UPPER, "\xEE\x80\x80", false); /* over the surrogates */
    check("a\xFFz", 2, false, PARQUET_UPPER, "b", false);
}

static void nothing_is_above_the_greatest(void **state)
{
    (void)state;
    check("\xF4\x8F\xBF\xBFz", 1, true, PARQUET_UPPER, NULL, false);
    check("\xFF\xFFz", 2, false, PARQUET_UPPER, NULL, false);
}

static void text_that_is_none_is_cut_by_bytes(void **state)
{
    (void)state;
    check("\xC3\x28\x28\x28", 2, true, PARQUET_UPPER, "\xC3\x29", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(short_values_stay),
        cmocka_unit_test(lower_bounds_are_cut),
        cmocka_unit_test(upper_bounds_grow),
        cmocka_unit_test(nothing_is_above_the_greatest),
        cmocka_unit_test(text_that_is_none_is_cut_by_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
