#include "jobmanager/sql/parser_internal.h"

#include "common/base/nearest_word.h"

#include <stdio.h>
#include <string.h>

/* Words that cannot be names without back-quotes, so that a missing name is found where it is missing. */
static const char *const reserved_words[] = {
    "ALL",     "AND",    "AS",        "BETWEEN",  "BY",       "CASE",   "CAST",
    "CREATE",  "CROSS",  "DELETE",    "DESCRIBE", "DISTINCT", "DROP",   "ELSE",
    "END",     "EXCEPT", "EXISTS",    "FALSE",    "FETCH",    "FOR",    "FROM",
    "FULL",    "GROUP",  "HAVING",    "IN",       "INNER",    "INSERT", "INTERSECT",
    "INTO",    "IS",     "JOIN",      "LEFT",     "LIKE",     "LIMIT",  "MATCH_RECOGNIZE",
    "NATURAL", "NOT",    "NULL",      "OFFSET",   "ON",       "OR",     "ORDER",
    "OUTER",   "OVER",   "PARTITION", "PRIMARY",  "RIGHT",    "SELECT", "SET",
    "TABLE",   "THEN",   "TRUE",      "TRY_CAST", "UNION",    "UNNEST", "UPDATE",
    "USING",   "VALUES", "WATERMARK", "WHEN",     "WHERE",    "WINDOW", "WITH",
};

void parser_advance(struct parser *parser)
{
    parser->previous = parser->token;
    parser->token = lexer_next(&parser->lexer);
    parser->expected_count = 0;
}

bool parser_at(struct parser *parser, const char *word)
{
    if (token_is(&parser->token, word))
        return true;
    if (parser->expected_count < PARSER_EXPECTED_MAX)
        parser->expected[parser->expected_count++] = word;
    return false;
}

bool parser_accept(struct parser *parser, const char *word)
{
    if (!parser_at(parser, word))
        return false;
    parser_advance(parser);
    return true;
}

bool parser_next_is(struct parser *parser, const char *word)
{
    struct lexer ahead = parser->lexer;
    struct token next = lexer_next(&ahead);
    return token_is(&next, word);
}

bool parser_accept_words(struct parser *parser, const char *first, const char *second)
{
    if (!parser_at(parser, first) || !parser_next_is(parser, second))
        return false;
    parser_advance(parser);
    parser_advance(parser);
    return true;
}

enum status parser_expect(struct parser *parser, const char *word)
{
    return parser_accept(parser, word) ? STATUS_OK : parser_fail(parser);
}

static enum status fail_position(struct parser *parser, struct sql_span span, enum status status)
{
    parser->error->line = span.line;
    parser->error->column = span.column;
    return status;
}

enum status parser_fail_at(struct parser *parser, struct sql_span span, const char *format, ...)
{
    char message[ERROR_MESSAGE_BYTES / 2];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    enum status status =
        error_set(parser->error, STATUS_INVALID_ARGUMENT, "SQL parse failed. %s at line %u, column %u.",
                  message, span.line, span.column);
    return fail_position(parser, span, status);
}

enum status parser_unsupported(struct parser *parser, const char *construct)
{
    struct sql_span span = parser->token.span;
    enum status status = error_set(parser->error, STATUS_UNSUPPORTED,
                                   "SQL parse failed. %s is not supported yet, at line %u, column %u.",
                                   construct, span.line, span.column);
    return fail_position(parser, span, status);
}

enum status parser_refuse(struct parser *parser, const char *const *constructs, size_t count,
                          const char *verb)
{
    for (size_t i = 0; i < count; i++) {
        if (token_is(&parser->token, constructs[i]))
            return parser_unsupported(parser, arena_printf(parser->arena, "%s %s", verb, constructs[i]));
    }
    return STATUS_OK;
}

static bool is_reserved(const struct token *token)
{
    for (size_t i = 0; i < sizeof reserved_words / sizeof *reserved_words; i++) {
        if (token_is(token, reserved_words[i]))
            return true;
    }
    return false;
}

enum { QUOTE_MAX = 60 };

static const char *quote_token(struct parser *parser, const struct token *token)
{
    if (token->kind == TOKEN_END)
        return "the end of the statement";
    if (is_reserved(token))
        return arena_printf(parser->arena, "the keyword '%.*s'", (int)token->size, token->start);
    int size = token->size > QUOTE_MAX ? QUOTE_MAX : (int)token->size;
    return arena_printf(parser->arena, "'%.*s'", size, token->start);
}

static const char *likely_word(struct parser *parser, const struct token *token, const char *const *expected,
                               size_t count)
{
    if (token->kind != TOKEN_WORD)
        return NULL;
    const char *word = arena_strndup(parser->arena, token->start, token->size);
    const char *nearest = nearest_word(word, expected, count);
    /* One letter is near to every symbol: only words are suggested for words. */
    return nearest != NULL && nearest[1] != '\0' && nearest[0] >= 'A' && nearest[0] <= 'Z' ? nearest : NULL;
}

