#include "jobmanager/sql/parser.h"

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

static const struct sql_statement *parse(struct arena *arena, const char *text)
{
    const struct sql_statement *statement = NULL;
    struct error error;
    if (sql_parse(sql_text_of(text), arena, &statement, &error) != STATUS_OK)
        fail_msg("%s\n%s", text, error.message);
    return statement;
}

static void assert_refused(struct arena *arena, const char *text, uint32_t line, uint32_t column,
                           const char *message)
{
    const struct sql_statement *statement = NULL;
    struct error error;
    error_clear(&error);
    assert_int_not_equal(sql_parse(sql_text_of(text), arena, &statement, &error), STATUS_OK);
    assert_string_equal(error.message, message);
    assert_int_equal(error.line, line);
    assert_int_equal(error.column, column);
}

static void assert_expression(struct arena *arena, const char *text, const char *printed)
{
    const struct sql_statement *statement = parse(arena, arena_printf(arena, "SELECT %s", text));
    struct buffer out = {0};
    sql_expression_print(statement->query->items[0].expression, &out);
    assert_string_equal(buffer_text(&out), printed);
    /* What is printed parses again, to the same. */
    statement = parse(arena, arena_printf(arena, "SELECT %s", printed));
    buffer_clear(&out);
    sql_expression_print(statement->query->items[0].expression, &out);
    assert_string_equal(buffer_text(&out), printed);
    buffer_free(&out);
}

static void operators_bind_as_in_flink(void **state)
{
    struct arena *arena = *state;
    assert_expression(arena, "1 + 2 * 3 - 4", "(1 + (2 * 3)) - 4");
    assert_expression(arena, "a OR b AND NOT c = d", "`a` OR (`b` AND (NOT (`c` = `d`)))");
    assert_expression(arena, "- a * + b", "(-`a`) * `b`");
    assert_expression(arena, "a || 'it''s' = b.c", "(`a` || 'it''s') = `b`.`c`");
    assert_expression(arena, "a NOT BETWEEN 1 AND 2 AND b", "(NOT (`a` BETWEEN 1 AND 2)) AND `b`");
    assert_expression(arena, "x NOT IN (1, 2) OR y LIKE 'a!%' ESCAPE '!'",
                      "(NOT (`x` IN (1, 2))) OR (`y` LIKE 'a!%' ESCAPE '!')");
    assert_expression(arena, "a IS NOT NULL = (b IS NOT DISTINCT FROM 3 % 2)",
                      "(`a` IS NOT NULL) = (`b` IS NOT DISTINCT FROM (3 % 2))");
}

static void expressions_of_each_form_parse(void **state)
{
    struct arena *arena = *state;
    assert_expression(arena, "CASE x WHEN 1 THEN 'a' END", "CASE WHEN `x` = 1 THEN 'a' ELSE NULL END");
    assert_expression(arena, "case when x then 1 else 2 end", "CASE WHEN `x` THEN 1 ELSE 2 END");
    assert_expression(arena, "TRY_CAST(a AS DECIMAL(5, 1))", "TRY_CAST(`a` AS DECIMAL(5, 1))");
    assert_expression(arena, "CAST(a AS TIMESTAMP(3) WITH LOCAL TIME ZONE)", "CAST(`a` AS TIMESTAMP_LTZ(3))");
    assert_expression(arena, "ts - INTERVAL '5' SECONDS", "`ts` - INTERVAL '5' SECOND");
    assert_expression(arena, "current_timestamp", "CURRENT_TIMESTAMP");
    assert_expression(arena, "upper(trim(both ' ' from s))", "UPPER(BTRIM(`s`, ' '))");
    assert_expression(arena, "substring(s from 2 for 3)", "SUBSTRING(`s`, 2, 3)");
    assert_expression(arena, "extract(year from `date`)", "EXTRACT(YEAR FROM `date`)");
    assert_expression(arena, "position('a' in upper(s))", "POSITION('a' IN UPPER(`s`))");
    assert_expression(arena, "LEFT(s, 2)", "LEFT(`s`, 2)");
    assert_expression(arena, "floor(ts to hour) + FLOOR(x)", "FLOOR(`ts` TO HOUR) + FLOOR(`x`)");
    assert_expression(arena, "ceil(ts to day)", "CEIL(`ts` TO DAY)");
    assert_expression(arena, "timestampadd(day, 1 + n, ts)", "TIMESTAMPADD(DAY, 1 + `n`, `ts`)");
    assert_expression(arena, "TIMESTAMPDIFF(SECOND, a, b)", "TIMESTAMPDIFF(SECOND, `a`, `b`)");
    assert_expression(arena, "DATE '2024-01-01'", "DATE '2024-01-01'");
    assert_expression(arena, "date /* a column */", "`date`");
    assert_expression(arena, "1.5e-3 + .5", "1.5e-3 + .5");
}

