#include "jobmanager/sql/parser_internal.h"

#include "common/base/nearest_word.h"

#include <stdlib.h>

struct type_name {
    const char *name;
    enum sql_type_kind kind;
    uint8_t max_parameters;
};

static const struct type_name type_names[] = {
    {"BOOLEAN", SQL_TYPE_BOOLEAN, 0},
    {"TINYINT", SQL_TYPE_TINYINT, 0},
    {"SMALLINT", SQL_TYPE_SMALLINT, 0},
    {"INT", SQL_TYPE_INT, 0},
    {"INTEGER", SQL_TYPE_INT, 0},
    {"BIGINT", SQL_TYPE_BIGINT, 0},
    {"FLOAT", SQL_TYPE_FLOAT, 0},
    {"REAL", SQL_TYPE_FLOAT, 0},
    {"DOUBLE", SQL_TYPE_DOUBLE, 0},
    {"DECIMAL", SQL_TYPE_DECIMAL, 2},
    {"DEC", SQL_TYPE_DECIMAL, 2},
    {"NUMERIC", SQL_TYPE_DECIMAL, 2},
    {"STRING", SQL_TYPE_VARCHAR, 0},
    {"VARCHAR", SQL_TYPE_VARCHAR, 1},
    {"CHAR", SQL_TYPE_CHAR, 1},
    {"BYTES", SQL_TYPE_VARBINARY, 0},
    {"VARBINARY", SQL_TYPE_VARBINARY, 1},
    {"BINARY", SQL_TYPE_BINARY, 1},
    {"DATE", SQL_TYPE_DATE, 0},
    {"TIME", SQL_TYPE_TIME, 1},
    {"TIMESTAMP", SQL_TYPE_TIMESTAMP, 1},
    {"TIMESTAMP_LTZ", SQL_TYPE_TIMESTAMP_LTZ, 1},
    {"ARRAY", SQL_TYPE_ARRAY, 0},
    {"MAP", SQL_TYPE_MAP, 0},
    {"ROW", SQL_TYPE_ROW, 0},
};
enum { TYPE_NAME_COUNT = sizeof type_names / sizeof *type_names };

static enum status unknown_type(struct parser *parser)
{
    if (!parser_at_identifier(parser)) {
        parser->expected_count = 0;
        parser_at(parser, "a type");
        return parser_fail(parser);
    }
    const char *names[TYPE_NAME_COUNT];
    for (size_t i = 0; i < TYPE_NAME_COUNT; i++)
        names[i] = type_names[i].name;
    const char *name = token_text(&parser->token, parser->arena);
    const char *nearest = nearest_word(name, names, TYPE_NAME_COUNT);
    if (nearest != NULL)
        return parser_fail_at(parser, parser->token.span, "Unknown type '%.60s'. Did you mean '%s'?", name,
                              nearest);
    return parser_fail_at(parser, parser->token.span, "Unknown type '%.60s'", name);
}

static enum status parse_parameter(struct parser *parser, int32_t *ret_value)
{
    if (parser->token.kind != TOKEN_INTEGER) {
        parser_at(parser, "a number");
        return parser_fail(parser);
    }
    long long value = strtoll(token_text(&parser->token, parser->arena), NULL, 10);
    if (value > INT32_MAX)
        return parser_fail_at(parser, parser->token.span, "The number is too large for a type");
    *ret_value = (int32_t)value;
    parser_advance(parser);
    return STATUS_OK;
}

static enum status parse_parameters(struct parser *parser, uint8_t max_parameters, struct sql_type *type)
{
    if (max_parameters == 0 || !parser_accept(parser, "("))
        return STATUS_OK;
    PARSE(parse_parameter(parser, &type->precision));
    if (max_parameters > 1 && parser_accept(parser, ","))
        PARSE(parse_parameter(parser, &type->scale));
    return parser_expect(parser, ")");
}

/* TIMESTAMP(3) WITH LOCAL TIME ZONE is TIMESTAMP_LTZ(3). */
static enum status parse_time_zone(struct parser *parser, struct sql_type *type)
{
    if (type->kind != SQL_TYPE_TIMESTAMP)
        return STATUS_OK;
    if (parser_accept_words(parser, "WITHOUT", "TIME"))
        return parser_expect(parser, "ZONE");
    if (token_is(&parser->token, "WITH") && parser_next_is(parser, "TIME"))
        return parser_unsupported(parser, "TIMESTAMP WITH TIME ZONE");
    if (parser_accept_words(parser, "WITH", "LOCAL")) {
        PARSE(parser_expect(parser, "TIME"));
        PARSE(parser_expect(parser, "ZONE"));
        type->kind = SQL_TYPE_TIMESTAMP_LTZ;
    }
    return STATUS_OK;
}

enum status parse_type(struct parser *parser, const struct sql_type **ret_type)
{
    const struct type_name *found = NULL;
    for (size_t i = 0; i < TYPE_NAME_COUNT && found == NULL; i++) {
        if (token_is(&parser->token, type_names[i].name))
            found = &type_names[i];
    }
    if (found == NULL)
        return unknown_type(parser);
    if (found->kind == SQL_TYPE_ARRAY || found->kind == SQL_TYPE_MAP || found->kind == SQL_TYPE_ROW ||
        found->kind == SQL_TYPE_TIME)
        return parser_unsupported(parser, arena_printf(parser->arena, "The type %s", found->name));
    struct sql_type *type = arena_calloc(parser->arena, 1, sizeof *type);
    *type = (struct sql_type){.kind = found->kind, .precision = -1, .scale = -1, .span = parser->token.span};
    parser_advance(parser);
    if (found->kind == SQL_TYPE_DOUBLE)
        parser_accept(parser, "PRECISION");
    PARSE(parse_parameters(parser, found->max_parameters, type));
    PARSE(parse_time_zone(parser, type));
    type->span.end_line = parser->previous.span.end_line;
    type->span.end_column = parser->previous.span.end_column;
    *ret_type = type;
    return STATUS_OK;
}
