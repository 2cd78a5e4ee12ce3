#pragma once

#include "common/base/arena.h"
#include "common/base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Apache Avro 1.11: schemas, the binary encoding and object container files, over values that are trees in an
 * arena. For metadata (manifests), not for rows. Attributes such as field-id, element-id and logicalType are
 * kept: the text of a schema is written as it was given.
 */
enum avro_type {
    AVRO_NULL,
    AVRO_BOOLEAN,
    AVRO_INT,
    AVRO_LONG,
    AVRO_FLOAT,
    AVRO_DOUBLE,
    AVRO_BYTES,
    AVRO_STRING,
    AVRO_FIXED,
    AVRO_ENUM,
    AVRO_ARRAY,
    AVRO_MAP,
    AVRO_RECORD,
    AVRO_UNION,
};

enum { AVRO_NO_ID = -1 };

struct avro_field {
    const char *name;
    int32_t field_id; /* or AVRO_NO_ID */
    const struct avro_schema *schema;
};

/* A node of a parsed schema, in an arena. */
struct avro_schema {
    enum avro_type type;
    const char *name;                    /* RECORD, FIXED, ENUM */
    const char *logical_type;            /* or NULL */
    uint32_t fixed_size;                 /* FIXED */
    uint32_t count;                      /* fields of a RECORD, branches of a UNION, symbols of an ENUM */
    struct avro_field *fields;           /* RECORD */
    const struct avro_schema **branches; /* UNION */
    const char **symbols;                /* ENUM */
    const struct avro_schema *items;     /* ARRAY, and the values of a MAP */
    int32_t element_id;                  /* ARRAY, or AVRO_NO_ID */
};

/* INVALID_ARGUMENT for what is no Avro schema. */
STATUS_MUST_CHECK enum status avro_schema_parse(const char *text, size_t size, struct arena *arena,
                                                const struct avro_schema **ret_schema, struct error *error);
/* Index of the field with that id, or AVRO_NO_ID. */
int32_t avro_schema_field_by_id(const struct avro_schema *record, int32_t field_id);
int32_t avro_schema_field_by_name(const struct avro_schema *record, const char *name);
/* The one branch of a union [null, x] that is not null; any other schema is returned as it is. */
const struct avro_schema *avro_schema_not_null(const struct avro_schema *schema);

/*
 * A value. A union has the value of its branch: type says which, so that two branches of one type cannot be
 * told apart. children: fields of a RECORD, items of an ARRAY, values of a MAP.
 */
struct avro_value {
    enum avro_type type;
    uint32_t count;
    union {
        bool boolean;
        int64_t integer;         /* INT, LONG, ENUM */
        double real;             /* FLOAT, DOUBLE */
        struct bytes_view bytes; /* BYTES, STRING, FIXED */
        struct avro_value *children;
    };
    struct bytes_view *keys; /* MAP */
};

struct avro_value avro_null(void);
struct avro_value avro_boolean(bool value);
struct avro_value avro_int(int32_t value);
struct avro_value avro_long(int64_t value);
struct avro_value avro_float(float value);
struct avro_value avro_double(double value);
struct avro_value avro_bytes(const void *data, size_t size);
struct avro_value avro_string(const char *text);
struct avro_value avro_fixed(const void *data, size_t size);
/* children are zeroed (null) in arena. */
struct avro_value avro_record(struct arena *arena, uint32_t num_fields);
struct avro_value avro_array(struct arena *arena, uint32_t count);

/* Appends the binary encoding. INVALID_ARGUMENT when the value does not fit the schema. */
STATUS_MUST_CHECK enum status avro_encode(const struct avro_schema *schema, const struct avro_value *value,
                                          struct buffer *buffer, struct error *error);
/* Takes one value from the start of *bytes and moves it on. Strings and bytes point into what bytes pointed
 * to. CORRUPT for what is no such value. */
STATUS_MUST_CHECK enum status avro_decode(const struct avro_schema *schema, struct bytes_view *bytes,
                                          struct arena *arena, struct avro_value *ret_value,
                                          struct error *error);

enum avro_codec { AVRO_CODEC_NULL, AVRO_CODEC_DEFLATE };

/* An entry of a file's header. */
struct avro_metadata {
    const char *key;
    struct bytes_view value;
};

/* Builds a container file in memory. */
struct avro_writer;
/* schema_text is what the header says; metadata are further header entries; both are copied. */
STATUS_MUST_CHECK enum status avro_writer_create(const char *schema_text,
                                                 const struct avro_metadata *metadata, uint32_t num_metadata,
                                                 enum avro_codec codec, struct avro_writer **ret_writer,
                                                 struct error *error);
void avro_writer_free(struct avro_writer *writer);
STATUS_MUST_CHECK enum status avro_writer_append(struct avro_writer *writer, const struct avro_value *value,
                                                 struct error *error);
/* Appends the whole file to buffer; nothing may be appended after. */
STATUS_MUST_CHECK enum status avro_writer_finish(struct avro_writer *writer, struct buffer *buffer,
                                                 struct error *error);

/* A container file read from memory: codecs null and deflate, others are UNSUPPORTED. */
struct avro_reader;
/* bytes must outlive the reader. */
STATUS_MUST_CHECK enum status avro_reader_create(struct bytes_view bytes, struct avro_reader **ret_reader,
                                                 struct error *error);
void avro_reader_free(struct avro_reader *reader);
const struct avro_schema *avro_reader_schema(const struct avro_reader *reader);
/* A header entry; data NULL when absent. */
struct bytes_view avro_reader_metadata(const struct avro_reader *reader, const char *key);
/* The next value, independent of the reader but not of the arena given first for its block: pass the same one
 * each time, or keep all. NOT_FOUND at the end. */
STATUS_MUST_CHECK enum status avro_reader_next(struct avro_reader *reader, struct arena *arena,
                                               struct avro_value *ret_value, struct error *error);
