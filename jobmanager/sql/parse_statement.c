#include "jobmanager/sql/parser_internal.h"

#include <string.h>

typedef enum status statement_parser(struct parser *parser, struct sql_statement *statement);

static enum status parse_if_exists(struct parser *parser, bool *ret_present)
{
    *ret_present = parser_accept(parser, "IF");
    return *ret_present ? parser_expect(parser, "EXISTS") : STATUS_OK;
}

static enum status parse_create(struct parser *parser, struct sql_statement *statement)
{
    static const char *const later[] = {"FUNCTION", "MODEL", "MATERIALIZED", "CONNECTION", "OR"};
    statement->temporary = parser_accept(parser, "TEMPORARY");
    PARSE(parser_refuse(parser, later, sizeof later / sizeof *later, "CREATE"));
    if (parser_accept(parser, "TABLE")) {
        statement->kind = SQL_CREATE_TABLE;
        PARSE(parse_create_table(parser, statement->temporary, &statement->create_table));
        statement->name = statement->create_table->name;
        statement->if_not_exists = statement->create_table->if_not_exists;
        return STATUS_OK;
    }
    if (parser_accept(parser, "VIEW")) {
        statement->kind = SQL_CREATE_VIEW;
        PARSE(parse_create_view(parser, statement->temporary, &statement->create_view));
        statement->name = statement->create_view->name;
        statement->if_not_exists = statement->create_view->if_not_exists;
        return STATUS_OK;
    }
    if (!statement->temporary && parser_accept(parser, "CATALOG"))
        statement->kind = SQL_CREATE_CATALOG;
    else if (!statement->temporary && parser_accept(parser, "DATABASE"))
        statement->kind = SQL_CREATE_DATABASE;
    else
        return parser_fail(parser);
    PARSE(parse_if_not_exists(parser, &statement->if_not_exists));
    PARSE(parse_name(parser, statement->kind == SQL_CREATE_CATALOG ? 1 : 2, &statement->name));
    if (parser_accept(parser, "COMMENT"))
        PARSE(parse_string(parser, &statement->comment));
    return parser_accept(parser, "WITH") ? parse_properties(parser, &statement->properties) : STATUS_OK;
}

static enum status parse_drop(struct parser *parser, struct sql_statement *statement)
{
    static const char *const later[] = {"FUNCTION", "MODEL", "MATERIALIZED"};
    statement->temporary = parser_accept(parser, "TEMPORARY");
    PARSE(parser_refuse(parser, later, sizeof later / sizeof *later, "DROP"));
    size_t parts = 3;
    if (parser_accept(parser, "TABLE")) {
        statement->kind = SQL_DROP_TABLE;
    } else if (parser_accept(parser, "VIEW")) {
        statement->kind = SQL_DROP_VIEW;
    } else if (!statement->temporary && parser_accept(parser, "DATABASE")) {
        statement->kind = SQL_DROP_DATABASE;
        parts = 2;
    } else if (!statement->temporary && parser_accept(parser, "CATALOG")) {
        statement->kind = SQL_DROP_CATALOG;
        parts = 1;
    } else {
        return parser_fail(parser);
    }
    PARSE(parse_if_exists(parser, &statement->if_exists));
    PARSE(parse_name(parser, parts, &statement->name));
    if (statement->kind == SQL_DROP_DATABASE && !parser_accept(parser, "RESTRICT"))
        statement->cascade = parser_accept(parser, "CASCADE");
    return STATUS_OK;
}

static enum status parse_use(struct parser *parser, struct sql_statement *statement)
{
    if (token_is(&parser->token, "MODULES"))
        return parser_unsupported(parser, "USE MODULES");
    bool catalog = !parser_next_is(parser, ".") && parser_accept(parser, "CATALOG");
    statement->kind = catalog ? SQL_USE_CATALOG : SQL_USE_DATABASE;
    return parse_name(parser, catalog ? 1 : 2, &statement->name);
}

static enum status add_insert(struct parser *parser, struct sql_statement *statement)
{
    struct sql_insert *inserts = (struct sql_insert *)statement->inserts;
    struct sql_insert insert;
    PARSE(parser_expect(parser, "INSERT"));
    PARSE(parse_insert(parser, &insert));
    PARSER_PUSH(parser, inserts, statement->insert_count, insert);
    statement->inserts = inserts;
    return STATUS_OK;
}

/* The cursor is behind STATEMENT SET BEGIN. */
static enum status parse_statement_set(struct parser *parser, struct sql_statement *statement)
{
    do {
        PARSE(add_insert(parser, statement));
        PARSE(parser_expect(parser, ";"));
    } while (!parser_accept(parser, "END"));
    return STATUS_OK;
}

static enum status parse_execute(struct parser *parser, struct sql_statement *statement)
{
    if (!parser_accept(parser, "STATEMENT")) {
        if (token_is(&parser->token, "INSERT") || token_is(&parser->token, "SELECT"))
            return parser_unsupported(parser, "EXECUTE of one statement");
        return parser_fail(parser);
    }
    PARSE(parser_expect(parser, "SET"));
    PARSE(parser_expect(parser, "BEGIN"));
    statement->kind = SQL_STATEMENT_SET;
    return parse_statement_set(parser, statement);
}

