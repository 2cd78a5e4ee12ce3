#include "taskmanager/operators/session_list.h"

#include "common/base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { GAP = 10 };

/* A row at a time; returns the id of its session, and that of the session that went into it, or -1. */
static int64_t add(struct session_list *list, int64_t time, int64_t *ret_merged)
{
    int64_t merged[2] = {-1, -1};
    struct session_change change = session_list_probe(list, time, time + GAP);
    assert_true(change.num_touched <= 2);
    int64_t id = session_list_apply(list, &change, merged)->id;
    *ret_merged = merged[0];
    assert_true(session_list_is_valid(list));
    assert_true(session_list_find(list, time)->id == id);
    return id;
}

static void rows_within_the_gap_share_a_session(void **state)
{
    (void)state;
    struct session_list list = {0};
    int64_t merged;
    int64_t id = add(&list, 100, &merged);
    assert_true(add(&list, 105, &merged) == id);
    assert_true(add(&list, 115, &merged) == id); /* the gap itself still joins, as in Flink */
    assert_true(add(&list, 90, &merged) == id);
    assert_int_equal(list.count, 1);
    assert_true(list.first.start == 90 && list.first.end == 125);
    session_list_remove(&list, 0);
    assert_int_equal(list.count, 0);
}

static void a_row_between_two_sessions_merges_them(void **state)
{
    (void)state;
    struct session_list list = {0};
    int64_t merged;
    int64_t later = add(&list, 120, &merged);
    int64_t earlier = add(&list, 100, &merged);
    assert_int_equal(list.count, 2);
    assert_true(earlier != later && merged == -1);
    assert_true(add(&list, 110, &merged) == earlier);
    assert_true(merged == later);
    assert_int_equal(list.count, 1);
    assert_true(list.first.start == 100 && list.first.end == 130);
    buffer_free(&list.others);
}

/* Against a model that keeps all rows and cuts them anew. */
static void random_rows_give_the_sessions_of_the_definition(void **state)
{
    (void)state;
    enum { ROWS = 300, SPAN = 4000 };
    struct random random;
    random_init(&random, 5);
    for (int round = 0; round < 50; round++) {
        struct session_list list = {0};
        uint8_t is_row[SPAN] = {0};
        for (int i = 0; i < ROWS; i++) {
            int64_t merged;
            int64_t time = (int64_t)random_below(&random, SPAN);
            is_row[time] = 1;
            add(&list, time, &merged);
        }
        uint64_t index = 0;
        int64_t start = -1, last = -1;
        for (int64_t time = 0; time <= SPAN; time++) {
            if (time < SPAN && !is_row[time])
                continue;
            if (start >= 0 && (time == SPAN || time - last > GAP)) {
                const struct session *session = session_list_at(&list, index++);
                assert_true(session->start == start && session->end == last + GAP);
                start = -1;
            }
            start = start < 0 ? time : start;
            last = time;
        }
        assert_int_equal(index, list.count);
        uint8_t taken[ROWS] = {0}; /* ids are unique and as small as can be */
        for (uint64_t i = 0; i < list.count; i++) {
            int64_t id = session_list_at(&list, i)->id;
            assert_in_range(id, 0, ROWS - 1);
            assert_false(taken[id]);
            taken[id] = 1;
        }
        while (list.count > 0)
            session_list_remove(&list, random_below(&random, list.count));
        assert_null(list.others.data);
    }
}

static void refuses_bytes_that_do_not_hold_together(void **state)
{
    (void)state;
    struct session_list list = {.count = 2};
    assert_false(session_list_is_valid(&list));
    struct session session = {1, 2, 3};
    buffer_append(&list.others, &session, sizeof session);
    assert_true(session_list_is_valid(&list));
    buffer_append_byte(&list.others, 0);
    assert_false(session_list_is_valid(&list));
    buffer_free(&list.others);
    list.count = UINT64_MAX;
    assert_false(session_list_is_valid(&list));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_within_the_gap_share_a_session),
        cmocka_unit_test(a_row_between_two_sessions_merges_them),
        cmocka_unit_test(random_rows_give_the_sessions_of_the_definition),
        cmocka_unit_test(refuses_bytes_that_do_not_hold_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
