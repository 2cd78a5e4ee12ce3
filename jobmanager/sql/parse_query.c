#include "jobmanager/sql/parser_internal.h"

/* What may follow a query in Flink and is not built yet. */
static enum status refuse_clauses(struct parser *parser)
{
    static const struct {
        const char *word;
        const char *construct;
    } clauses[] = {
        {"GROUP", "GROUP BY"}, {"HAVING", "HAVING"}, {"WINDOW", "WINDOW"},       {"QUALIFY", "QUALIFY"},
        {"ORDER", "ORDER BY"}, {"LIMIT", "LIMIT"},   {"OFFSET", "OFFSET"},       {"FETCH", "FETCH"},
        {"UNION", "UNION"},    {"EXCEPT", "EXCEPT"}, {"INTERSECT", "INTERSECT"}, {"MINUS", "MINUS"},
    };
    for (size_t i = 0; i < sizeof clauses / sizeof *clauses; i++) {
        if (parser_at(parser, clauses[i].word))
            return parser_unsupported(parser, clauses[i].construct);
    }
    return STATUS_OK;
}

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
    return STATUS_OK;
}

/* An alias without AS: in its place there could have stood a key word, which it may be with a slip in it. */
static enum status parse_bare_alias(struct parser *parser, const char **ret_alias)
{
    if (!parser_at_identifier(parser))
        return STATUS_OK;
    parser->doubtful = parser->token;
    parser->doubtful_count = parser->expected_count;
    for (size_t i = 0; i < parser->expected_count; i++)
        parser->doubtful_expected[i] = parser->expected[i];
    return parse_identifier(parser, ret_alias);
}

static enum status parse_item(struct parser *parser, struct sql_select_item *item)
{
    item->span = parser->token.span;
    if (parser_accept(parser, "*")) {
        item->kind = SQL_ITEM_STAR;
        return STATUS_OK;
    }
    struct lexer ahead = parser->lexer;
    if (parser_at_identifier(parser) && parser_next_is(parser, ".")) {
        lexer_next(&ahead);
        struct token third = lexer_next(&ahead);
        if (token_is(&third, "*")) {
            item->kind = SQL_ITEM_STAR;
            PARSE(parse_identifier(parser, &item->qualifier));
            parser_advance(parser);
            parser_advance(parser);
            return STATUS_OK;
        }
    }
    PARSE(parse_expression(parser, &item->expression));
    if (parser_accept(parser, "AS"))
        return parse_identifier(parser, &item->alias);
    parser_at(parser, "FROM");
    return parse_bare_alias(parser, &item->alias);
}

static enum status parse_from(struct parser *parser, struct sql_relation *from)
{
    if (token_is(&parser->token, "("))
        return parser_unsupported(parser, "A subquery");
    if (token_is(&parser->token, "UNNEST"))
        return parser_unsupported(parser, "UNNEST");
    if (token_is(&parser->token, "LATERAL"))
        return parser_unsupported(parser, "LATERAL");
    if (token_is(&parser->token, "TABLE"))
        return parser_unsupported(parser, "A table function");
    PARSE(parse_name(parser, 3, &from->name));
    if (token_is(&parser->token, "("))
        return parser_unsupported(parser, "A table function");
    PARSE(parse_hints(parser, &from->hints));
    if (token_is(&parser->token, "FOR"))
        return parser_unsupported(parser, "FOR SYSTEM_TIME AS OF");
    if (parser_accept(parser, "AS")) {
        PARSE(parse_identifier(parser, &from->alias));
    } else {
        parser_at(parser, "WHERE");
        PARSE(refuse_joins(parser));
        PARSE(refuse_clauses(parser));
        PARSE(parse_bare_alias(parser, &from->alias));
    }
    if (token_is(&parser->token, "(") && from->alias != NULL)
        return parser_unsupported(parser, "A list of column aliases");
    return refuse_joins(parser);
}

