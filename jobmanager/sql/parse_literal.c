#include "jobmanager/sql/parser_internal.h"

#include <ctype.h>
#include <string.h>

static struct sql_expression *literal_of(struct parser *parser, enum sql_literal_kind kind, const char *text,
                                         struct sql_span span)
{
    struct sql_expression *literal = arena_calloc(parser->arena, 1, sizeof *literal);
    literal->kind = SQL_LITERAL;
    literal->literal = kind;
    literal->text = text;
    literal->depth = 1;
    literal->span = span;
    literal->span.end_line = parser->token.span.end_line;
    literal->span.end_column = parser->token.span.end_column;
    return literal;
}

struct interval_unit {
    const char *name;
    const char *plural;
    int64_t ms;
    int64_t months;
};

static const struct interval_unit interval_units[] = {
    {"SECOND", "SECONDS", 1000, 0},
    {"MINUTE", "MINUTES", INT64_C(60) * 1000, 0},
    {"HOUR", "HOURS", INT64_C(3600) * 1000, 0},
    {"DAY", "DAYS", INT64_C(86400) * 1000, 0},
    {"WEEK", "WEEKS", INT64_C(7) * 86400 * 1000, 0},
    {"MONTH", "MONTHS", 0, 1},
    {"YEAR", "YEARS", 0, 12},
};

/* "-5", "0.25": at most 12 digits before and 3 after the point, in thousandths. */
static bool parse_thousandths(const char *text, int64_t *ret_value)
{
    bool negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    int64_t value = 0;
    size_t digits = 0;
    for (; isdigit((unsigned char)*text); text++, digits++) {
        if (digits == 12)
            return false;
        value = value * 10 + (*text - '0');
    }
    int64_t scale = 1000;
    value *= scale;
    if (digits > 0 && *text == '.') {
        for (text++; isdigit((unsigned char)*text) && scale > 1; text++) {
            scale /= 10;
            value += (*text - '0') * scale;
        }
    }
    if (digits == 0 || *text != '\0')
        return false;
    *ret_value = negative ? -value : value;
    return true;
}

static enum status parse_interval(struct parser *parser, struct sql_span start,
                                  const struct sql_expression **ret_expression)
{
    struct sql_span value_span = parser->token.span;
    const char *text = token_text(&parser->token, parser->arena);
    parser_advance(parser);
    const struct interval_unit *unit = NULL;
    for (size_t i = 0; i < sizeof interval_units / sizeof *interval_units && unit == NULL; i++) {
        if (parser_at(parser, interval_units[i].name) || token_is(&parser->token, interval_units[i].plural))
            unit = &interval_units[i];
    }
    if (unit == NULL)
        return parser_fail(parser);
    int64_t thousandths = 0;
    if (!parse_thousandths(text, &thousandths))
        return parser_fail_at(parser, value_span, "'%.40s' is no number of %s for an INTERVAL", text,
                              unit->plural);
    struct sql_expression *literal = literal_of(parser, SQL_LITERAL_INTERVAL, text, start);
    literal->interval_unit = unit->name;
    if (unit->ms != 0 && __builtin_mul_overflow(thousandths, unit->ms / 1000, &literal->interval_ms))
        return parser_fail_at(parser, value_span, "The interval '%.40s' %s is too long", text, unit->name);
    literal->interval_months = thousandths / 1000 * unit->months;
    parser_advance(parser);
    if (token_is(&parser->token, "TO") || token_is(&parser->token, "("))
        return parser_unsupported(parser, "An interval of several units");
    *ret_expression = literal;
    return STATUS_OK;
}

/* DATE '...', TIMESTAMP '...', INTERVAL '...' unit: the word is a column or function name unless a string
 * follows. */
static enum status parse_typed_literal(struct parser *parser, const struct sql_expression **ret_expression,
                                       bool *ret_found)
{
    static const struct {
        const char *word;
        enum sql_literal_kind kind;
    } kinds[] = {
        {"DATE", SQL_LITERAL_DATE}, {"TIMESTAMP", SQL_LITERAL_TIMESTAMP}, {"INTERVAL", SQL_LITERAL_INTERVAL}};
    struct lexer ahead = parser->lexer;
    if (lexer_next(&ahead).kind != TOKEN_STRING)
        return STATUS_OK;
    struct sql_span start = parser->token.span;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (!token_is(&parser->token, kinds[i].word))
            continue;
        *ret_found = true;
        parser_advance(parser);
        if (kinds[i].kind == SQL_LITERAL_INTERVAL)
            return parse_interval(parser, start, ret_expression);
        *ret_expression = literal_of(parser, kinds[i].kind, token_text(&parser->token, parser->arena), start);
        parser_advance(parser);
        return STATUS_OK;
    }
    if (token_is(&parser->token, "TIME"))
        return parser_unsupported(parser, "The type TIME");
    return STATUS_OK;
}

enum status parse_literal(struct parser *parser, const struct sql_expression **ret_expression,
                          bool *ret_found)
{
    static const struct {
        const char *word;
        enum sql_literal_kind kind;
    } words[] = {{"NULL", SQL_LITERAL_NULL}, {"TRUE", SQL_LITERAL_BOOLEAN}, {"FALSE", SQL_LITERAL_BOOLEAN}};
    static const enum sql_literal_kind kinds[] = {
        [TOKEN_INTEGER] = SQL_LITERAL_INTEGER,
        [TOKEN_DECIMAL] = SQL_LITERAL_DECIMAL,
        [TOKEN_DOUBLE] = SQL_LITERAL_DOUBLE,
        [TOKEN_STRING] = SQL_LITERAL_STRING,
    };
    struct token token = parser->token;
    *ret_found = true;
    if (token.kind == TOKEN_STRING || token.kind == TOKEN_INTEGER || token.kind == TOKEN_DECIMAL ||
        token.kind == TOKEN_DOUBLE) {
        *ret_expression =
            literal_of(parser, kinds[token.kind], token_text(&token, parser->arena), token.span);
        parser_advance(parser);
        return STATUS_OK;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!token_is(&token, words[i].word))
            continue;
        *ret_expression = literal_of(parser, words[i].kind, words[i].word, token.span);
        parser_advance(parser);
        return STATUS_OK;
    }
    *ret_found = false;
    return parse_typed_literal(parser, ret_expression, ret_found);
}
