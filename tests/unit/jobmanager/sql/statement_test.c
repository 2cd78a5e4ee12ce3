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

static const struct sql_statement *parse(struct arena *arena, const char *text)
{
    const struct sql_statement *statement = NULL;
    struct error error;
    if (sql_parse(sql_text_of(text), arena, &statement, &error) != STATUS_OK)
        fail_msg("%s\n%s", text, error.message);
    return statement;
}

static void statements_on_jobs_keep_their_parts(void **state)
{
    struct arena *arena = *state;
    const struct sql_statement *stop = parse(arena, "STOP JOB 'ab' WITH SAVEPOINT");
    assert_string_equal(stop->job_id, "ab");
    assert_true(stop->with_savepoint && !stop->with_drain);
    assert_int_equal(stop->job_id_span.column, 10);
    assert_false(parse(arena, "STOP JOB 'ab'")->with_savepoint);
    assert_true(parse(arena, "STOP JOB 'ab' WITH SAVEPOINT WITH DRAIN")->with_drain);
    assert_string_equal(parse(arena, "DESCRIBE JOB 'ab'")->job_id, "ab");
    assert_refused(arena, "STOP JOB 'ab' WITH DRAIN", 15,
                   "WITH DRAIN goes with a savepoint: WITH SAVEPOINT WITH DRAIN, at line 1, column 15.");
    assert_refused(arena, "STOP JOB ab", 10,
                   "Incorrect syntax near 'ab' at line 1, column 10. Expected 'a 'string''.");
}

static void views_keep_their_parts(void **state)
{
    struct arena *arena = *state;
    const struct sql_statement *view =
        parse(arena, "CREATE TEMPORARY VIEW IF NOT EXISTS c.d.v (a, b) COMMENT 'x' AS VALUES (1, 2)");
    assert_true(view->create_view->temporary && view->if_not_exists);
    assert_int_equal(view->name.count, 3);
    assert_string_equal(view->create_view->columns[1], "b");
    assert_int_equal(view->create_view->column_spans[1].column, 47);
    assert_string_equal(view->create_view->comment, "x");
    assert_int_equal(view->create_view->query->kind, SQL_QUERY_VALUES);
    assert_true(parse(arena, "DROP TEMPORARY VIEW IF EXISTS v")->temporary);
    assert_refused(arena, "CREATE VIEW v (a) SELECT 1", 19,
                   "Incorrect syntax near the keyword 'SELECT' at line 1, column 19. Expected one of "
                   "'COMMENT', 'AS'.");
}

static void tables_are_made_like_others_and_altered(void **state)
{
    struct arena *arena = *state;
    const struct sql_statement *statement =
        parse(arena, "CREATE TABLE t (b INT) WITH ('a'='b') LIKE c.d.s (EXCLUDING ALL INCLUDING GENERATED "
                     "OVERWRITING WATERMARKS INCLUDING OPTIONS)");
    const struct sql_like *like = statement->create_table->like;
    assert_int_equal(like->source.count, 3);
    assert_int_equal(like->merging[SQL_LIKE_CONSTRAINTS], SQL_EXCLUDING);
    assert_int_equal(like->merging[SQL_LIKE_GENERATED], SQL_INCLUDING);
    assert_int_equal(like->merging[SQL_LIKE_WATERMARKS], SQL_OVERWRITING);
    assert_int_equal(like->merging[SQL_LIKE_OPTIONS], SQL_INCLUDING);
    like = parse(arena, "CREATE TABLE t LIKE s")->create_table->like;
    assert_int_equal(like->merging[SQL_LIKE_OPTIONS], SQL_OVERWRITING);
    assert_int_equal(like->merging[SQL_LIKE_WATERMARKS], SQL_INCLUDING);
    assert_refused(arena, "CREATE TABLE t LIKE s (OVERWRITING PARTITIONS)", 24,
                   "PARTITIONS can be included or excluded, but not overwritten, at line 1, column 24.");
    assert_refused(arena, "CREATE TABLE t LIKE s (INCLUDING OPTION)", 34,
                   "Incorrect syntax near 'OPTION' at line 1, column 34. Did you mean 'OPTIONS'?");
    statement = parse(arena, "ALTER TABLE IF EXISTS d.t SET ('a' = 'b', 'c' = 'd')");
    assert_int_equal(statement->kind, SQL_ALTER_TABLE);
    assert_true(statement->if_exists);
    assert_string_equal(statement->properties.items[1].key, "c");
    statement = parse(arena, "ALTER TABLE t RESET ('a', 'c')");
    assert_int_equal(statement->reset_key_count, 2);
    assert_string_equal(statement->reset_keys[1], "c");
}

