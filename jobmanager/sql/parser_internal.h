#pragma once

#include "jobmanager/sql/lexer.h"
#include "jobmanager/sql/syntax_tree.h"

/*
 * The state of one parse. token is the one under the cursor. Every word that is asked for and not there is
 * noted until the cursor moves, so that an error can say what was expected and which word was probably meant.
 */
enum {
    PARSER_EXPECTED_MAX = 64,
    PARSER_DEPTH_MAX = 200, /* nesting: recursion of the parser */
    SQL_DEPTH_MAX = 1000,   /* depth of a tree: recursion of those who walk it */
};

struct parser {
    struct lexer lexer;
    struct token token;
    struct token previous;
    struct arena *arena;
    struct error *error;
    uint32_t depth;
    const char *expected[PARSER_EXPECTED_MAX];
    size_t expected_count;
    /* An identifier taken as alias though no AS stood there may be a misspelt key word: these are the words
     * that could have stood in its place. */
    struct token doubtful;
    const char *doubtful_expected[PARSER_EXPECTED_MAX];
    size_t doubtful_count;
};

/* What the parser functions return: STATUS_OK, else the error is set. */
#define PARSE(call)                                                                                          \
    do {                                                                                                     \
        enum status parse_status_ = (call);                                                                  \
        if (parse_status_ != STATUS_OK)                                                                      \
            return parse_status_;                                                                            \
    } while (0)

/* A list under construction, in the arena. */
#define PARSER_PUSH(parser, items, count, value)                                                             \
    do {                                                                                                     \
        if (((count) & ((count)-1)) == 0)                                                                    \
            (items) = arena_grow((parser)->arena, (items), (count) * sizeof *(items),                        \
                                 ((count) == 0 ? 1 : (count)*2) * sizeof *(items));                          \
        (items)[(count)++] = (value);                                                                        \
    } while (0)

void parser_advance(struct parser *parser);
bool parser_at(struct parser *parser, const char *word); /* notes it as expected when it is not there */
bool parser_accept(struct parser *parser, const char *word);
/* Takes several words in a row, or none. */
bool parser_accept_words(struct parser *parser, const char *first, const char *second);
STATUS_MUST_CHECK enum status parser_expect(struct parser *parser, const char *word);
/* The word after the one under the cursor, without moving. */
bool parser_next_is(struct parser *parser, const char *word);

/* "Incorrect syntax near ..." at the cursor, with what was expected and what was probably meant. */
STATUS_MUST_CHECK enum status parser_fail(struct parser *parser);
/* "<message> at line l, column c." */
STATUS_MUST_CHECK enum status parser_fail_at(struct parser *parser, struct sql_span span, const char *format,
                                             ...) PRINTF_LIKE(3, 4);
/* "<construct> is not supported yet, at line l, column c." with the cursor's place. */
STATUS_MUST_CHECK enum status parser_unsupported(struct parser *parser, const char *construct);
/* Refuses what Flink has and Frazil has not yet: one of these words behind verb. */
STATUS_MUST_CHECK enum status parser_refuse(struct parser *parser, const char *const *constructs,
                                            size_t count, const char *verb);
STATUS_MUST_CHECK enum status parser_enter(struct parser *parser);
void parser_leave(struct parser *parser);

/* A plain or quoted identifier; reserved words need quotes. */
bool parser_at_identifier(struct parser *parser);
STATUS_MUST_CHECK enum status parse_identifier(struct parser *parser, const char **ret_name);
STATUS_MUST_CHECK enum status parse_name(struct parser *parser, size_t max_parts, struct sql_name *ret_name);
STATUS_MUST_CHECK enum status parse_identifier_list(struct parser *parser, const char ***ret_names,
                                                    struct sql_span **ret_spans, size_t *ret_count);
/* The token under the cursor in upper case. */
const char *parser_upper_text(struct parser *parser);
STATUS_MUST_CHECK enum status parse_string(struct parser *parser, const char **ret_text);
STATUS_MUST_CHECK enum status parse_properties(struct parser *parser, struct sql_properties *ret_properties);
STATUS_MUST_CHECK enum status parse_hints(struct parser *parser, struct sql_properties *ret_hints);

STATUS_MUST_CHECK enum status parse_type(struct parser *parser, const struct sql_type **ret_type);
STATUS_MUST_CHECK enum status parse_expression(struct parser *parser,
                                               const struct sql_expression **ret_expression);
