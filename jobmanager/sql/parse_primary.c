#include "jobmanager/sql/parser_internal.h"

#include <string.h>

static char *upper_text(struct parser *parser, const struct token *token)
{
    char *text = arena_strndup(parser->arena, token->start, token->size);
    for (char *c = text; *c != '\0'; c++) {
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    }
    return text;
}

static const struct sql_expression *string_literal(struct parser *parser, const char *text,
                                                   struct sql_span span)
{
    struct sql_expression *literal = arena_calloc(parser->arena, 1, sizeof *literal);
    literal->kind = SQL_LITERAL;
    literal->literal = SQL_LITERAL_STRING;
    literal->text = text;
    literal->span = span;
    literal->depth = 1;
    return literal;
}

static enum status parse_cast(struct parser *parser, bool is_try,
                              const struct sql_expression **ret_expression)
{
    struct sql_span start = parser->previous.span;
    const struct sql_expression *operand = NULL;
    struct sql_expression *cast = arena_calloc(parser->arena, 1, sizeof *cast);
    PARSE(parser_expect(parser, "("));
    PARSE(parse_expression(parser, &operand));
    PARSE(parser_expect(parser, "AS"));
    PARSE(parse_type(parser, &cast->type));
    PARSE(parser_expect(parser, ")"));
    cast->kind = SQL_CAST;
    cast->text = is_try ? "TRY_CAST" : "CAST";
    cast->is_try = is_try;
    cast->arguments = arena_dup(parser->arena, &operand, sizeof operand);
    cast->argument_count = 1;
    PARSE(expression_finish(parser, cast, start));
    *ret_expression = cast;
    return STATUS_OK;
}

static const struct sql_expression *null_literal(struct parser *parser)
{
    struct sql_expression *literal = arena_calloc(parser->arena, 1, sizeof *literal);
    literal->kind = SQL_LITERAL;
    literal->literal = SQL_LITERAL_NULL;
    literal->text = "NULL";
    literal->span = parser->previous.span;
    literal->depth = 1;
    return literal;
}

static enum status parse_case(struct parser *parser, const struct sql_expression **ret_expression)
{
    struct sql_span start = parser->previous.span;
    const struct sql_expression *operand = NULL;
    const struct sql_expression **arguments = NULL;
    size_t count = 0;
    if (!parser_at(parser, "WHEN"))
        PARSE(parse_expression(parser, &operand));
    PARSE(parser_expect(parser, "WHEN"));
    do {
        const struct sql_expression *when = NULL;
        const struct sql_expression *then = NULL;
        PARSE(parse_expression(parser, &when));
        if (operand != NULL) {
            const struct sql_expression *sides[] = {operand, when};
            PARSE(expression_call(parser, "=", when->span, sides, 2, &when));
        }
        PARSE(parser_expect(parser, "THEN"));
        PARSE(parse_expression(parser, &then));
        PARSER_PUSH(parser, arguments, count, when);
        PARSER_PUSH(parser, arguments, count, then);
    } while (parser_accept(parser, "WHEN"));
    const struct sql_expression *otherwise = NULL;
    if (parser_accept(parser, "ELSE"))
        PARSE(parse_expression(parser, &otherwise));
    else
        otherwise = null_literal(parser);
    PARSER_PUSH(parser, arguments, count, otherwise);
    PARSE(parser_expect(parser, "END"));
    struct sql_expression *expression = arena_calloc(parser->arena, 1, sizeof *expression);
    expression->kind = SQL_CASE;
    expression->text = "CASE";
    expression->arguments = arguments;
    expression->argument_count = count;
    PARSE(expression_finish(parser, expression, start));
    *ret_expression = expression;
    return STATUS_OK;
}

