#include "jobmanager/sql/parser_internal.h"

/* A key is 'quoted', or dotted words as older scripts have them. */
static enum status parse_key(struct parser *parser, const char **ret_key)
{
    if (parser->token.kind == TOKEN_STRING)
        return parse_string(parser, ret_key);
    const char *start = parser->token.start;
    do {
        if (parser->token.kind != TOKEN_WORD) {
            parser_at(parser, "a 'key'");
            return parser_fail(parser);
        }
        parser_advance(parser);
    } while (parser_accept(parser, ".") || parser_accept(parser, "-"));
    const char *end = parser->previous.start + parser->previous.size;
    *ret_key = arena_strndup(parser->arena, start, (size_t)(end - start));
    return STATUS_OK;
}

static bool at_end(const struct parser *parser)
{
    return parser->token.kind == TOKEN_END || token_is(&parser->token, ";");
}

enum status parse_set(struct parser *parser, struct sql_statement *statement)
{
    statement->kind = SQL_SET;
    if (at_end(parser))
        return STATUS_OK;
    PARSE(parse_key(parser, &statement->key));
    PARSE(parser_expect(parser, "="));
    if (parser->token.kind == TOKEN_STRING)
        return parse_string(parser, &statement->value);
    if (at_end(parser) || parser->token.kind == TOKEN_BAD) {
        parser_at(parser, "a 'value'");
        return parser_fail(parser);
    }
    const char *start = parser->token.start;
    while (!at_end(parser) && parser->token.kind != TOKEN_BAD)
        parser_advance(parser);
    const char *end = parser->previous.start + parser->previous.size;
    statement->value = arena_strndup(parser->arena, start, (size_t)(end - start));
    return STATUS_OK;
}

enum status parse_reset(struct parser *parser, struct sql_statement *statement)
{
    statement->kind = SQL_RESET;
    return at_end(parser) ? STATUS_OK : parse_key(parser, &statement->key);
}
