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

static const struct sql_expression *parse(struct arena *arena, const char *text)
{
    const struct sql_statement *statement = NULL;
    struct error error;
    if (sql_parse(sql_text_of(arena_printf(arena, "SELECT %s", text)), arena, &statement, &error) !=
        STATUS_OK)
        fail_msg("%s\n%s", text, error.message);
    return statement->query->items[0].expression;
}

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR };

static void intervals_of_time_are_milliseconds(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
        const char *printed;
    } cases[] = {
        {"INTERVAL '10' SECOND", 10 * SECOND, "INTERVAL '10' SECOND"},
        {"INTERVAL '10' SECONDS", 10 * SECOND, "INTERVAL '10' SECOND"},
        {"INTERVAL '0.25' SECOND", 250, "INTERVAL '0.25' SECOND"},
        {"INTERVAL '1.0009999' SECOND(2, 6)", 1000, "INTERVAL '1.0009999' SECOND(2, 6)"},
        {"INTERVAL '1.5' MINUTE", 90 * SECOND, "INTERVAL '1.5' MINUTE"},
        {"interval '1' hour", HOUR, "INTERVAL '1' HOUR"},
        {"INTERVAL '100' DAY", INT64_C(100) * DAY, "INTERVAL '100' DAY"},
        {"INTERVAL '100' DAY(3)", INT64_C(100) * DAY, "INTERVAL '100' DAY(3)"},
        {"INTERVAL '2' WEEK", INT64_C(14) * DAY, "INTERVAL '2' WEEK"},
        {"INTERVAL '1:30' HOUR TO MINUTE", 90 * MINUTE, "INTERVAL '1:30' HOUR TO MINUTE"},
        {"INTERVAL '1:30:05.5' HOUR TO SECOND", 90 * MINUTE + 5500, "INTERVAL '1:30:05.5' HOUR TO SECOND"},
        {"INTERVAL '30:05' MINUTE TO SECOND", 30 * MINUTE + 5000, "INTERVAL '30:05' MINUTE TO SECOND"},
        {"INTERVAL '100:05' MINUTE TO SECOND", 100 * MINUTE + 5000, "INTERVAL '100:05' MINUTE TO SECOND"},
        {"INTERVAL '1 12' DAY TO HOUR", 36 * HOUR, "INTERVAL '1 12' DAY TO HOUR"},
        {"INTERVAL '1 12:30' DAY TO MINUTE", 36 * HOUR + 30 * MINUTE, "INTERVAL '1 12:30' DAY TO MINUTE"},
        {"INTERVAL '1 12:00:00.5' DAY TO SECOND", 36 * HOUR + 500, "INTERVAL '1 12:00:00.5' DAY TO SECOND"},
        {"INTERVAL '1 12:00:00.5' DAY(2) TO SECOND(3)", 36 * HOUR + 500,
         "INTERVAL '1 12:00:00.5' DAY(2) TO SECOND(3)"},
        {"INTERVAL '-1' HOUR", -HOUR, "INTERVAL '-1' HOUR"},
        {"INTERVAL '+1' HOUR", HOUR, "INTERVAL '+1' HOUR"},
        {"INTERVAL -'1' HOUR", -HOUR, "INTERVAL '-1' HOUR"},
        {"INTERVAL - '-1' HOUR", HOUR, "INTERVAL '1' HOUR"},
        {"INTERVAL + '1' HOUR", HOUR, "INTERVAL '1' HOUR"},
        {"INTERVAL '-1 12:00:00.5' DAY TO SECOND", -36 * HOUR - 500,
         "INTERVAL '-1 12:00:00.5' DAY TO SECOND"},
        {"INTERVAL '0' DAY", 0, "INTERVAL '0' DAY"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct sql_expression *interval = parse(*state, cases[i].text);
        assert_int_equal(interval->literal, SQL_LITERAL_INTERVAL);
        assert_false(interval->interval_is_months);
        assert_int_equal(interval->interval_ms, cases[i].ms);
        assert_int_equal(interval->span.column, 8);
        assert_int_equal(interval->span.end_column, 7 + strlen(cases[i].text));
        struct buffer out = {0};
        sql_expression_print(interval, &out);
        assert_string_equal(buffer_text(&out), cases[i].printed);
        assert_int_equal(parse(*state, buffer_text(&out))->interval_ms, cases[i].ms);
        buffer_free(&out);
    }
}

