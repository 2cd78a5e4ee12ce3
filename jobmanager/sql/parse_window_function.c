#include "jobmanager/sql/parser_internal.h"

#include "common/base/nearest_word.h"

#include <string.h>
#include <strings.h>

/* What an argument of a window function is, in the order of the signatures. */
enum parameter {
    PARAMETER_DATA,
    PARAMETER_TIMECOL,
    PARAMETER_SIZE,
    PARAMETER_SLIDE,
    PARAMETER_STEP,
    PARAMETER_GAP,
    PARAMETER_OFFSET,
    PARAMETER_NONE,
};

static const char *parameter_name(enum parameter parameter)
{
    static const char *const names[] = {"DATA", "TIMECOL", "SIZE", "SLIDE", "STEP", "GAP", "OFFSET", "NONE"};
    return names[parameter];
}

enum { PARAMETERS_MAX = 5 };

struct signature {
    const char *name;
    enum sql_window_kind kind;
    size_t required;
    enum parameter parameters[PARAMETERS_MAX];
    const char *form;
};

static const struct signature signatures[] = {
    {"TUMBLE",
     SQL_WINDOW_TUMBLE,
     3,
     {PARAMETER_DATA, PARAMETER_TIMECOL, PARAMETER_SIZE, PARAMETER_OFFSET, PARAMETER_NONE},
     "TUMBLE(TABLE t, DESCRIPTOR(ts), size [, offset])"},
    {"HOP",
     SQL_WINDOW_HOP,
     4,
     {PARAMETER_DATA, PARAMETER_TIMECOL, PARAMETER_SLIDE, PARAMETER_SIZE, PARAMETER_OFFSET},
     "HOP(TABLE t, DESCRIPTOR(ts), slide, size [, offset])"},
    {"CUMULATE",
     SQL_WINDOW_CUMULATE,
     4,
     {PARAMETER_DATA, PARAMETER_TIMECOL, PARAMETER_STEP, PARAMETER_SIZE, PARAMETER_OFFSET},
     "CUMULATE(TABLE t, DESCRIPTOR(ts), step, size [, offset])"},
    {"SESSION",
     SQL_WINDOW_SESSION,
     3,
     {PARAMETER_DATA, PARAMETER_TIMECOL, PARAMETER_GAP, PARAMETER_NONE, PARAMETER_NONE},
     "SESSION(TABLE t [PARTITION BY k], DESCRIPTOR(ts), gap)"},
};

static const struct signature *find_signature(const struct token *token)
{
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        if (token_is(token, signatures[i].name))
            return &signatures[i];
    }
    return NULL;
}

bool parser_at_window_function(struct parser *parser)
{
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++) {
        if (parser_at(parser, signatures[i].name))
            return parser_next_is(parser, "(");
    }
    return false;
}

static enum status parse_column_reference(struct parser *parser, const struct sql_expression **ret_column)
{
    struct sql_expression *column = arena_calloc(parser->arena, 1, sizeof *column);
    struct sql_span start = parser->token.span;
    column->kind = SQL_COLUMN;
    PARSE(parse_name(parser, 1, &column->column));
    column->text = column->column.parts[0];
    PARSE(expression_finish(parser, column, start));
    *ret_column = column;
    return STATUS_OK;
}

/* PARTITION BY k, or PARTITION BY (a, b). */
static enum status parse_partition_by(struct parser *parser, struct sql_window_function *window)
{
    const struct sql_expression **columns = NULL;
    if (!parser_at(parser, "PARTITION"))
        return STATUS_OK;
    if (window->kind != SQL_WINDOW_SESSION)
        return parser_fail_at(parser, parser->token.span,
                              "PARTITION BY belongs to SESSION only, GROUP BY partitions the other windows:");
    parser_advance(parser);
    PARSE(parser_expect(parser, "BY"));
    bool parenthesised = parser_accept(parser, "(");
    do {
        const struct sql_expression *column = NULL;
        PARSE(parse_column_reference(parser, &column));
        PARSER_PUSH(parser, columns, window->partition_count, column);
    } while (parenthesised && parser_accept(parser, ","));
    window->partition_by = columns;
    return parenthesised ? parser_expect(parser, ")") : STATUS_OK;
}

static enum status parse_data(struct parser *parser, struct sql_window_function *window)
{
    struct sql_relation *input = arena_calloc(parser->arena, 1, sizeof *input);
    PARSE(parse_table_argument(parser, input));
    window->input = input;
    return parse_partition_by(parser, window);
}

static enum status parse_descriptor(struct parser *parser, struct sql_window_function *window)
{
    PARSE(parser_expect(parser, "DESCRIPTOR"));
    PARSE(parser_expect(parser, "("));
    PARSE(parse_column_reference(parser, &window->time));
    if (token_is(&parser->token, ","))
        return parser_fail_at(parser, parser->token.span, "DESCRIPTOR names one time column here,");
    return parser_expect(parser, ")");
}

