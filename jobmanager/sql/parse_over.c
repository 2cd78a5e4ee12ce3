#include "jobmanager/sql/parser_internal.h"

static enum status parse_bound(struct parser *parser, struct sql_bound *ret_bound)
{
    struct sql_bound bound = {.kind = SQL_BOUND_CURRENT_ROW};
    if (parser_accept_words(parser, "CURRENT", "ROW")) {
        *ret_bound = bound;
        return STATUS_OK;
    }
    bool unbounded = parser_accept(parser, "UNBOUNDED");
    if (!unbounded)
        PARSE(parse_expression(parser, &bound.offset));
    if (parser_accept(parser, "PRECEDING")) {
        bound.kind = unbounded ? SQL_BOUND_UNBOUNDED_PRECEDING : SQL_BOUND_PRECEDING;
    } else {
        PARSE(parser_expect(parser, "FOLLOWING"));
        bound.kind = unbounded ? SQL_BOUND_UNBOUNDED_FOLLOWING : SQL_BOUND_FOLLOWING;
    }
    *ret_bound = bound;
    return STATUS_OK;
}

/* [ROWS | RANGE] [BETWEEN start AND] end */
static enum status parse_frame(struct parser *parser, const struct sql_frame **ret_frame)
{
    struct sql_frame frame = {.span = parser->token.span, .end = {.kind = SQL_BOUND_CURRENT_ROW}};
    frame.is_rows = parser_accept(parser, "ROWS");
    if (!frame.is_rows && !parser_accept(parser, "RANGE"))
        return STATUS_OK;
    bool between = parser_accept(parser, "BETWEEN");
    PARSE(parse_bound(parser, &frame.start));
    if (between) {
        PARSE(parser_expect(parser, "AND"));
        PARSE(parse_bound(parser, &frame.end));
    }
    frame.span.end_line = parser->previous.span.end_line;
    frame.span.end_column = parser->previous.span.end_column;
    *ret_frame = arena_dup(parser->arena, &frame, sizeof frame);
    return STATUS_OK;
}

enum status parse_over(struct parser *parser, const struct sql_over **ret_over)
{
    struct sql_over *over = arena_calloc(parser->arena, 1, sizeof *over);
    const struct sql_expression **keys = NULL;
    over->span = parser->token.span;
    if (parser_at_identifier(parser))
        return parser_unsupported(parser, "OVER with the name of a window");
    PARSE(parser_expect(parser, "("));
    if (parser_accept(parser, "PARTITION")) {
        PARSE(parser_expect(parser, "BY"));
        do {
            const struct sql_expression *key = NULL;
            PARSE(parse_expression(parser, &key));
            PARSER_PUSH(parser, keys, over->partition_count, key);
        } while (parser_accept(parser, ","));
        over->partition_by = keys;
    }
    if (parser_accept(parser, "ORDER"))
        PARSE(parse_sort_items(parser, &over->order_by, &over->order_count));
    PARSE(parse_frame(parser, &over->frame));
    PARSE(parser_expect(parser, ")"));
    over->span.end_line = parser->previous.span.end_line;
    over->span.end_column = parser->previous.span.end_column;
    *ret_over = over;
    return STATUS_OK;
}
