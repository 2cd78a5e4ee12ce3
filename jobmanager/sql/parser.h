#pragma once

#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/status.h"
#include "jobmanager/sql/syntax_tree.h"

/* SQL text and where it starts in the script it came from (1, 1 for a statement by itself). */
struct sql_text {
    const char *data;
    size_t size;
    uint32_t line;
    uint32_t column;
};

struct sql_text sql_text_of(const char *text);

/*
 * Parses one statement, with or without its final semicolon. The tree lives in arena and does not refer to
 * text. Errors carry line and column, the offending text and, where one is likely, the word that was meant;
 * what Flink has and Frazil has not yet is STATUS_UNSUPPORTED and named.
 */
STATUS_MUST_CHECK enum status sql_parse(struct sql_text text, struct arena *arena,
                                        const struct sql_statement **ret_statement, struct error *error);

/*
 * Takes the next statement off *rest, advancing it: statements end at a semicolon outside of quotes, comments
 * and EXECUTE STATEMENT SET blocks. Empty statements are passed over. ret_statement points into the same
 * text, without the semicolon. False when none is left. Never fails: what is wrong inside a statement is
 * sql_parse's to say.
 */
bool sql_script_next(struct sql_text *rest, struct sql_text *ret_statement);

/* An expression as SQL text in Flink's normal form: `ts` - INTERVAL '5' SECOND. */
void sql_expression_print(const struct sql_expression *expression, struct buffer *out);
/* A query as SQL text, a clause a line; it parses to the same tree. */
void sql_query_print(const struct sql_query *query, struct buffer *out);
/* `a` DESC NULLS LAST, `b` */
void sql_sort_items_print(const struct sql_sort_item *items, size_t count, struct buffer *out);
/* An element of PARTITIONED BY: `a`, days(`b`), bucket(16, `c`). */
void sql_partition_field_print(const struct sql_partition_field *field, struct buffer *out);
/* `name` with inner back-quotes doubled. */
void sql_identifier_print(const char *name, struct buffer *out);
/* 'text' with inner quotes doubled. */
void sql_string_print(const char *text, struct buffer *out);
/* The type as in a Flink DDL: DECIMAL(10, 2), VARCHAR(2147483647). */
void sql_type_print(const struct sql_type *type, struct buffer *out);
