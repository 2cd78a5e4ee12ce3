#include "jobmanager/sql/parser_internal.h"

#include <string.h>

struct transform_name {
    const char *names[2];
    enum sql_transform transform;
    bool has_parameter;
};

static const struct transform_name transform_names[] = {
    {{"YEARS", "YEAR"}, SQL_TRANSFORM_YEAR, false},
    {{"MONTHS", "MONTH"}, SQL_TRANSFORM_MONTH, false},
    {{"DAYS", "DAY"}, SQL_TRANSFORM_DAY, false},
    {{"HOURS", "HOUR"}, SQL_TRANSFORM_HOUR, false},
    {{"BUCKET", "BUCKET"}, SQL_TRANSFORM_BUCKET, true},
    {{"TRUNCATE", "TRUNCATE"}, SQL_TRANSFORM_TRUNCATE, true},
    {{"IDENTITY", "IDENTITY"}, SQL_TRANSFORM_IDENTITY, false},
};

/* A number of buckets, or a width. */
static enum status parse_parameter(struct parser *parser, uint32_t *ret_parameter)
{
    uint64_t value = 0;
    for (size_t i = 0; i < parser->token.size && value <= INT32_MAX; i++)
        value = value * 10 + (uint64_t)(parser->token.start[i] - '0');
    if (value == 0 || value > INT32_MAX)
        return parser_fail_at(parser, parser->token.span,
                              "The number of a partition transform is from 1 to %d,", INT32_MAX);
    *ret_parameter = (uint32_t)value;
    parser_advance(parser);
    return STATUS_OK;
}

/* bucket(16, c), and bucket(c, 16) as others write it. */
static enum status parse_arguments(struct parser *parser, struct sql_partition_field *field)
{
    bool number_first = parser->token.kind == TOKEN_INTEGER;
    if (number_first) {
        PARSE(parse_parameter(parser, &field->parameter));
        PARSE(parser_expect(parser, ","));
    }
    PARSE(parse_identifier(parser, &field->column));
    if (number_first)
        return STATUS_OK;
    PARSE(parser_expect(parser, ","));
    if (parser->token.kind != TOKEN_INTEGER) {
        parser_at(parser, "a number");
        return parser_fail(parser);
    }
    return parse_parameter(parser, &field->parameter);
}

/* DATE_FORMAT(c, pattern) is constant within the years, months, days or hours that the pattern names. */
static enum status parse_date_format(struct parser *parser, struct sql_partition_field *field)
{
    static const struct {
        const char *pattern;
        enum sql_transform transform;
    } patterns[] = {
        {"yyyy", SQL_TRANSFORM_YEAR},
        {"yyyy-MM", SQL_TRANSFORM_MONTH},
        {"yyyy-MM-dd", SQL_TRANSFORM_DAY},
        {"yyyy-MM-dd HH", SQL_TRANSFORM_HOUR},
    };
    PARSE(parse_identifier(parser, &field->column));
    PARSE(parser_expect(parser, ","));
    struct sql_span span = parser->token.span;
    const char *written = NULL;
    PARSE(parse_string(parser, &written));
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        if (strcmp(written, patterns[i].pattern) == 0) {
            field->transform = patterns[i].transform;
            return STATUS_OK;
        }
    }
    return parser_fail_at(
        parser, span,
        "DATE_FORMAT in PARTITIONED BY takes the patterns 'yyyy', 'yyyy-MM', 'yyyy-MM-dd' and "
        "'yyyy-MM-dd HH', which are years(c), months(c), days(c) and hours(c), not '%.40s',",
        written);
}

static enum status parse_transform(struct parser *parser, struct sql_partition_field *field)
{
    struct token name = parser->token;
    const struct transform_name *found = NULL;
    bool format = token_is(&name, "DATE_FORMAT");
    for (size_t i = 0; i < sizeof transform_names / sizeof *transform_names; i++) {
        if (token_is(&name, transform_names[i].names[0]) || token_is(&name, transform_names[i].names[1]))
            found = &transform_names[i];
    }
    if (found == NULL && !format)
        return parser_fail_at(
            parser, name.span,
            "There is no partition transform '%.*s': use a column, years(c), months(c), days(c), "
            "hours(c), bucket(16, c), truncate(4, c) or DATE_FORMAT(c, 'yyyy-MM-dd'),",
            (int)name.size, name.start);
    parser_advance(parser);
    PARSE(parser_expect(parser, "("));
    if (format) {
        PARSE(parse_date_format(parser, field));
    } else {
        field->transform = found->transform;
        PARSE(found->has_parameter ? parse_arguments(parser, field)
                                   : parse_identifier(parser, &field->column));
    }
    return parser_expect(parser, ")");
}

enum status parse_partition_field(struct parser *parser, struct sql_partition_field *ret_field)
{
    struct sql_partition_field field = {.transform = SQL_TRANSFORM_IDENTITY, .span = parser->token.span};
    if (parser->token.kind == TOKEN_WORD && parser_next_is(parser, "("))
        PARSE(parse_transform(parser, &field));
    else
        PARSE(parse_identifier(parser, &field.column));
    field.span.end_line = parser->previous.span.end_line;
    field.span.end_column = parser->previous.span.end_column;
    *ret_field = field;
    return STATUS_OK;
}
