#include "jobmanager/sql/parser_internal.h"

enum status parse_create_view(struct parser *parser, bool temporary, const struct sql_create_view **ret_view)
{
    struct sql_create_view *view = arena_calloc(parser->arena, 1, sizeof *view);
    view->temporary = temporary;
    PARSE(parse_if_not_exists(parser, &view->if_not_exists));
    PARSE(parse_name(parser, 3, &view->name));
    if (parser_at(parser, "(")) {
        const char **names = NULL;
        struct sql_span *spans = NULL;
        PARSE(parse_identifier_list(parser, &names, &spans, &view->column_count));
        view->columns = names;
        view->column_spans = spans;
    }
    if (parser_accept(parser, "COMMENT"))
        PARSE(parse_string(parser, &view->comment));
    PARSE(parser_expect(parser, "AS"));
    PARSE(parse_query(parser, &view->query));
    *ret_view = view;
    return STATUS_OK;
}
