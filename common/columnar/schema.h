#pragma once

#include "common/base/refcount.h"
#include "common/columnar/data_type.h"

/* One column of a schema. field_id is Iceberg's, 0 where there is none. */
struct schema_field {
    char *name;
    struct data_type type;
    int32_t field_id;
};

/* An ordered list of columns, shared by reference count and immutable once shared. */
struct schema {
    struct refcount refs;
    uint32_t num_fields;
    struct schema_field fields[];
};

/* Fields are zeroed; set each with schema_set_field before sharing. */
struct schema *schema_create(uint32_t num_fields);
void schema_set_field(struct schema *schema, uint32_t index, const char *name, struct data_type type);
struct schema *schema_ref(const struct schema *schema);
void schema_unref(const struct schema *schema);
/* Index of the column of that exact name, or -1. */
int32_t schema_find(const struct schema *schema, const char *name);
/* "[a: BIGINT, b: STRING]" as in Flink's messages. */
void schema_format(const struct schema *schema, struct buffer *buffer);