static enum status parse_length(struct parser *parser, enum parameter parameter,
                                const struct sql_expression **ret_length)
{
    const struct sql_expression *length = NULL;
    PARSE(parse_expression(parser, &length));
    if (length->kind != SQL_LITERAL || length->literal != SQL_LITERAL_INTERVAL)
        return parser_fail_at(parser, length->span,
                              "%s of a window must be an interval, as INTERVAL '1' HOUR,",
                              parameter_name(parameter));
    if (length->interval_is_months)
        return parser_fail_at(
            parser, length->span,
            "%s of a window cannot be of months or years, which differ in length: use days,",
            parameter_name(parameter));
    *ret_length = length;
    return STATUS_OK;
}

static enum status parse_argument(struct parser *parser, enum parameter parameter,
                                  struct sql_window_function *window)
{
    switch (parameter) {
    case PARAMETER_DATA: return parse_data(parser, window);
    case PARAMETER_TIMECOL: return parse_descriptor(parser, window);
    case PARAMETER_SIZE:
    case PARAMETER_GAP: return parse_length(parser, parameter, &window->size);
    case PARAMETER_SLIDE:
    case PARAMETER_STEP: return parse_length(parser, parameter, &window->slide);
    case PARAMETER_OFFSET: return parse_length(parser, parameter, &window->offset);
    case PARAMETER_NONE: break;
    }
    return parser_fail_at(parser, parser->token.span, "A window function has no such argument");
}

static bool at_named_argument(struct parser *parser)
{
    return (parser->token.kind == TOKEN_WORD || parser->token.kind == TOKEN_QUOTED) &&
           parser_next_is(parser, "=>");
}

/* Takes "NAME =>". */
static enum status parse_parameter_name(struct parser *parser, const struct signature *signature,
                                        enum parameter *ret_parameter)
{
    const char *names[PARAMETERS_MAX];
    size_t count = 0;
    const char *written = token_text(&parser->token, parser->arena);
    for (; count < PARAMETERS_MAX && signature->parameters[count] != PARAMETER_NONE; count++) {
        names[count] = parameter_name(signature->parameters[count]);
        if (strcasecmp(written, names[count]) != 0)
            continue;
        *ret_parameter = signature->parameters[count];
        parser_advance(parser);
        return parser_expect(parser, "=>");
    }
    const char *nearest = nearest_word(written, names, count);
    return parser_fail_at(parser, parser->token.span, "%s has no parameter '%.60s'%s%s%s, its form is %s,",
                          signature->name, written, nearest != NULL ? " (did you mean '" : "",
                          nearest != NULL ? nearest : "", nearest != NULL ? "'?)" : "", signature->form);
}

static enum status parse_arguments(struct parser *parser, const struct signature *signature,
                                   struct sql_window_function *window, bool given[PARAMETER_NONE])
{
    bool named = at_named_argument(parser);
    size_t place = 0;
    do {
        struct sql_span span = parser->token.span;
        enum parameter parameter = place < PARAMETERS_MAX ? signature->parameters[place] : PARAMETER_NONE;
        if (at_named_argument(parser) != named)
            return parser_fail_at(parser, span, "Arguments are given by place or by name, not both,");
        if (named)
            PARSE(parse_parameter_name(parser, signature, &parameter));
        if (parameter == PARAMETER_NONE)
            return parser_fail_at(parser, span, "Too many arguments, the form is %s,", signature->form);
        if (given[parameter])
            return parser_fail_at(parser, span, "The parameter %s is given twice", parameter_name(parameter));
        PARSE(parse_argument(parser, parameter, window));
        given[parameter] = true;
        place++;
    } while (parser_accept(parser, ","));
    return STATUS_OK;
}

enum status parse_window_function(struct parser *parser, const struct sql_window_function **ret_window)
{
    const struct signature *signature = find_signature(&parser->token);
    struct sql_window_function *window = arena_calloc(parser->arena, 1, sizeof *window);
    bool given[PARAMETER_NONE] = {false};
    window->kind = signature->kind;
    window->span = parser->token.span;
    parser_advance(parser);
    PARSE(parser_expect(parser, "("));
    PARSE(parse_arguments(parser, signature, window, given));
    for (size_t i = 0; i < signature->required; i++) {
        enum parameter parameter = signature->parameters[i];
        if (!given[parameter])
            return parser_fail_at(parser, window->span, "%s lacks its argument %s, the form is %s,",
                                  signature->name, parameter_name(parameter), signature->form);
    }
    PARSE(parser_expect(parser, ")"));
    *ret_window = window;
    return STATUS_OK;
}
