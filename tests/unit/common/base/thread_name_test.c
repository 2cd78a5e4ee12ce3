#include "common/base/thread_name.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void assert_name(const char *expected)
{
    char name[16];
    assert_int_equal(pthread_getname_np(pthread_self(), name, sizeof name), 0);
    assert_string_equal(name, expected);
}

static void a_name_is_cut_to_what_the_kernel_holds(void **state)
{
    (void)state;
    thread_set_name("dispatcher");
    assert_name("dispatcher");
    thread_set_name("kafka-discovery");
    assert_name("kafka-discovery");
    thread_set_name("Source: orders_of_today");
    assert_name("Source: orders_");
}

static void a_suffix_stays_whole(void **state)
{
    (void)state;
    thread_set_name_of("Calc", "[3]#0");
    assert_name("Calc[3]#0");
    thread_set_name_of("GroupAggregate", "[12]#127");
    assert_name("GroupAg[12]#127");
    thread_set_name_of("GroupAggregate", "[4]#34567890123");
    assert_name("[4]#34567890123");
}

static void a_character_is_not_cut_in_half(void **state)
{
    (void)state;
    thread_set_name("Source: tabl\u00e9s");
    assert_name("Source: tabl\u00e9s");
    thread_set_name("Source: tables\u00e9");
    assert_name("Source: tables");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_is_cut_to_what_the_kernel_holds),
        cmocka_unit_test(a_suffix_stays_whole),
        cmocka_unit_test(a_character_is_not_cut_in_half),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
