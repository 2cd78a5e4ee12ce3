#include "jobmanager/sql/parser_internal.h"

#include <string.h>

static uint16_t deeper(uint16_t depth, const struct sql_expression *expression)
{
    return expression != NULL && expression->depth > depth ? expression->depth : depth;
}

static uint16_t over_depth(const struct sql_over *over)
{
    uint16_t depth = 0;
    for (size_t i = 0; i < over->partition_count; i++)
        depth = deeper(depth, over->partition_by[i]);
    for (size_t i = 0; i < over->order_count; i++)
        depth = deeper(depth, over->order_by[i].expression);
    if (over->frame != NULL)
        depth = deeper(deeper(depth, over->frame->start.offset), over->frame->end.offset);
    return depth;
}

enum status expression_finish(struct parser *parser, struct sql_expression *expression, struct sql_span start)
{
    uint16_t depth = expression->over == NULL ? 0 : over_depth(expression->over);
    for (size_t i = 0; i < expression->argument_count; i++)
        depth = deeper(depth, expression->arguments[i]);
    expression->depth = (uint16_t)(deeper(depth, expression->filter) + 1);
    expression->span = start;
    expression->span.end_line = parser->previous.span.end_line;
    expression->span.end_column = parser->previous.span.end_column;
    if (expression->depth > SQL_DEPTH_MAX)
        return parser_fail_at(parser, start, "The expression is deeper than %d operators", SQL_DEPTH_MAX);
    return STATUS_OK;
}

enum status expression_call(struct parser *parser, const char *name, struct sql_span start,
                            const struct sql_expression *const *arguments, size_t count,
                            const struct sql_expression **ret_expression)
{
    struct sql_expression *call = arena_calloc(parser->arena, 1, sizeof *call);
    call->kind = SQL_CALL;
    call->text = name;
    call->arguments = arena_dup(parser->arena, arguments, count * sizeof *arguments);
    call->argument_count = count;
    PARSE(expression_finish(parser, call, start));
    *ret_expression = call;
    return STATUS_OK;
}

static enum status call_of(struct parser *parser, const char *name, const struct sql_expression *first,
                           const struct sql_expression *second, const struct sql_expression **ret_expression)
{
    const struct sql_expression *arguments[] = {first, second};
    return expression_call(parser, name, first->span, arguments, second == NULL ? 1 : 2, ret_expression);
}

/* The operator under the cursor, taken, or NULL. */
static const char *accept_operator(struct parser *parser, const char *const *operators, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (parser_accept(parser, operators[i]))
            return operators[i];
    }
    return NULL;
}

static enum status parse_unary(struct parser *parser, const struct sql_expression **ret_expression)
{
    struct sql_span start = parser->token.span;
    while (parser_accept(parser, "+"))
        start = parser->token.span;
    if (!parser_accept(parser, "-"))
        return parse_primary(parser, ret_expression);
    const struct sql_expression *operand = NULL;
    PARSE(parser_enter(parser));
    PARSE(parse_unary(parser, &operand));
    parser_leave(parser);
    return expression_call(parser, "-", start, &operand, 1, ret_expression);
}

static enum status parse_factor(struct parser *parser, const struct sql_expression **ret_expression)
{
    static const char *const operators[] = {"*", "/", "%"};
    const struct sql_expression *left = NULL;
    PARSE(parse_unary(parser, &left));
    for (;;) {
        const char *name = accept_operator(parser, operators, 3);
        if (name == NULL)
            break;
        const struct sql_expression *right = NULL;
        PARSE(parse_unary(parser, &right));
        PARSE(call_of(parser, name, left, right, &left));
    }
    *ret_expression = left;
    return STATUS_OK;
}

static enum status parse_sum(struct parser *parser, const struct sql_expression **ret_expression)
{
    static const char *const operators[] = {"+", "-", "||"};
    const struct sql_expression *left = NULL;
    PARSE(parse_factor(parser, &left));
    for (;;) {
        const char *name = accept_operator(parser, operators, 3);
        if (name == NULL)
            break;
        const struct sql_expression *right = NULL;
        PARSE(parse_factor(parser, &right));
        PARSE(call_of(parser, name, left, right, &left));
    }
    *ret_expression = left;
    return STATUS_OK;
}

static enum status parse_in(struct parser *parser, const struct sql_expression *left,
                            const struct sql_expression **ret_expression)
{
    const struct sql_expression **items = NULL;
    size_t count = 0;
    PARSER_PUSH(parser, items, count, left);
    PARSE(parser_expect(parser, "("));
    if (token_is(&parser->token, "SELECT"))
        return parser_unsupported(parser, "A subquery in an expression");
    do {
        const struct sql_expression *item = NULL;
        PARSE(parse_expression(parser, &item));
        PARSER_PUSH(parser, items, count, item);
    } while (parser_accept(parser, ","));
    PARSE(parser_expect(parser, ")"));
    return expression_call(parser, "IN", left->span, items, count, ret_expression);
}

