#pragma once

#include "common/base/arena.h"
#include "common/columnar/schema.h"

struct json_t;

/* Types of the Iceberg specification, format version 2. */
enum iceberg_type_kind {
    ICEBERG_BOOLEAN,
    ICEBERG_INT,
    ICEBERG_LONG,
    ICEBERG_FLOAT,
    ICEBERG_DOUBLE,
    ICEBERG_DECIMAL,
    ICEBERG_DATE,
    ICEBERG_TIME,
    ICEBERG_TIMESTAMP,
    ICEBERG_TIMESTAMPTZ,
    ICEBERG_STRING,
    ICEBERG_UUID,
    ICEBERG_FIXED,
    ICEBERG_BINARY,
    ICEBERG_STRUCT, /* nested types: known to exist, not yet written */
    ICEBERG_LIST,
    ICEBERG_MAP,
};

/* A value. */
struct iceberg_type {
    enum iceberg_type_kind kind;
    uint8_t precision; /* DECIMAL */
    uint8_t scale;     /* DECIMAL */
    uint32_t length;   /* FIXED, bytes */
};

struct iceberg_field {
    int32_t id;
    const char *name;
    bool required;
    struct iceberg_type type;
};

/* Columns of a table under one schema id. Lives in the arena (or table metadata) it was made in. */
struct iceberg_schema {
    int32_t schema_id;
    uint32_t num_fields;
    struct iceberg_field *fields;
    uint32_t num_identifier_fields;
    int32_t *identifier_field_ids; /* the primary key */
    const char *text; /* the JSON it was read from, with what is not parsed; NULL for a new one */
};

/* "decimal(10, 2)", "timestamptz": the specification's spelling. */
void iceberg_type_format(struct iceberg_type type, struct buffer *buffer);
/* UNSUPPORTED for a type that Iceberg does not have. */
STATUS_MUST_CHECK enum status iceberg_type_from_sql(struct data_type type, struct iceberg_type *ret_type,
                                                    struct error *error);
/* UNSUPPORTED for nested types, time, uuid and fixed. The result is nullable. */
STATUS_MUST_CHECK enum status iceberg_type_to_sql(struct iceberg_type type, struct data_type *ret_type,
                                                  struct error *error);

const struct iceberg_field *iceberg_schema_find(const struct iceberg_schema *schema, const char *name);
const struct iceberg_field *iceberg_schema_field_by_id(const struct iceberg_schema *schema, int32_t id);

/* A new table's schema: ids 1, 2, ... in order, schema id 0. A NOT NULL column is required. key_columns (may
 * be NULL) become identifier fields and required. */
STATUS_MUST_CHECK enum status iceberg_schema_from_sql(const struct schema *columns,
                                                      const char *const *key_columns,
                                                      uint32_t num_key_columns, struct arena *arena,
                                                      struct iceberg_schema **ret_schema,
                                                      struct error *error);
/* The SQL view of a table; columns whose type has no SQL counterpart are left out. One reference. */
struct schema *iceberg_schema_to_sql(const struct iceberg_schema *schema);

/*
 * Matches what is written with the columns of a table, by name (exact, else without case where unambiguous).
 * The result has the columns as written, each with the table's field id. Errors name the column: one that the
 * table lacks, a type that cannot become the table's (int to long, float to double and a wider decimal of the
 * same scale can), a nullable column for a required one, a required column that is not written.
 */
STATUS_MUST_CHECK enum status iceberg_schema_match(const struct iceberg_schema *table,
                                                   const struct schema *columns, struct schema **ret_columns,
                                                   struct error *error);

/* JSON both ways. Parsing takes nested types too. The text form is what manifests carry in their header. */
STATUS_MUST_CHECK enum status iceberg_schema_parse(const struct json_t *json, struct arena *arena,
                                                   struct iceberg_schema **ret_schema, struct error *error);
struct json_t *iceberg_schema_to_json(const struct iceberg_schema *schema); /* a new reference */
