#include "common/parquet/footer.h"

#include "common/parquet/parquet_internal.h"
#include "common/parquet/thrift_compact.h"

/* Numbers of the format. */
enum { REPETITION_REQUIRED = 0, REPETITION_OPTIONAL = 1, FORMAT_VERSION = 1 };
enum { CONVERTED_UTF8 = 0, CONVERTED_DECIMAL = 5, CONVERTED_DATE = 6, CONVERTED_TIMESTAMP_MICROS = 10 };
enum { LOGICAL_STRING = 1, LOGICAL_DECIMAL = 5, LOGICAL_DATE = 6, LOGICAL_TIMESTAMP = 8, UNIT_MICROS = 2 };

static void write_empty_struct(struct thrift_writer *parent, int16_t id)
{
    struct thrift_writer empty = thrift_begin_struct(parent, id);
    thrift_end_struct(&empty);
}

/* The older ConvertedType says the same where it can; readers of both exist. */
static void write_converted_type(struct thrift_writer *element, struct data_type type)
{
    switch (type.kind) {
    case TYPE_STRING: thrift_write_i32(element, 6, CONVERTED_UTF8); return;
    case TYPE_DATE: thrift_write_i32(element, 6, CONVERTED_DATE); return;
    case TYPE_TIMESTAMP_LTZ: thrift_write_i32(element, 6, CONVERTED_TIMESTAMP_MICROS); return;
    case TYPE_DECIMAL:
        thrift_write_i32(element, 6, CONVERTED_DECIMAL);
        thrift_write_i32(element, 7, type.scale);
        thrift_write_i32(element, 8, type.precision);
        return;
    default: return;
    }
}

static void write_timestamp(struct thrift_writer *logical, bool is_utc)
{
    struct thrift_writer timestamp = thrift_begin_struct(logical, LOGICAL_TIMESTAMP);
    thrift_write_bool(&timestamp, 1, is_utc);
    struct thrift_writer unit = thrift_begin_struct(&timestamp, 2);
    write_empty_struct(&unit, UNIT_MICROS);
    thrift_end_struct(&unit);
    thrift_end_struct(&timestamp);
}

static void write_logical_type(struct thrift_writer *element, struct data_type type)
{
    bool has_none = type.kind != TYPE_STRING && type.kind != TYPE_DECIMAL && type.kind != TYPE_DATE &&
                    type.kind != TYPE_TIMESTAMP && type.kind != TYPE_TIMESTAMP_LTZ;
    if (has_none)
        return;
    struct thrift_writer logical = thrift_begin_struct(element, 10);
    if (type.kind == TYPE_STRING) {
        write_empty_struct(&logical, LOGICAL_STRING);
    } else if (type.kind == TYPE_DATE) {
        write_empty_struct(&logical, LOGICAL_DATE);
    } else if (type.kind == TYPE_DECIMAL) {
        struct thrift_writer decimal = thrift_begin_struct(&logical, LOGICAL_DECIMAL);
        thrift_write_i32(&decimal, 1, type.scale);
        thrift_write_i32(&decimal, 2, type.precision);
        thrift_end_struct(&decimal);
    } else {
        write_timestamp(&logical, type.kind == TYPE_TIMESTAMP_LTZ);
    }
    thrift_end_struct(&logical);
}

static enum status write_field(struct buffer *buffer, const struct schema_field *field, struct error *error)
{
    struct parquet_layout layout;
    enum status status = parquet_layout_of(field->type, &layout, error);
    if (status != STATUS_OK)
        return status;
    struct thrift_writer element = thrift_begin_element(buffer);
    thrift_write_i32(&element, 1, (int32_t)layout.type);
    if (layout.type == PARQUET_FIXED_LEN_BYTE_ARRAY)
        thrift_write_i32(&element, 2, (int32_t)layout.width);
    thrift_write_i32(&element, 3, field->type.nullable ? REPETITION_OPTIONAL : REPETITION_REQUIRED);
    thrift_write_text(&element, 4, field->name);
    write_converted_type(&element, field->type);
    if (field->field_id != 0)
        thrift_write_i32(&element, 9, field->field_id);
    write_logical_type(&element, field->type);
    thrift_end_struct(&element);
    return STATUS_OK;
}

static enum status write_schema(struct thrift_writer *metadata, const struct schema *schema,
                                struct error *error)
{
    thrift_write_list(metadata, 2, THRIFT_STRUCT, schema->num_fields + 1);
    struct thrift_writer root = thrift_begin_element(metadata->buffer);
    thrift_write_text(&root, 4, "table");
    thrift_write_i32(&root, 5, (int32_t)schema->num_fields);
    thrift_end_struct(&root);
    for (uint32_t i = 0; i < schema->num_fields; i++) {
        enum status status = write_field(metadata->buffer, &schema->fields[i], error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static void write_key_values(struct thrift_writer *metadata, const struct parquet_writer_options *options)
{
    if (options->metadata_count == 0)
        return;
    thrift_write_list(metadata, 5, THRIFT_STRUCT, (uint32_t)options->metadata_count);
    for (size_t i = 0; i < options->metadata_count; i++) {
        struct thrift_writer entry = thrift_begin_element(metadata->buffer);
        thrift_write_text(&entry, 1, options->metadata[i].key);
        thrift_write_text(&entry, 2, options->metadata[i].value);
        thrift_end_struct(&entry);
    }
}

/* Readers trust minimum and maximum only when the order of the type is said to be meant. */
static void write_column_orders(struct thrift_writer *metadata, uint32_t num_columns)
{
    thrift_write_list(metadata, 7, THRIFT_STRUCT, num_columns);
    for (uint32_t i = 0; i < num_columns; i++) {
        struct thrift_writer order = thrift_begin_element(metadata->buffer);
        write_empty_struct(&order, 1);
        thrift_end_struct(&order);
    }
}

enum status footer_encode(const struct parquet_writer_options *options, const struct schema *schema,
                          const struct footer_row_groups *row_groups, int64_t row_count,
                          struct buffer *buffer, struct error *error)
{
    struct thrift_writer metadata = thrift_begin_element(buffer);
    thrift_write_i32(&metadata, 1, FORMAT_VERSION);
    enum status status = write_schema(&metadata, schema, error);
    if (status != STATUS_OK)
        return status;
    thrift_write_i64(&metadata, 3, row_count);
    thrift_write_list(&metadata, 4, THRIFT_STRUCT, row_groups->count);
    buffer_append(buffer, row_groups->elements.data, row_groups->elements.size);
    write_key_values(&metadata, options);
    if (options->created_by != NULL)
        thrift_write_text(&metadata, 6, options->created_by);
    write_column_orders(&metadata, schema->num_fields);
    thrift_end_struct(&metadata);
    return STATUS_OK;
}