static void create_table_keeps_all_its_parts(void **state)
{
    struct arena *arena = *state;
    const struct sql_statement *statement =
        parse(arena, "CREATE TEMPORARY TABLE IF NOT EXISTS c.d.t (\n"
                     "  id BIGINT PRIMARY KEY NOT ENFORCED COMMENT 'key',\n"
                     "  v AS id + 1,\n"
                     "  `offset` BIGINT METADATA VIRTUAL,\n"
                     "  at TIMESTAMP_LTZ(3) NOT NULL METADATA FROM 'timestamp',\n"
                     "  WATERMARK FOR at AS at - INTERVAL '1.5' MINUTE\n"
                     ") COMMENT 'a table' PARTITIONED BY (v, days(at), DATE_FORMAT(at, 'yyyy-MM-dd'))\n"
                     "WITH ('a' = 'b''c', 'd' = '');");
    const struct sql_create_table *table = statement->create_table;
    assert_int_equal(statement->kind, SQL_CREATE_TABLE);
    assert_true(table->temporary && table->if_not_exists);
    assert_int_equal(table->name.count, 3);
    assert_int_equal(table->column_count, 4);
    assert_string_equal(table->columns[0].comment, "key");
    assert_int_equal(table->columns[1].kind, SQL_COLUMN_COMPUTED);
    assert_string_equal(table->columns[2].metadata_key, "offset");
    assert_true(table->columns[2].is_virtual);
    assert_string_equal(table->columns[3].metadata_key, "timestamp");
    assert_true(table->columns[3].type->not_null);
    assert_string_equal(table->primary_key[0], "id");
    assert_int_equal(table->watermark->expression->arguments[1]->interval_ms, 90000);
    assert_int_equal(table->partition_count, 3);
    assert_int_equal(table->partition[0].transform, SQL_TRANSFORM_IDENTITY);
    assert_int_equal(table->partition[2].transform, SQL_TRANSFORM_DAY);
    assert_string_equal(table->options.items[0].value, "b'c");
    assert_string_equal(table->comment, "a table");
}