static void explain_takes_details(void **state)
{
    struct arena *arena = *state;
    assert_int_equal(
        parse(arena, "EXPLAIN PLAN_ADVICE, JSON_EXECUTION_PLAN INSERT INTO t SELECT 1")->explain_details,
        SQL_EXPLAIN_PLAN_ADVICE | SQL_EXPLAIN_JSON_EXECUTION_PLAN);
    assert_int_equal(
        parse(arena, "EXPLAIN CHANGELOG_MODE WITH a AS (SELECT 1) SELECT * FROM a")->explain_details,
        SQL_EXPLAIN_CHANGELOG_MODE);
    assert_int_equal(parse(arena, "EXPLAIN PLAN FOR SELECT 1")->explain_details, 0);
    assert_refused(arena, "EXPLAIN CHANGELOG_MODE, COST SELECT 1", 25,
                   "Incorrect syntax near 'COST' at line 1, column 25. Expected one of "
                   "'ESTIMATED_COST', 'CHANGELOG_MODE', 'JSON_EXECUTION_PLAN', 'PLAN_ADVICE'.");
}

static void partitions_name_their_transforms(void **state)
{
    struct arena *arena = *state;
    static const struct {
        const char *text;
        enum sql_transform transform;
        uint32_t parameter;
    } cases[] = {
        {"a", SQL_TRANSFORM_IDENTITY, 0},
        {"identity(a)", SQL_TRANSFORM_IDENTITY, 0},
        {"years(a)", SQL_TRANSFORM_YEAR, 0},
        {"month(a)", SQL_TRANSFORM_MONTH, 0},
        {"DAYS(a)", SQL_TRANSFORM_DAY, 0},
        {"hours(a)", SQL_TRANSFORM_HOUR, 0},
        {"bucket(16, a)", SQL_TRANSFORM_BUCKET, 16},
        {"bucket(a, 16)", SQL_TRANSFORM_BUCKET, 16},
        {"truncate(4, a)", SQL_TRANSFORM_TRUNCATE, 4},
        {"truncate(a, 2147483647)", SQL_TRANSFORM_TRUNCATE, INT32_MAX},
        {"DATE_FORMAT(a, 'yyyy')", SQL_TRANSFORM_YEAR, 0},
        {"DATE_FORMAT(a, 'yyyy-MM')", SQL_TRANSFORM_MONTH, 0},
        {"DATE_FORMAT(a, 'yyyy-MM-dd')", SQL_TRANSFORM_DAY, 0},
        {"DATE_FORMAT(a, 'yyyy-MM-dd HH')", SQL_TRANSFORM_HOUR, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct sql_statement *statement =
            parse(arena, arena_printf(arena, "CREATE TABLE t (a INT) PARTITIONED BY (%s)", cases[i].text));
        const struct sql_partition_field *field = &statement->create_table->partition[0];
        assert_int_equal(field->transform, cases[i].transform);
        assert_int_equal(field->parameter, cases[i].parameter);
        assert_string_equal(field->column, "a");
        assert_int_equal(field->span.column, 40);
        assert_int_equal(field->span.end_column, 39 + strlen(cases[i].text));
    }
}

static void wrong_partitions_say_what_there_is(void **state)
{
    struct arena *arena = *state;
    assert_refused(arena, "CREATE TABLE t (a INT) PARTITIONED BY (DATE_FORMAT(a, 'dd.MM.yyyy'))", 55,
                   "DATE_FORMAT in PARTITIONED BY takes the patterns 'yyyy', 'yyyy-MM', 'yyyy-MM-dd' and "
                   "'yyyy-MM-dd HH', which are years(c), months(c), days(c) and hours(c), not 'dd.MM.yyyy', "
                   "at line 1, column 55.");
    static const struct {
        const char *field;
        uint32_t column;
    } numbers[] = {{"bucket(0, a)", 47}, {"bucket(a, 99999999999)", 50}, {"truncate(2147483648, a)", 49}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        assert_refused(
            arena, arena_printf(arena, "CREATE TABLE t (a INT) PARTITIONED BY (%s)", numbers[i].field),
            numbers[i].column,
            arena_printf(arena,
                         "The number of a partition transform is from 1 to 2147483647, at line 1, column %u.",
                         numbers[i].column));
    assert_refused(arena, "CREATE TABLE t (a INT) PARTITIONED BY (weeks(a))", 40,
                   "There is no partition transform 'weeks': use a column, years(c), months(c), days(c), "
                   "hours(c), bucket(16, c), truncate(4, c) or DATE_FORMAT(c, 'yyyy-MM-dd'), at line 1, "
                   "column 40.");
}

static void a_zero_byte_is_refused(void **state)
{
    static const char bytes[] = "SELECT '\0'";
    struct sql_text text = {.data = bytes, .size = sizeof bytes - 1, .line = 3, .column = 1};
    const struct sql_statement *statement = NULL;
    struct error error;
    error_clear(&error);
    assert_int_equal(sql_parse(text, *state, &statement, &error), STATUS_INVALID_ARGUMENT);
    assert_int_equal(error.line, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(statements_on_jobs_keep_their_parts, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(views_keep_their_parts, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(tables_are_made_like_others_and_altered, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(explain_takes_details, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(partitions_name_their_transforms, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(wrong_partitions_say_what_there_is, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(a_zero_byte_is_refused, open_arena, close_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