static enum status parse_select(struct parser *parser, struct sql_query *query)
{
    struct sql_select_item *items = NULL;
    if (token_is(&parser->token, "DISTINCT"))
        return parser_unsupported(parser, "SELECT DISTINCT");
    parser_accept(parser, "ALL");
    do {
        struct sql_select_item item = {.kind = SQL_ITEM_EXPRESSION};
        PARSE(parse_item(parser, &item));
        item.span.end_line = parser->previous.span.end_line;
        item.span.end_column = parser->previous.span.end_column;
        PARSER_PUSH(parser, items, query->item_count, item);
    } while (parser_accept(parser, ","));
    query->items = items;
    if (parser_accept(parser, "FROM")) {
        query->has_from = true;
        PARSE(parse_from(parser, &query->from));
    }
    if (parser_accept(parser, "WHERE"))
        PARSE(parse_expression(parser, &query->where));
    return STATUS_OK;
}

static enum status parse_row(struct parser *parser, struct sql_row *row)
{
    const struct sql_expression **values = NULL;
    row->span = parser->token.span;
    parser_accept(parser, "ROW");
    bool parenthesised = parser_accept(parser, "(");
    do {
        const struct sql_expression *value = NULL;
        PARSE(parse_expression(parser, &value));
        PARSER_PUSH(parser, values, row->count, value);
    } while (parenthesised && parser_accept(parser, ","));
    if (parenthesised)
        PARSE(parser_expect(parser, ")"));
    row->values = values;
    return STATUS_OK;
}

static enum status parse_values(struct parser *parser, struct sql_query *query)
{
    struct sql_row *rows = NULL;
    query->kind = SQL_QUERY_VALUES;
    do {
        struct sql_row row = {.count = 0};
        PARSE(parse_row(parser, &row));
        row.span.end_line = parser->previous.span.end_line;
        row.span.end_column = parser->previous.span.end_column;
        PARSER_PUSH(parser, rows, query->row_count, row);
    } while (parser_accept(parser, ","));
    query->rows = rows;
    return STATUS_OK;
}

enum status parse_query(struct parser *parser, const struct sql_query **ret_query)
{
    struct sql_query *query = arena_calloc(parser->arena, 1, sizeof *query);
    query->span = parser->token.span;
    if (token_is(&parser->token, "WITH"))
        return parser_unsupported(parser, "WITH (a common table expression)");
    if (parser_accept(parser, "SELECT"))
        PARSE(parse_select(parser, query));
    else if (parser_accept(parser, "VALUES"))
        PARSE(parse_values(parser, query));
    else
        return parser_fail(parser);
    PARSE(refuse_clauses(parser));
    query->span.end_line = parser->previous.span.end_line;
    query->span.end_column = parser->previous.span.end_column;
    *ret_query = query;
    return STATUS_OK;
}

/* The cursor is behind INSERT. */
enum status parse_insert(struct parser *parser, struct sql_insert *ret_insert)
{
    struct sql_insert insert = {.query = NULL};
    if (parser_at(parser, "OVERWRITE"))
        return parser_unsupported(parser, "INSERT OVERWRITE");
    parser->expected_count = 0;
    PARSE(parser_expect(parser, "INTO"));
    PARSE(parse_name(parser, 3, &insert.table));
    PARSE(parse_hints(parser, &insert.hints));
    if (token_is(&parser->token, "PARTITION"))
        return parser_unsupported(parser, "INSERT INTO ... PARTITION");
    if (token_is(&parser->token, "(")) {
        const char **columns = NULL;
        struct sql_span *spans = NULL;
        if (parser_next_is(parser, "SELECT"))
            return parser_unsupported(parser, "A subquery");
        PARSE(parse_identifier_list(parser, &columns, &spans, &insert.column_count));
        insert.columns = columns;
        insert.column_spans = spans;
    }
    PARSE(parse_query(parser, &insert.query));
    *ret_insert = insert;
    return STATUS_OK;
}
