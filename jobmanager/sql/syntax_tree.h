#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The syntax tree of one statement, as written: nothing is resolved yet. Every node lives in the arena that
 * was handed to sql_parse and is const after it. Names keep their case; key words and function names are
 * upper case.
 */

/* A place in the SQL text, 1-based; the end column is that of the last character. */
struct sql_span {
    uint32_t line;
    uint32_t column;
    uint32_t end_line;
    uint32_t end_column;
};

enum { SQL_NAME_PARTS = 4 };

/* A dotted name: catalog.database.table, or alias.column. */
struct sql_name {
    const char *parts[SQL_NAME_PARTS];
    size_t count;
    struct sql_span span;
};

struct sql_property {
    const char *key;
    const char *value;
    struct sql_span span;
};

struct sql_properties {
    const struct sql_property *items;
    size_t count;
};

enum sql_type_kind {
    SQL_TYPE_BOOLEAN,
    SQL_TYPE_TINYINT,
    SQL_TYPE_SMALLINT,
    SQL_TYPE_INT,
    SQL_TYPE_BIGINT,
    SQL_TYPE_FLOAT,
    SQL_TYPE_DOUBLE,
    SQL_TYPE_DECIMAL,
    SQL_TYPE_CHAR,
    SQL_TYPE_VARCHAR, /* STRING is VARCHAR without a length */
    SQL_TYPE_BINARY,
    SQL_TYPE_VARBINARY, /* BYTES is VARBINARY without a length */
    SQL_TYPE_DATE,
    SQL_TYPE_TIME,
    SQL_TYPE_TIMESTAMP,
    SQL_TYPE_TIMESTAMP_LTZ,
    SQL_TYPE_ARRAY,
    SQL_TYPE_MAP,
    SQL_TYPE_ROW,
};

struct sql_type {
    enum sql_type_kind kind;
    int32_t precision; /* precision or length; -1 when not given */
    int32_t scale;     /* -1 when not given */
    bool not_null;
    struct sql_span span;
};

enum sql_literal_kind {
    SQL_LITERAL_NULL,
    SQL_LITERAL_BOOLEAN, /* text is "TRUE" or "FALSE" */
    SQL_LITERAL_INTEGER, /* 42 */
    SQL_LITERAL_DECIMAL, /* 4.20 */
    SQL_LITERAL_DOUBLE,  /* 4.2e1 */
    SQL_LITERAL_STRING,  /* text has its quotes removed */
    SQL_LITERAL_DATE,    /* text is what stood between the quotes, unchecked */
    SQL_LITERAL_TIMESTAMP,
    SQL_LITERAL_INTERVAL, /* text is what stood between the quotes; interval_ms or interval_months is set */
};

enum sql_expression_kind {
    SQL_LITERAL,
    SQL_COLUMN,
    SQL_CALL, /* functions and operators: name is "UPPER", "+", "AND", "IS NULL", "IN", "BETWEEN", "LIKE" ...
               */
    SQL_CAST,
    SQL_CASE, /* arguments: when, then, when, then, ..., else; a searched CASE, the simple form is rewritten
               */
};

struct sql_over;

struct sql_expression {
    enum sql_expression_kind kind;
    uint16_t depth; /* of the tree below, bounded by the parser so that recursion over it is safe */
    struct sql_span span;
    enum sql_literal_kind literal;
    const char *text;          /* literal text, or the name of a call */
    const char *interval_unit; /* as written: "HOUR", "DAY(3)", "DAY TO SECOND" */
    bool interval_is_months;   /* YEAR, MONTH, YEAR TO MONTH; the others are of milliseconds */
    int64_t interval_ms;       /* signed, as are the months */
    int64_t interval_months;
    struct sql_name column;
    const struct sql_expression *const *arguments;
    size_t argument_count;
    const struct sql_type *type;         /* of a cast */
    bool is_try;                         /* TRY_CAST */
    bool is_niladic;                     /* CURRENT_TIMESTAMP and others without parentheses */
    bool is_star;                        /* COUNT(*), which has no arguments */
    bool is_distinct;                    /* COUNT(DISTINCT x) */
    const struct sql_expression *filter; /* FILTER (WHERE ...) of a call; NULL when none */
    const struct sql_over *over;         /* OVER (...) of a call; NULL when none */
};

