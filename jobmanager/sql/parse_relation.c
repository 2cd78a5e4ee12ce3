#include "jobmanager/sql/parser_internal.h"

static enum status refuse_joins(struct parser *parser)
{
    static const char *const words[] = {"JOIN", "INNER", "LEFT", "RIGHT", "FULL", "CROSS", "NATURAL"};
    if (token_is(&parser->token, ","))
        return parser_unsupported(parser, "A list of tables in FROM (a join)");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (parser_at(parser, words[i]))
            return parser_unsupported(parser, "JOIN");
    }
    if (token_is(&parser->token, "MATCH_RECOGNIZE"))
        return parser_unsupported(parser, "MATCH_RECOGNIZE");
    if (token_is(&parser->token, "TABLESAMPLE"))
        return parser_unsupported(parser, "TABLESAMPLE");
    return STATUS_OK;
}

/* An alias without AS: in its place there could have stood a key word, which it may be with a slip in it. */
enum status parse_bare_alias(struct parser *parser, const char **ret_alias)
{
    if (!parser_at_identifier(parser))
        return STATUS_OK;
    parser->doubtful = parser->token;
    parser->doubtful_count = parser->expected_count;
    for (size_t i = 0; i < parser->expected_count; i++)
        parser->doubtful_expected[i] = parser->expected[i];
    return parse_identifier(parser, ret_alias);
}

static void end_span(const struct parser *parser, struct sql_relation *relation)
{
    relation->span.end_line = parser->previous.span.end_line;
    relation->span.end_column = parser->previous.span.end_column;
}

static enum status parse_subquery(struct parser *parser, struct sql_relation *relation)
{
    relation->kind = SQL_RELATION_SUBQUERY;
    PARSE(parser_expect(parser, "("));
    PARSE(parse_query(parser, &relation->query));
    return parser_expect(parser, ")");
}

/* A window function by its name, with its arguments. */
static enum status parse_window(struct parser *parser, struct sql_relation *relation)
{
    relation->kind = SQL_RELATION_WINDOW;
    return parse_window_function(parser, &relation->window);
}

/* TABLE(TUMBLE(...)) */
static enum status parse_table_function(struct parser *parser, struct sql_relation *relation)
{
    PARSE(parser_expect(parser, "("));
    if (!parser_at_window_function(parser))
        return parser_at_identifier(parser) && parser_next_is(parser, "(")
                   ? parser_unsupported(parser,
                                        "A table function other than TUMBLE, HOP, CUMULATE and SESSION")
                   : parser_fail(parser);
    PARSE(parse_window(parser, relation));
    return parser_expect(parser, ")");
}

static enum status parse_named(struct parser *parser, struct sql_relation *relation)
{
    if (parser_next_is(parser, "(")) {
        if (parser_at_window_function(parser))
            return parse_window(parser, relation);
        return parser_unsupported(parser, "A table function other than TUMBLE, HOP, CUMULATE and SESSION");
    }
    relation->kind = SQL_RELATION_TABLE;
    PARSE(parse_name(parser, 3, &relation->name));
    PARSE(parse_hints(parser, &relation->hints));
    if (token_is(&parser->token, "FOR"))
        return parser_unsupported(parser, "FOR SYSTEM_TIME AS OF");
    return STATUS_OK;
}

static enum status parse_primary_relation(struct parser *parser, struct sql_relation *relation)
{
    if (token_is(&parser->token, "("))
        return parse_subquery(parser, relation);
    if (token_is(&parser->token, "UNNEST"))
        return parser_unsupported(parser, "UNNEST");
    if (token_is(&parser->token, "LATERAL"))
        return parser_unsupported(parser, "LATERAL");
    if (parser_accept(parser, "TABLE"))
        return parse_table_function(parser, relation);
    return parse_named(parser, relation);
}

/* [AS] alias [(columns)] */
static enum status parse_alias(struct parser *parser, struct sql_relation *relation)
{
    if (parser_accept(parser, "AS")) {
        PARSE(parse_identifier(parser, &relation->alias));
    } else {
        PARSE(refuse_joins(parser));
        PARSE(parser_note_clauses(parser));
        PARSE(parse_bare_alias(parser, &relation->alias));
    }
    if (relation->alias == NULL || !token_is(&parser->token, "("))
        return STATUS_OK;
    const char **names = NULL;
    struct sql_span *spans = NULL;
    PARSE(parse_identifier_list(parser, &names, &spans, &relation->column_alias_count));
    relation->column_aliases = names;
    relation->column_alias_spans = spans;
    return STATUS_OK;
}

enum status parse_from(struct parser *parser, struct sql_relation *ret_relation)
{
    struct sql_relation relation = {.span = parser->token.span};
    PARSE(parse_primary_relation(parser, &relation));
    PARSE(parse_alias(parser, &relation));
    end_span(parser, &relation);
    *ret_relation = relation;
    return refuse_joins(parser);
}

enum status parse_table_argument(struct parser *parser, struct sql_relation *ret_relation)
{
    struct sql_relation relation = {.span = parser->token.span};
    bool parenthesised = false;
    if (parser_accept(parser, "TABLE"))
        parenthesised = token_is(&parser->token, "(");
    bool subquery = token_is(&parser->token, "(") &&
                    (parser_next_is(parser, "SELECT") || parser_next_is(parser, "VALUES") ||
                     parser_next_is(parser, "WITH") || parser_next_is(parser, "("));
    if (subquery) {
        PARSE(parse_subquery(parser, &relation));
    } else {
        if (parenthesised)
            PARSE(parser_expect(parser, "("));
        PARSE(parse_name(parser, 3, &relation.name));
        PARSE(parse_hints(parser, &relation.hints));
        if (parenthesised)
            PARSE(parser_expect(parser, ")"));
    }
    end_span(parser, &relation);
    *ret_relation = relation;
    return STATUS_OK;
}