/* PLAN FOR, or a list of details. */
static enum status parse_explain_details(struct parser *parser, unsigned *ret_details)
{
    static const struct {
        const char *word;
        enum sql_explain_detail detail;
    } details[] = {
        {"ESTIMATED_COST", SQL_EXPLAIN_ESTIMATED_COST},
        {"CHANGELOG_MODE", SQL_EXPLAIN_CHANGELOG_MODE},
        {"JSON_EXECUTION_PLAN", SQL_EXPLAIN_JSON_EXECUTION_PLAN},
        {"PLAN_ADVICE", SQL_EXPLAIN_PLAN_ADVICE},
    };
    enum { DETAIL_COUNT = sizeof details / sizeof *details };
    if (parser_accept(parser, "PLAN"))
        return parser_expect(parser, "FOR");
    do {
        size_t i = 0;
        while (i < DETAIL_COUNT && !parser_accept(parser, details[i].word))
            i++;
        if (i < DETAIL_COUNT)
            *ret_details |= details[i].detail;
        else if (*ret_details != 0)
            return parser_fail(parser);
    } while (*ret_details != 0 && parser_accept(parser, ","));
    return STATUS_OK;
}

static enum status parse_explain(struct parser *parser, struct sql_statement *statement)
{
    statement->kind = SQL_EXPLAIN;
    PARSE(parse_explain_details(parser, &statement->explain_details));
    if (parser_at(parser, "INSERT"))
        return add_insert(parser, statement);
    if (parser_accept(parser, "EXECUTE"))
        PARSE(parser_at(parser, "STATEMENT") ? STATUS_OK : parser_fail(parser));
    if (parser_accept(parser, "STATEMENT")) {
        PARSE(parser_expect(parser, "SET"));
        PARSE(parser_expect(parser, "BEGIN"));
        return parse_statement_set(parser, statement);
    }
    return parse_query(parser, &statement->query);
}

static enum status parse_insert_statement(struct parser *parser, struct sql_statement *statement)
{
    struct sql_insert *insert = arena_calloc(parser->arena, 1, sizeof *insert);
    statement->kind = SQL_INSERT;
    PARSE(parse_insert(parser, insert));
    statement->inserts = insert;
    statement->insert_count = 1;
    return STATUS_OK;
}

static enum status parse_begin(struct parser *parser, struct sql_statement *statement)
{
    PARSE(parser_expect(parser, "STATEMENT"));
    PARSE(parser_expect(parser, "SET"));
    statement->kind = SQL_BEGIN_STATEMENT_SET;
    return STATUS_OK;
}

static enum status parse_end(struct parser *parser, struct sql_statement *statement)
{
    (void)parser;
    statement->kind = SQL_END_STATEMENT_SET;
    return STATUS_OK;
}

static enum status dispatch(struct parser *parser, struct sql_statement *statement)
{
    static const struct {
        const char *word;
        statement_parser *parse;
    } statements[] = {
        {"CREATE", parse_create},     {"DROP", parse_drop},
        {"USE", parse_use},           {"SHOW", parse_show},
        {"DESCRIBE", parse_describe}, {"DESC", parse_describe},
        {"EXPLAIN", parse_explain},   {"SET", parse_set},
        {"RESET", parse_reset},       {"INSERT", parse_insert_statement},
        {"EXECUTE", parse_execute},   {"BEGIN", parse_begin},
        {"END", parse_end},           {"STOP", parse_stop},
        {"ALTER", parse_alter},
    };
    static const char *const later[] = {"UPDATE", "DELETE", "TRUNCATE", "ANALYZE", "LOAD", "UNLOAD",
                                        "CALL",   "ADD",    "REMOVE",   "COMPILE", "QUIT", "MERGE"};
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        if (parser_accept(parser, statements[i].word))
            return statements[i].parse(parser, statement);
    }
    for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
        if (token_is(&parser->token, later[i]))
            return parser_unsupported(parser, later[i]);
    }
    if (!parser_at(parser, "SELECT") && !parser_at(parser, "VALUES") && !parser_at(parser, "WITH") &&
        !token_is(&parser->token, "("))
        return parser_fail(parser);
    statement->kind = SQL_SELECT;
    return parse_query(parser, &statement->query);
}

enum status sql_parse(struct sql_text text, struct arena *arena, const struct sql_statement **ret_statement,
                      struct error *error)
{
    struct parser parser = {.arena = arena, .error = error};
    lexer_init(&parser.lexer, text);
    parser_advance(&parser);
    struct sql_statement *statement = arena_calloc(arena, 1, sizeof *statement);
    if (memchr(text.data, 0, text.size) != NULL)
        return parser_fail_at(&parser, parser.token.span, "There is a zero byte in the statement");
    if (parser.token.kind == TOKEN_END)
        return parser_fail_at(&parser, parser.token.span, "There is no statement");
    PARSE(dispatch(&parser, statement));
    parser_accept(&parser, ";");
    if (parser.token.kind != TOKEN_END)
        return parser_fail(&parser);
    *ret_statement = statement;
    return STATUS_OK;
}