enum sql_null_order { SQL_NULLS_DEFAULT, SQL_NULLS_FIRST, SQL_NULLS_LAST };

/* One key of ORDER BY. */
struct sql_sort_item {
    const struct sql_expression *expression;
    bool is_descending;
    enum sql_null_order nulls;
    struct sql_span span;
};

enum sql_bound_kind {
    SQL_BOUND_UNBOUNDED_PRECEDING,
    SQL_BOUND_PRECEDING,
    SQL_BOUND_CURRENT_ROW,
    SQL_BOUND_FOLLOWING,
    SQL_BOUND_UNBOUNDED_FOLLOWING,
};

struct sql_bound {
    enum sql_bound_kind kind;
    const struct sql_expression *offset; /* of PRECEDING and FOLLOWING: a number of rows or an interval */
};

/* ROWS or RANGE BETWEEN start AND end; without BETWEEN the end is the current row. */
struct sql_frame {
    bool is_rows;
    struct sql_bound start, end;
    struct sql_span span;
};

/* OVER (PARTITION BY ... ORDER BY ... [frame]) */
struct sql_over {
    const struct sql_expression *const *partition_by;
    size_t partition_count;
    const struct sql_sort_item *order_by;
    size_t order_count;
    const struct sql_frame *frame; /* NULL when none */
    struct sql_span span;
};

enum sql_column_kind { SQL_COLUMN_PHYSICAL, SQL_COLUMN_COMPUTED, SQL_COLUMN_METADATA };

struct sql_column {
    enum sql_column_kind kind;
    const char *name;
    struct sql_span span;
    const struct sql_type *type;             /* NULL when computed */
    const struct sql_expression *expression; /* computed only */
    const char *metadata_key;                /* metadata only; the column's name when no FROM was given */
    bool has_metadata_key;
    bool is_virtual;
    const char *comment; /* may be NULL */
};

/* DATE_FORMAT(c, 'yyyy-MM-dd') is the transform DAY, and so on: it names the same partitions. */
enum sql_transform {
    SQL_TRANSFORM_IDENTITY,
    SQL_TRANSFORM_YEAR,
    SQL_TRANSFORM_MONTH,
    SQL_TRANSFORM_DAY,
    SQL_TRANSFORM_HOUR,
    SQL_TRANSFORM_BUCKET,
    SQL_TRANSFORM_TRUNCATE,
};

struct sql_partition_field {
    enum sql_transform transform;
    uint32_t parameter; /* number of buckets, or width of TRUNCATE: at least 1 */
    const char *column;
    struct sql_span span;
};

struct sql_watermark {
    const char *column;
    const struct sql_expression *expression;
    struct sql_span span;
};

/* What CREATE TABLE ... LIKE takes over from its source, beside the physical columns. */
enum sql_like_feature {
    SQL_LIKE_CONSTRAINTS,
    SQL_LIKE_PARTITIONS,
    SQL_LIKE_GENERATED,
    SQL_LIKE_METADATA,
    SQL_LIKE_OPTIONS,
    SQL_LIKE_WATERMARKS,
    SQL_LIKE_FEATURE_COUNT,
};

/* INCLUDING: from both, it is an error when both have the same. OVERWRITING: the new table's go first. */
enum sql_like_merging { SQL_INCLUDING, SQL_EXCLUDING, SQL_OVERWRITING };

struct sql_like {
    struct sql_name source;
    enum sql_like_merging merging[SQL_LIKE_FEATURE_COUNT];
};

