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
    SQL_LITERAL_INTERVAL, /* interval_ms or interval_months is set */
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

struct sql_expression {
    enum sql_expression_kind kind;
    uint16_t depth; /* of the tree below, bounded by the parser so that recursion over it is safe */
    struct sql_span span;
    enum sql_literal_kind literal;
    const char *text; /* literal text, or the name of a call */
    const char *interval_unit;
    int64_t interval_ms;
    int64_t interval_months;
    struct sql_name column;
    const struct sql_expression *const *arguments;
    size_t argument_count;
    const struct sql_type *type; /* of a cast */
    bool is_try;                 /* TRY_CAST */
    bool is_niladic;             /* CURRENT_TIMESTAMP and others without parentheses */
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

enum sql_transform { SQL_TRANSFORM_IDENTITY, SQL_TRANSFORM_DAY };

struct sql_partition_field {
    enum sql_transform transform;
    const char *column;
    struct sql_span span;
};

struct sql_watermark {
    const char *column;
    const struct sql_expression *expression;
    struct sql_span span;
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
    const char *comment; /* may be NULL */
};

enum sql_select_item_kind { SQL_ITEM_EXPRESSION, SQL_ITEM_STAR };

struct sql_select_item {
    enum sql_select_item_kind kind;
    const struct sql_expression *expression;
    const char *alias;     /* NULL when none */
    const char *qualifier; /* of alias.*, NULL when none */
    struct sql_span span;
};

struct sql_table_reference {
    struct sql_name name;
    const char *alias; /* NULL when none */
    struct sql_properties hints;
};

/* One row of VALUES. */
struct sql_row {
    const struct sql_expression *const *values;
    size_t count;
    struct sql_span span;
};

/* A SELECT, or a list of VALUES when row_count is not 0. */
struct sql_query {
    const struct sql_select_item *items;
    size_t item_count;
    bool has_from;
    struct sql_table_reference from;
    const struct sql_expression *where; /* NULL when none */
    const struct sql_row *rows;
    size_t row_count;
    struct sql_span span;
};

struct sql_insert {
    struct sql_name table;
    struct sql_properties hints;
    const char *const *columns; /* NULL when none were named */
    const struct sql_span *column_spans;
    size_t column_count;
    const struct sql_query *query;
};

enum sql_statement_kind {
    SQL_CREATE_TABLE,
    SQL_CREATE_CATALOG,
    SQL_CREATE_DATABASE,
    SQL_DROP_TABLE,
    SQL_DROP_DATABASE,
    SQL_DROP_CATALOG,
    SQL_USE_DATABASE,
    SQL_USE_CATALOG,
    SQL_SHOW_TABLES,
    SQL_SHOW_DATABASES,
    SQL_SHOW_CATALOGS,
    SQL_SHOW_FUNCTIONS,
    SQL_SHOW_JOBS,
    SQL_SHOW_CREATE_TABLE,
    SQL_SHOW_CURRENT_CATALOG,
    SQL_SHOW_CURRENT_DATABASE,
    SQL_DESCRIBE,
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
    struct sql_properties properties; /* CREATE CATALOG and CREATE DATABASE */
    const char *comment;
    const char *key;                  /* SET and RESET; NULL when none */
    const char *value;                /* SET */
    const struct sql_query *query;    /* SELECT, EXPLAIN of one */
    const struct sql_insert *inserts; /* INSERT, STATEMENT SET, EXPLAIN of them */
    size_t insert_count;
};
