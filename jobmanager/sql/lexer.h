#pragma once

#include "common/base/arena.h"
#include "common/base/status.h"
#include "jobmanager/sql/parser.h"

/* Internal to the module: SQL text as tokens, one at a time, read by the parser and the script splitter. */

enum token_kind {
    TOKEN_END,
    TOKEN_WORD,   /* a key word or a plain identifier */
    TOKEN_QUOTED, /* `identifier` */
    TOKEN_STRING, /* 'text' */
    TOKEN_INTEGER,
    TOKEN_DECIMAL,
    TOKEN_DOUBLE,
    TOKEN_SYMBOL, /* one or two characters: ( ) , . ; = <> != <= >= < > + - * / % || [ ] : ? => */
    TOKEN_HINT_BEGIN,
    TOKEN_HINT_END,
    TOKEN_BAD, /* a character or an unterminated quote or comment; lexer.problem says which */
};

struct token {
    enum token_kind kind;
    const char *start; /* in the SQL text, quotes included */
    size_t size;
    struct sql_span span;
};

struct lexer {
    const char *at;
    const char *end;
    uint32_t line;
    uint32_t column;
    bool in_hint;
    const char *problem; /* set with TOKEN_BAD */
};

void lexer_init(struct lexer *lexer, struct sql_text text);
struct token lexer_next(struct lexer *lexer);

/* The token is this symbol, or this word in any case (word in upper case). */
bool token_is(const struct token *token, const char *text);
/* The text of an identifier or string: quotes taken off, doubled quotes made one. */
const char *token_text(const struct token *token, struct arena *arena);