struct sql_create_table {
    struct sql_name name;
    bool temporary;
    bool if_not_exists;
    const struct sql_column *columns;
    size_t column_count;
    const char *const *primary_key;
    size_t primary_key_count;
    struct sql_span primary_key_span;
    const struct sql_watermark *watermark; /* NULL when none */
    const struct sql_partition_field *partition;
    size_t partition_count;
    struct sql_properties options;
    const char *comment;         /* may be NULL */
    const struct sql_like *like; /* NULL when none; without one there is a column */
};

enum sql_select_item_kind { SQL_ITEM_EXPRESSION, SQL_ITEM_STAR };

struct sql_select_item {
    enum sql_select_item_kind kind;
    const struct sql_expression *expression;
    const char *alias;     /* NULL when none */
    const char *qualifier; /* of alias.*, NULL when none */
    struct sql_span span;
};

struct sql_query;
struct sql_window_function;

enum sql_relation_kind {
    SQL_RELATION_TABLE,    /* name, hints: a table, a view, or a name of WITH */
    SQL_RELATION_SUBQUERY, /* query */
    SQL_RELATION_WINDOW,   /* window */
};

/* What stands in FROM, and what a window table function reads. */
struct sql_relation {
    enum sql_relation_kind kind;
    struct sql_name name;
    struct sql_properties hints;
    const struct sql_query *query;
    const struct sql_window_function *window;
    const char *alias;                 /* NULL when none */
    const char *const *column_aliases; /* AS t (a, b); NULL when none */
    const struct sql_span *column_alias_spans;
    size_t column_alias_count;
    struct sql_span span;
};

enum sql_window_kind { SQL_WINDOW_TUMBLE, SQL_WINDOW_HOP, SQL_WINDOW_CUMULATE, SQL_WINDOW_SESSION };

/* TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR)), with its arguments by place or by name. The
 * lengths are INTERVAL literals of milliseconds: the parser sees to that, and that those which a kind needs
 * are there. Their values are unchecked. */
struct sql_window_function {
    enum sql_window_kind kind;
    struct sql_span span;                /* of the function, without its arguments */
    const struct sql_relation *input;    /* a table or a subquery */
    const struct sql_expression *time;   /* DESCRIPTOR(c): a SQL_COLUMN */
    const struct sql_expression *size;   /* of the window; CUMULATE: the largest; SESSION: the gap */
    const struct sql_expression *slide;  /* HOP: the slide, CUMULATE: the step; else NULL */
    const struct sql_expression *offset; /* NULL when none */
    /* SESSION(TABLE t PARTITION BY (a, b), ...): SQL_COLUMNs */
    const struct sql_expression *const *partition_by;
    size_t partition_count;
};

/* One row of VALUES. */
struct sql_row {
    const struct sql_expression *const *values;
    size_t count;
    struct sql_span span;
};

/* WITH name (columns) AS (query). */
struct sql_with_item {
    const char *name;
    const char *const *columns; /* NULL when none */
    const struct sql_span *column_spans;
    size_t column_count;
    const struct sql_query *query;
    struct sql_span span; /* of the name */
};

/* Queries nest no deeper than the parser's bound, so that recursion over them is safe; names of WITH are as
 * written, and whoever puts queries in their place bounds the result. */
enum sql_query_kind { SQL_QUERY_SELECT, SQL_QUERY_VALUES, SQL_QUERY_UNION };

struct sql_query {
    enum sql_query_kind kind;
    struct sql_span span;
    /* Tables that only this query and those within it see; an item sees those before it. They hide tables
     * of the same one-part name. */
    const struct sql_with_item *with;
    size_t with_count;

    /* SELECT: */
    bool is_distinct;
    const struct sql_select_item *items;
    size_t item_count;
    bool has_from;
    struct sql_relation from;
    const struct sql_expression *where; /* NULL when none */
    /* Expressions over the input; window functions of old (TUMBLE(ts, INTERVAL ...)) are calls. */
    const struct sql_expression *const *group_by;
    size_t group_count;
    const struct sql_expression *having; /* NULL when none */

    /* VALUES: */
    const struct sql_row *rows;
    size_t row_count;

    /* UNION: two or more. */
    bool is_all;
    const struct sql_query *const *inputs;
    size_t input_count;

