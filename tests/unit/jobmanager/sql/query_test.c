#include "jobmanager/sql/catalog.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static int open_arena(void **state)
{
    *state = arena_create(4096);
    return 0;
}

static int close_arena(void **state)
{
    arena_free(*state);
    return 0;
}

static void assert_refused(struct arena *arena, const char *text, uint32_t column, const char *message)
{
    const struct sql_statement *statement = NULL;
    struct error error;
    error_clear(&error);
    if (sql_parse(sql_text_of(text), arena, &statement, &error) == STATUS_OK)
        fail_msg("%s is taken", text);
    assert_string_equal(error.message, arena_printf(arena, "SQL parse failed. %s", message));
    assert_int_equal(error.line, 1);
    assert_int_equal(error.column, column);
}

static const struct sql_query *parse(struct arena *arena, const char *text)
{
    const struct sql_statement *statement = NULL;
    struct error error;
    if (sql_parse(sql_text_of(text), arena, &statement, &error) != STATUS_OK)
        fail_msg("%s\n%s", text, error.message);
    assert_int_equal(statement->kind, SQL_SELECT);
    return statement->query;
}

/* What is printed parses again, to the same. */
static void assert_query(struct arena *arena, const char *text, const char *printed)
{
    struct buffer out = {0};
    sql_query_print(parse(arena, text), &out);
    assert_string_equal(buffer_text(&out), printed);
    const struct sql_query *again = parse(arena, arena_strdup(arena, buffer_text(&out)));
    buffer_clear(&out);
    sql_query_print(again, &out);
    assert_string_equal(buffer_text(&out), printed);
    buffer_free(&out);
}

static void queries_of_each_form_parse(void **state)
{
    struct arena *arena = *state;
    assert_query(arena, "select distinct a, t.* from t where a > 1",
                 "SELECT DISTINCT `a`, `t`.*\nFROM `t`\nWHERE `a` > 1");
    assert_query(arena, "SELECT ALL a FROM c.d.t /*+ OPTIONS('k'='v''', 'l'='w') */ AS u (x, y)",
                 "SELECT `a`\nFROM `c`.`d`.`t` /*+ OPTIONS('k' = 'v''', 'l' = 'w') */ AS `u` (`x`, `y`)");
    assert_query(
        arena, "SELECT k, COUNT(*) c FROM t GROUP BY k, UPPER(s) HAVING COUNT(*) > 1 AND k IS NOT NULL",
        "SELECT `k`, COUNT(*) AS `c`\nFROM `t`\nGROUP BY `k`, UPPER(`s`)\nHAVING (COUNT(*) > 1) AND (`k` IS "
        "NOT NULL)");
    assert_query(arena, "SELECT a FROM t ORDER BY a DESC NULLS LAST, 2 ASC, c NULLS FIRST LIMIT 3 OFFSET 4",
                 "SELECT `a`\nFROM `t`\nORDER BY `a` DESC NULLS LAST, 2, `c` NULLS FIRST\nLIMIT 3\nOFFSET 4");
    assert_query(arena, "SELECT a FROM t OFFSET 4 ROWS FETCH NEXT 3 ROWS ONLY",
                 "SELECT `a`\nFROM `t`\nLIMIT 3\nOFFSET 4");
    assert_query(arena, "SELECT a FROM t FETCH FIRST ROW ONLY", "SELECT `a`\nFROM `t`\nLIMIT 1");
    assert_query(arena, "SELECT a FROM t LIMIT ALL", "SELECT `a`\nFROM `t`");
    assert_query(arena, "SELECT x.b FROM (SELECT a AS b FROM t LIMIT 1) x",
                 "SELECT `x`.`b`\nFROM (SELECT `a` AS `b`\nFROM `t`\nLIMIT 1) AS `x`");
    assert_query(arena, "SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v(n, s)",
                 "SELECT *\nFROM (VALUES ROW(1, 'a'), ROW(2, 'b')) AS `v` (`n`, `s`)");
    assert_query(arena, "VALUES 1, ROW(2)", "VALUES ROW(1), ROW(2)");
}

