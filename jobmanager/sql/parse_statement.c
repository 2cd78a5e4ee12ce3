#include "jobmanager/sql/parser_internal.h"

#include <string.h>

typedef enum status statement_parser(struct parser *parser, struct sql_statement *statement);

static enum status parse_if_exists(struct parser *parser, bool *ret_present)
{
    *ret_present = parser_accept(parser, "IF");
    return *ret_present ? parser_expect(parser, "EXISTS") : STATUS_OK;
}

static enum status refuse(struct parser *parser, const char *const *constructs, size_t count,
                          const char *verb)
{
    for (size_t i = 0; i < count; i++) {
        if (token_is(&parser->token, constructs[i]))
            return parser_unsupported(parser, arena_printf(parser->arena, "%s %s", verb, constructs[i]));
    }
    return STATUS_OK;
}

static enum status parse_create(struct parser *parser, struct sql_statement *statement)
{
    static const char *const later[] = {"VIEW", "FUNCTION", "MODEL", "MATERIALIZED", "CONNECTION", "OR"};
    statement->temporary = parser_accept(parser, "TEMPORARY");
    PARSE(refuse(parser, later, sizeof later / sizeof *later, "CREATE"));
    if (parser_accept(parser, "TABLE")) {
        statement->kind = SQL_CREATE_TABLE;
        PARSE(parse_create_table(parser, statement->temporary, &statement->create_table));
        statement->name = statement->create_table->name;
        statement->if_not_exists = statement->create_table->if_not_exists;
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
    static const char *const later[] = {"VIEW", "FUNCTION", "MODEL", "MATERIALIZED"};
    statement->temporary = parser_accept(parser, "TEMPORARY");
    PARSE(refuse(parser, later, sizeof later / sizeof *later, "DROP"));
    size_t parts = 3;
    if (parser_accept(parser, "TABLE")) {
        statement->kind = SQL_DROP_TABLE;
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

static enum status parse_show(struct parser *parser, struct sql_statement *statement)
{
    static const struct {
        const char *words[2];
        enum sql_statement_kind kind;
    } lists[] = {
        {{"TABLES", NULL}, SQL_SHOW_TABLES},
        {{"DATABASES", NULL}, SQL_SHOW_DATABASES},
        {{"CATALOGS", NULL}, SQL_SHOW_CATALOGS},
        {{"FUNCTIONS", NULL}, SQL_SHOW_FUNCTIONS},
        {{"JOBS", NULL}, SQL_SHOW_JOBS},
        {{"CREATE", "TABLE"}, SQL_SHOW_CREATE_TABLE},
        {{"CURRENT", "CATALOG"}, SQL_SHOW_CURRENT_CATALOG},
        {{"CURRENT", "DATABASE"}, SQL_SHOW_CURRENT_DATABASE},
    };
    static const char *const later[] = {"VIEWS",      "MODULES", "COLUMNS", "PARTITIONS",
                                        "PROCEDURES", "JARS",    "MODELS"};
    PARSE(refuse(parser, later, sizeof later / sizeof *later, "SHOW"));
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        bool found = lists[i].words[1] == NULL
                         ? parser_accept(parser, lists[i].words[0])
                         : parser_accept_words(parser, lists[i].words[0], lists[i].words[1]);
        if (!found)
            continue;
        statement->kind = lists[i].kind;
        if (statement->kind == SQL_SHOW_CREATE_TABLE)
            return parse_name(parser, 3, &statement->name);
        bool scoped = statement->kind == SQL_SHOW_TABLES || statement->kind == SQL_SHOW_DATABASES;
        if (scoped && (parser_accept(parser, "FROM") || parser_accept(parser, "IN")))
            PARSE(parse_name(parser, statement->kind == SQL_SHOW_TABLES ? 2 : 1, &statement->name));
        if (token_is(&parser->token, "LIKE") || token_is(&parser->token, "NOT"))
            return parser_unsupported(parser, "SHOW ... LIKE");
        return STATUS_OK;
    }
    if (parser_at(parser, "CREATE") || parser_at(parser, "CURRENT")) {
        parser_advance(parser);
        PARSE(refuse(parser, (const char *const[]){"VIEW", "CATALOG", "MODEL"}, 3, "SHOW CREATE"));
        parser_at(parser, "TABLE");
        parser_at(parser, "CATALOG");
        parser_at(parser, "DATABASE");
    }
    return parser_fail(parser);
}

static enum status parse_describe(struct parser *parser, struct sql_statement *statement)
{
    static const char *const later[] = {"CATALOG", "DATABASE", "JOB", "FUNCTION", "MODEL"};
    statement->kind = SQL_DESCRIBE;
    if (parser_next_is(parser, ".") || parser->token.kind != TOKEN_WORD)
        return parse_name(parser, 3, &statement->name);
    struct lexer ahead = parser->lexer;
    enum token_kind next = lexer_next(&ahead).kind;
    if (next == TOKEN_WORD || next == TOKEN_QUOTED || next == TOKEN_STRING)
        PARSE(refuse(parser, later, sizeof later / sizeof *later, "DESCRIBE"));
    if (token_is(&parser->token, "EXTENDED") && next == TOKEN_WORD)
        parser_advance(parser);
    return parse_name(parser, 3, &statement->name);
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

static enum status parse_explain(struct parser *parser, struct sql_statement *statement)
{
    static const char *const details[] = {"ESTIMATED_COST", "CHANGELOG_MODE", "JSON_EXECUTION_PLAN",
                                          "PLAN_ADVICE"};
    for (size_t i = 0; i < sizeof details / sizeof *details; i++) {
        if (parser_at(parser, details[i]))
            return parser_unsupported(parser, arena_printf(parser->arena, "EXPLAIN %s", details[i]));
    }
    if (parser_accept(parser, "PLAN"))
        PARSE(parser_expect(parser, "FOR"));
    statement->kind = SQL_EXPLAIN;
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

static enum status parse_set(struct parser *parser, struct sql_statement *statement)
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

static enum status parse_reset(struct parser *parser, struct sql_statement *statement)
{
    statement->kind = SQL_RESET;
    return at_end(parser) ? STATUS_OK : parse_key(parser, &statement->key);
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
        {"END", parse_end},
    };
    static const char *const later[] = {"ALTER", "UPDATE", "DELETE", "TRUNCATE", "ANALYZE", "LOAD", "UNLOAD",
                                        "STOP",  "CALL",   "ADD",    "REMOVE",   "COMPILE", "QUIT", "MERGE"};
    for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
        if (parser_accept(parser, statements[i].word))
            return statements[i].parse(parser, statement);
    }
    for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
        if (token_is(&parser->token, later[i]))
            return parser_unsupported(parser, later[i]);
    }
    if (!parser_at(parser, "SELECT") && !parser_at(parser, "VALUES") && !token_is(&parser->token, "WITH"))
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
    if (parser.token.kind == TOKEN_END)
        return parser_fail_at(&parser, parser.token.span, "There is no statement");
    PARSE(dispatch(&parser, statement));
    parser_accept(&parser, ";");
    if (parser.token.kind != TOKEN_END)
        return parser_fail(&parser);
    *ret_statement = statement;
    return STATUS_OK;
}
