#include "jobmanager/sql/parser_internal.h"

#include <string.h>

enum status parse_properties(struct parser *parser, struct sql_properties *ret_properties)
{
    struct sql_property *items = NULL;
    size_t count = 0;
    PARSE(parser_expect(parser, "("));
    if (!parser_accept(parser, ")")) {
        do {
            struct sql_property item = {.span = parser->token.span};
            PARSE(parse_string(parser, &item.key));
            for (size_t i = 0; i < count; i++) {
                if (strcmp(items[i].key, item.key) == 0)
                    return parser_fail_at(parser, item.span, "The option '%s' is given twice", item.key);
            }
            PARSE(parser_expect(parser, "="));
            PARSE(parse_string(parser, &item.value));
            PARSER_PUSH(parser, items, count, item);
        } while (parser_accept(parser, ","));
        PARSE(parser_expect(parser, ")"));
    }
    *ret_properties = (struct sql_properties){.items = items, .count = count};
    return STATUS_OK;
}

enum status parse_hints(struct parser *parser, struct sql_properties *ret_hints)
{
    if (parser->token.kind != TOKEN_HINT_BEGIN)
        return STATUS_OK;
    parser_advance(parser);
    PARSE(parser_expect(parser, "OPTIONS"));
    PARSE(parse_properties(parser, ret_hints));
    if (parser->token.kind != TOKEN_HINT_END) {
        parser_at(parser, "*/");
        return parser_fail(parser);
    }
    parser_advance(parser);
    return STATUS_OK;
}