static enum status parse_between(struct parser *parser, const struct sql_expression *left,
                                 const struct sql_expression **ret_expression)
{
    const struct sql_expression *arguments[3] = {left, NULL, NULL};
    if (parser_accept(parser, "SYMMETRIC"))
        return parser_unsupported(parser, "BETWEEN SYMMETRIC");
    parser_accept(parser, "ASYMMETRIC");
    PARSE(parse_sum(parser, &arguments[1]));
    PARSE(parser_expect(parser, "AND"));
    PARSE(parse_sum(parser, &arguments[2]));
    return expression_call(parser, "BETWEEN", left->span, arguments, 3, ret_expression);
}

static enum status parse_like(struct parser *parser, const struct sql_expression *left,
                              const struct sql_expression **ret_expression)
{
    const struct sql_expression *arguments[3] = {left, NULL, NULL};
    size_t count = 2;
    PARSE(parse_sum(parser, &arguments[1]));
    if (parser_accept(parser, "ESCAPE")) {
        PARSE(parse_sum(parser, &arguments[2]));
        count = 3;
    }
    return expression_call(parser, "LIKE", left->span, arguments, count, ret_expression);
}

static enum status parse_is(struct parser *parser, const struct sql_expression *left,
                            const struct sql_expression **ret_expression)
{
    static const struct {
        const char *word;
        const char *names[2];
    } tests[] = {
        {"NULL", {"IS NULL", "IS NOT NULL"}},
        {"TRUE", {"IS TRUE", "IS NOT TRUE"}},
        {"FALSE", {"IS FALSE", "IS NOT FALSE"}},
        {"UNKNOWN", {"IS NULL", "IS NOT NULL"}},
    };
    bool negated = parser_accept(parser, "NOT");
    for (size_t i = 0; i < sizeof tests / sizeof *tests; i++) {
        if (parser_accept(parser, tests[i].word))
            return call_of(parser, tests[i].names[negated], left, NULL, ret_expression);
    }
    PARSE(parser_expect(parser, "DISTINCT"));
    PARSE(parser_expect(parser, "FROM"));
    const struct sql_expression *right = NULL;
    PARSE(parse_sum(parser, &right));
    return call_of(parser, negated ? "IS NOT DISTINCT FROM" : "IS DISTINCT FROM", left, right,
                   ret_expression);
}

/* One of the comparisons that may follow an operand; ret_expression is left as it is when none does. */
static enum status parse_comparison_tail(struct parser *parser, const struct sql_expression **expression,
                                         bool *ret_found)
{
    static const char *const operators[] = {"=", "<>", "!=", "<=", ">=", "<", ">"};
    const struct sql_expression *left = *expression;
    *ret_found = true;
    const char *name = accept_operator(parser, operators, sizeof operators / sizeof *operators);
    if (name != NULL) {
        const struct sql_expression *right = NULL;
        PARSE(parse_sum(parser, &right));
        return call_of(parser, strcmp(name, "!=") == 0 ? "<>" : name, left, right, expression);
    }
    if (parser_accept(parser, "IS"))
        return parse_is(parser, left, expression);
    bool negated = parser_accept(parser, "NOT");
    if (parser_accept(parser, "IN"))
        PARSE(parse_in(parser, left, expression));
    else if (parser_accept(parser, "BETWEEN"))
        PARSE(parse_between(parser, left, expression));
    else if (parser_accept(parser, "LIKE"))
        PARSE(parse_like(parser, left, expression));
    else if (parser_at(parser, "SIMILAR"))
        return parser_unsupported(parser, "SIMILAR TO");
    else if (negated)
        return parser_fail(parser);
    else
        *ret_found = false;
    return negated ? call_of(parser, "NOT", *expression, NULL, expression) : STATUS_OK;
}

static enum status parse_comparison(struct parser *parser, const struct sql_expression **ret_expression)
{
    const struct sql_expression *left = NULL;
    PARSE(parse_sum(parser, &left));
    bool found = true;
    while (found)
        PARSE(parse_comparison_tail(parser, &left, &found));
    *ret_expression = left;
    return STATUS_OK;
}

static enum status parse_not(struct parser *parser, const struct sql_expression **ret_expression)
{
    struct sql_span start = parser->token.span;
    if (!parser_accept(parser, "NOT"))
        return parse_comparison(parser, ret_expression);
    const struct sql_expression *operand = NULL;
    PARSE(parser_enter(parser));
    PARSE(parse_not(parser, &operand));
    parser_leave(parser);
    return expression_call(parser, "NOT", start, &operand, 1, ret_expression);
}

static enum status parse_and(struct parser *parser, const struct sql_expression **ret_expression)
{
    const struct sql_expression *left = NULL;
    PARSE(parse_not(parser, &left));
    while (parser_accept(parser, "AND")) {
        const struct sql_expression *right = NULL;
        PARSE(parse_not(parser, &right));
        PARSE(call_of(parser, "AND", left, right, &left));
    }
    *ret_expression = left;
    return STATUS_OK;
}

enum status parse_expression(struct parser *parser, const struct sql_expression **ret_expression)
{
    const struct sql_expression *left = NULL;
    PARSE(parser_enter(parser));
    PARSE(parse_and(parser, &left));
    while (parser_accept(parser, "OR")) {
        const struct sql_expression *right = NULL;
        PARSE(parse_and(parser, &right));
        PARSE(call_of(parser, "OR", left, right, &left));
    }
    parser_leave(parser);
    *ret_expression = left;
    return STATUS_OK;
}