    /* Of every kind: */
    const struct sql_sort_item *order_by;
    size_t order_count;
    struct sql_span order_span; /* of the words ORDER BY */
    bool has_limit;
    int64_t limit;              /* of LIMIT and FETCH, not negative */
    int64_t offset;             /* 0 when none */
    struct sql_span limit_span; /* of LIMIT, OFFSET or FETCH, whichever came first; line 0 when none */
};

struct sql_insert {
    struct sql_name table;
    struct sql_properties hints;
    const char *const *columns; /* NULL when none were named */
    const struct sql_span *column_spans;
    size_t column_count;
    const struct sql_query *query;
};

struct sql_create_view {
    struct sql_name name;
    bool temporary;
    bool if_not_exists;
    const char *const *columns; /* NULL when none were named */
    const struct sql_span *column_spans;
    size_t column_count;
    const char *comment; /* may be NULL */
    const struct sql_query *query;
};

/* The details that EXPLAIN is asked for, or'ed. */
enum sql_explain_detail {
    SQL_EXPLAIN_ESTIMATED_COST = 1,
    SQL_EXPLAIN_CHANGELOG_MODE = 2,
    SQL_EXPLAIN_JSON_EXECUTION_PLAN = 4,
    SQL_EXPLAIN_PLAN_ADVICE = 8,
};

enum sql_statement_kind {
    SQL_CREATE_TABLE,
    SQL_CREATE_VIEW,
    SQL_CREATE_CATALOG,
    SQL_CREATE_DATABASE,
    SQL_ALTER_TABLE, /* SET (properties) and RESET (reset_keys) */
    SQL_DROP_TABLE,
    SQL_DROP_VIEW,
    SQL_DROP_DATABASE,
    SQL_DROP_CATALOG,
    SQL_USE_DATABASE,
    SQL_USE_CATALOG,
    SQL_SHOW_TABLES,
    SQL_SHOW_VIEWS,
    SQL_SHOW_DATABASES,
    SQL_SHOW_CATALOGS,
    SQL_SHOW_FUNCTIONS,
    SQL_SHOW_JOBS,
    SQL_SHOW_CREATE_TABLE,
    SQL_SHOW_CREATE_VIEW,
    SQL_SHOW_CURRENT_CATALOG,
    SQL_SHOW_CURRENT_DATABASE,
    SQL_DESCRIBE,
    SQL_DESCRIBE_JOB,
    SQL_STOP_JOB,
    SQL_EXPLAIN, /* of inserts or query */
    SQL_SET,     /* without a key: list all */
    SQL_RESET,   /* without a key: all */
    SQL_INSERT,
    SQL_STATEMENT_SET, /* EXECUTE STATEMENT SET BEGIN ... END, whole */
    SQL_BEGIN_STATEMENT_SET,
    SQL_END_STATEMENT_SET,
    SQL_SELECT,
};

struct sql_statement {
    enum sql_statement_kind kind;
    struct sql_name name; /* of CREATE, DROP, USE, SHOW ... FROM, DESCRIBE; count is 0 when none */
    bool if_exists;
    bool if_not_exists;
    bool cascade;
    bool temporary;
    const struct sql_create_table *create_table;
    const struct sql_create_view *create_view;
    struct sql_properties properties; /* CREATE CATALOG, CREATE DATABASE, ALTER TABLE */
    const char *const *reset_keys;    /* ALTER TABLE */
    size_t reset_key_count;
    const char *comment;
    const char *key;                  /* SET and RESET; NULL when none */
    const char *value;                /* SET */
    const struct sql_query *query;    /* SELECT, EXPLAIN of one */
    const struct sql_insert *inserts; /* INSERT, STATEMENT SET, EXPLAIN of them */
    size_t insert_count;
    unsigned explain_details; /* EXPLAIN: of enum sql_explain_detail */
    const char *job_id;       /* STOP JOB, DESCRIBE JOB: as written, unchecked */
    struct sql_span job_id_span;
    bool with_savepoint, with_drain; /* STOP JOB */
};
