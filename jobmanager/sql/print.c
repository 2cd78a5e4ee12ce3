#include "jobmanager/sql/parser.h"

#include <string.h>

static void print_quoted(const char *text, char quote, struct buffer *out)
{
    buffer_append_byte(out, (uint8_t)quote);
    for (; *text != '\0'; text++) {
        if (*text == quote)
            buffer_append_byte(out, (uint8_t)quote);
        buffer_append_byte(out, (uint8_t)*text);
    }
    buffer_append_byte(out, (uint8_t)quote);
}

void sql_identifier_print(const char *name, struct buffer *out)
{
    print_quoted(name, '`', out);
}

void sql_string_print(const char *text, struct buffer *out)
{
    print_quoted(text, '\'', out);
}

void sql_type_print(const struct sql_type *type, struct buffer *out)
{
    static const struct {
        const char *name;
        int32_t precision; /* what is printed when none was given; -1: never any */
    } forms[] = {
        [SQL_TYPE_BOOLEAN] = {"BOOLEAN", -1},
        [SQL_TYPE_TINYINT] = {"TINYINT", -1},
        [SQL_TYPE_SMALLINT] = {"SMALLINT", -1},
        [SQL_TYPE_INT] = {"INT", -1},
        [SQL_TYPE_BIGINT] = {"BIGINT", -1},
        [SQL_TYPE_FLOAT] = {"FLOAT", -1},
        [SQL_TYPE_DOUBLE] = {"DOUBLE", -1},
        [SQL_TYPE_DECIMAL] = {"DECIMAL", 10},
        [SQL_TYPE_CHAR] = {"CHAR", 1},
        [SQL_TYPE_VARCHAR] = {"VARCHAR", INT32_MAX},
        [SQL_TYPE_BINARY] = {"BINARY", 1},
        [SQL_TYPE_VARBINARY] = {"VARBINARY", INT32_MAX},
        [SQL_TYPE_DATE] = {"DATE", -1},
        [SQL_TYPE_TIME] = {"TIME", 0},
        [SQL_TYPE_TIMESTAMP] = {"TIMESTAMP", 6},
        [SQL_TYPE_TIMESTAMP_LTZ] = {"TIMESTAMP_LTZ", 6},
        [SQL_TYPE_ARRAY] = {"ARRAY", -1},
        [SQL_TYPE_MAP] = {"MAP", -1},
        [SQL_TYPE_ROW] = {"ROW", -1},
    };
    buffer_append_text(out, forms[type->kind].name);
    int32_t precision = type->precision >= 0 ? type->precision : forms[type->kind].precision;
    if (type->kind == SQL_TYPE_DECIMAL)
        buffer_printf(out, "(%d, %d)", precision, type->scale >= 0 ? type->scale : 0);
    else if (precision >= 0)
        buffer_printf(out, "(%d)", precision);
    if (type->not_null)
        buffer_append_text(out, " NOT NULL");
}

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

static void print_list(const struct sql_expression *const *items, size_t count, struct buffer *out)
{
    buffer_append_byte(out, '(');
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
        print_list(arguments + 1, expression->argument_count - 1, out);
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
    buffer_append_text(out, expression->text);
    if (!expression->is_niladic)
        print_list(expression->arguments, expression->argument_count, out);
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
