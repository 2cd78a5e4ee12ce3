#include "jobmanager/sql/parser_internal.h"

static struct sql_expression *literal_of(struct parser *parser, enum sql_literal_kind kind, const char *text,
                                         struct sql_span span)
{
    struct sql_expression *literal = arena_calloc(parser->arena, 1, sizeof *literal);
    literal->kind = SQL_LITERAL;
    literal->literal = kind;
    literal->text = text;
    literal->depth = 1;
    literal->span = span;
    literal->span.end_line = parser->token.span.end_line;
    literal->span.end_column = parser->token.span.end_column;
    return literal;
}

/* INTERVAL is a name unless a string follows, with or without a sign, or a number by mistake. */
static bool at_interval(const struct parser *parser)
{
    struct lexer ahead = parser->lexer;
    struct token next = lexer_next(&ahead);
    if (!token_is(&parser->token, "INTERVAL"))
        return false;
    if (token_is(&next, "-") || token_is(&next, "+"))
        return lexer_next(&ahead).kind == TOKEN_STRING;
    return next.kind == TOKEN_STRING || next.kind == TOKEN_INTEGER || next.kind == TOKEN_DECIMAL;
}

/* DATE '...' and TIMESTAMP '...': the word is a column or function name unless a string follows. */
static enum status parse_typed_literal(struct parser *parser, const struct sql_expression **ret_expression,
                                       bool *ret_found)
{
    static const struct {
        const char *word;
        enum sql_literal_kind kind;
    } kinds[] = {{"DATE", SQL_LITERAL_DATE}, {"TIMESTAMP", SQL_LITERAL_TIMESTAMP}};
    struct lexer ahead = parser->lexer;
    if (at_interval(parser)) {
        *ret_found = true;
        parser_advance(parser);
        return parse_interval(parser, ret_expression);
    }
    if (lexer_next(&ahead).kind != TOKEN_STRING)
        return STATUS_OK;
    struct sql_span start = parser->token.span;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!token_is(&parser->token, kinds[i].word))
            continue;
        *ret_found = true;
        parser_advance(parser);
        *ret_expression = literal_of(parser, kinds[i].kind, token_text(&parser->token, parser->arena), start);
        parser_advance(parser);
        return STATUS_OK;
    }
    if (token_is(&parser->token, "TIME"))
        return parser_unsupported(parser, "The type TIME");
    return STATUS_OK;
}

enum status parse_literal(struct parser *parser, const struct sql_expression **ret_expression,
                          bool *ret_found)
{
    static const struct {
        const char *word;
        enum sql_literal_kind kind;
    } words[] = {{"NULL", SQL_LITERAL_NULL}, {"TRUE", SQL_LITERAL_BOOLEAN}, {"FALSE", SQL_LITERAL_BOOLEAN}};
    static const enum sql_literal_kind kinds[] = {
        [TOKEN_INTEGER] = SQL_LITERAL_INTEGER,
        [TOKEN_DECIMAL] = SQL_LITERAL_DECIMAL,
        [TOKEN_DOUBLE] = SQL_LITERAL_DOUBLE,
        [TOKEN_STRING] = SQL_LITERAL_STRING,
    };
    struct token token = parser->token;
    *ret_found = true;
    if (token.kind == TOKEN_STRING || token.kind == TOKEN_INTEGER || token.kind == TOKEN_DECIMAL ||
        token.kind == TOKEN_DOUBLE) {
        *ret_expression =
            literal_of(parser, kinds[token.kind], token_text(&token, parser->arena), token.span);
        parser_advance(parser);
        return STATUS_OK;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!token_is(&token, words[i].word))
            continue;
        *ret_expression = literal_of(parser, words[i].kind, words[i].word, token.span);
        parser_advance(parser);
        return STATUS_OK;
    }
    *ret_found = false;
    return parse_typed_literal(parser, ret_expression, ret_found);
}