/* What binds tighter than OR, AND, NOT and comparison: literals, columns, calls, CAST, CASE, parentheses. */
STATUS_MUST_CHECK enum status parse_primary(struct parser *parser,
                                            const struct sql_expression **ret_expression);
STATUS_MUST_CHECK enum status parse_literal(struct parser *parser,
                                            const struct sql_expression **ret_expression, bool *ret_found);
/* A call over these arguments whose span runs from start to the last token taken. */
STATUS_MUST_CHECK enum status expression_call(struct parser *parser, const char *name, struct sql_span start,
                                              const struct sql_expression *const *arguments, size_t count,
                                              const struct sql_expression **ret_expression);
STATUS_MUST_CHECK enum status expression_finish(struct parser *parser, struct sql_expression *expression,
                                                struct sql_span start);
/* f(...) with what may stand behind it; the cursor is at f. */
STATUS_MUST_CHECK enum status parse_function(struct parser *parser,
                                             const struct sql_expression **ret_expression);
/* The cursor is behind OVER. */
STATUS_MUST_CHECK enum status parse_over(struct parser *parser, const struct sql_over **ret_over);
/* The cursor is behind INTERVAL. */
STATUS_MUST_CHECK enum status parse_interval(struct parser *parser,
                                             const struct sql_expression **ret_expression);

STATUS_MUST_CHECK enum status parse_query(struct parser *parser, const struct sql_query **ret_query);
/* The cursor is behind SELECT, or VALUES. */
STATUS_MUST_CHECK enum status parse_select(struct parser *parser, struct sql_query *query);
STATUS_MUST_CHECK enum status parse_values(struct parser *parser, struct sql_query *query);
/* The cursor is at the BY of ORDER BY. */
STATUS_MUST_CHECK enum status parse_sort_items(struct parser *parser, const struct sql_sort_item **ret_items,
                                               size_t *ret_count);
/* Notes the words that may follow a table in a query; what is not built yet is refused. */
STATUS_MUST_CHECK enum status parser_note_clauses(struct parser *parser);
/* An alias without AS, or nothing. */
STATUS_MUST_CHECK enum status parse_bare_alias(struct parser *parser, const char **ret_alias);
/* The cursor is behind FROM. */
STATUS_MUST_CHECK enum status parse_from(struct parser *parser, struct sql_relation *ret_relation);
/* What a table function reads: [TABLE] name, [TABLE] (query). */
STATUS_MUST_CHECK enum status parse_table_argument(struct parser *parser, struct sql_relation *ret_relation);
/* TUMBLE(...) and its like; the cursor is at the name. */
bool parser_at_window_function(struct parser *parser);
STATUS_MUST_CHECK enum status parse_window_function(struct parser *parser,
                                                    const struct sql_window_function **ret_window);

/* The cursor is behind INSERT, CREATE TABLE, CREATE VIEW. */
STATUS_MUST_CHECK enum status parse_insert(struct parser *parser, struct sql_insert *ret_insert);
STATUS_MUST_CHECK enum status parse_create_table(struct parser *parser, bool temporary,
                                                 const struct sql_create_table **ret_table);
STATUS_MUST_CHECK enum status parse_create_view(struct parser *parser, bool temporary,
                                                const struct sql_create_view **ret_view);
/* The cursor is behind LIKE. */
STATUS_MUST_CHECK enum status parse_like_clause(struct parser *parser, const struct sql_like **ret_like);
/* A field of PARTITIONED BY. */
STATUS_MUST_CHECK enum status parse_partition_field(struct parser *parser,
                                                    struct sql_partition_field *ret_field);
STATUS_MUST_CHECK enum status parse_if_not_exists(struct parser *parser, bool *ret_present);

/* The cursor is behind ALTER. */
STATUS_MUST_CHECK enum status parse_alter(struct parser *parser, struct sql_statement *statement);
/* The cursor is behind SHOW, DESCRIBE, STOP, SET, RESET. */
STATUS_MUST_CHECK enum status parse_show(struct parser *parser, struct sql_statement *statement);
STATUS_MUST_CHECK enum status parse_describe(struct parser *parser, struct sql_statement *statement);
STATUS_MUST_CHECK enum status parse_stop(struct parser *parser, struct sql_statement *statement);
STATUS_MUST_CHECK enum status parse_set(struct parser *parser, struct sql_statement *statement);
STATUS_MUST_CHECK enum status parse_reset(struct parser *parser, struct sql_statement *statement);
