#include "jobmanager/sql/parser_internal.h"

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
        const char *name = parser_upper_text(parser);
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
    if (token_is(&parser->token, "SELECT") || token_is(&parser->token, "VALUES") ||
        token_is(&parser->token, "WITH"))
        return parser_unsupported(parser, "A subquery in an expression");
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
