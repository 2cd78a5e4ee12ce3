#include "jobmanager/dispatcher/task_metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* 1 -> 2, and an edge that leaves from 2 as well as from 1's other child 3. */
struct fixture {
    struct plan_node nodes[3];
    const struct plan_node *of_first[2];
    struct plan_vertex vertex;
    struct plan_edge edge;
    struct plan_job_graph graph;
    struct task_metrics metrics;
};

static void set_up(struct fixture *fixture)
{
    *fixture = (struct fixture){0};
    for (uint32_t i = 0; i < 3; i++)
        fixture->nodes[i].id = i + 1;
    fixture->of_first[0] = &fixture->nodes[1];
    fixture->of_first[1] = &fixture->nodes[2];
    fixture->nodes[0].children = fixture->of_first;
    fixture->nodes[0].child_count = 2;
    fixture->vertex.root = &fixture->nodes[0];
    fixture->graph.vertices = &fixture->vertex;
    fixture->graph.vertex_count = 1;
}

static void report(struct fixture *fixture, uint64_t in, uint64_t out_2, uint64_t out_3, int64_t busy_ms,
                   int64_t now_ms)
{
    const struct rpc_operator_metrics operators[] = {
        {.node_id = 1, .records_in = in, .records_out = in, .bytes_in = in * 10},
        {.node_id = 2, .records_in = in, .records_out = out_2},
        {.node_id = 3, .records_in = in, .records_out = out_3},
    };
    const struct rpc_task_report task = {
        .busy_ms = busy_ms, .operators = operators, .num_operators = 3, .bytes_sent = 7};
    task_metrics_take(&fixture->metrics, &fixture->graph, &fixture->vertex, &task, now_ms);
}

static void totals_are_of_the_chains_ends(void **state)
{
    (void)state;
    struct fixture fixture;
    set_up(&fixture);
    report(&fixture, 100, 60, 40, 5, 1000);
    assert_int_equal(fixture.metrics.totals.records_in, 100);
    assert_int_equal(fixture.metrics.totals.records_out, 100);
    assert_int_equal(fixture.metrics.totals.bytes_in, 1000);
    assert_int_equal(fixture.metrics.totals.bytes_out, 7);
    task_metrics_clear(&fixture.metrics);
}

static void rows_that_leave_by_an_edge_are_counted_though_the_node_has_children(void **state)
{
    (void)state;
    struct fixture fixture;
    set_up(&fixture);
    fixture.edge = (struct plan_edge){.from_node_id = 1};
    fixture.graph.edges = &fixture.edge;
    fixture.graph.edge_count = 1;
    report(&fixture, 100, 60, 40, 5, 1000);
    assert_int_equal(fixture.metrics.totals.records_out, 200);
    task_metrics_clear(&fixture.metrics);
}

static void rates_are_between_reports_a_second_apart(void **state)
{
    (void)state;
    struct fixture fixture;
    set_up(&fixture);
    report(&fixture, 100, 100, 0, 100, 1000);
    assert_true(fixture.metrics.rates.records_in == 0);
    report(&fixture, 150, 150, 0, 120, 1100); /* too soon for a rate, but the totals are new */
    assert_true(fixture.metrics.rates.records_in == 0);
    assert_int_equal(fixture.metrics.totals.records_in, 150);
    report(&fixture, 1100, 1100, 0, 1100, 3000);
    assert_true(fixture.metrics.rates.records_in == 500);
    assert_true(fixture.metrics.rates.busy_ms == 500);
    task_metrics_clear(&fixture.metrics);
    assert_false(fixture.metrics.is_rated);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(totals_are_of_the_chains_ends),
        cmocka_unit_test(rows_that_leave_by_an_edge_are_counted_though_the_node_has_children),
        cmocka_unit_test(rates_are_between_reports_a_second_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
