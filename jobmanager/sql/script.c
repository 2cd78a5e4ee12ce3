#include "jobmanager/sql/lexer.h"

/* How far into EXECUTE STATEMENT SET BEGIN ... END the splitter is. */
enum block_state { BLOCK_NONE, BLOCK_EXECUTE, BLOCK_STATEMENT, BLOCK_SET, BLOCK_INSIDE, BLOCK_ENDED };

/* EXPLAIN STATEMENT SET BEGIN is such a block too. */
static enum block_state block_next(enum block_state state, const struct token *token, bool first)
{
    if (state == BLOCK_INSIDE)
        return token_is(token, "END") ? BLOCK_ENDED : BLOCK_INSIDE;
    if (first)
        return token_is(token, "EXECUTE") || token_is(token, "EXPLAIN") ? BLOCK_EXECUTE : BLOCK_NONE;
    if (state == BLOCK_EXECUTE &&
        (token_is(token, "PLAN") || token_is(token, "FOR") || token_is(token, "EXECUTE")))
        return BLOCK_EXECUTE;
    if (state == BLOCK_EXECUTE && token_is(token, "STATEMENT"))
        return BLOCK_STATEMENT;
    if (state == BLOCK_STATEMENT && token_is(token, "SET"))
        return BLOCK_SET;
    if (state == BLOCK_SET && token_is(token, "BEGIN"))
        return BLOCK_INSIDE;
    return BLOCK_NONE;
}

/* END closes a block only at the start of a statement within it: CASE has an END of its own. */
static enum block_state step(enum block_state state, const struct token *token, bool first,
                             bool after_semicolon)
{
    if (state == BLOCK_INSIDE && !after_semicolon)
        return BLOCK_INSIDE;
    return block_next(state, token, first);
}

bool sql_script_next(struct sql_text *rest, struct sql_text *ret_statement)
{
    struct lexer lexer;
    lexer_init(&lexer, *rest);
    struct sql_text statement = {.data = NULL};
    const char *end = NULL;
    enum block_state state = BLOCK_NONE;
    bool after_semicolon = false;
    for (;;) {
        struct token token = lexer_next(&lexer);
        bool semicolon = token_is(&token, ";");
        if (token.kind == TOKEN_END || (semicolon && state != BLOCK_INSIDE && statement.data != NULL))
            break;
        if (semicolon && statement.data == NULL)
            continue;
        bool first = statement.data == NULL;
        if (first)
            statement =
                (struct sql_text){.data = token.start, .line = token.span.line, .column = token.span.column};
        state = step(state, &token, first, after_semicolon);
        after_semicolon = semicolon;
        end = token.start + token.size;
        /* An open quote or comment runs to the end of the text. */
        if (token.kind == TOKEN_BAD && (token.start[0] == '\'' || token.start[0] == '`' || token.size == 2)) {
            end = lexer.end;
            lexer.at = lexer.end;
            break;
        }
    }
    rest->size = (size_t)(lexer.end - lexer.at);
    rest->data = lexer.at;
    rest->line = lexer.line;
    rest->column = lexer.column;
    if (statement.data == NULL)
        return false;
    statement.size = (size_t)(end - statement.data);
    *ret_statement = statement;
    return true;
}
