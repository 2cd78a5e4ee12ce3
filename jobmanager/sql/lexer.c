#include "jobmanager/sql/lexer.h"

#include <string.h>
#include <strings.h>

struct sql_text sql_text_of(const char *text)
{
    return (struct sql_text){.data = text, .size = strlen(text), .line = 1, .column = 1};
}

void lexer_init(struct lexer *lexer, struct sql_text text)
{
    *lexer = (struct lexer){
        .at = text.data,
        .end = text.data + text.size,
        .line = text.line,
        .column = text.column,
    };
}

static int peek(const struct lexer *lexer, size_t ahead)
{
    return (size_t)(lexer->end - lexer->at) > ahead ? (unsigned char)lexer->at[ahead] : -1;
}

/* Columns count characters, not bytes: a UTF-8 continuation byte does not move on. */
static void advance(struct lexer *lexer, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        unsigned char byte = (unsigned char)*lexer->at++;
        if (byte == '\n') {
            lexer->line++;
            lexer->column = 1;
        } else if ((byte & 0xC0) != 0x80) {
            lexer->column++;
        }
    }
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

static bool is_word_start(int c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '$' || c >= 0x80;
}

static bool is_space(int c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

/* False when a block comment does not end. */
static bool skip_blanks(struct lexer *lexer)
{
    for (;;) {
        int c = peek(lexer, 0);
        if (is_space(c)) {
            advance(lexer, 1);
        } else if (c == '-' && peek(lexer, 1) == '-') {
            while (peek(lexer, 0) != -1 && peek(lexer, 0) != '\n')
                advance(lexer, 1);
        } else if (c == '/' && peek(lexer, 1) == '*' && peek(lexer, 2) != '+') {
            const char *close = memmem(lexer->at + 2, (size_t)(lexer->end - lexer->at) - 2, "*/", 2);
            if (close == NULL)
                return false;
            advance(lexer, (size_t)(close + 2 - lexer->at));
        } else {
            return true;
        }
    }
}

static size_t quoted_size(const struct lexer *lexer, int quote)
{
    for (size_t i = 1; peek(lexer, i) != -1; i++) {
        if (peek(lexer, i) != quote)
            continue;
        if (peek(lexer, i + 1) != quote)
            return i + 1;
        i++;
    }
    return 0;
}

static size_t number_size(const struct lexer *lexer, enum token_kind *kind)
{
    size_t i = 0;
    *kind = TOKEN_INTEGER;
    while (is_digit(peek(lexer, i)))
        i++;
    if (peek(lexer, i) == '.') {
        *kind = TOKEN_DECIMAL;
        i++;
        while (is_digit(peek(lexer, i)))
            i++;
    }
    int e = peek(lexer, i);
    if (e == 'e' || e == 'E') {
        size_t digits = i + 1;
        if (peek(lexer, digits) == '+' || peek(lexer, digits) == '-')
            digits++;
        if (is_digit(peek(lexer, digits))) {
            *kind = TOKEN_DOUBLE;
            for (i = digits; is_digit(peek(lexer, i));)
                i++;
        }
    }
    return i;
}

static size_t symbol_size(const struct lexer *lexer)
{
    static const char *const pairs[] = {"<>", "!=", "<=", ">=", "||", "=>"};
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        if (peek(lexer, 0) == pairs[i][0] && peek(lexer, 1) == pairs[i][1])
            return 2;
    }
    int c = peek(lexer, 0);
    return c > 0 && strchr("(),.;=<>+-*/%[]:?{}", c) != NULL ? 1 : 0;
}

static size_t bad(struct lexer *lexer, struct token *token, const char *problem, size_t size)
{
    token->kind = TOKEN_BAD;
    lexer->problem = problem;
    return size;
}

static size_t classify(struct lexer *lexer, struct token *token)
{
    int c = peek(lexer, 0);
    size_t size = 0;
    if (is_word_start(c)) {
        token->kind = TOKEN_WORD;
        while (is_word_start(peek(lexer, size)) || is_digit(peek(lexer, size)))
            size++;
        return size;
    }
    if (c == '\'' || c == '`') {
        token->kind = c == '`' ? TOKEN_QUOTED : TOKEN_STRING;
        size = quoted_size(lexer, c);
        if (size == 0)
            return bad(lexer, token,
                       c == '`' ? "the quoted identifier does not end" : "the string does not end", 1);
        return size;
    }
    if (is_digit(c) || (c == '.' && is_digit(peek(lexer, 1))))
        return number_size(lexer, &token->kind);
    if (c == '/' && peek(lexer, 1) == '*') {
        token->kind = TOKEN_HINT_BEGIN;
        lexer->in_hint = true;
        return 3;
    }
    if (lexer->in_hint && c == '*' && peek(lexer, 1) == '/') {
        token->kind = TOKEN_HINT_END;
        lexer->in_hint = false;
        return 2;
    }
    token->kind = TOKEN_SYMBOL;
    size = symbol_size(lexer);
    if (size == 0)
        return bad(lexer, token,
                   c == '"' ? "double quotes are not SQL here: use 'text' or `name`" : "unexpected character",
                   1);
    return size;
}

struct token lexer_next(struct lexer *lexer)
{
    bool closed = skip_blanks(lexer);
    struct token token = {
        .kind = TOKEN_END,
        .start = lexer->at,
        .span = {lexer->line, lexer->column, lexer->line, lexer->column},
    };
    if (!closed) {
        token.kind = TOKEN_BAD;
        token.size = 2;
        lexer->problem = "the comment does not end";
        advance(lexer, (size_t)(lexer->end - lexer->at));
        return token;
    }
    if (lexer->at == lexer->end)
        return token;
    token.size = classify(lexer, &token);
    advance(lexer, token.size - 1);
    token.span.end_line = lexer->line;
    token.span.end_column = lexer->column;
    advance(lexer, 1);
    return token;
}

bool token_is(const struct token *token, const char *text)
{
    if (token->kind != TOKEN_WORD && token->kind != TOKEN_SYMBOL)
        return false;
    return strlen(text) == token->size && strncasecmp(token->start, text, token->size) == 0;
}

const char *token_text(const struct token *token, struct arena *arena)
{
    if (token->kind != TOKEN_QUOTED && token->kind != TOKEN_STRING)
        return arena_strndup(arena, token->start, token->size);
    char quote = token->start[0];
    char *text = arena_alloc(arena, token->size);
    size_t size = 0;
    for (size_t i = 1; i + 1 < token->size; i++) {
        text[size++] = token->start[i];
        if (token->start[i] == quote)
            i++;
    }
    text[size] = '\0';
    return text;
}
