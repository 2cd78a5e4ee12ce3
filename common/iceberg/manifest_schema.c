#include "common/iceberg/manifest_internal.h"

#include "common/iceberg/iceberg_internal.h"

#include <ctype.h>

/* Fields before and after the partition record, whose fields are the spec's. */
static const char ENTRY_HEAD[] =
    "{\"type\":\"record\",\"name\":\"manifest_entry\",\"fields\":["
    "{\"name\":\"status\",\"type\":\"int\",\"field-id\":0},"
    "{\"name\":\"snapshot_id\",\"type\":[\"null\",\"long\"],\"default\":null,\"field-id\":1},"
    "{\"name\":\"sequence_number\",\"type\":[\"null\",\"long\"],\"default\":null,\"field-id\":3},"
    "{\"name\":\"file_sequence_number\",\"type\":[\"null\",\"long\"],\"default\":null,\"field-id\":4},"
    "{\"name\":\"data_file\",\"type\":{\"type\":\"record\",\"name\":\"r2\",\"fields\":["
    "{\"name\":\"content\",\"type\":\"int\",\"field-id\":134},"
    "{\"name\":\"file_path\",\"type\":\"string\",\"field-id\":100},"
    "{\"name\":\"file_format\",\"type\":\"string\",\"field-id\":101},"
    "{\"name\":\"partition\",\"type\":{\"type\":\"record\",\"name\":\"r102\",\"fields\":[";

static const char ENTRY_MIDDLE[] = "]},\"field-id\":102},"
                                   "{\"name\":\"record_count\",\"type\":\"long\",\"field-id\":103},"
                                   "{\"name\":\"file_size_in_bytes\",\"type\":\"long\",\"field-id\":104},";

static const char ENTRY_TAIL[] =
    "{\"name\":\"key_metadata\",\"type\":[\"null\",\"bytes\"],\"default\":null,\"field-id\":131},"
    "{\"name\":\"split_offsets\",\"type\":[\"null\",{\"type\":\"array\",\"items\":\"long\",\"element-id\":"
    "133}],"
    "\"default\":null,\"field-id\":132},"
    "{\"name\":\"equality_ids\",\"type\":[\"null\",{\"type\":\"array\",\"items\":\"int\",\"element-id\":136}]"
    ","
    "\"default\":null,\"field-id\":135},"
    "{\"name\":\"sort_order_id\",\"type\":[\"null\",\"int\"],\"default\":null,\"field-id\":140}"
    "]},\"field-id\":2}]}";

static const char LIST_SCHEMA[] =
    "{\"type\":\"record\",\"name\":\"manifest_file\",\"fields\":["
    "{\"name\":\"manifest_path\",\"type\":\"string\",\"field-id\":500},"
    "{\"name\":\"manifest_length\",\"type\":\"long\",\"field-id\":501},"
    "{\"name\":\"partition_spec_id\",\"type\":\"int\",\"field-id\":502},"
    "{\"name\":\"content\",\"type\":\"int\",\"field-id\":517},"
    "{\"name\":\"sequence_number\",\"type\":\"long\",\"field-id\":515},"
    "{\"name\":\"min_sequence_number\",\"type\":\"long\",\"field-id\":516},"
    "{\"name\":\"added_snapshot_id\",\"type\":\"long\",\"field-id\":503},"
    "{\"name\":\"added_files_count\",\"type\":\"int\",\"field-id\":504},"
    "{\"name\":\"existing_files_count\",\"type\":\"int\",\"field-id\":505},"
    "{\"name\":\"deleted_files_count\",\"type\":\"int\",\"field-id\":506},"
    "{\"name\":\"added_rows_count\",\"type\":\"long\",\"field-id\":512},"
    "{\"name\":\"existing_rows_count\",\"type\":\"long\",\"field-id\":513},"
    "{\"name\":\"deleted_rows_count\",\"type\":\"long\",\"field-id\":514},"
    "{\"name\":\"partitions\",\"type\":[\"null\",{\"type\":\"array\",\"element-id\":508,\"items\":"
    "{\"type\":\"record\",\"name\":\"r508\",\"fields\":["
    "{\"name\":\"contains_null\",\"type\":\"boolean\",\"field-id\":509},"
    "{\"name\":\"contains_nan\",\"type\":[\"null\",\"boolean\"],\"default\":null,\"field-id\":518},"
    "{\"name\":\"lower_bound\",\"type\":[\"null\",\"bytes\"],\"default\":null,\"field-id\":510},"
    "{\"name\":\"upper_bound\",\"type\":[\"null\",\"bytes\"],\"default\":null,\"field-id\":511}"
    "]}}],\"default\":null,\"field-id\":507},"
    "{\"name\":\"key_metadata\",\"type\":[\"null\",\"bytes\"],\"default\":null,\"field-id\":519}]}";

/* Maps of metrics are arrays of key and value, since Avro's maps have text keys only. */
static const struct {
    const char *name;
    int id, key_id, value_id;
    const char *value_type;
} METRICS[] = {
    {"column_sizes", FILE_COLUMN_SIZES, 117, 118, "long"},
    {"value_counts", FILE_VALUE_COUNTS, 119, 120, "long"},
    {"null_value_counts", FILE_NULL_COUNTS, 121, 122, "long"},
    {"nan_value_counts", FILE_NAN_COUNTS, 138, 139, "long"},
    {"lower_bounds", FILE_LOWER_BOUNDS, 126, 127, "bytes"},
    {"upper_bounds", FILE_UPPER_BOUNDS, 129, 130, "bytes"},
};

