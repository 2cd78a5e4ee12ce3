#include "jobmanager/dispatcher/io_pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>

#include <cmocka.h>

enum { NUM_KEYS = 5, NUM_WORKS = 400 };

struct key_state {
    atomic_int running;
    int next; /* touched by one work at a time: that is what is tested */
    atomic_int violations;
};

struct work {
    struct key_state *key;
    int number;
};

static void run(void *context)
{
    struct work *work = context;
    if (atomic_fetch_add(&work->key->running, 1) != 0 || work->key->next != work->number)
        atomic_fetch_add(&work->key->violations, 1);
    work->key->next = work->number + 1;
    atomic_fetch_sub(&work->key->running, 1);
}

static void work_of_a_key_runs_alone_and_in_order(void **state)
{
    (void)state;
    struct key_state keys[NUM_KEYS] = {0};
    struct work works[NUM_WORKS];
    struct io_pool *pool = io_pool_create("io", 4);
    for (int i = 0; i < NUM_WORKS; i++) {
        works[i] = (struct work){&keys[i % NUM_KEYS], i / NUM_KEYS};
        io_pool_submit(pool, (uint64_t)(i % NUM_KEYS), run, &works[i]);
    }
    io_pool_free(pool); /* waits */
    for (int k = 0; k < NUM_KEYS; k++) {
        assert_int_equal(atomic_load(&keys[k].violations), 0);
        assert_int_equal(keys[k].next, NUM_WORKS / NUM_KEYS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(work_of_a_key_runs_alone_and_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
