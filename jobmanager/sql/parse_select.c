#include "jobmanager/sql/parser_internal.h"

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

static enum status parse_group_by(struct parser *parser, struct sql_query *query)
{
    static const char *const sets[] = {"GROUPING", "ROLLUP", "CUBE"};
    const struct sql_expression **keys = NULL;
    PARSE(parser_expect(parser, "BY"));
    do {
        for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
            bool found = token_is(&parser->token, sets[i]) &&
                         (parser_next_is(parser, "(") || parser_next_is(parser, "SETS"));
            if (found)
                return parser_unsupported(parser, i == 0 ? "GROUPING SETS" : sets[i]);
        }
        if (token_is(&parser->token, "(") && parser_next_is(parser, ")"))
            return parser_unsupported(parser, "GROUP BY ()");
        const struct sql_expression *key = NULL;
        PARSE(parse_expression(parser, &key));
        if (key->kind == SQL_LITERAL && key->literal == SQL_LITERAL_INTEGER)
            return parser_fail_at(
                parser, key->span,
                "GROUP BY takes no position of a column: write the expression in place of %s,", key->text);
        PARSER_PUSH(parser, keys, query->group_count, key);
    } while (parser_accept(parser, ","));
    query->group_by = keys;
    return STATUS_OK;
}

/* The cursor is behind SELECT. */
enum status parse_select(struct parser *parser, struct sql_query *query)
{
    struct sql_select_item *items = NULL;
    query->is_distinct = parser_accept(parser, "DISTINCT");
    if (!query->is_distinct)
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
    if (parser_accept(parser, "GROUP"))
        PARSE(parse_group_by(parser, query));
    return parser_accept(parser, "HAVING") ? parse_expression(parser, &query->having) : STATUS_OK;
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

/* The cursor is behind VALUES. */
enum status parse_values(struct parser *parser, struct sql_query *query)
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
