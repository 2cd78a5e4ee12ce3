#include "common/iceberg/manifest.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/iceberg/iceberg_internal.h"
#include "common/iceberg/manifest_internal.h"
#include "common/iceberg/value.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { ARENA_BYTES = 16 * 1024 };

/* Order of the schema's fields. */
enum { AT_STATUS, AT_SNAPSHOT, AT_SEQUENCE, AT_FILE_SEQUENCE, AT_DATA_FILE, ENTRY_FIELDS };
enum {
    AT_CONTENT,
    AT_PATH,
    AT_FORMAT,
    AT_PARTITION,
    AT_RECORD_COUNT,
    AT_FILE_SIZE,
    AT_COLUMN_SIZES,
    AT_VALUE_COUNTS,
    AT_NULL_COUNTS,
    AT_NAN_COUNTS,
    AT_LOWER_BOUNDS,
    AT_UPPER_BOUNDS,
    AT_KEY_METADATA,
    AT_SPLIT_OFFSETS,
    AT_EQUALITY_IDS,
    AT_SORT_ORDER,
    FILE_FIELDS
};

struct iceberg_manifest_writer {
    struct avro_writer *avro;
    struct arena *arena;   /* of the writer */
    struct arena *scratch; /* of one entry */
    uint32_t num_partition_fields;
    struct iceberg_type *partition_types;
    struct iceberg_partition_summary *partitions; /* bounds in arena */
    struct iceberg_manifest_file manifest;
};

static enum status create_avro(struct iceberg_manifest_writer *writer, const struct iceberg_schema *schema,
                               const struct iceberg_partition_spec *spec, struct error *error)
{
    struct buffer text = {0};
    json_t *schema_json = iceberg_schema_to_json(schema);
    json_t *spec_json = iceberg_partition_spec_to_json(spec);
    char *schema_text = json_dumps(schema_json, JSON_COMPACT);
    char *fields = json_dumps(json_object_get(spec_json, "fields"), JSON_COMPACT);
    char *schema_id = arena_printf(writer->arena, "%d", schema->schema_id);
    char *spec_id = arena_printf(writer->arena, "%d", spec->spec_id);
    const char *full_schema = schema->text != NULL ? schema->text : schema_text;
    const char *const entries[][2] = {
        {"schema", full_schema},        {"schema-id", schema_id}, {"partition-spec", fields},
        {"partition-spec-id", spec_id}, {"format-version", "2"},  {"content", "data"},
    };
    struct avro_metadata metadata[sizeof entries / sizeof entries[0]];
    enum status status = manifest_schema_text(schema, spec, &text, error);
    if (status == STATUS_OK && (full_schema == NULL || fields == NULL))
        status = error_set(error, STATUS_INVALID_ARGUMENT, "a column name is not valid UTF-8");
    if (status == STATUS_OK) {
        for (size_t i = 0; i < sizeof entries / sizeof entries[0]; i++)
            metadata[i] = (struct avro_metadata){entries[i][0],
                                                 {(const uint8_t *)entries[i][1], strlen(entries[i][1])}};
        status = avro_writer_create(buffer_text(&text), metadata, sizeof entries / sizeof entries[0],
                                    AVRO_CODEC_DEFLATE, &writer->avro, error);
    }
    free(fields);
    free(schema_text);
    json_decref(schema_json);
    json_decref(spec_json);
    buffer_free(&text);
    return status;
}

enum status iceberg_manifest_writer_create(const struct iceberg_schema *schema,
                                           const struct iceberg_partition_spec *spec, int64_t snapshot_id,
                                           struct iceberg_manifest_writer **ret_writer, struct error *error)
{
    struct iceberg_manifest_writer *writer = mem_calloc(1, sizeof *writer);
    writer->arena = arena_create(ARENA_BYTES);
    writer->scratch = arena_create(ARENA_BYTES);
    writer->num_partition_fields = spec->num_fields;
    writer->partition_types = arena_calloc(writer->arena, spec->num_fields, sizeof *writer->partition_types);
    writer->partitions = arena_calloc(writer->arena, spec->num_fields, sizeof *writer->partitions);
    writer->manifest = (struct iceberg_manifest_file){
        .spec_id = spec->spec_id,
        .sequence_number = ICEBERG_INHERIT,
        .min_sequence_number = ICEBERG_INHERIT,
        .added_snapshot_id = snapshot_id,
    };
    enum status status = create_avro(writer, schema, spec, error);
    for (uint32_t i = 0; status == STATUS_OK && i < spec->num_fields; i++)
        status = iceberg_partition_field_type(schema, &spec->fields[i], &writer->partition_types[i], error);
    if (status != STATUS_OK)
        iceberg_manifest_writer_free(writer);
    else
        *ret_writer = writer;
    return status;
}

void iceberg_manifest_writer_free(struct iceberg_manifest_writer *writer)
{
    if (writer == NULL)
        return;
    avro_writer_free(writer->avro);
    arena_free(writer->scratch);
    arena_free(writer->arena);
    free(writer);
}

