#include "jobmanager/sql/parser.h"

#include <string.h>

/* An operator takes operands on its own; only they are put into parentheses when they are operators too. */
static bool is_operator(const struct sql_expression *expression)
{
    static const char *const names[] = {"+",  "-", "*",  "/",   "%",  "||",  "=",  "<>",   "<",
                                        "<=", ">", ">=", "AND", "OR", "NOT", "IN", "LIKE", "BETWEEN"};
    if (expression->kind != SQL_CALL)
        return false;
    if (strncmp(expression->text, "IS ", 3) == 0)
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strcmp(expression->text, names[i]) == 0)
            return true;
    }
    return false;
}

static void print_operand(const struct sql_expression *expression, struct buffer *out)
{
    bool parentheses = is_operator(expression);
    if (parentheses)
        buffer_append_byte(out, '(');
    sql_expression_print(expression, out);
    if (parentheses)
        buffer_append_byte(out, ')');
}

static void print_list(const char *opening, const struct sql_expression *const *items, size_t count,
                       struct buffer *out)
{
    buffer_append_text(out, opening);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            buffer_append_text(out, ", ");
        sql_expression_print(items[i], out);
    }
    buffer_append_byte(out, ')');
}

static void print_operator(const struct sql_expression *expression, struct buffer *out)
{
    const char *name = expression->text;
    const struct sql_expression *const *arguments = expression->arguments;
    if (expression->argument_count == 1 && strncmp(name, "IS ", 3) != 0) {
        buffer_printf(out, "%s%s", name, strcmp(name, "NOT") == 0 ? " " : "");
        print_operand(arguments[0], out);
        return;
    }
    print_operand(arguments[0], out);
    buffer_printf(out, " %s", name);
    if (expression->argument_count == 1)
        return;
    buffer_append_byte(out, ' ');
    if (strcmp(name, "IN") == 0) {
        print_list("(", arguments + 1, expression->argument_count - 1, out);
        return;
    }
    print_operand(arguments[1], out);
    if (expression->argument_count == 3) {
        buffer_append_text(out, strcmp(name, "LIKE") == 0 ? " ESCAPE " : " AND ");
        print_operand(arguments[2], out);
    }
}

static void print_literal(const struct sql_expression *literal, struct buffer *out)
{
    switch (literal->literal) {
    case SQL_LITERAL_STRING: sql_string_print(literal->text, out); break;
    case SQL_LITERAL_DATE:
    case SQL_LITERAL_TIMESTAMP:
    case SQL_LITERAL_INTERVAL:
        buffer_append_text(out, literal->literal == SQL_LITERAL_DATE        ? "DATE "
                                : literal->literal == SQL_LITERAL_TIMESTAMP ? "TIMESTAMP "
                                                                            : "INTERVAL ");
        sql_string_print(literal->text, out);
        if (literal->literal == SQL_LITERAL_INTERVAL)
            buffer_printf(out, " %s", literal->interval_unit);
        break;
    default: buffer_append_text(out, literal->text);
    }
}

static void print_case(const struct sql_expression *expression, struct buffer *out)
{
    buffer_append_text(out, "CASE");
    size_t i = 0;
    for (; i + 1 < expression->argument_count; i += 2) {
        buffer_append_text(out, " WHEN ");
        sql_expression_print(expression->arguments[i], out);
        buffer_append_text(out, " THEN ");
        sql_expression_print(expression->arguments[i + 1], out);
    }
    buffer_append_text(out, " ELSE ");
    sql_expression_print(expression->arguments[i], out);
    buffer_append_text(out, " END");
}

/* EXTRACT(YEAR FROM x) and POSITION(a IN b): two arguments with a word between them. */
static void print_worded_call(const struct sql_expression *call, const char *word, struct buffer *out)
{
    buffer_printf(out, "%s(", call->text);
    if (strcmp(word, "FROM") == 0)
        buffer_append_text(out, call->arguments[0]->text);
    else
        print_operand(call->arguments[0], out);
    buffer_printf(out, " %s ", word);
    sql_expression_print(call->arguments[1], out);
    buffer_append_byte(out, ')');
}

void sql_sort_items_print(const struct sql_sort_item *items, size_t count, struct buffer *out)
{
    static const char *const nulls[] = {
        [SQL_NULLS_DEFAULT] = "", [SQL_NULLS_FIRST] = " NULLS FIRST", [SQL_NULLS_LAST] = " NULLS LAST"};
    for (size_t i = 0; i < count; i++) {
        buffer_append_text(out, i > 0 ? ", " : "");
        sql_expression_print(items[i].expression, out);
        buffer_append_text(out, items[i].is_descending ? " DESC" : "");
        buffer_append_text(out, nulls[items[i].nulls]);
    }
}