static void intervals_of_months_are_months(void **state)
{
    static const struct {
        const char *text;
        int64_t months;
    } cases[] = {
        {"INTERVAL '2' YEAR", 24},
        {"INTERVAL '-3' MONTHS", -3},
        {"INTERVAL '1' QUARTER", 3},
        {"INTERVAL '2-6' YEAR TO MONTH", 30},
        {"INTERVAL '-2-6' YEAR TO MONTH", -30},
        {"INTERVAL '100-11' YEAR(3) TO MONTH", 1211},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct sql_expression *interval = parse(*state, cases[i].text);
        assert_true(interval->interval_is_months);
        assert_int_equal(interval->interval_months, cases[i].months);
        assert_int_equal(interval->interval_ms, 0);
    }
}

static void intervals_stand_where_expressions_do(void **state)
{
    assert_int_equal(parse(*state, "INTERVAL")->kind, SQL_COLUMN);
    assert_int_equal(parse(*state, "INTERVAL - 1")->kind, SQL_CALL);
    const struct sql_expression *difference = parse(*state, "ts - INTERVAL '5' SECOND + INTERVAL '1' DAY");
    assert_int_equal(difference->arguments[1]->interval_ms, DAY);
    const struct sql_expression *call = parse(*state, "TUMBLE_START(ts, INTERVAL '1' HOUR)");
    assert_string_equal(call->text, "TUMBLE_START");
    assert_int_equal(call->arguments[1]->interval_ms, HOUR);
}

static void wrong_intervals_say_what_is_wrong(void **state)
{
    struct arena *arena = *state;
    static const struct {
        const char *text;
        uint32_t column;
        const char *message;
    } cases[] = {
        {"SELECT INTERVAL 'x' HOUR", 17, "'x' is no number of HOURS for an INTERVAL at line 1, column 17."},
        {"SELECT INTERVAL '' HOUR", 17, "'' is no number of HOURS for an INTERVAL at line 1, column 17."},
        {"SELECT INTERVAL '1.5' MONTH", 17,
         "'1.5' is no number of MONTHS for an INTERVAL at line 1, column 17."},
        {"SELECT INTERVAL '1:61' HOUR TO MINUTE", 17,
         "'1:61' is no INTERVAL HOUR TO MINUTE, which is written like '1:30', at line 1, column 17."},
        {"SELECT INTERVAL '1:30' DAY TO SECOND", 17,
         "'1:30' is no INTERVAL DAY TO SECOND, which is written like '1 12:30:00.5', at line 1, column 17."},
        {"SELECT INTERVAL '1:30' DAY TO HOUR", 17,
         "'1:30' is no INTERVAL DAY TO HOUR, which is written like '1 12', at line 1, column 17."},
        {"SELECT INTERVAL '1' HOUR TO SECOND", 17,
         "'1' is no INTERVAL HOUR TO SECOND, which is written like '1:30:00.5', at line 1, column 17."},
        {"SELECT INTERVAL '2-12' YEAR TO MONTH", 17,
         "'2-12' is no INTERVAL YEAR TO MONTH, which is written like '1-6', at line 1, column 17."},
        {"SELECT INTERVAL '100' DAY(2)", 17,
         "The interval '100' has more than 2 digits, as DAY(2) says, at line 1, column 17."},
        {"SELECT INTERVAL '999999999999' DAY", 17,
         "The interval '999999999999' DAY is too long at line 1, column 17."},
        {"SELECT INTERVAL '1' DAY(30)", 25,
         "An interval has at most 10 digits in a field, at line 1, column 25."},
        {"SELECT INTERVAL '1' MONTH TO DAY", 30,
         "There is no interval MONTH TO DAY: the units go YEAR TO MONTH or down from DAY to SECOND, at line "
         "1, column 30."},
        {"SELECT INTERVAL '1' SECOND TO HOUR", 31,
         "There is no interval SECOND TO HOUR: the units go YEAR TO MONTH or down from DAY to SECOND, at "
         "line 1, column 31."},
        {"SELECT INTERVAL 5 SECOND", 17,
         "The length of an INTERVAL is written in quotes, as '5', at line 1, column 17."},
        {"SELECT INTERVAL '5' SECNOD", 21,
         "Incorrect syntax near 'SECNOD' at line 1, column 21. Did you mean 'SECOND'?"},
        {"SELECT INTERVAL '5'", 20,
         "Incorrect syntax near the end of the statement at line 1, column 20. Expected one of 'SECOND', "
         "'MINUTE', 'HOUR', 'DAY', 'WEEK', 'MONTH', 'QUARTER', 'YEAR'."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(arena, cases[i].text, cases[i].column, cases[i].message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(intervals_of_time_are_milliseconds, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(intervals_of_months_are_months, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(intervals_stand_where_expressions_do, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(wrong_intervals_say_what_is_wrong, open_arena, close_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