/* Decimals are right-aligned in their fixed, with the sign in front. */
static struct avro_value decimal_value(struct iceberg_type type, struct bytes_view value, struct arena *arena)
{
    uint32_t size = manifest_decimal_bytes(type.precision);
    if (value.size == 0 || value.size > size)
        return avro_null();
    uint8_t *data = arena_alloc(arena, size);
    memset(data, value.data[0] >= 0x80 ? 0xFF : 0, size);
    memcpy(data + size - value.size, value.data, value.size);
    return avro_fixed(data, size);
}

static enum status partition_value(struct iceberg_type type, struct bytes_view value, struct arena *arena,
                                   struct avro_value *ret_value, struct error *error)
{
    int64_t number;
    struct avro_value result = avro_null();
    if (value.data == NULL) {
        *ret_value = result;
        return STATUS_OK;
    }
    switch (type.kind) {
    case ICEBERG_STRING: result = (struct avro_value){.type = AVRO_STRING, .bytes = value}; break;
    case ICEBERG_BINARY: result = avro_bytes(value.data, value.size); break;
    case ICEBERG_FIXED:
    case ICEBERG_UUID: result = avro_fixed(value.data, value.size); break;
    case ICEBERG_DECIMAL: result = decimal_value(type, value, arena); break;
    case ICEBERG_FLOAT:
    case ICEBERG_DOUBLE:
        if (value.size == 4) {
            float single;
            memcpy(&single, value.data, sizeof single);
            result = type.kind == ICEBERG_FLOAT ? avro_float(single) : avro_double((double)single);
        } else if (value.size == 8 && type.kind == ICEBERG_DOUBLE) {
            double real;
            memcpy(&real, value.data, sizeof real);
            result = avro_double(real);
        }
        break;
    default:
        if (!iceberg_value_to_long(type, value, &number))
            break;
        if (type.kind == ICEBERG_BOOLEAN)
            result = avro_boolean(number != 0);
        else if (type.kind == ICEBERG_INT || type.kind == ICEBERG_DATE)
            result = avro_int((int32_t)number);
        else
            result = avro_long(number);
        break;
    }
    if (result.type == AVRO_NULL)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "a partition value of %zu bytes does not fit its type", value.size);
    *ret_value = result;
    return STATUS_OK;
}

static void summarize(struct iceberg_manifest_writer *writer, const struct iceberg_data_file *file)
{
    for (uint32_t i = 0; i < writer->num_partition_fields; i++) {
        struct iceberg_partition_summary *summary = &writer->partitions[i];
        struct iceberg_type type = writer->partition_types[i];
        struct bytes_view value = file->partition_values[i];
        if (value.data == NULL) {
            summary->contains_null = true;
        } else if (iceberg_value_is_nan(type, value)) {
            summary->contains_nan = 1;
        } else {
            if (summary->lower_bound.data == NULL ||
                iceberg_value_compare(type, value, summary->lower_bound) < 0)
                summary->lower_bound = iceberg_value_from_bytes(value.data, value.size, writer->arena);
            if (summary->upper_bound.data == NULL ||
                iceberg_value_compare(type, value, summary->upper_bound) > 0)
                summary->upper_bound = iceberg_value_from_bytes(value.data, value.size, writer->arena);
        }
    }
}

static void count(struct iceberg_manifest_file *manifest, const struct iceberg_manifest_entry *entry)
{
    switch (entry->status) {
    case ICEBERG_ENTRY_ADDED:
        manifest->added_files_count++;
        manifest->added_rows_count += entry->file.record_count;
        break;
    case ICEBERG_ENTRY_EXISTING:
        manifest->existing_files_count++;
        manifest->existing_rows_count += entry->file.record_count;
        break;
    case ICEBERG_ENTRY_DELETED:
        manifest->deleted_files_count++;
        manifest->deleted_rows_count += entry->file.record_count;
        break;
    }
    if (entry->status != ICEBERG_ENTRY_DELETED && entry->sequence_number != ICEBERG_INHERIT &&
        (manifest->min_sequence_number == ICEBERG_INHERIT ||
         entry->sequence_number < manifest->min_sequence_number))
        manifest->min_sequence_number = entry->sequence_number;
}

static int64_t metric(const struct iceberg_column_metrics *column, int at)
{
    switch (at) {
    case AT_COLUMN_SIZES: return column->column_size;
    case AT_VALUE_COUNTS: return column->value_count;
    case AT_NULL_COUNTS: return column->null_count;
    default: return column->nan_count;
    }
}

/* One of the metrics maps; null when no column has it. */
static struct avro_value metrics_map(const struct iceberg_data_file *file, int at, struct arena *arena)
{
    struct avro_value map = avro_array(arena, file->num_columns);
    uint32_t used = 0;
    for (uint32_t i = 0; i < file->num_columns; i++) {
        const struct iceberg_column_metrics *column = &file->columns[i];
        struct avro_value value;
        if (at == AT_LOWER_BOUNDS || at == AT_UPPER_BOUNDS) {
            struct bytes_view bound = at == AT_LOWER_BOUNDS ? column->lower_bound : column->upper_bound;
            if (bound.data == NULL)
                continue;
            value = avro_bytes(bound.data, bound.size);
        } else {
            if (metric(column, at) < 0)
                continue;
            value = avro_long(metric(column, at));
        }
        struct avro_value pair = avro_record(arena, 2);
        pair.children[0] = avro_int(column->field_id);
        pair.children[1] = value;
        map.children[used++] = pair;
    }
    map.count = used;
    return used > 0 ? map : avro_null();
}

