/* Operators keep their uids, and vertices their ids, over edits of a script that do not concern them. */
#include "jobmanager/planner/planner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SOURCE                                                                                               \
    "CREATE TABLE src (id BIGINT, name STRING, v DOUBLE, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) "          \
    "WITH ('connector'='datagen')"
#define COUNTS "INSERT INTO a SELECT name, COUNT(*) FROM src WHERE id > 0 GROUP BY name;"

static const char *const tables[] = {
    SOURCE,
    "CREATE TABLE a (x STRING, y BIGINT) WITH ('connector'='print')",
    "CREATE TABLE b (x STRING, y BIGINT) WITH ('connector'='print')",
};

static int64_t fixed_time_us(void *context)
{
    (void)context;
    return 0;
}

static void execute(const struct planner_context *context, const char *text, struct arena *arena)
{
    const struct sql_statement *statement = NULL;
    struct planner_result result;
    struct error error;
    assert_int_equal(sql_parse(sql_text_of(text), arena, &statement, &error), STATUS_OK);
    assert_int_equal(planner_execute(context, statement, sql_text_of(text), arena, &result, &error),
                     STATUS_OK);
}

/* The graph of a statement set of these INSERTs, under the setting if one is given. */
static struct plan_job_graph *plan(const char *inserts, const char *key, const char *value)
{
    struct arena *arena = arena_create(4096);
    struct sql_catalog *catalog = sql_catalog_create(NULL);
    struct plan_configuration_entry setting = {key, value};
    struct planner_context context = {
        .catalog = catalog,
        .configuration = {.entries = &setting, .count = key == NULL ? 0 : 1},
        .clock = {.wall_us = fixed_time_us, .monotonic_us = fixed_time_us},
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        execute(&context, tables[i], arena);
    const char *text = arena_printf(arena, "EXECUTE STATEMENT SET BEGIN %s END", inserts);
    const struct sql_statement *statement = NULL;
    struct plan_job_graph *graph = NULL;
    struct error error;
    if (sql_parse(sql_text_of(text), arena, &statement, &error) != STATUS_OK ||
        planner_plan_inserts(&context, statement->inserts, statement->insert_count, &graph, &error) !=
            STATUS_OK)
        fail_msg("%s", error.message);
    sql_catalog_free(catalog);
    arena_free(arena);
    return graph;
}

static bool holds_uid(const struct plan_node *node, const char *uid)
{
    if (strcmp(node->uid, uid) == 0)
        return true;
    for (size_t i = 0; i < node->child_count; i++) {
        if (holds_uid(node->children[i], uid))
            return true;
    }
    return false;
}

static bool has_uid(const struct plan_job_graph *graph, const char *uid)
{
    for (size_t i = 0; i < graph->vertex_count; i++) {
        if (holds_uid(graph->vertices[i].root, uid))
            return true;
    }
    return false;
}

static bool has_vertex(const struct plan_job_graph *graph, const char *id)
{
    for (size_t i = 0; i < graph->vertex_count; i++) {
        if (strcmp(graph->vertices[i].id, id) == 0)
            return true;
    }
    return false;
}

static bool has_state(const struct plan_node *node)
{
    bool local = (node->group_aggregate != NULL && node->group_aggregate->phase == PLAN_AGGREGATE_LOCAL) ||
                 (node->window_aggregate != NULL && node->window_aggregate->phase == PLAN_AGGREGATE_LOCAL);
    return node->kind != PLAN_CALC && !local;
}

struct comparison {
    const struct plan_job_graph *other;
    bool all_found;
};

static void compare(const struct plan_vertex *vertex, const struct plan_node *node, void *context)
{
    struct comparison *comparison = context;
    assert_int_equal(strlen(node->uid), 32);
    if (has_state(node))
        comparison->all_found &= has_uid(comparison->other, node->uid);
    if (has_state(vertex->root))
        comparison->all_found &= has_vertex(comparison->other, vertex->id);
}

/* Whether every operator with state of before is found again in after. */
static bool keeps(const char *before, const char *after)
{
    struct plan_job_graph *old = plan(before, NULL, NULL);
    struct plan_job_graph *new = plan(after, NULL, NULL);
    struct comparison comparison = {.other = new, .all_found = true};
    plan_job_graph_visit(old, compare, &comparison);
    plan_job_graph_free(old);
    plan_job_graph_free(new);
    return comparison.all_found;
}

static void unrelated_edits_keep_ids(void **state)
{
    (void)state;
    assert_true(keeps(COUNTS, "INSERT INTO b SELECT name, id FROM src;" COUNTS));
    assert_true(keeps(COUNTS, "INSERT INTO b SELECT name, MAX(id) FROM src GROUP BY name;" COUNTS));
    assert_true(
        keeps(COUNTS, "INSERT INTO b SELECT name, COUNT(*) FROM src WHERE id > 5 GROUP BY name;" COUNTS));
    assert_true(keeps(COUNTS,
                      "INSERT INTO a SELECT t.n AS other, COUNT(*) AS c FROM (SELECT id AS i, name AS n "
                      "FROM src) AS t WHERE i > 0 GROUP BY t.n;"));
    assert_true(keeps(COUNTS "INSERT INTO b SELECT name, id FROM src WHERE id < 5;",
                      COUNTS "INSERT INTO b SELECT name, id FROM src WHERE id < 6;"));
}

static void windows_keep_ids(void **state)
{
    (void)state;
    static const char table_function[] = "INSERT INTO a SELECT name, COUNT(*) FROM TABLE(TUMBLE(TABLE src, "
                                         "DESCRIPTOR(ts), INTERVAL '1' HOUR)) "
                                         "GROUP BY name, window_start, window_end;";
    static const char of_old[] =
        "INSERT INTO a SELECT name AS n, COUNT(*) FROM src GROUP BY TUMBLE(ts, INTERVAL '1' HOUR), name;";
    static const char longer[] =
        "INSERT INTO a SELECT name AS n, COUNT(*) FROM src GROUP BY TUMBLE(ts, INTERVAL '2' HOUR), name;";
    assert_true(keeps(table_function, of_old));
    assert_false(keeps(of_old, longer));
}

static void other_state_has_other_ids(void **state)
{
    (void)state;
    assert_false(keeps(COUNTS, "INSERT INTO a SELECT name, COUNT(id) FROM src WHERE id > 0 GROUP BY name;"));
    assert_false(keeps(
        COUNTS, "INSERT INTO a SELECT UPPER(name), COUNT(*) FROM src WHERE id > 0 GROUP BY UPPER(name);"));
    assert_false(keeps(COUNTS, "INSERT INTO b SELECT name, COUNT(*) FROM src WHERE id > 0 GROUP BY name;"));
}

static void phases_keep_ids(void **state)
{
    (void)state;
    static const char inserts[] =
        "INSERT INTO a SELECT name, COUNT(*) FROM src GROUP BY TUMBLE(ts, INTERVAL '1' HOUR), name;";
    struct plan_job_graph *two = plan(inserts, NULL, NULL);
    struct plan_job_graph *one = plan(inserts, "table.optimizer.agg-phase-strategy", "ONE_PHASE");
    struct comparison comparison = {.other = one, .all_found = true};
    plan_job_graph_visit(two, compare, &comparison);
    assert_true(comparison.all_found);
    plan_job_graph_free(two);
    plan_job_graph_free(one);
}

struct census {
    const char *uids[64];
    size_t count;
};

static void count_uid(const struct plan_vertex *vertex, const struct plan_node *node, void *context)
{
    (void)vertex;
    struct census *census = context;
    for (size_t i = 0; i < census->count; i++)
        assert_string_not_equal(census->uids[i], node->uid);
    census->uids[census->count++] = node->uid;
}

static void uids_are_unique(void **state)
{
    (void)state;
    struct census census = {.count = 0};
    struct plan_job_graph *graph = plan(COUNTS COUNTS "INSERT INTO a SELECT name, id FROM src;", NULL, NULL);
    plan_job_graph_visit(graph, count_uid, &census);
    assert_true(census.count >= 7);
    for (size_t i = 0; i < graph->vertex_count; i++) {
        for (size_t other = 0; other < i; other++)
            assert_string_not_equal(graph->vertices[i].id, graph->vertices[other].id);
    }
    plan_job_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unrelated_edits_keep_ids),  cmocka_unit_test(windows_keep_ids),
        cmocka_unit_test(other_state_has_other_ids), cmocka_unit_test(phases_keep_ids),
        cmocka_unit_test(uids_are_unique),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
