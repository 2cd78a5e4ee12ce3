#include "jobmanager/sql/parser_internal.h"

#include <string.h>

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

/* EXTRACT(YEAR FROM x): the unit becomes a string, the first argument. */
static enum status parse_extract(struct parser *parser, const struct sql_expression **ret_expression)
{
    struct sql_span start = parser->previous.span;
    const struct sql_expression *arguments[2] = {NULL, NULL};
    PARSE(parser_expect(parser, "("));
    if (parser->token.kind != TOKEN_WORD)
        return parser_fail(parser);
    arguments[0] = string_literal(parser, parser_upper_text(parser), parser->token.span);
    parser_advance(parser);
    PARSE(parser_expect(parser, "FROM"));
    PARSE(parse_expression(parser, &arguments[1]));
    PARSE(parser_expect(parser, ")"));
    return expression_call(parser, "EXTRACT", start, arguments, 2, ret_expression);
}

/* TIMESTAMPADD(DAY, n, x) and TIMESTAMPDIFF(DAY, a, b): the unit becomes a string, the first argument. */
static enum status parse_unit_first(struct parser *parser, const char *name,
                                    const struct sql_expression **ret_expression)
{
    struct sql_span start = parser->previous.span;
    const struct sql_expression *arguments[3] = {NULL, NULL, NULL};
    PARSE(parser_expect(parser, "("));
    if (parser->token.kind != TOKEN_WORD) {
        parser_at(parser, "a unit, as DAY");
        return parser_fail(parser);
    }
    arguments[0] = string_literal(parser, parser_upper_text(parser), parser->token.span);
    parser_advance(parser);
    for (size_t i = 1; i < 3; i++) {
        PARSE(parser_expect(parser, ","));
        PARSE(parse_expression(parser, &arguments[i]));
    }
    PARSE(parser_expect(parser, ")"));
    return expression_call(parser, name, start, arguments, 3, ret_expression);
}

/* FLOOR(x TO HOUR): the unit becomes a string, the second argument. FLOOR(x) has one. */
static enum status parse_rounding(struct parser *parser, const char *name,
                                  const struct sql_expression **ret_expression)
{
    struct sql_span start = parser->previous.span;
    const struct sql_expression *arguments[2] = {NULL, NULL};
    PARSE(parser_expect(parser, "("));
    PARSE(parse_expression(parser, &arguments[0]));
    if (parser_accept(parser, "TO")) {
        if (parser->token.kind != TOKEN_WORD) {
            parser_at(parser, "a unit, as DAY");
            return parser_fail(parser);
        }
        arguments[1] = string_literal(parser, parser_upper_text(parser), parser->token.span);
        parser_advance(parser);
    }
    PARSE(parser_expect(parser, ")"));
    return expression_call(parser, name, start, arguments, arguments[1] == NULL ? 1 : 2, ret_expression);
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

/* The arguments behind "(", up to and with ")". */
static enum status parse_arguments(struct parser *parser, struct sql_expression *call)
{
    const struct sql_expression **arguments = NULL;
    if (parser_accept(parser, ")"))
        return STATUS_OK;
    if (parser_accept(parser, "*")) {
        call->is_star = true;
        return parser_expect(parser, ")");
    }
    call->is_distinct = parser_accept(parser, "DISTINCT");
    if (!call->is_distinct)
        parser_accept(parser, "ALL");
    const char *separator = NULL;
    do {
        const struct sql_expression *argument = NULL;
        PARSE(parse_expression(parser, &argument));
        PARSER_PUSH(parser, arguments, call->argument_count, argument);
        /* SUBSTRING(x FROM 2 FOR 3) is SUBSTRING(x, 2, 3). */
        size_t count = call->argument_count;
        separator = NULL;
        if (parser_accept(parser, ","))
            separator = ",";
        else if (strcmp(call->text, "SUBSTRING") == 0 && ((count == 1 && parser_accept(parser, "FROM")) ||
                                                          (count == 2 && parser_accept(parser, "FOR"))))
            separator = "FROM";
    } while (separator != NULL);
    call->arguments = arguments;
    if (token_is(&parser->token, "ORDER"))
        return parser_unsupported(parser, "ORDER BY within an aggregate");
    if (token_is(&parser->token, "=>"))
        return parser_unsupported(parser, "An argument by its name");
    return parser_expect(parser, ")");
}

/* What may stand behind a call: FILTER (WHERE ...) OVER (...). */
static enum status parse_after_call(struct parser *parser, struct sql_expression *call)
{
    if (token_is(&parser->token, "WITHIN") && parser_next_is(parser, "GROUP"))
        return parser_unsupported(parser, "WITHIN GROUP");
    bool nulls = token_is(&parser->token, "IGNORE") || token_is(&parser->token, "RESPECT");
    if (nulls && parser_next_is(parser, "NULLS"))
        return parser_unsupported(parser, "IGNORE NULLS and RESPECT NULLS");
    if (token_is(&parser->token, "FILTER") && parser_next_is(parser, "(")) {
        parser_advance(parser);
        parser_advance(parser);
        PARSE(parser_expect(parser, "WHERE"));
        PARSE(parse_expression(parser, &call->filter));
        PARSE(parser_expect(parser, ")"));
    }
    return parser_accept(parser, "OVER") ? parse_over(parser, &call->over) : STATUS_OK;
}

static enum status parse_plain_call(struct parser *parser, const char *name, struct sql_span start,
                                    const struct sql_expression **ret_expression)
{
    struct sql_expression *call = arena_calloc(parser->arena, 1, sizeof *call);
    call->kind = SQL_CALL;
    call->text = name;
    PARSE(parser_expect(parser, "("));
    PARSE(parse_arguments(parser, call));
    PARSE(parse_after_call(parser, call));
    PARSE(expression_finish(parser, call, start));
    *ret_expression = call;
    return STATUS_OK;
}

enum status parse_function(struct parser *parser, const struct sql_expression **ret_expression)
{
    struct sql_span start = parser->token.span;
    const char *name = parser_upper_text(parser);
    parser_advance(parser);
    if (strcmp(name, "TRIM") == 0)
        return parse_trim(parser, ret_expression);
    if (strcmp(name, "EXTRACT") == 0)
        return parse_extract(parser, ret_expression);
    if (strcmp(name, "POSITION") == 0)
        return parse_position(parser, ret_expression);
    if (strcmp(name, "TIMESTAMPADD") == 0 || strcmp(name, "TIMESTAMPDIFF") == 0)
        return parse_unit_first(parser, name, ret_expression);
    if (strcmp(name, "FLOOR") == 0 || strcmp(name, "CEIL") == 0 || strcmp(name, "CEILING") == 0)
        return parse_rounding(parser, name, ret_expression);
    if (strcmp(name, "ROW") == 0)
        return parser_fail_at(parser, start, "ROW(...) is not supported yet,");
    return parse_plain_call(parser, name, start, ret_expression);
}