static void print_bound(const struct sql_bound *bound, struct buffer *out)
{
    static const char *const words[] = {
        [SQL_BOUND_UNBOUNDED_PRECEDING] = "UNBOUNDED PRECEDING",
        [SQL_BOUND_PRECEDING] = " PRECEDING",
        [SQL_BOUND_CURRENT_ROW] = "CURRENT ROW",
        [SQL_BOUND_FOLLOWING] = " FOLLOWING",
        [SQL_BOUND_UNBOUNDED_FOLLOWING] = "UNBOUNDED FOLLOWING",
    };
    if (bound->offset != NULL)
        sql_expression_print(bound->offset, out);
    buffer_append_text(out, words[bound->kind]);
}

static void print_over(const struct sql_over *over, struct buffer *out)
{
    const char *separator = "";
    buffer_append_text(out, " OVER (");
    for (size_t i = 0; i < over->partition_count; i++) {
        buffer_append_text(out, i > 0 ? ", " : "PARTITION BY ");
        sql_expression_print(over->partition_by[i], out);
        separator = " ";
    }
    if (over->order_count > 0) {
        buffer_printf(out, "%sORDER BY ", separator);
        sql_sort_items_print(over->order_by, over->order_count, out);
        separator = " ";
    }
    if (over->frame != NULL) {
        buffer_printf(out, "%s%s BETWEEN ", separator, over->frame->is_rows ? "ROWS" : "RANGE");
        print_bound(&over->frame->start, out);
        buffer_append_text(out, " AND ");
        print_bound(&over->frame->end, out);
    }
    buffer_append_byte(out, ')');
}

/* TIMESTAMPADD(DAY, n, x) */
static void print_unit_first(const struct sql_expression *call, struct buffer *out)
{
    buffer_printf(out, "%s(%s, ", call->text, call->arguments[0]->text);
    sql_expression_print(call->arguments[1], out);
    buffer_append_text(out, ", ");
    sql_expression_print(call->arguments[2], out);
    buffer_append_byte(out, ')');
}

/* FLOOR(x TO HOUR) */
static void print_rounding(const struct sql_expression *call, struct buffer *out)
{
    buffer_printf(out, "%s(", call->text);
    sql_expression_print(call->arguments[0], out);
    buffer_printf(out, " TO %s)", call->arguments[1]->text);
}

static void print_call(const struct sql_expression *expression, struct buffer *out)
{
    if (is_operator(expression)) {
        print_operator(expression, out);
        return;
    }
    if (expression->argument_count == 2 && strcmp(expression->text, "EXTRACT") == 0) {
        print_worded_call(expression, "FROM", out);
        return;
    }
    if (expression->argument_count == 2 && strcmp(expression->text, "POSITION") == 0) {
        print_worded_call(expression, "IN", out);
        return;
    }
    bool unit_first =
        strcmp(expression->text, "TIMESTAMPADD") == 0 || strcmp(expression->text, "TIMESTAMPDIFF") == 0;
    if (unit_first && expression->argument_count == 3) {
        print_unit_first(expression, out);
        return;
    }
    bool rounding = strcmp(expression->text, "FLOOR") == 0 || strncmp(expression->text, "CEIL", 4) == 0;
    if (rounding && expression->argument_count == 2) {
        print_rounding(expression, out);
        return;
    }
    buffer_append_text(out, expression->text);
    if (expression->is_star)
        buffer_append_text(out, "(*)");
    else if (!expression->is_niladic)
        print_list(expression->is_distinct ? "(DISTINCT " : "(", expression->arguments,
                   expression->argument_count, out);
    if (expression->filter != NULL) {
        buffer_append_text(out, " FILTER (WHERE ");
        sql_expression_print(expression->filter, out);
        buffer_append_byte(out, ')');
    }
    if (expression->over != NULL)
        print_over(expression->over, out);
}

void sql_expression_print(const struct sql_expression *expression, struct buffer *out)
{
    switch (expression->kind) {
    case SQL_LITERAL: print_literal(expression, out); break;
    case SQL_COLUMN:
        for (size_t i = 0; i < expression->column.count; i++) {
            if (i > 0)
                buffer_append_byte(out, '.');
            sql_identifier_print(expression->column.parts[i], out);
        }
        break;
    case SQL_CAST:
        buffer_printf(out, "%s(", expression->text);
        sql_expression_print(expression->arguments[0], out);
        buffer_append_text(out, " AS ");
        sql_type_print(expression->type, out);
        buffer_append_byte(out, ')');
        break;
    case SQL_CASE: print_case(expression, out); break;
    case SQL_CALL: print_call(expression, out); break;
    }
}
