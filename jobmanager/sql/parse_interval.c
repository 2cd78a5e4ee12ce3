#include "jobmanager/sql/parser_internal.h"

#include <ctype.h>
#include <string.h>

/* The fields of an interval, the largest first. What a field holds when a larger one stands before it is
 * below limit. */
enum field { FIELD_YEAR, FIELD_MONTH, FIELD_DAY, FIELD_HOUR, FIELD_MINUTE, FIELD_SECOND, FIELD_COUNT };

struct interval_unit {
    const char *name;
    const char *plural;
    enum field field;
    int64_t factor; /* of the field: weeks are days */
};

static const struct interval_unit interval_units[] = {
    {"SECOND", "SECONDS", FIELD_SECOND, 1},  {"MINUTE", "MINUTES", FIELD_MINUTE, 1},
    {"HOUR", "HOURS", FIELD_HOUR, 1},        {"DAY", "DAYS", FIELD_DAY, 1},
    {"WEEK", "WEEKS", FIELD_DAY, 7},         {"MONTH", "MONTHS", FIELD_MONTH, 1},
    {"QUARTER", "QUARTERS", FIELD_MONTH, 3}, {"YEAR", "YEARS", FIELD_YEAR, 1},
};
enum { UNIT_COUNT = sizeof interval_units / sizeof *interval_units };

/* A field in thousandths of a second, or in months. */
static int64_t field_size(enum field field)
{
    static const int64_t sizes[] = {
        [FIELD_YEAR] = 12,      [FIELD_MONTH] = 1,      [FIELD_DAY] = INT64_C(86400000),
        [FIELD_HOUR] = 3600000, [FIELD_MINUTE] = 60000, [FIELD_SECOND] = 1000,
    };
    return sizes[field];
}

static int64_t field_limit(enum field field)
{
    static const int64_t limits[] = {[FIELD_YEAR] = 0,  [FIELD_MONTH] = 12,  [FIELD_DAY] = 0,
                                     [FIELD_HOUR] = 24, [FIELD_MINUTE] = 60, [FIELD_SECOND] = 60};
    return limits[field];
}

static bool is_month_field(enum field field)
{
    return field <= FIELD_MONTH;
}

/* What stands behind the string: unit [(digits)] [TO unit [(digits)]]. */
struct qualifier {
    const struct interval_unit *first;
    enum field last;
    int digits; /* of the first field; 0 when not given */
    const char *text;
};

static const struct interval_unit *accept_unit(struct parser *parser)
{
    for (size_t i = 0; i < UNIT_COUNT; i++) {
        if (parser_accept(parser, interval_units[i].name))
            return &interval_units[i];
        if (token_is(&parser->token, interval_units[i].plural)) {
            parser_advance(parser);
            return &interval_units[i];
        }
    }
    return NULL;
}

/* (p), or (p, s) of SECOND. */
static enum status parse_digits(struct parser *parser, struct qualifier *qualifier, int *ret_digits)
{
    enum { DIGITS_MAX = 10 };
    if (!token_is(&parser->token, "("))
        return STATUS_OK;
    const char *start = parser->token.start;
    parser_advance(parser);
    int *values[] = {ret_digits, &(int){0}};
    size_t count = 0;
    do {
        if (parser->token.kind != TOKEN_INTEGER) {
            parser_at(parser, "a number of digits");
            return parser_fail(parser);
        }
        int value = parser->token.size > 2 ? DIGITS_MAX + 1 : 0;
        for (size_t i = 0; i < parser->token.size && value <= DIGITS_MAX; i++)
            value = value * 10 + (parser->token.start[i] - '0');
        if (value > DIGITS_MAX)
            return parser_fail_at(parser, parser->token.span, "An interval has at most %d digits in a field,",
                                  DIGITS_MAX);
        *values[count++] = value;
        parser_advance(parser);
    } while (count < 2 && parser_accept(parser, ","));
    PARSE(parser_expect(parser, ")"));
    const char *end = parser->previous.start + parser->previous.size;
    qualifier->text = arena_printf(parser->arena, "%s%.*s", qualifier->text, (int)(end - start), start);
    return STATUS_OK;
}

static enum status parse_qualifier(struct parser *parser, struct qualifier *qualifier)
{
    qualifier->first = accept_unit(parser);
    if (qualifier->first == NULL)
        return parser_fail(parser);
    qualifier->last = qualifier->first->field;
    qualifier->text = qualifier->first->name;
    PARSE(parse_digits(parser, qualifier, &qualifier->digits));
    if (!parser_accept(parser, "TO"))
        return STATUS_OK;
    struct sql_span span = parser->token.span;
    const struct interval_unit *last = accept_unit(parser);
    if (last == NULL)
        return parser_fail(parser);
    bool ordered = last->field > qualifier->first->field && last->factor == 1 &&
                   qualifier->first->factor == 1 &&
                   is_month_field(last->field) == is_month_field(qualifier->first->field);
    if (!ordered)
        return parser_fail_at(parser, span,
                              "There is no interval %s TO %s: the units go YEAR TO MONTH or down "
                              "from DAY to SECOND,",
                              qualifier->first->name, last->name);
    qualifier->last = last->field;
    qualifier->text = arena_printf(parser->arena, "%s TO %s", qualifier->text, last->name);
    return parse_digits(parser, qualifier, &(int){0});
}

/* At most 12 digits; what is too long for that is no number here. */
static bool read_number(const char **text, int64_t *ret_value, int *ret_digits)
{
    enum { DIGITS_MAX = 12 };
    int64_t value = 0;
    int digits = 0;
    for (; isdigit((unsigned char)**text); (*text)++, digits++) {
        if (digits == DIGITS_MAX)
            return false;
        value = value * 10 + (**text - '0');
    }
    *ret_value = value;
    *ret_digits = digits;
    return digits > 0;
}

