#include "common/iceberg/manifest.h"

#include "common/iceberg/iceberg_internal.h"
#include "common/iceberg/manifest_internal.h"
#include "common/iceberg/value.h"

#include <string.h>

const struct avro_value *manifest_member(const struct avro_schema *record, const struct avro_value *value,
                                         int32_t field_id)
{
    int32_t at = avro_schema_field_by_id(record, field_id);
    if (at < 0 || value->children[at].type == AVRO_NULL)
        return NULL;
    return &value->children[at];
}

const struct avro_schema *manifest_member_schema(const struct avro_schema *record, int32_t field_id)
{
    int32_t at = avro_schema_field_by_id(record, field_id);
    return at < 0 ? NULL : avro_schema_not_null(record->fields[at].schema);
}

static bool is_integer(const struct avro_value *value)
{
    return value != NULL && (value->type == AVRO_INT || value->type == AVRO_LONG);
}

static bool is_bytes(const struct avro_value *value)
{
    return value != NULL &&
           (value->type == AVRO_BYTES || value->type == AVRO_STRING || value->type == AVRO_FIXED);
}

int64_t manifest_member_long(const struct avro_schema *record, const struct avro_value *value,
                             int32_t field_id, int64_t fallback)
{
    const struct avro_value *member = manifest_member(record, value, field_id);
    return is_integer(member) ? member->integer : fallback;
}

struct bytes_view manifest_member_bytes(const struct avro_schema *record, const struct avro_value *value,
                                        int32_t field_id)
{
    const struct avro_value *member = manifest_member(record, value, field_id);
    if (!is_bytes(member))
        return (struct bytes_view){NULL, 0};
    return member->bytes;
}

/* State of reading one manifest. */
struct manifest_reader {
    const struct iceberg_manifest_file *manifest;
    const struct iceberg_partition_spec *spec;
    struct iceberg_type *partition_types;
    const struct avro_schema *entry; /* records */
    const struct avro_schema *file;
    const struct avro_schema *partition;
    struct arena *arena;
};

static struct bytes_view decimal_bytes(struct bytes_view value)
{
    while (value.size > 1 && ((value.data[0] == 0 && value.data[1] < 0x80) ||
                              (value.data[0] == 0xFF && value.data[1] >= 0x80))) {
        value.data++;
        value.size--;
    }
    return value;
}

static struct bytes_view partition_bytes(struct iceberg_type type, const struct avro_value *value,
                                         struct arena *arena)
{
    if (value == NULL)
        return (struct bytes_view){NULL, 0};
    if (value->type == AVRO_BOOLEAN)
        return iceberg_value_from_boolean(value->boolean, arena);
    if (is_integer(value) && (type.kind == ICEBERG_INT || type.kind == ICEBERG_DATE))
        return iceberg_value_from_int((int32_t)value->integer, arena);
    if (is_integer(value))
        return iceberg_value_from_long(value->integer, arena);
    if (value->type == AVRO_FLOAT && type.kind == ICEBERG_FLOAT)
        return iceberg_value_from_float((float)value->real, arena);
    if (value->type == AVRO_FLOAT || value->type == AVRO_DOUBLE)
        return iceberg_value_from_double(value->real, arena);
    if (!is_bytes(value))
        return (struct bytes_view){NULL, 0};
    return type.kind == ICEBERG_DECIMAL ? decimal_bytes(value->bytes) : value->bytes;
}

static struct iceberg_column_metrics *metrics_of(struct iceberg_column_metrics *columns,
                                                 uint32_t *num_columns, int32_t field_id)
{
    for (uint32_t i = 0; i < *num_columns; i++)
        if (columns[i].field_id == field_id)
            return &columns[i];
    columns[*num_columns] = (struct iceberg_column_metrics){
        .field_id = field_id, .column_size = -1, .value_count = -1, .null_count = -1, .nan_count = -1};
    return &columns[(*num_columns)++];
}