static void unions_run_and_nest(void **state)
{
    struct arena *arena = *state;
    assert_query(arena, "SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3",
                 "SELECT 1\nUNION ALL\nSELECT 2\nUNION ALL\nSELECT 3");
    assert_query(arena, "SELECT 1 UNION SELECT 2 UNION ALL SELECT 3 ORDER BY 1",
                 "(SELECT 1\nUNION\nSELECT 2)\nUNION ALL\nSELECT 3\nORDER BY 1");
    assert_query(arena, "SELECT 1 UNION ALL (SELECT 2 LIMIT 1)", "SELECT 1\nUNION ALL\n(SELECT 2\nLIMIT 1)");
    assert_query(arena, "((SELECT 1))", "SELECT 1");
    assert_query(arena, "(SELECT 1) LIMIT 1", "SELECT 1\nLIMIT 1");
    assert_query(arena, "(SELECT a FROM t ORDER BY b LIMIT 3) LIMIT 1",
                 "SELECT *\nFROM (SELECT `a`\nFROM `t`\nORDER BY `b`\nLIMIT 3)\nLIMIT 1");
    const struct sql_query *query = parse(arena, "SELECT 1 UNION ALL SELECT 2 UNION ALL VALUES 3");
    assert_int_equal(query->kind, SQL_QUERY_UNION);
    assert_true(query->is_all);
    assert_int_equal(query->input_count, 3);
    assert_int_equal(query->span.end_column, 46);
    assert_int_equal(query->inputs[2]->kind, SQL_QUERY_VALUES);
}

static void with_names_queries(void **state)
{
    struct arena *arena = *state;
    assert_query(arena, "WITH a AS (SELECT 1 AS x), b (y) AS (SELECT x FROM a) SELECT y FROM b",
                 "WITH `a` AS (SELECT 1 AS `x`),\n`b` (`y`) AS (SELECT `x`\nFROM `a`)\nSELECT `y`\nFROM `b`");
    assert_query(arena, "WITH a AS (SELECT 1) (WITH b AS (SELECT 2) SELECT * FROM b)",
                 "WITH `a` AS (SELECT 1)\nSELECT *\nFROM (WITH `b` AS (SELECT 2)\nSELECT *\nFROM `b`)");
    assert_refused(arena, "WITH a AS (SELECT 1), a AS (SELECT 2) SELECT 1", 23,
                   "WITH names 'a' twice at line 1, column 23.");
    assert_refused(arena, "WITH a AS SELECT 1", 11,
                   "Incorrect syntax near the keyword 'SELECT' at line 1, column 11. Expected '('.");
}

static void calls_keep_what_stands_behind_them(void **state)
{
    struct arena *arena = *state;
    assert_query(arena, "SELECT COUNT(DISTINCT a) FILTER (WHERE b > 0), SUM(ALL c) FROM t",
                 "SELECT COUNT(DISTINCT `a`) FILTER (WHERE `b` > 0), SUM(`c`)\nFROM `t`");
    assert_query(arena, "SELECT ROW_NUMBER() OVER (PARTITION BY a, b ORDER BY ts DESC) AS rn FROM t",
                 "SELECT ROW_NUMBER() OVER (PARTITION BY `a`, `b` ORDER BY `ts` DESC) AS `rn`\nFROM `t`");
    assert_query(
        arena,
        "SELECT SUM(a) OVER (ORDER BY ts RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) FROM t",
        "SELECT SUM(`a`) OVER (ORDER BY `ts` RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT "
        "ROW)\nFROM `t`");
    assert_query(arena, "SELECT SUM(a) OVER (ROWS UNBOUNDED PRECEDING) FROM t",
                 "SELECT SUM(`a`) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)\nFROM `t`");
    assert_query(arena, "SELECT SUM(a) OVER (ROWS BETWEEN 2 PRECEDING AND UNBOUNDED FOLLOWING) FROM t",
                 "SELECT SUM(`a`) OVER (ROWS BETWEEN 2 PRECEDING AND UNBOUNDED FOLLOWING)\nFROM `t`");
    assert_query(arena, "SELECT COUNT(*) OVER () filter FROM t",
                 "SELECT COUNT(*) OVER () AS `filter`\nFROM `t`");
    assert_query(
        arena, "SELECT k, TUMBLE_END(ts, INTERVAL '1' HOUR) FROM t GROUP BY k, TUMBLE(ts, INTERVAL '1' HOUR)",
        "SELECT `k`, TUMBLE_END(`ts`, INTERVAL '1' HOUR)\nFROM `t`\nGROUP BY `k`, TUMBLE(`ts`, INTERVAL '1' "
        "HOUR)");
    const struct sql_query *query =
        parse(arena, "SELECT COUNT(*), SUM(DISTINCT a + 1) FILTER (WHERE b) FROM t");
    assert_true(query->items[0].expression->is_star);
    assert_int_equal(query->items[0].expression->argument_count, 0);
    assert_true(query->items[1].expression->is_distinct);
    assert_int_equal(query->items[1].expression->filter->kind, SQL_COLUMN);
}