static struct avro_value long_or_null(int64_t value)
{
    return value == ICEBERG_INHERIT ? avro_null() : avro_long(value);
}

static enum status build_file(struct iceberg_manifest_writer *writer, const struct iceberg_data_file *file,
                              struct avro_value *value, struct error *error)
{
    struct arena *arena = writer->scratch;
    if (file->num_partition_values != writer->num_partition_fields)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "data file %s has %u partition values, its spec has %u", file->path,
                         file->num_partition_values, writer->num_partition_fields);
    *value = avro_record(arena, FILE_FIELDS);
    struct avro_value *fields = value->children;
    fields[AT_CONTENT] = avro_int((int32_t)file->content);
    fields[AT_PATH] = avro_string(file->path);
    fields[AT_FORMAT] = avro_string(file->format);
    fields[AT_PARTITION] = avro_record(arena, writer->num_partition_fields);
    for (uint32_t i = 0; i < writer->num_partition_fields; i++) {
        enum status status = partition_value(writer->partition_types[i], file->partition_values[i], arena,
                                             &fields[AT_PARTITION].children[i], error);
        if (status != STATUS_OK)
            return error_prefix(error, "data file %s", file->path);
    }
    fields[AT_RECORD_COUNT] = avro_long(file->record_count);
    fields[AT_FILE_SIZE] = avro_long(file->file_size_bytes);
    for (int at = AT_COLUMN_SIZES; at <= AT_UPPER_BOUNDS; at++)
        fields[at] = metrics_map(file, at, arena);
    if (file->key_metadata.data != NULL)
        fields[AT_KEY_METADATA] = avro_bytes(file->key_metadata.data, file->key_metadata.size);
    if (file->num_split_offsets > 0) {
        fields[AT_SPLIT_OFFSETS] = avro_array(arena, file->num_split_offsets);
        for (uint32_t i = 0; i < file->num_split_offsets; i++)
            fields[AT_SPLIT_OFFSETS].children[i] = avro_long(file->split_offsets[i]);
    }
    if (file->num_equality_ids > 0) {
        fields[AT_EQUALITY_IDS] = avro_array(arena, file->num_equality_ids);
        for (uint32_t i = 0; i < file->num_equality_ids; i++)
            fields[AT_EQUALITY_IDS].children[i] = avro_int(file->equality_ids[i]);
    }
    if (file->sort_order_id >= 0)
        fields[AT_SORT_ORDER] = avro_int(file->sort_order_id);
    return STATUS_OK;
}

enum status iceberg_manifest_writer_add(struct iceberg_manifest_writer *writer,
                                        const struct iceberg_manifest_entry *entry, struct error *error)
{
    CHECK(entry->status == ICEBERG_ENTRY_ADDED || entry->sequence_number != ICEBERG_INHERIT);
    arena_reset(writer->scratch);
    struct avro_value value = avro_record(writer->scratch, ENTRY_FIELDS);
    value.children[AT_STATUS] = avro_int((int32_t)entry->status);
    value.children[AT_SNAPSHOT] = avro_long(entry->snapshot_id);
    value.children[AT_SEQUENCE] = long_or_null(entry->sequence_number);
    value.children[AT_FILE_SEQUENCE] = long_or_null(entry->file_sequence_number);
    enum status status = build_file(writer, &entry->file, &value.children[AT_DATA_FILE], error);
    if (status == STATUS_OK)
        status = avro_writer_append(writer->avro, &value, error);
    if (status != STATUS_OK)
        return status;
    summarize(writer, &entry->file);
    count(&writer->manifest, entry);
    return STATUS_OK;
}

enum status iceberg_manifest_writer_finish(struct iceberg_manifest_writer *writer, struct buffer *buffer,
                                           struct arena *arena, struct iceberg_manifest_file *ret_manifest,
                                           struct error *error)
{
    size_t before = buffer->size;
    enum status status = avro_writer_finish(writer->avro, buffer, error);
    if (status != STATUS_OK)
        return status;
    struct iceberg_manifest_file manifest = writer->manifest;
    manifest.length_bytes = (int64_t)(buffer->size - before);
    struct iceberg_partition_summary *partitions =
        arena_calloc(arena, writer->num_partition_fields, sizeof *partitions);
    for (uint32_t i = 0; i < writer->num_partition_fields; i++) {
        partitions[i] = writer->partitions[i];
        struct bytes_view *bounds[] = {&partitions[i].lower_bound, &partitions[i].upper_bound};
        for (int j = 0; j < 2; j++)
            if (bounds[j]->data != NULL)
                *bounds[j] = iceberg_value_from_bytes(bounds[j]->data, bounds[j]->size, arena);
    }
    manifest.partitions = partitions;
    manifest.num_partitions = writer->num_partition_fields;
    *ret_manifest = manifest;
    return STATUS_OK;
}
