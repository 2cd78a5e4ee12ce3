#include "common/expression/decimal.h"

#include "common/base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void rounds_half_away_from_zero(void **state)
{
    (void)state;
    assert_true(decimal_divide_half_up(15, 10) == 2);
    assert_true(decimal_divide_half_up(14, 10) == 1);
    assert_true(decimal_divide_half_up(-15, 10) == -2);
    assert_true(decimal_divide_half_up(-14, 10) == -1);
    assert_true(decimal_divide_half_up(5, 3) == 2);
    int128_t value = 0;
    assert_true(decimal_rescale(1999, 3, 1, &value) && value == 20);
    assert_true(decimal_rescale(2, 0, 3, &value) && value == 2000);
    assert_false(decimal_rescale(decimal_power_of_ten(37), 0, 5, &value));
    assert_false(decimal_rescale(9, 0, 38, &value));
}

static void multiplies_beyond_128_bits(void **state)
{
    (void)state;
    int128_t value = 0;
    int128_t big = decimal_power_of_ten(30);
    assert_true(decimal_multiply(big, -big, 30, 0, &value) && value == -big);
    assert_true(decimal_multiply(big + 7, big, 30, 0, &value) && value == big + 7);
    assert_false(decimal_multiply(big, big, 30, 22, &value));
    assert_true(decimal_multiply(big, big / 10, 30, 8, &value) && value == big * 10000000);
}

static void divides_beyond_128_bits(void **state)
{
    (void)state;
    int128_t value = 0;
    assert_true(decimal_divide(decimal_power_of_ten(30), 3 * decimal_power_of_ten(20), 27, &value));
    assert_true(value / decimal_power_of_ten(18) == INT64_C(3333333333333333333));
    assert_true(decimal_divide(-2, 3, 4, &value) && value == -6667);
    assert_false(decimal_divide(decimal_power_of_ten(37), 1, 10, &value));
    /* a product divided again gives its factor */
    struct random random;
    random_init(&random, 7);
    for (int i = 0; i < 10000; i++) {
        int128_t a = (int128_t)(random_next(&random) >> 8) * (int64_t)(random_next(&random) >> 24);
        int128_t b = (int128_t)(random_next(&random) >> (i % 50)) + 1;
        int128_t product = 0;
        if (!decimal_multiply(a, b, 0, 0, &product))
            continue;
        assert_true(decimal_divide(product, b, 0, &value));
        assert_true(value == a);
    }
}

static void compares_across_scales(void **state)
{
    (void)state;
    assert_true(decimal_compare(15, 1, 150, 2) == 0);
    assert_true(decimal_compare(15, 1, 151, 2) < 0);
    assert_true(decimal_compare(-15, 1, -151, 2) > 0);
    assert_true(decimal_compare(decimal_power_of_ten(37), 0, 1, 38) > 0);
    assert_true(decimal_compare(1, 38, -decimal_power_of_ten(37), 0) > 0);
}

static void converts_doubles(void **state)
{
    (void)state;
    int128_t value = 0;
    assert_true(decimal_to_double(12345, 2) == 123.45);
    assert_true(decimal_to_double(-decimal_power_of_ten(38) + 1, 0) == -1e38);
    assert_true(decimal_from_double(0.1, 10, 3, &value) && value == 100);
    assert_true(decimal_from_double(1.005, 10, 2, &value) && value == 101);
    assert_false(decimal_from_double(1e10, 10, 2, &value));
    assert_false(decimal_from_double(__builtin_inf(), 38, 0, &value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_half_away_from_zero), cmocka_unit_test(multiplies_beyond_128_bits),
        cmocka_unit_test(divides_beyond_128_bits),    cmocka_unit_test(compares_across_scales),
        cmocka_unit_test(converts_doubles),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