const char *manifest_list_schema_text(void)
{
    return LIST_SCHEMA;
}

uint32_t manifest_decimal_bytes(uint8_t precision)
{
    uint32_t bytes = 1;
    unsigned __int128 limit = 1;
    unsigned __int128 wanted = 1;
    for (unsigned i = 0; i < precision; i++)
        wanted *= 10;
    for (limit = 128; limit < wanted && bytes < 16; bytes++)
        limit = bytes == 15 ? ~(unsigned __int128)0 : limit * 256;
    return bytes;
}

/* Avro names take letters, digits and '_' only. */
static void put_name(const char *name, struct buffer *buffer)
{
    if (isdigit((unsigned char)*name))
        buffer_append_byte(buffer, '_');
    for (const char *c = name; *c != '\0'; c++) {
        unsigned char byte = (unsigned char)*c;
        if (byte < 0x80 && (isalnum(byte) || byte == '_'))
            buffer_append_byte(buffer, byte);
        else
            buffer_printf(buffer, "_x%X", byte);
    }
}

static void put_type(struct iceberg_type type, int32_t field_id, struct buffer *buffer)
{
    switch (type.kind) {
    case ICEBERG_DATE: buffer_append_text(buffer, "{\"type\":\"int\",\"logicalType\":\"date\"}"); break;
    case ICEBERG_TIME:
        buffer_append_text(buffer, "{\"type\":\"long\",\"logicalType\":\"time-micros\"}");
        break;
    case ICEBERG_TIMESTAMP:
    case ICEBERG_TIMESTAMPTZ:
        buffer_printf(buffer, "{\"type\":\"long\",\"logicalType\":\"timestamp-micros\",\"adjust-to-utc\":%s}",
                      type.kind == ICEBERG_TIMESTAMPTZ ? "true" : "false");
        break;
    case ICEBERG_DECIMAL: /* the id makes the name unique within the schema */
        buffer_printf(
            buffer,
            "{\"type\":\"fixed\",\"name\":\"decimal_%u_%u_%d\",\"size\":%u,\"logicalType\":\"decimal\","
            "\"precision\":%u,\"scale\":%u}",
            type.precision, type.scale, field_id, manifest_decimal_bytes(type.precision), type.precision,
            type.scale);
        break;
    case ICEBERG_UUID:
        buffer_printf(buffer,
                      "{\"type\":\"fixed\",\"name\":\"uuid_fixed_%d\",\"size\":16,\"logicalType\":\"uuid\"}",
                      field_id);
        break;
    case ICEBERG_FIXED:
        buffer_printf(buffer, "{\"type\":\"fixed\",\"name\":\"fixed_%u_%d\",\"size\":%u}", type.length,
                      field_id, type.length);
        break;
    case ICEBERG_BINARY: buffer_append_text(buffer, "\"bytes\""); break;
    default:
        buffer_append_byte(buffer, '"');
        iceberg_type_format(type, buffer);
        buffer_append_byte(buffer, '"');
        break;
    }
}

enum status manifest_schema_text(const struct iceberg_schema *schema,
                                 const struct iceberg_partition_spec *spec, struct buffer *buffer,
                                 struct error *error)
{
    buffer_append_text(buffer, ENTRY_HEAD);
    for (uint32_t i = 0; i < spec->num_fields; i++) {
        struct iceberg_type type;
        enum status status = iceberg_partition_field_type(schema, &spec->fields[i], &type, error);
        if (status != STATUS_OK)
            return status;
        buffer_append_text(buffer, i == 0 ? "{\"name\":\"" : ",{\"name\":\"");
        put_name(spec->fields[i].name, buffer);
        buffer_append_text(buffer, "\",\"type\":[\"null\",");
        put_type(type, spec->fields[i].field_id, buffer);
        buffer_printf(buffer, "],\"default\":null,\"field-id\":%d}", spec->fields[i].field_id);
    }
    buffer_append_text(buffer, ENTRY_MIDDLE);
    for (size_t i = 0; i < sizeof METRICS / sizeof METRICS[0]; i++)
        buffer_printf(
            buffer,
            "{\"name\":\"%s\",\"type\":[\"null\",{\"type\":\"array\",\"items\":{\"type\":\"record\","
            "\"name\":\"k%d_v%d\",\"fields\":[{\"name\":\"key\",\"type\":\"int\",\"field-id\":%d},"
            "{\"name\":\"value\",\"type\":\"%s\",\"field-id\":%d}]},\"logicalType\":\"map\"}],"
            "\"default\":null,\"field-id\":%d},",
            METRICS[i].name, METRICS[i].key_id, METRICS[i].value_id, METRICS[i].key_id, METRICS[i].value_type,
            METRICS[i].value_id, METRICS[i].id);
    buffer_append_text(buffer, ENTRY_TAIL);
    return STATUS_OK;
}