static void read_metrics(struct manifest_reader *reader, const struct avro_value *value,
                         struct iceberg_data_file *file)
{
    static const int32_t MAPS[] = {FILE_COLUMN_SIZES, FILE_VALUE_COUNTS, FILE_NULL_COUNTS,
                                   FILE_NAN_COUNTS,   FILE_LOWER_BOUNDS, FILE_UPPER_BOUNDS};
    enum { NUM_MAPS = sizeof MAPS / sizeof MAPS[0] };
    const struct avro_value *maps[NUM_MAPS];
    size_t total = 0;
    for (int m = 0; m < NUM_MAPS; m++) {
        maps[m] = manifest_member(reader->file, value, MAPS[m]);
        if (maps[m] != NULL && maps[m]->type != AVRO_ARRAY)
            maps[m] = NULL;
        total += maps[m] != NULL ? maps[m]->count : 0;
    }
    struct iceberg_column_metrics *columns = arena_calloc(reader->arena, total, sizeof *columns);
    uint32_t num_columns = 0;
    for (int m = 0; m < NUM_MAPS; m++)
        for (uint32_t i = 0; maps[m] != NULL && i < maps[m]->count; i++) {
            const struct avro_value *pair = &maps[m]->children[i];
            if (pair->type != AVRO_RECORD || pair->count < 2 || !is_integer(&pair->children[0]))
                continue;
            const struct avro_value *item = &pair->children[1];
            struct iceberg_column_metrics *column =
                metrics_of(columns, &num_columns, (int32_t)pair->children[0].integer);
            int64_t number = is_integer(item) ? item->integer : -1;
            struct bytes_view bytes = is_bytes(item) ? item->bytes : (struct bytes_view){NULL, 0};
            switch (MAPS[m]) {
            case FILE_COLUMN_SIZES: column->column_size = number; break;
            case FILE_VALUE_COUNTS: column->value_count = number; break;
            case FILE_NULL_COUNTS: column->null_count = number; break;
            case FILE_NAN_COUNTS: column->nan_count = number; break;
            case FILE_LOWER_BOUNDS: column->lower_bound = bytes; break;
            default: column->upper_bound = bytes; break;
            }
        }
    file->columns = columns;
    file->num_columns = num_columns;
}

static const char *text_member(struct manifest_reader *reader, const struct avro_value *value, int32_t id)
{
    struct bytes_view text = manifest_member_bytes(reader->file, value, id);
    return text.data == NULL ? NULL : arena_strndup(reader->arena, (const char *)text.data, text.size);
}

static void read_lists(struct manifest_reader *reader, const struct avro_value *value,
                       struct iceberg_data_file *file)
{
    const struct avro_value *offsets = manifest_member(reader->file, value, FILE_SPLIT_OFFSETS);
    if (offsets != NULL && offsets->type == AVRO_ARRAY) {
        int64_t *items = arena_calloc(reader->arena, offsets->count, sizeof *items);
        for (uint32_t i = 0; i < offsets->count; i++)
            items[i] = is_integer(&offsets->children[i]) ? offsets->children[i].integer : 0;
        file->split_offsets = items;
        file->num_split_offsets = offsets->count;
    }
    const struct avro_value *ids = manifest_member(reader->file, value, FILE_EQUALITY_IDS);
    if (ids != NULL && ids->type == AVRO_ARRAY) {
        int32_t *items = arena_calloc(reader->arena, ids->count, sizeof *items);
        for (uint32_t i = 0; i < ids->count; i++)
            items[i] = is_integer(&ids->children[i]) ? (int32_t)ids->children[i].integer : 0;
        file->equality_ids = items;
        file->num_equality_ids = ids->count;
    }
}

static enum status read_file(struct manifest_reader *reader, const struct avro_value *value,
                             struct iceberg_data_file *file, struct error *error)
{
    *file = iceberg_data_file_empty();
    int64_t content = manifest_member_long(reader->file, value, FILE_CONTENT, ICEBERG_DATA);
    file->path = text_member(reader, value, FILE_PATH);
    file->format = text_member(reader, value, FILE_FORMAT);
    file->record_count = manifest_member_long(reader->file, value, FILE_RECORD_COUNT, -1);
    file->file_size_bytes = manifest_member_long(reader->file, value, FILE_SIZE_BYTES, -1);
    if (content < ICEBERG_DATA || content > ICEBERG_EQUALITY_DELETES || file->path == NULL ||
        file->format == NULL || file->record_count < 0 || file->file_size_bytes < 0)
        return error_set(error, STATUS_CORRUPT, "a data file without path, format, count or size");
    file->content = (enum iceberg_content)content;
    file->key_metadata = manifest_member_bytes(reader->file, value, FILE_KEY_METADATA);
    file->sort_order_id = (int32_t)manifest_member_long(reader->file, value, FILE_SORT_ORDER_ID, -1);
    const struct avro_value *partition = manifest_member(reader->file, value, FILE_PARTITION);
    struct bytes_view *values = arena_calloc(reader->arena, reader->spec->num_fields, sizeof *values);
    for (uint32_t i = 0; partition != NULL && reader->partition != NULL && i < reader->spec->num_fields; i++)
        values[i] = partition_bytes(
            reader->partition_types[i],
            manifest_member(reader->partition, partition, reader->spec->fields[i].field_id), reader->arena);
    file->partition_values = values;
    file->num_partition_values = reader->spec->num_fields;
    read_metrics(reader, value, file);
    read_lists(reader, value, file);
    return STATUS_OK;
}