/* ".5" behind the smallest field, in thousandths of it; digits beyond are cut off. */
static bool read_fraction(const char **text, int64_t *ret_thousandths)
{
    int64_t scale = 1000;
    int64_t value = 0;
    *ret_thousandths = 0;
    if (**text != '.')
        return true;
    (*text)++;
    if (!isdigit((unsigned char)**text))
        return false;
    for (; isdigit((unsigned char)**text); (*text)++) {
        scale /= 10;
        value += (**text - '0') * scale;
    }
    *ret_thousandths = value;
    return true;
}

enum reading { READ, NOT_A_NUMBER, TOO_LONG };

static bool add_scaled(int64_t *sum, int64_t value, int64_t scale)
{
    int64_t scaled;
    return !__builtin_mul_overflow(value, scale, &scaled) && !__builtin_add_overflow(*sum, scaled, sum);
}

/* "1 12:00:00.5" by its qualifier, as milliseconds or months. */
static enum reading read_interval(const char *text, const struct qualifier *qualifier, int64_t *ret_value)
{
    bool negative = *text == '-';
    if (*text == '-' || *text == '+')
        text++;
    int64_t sum = 0;
    for (enum field field = qualifier->first->field; field <= qualifier->last; field++) {
        bool leading = field == qualifier->first->field;
        int64_t value;
        int digits;
        if (!leading) {
            char separator = field == FIELD_MONTH ? '-' : field == FIELD_HOUR ? ' ' : ':';
            if (*text++ != separator)
                return NOT_A_NUMBER;
        }
        if (!read_number(&text, &value, &digits))
            return NOT_A_NUMBER;
        if (leading && qualifier->digits > 0 && digits > qualifier->digits)
            return TOO_LONG;
        if (!leading && value >= field_limit(field))
            return NOT_A_NUMBER;
        if (!add_scaled(&sum, value, field_size(field) * qualifier->first->factor))
            return TOO_LONG;
    }
    bool single = qualifier->first->field == qualifier->last;
    bool has_fraction = !is_month_field(qualifier->last) && (single || qualifier->last == FIELD_SECOND);
    int64_t thousandths = 0;
    if (has_fraction && !read_fraction(&text, &thousandths))
        return NOT_A_NUMBER;
    if (!add_scaled(&sum, thousandths, field_size(qualifier->last) * qualifier->first->factor / 1000))
        return TOO_LONG;
    *ret_value = negative ? -sum : sum;
    return *text == '\0' ? READ : NOT_A_NUMBER;
}

static const char *example_of(struct parser *parser, const struct qualifier *qualifier)
{
    static const char *const followers[] = {
        [FIELD_MONTH] = "-6", [FIELD_HOUR] = " 12", [FIELD_MINUTE] = ":30", [FIELD_SECOND] = ":00.5"};
    const char *example = "1";
    for (enum field field = qualifier->first->field; field < qualifier->last; field++)
        example = arena_printf(parser->arena, "%s%s", example, followers[field + 1]);
    return example;
}

static enum status refuse_value(struct parser *parser, struct sql_span span, const char *text,
                                const struct qualifier *qualifier, enum reading reading)
{
    if (reading == TOO_LONG && qualifier->digits > 0)
        return parser_fail_at(parser, span, "The interval '%.40s' has more than %d digits, as %s says,", text,
                              qualifier->digits, qualifier->text);
    if (reading == TOO_LONG)
        return parser_fail_at(parser, span, "The interval '%.40s' %s is too long", text, qualifier->text);
    if (qualifier->first->field == qualifier->last)
        return parser_fail_at(parser, span, "'%.40s' is no number of %s for an INTERVAL", text,
                              qualifier->first->plural);
    return parser_fail_at(parser, span, "'%.40s' is no INTERVAL %s, which is written like '%s',", text,
                          qualifier->text, example_of(parser, qualifier));
}

enum status parse_interval(struct parser *parser, const struct sql_expression **ret_expression)
{
    struct sql_span start = parser->previous.span;
    const char *sign = "";
    if (token_is(&parser->token, "-") || token_is(&parser->token, "+")) {
        sign = token_is(&parser->token, "-") ? "-" : "";
        parser_advance(parser);
    }
    struct sql_span value_span = parser->token.span;
    const char *text = NULL;
    if (parser->token.kind == TOKEN_INTEGER || parser->token.kind == TOKEN_DECIMAL)
        return parser_fail_at(parser, value_span,
                              "The length of an INTERVAL is written in quotes, as '%.*s',",
                              (int)parser->token.size, parser->token.start);
    PARSE(parse_string(parser, &text));
    if (*sign == '-')
        text = *text == '-' ? text + 1 : arena_printf(parser->arena, "-%s", *text == '+' ? text + 1 : text);
    struct qualifier qualifier = {.digits = 0};
    PARSE(parse_qualifier(parser, &qualifier));
    int64_t value;
    enum reading reading = read_interval(text, &qualifier, &value);
    if (reading != READ)
        return refuse_value(parser, value_span, text, &qualifier, reading);
    struct sql_expression *literal = arena_calloc(parser->arena, 1, sizeof *literal);
    literal->kind = SQL_LITERAL;
    literal->literal = SQL_LITERAL_INTERVAL;
    literal->text = text;
    literal->interval_unit = qualifier.text;
    literal->interval_is_months = is_month_field(qualifier.first->field);
    *(literal->interval_is_months ? &literal->interval_months : &literal->interval_ms) = value;
    PARSE(expression_finish(parser, literal, start));
    *ret_expression = literal;
    return STATUS_OK;
}
