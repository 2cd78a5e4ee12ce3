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

static const struct sql_query *parse(struct arena *arena, const char *from)
{
    const struct sql_statement *statement = NULL;
    struct error error;
    const char *text = arena_printf(arena, "SELECT * FROM %s", from);
    if (sql_parse(sql_text_of(text), arena, &statement, &error) != STATUS_OK)
        fail_msg("%s\n%s", text, error.message);
    return statement->query;
}

/* What is printed parses again, to the same. */
static void assert_window(struct arena *arena, const char *from, const char *printed)
{
    static const char before[] = "SELECT *\nFROM ";
    assert_int_equal(parse(arena, from)->from.kind, SQL_RELATION_WINDOW);
    for (int i = 0; i < 2; i++) {
        struct buffer out = {0};
        sql_query_print(parse(arena, i == 0 ? from : printed), &out);
        assert_memory_equal(buffer_text(&out), before, strlen(before));
        assert_string_equal(buffer_text(&out) + strlen(before), printed);
        buffer_free(&out);
    }
}

static void arguments_go_by_place(void **state)
{
    struct arena *arena = *state;
    assert_window(arena, "TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR))",
                  "TABLE(TUMBLE(TABLE `t`, DESCRIPTOR(`ts`), INTERVAL '1' HOUR))");
    assert_window(arena,
                  "table(tumble(table c.d.t /*+ OPTIONS('a'='b') */, descriptor(`ts`), INTERVAL '1' HOUR, "
                  "INTERVAL '-5' MINUTE)) as w (a, b)",
                  "TABLE(TUMBLE(TABLE `c`.`d`.`t` /*+ OPTIONS('a' = 'b') */, DESCRIPTOR(`ts`), INTERVAL '1' "
                  "HOUR, INTERVAL '-5' MINUTE)) AS `w` (`a`, `b`)");
    assert_window(
        arena, "TABLE(HOP((SELECT * FROM t), DESCRIPTOR(ts), INTERVAL '5' MINUTE, INTERVAL '1' HOUR)) w",
        "TABLE(HOP((SELECT *\nFROM `t`), DESCRIPTOR(`ts`), INTERVAL '5' MINUTE, INTERVAL '1' HOUR)) AS `w`");
    assert_window(
        arena,
        "TABLE(CUMULATE(TABLE (SELECT * FROM t), DESCRIPTOR(ts), INTERVAL '1' HOUR, INTERVAL '1' DAY))",
        "TABLE(CUMULATE((SELECT *\nFROM `t`), DESCRIPTOR(`ts`), INTERVAL '1' HOUR, INTERVAL '1' DAY))");
    assert_window(arena, "TABLE(SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '5' MINUTE))",
                  "TABLE(SESSION(TABLE `t` PARTITION BY (`k`), DESCRIPTOR(`ts`), INTERVAL '5' MINUTE))");
    assert_window(arena, "TABLE(SESSION(TABLE t PARTITION BY (k, l), DESCRIPTOR(ts), INTERVAL '5' MINUTE))",
                  "TABLE(SESSION(TABLE `t` PARTITION BY (`k`, `l`), DESCRIPTOR(`ts`), INTERVAL '5' MINUTE))");
    const struct sql_window_function *hop =
        parse(arena, "TABLE(HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '5' MINUTE, INTERVAL '1' HOUR))")
            ->from.window;
    assert_int_equal(hop->kind, SQL_WINDOW_HOP);
    assert_int_equal(hop->slide->interval_ms, 300000);
    assert_int_equal(hop->size->interval_ms, 3600000);
    assert_null(hop->offset);
    assert_string_equal(hop->time->text, "ts");
    assert_int_equal(hop->time->span.column, 45);
    assert_int_equal(hop->input->kind, SQL_RELATION_TABLE);
}