/* Inheritance: specification, "Sequence Number Inheritance" and "snapshot_id". */
static enum status read_entry(struct manifest_reader *reader, const struct avro_value *value,
                              struct iceberg_manifest_entry *entry, struct error *error)
{
    int64_t status = manifest_member_long(reader->entry, value, ENTRY_STATUS, -1);
    const struct avro_value *file = manifest_member(reader->entry, value, ENTRY_DATA_FILE);
    if (status < ICEBERG_ENTRY_EXISTING || status > ICEBERG_ENTRY_DELETED || file == NULL)
        return error_set(error, STATUS_CORRUPT, "an entry without status or data file");
    entry->status = (enum iceberg_entry_status)status;
    bool is_added = entry->status == ICEBERG_ENTRY_ADDED;
    int64_t inherited = reader->manifest->sequence_number;
    bool is_version_1 = inherited == 0; /* such entries have none, whatever their status */
    entry->snapshot_id =
        manifest_member_long(reader->entry, value, ENTRY_SNAPSHOT_ID, reader->manifest->added_snapshot_id);
    entry->sequence_number =
        manifest_member_long(reader->entry, value, ENTRY_SEQUENCE_NUMBER, ICEBERG_INHERIT);
    entry->file_sequence_number =
        manifest_member_long(reader->entry, value, ENTRY_FILE_SEQUENCE_NUMBER, ICEBERG_INHERIT);
    if (entry->sequence_number == ICEBERG_INHERIT && (is_added || is_version_1))
        entry->sequence_number = inherited;
    if (entry->file_sequence_number == ICEBERG_INHERIT && (is_added || is_version_1))
        entry->file_sequence_number = inherited;
    if (entry->sequence_number == ICEBERG_INHERIT && !is_added)
        return error_set(error, STATUS_CORRUPT, "an existing entry without sequence number");
    return read_file(reader, file, &entry->file, error);
}

static enum status prepare(struct manifest_reader *reader, const struct avro_schema *schema,
                           const struct iceberg_schema *table, struct error *error)
{
    reader->entry = schema;
    if (schema->type != AVRO_RECORD)
        return error_set(error, STATUS_CORRUPT, "its entries are no records");
    reader->file = manifest_member_schema(schema, ENTRY_DATA_FILE);
    if (reader->file == NULL || reader->file->type != AVRO_RECORD)
        return error_set(error, STATUS_CORRUPT, "its entries have no data file");
    reader->partition = manifest_member_schema(reader->file, FILE_PARTITION);
    if (reader->partition != NULL && reader->partition->type != AVRO_RECORD)
        return error_set(error, STATUS_CORRUPT, "its partitions are no records");
    reader->partition_types =
        arena_calloc(reader->arena, reader->spec->num_fields, sizeof *reader->partition_types);
    for (uint32_t i = 0; i < reader->spec->num_fields; i++) {
        enum status status =
            iceberg_partition_field_type(table, &reader->spec->fields[i], &reader->partition_types[i], error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status read_entries(struct manifest_reader *reader, struct avro_reader *avro,
                                struct iceberg_manifest_entry **ret_entries, uint32_t *ret_count,
                                struct error *error)
{
    struct iceberg_manifest_entry *entries = NULL;
    uint32_t count = 0;
    uint32_t capacity = 0;
    for (;;) {
        struct avro_value value;
        enum status status = avro_reader_next(avro, reader->arena, &value, error);
        if (status == STATUS_NOT_FOUND)
            break;
        if (status != STATUS_OK)
            return status;
        if (count == capacity) {
            capacity = capacity == 0 ? 16 : capacity * 2;
            entries = arena_grow(reader->arena, entries, count * sizeof *entries, capacity * sizeof *entries);
        }
        status = read_entry(reader, &value, &entries[count], error);
        if (status != STATUS_OK)
            return status;
        count++;
    }
    *ret_entries = entries;
    *ret_count = count;
    return STATUS_OK;
}

enum status iceberg_manifest_read(struct bytes_view bytes, const struct iceberg_manifest_file *manifest,
                                  const struct iceberg_schema *schema,
                                  const struct iceberg_partition_spec *spec, struct arena *arena,
                                  struct iceberg_manifest_entry **ret_entries, uint32_t *ret_count,
                                  struct error *error)
{
    struct avro_reader *avro = NULL;
    struct manifest_reader reader = {.manifest = manifest, .spec = spec, .arena = arena};
    enum status status = avro_reader_create(bytes, &avro, error);
    /* The schema belongs to the Avro reader, which is freed when all is read. */
    if (status == STATUS_OK)
        status = prepare(&reader, avro_reader_schema(avro), schema, error);
    if (status == STATUS_OK)
        status = read_entries(&reader, avro, ret_entries, ret_count, error);
    avro_reader_free(avro);
    return status == STATUS_OK ? status : error_prefix(error, "manifest %s", manifest->path);
}