/* TRIM([BOTH | LEADING | TRAILING] [characters] FROM text), and the plain TRIM(text). */
static enum status parse_trim(struct parser *parser, const struct sql_expression **ret_expression)
{
    struct sql_span start = parser->previous.span;
    const struct sql_expression *arguments[2] = {NULL, NULL};
    const char *name = "TRIM";
    bool sided = true;
    PARSE(parser_expect(parser, "("));
    if (parser_accept(parser, "LEADING"))
        name = "LTRIM";
    else if (parser_accept(parser, "TRAILING"))
        name = "RTRIM";
    else
        sided = parser_accept(parser, "BOTH");
    if (!sided || !parser_at(parser, "FROM"))
        PARSE(parse_expression(parser, &arguments[1]));
    if (parser_accept(parser, "FROM")) {
        PARSE(parse_expression(parser, &arguments[0]));
    } else if (sided) {
        return parser_fail(parser);
    } else {
        arguments[0] = arguments[1];
        arguments[1] = NULL;
    }
    PARSE(parser_expect(parser, ")"));
    return expression_call(parser, strcmp(name, "TRIM") == 0 && arguments[1] != NULL ? "BTRIM" : name, start,
                           arguments, arguments[1] == NULL ? 1 : 2, ret_expression);
}

/* EXTRACT(YEAR FROM x): the unit becomes a string, the first argument. */
static enum status parse_extract(struct parser *parser, const struct sql_expression **ret_expression)
{
    struct sql_span start = parser->previous.span;
    const struct sql_expression *arguments[2] = {NULL, NULL};
    PARSE(parser_expect(parser, "("));
    if (parser->token.kind != TOKEN_WORD)
        return parser_fail(parser);
    arguments[0] = string_literal(parser, upper_text(parser, &parser->token), parser->token.span);
    parser_advance(parser);
    PARSE(parser_expect(parser, "FROM"));
    PARSE(parse_expression(parser, &arguments[1]));
    PARSE(parser_expect(parser, ")"));
    return expression_call(parser, "EXTRACT", start, arguments, 2, ret_expression);
}

/* POSITION(a IN b). */
static enum status parse_position(struct parser *parser, const struct sql_expression **ret_expression)
{
    struct sql_span start = parser->previous.span;
    const struct sql_expression *in = NULL;
    PARSE(parser_expect(parser, "("));
    const struct sql_expression *needle = NULL;
    PARSE(parser_enter(parser));
    PARSE(parse_primary(parser, &needle));
    parser_leave(parser);
    PARSE(parser_expect(parser, "IN"));
    PARSE(parse_expression(parser, &in));
    PARSE(parser_expect(parser, ")"));
    const struct sql_expression *arguments[] = {needle, in};
    return expression_call(parser, "POSITION", start, arguments, 2, ret_expression);
}

static enum status refuse_after_call(struct parser *parser)
{
    if (token_is(&parser->token, "OVER"))
        return parser_unsupported(parser, "OVER");
    if (token_is(&parser->token, "FILTER") && parser_next_is(parser, "("))
        return parser_unsupported(parser, "FILTER");
    if (token_is(&parser->token, "WITHIN"))
        return parser_unsupported(parser, "WITHIN GROUP");
    return STATUS_OK;
}

static enum status parse_arguments(struct parser *parser, const char *name, struct sql_span start,
                                   const struct sql_expression **ret_expression)
{
    const struct sql_expression **arguments = NULL;
    size_t count = 0;
    PARSE(parser_expect(parser, "("));
    if (token_is(&parser->token, "*"))
        return parser_unsupported(parser, arena_printf(parser->arena, "The aggregate %s(*)", name));
    if (token_is(&parser->token, "DISTINCT"))
        return parser_unsupported(parser, arena_printf(parser->arena, "%s(DISTINCT ...)", name));
    if (!parser_accept(parser, ")")) {
        const char *separator = NULL;
        do {
            const struct sql_expression *argument = NULL;
            PARSE(parse_expression(parser, &argument));
            PARSER_PUSH(parser, arguments, count, argument);
            /* SUBSTRING(x FROM 2 FOR 3) is SUBSTRING(x, 2, 3). */
            separator = NULL;
            if (parser_accept(parser, ","))
                separator = ",";
            else if (strcmp(name, "SUBSTRING") == 0 && ((count == 1 && parser_accept(parser, "FROM")) ||
                                                        (count == 2 && parser_accept(parser, "FOR"))))
                separator = "FROM";
        } while (separator != NULL);
        PARSE(parser_expect(parser, ")"));
    }
    PARSE(refuse_after_call(parser));
    return expression_call(parser, name, start, arguments, count, ret_expression);
}

