#include "common/iceberg/data_file.h"

#include <string.h>

struct iceberg_data_file iceberg_data_file_empty(void)
{
    return (struct iceberg_data_file){.content = ICEBERG_DATA, .format = "PARQUET", .sort_order_id = -1};
}

static struct bytes_view copy_bytes(struct bytes_view value, struct arena *arena)
{
    if (value.data == NULL)
        return value;
    uint8_t *data = arena_alloc(arena, value.size > 0 ? value.size : 1); /* empty is not null */
    if (value.size > 0)
        memcpy(data, value.data, value.size);
    return (struct bytes_view){data, value.size};
}

static void *copy_array(const void *items, size_t size, struct arena *arena)
{
    return size > 0 ? arena_dup(arena, items, size) : NULL;
}

struct iceberg_data_file iceberg_data_file_copy(const struct iceberg_data_file *file, struct arena *arena)
{
    struct iceberg_data_file copy = *file;
    copy.path = arena_strdup(arena, file->path);
    copy.format = arena_strdup(arena, file->format);
    struct bytes_view *values =
        copy_array(file->partition_values, file->num_partition_values * sizeof *values, arena);
    for (uint32_t i = 0; i < file->num_partition_values; i++)
        values[i] = copy_bytes(values[i], arena);
    copy.partition_values = values;
    struct iceberg_column_metrics *columns =
        copy_array(file->columns, file->num_columns * sizeof *columns, arena);
    for (uint32_t i = 0; i < file->num_columns; i++) {
        columns[i].lower_bound = copy_bytes(columns[i].lower_bound, arena);
        columns[i].upper_bound = copy_bytes(columns[i].upper_bound, arena);
    }
    copy.columns = columns;
    copy.split_offsets =
        copy_array(file->split_offsets, file->num_split_offsets * sizeof *file->split_offsets, arena);
    copy.equality_ids =
        copy_array(file->equality_ids, file->num_equality_ids * sizeof *file->equality_ids, arena);
    copy.key_metadata = copy_bytes(file->key_metadata, arena);
    return copy;
}