static void arguments_go_by_name(void **state)
{
    struct arena *arena = *state;
    assert_window(arena,
                  "TABLE(TUMBLE(DATA => TABLE t, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '1' HOUR, "
                  "OFFSET => INTERVAL '10' MINUTE))",
                  "TABLE(TUMBLE(TABLE `t`, DESCRIPTOR(`ts`), INTERVAL '1' HOUR, INTERVAL '10' MINUTE))");
    assert_window(arena,
                  "TABLE(HOP(SIZE => INTERVAL '1' HOUR, SLIDE => INTERVAL '5' MINUTE, DATA => TABLE t, "
                  "TIMECOL => DESCRIPTOR(ts)))",
                  "TABLE(HOP(TABLE `t`, DESCRIPTOR(`ts`), INTERVAL '5' MINUTE, INTERVAL '1' HOUR))");
    assert_window(arena,
                  "TABLE(CUMULATE(DATA => TABLE t, TIMECOL => DESCRIPTOR(ts), STEP => INTERVAL '1' HOUR, "
                  "SIZE => INTERVAL '1' DAY))",
                  "TABLE(CUMULATE(TABLE `t`, DESCRIPTOR(`ts`), INTERVAL '1' HOUR, INTERVAL '1' DAY))");
    assert_window(arena,
                  "TABLE(SESSION(DATA => TABLE t PARTITION BY k, TIMECOL => DESCRIPTOR(ts), "
                  "GAP => INTERVAL '1' HOUR))",
                  "TABLE(SESSION(TABLE `t` PARTITION BY (`k`), DESCRIPTOR(`ts`), INTERVAL '1' HOUR))");
    assert_window(arena,
                  "TABLE(TUMBLE(`data` => TABLE t, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '1' HOUR, "
                  "`OFFSET` => INTERVAL '10' MINUTE))",
                  "TABLE(TUMBLE(TABLE `t`, DESCRIPTOR(`ts`), INTERVAL '1' HOUR, INTERVAL '10' MINUTE))");
}

static void the_word_table_may_be_left_out(void **state)
{
    struct arena *arena = *state;
    assert_window(arena, "TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR)",
                  "TABLE(TUMBLE(TABLE `t`, DESCRIPTOR(`ts`), INTERVAL '1' HOUR))");
    assert_window(arena, "TUMBLE(t, DESCRIPTOR(ts), INTERVAL '1' HOUR) AS w",
                  "TABLE(TUMBLE(TABLE `t`, DESCRIPTOR(`ts`), INTERVAL '1' HOUR)) AS `w`");
    assert_int_equal(parse(arena, "tumble AS t")->from.kind, SQL_RELATION_TABLE);
}

static void wrong_windows_name_place_and_remedy(void **state)
{
    struct arena *arena = *state;
    static const struct {
        const char *from; /* begins in column 15 */
        uint32_t column;
        const char *message;
    } cases[] = {
        {"TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts)))", 21,
         "TUMBLE lacks its argument SIZE, the form is TUMBLE(TABLE t, DESCRIPTOR(ts), size [, offset]), at "
         "line 1, column 21."},
        {"TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), 60))", 53,
         "SIZE of a window must be an interval, as INTERVAL '1' HOUR, at line 1, column 53."},
        {"TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MONTH))", 53,
         "SIZE of a window cannot be of months or years, which differ in length: use days, at line 1, column "
         "53."},
        {"TABLE(TUMBLE(TABLE t, ts, INTERVAL '1' DAY))", 37,
         "Incorrect syntax near 'ts' at line 1, column 37. Expected 'DESCRIPTOR'."},
        {"TABLE(TUMBLE(TABLE t, DESCRIPTOR(a, b), INTERVAL '1' DAY))", 49,
         "DESCRIPTOR names one time column here, at line 1, column 49."},
        {"TABLE(TUMBLE(DATA => TABLE t, TIMCOL => DESCRIPTOR(ts)))", 45,
         "TUMBLE has no parameter 'TIMCOL' (did you mean 'TIMECOL'?), its form is TUMBLE(TABLE t, "
         "DESCRIPTOR(ts), size [, offset]), at line 1, column 45."},
        {"TABLE(TUMBLE(DATA => TABLE t, DESCRIPTOR(ts)))", 45,
         "Arguments are given by place or by name, not both, at line 1, column 45."},
        {"TABLE(TUMBLE(DATA => TABLE t, DATA => TABLE t))", 45,
         "The parameter DATA is given twice at line 1, column 45."},
        {"TABLE(SESSION(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR, INTERVAL '1' HOUR))", 73,
         "Too many arguments, the form is SESSION(TABLE t [PARTITION BY k], DESCRIPTOR(ts), gap), at line "
         "1, column 73."},
        {"TABLE(TUMBLE(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '1' HOUR))", 36,
         "PARTITION BY belongs to SESSION only, GROUP BY partitions the other windows: at line 1, column "
         "36."},
        {"TABLE(TUMBL(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR))", 21,
         "A table function other than TUMBLE, HOP, CUMULATE and SESSION is not supported yet, at line 1, "
         "column 21."},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(arena, arena_printf(arena, "SELECT * FROM %s", cases[i].from), cases[i].column,
                       cases[i].message);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(arguments_go_by_place, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(arguments_go_by_name, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(the_word_table_may_be_left_out, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(wrong_windows_name_place_and_remedy, open_arena, close_arena),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