static enum status parse_function(struct parser *parser, const struct sql_expression **ret_expression)
{
    struct sql_span start = parser->token.span;
    const char *name = upper_text(parser, &parser->token);
    parser_advance(parser);
    if (strcmp(name, "TRIM") == 0)
        return parse_trim(parser, ret_expression);
    if (strcmp(name, "EXTRACT") == 0)
        return parse_extract(parser, ret_expression);
    if (strcmp(name, "POSITION") == 0)
        return parse_position(parser, ret_expression);
    if (strcmp(name, "ROW") == 0)
        return parser_fail_at(parser, start, "ROW(...) is not supported yet,");
    return parse_arguments(parser, name, start, ret_expression);
}

static bool is_niladic(const struct token *token)
{
    static const char *const names[] = {"CURRENT_TIMESTAMP", "LOCALTIMESTAMP", "CURRENT_DATE", "CURRENT_TIME",
                                        "LOCALTIME"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (token_is(token, names[i]))
            return true;
    }
    return false;
}

static enum status parse_reference(struct parser *parser, const struct sql_expression **ret_expression)
{
    struct sql_span start = parser->token.span;
    if (is_niladic(&parser->token) && !parser_next_is(parser, "(")) {
        const char *name = upper_text(parser, &parser->token);
        parser_advance(parser);
        struct sql_expression *call = arena_calloc(parser->arena, 1, sizeof *call);
        call->kind = SQL_CALL;
        call->text = name;
        call->is_niladic = true;
        PARSE(expression_finish(parser, call, start));
        *ret_expression = call;
        return STATUS_OK;
    }
    struct sql_expression *column = arena_calloc(parser->arena, 1, sizeof *column);
    column->kind = SQL_COLUMN;
    PARSE(parse_name(parser, SQL_NAME_PARTS, &column->column));
    if (token_is(&parser->token, "["))
        return parser_unsupported(parser, "Access to an element of an array or map");
    column->text = column->column.parts[column->column.count - 1];
    PARSE(expression_finish(parser, column, start));
    *ret_expression = column;
    return STATUS_OK;
}

static enum status parse_parenthesis(struct parser *parser, const struct sql_expression **ret_expression)
{
    parser_advance(parser);
    if (token_is(&parser->token, "SELECT") || token_is(&parser->token, "VALUES"))
        return parser_unsupported(parser, "A subquery");
    PARSE(parse_expression(parser, ret_expression));
    if (token_is(&parser->token, ","))
        return parser_unsupported(parser, "A row value (a, b)");
    return parser_expect(parser, ")");
}

enum status parse_primary(struct parser *parser, const struct sql_expression **ret_expression)
{
    bool found = false;
    PARSE(parse_literal(parser, ret_expression, &found));
    if (found)
        return STATUS_OK;
    if (token_is(&parser->token, "("))
        return parse_parenthesis(parser, ret_expression);
    if (parser_accept(parser, "CASE"))
        return parse_case(parser, ret_expression);
    if (parser_accept(parser, "CAST"))
        return parse_cast(parser, false, ret_expression);
    if (parser_accept(parser, "TRY_CAST"))
        return parse_cast(parser, true, ret_expression);
    if (token_is(&parser->token, "EXISTS"))
        return parser_unsupported(parser, "EXISTS");
    bool reserved_function = token_is(&parser->token, "LEFT") || token_is(&parser->token, "RIGHT");
    if (parser->token.kind == TOKEN_WORD && (parser_at_identifier(parser) || reserved_function) &&
        parser_next_is(parser, "("))
        return parse_function(parser, ret_expression);
    if (parser_at_identifier(parser))
        return parse_reference(parser, ret_expression);
    parser->expected_count = 0;
    parser_at(parser, "an expression");
    return parser_fail(parser);
}
