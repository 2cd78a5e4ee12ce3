#include "jobmanager/sql/parser_internal.h"

enum status parse_show(struct parser *parser, struct sql_statement *statement)
{
    static const struct {
        const char *words[2];
        enum sql_statement_kind kind;
    } lists[] = {
        {{"TABLES", NULL}, SQL_SHOW_TABLES},
        {{"VIEWS", NULL}, SQL_SHOW_VIEWS},
        {{"DATABASES", NULL}, SQL_SHOW_DATABASES},
        {{"CATALOGS", NULL}, SQL_SHOW_CATALOGS},
        {{"FUNCTIONS", NULL}, SQL_SHOW_FUNCTIONS},
        {{"JOBS", NULL}, SQL_SHOW_JOBS},
        {{"CREATE", "TABLE"}, SQL_SHOW_CREATE_TABLE},
        {{"CREATE", "VIEW"}, SQL_SHOW_CREATE_VIEW},
        {{"CURRENT", "CATALOG"}, SQL_SHOW_CURRENT_CATALOG},
        {{"CURRENT", "DATABASE"}, SQL_SHOW_CURRENT_DATABASE},
    };
    static const char *const later[] = {"MODULES", "COLUMNS", "PARTITIONS", "PROCEDURES", "JARS", "MODELS"};
    PARSE(parser_refuse(parser, later, sizeof later / sizeof *later, "SHOW"));
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        bool found = lists[i].words[1] == NULL
                         ? parser_accept(parser, lists[i].words[0])
                         : parser_accept_words(parser, lists[i].words[0], lists[i].words[1]);
        if (!found)
            continue;
        statement->kind = lists[i].kind;
        if (statement->kind == SQL_SHOW_CREATE_TABLE || statement->kind == SQL_SHOW_CREATE_VIEW)
            return parse_name(parser, 3, &statement->name);
        bool in_database = statement->kind == SQL_SHOW_TABLES || statement->kind == SQL_SHOW_VIEWS;
        bool scoped = in_database || statement->kind == SQL_SHOW_DATABASES;
        if (scoped && (parser_accept(parser, "FROM") || parser_accept(parser, "IN")))
            PARSE(parse_name(parser, in_database ? 2 : 1, &statement->name));
        if (token_is(&parser->token, "LIKE") || token_is(&parser->token, "NOT"))
            return parser_unsupported(parser, "SHOW ... LIKE");
        return STATUS_OK;
    }
    if (parser_at(parser, "CREATE") || parser_at(parser, "CURRENT")) {
        parser_advance(parser);
        PARSE(parser_refuse(parser, (const char *const[]){"CATALOG", "MODEL"}, 2, "SHOW CREATE"));
        parser_at(parser, "TABLE");
        parser_at(parser, "VIEW");
        parser_at(parser, "CATALOG");
        parser_at(parser, "DATABASE");
    }
    return parser_fail(parser);
}

static enum status parse_job_id(struct parser *parser, struct sql_statement *statement)
{
    statement->job_id_span = parser->token.span;
    return parse_string(parser, &statement->job_id);
}

enum status parse_describe(struct parser *parser, struct sql_statement *statement)
{
    static const char *const later[] = {"CATALOG", "DATABASE", "FUNCTION", "MODEL"};
    statement->kind = SQL_DESCRIBE;
    if (parser_next_is(parser, ".") || parser->token.kind != TOKEN_WORD)
        return parse_name(parser, 3, &statement->name);
    struct lexer ahead = parser->lexer;
    enum token_kind next = lexer_next(&ahead).kind;
    if (token_is(&parser->token, "JOB") && next == TOKEN_STRING) {
        statement->kind = SQL_DESCRIBE_JOB;
        parser_advance(parser);
        return parse_job_id(parser, statement);
    }
    if (next == TOKEN_WORD || next == TOKEN_QUOTED || next == TOKEN_STRING)
        PARSE(parser_refuse(parser, later, sizeof later / sizeof *later, "DESCRIBE"));
    if (token_is(&parser->token, "EXTENDED") && next == TOKEN_WORD)
        parser_advance(parser);
    return parse_name(parser, 3, &statement->name);
}

/* STOP JOB 'id' [WITH SAVEPOINT] [WITH DRAIN] */
enum status parse_stop(struct parser *parser, struct sql_statement *statement)
{
    statement->kind = SQL_STOP_JOB;
    PARSE(parser_expect(parser, "JOB"));
    PARSE(parse_job_id(parser, statement));
    statement->with_savepoint = parser_accept_words(parser, "WITH", "SAVEPOINT");
    struct sql_span span = parser->token.span;
    statement->with_drain = parser_accept_words(parser, "WITH", "DRAIN");
    if (statement->with_drain && !statement->with_savepoint)
        return parser_fail_at(parser, span, "WITH DRAIN goes with a savepoint: WITH SAVEPOINT WITH DRAIN,");
    return STATUS_OK;
}
