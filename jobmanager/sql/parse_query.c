#include "jobmanager/sql/parser_internal.h"

#include <stdlib.h>
#include <string.h>

/* What may stand in a query in Flink and is not built yet. */
static enum status refuse_clauses(struct parser *parser)
{
    static const char *const words[] = {"WINDOW", "QUALIFY", "EXCEPT", "INTERSECT", "MINUS"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (parser_at(parser, words[i]))
            return parser_unsupported(parser, words[i]);
    }
    return STATUS_OK;
}

enum status parser_note_clauses(struct parser *parser)
{
    static const char *const words[] = {"WHERE", "GROUP", "HAVING", "UNION",
                                        "ORDER", "LIMIT", "OFFSET", "FETCH"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        parser_at(parser, words[i]);
    return refuse_clauses(parser);
}

static void end_span(const struct parser *parser, struct sql_query *query)
{
    query->span.end_line = parser->previous.span.end_line;
    query->span.end_column = parser->previous.span.end_column;
}

/* SELECT, VALUES or a query in parentheses: one side of a UNION. */
static enum status parse_term(struct parser *parser, struct sql_query **ret_query)
{
    if (parser_accept(parser, "(")) {
        const struct sql_query *inner = NULL;
        PARSE(parse_query(parser, &inner));
        *ret_query = (struct sql_query *)inner;
        return parser_expect(parser, ")");
    }
    struct sql_query *query = arena_calloc(parser->arena, 1, sizeof *query);
    query->span = parser->token.span;
    if (parser_accept(parser, "SELECT"))
        PARSE(parse_select(parser, query));
    else if (parser_accept(parser, "VALUES"))
        PARSE(parse_values(parser, query));
    else
        return parser_fail(parser);
    end_span(parser, query);
    *ret_query = query;
    return STATUS_OK;
}

/* UNION associates to the left; a run of one kind is one node. */
static enum status parse_union(struct parser *parser, struct sql_query **ret_query)
{
    struct sql_query *left = NULL;
    PARSE(parse_term(parser, &left));
    struct sql_query *run = NULL;
    const struct sql_query **inputs = NULL;
    PARSE(refuse_clauses(parser));
    while (parser_accept(parser, "UNION")) {
        struct sql_query *right = NULL;
        bool all = parser_accept(parser, "ALL");
        if (!all)
            parser_accept(parser, "DISTINCT");
        PARSE(parse_term(parser, &right));
        if (run == NULL || run->is_all != all) {
            run = arena_calloc(parser->arena, 1, sizeof *run);
            *run = (struct sql_query){.kind = SQL_QUERY_UNION, .is_all = all, .span = left->span};
            inputs = NULL;
            PARSER_PUSH(parser, inputs, run->input_count, left);
        }
        PARSER_PUSH(parser, inputs, run->input_count, right);
        run->inputs = inputs;
        end_span(parser, run);
        left = run;
        PARSE(refuse_clauses(parser));
    }
    *ret_query = left;
    return STATUS_OK;
}

static enum status parse_with(struct parser *parser, struct sql_query *holder)
{
    struct sql_with_item *items = NULL;
    if (token_is(&parser->token, "RECURSIVE"))
        return parser_unsupported(parser, "WITH RECURSIVE");
    do {
        struct sql_with_item item = {.span = parser->token.span};
        PARSE(parse_identifier(parser, &item.name));
        for (size_t i = 0; i < holder->with_count; i++) {
            if (strcmp(items[i].name, item.name) == 0)
                return parser_fail_at(parser, item.span, "WITH names '%s' twice", item.name);
        }
        if (parser_at(parser, "(")) {
            const char **columns = NULL;
            struct sql_span *spans = NULL;
            PARSE(parse_identifier_list(parser, &columns, &spans, &item.column_count));
            item.columns = columns;
            item.column_spans = spans;
        }
        PARSE(parser_expect(parser, "AS"));
        PARSE(parser_expect(parser, "("));
        PARSE(parse_query(parser, &item.query));
        PARSE(parser_expect(parser, ")"));
        PARSER_PUSH(parser, items, holder->with_count, item);
    } while (parser_accept(parser, ","));
    holder->with = items;
    return STATUS_OK;
}

enum status parse_sort_items(struct parser *parser, const struct sql_sort_item **ret_items, size_t *ret_count)
{
    struct sql_sort_item *items = NULL;
    size_t count = 0;
    PARSE(parser_expect(parser, "BY"));
    do {
        struct sql_sort_item item = {.span = parser->token.span};
        PARSE(parse_expression(parser, &item.expression));
        if (!parser_accept(parser, "ASC"))
            item.is_descending = parser_accept(parser, "DESC");
        if (parser_accept(parser, "NULLS")) {
            item.nulls = parser_accept(parser, "FIRST") ? SQL_NULLS_FIRST : SQL_NULLS_LAST;
            if (item.nulls == SQL_NULLS_LAST)
                PARSE(parser_expect(parser, "LAST"));
        }
        item.span.end_line = parser->previous.span.end_line;
        item.span.end_column = parser->previous.span.end_column;
        PARSER_PUSH(parser, items, count, item);
    } while (parser_accept(parser, ","));
    *ret_items = items;
    *ret_count = count;
    return STATUS_OK;
}

static enum status parse_row_count(struct parser *parser, int64_t *ret_count)
{
    enum { DIGITS_MAX = 18 };
    if (parser->token.kind != TOKEN_INTEGER) {
        parser_at(parser, "a number of rows");
        return parser_fail(parser);
    }
    if (parser->token.size > DIGITS_MAX)
        return parser_fail_at(parser, parser->token.span, "The number of rows is too large");
    *ret_count = strtoll(token_text(&parser->token, parser->arena), NULL, 10);
    parser_advance(parser);
    return STATUS_OK;
}

static enum status parse_fetch(struct parser *parser, struct sql_query *query)
{
    if (!parser_accept(parser, "FIRST"))
        PARSE(parser_expect(parser, "NEXT"));
    query->limit = 1;
    if (!parser_at(parser, "ROW") && !parser_at(parser, "ROWS"))
        PARSE(parse_row_count(parser, &query->limit));
    if (!parser_accept(parser, "ROWS"))
        PARSE(parser_expect(parser, "ROW"));
    query->has_limit = true;
    return parser_expect(parser, "ONLY");
}

/* LIMIT n [OFFSET m], OFFSET m [ROWS] [FETCH NEXT n ROWS ONLY]. */
static enum status parse_limit(struct parser *parser, struct sql_query *query)
{
    struct sql_span span = parser->token.span;
    bool found = false;
    if (parser_accept(parser, "LIMIT")) {
        found = true;
        query->has_limit = !parser_accept(parser, "ALL");
        if (query->has_limit)
            PARSE(parse_row_count(parser, &query->limit));
    }
    if (parser_accept(parser, "OFFSET")) {
        found = true;
        PARSE(parse_row_count(parser, &query->offset));
        if (!parser_accept(parser, "ROWS"))
            parser_accept(parser, "ROW");
    }
    if (!query->has_limit && parser_accept(parser, "FETCH")) {
        found = true;
        PARSE(parse_fetch(parser, query));
    }
    if (found)
        query->limit_span = span;
    return STATUS_OK;
}

/* SELECT * FROM (query): what stands behind parentheses has a place of its own. */
static struct sql_query *wrap(struct parser *parser, struct sql_query *inner)
{
    struct sql_select_item star = {.kind = SQL_ITEM_STAR, .span = inner->span};
    struct sql_query *query = arena_calloc(parser->arena, 1, sizeof *query);
    query->span = inner->span;
    query->items = arena_dup(parser->arena, &star, sizeof star);
    query->item_count = 1;
    query->has_from = true;
    query->from = (struct sql_relation){.kind = SQL_RELATION_SUBQUERY, .query = inner, .span = inner->span};
    return query;
}

enum status parse_query(struct parser *parser, const struct sql_query **ret_query)
{
    struct sql_query outer = {.span = parser->token.span};
    struct sql_query *query = NULL;
    PARSE(parser_enter(parser));
    if (parser_accept(parser, "WITH"))
        PARSE(parse_with(parser, &outer));
    PARSE(parse_union(parser, &query));
    if (parser_at(parser, "ORDER")) {
        outer.order_span = parser->token.span;
        parser_advance(parser);
        PARSE(parse_sort_items(parser, &outer.order_by, &outer.order_count));
    }
    PARSE(parse_limit(parser, &outer));
    bool adds = outer.with_count > 0 || outer.order_count > 0 || outer.limit_span.line != 0;
    bool occupied = query->with_count > 0 || query->order_count > 0 || query->limit_span.line != 0;
    if (adds && occupied)
        query = wrap(parser, query);
    if (adds) {
        query->with = outer.with;
        query->with_count = outer.with_count;
        query->order_by = outer.order_by;
        query->order_count = outer.order_count;
        query->order_span = outer.order_span;
        query->has_limit = outer.has_limit;
        query->limit = outer.limit;
        query->offset = outer.offset;
        query->limit_span = outer.limit_span;
    }
    query->span = outer.span;
    end_span(parser, query);
    parser_leave(parser);
    *ret_query = query;
    return STATUS_OK;
}