static void statements_are_told_apart(void **state)
{
    struct arena *arena = *state;
    static const struct {
        const char *text;
        enum sql_statement_kind kind;
    } cases[] = {
        {"create catalog c with ('type'='iceberg')", SQL_CREATE_CATALOG},
        {"CREATE DATABASE IF NOT EXISTS c.d", SQL_CREATE_DATABASE},
        {"DROP TEMPORARY TABLE IF EXISTS t", SQL_DROP_TABLE},
        {"DROP DATABASE d CASCADE", SQL_DROP_DATABASE},
        {"DROP CATALOG c", SQL_DROP_CATALOG},
        {"USE c.d", SQL_USE_DATABASE},
        {"USE CATALOG c", SQL_USE_CATALOG},
        {"SHOW TABLES FROM d", SQL_SHOW_TABLES},
        {"SHOW VIEWS IN c.d", SQL_SHOW_VIEWS},
        {"SHOW JOBS", SQL_SHOW_JOBS},
        {"DESCRIBE JOB '0123'", SQL_DESCRIBE_JOB},
        {"DESCRIBE job", SQL_DESCRIBE},
        {"STOP JOB '0123' WITH SAVEPOINT WITH DRAIN", SQL_STOP_JOB},
        {"SHOW CREATE VIEW v", SQL_SHOW_CREATE_VIEW},
        {"CREATE TEMPORARY VIEW IF NOT EXISTS v (a, b) COMMENT 'x' AS VALUES (1, 2)", SQL_CREATE_VIEW},
        {"DROP TEMPORARY VIEW IF EXISTS v", SQL_DROP_VIEW},
        {"EXPLAIN CHANGELOG_MODE, ESTIMATED_COST SELECT 1", SQL_EXPLAIN},
        {"(SELECT 1)", SQL_SELECT},
        {"WITH x AS (SELECT 1) SELECT * FROM x", SQL_SELECT},
        {"SHOW CREATE TABLE t", SQL_SHOW_CREATE_TABLE},
        {"SHOW CURRENT CATALOG", SQL_SHOW_CURRENT_CATALOG},
        {"SHOW CURRENT DATABASE", SQL_SHOW_CURRENT_DATABASE},
        {"DESC t", SQL_DESCRIBE},
        {"EXPLAIN PLAN FOR INSERT INTO t SELECT 1", SQL_EXPLAIN},
        {"EXPLAIN SELECT 1", SQL_EXPLAIN},
        {"SET", SQL_SET},
        {"RESET 'a.b'", SQL_RESET},
        {"INSERT INTO t (a, b) VALUES (1, 2), ROW(3, 4)", SQL_INSERT},
        {"BEGIN STATEMENT SET", SQL_BEGIN_STATEMENT_SET},
        {"END;", SQL_END_STATEMENT_SET},
        {"EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; INSERT INTO b SELECT 2; END",
         SQL_STATEMENT_SET},
        {"SELECT a, b AS c FROM t AS u WHERE a > 1", SQL_SELECT},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(parse(arena, cases[i].text)->kind, cases[i].kind);
    const char *set = "EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT 1; INSERT INTO b SELECT 2; END";
    assert_int_equal(parse(arena, set)->insert_count, 2);
    assert_string_equal(parse(arena, "SET 'a.b' = 'c'")->value, "c");
    assert_string_equal(parse(arena, "SET table.local-time-zone = UTC;")->key, "table.local-time-zone");
    assert_string_equal(
        parse(arena, "SELECT a FROM t /*+ OPTIONS('k'='v') */ u")->query->from.hints.items[0].value, "v");
}

static void errors_name_place_and_likely_word(void **state)
{
    struct arena *arena = *state;
    assert_refused(
        arena, "SELECT SELECT", 1, 8,
        "SQL parse failed. Incorrect syntax near the keyword 'SELECT' at line 1, column 8. Expected "
        "'an expression'.");
    assert_refused(
        arena, "SELEC a FROM t", 1, 1,
        "SQL parse failed. Incorrect syntax near 'SELEC' at line 1, column 1. Did you mean 'SELECT'?");
    assert_refused(
        arena, "SELECT a\n FORM t", 2, 2,
        "SQL parse failed. Incorrect syntax near 'FORM' at line 2, column 2. Did you mean 'FROM'?");
    assert_refused(
        arena, "SELECT a FROM t WHRE a = 1", 1, 17,
        "SQL parse failed. Incorrect syntax near 'WHRE' at line 1, column 17. Did you mean 'WHERE'?");
    assert_refused(
        arena, "CREATE TABEL t (a INT)", 1, 8,
        "SQL parse failed. Incorrect syntax near 'TABEL' at line 1, column 8. Did you mean 'TABLE'?");
    assert_refused(arena, "CREATE TABLE t (a BIGNT)", 1, 19,
                   "SQL parse failed. Unknown type 'BIGNT'. Did you mean 'BIGINT'? at line 1, column 19.");
    assert_refused(
        arena, "INSERT INOT t SELECT 1", 1, 8,
        "SQL parse failed. Incorrect syntax near 'INOT' at line 1, column 8. Did you mean 'INTO'?");
    assert_refused(
        arena, "SELECT 'abc", 1, 8,
        "SQL parse failed. Incorrect syntax near ''': the string does not end, at line 1, column 8.");
    assert_refused(
        arena, "SELECT \"a\"", 1, 8,
        "SQL parse failed. Incorrect syntax near '\"': double quotes are not SQL here: use 'text' or "
        "`name`, at line 1, column 8.");
    assert_refused(
        arena, "SELECT 1 +", 1, 11,
        "SQL parse failed. Incorrect syntax near the end of the statement at line 1, column 11. Expected "
        "'an expression'.");
    assert_refused(arena, "CREATE TABLE t (a INT) WITH ('a'='1', 'a'='2')", 1, 39,
                   "SQL parse failed. The option 'a' is given twice at line 1, column 39.");
}

static void what_comes_later_is_named(void **state)
{
    struct arena *arena = *state;
    static const struct {
        const char *text;
        uint32_t column;
        const char *construct;
    } later[] = {
        {"SELECT * FROM a JOIN b ON a.x = b.x", 17, "JOIN"},
        {"SELECT * FROM a x LEFT OUTER JOIN b ON a.x = b.x", 19, "JOIN"},
        {"SELECT * FROM a, b", 16, "A list of tables in FROM (a join)"},
        {"SELECT * FROM a AS x, b", 21, "A list of tables in FROM (a join)"},
        {"SELECT a FROM t GROUP BY ROLLUP (a)", 26, "ROLLUP"},
        {"SELECT a FROM t GROUP BY a, CUBE(b)", 29, "CUBE"},
        {"SELECT a FROM t GROUP BY GROUPING SETS ((a))", 26, "GROUPING SETS"},
        {"SELECT a FROM t GROUP BY ()", 26, "GROUP BY ()"},
        {"SELECT a FROM t INTERSECT SELECT a FROM s", 17, "INTERSECT"},
        {"SELECT a FROM t UNION ALL SELECT a FROM s EXCEPT SELECT 1", 43, "EXCEPT"},
        {"SELECT LISTAGG(a) WITHIN GROUP (ORDER BY b) FROM t", 19, "WITHIN GROUP"},
        {"SELECT LISTAGG(a ORDER BY b) FROM t", 18, "ORDER BY within an aggregate"},
        {"SELECT LAST_VALUE(a) IGNORE NULLS FROM t", 22, "IGNORE NULLS and RESPECT NULLS"},
        {"SELECT SUM(a) OVER w FROM t", 20, "OVER with the name of a window"},
        {"SELECT SUM(a) OVER (ORDER BY b) FROM t WINDOW w AS (ORDER BY b)", 40, "WINDOW"},
        {"WITH RECURSIVE r AS (SELECT 1) SELECT * FROM r", 6, "WITH RECURSIVE"},
        {"SELECT * FROM TABLE(explode(TABLE t))", 21,
         "A table function other than TUMBLE, HOP, CUMULATE and SESSION"},
        {"SELECT (SELECT 1)", 9, "A subquery in an expression"},
        {"SELECT a IN (SELECT 1)", 14, "A subquery in an expression"},
        {"CREATE OR REPLACE VIEW v AS SELECT 1", 8, "CREATE OR"},
        {"CREATE TABLE t WITH ('a'='b') AS SELECT 1", 31, "CREATE TABLE ... AS SELECT"},
        {"ALTER TABLE t ADD a INT", 15, "ALTER TABLE ... ADD"},
        {"ALTER VIEW v RENAME TO w", 7, "ALTER VIEW"},
    };
    for (size_t i = 0; i < sizeof later / sizeof *later; i++)
        assert_refused(arena, later[i].text, 1, later[i].column,
                       arena_printf(arena, "SQL parse failed. %s is not supported yet, at line 1, column %u.",
                                    later[i].construct, later[i].column));
    assert_refused(arena, "CREATE TABLE t (a ARRAY<INT>)", 1, 19,
                   "SQL parse failed. The type ARRAY is not supported yet, at line 1, column 19.");
    assert_refused(arena, "TRUNCATE TABLE t", 1, 1,
                   "SQL parse failed. TRUNCATE is not supported yet, at line 1, column 1.");
}

static void depth_is_bounded(void **state)
{
    struct arena *arena = *state;
    static const char *const openings[] = {"(",
                                           "NOT ",
                                           "- ",
                                           "CASE WHEN ",
                                           "F(",
                                           "CAST(",
                                           "POSITION(",
                                           "F(DISTINCT ",
                                           "F() FILTER (WHERE ",
                                           "F() OVER (ORDER BY ",
                                           "F() OVER (PARTITION BY ",
                                           "1 FROM (SELECT ",
                                           "1 FROM TABLE(HOP((SELECT ",
                                           "1 UNION (SELECT "};
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
        struct buffer text = {0};
        struct error error;
        const struct sql_statement *statement = NULL;
        buffer_append_text(&text, "SELECT ");
        for (int depth = 0; depth < 100000; depth++)
            buffer_append_text(&text, openings[i]);
        assert_int_not_equal(sql_parse(sql_text_of(buffer_text(&text)), arena, &statement, &error),
                             STATUS_OK);
        buffer_clear(&text);
        buffer_append_text(&text, "SELECT 1");
        for (int depth = 0; depth < 100000; depth++)
            buffer_append_text(&text, " + 1");
        assert_int_not_equal(sql_parse(sql_text_of(buffer_text(&text)), arena, &statement, &error),
                             STATUS_OK);
        buffer_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(operators_bind_as_in_flink, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(expressions_of_each_form_parse, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(create_table_keeps_all_its_parts, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(statements_are_told_apart, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(errors_name_place_and_likely_word, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(what_comes_later_is_named, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(depth_is_bounded, open_arena, close_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
