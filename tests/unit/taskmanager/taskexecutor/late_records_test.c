#include "taskmanager/taskexecutor/late_records.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

/* source [1] -> window aggregation [2], in two vertices; the source is what the test says. */
static struct operator* create(const struct plan_source *source)
{
    const struct plan_window_aggregate aggregate = {.late_records_topic = "late"};
    const struct plan_node nodes[2] = {
        {.kind = PLAN_SOURCE, .id = 1, .source = source},
        {.kind = PLAN_WINDOW_AGGREGATE, .id = 2, .window_aggregate = &aggregate}};
    struct plan_vertex vertices[2] = {{.root = &nodes[0]}, {.root = &nodes[1]}};
    const struct plan_edge edge = {.from = 0, .to = 1};
    const struct plan_job_graph graph = {
        .vertices = vertices, .vertex_count = 2, .edges = &edge, .edge_count = 1};
    return late_records_sink_create(&nodes[1], &graph);
}

static void late_rows_go_to_the_brokers_that_they_came_from(void **context)
{
    (void)context;
    const struct kafka_source_config config = {.topic_count = 1};
    const struct plan_source source = {.kind = PLAN_SOURCE_KAFKA, .kafka = &config};
    struct operator* sink = create(&source);
    assert_non_null(sink);
    sink->ops->close(sink);
}

static void without_a_kafka_source_there_is_no_place_for_them(void **context)
{
    (void)context;
    const struct plan_source source = {.kind = PLAN_SOURCE_DATAGEN};
    assert_null(create(&source));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(late_rows_go_to_the_brokers_that_they_came_from),
        cmocka_unit_test(without_a_kafka_source_there_is_no_place_for_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
