#include "jobmanager/sql/parser.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct expected {
    const char *text;
    uint32_t line;
    uint32_t column;
};

static void assert_split(const char *script, const struct expected *expected, size_t count)
{
    struct sql_text rest = sql_text_of(script);
    struct sql_text statement;
    for (size_t i = 0; i < count; i++) {
        assert_true(sql_script_next(&rest, &statement));
        assert_int_equal(statement.size, strlen(expected[i].text));
        assert_memory_equal(statement.data, expected[i].text, statement.size);
        assert_int_equal(statement.line, expected[i].line);
        assert_int_equal(statement.column, expected[i].column);
    }
    assert_false(sql_script_next(&rest, &statement));
}

static void quotes_and_comments_hide_semicolons(void **state)
{
    (void)state;
    static const struct expected expected[] = {
        {"SET 'a' = ';'", 2, 1},
        {"SELECT `;` -- no; end\n , /* ; */ 'it''s;'", 3, 3},
        {"USE \xC3\xA9t\xC3\xA9", 4, 23},
        {"SHOW TABLES", 4, 32},
    };
    assert_split("-- a script;\nSET 'a' = ';';;\n  SELECT `;` -- no; end\n , /* ; */ 'it''s;';  USE "
                 "\xC3\xA9t\xC3\xA9; SHOW TABLES ",
                 expected, 4);
}

static void statement_sets_stay_whole(void **state)
{
    (void)state;
    static const struct expected expected[] = {
        {"EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT CASE WHEN x THEN 1 END FROM t; INSERT INTO b "
         "SELECT 1; END",
         1, 1},
        {"BEGIN STATEMENT SET", 1, 110},
        {"INSERT INTO a SELECT 1", 2, 1},
        {"END", 3, 1},
    };
    assert_split("EXECUTE STATEMENT SET BEGIN INSERT INTO a SELECT CASE WHEN x THEN 1 END FROM t; INSERT "
                 "INTO b SELECT 1; END; "
                 "BEGIN STATEMENT SET;\nINSERT INTO a SELECT 1;\nEND;",
                 expected, 4);
}

static void an_open_quote_takes_the_rest(void **state)
{
    (void)state;
    static const struct expected expected[] = {{"SHOW TABLES", 1, 1}, {"SELECT 'open; USE x;", 1, 14}};
    assert_split("SHOW TABLES; SELECT 'open; USE x;", expected, 2);
    assert_split(" ; ;; -- nothing", NULL, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes_and_comments_hide_semicolons),
        cmocka_unit_test(statement_sets_stay_whole),
        cmocka_unit_test(an_open_quote_takes_the_rest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