static void wrong_queries_name_place_and_remedy(void **state)
{
    struct arena *arena = *state;
    static const struct {
        const char *text;
        uint32_t column;
        const char *message;
    } cases[] = {
        {"SELECT a, COUNT(*) FROM t GROUP BY 1", 36,
         "GROUP BY takes no position of a column: write the expression in place of 1, at line 1, column 36."},
        {"SELECT a FROM t GRUOP BY a", 17,
         "Incorrect syntax near 'GRUOP' at line 1, column 17. Did you mean 'GROUP'?"},
        {"SELECT a FROM (SELECT 1) GROUP a", 32,
         "Incorrect syntax near 'a' at line 1, column 32. Expected 'BY'."},
        {"SELECT a FROM t UNOIN ALL SELECT 1", 17,
         "Incorrect syntax near 'UNOIN' at line 1, column 17. Did you mean 'UNION'?"},
        {"SELECT a FROM t LIMIT x", 23,
         "Incorrect syntax near 'x' at line 1, column 23. Expected one of 'ALL', 'a number of rows'."},
        {"SELECT a FROM t LIMIT 99999999999999999999", 23,
         "The number of rows is too large at line 1, column 23."},
        {"SELECT SUM(a) OVER (ORDERED BY b) FROM t", 21,
         "Incorrect syntax near 'ORDERED' at line 1, column 21. Did you mean 'ORDER'?"},
        {"SELECT COUNT(*) FILTER (b) FROM t", 25,
         "Incorrect syntax near 'b' at line 1, column 25. Expected 'WHERE'."},
        {"SELECT a FROM TABLE t", 21, "Incorrect syntax near 't' at line 1, column 21. Expected '('."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(arena, cases[i].text, cases[i].column, cases[i].message);
}

/* So that a view means the same wherever it is used. */
static void tables_are_printed_by_their_whole_path(void **state)
{
    static const struct {
        const char *text;
        const char *printed;
    } cases[] = {
        {"SELECT t.a FROM t", "SELECT `t`.`a`\nFROM `default_catalog`.`default_database`.`t` AS `t`"},
        {"SELECT a FROM d.t /*+ OPTIONS('k'='v') */ AS x",
         "SELECT `a`\nFROM `default_catalog`.`d`.`t` /*+ OPTIONS('k' = 'v') */ AS `x`"},
        {"WITH t AS (SELECT * FROM t), u AS (SELECT * FROM t) SELECT * FROM u UNION ALL SELECT * FROM v",
         "WITH `t` AS (SELECT *\nFROM `default_catalog`.`default_database`.`t` AS `t`),\n"
         "`u` AS (SELECT *\nFROM `t` AS `t`)\nSELECT *\nFROM `u` AS `u`\nUNION ALL\nSELECT *\n"
         "FROM `default_catalog`.`default_database`.`v` AS `v`"},
        {"SELECT * FROM (WITH t AS (SELECT 1) SELECT * FROM t) UNION ALL SELECT * FROM t",
         "SELECT *\nFROM (WITH `t` AS (SELECT 1)\nSELECT *\nFROM `t` AS `t`)\nUNION ALL\nSELECT *\n"
         "FROM `default_catalog`.`default_database`.`t` AS `t`"},
        {"SELECT * FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR))",
         "SELECT *\nFROM TABLE(TUMBLE(TABLE `default_catalog`.`default_database`.`t`, DESCRIPTOR(`ts`), "
         "INTERVAL '1' HOUR))"},
    };
    struct sql_catalog *catalog = sql_catalog_create(NULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct buffer out = {0};
        sql_query_print_qualified(catalog, parse(*state, cases[i].text), true, &out);
        assert_string_equal(buffer_text(&out), cases[i].printed);
        buffer_free(&out);
    }
    struct buffer out = {0};
    sql_query_print_qualified(catalog, parse(*state, cases[1].text), false, &out);
    assert_string_equal(buffer_text(&out), "SELECT `a`\nFROM `default_catalog`.`d`.`t` AS `x`");
    buffer_free(&out);
    sql_catalog_free(catalog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(queries_of_each_form_parse, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(unions_run_and_nest, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(with_names_queries, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(calls_keep_what_stands_behind_them, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(tables_are_printed_by_their_whole_path, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(wrong_queries_name_place_and_remedy, open_arena, close_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
