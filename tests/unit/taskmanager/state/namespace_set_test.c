#include "taskmanager/state/namespace_set_internal.h"

#include "common/base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { UNIVERSE = 3000 };

static void check(const struct namespace_set *set, const uint32_t *counts)
{
    int64_t from = INT64_MIN;
    for (int64_t i = 0; i < UNIVERSE; i++) {
        if (counts[i] == 0)
            continue;
        int64_t found = -1;
        assert_true(namespace_set_next(set, from, &found));
        assert_int_equal(found, i * 10);
        from = found + 1;
    }
    int64_t found = -1;
    assert_false(namespace_set_next(set, from, &found));
    assert_int_equal(found, -1);
}

static void it_counts_and_orders(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct random random;
        random_init(&random, seed);
        struct namespace_set set = {0};
        uint32_t *counts = calloc(UNIVERSE, sizeof *counts);
        for (int i = 0; i < 40000; i++) {
            uint64_t at = random_below(&random, UNIVERSE);
            bool grows = random_below(&random, 100) < (i / 5000 % 2 == 0 ? 70u : 20u);
            if (grows) {
                namespace_set_add(&set, (int64_t)at * 10);
                counts[at]++;
            } else if (counts[at] > 0) {
                namespace_set_remove(&set, (int64_t)at * 10);
                counts[at]--;
            }
            if (i % 4000 == 0)
                check(&set, counts);
        }
        check(&set, counts);
        namespace_set_free(&set);
        free(counts);
    }
}

/* As time goes: they come at the end and go at the beginning. */
static void time_passes_through(void **state)
{
    (void)state;
    struct namespace_set set = {0};
    for (int64_t i = 0; i < 100000; i++) {
        namespace_set_add(&set, i);
        if (i >= 1000) {
            int64_t first;
            assert_true(namespace_set_next(&set, INT64_MIN, &first));
            assert_int_equal(first, i - 1000);
            namespace_set_remove(&set, first);
        }
    }
    assert_true(namespace_set_bytes(&set) < 40000);
    namespace_set_free(&set);
}

static void the_ends_of_time_are_namespaces(void **state)
{
    (void)state;
    struct namespace_set set = {0};
    int64_t found;
    assert_false(namespace_set_next(&set, INT64_MIN, &found));
    namespace_set_add(&set, INT64_MAX);
    namespace_set_add(&set, INT64_MIN);
    assert_true(namespace_set_next(&set, INT64_MIN, &found));
    assert_true(found == INT64_MIN);
    assert_true(namespace_set_next(&set, INT64_MIN + 1, &found));
    assert_true(found == INT64_MAX);
    namespace_set_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_counts_and_orders),
        cmocka_unit_test(time_passes_through),
        cmocka_unit_test(the_ends_of_time_are_namespaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