static const char *expected_list(struct parser *parser)
{
    enum { LIST_MAX = 8 };
    const char *list = "";
    size_t listed = 0;
    for (size_t i = 0; i < parser->expected_count && listed < LIST_MAX; i++) {
        bool seen = false;
        for (size_t j = 0; j < i && !seen; j++)
            seen = strcmp(parser->expected[i], parser->expected[j]) == 0;
        if (seen)
            continue;
        list = arena_printf(parser->arena, "%s%s'%s'", list, listed == 0 ? "" : ", ", parser->expected[i]);
        listed++;
    }
    return list;
}

enum status parser_fail(struct parser *parser)
{
    if (parser->token.kind == TOKEN_BAD)
        return parser_fail_at(parser, parser->token.span, "Incorrect syntax near %s: %s,",
                              quote_token(parser, &parser->token), parser->lexer.problem);
    const struct token *token = &parser->token;
    const char *meant = NULL;
    if (parser->doubtful.size != 0 && parser->doubtful.start == parser->previous.start) {
        meant = likely_word(parser, &parser->doubtful, parser->doubtful_expected, parser->doubtful_count);
        if (meant != NULL)
            token = &parser->doubtful;
    }
    if (meant == NULL)
        meant = likely_word(parser, token, parser->expected, parser->expected_count);
    enum status status =
        parser_fail_at(parser, token->span, "Incorrect syntax near %s", quote_token(parser, token));
    size_t used = strlen(parser->error->message);
    size_t room = sizeof parser->error->message - used;
    if (meant != NULL)
        snprintf(parser->error->message + used, room, " Did you mean '%s'?", meant);
    else if (parser->expected_count > 0)
        snprintf(parser->error->message + used, room, " Expected %s%s.",
                 parser->expected_count > 1 ? "one of " : "", expected_list(parser));
    return status;
}

enum status parser_enter(struct parser *parser)
{
    if (++parser->depth > PARSER_DEPTH_MAX)
        return parser_fail_at(parser, parser->token.span, "The expression is nested deeper than %d levels",
                              PARSER_DEPTH_MAX);
    return STATUS_OK;
}

void parser_leave(struct parser *parser)
{
    parser->depth--;
}

bool parser_at_identifier(struct parser *parser)
{
    if (parser->token.kind == TOKEN_QUOTED)
        return parser->token.size > 2;
    return parser->token.kind == TOKEN_WORD && !is_reserved(&parser->token);
}

enum status parse_identifier(struct parser *parser, const char **ret_name)
{
    if (!parser_at_identifier(parser)) {
        parser_at(parser, "a name");
        return parser_fail(parser);
    }
    *ret_name = token_text(&parser->token, parser->arena);
    parser_advance(parser);
    return STATUS_OK;
}

enum status parse_name(struct parser *parser, size_t max_parts, struct sql_name *ret_name)
{
    struct sql_name name = {.span = parser->token.span};
    do {
        if (name.count == max_parts)
            return parser_fail_at(parser, parser->token.span, "A name here has at most %zu parts", max_parts);
        PARSE(parse_identifier(parser, &name.parts[name.count]));
        name.count++;
    } while (parser_accept(parser, "."));
    name.span.end_line = parser->previous.span.end_line;
    name.span.end_column = parser->previous.span.end_column;
    *ret_name = name;
    return STATUS_OK;
}

enum status parse_identifier_list(struct parser *parser, const char ***ret_names, struct sql_span **ret_spans,
                                  size_t *ret_count)
{
    const char **names = NULL;
    struct sql_span *spans = NULL;
    size_t count = 0;
    PARSE(parser_expect(parser, "("));
    do {
        const char *name = NULL;
        struct sql_span span = parser->token.span;
        PARSE(parse_identifier(parser, &name));
        size_t index = count;
        PARSER_PUSH(parser, names, count, name);
        PARSER_PUSH(parser, spans, index, span);
    } while (parser_accept(parser, ","));
    PARSE(parser_expect(parser, ")"));
    *ret_names = names;
    *ret_spans = spans;
    *ret_count = count;
    return STATUS_OK;
}

const char *parser_upper_text(struct parser *parser)
{
    char *text = arena_strndup(parser->arena, parser->token.start, parser->token.size);
    for (char *c = text; *c != '\0'; c++) {
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    }
    return text;
}

enum status parse_string(struct parser *parser, const char **ret_text)
{
    if (parser->token.kind != TOKEN_STRING) {
        parser_at(parser, "a 'string'");
        return parser_fail(parser);
    }
    *ret_text = token_text(&parser->token, parser->arena);
    parser_advance(parser);
    return STATUS_OK;
}

enum status parse_if_not_exists(struct parser *parser, bool *ret_present)
{
    if (!parser_accept(parser, "IF")) {
        *ret_present = false;
        return STATUS_OK;
    }
    PARSE(parser_expect(parser, "NOT"));
    PARSE(parser_expect(parser, "EXISTS"));
    *ret_present = true;
    return STATUS_OK;
}
