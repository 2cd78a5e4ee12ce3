#include "common/iceberg/committable.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ARENA_BYTES = 4096 };

static struct bytes_view view(const char *text)
{
    return (struct bytes_view){(const uint8_t *)text, strlen(text)};
}

static void encode(struct buffer *bytes)
{
    const struct bytes_view partition[] = {view("login"), {NULL, 0}, view("")};
    const struct iceberg_column_metrics columns[] = {
        {1, 100, 10, 0, -1, view("\x01"), view("\x09")},
        {2, 200, 10, 3, 2, {NULL, 0}, {NULL, 0}},
    };
    const int64_t offsets[] = {4, 1 << 20};
    struct iceberg_data_file files[2] = {iceberg_data_file_empty(), iceberg_data_file_empty()};
    files[0].path = "file:///w/db/t/data/a.parquet";
    files[0].partition_values = partition;
    files[0].num_partition_values = 3;
    files[0].record_count = 10;
    files[0].file_size_bytes = INT64_C(5000000000);
    files[0].columns = columns;
    files[0].num_columns = 2;
    files[0].split_offsets = offsets;
    files[0].num_split_offsets = 2;
    files[1].path = "b";
    files[1].sort_order_id = 0;
    struct iceberg_committable committable = {.table_uuid = "9c12d441-03fe-4693-9a96-a0705ddf69c1",
                                              .schema_id = 3,
                                              .spec_id = 1,
                                              .num_files = 2,
                                              .files = files};
    iceberg_committable_encode(&committable, bytes);
}

static void what_is_encoded_is_decoded(void **state)
{
    (void)state;
    struct error error;
    struct buffer bytes = {0};
    struct iceberg_committable committable;
    struct arena *arena = arena_create(ARENA_BYTES);
    encode(&bytes);
    assert_int_equal(iceberg_committable_decode(buffer_view(&bytes), arena, &committable, &error), STATUS_OK);
    buffer_free(&bytes); /* the result does not point into it */
    assert_string_equal(committable.table_uuid, "9c12d441-03fe-4693-9a96-a0705ddf69c1");
    assert_int_equal(committable.schema_id, 3);
    assert_int_equal(committable.spec_id, 1);
    assert_int_equal(committable.num_files, 2);
    const struct iceberg_data_file *file = &committable.files[0];
    assert_string_equal(file->path, "file:///w/db/t/data/a.parquet");
    assert_string_equal(file->format, "PARQUET");
    assert_int_equal(file->file_size_bytes, INT64_C(5000000000));
    assert_int_equal(file->sort_order_id, -1);
    assert_int_equal(file->partition_values[0].size, 5);
    assert_null(file->partition_values[1].data);
    assert_non_null(file->partition_values[2].data); /* empty is not null */
    assert_int_equal(file->partition_values[2].size, 0);
    assert_int_equal(file->columns[1].nan_count, 2);
    assert_memory_equal(file->columns[0].upper_bound.data, "\x09", 1);
    assert_null(file->columns[1].lower_bound.data);
    assert_int_equal(file->split_offsets[1], 1 << 20);
    assert_int_equal(committable.files[1].sort_order_id, 0);
    struct iceberg_data_file copy = iceberg_data_file_copy(file, arena);
    assert_string_equal(copy.path, file->path);
    assert_ptr_not_equal(copy.partition_values, file->partition_values);
    assert_null(copy.partition_values[1].data);
    arena_free(arena);
}

static void every_damage_is_found(void **state)
{
    (void)state;
    struct error error;
    struct buffer bytes = {0};
    struct iceberg_committable committable;
    encode(&bytes);
    for (size_t i = 0; i < bytes.size; i++) {
        struct arena *arena = arena_create(ARENA_BYTES);
        assert_int_equal(
            iceberg_committable_decode((struct bytes_view){bytes.data, i}, arena, &committable, &error),
            STATUS_CORRUPT);
        bytes.data[i] ^= 0x10;
        assert_int_equal(iceberg_committable_decode(buffer_view(&bytes), arena, &committable, &error),
                         STATUS_CORRUPT);
        bytes.data[i] ^= 0x10;
        arena_free(arena);
    }
    buffer_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_encoded_is_decoded),
        cmocka_unit_test(every_damage_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
