#include "jobmanager/sql/parser_internal.h"

/* INSERT INTO t (SELECT ...): the parenthesis begins a query, no list of columns. */
static bool at_query(struct parser *parser)
{
    return parser_next_is(parser, "SELECT") || parser_next_is(parser, "VALUES") ||
           parser_next_is(parser, "WITH") || parser_next_is(parser, "(");
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
    if (token_is(&parser->token, "(") && !at_query(parser)) {
        const char **columns = NULL;
        struct sql_span *spans = NULL;
        PARSE(parse_identifier_list(parser, &columns, &spans, &insert.column_count));
        insert.columns = columns;
        insert.column_spans = spans;
    }
    PARSE(parse_query(parser, &insert.query));
    *ret_insert = insert;
    return STATUS_OK;
}
