#include "common/iceberg/manifest.h"

#include "common/iceberg/value.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ARENA_BYTES = 16384, NUM_COLUMNS = 9 };

struct fixture {
    struct arena *arena;
    struct iceberg_schema *schema;
    struct iceberg_partition_spec *spec;
};

/* Partitioned by the identity of every type, and one day. */
static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    struct error error;
    const struct data_type types[NUM_COLUMNS] = {
        data_type_of(TYPE_BOOLEAN),       data_type_of(TYPE_INT),    data_type_of(TYPE_BIGINT),
        data_type_decimal(20, 3),         data_type_of(TYPE_STRING), data_type_of(TYPE_BYTES),
        data_type_of(TYPE_TIMESTAMP_LTZ), data_type_of(TYPE_DOUBLE), data_type_decimal(4, 1)};
    static const char *const names[NUM_COLUMNS] = {"b", "i", "l", "d", "s s", "x", "1t", "r", "e"};
    struct iceberg_partition_request requests[NUM_COLUMNS];
    struct schema *columns = schema_create(NUM_COLUMNS);
    for (uint32_t i = 0; i < NUM_COLUMNS; i++) {
        schema_set_field(columns, i, names[i], types[i]);
        requests[i] = (struct iceberg_partition_request){
            names[i], {i == 6 ? ICEBERG_TRANSFORM_DAY : ICEBERG_TRANSFORM_IDENTITY, 0}};
    }
    fixture->arena = arena_create(ARENA_BYTES);
    assert_int_equal(iceberg_schema_from_sql(columns, NULL, 0, fixture->arena, &fixture->schema, &error),
                     STATUS_OK);
    assert_int_equal(iceberg_partition_spec_create(fixture->schema, requests, NUM_COLUMNS, fixture->arena,
                                                   &fixture->spec, &error),
                     STATUS_OK);
    schema_unref(columns);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static struct iceberg_manifest_entry make_entry(struct fixture *fixture, const char *path, int sign)
{
    struct arena *arena = fixture->arena;
    struct bytes_view *values = arena_calloc(arena, NUM_COLUMNS, sizeof *values);
    struct iceberg_column_metrics *columns = arena_calloc(arena, 2, sizeof *columns);
    int64_t *offsets = arena_calloc(arena, 1, sizeof *offsets);
    if (sign != 0) { /* else all null */
        values[0] = iceberg_value_from_boolean(sign > 0, arena);
        values[1] = iceberg_value_from_int(sign * 7, arena);
        values[2] = iceberg_value_from_long(sign * (INT64_C(1) << 40), arena);
        values[3] = iceberg_value_from_decimal((int128_t)sign * INT64_C(123456789012345678), arena);
        values[4] = iceberg_value_from_bytes(sign > 0 ? "" : "a", sign > 0 ? 0 : 1, arena);
        values[5] = iceberg_value_from_bytes("\x00\xff", 2, arena);
        values[6] = iceberg_value_from_int(sign * 3, arena);
        values[7] = iceberg_value_from_double(sign * 0.5, arena);
        values[8] = iceberg_value_from_decimal(sign, arena);
    }
    columns[0] = (struct iceberg_column_metrics){.field_id = 2,
                                                 .column_size = 11,
                                                 .value_count = 12,
                                                 .null_count = 1,
                                                 .nan_count = -1,
                                                 .lower_bound = iceberg_value_from_int(1, arena),
                                                 .upper_bound = iceberg_value_from_int(9, arena)};
    columns[1] = (struct iceberg_column_metrics){
        .field_id = 8, .column_size = 20, .value_count = 12, .null_count = 0, .nan_count = 5};
    offsets[0] = 4;
    struct iceberg_manifest_entry entry = {.status = ICEBERG_ENTRY_ADDED,
                                           .snapshot_id = 77,
                                           .sequence_number = ICEBERG_INHERIT,
                                           .file_sequence_number = ICEBERG_INHERIT,
                                           .file = iceberg_data_file_empty()};
    entry.file.path = path;
    entry.file.partition_values = values;
    entry.file.num_partition_values = NUM_COLUMNS;
    entry.file.record_count = 12;
    entry.file.file_size_bytes = 345;
    entry.file.columns = columns;
    entry.file.num_columns = 2;
    entry.file.split_offsets = offsets;
    entry.file.num_split_offsets = 1;
    return entry;
}

static void assert_same_bytes(struct bytes_view a, struct bytes_view b)
{
    assert_true((a.data == NULL) == (b.data == NULL));
    assert_int_equal(a.size, b.size);
    if (a.size > 0)
        assert_memory_equal(a.data, b.data, a.size);
}

static void assert_same_file(const struct iceberg_data_file *a, const struct iceberg_data_file *b)
{
    assert_string_equal(a->path, b->path);
    assert_string_equal(a->format, b->format);
    assert_int_equal(a->record_count, b->record_count);
    assert_int_equal(a->file_size_bytes, b->file_size_bytes);
    assert_int_equal(a->sort_order_id, b->sort_order_id);
    assert_int_equal(a->num_partition_values, b->num_partition_values);
    for (uint32_t i = 0; i < a->num_partition_values; i++)
        assert_same_bytes(a->partition_values[i], b->partition_values[i]);
    assert_int_equal(a->num_columns, b->num_columns);
    for (uint32_t i = 0; i < a->num_columns; i++) {
        assert_int_equal(a->columns[i].field_id, b->columns[i].field_id);
        assert_int_equal(a->columns[i].column_size, b->columns[i].column_size);
        assert_int_equal(a->columns[i].value_count, b->columns[i].value_count);
        assert_int_equal(a->columns[i].null_count, b->columns[i].null_count);
        assert_int_equal(a->columns[i].nan_count, b->columns[i].nan_count);
        assert_same_bytes(a->columns[i].lower_bound, b->columns[i].lower_bound);
        assert_same_bytes(a->columns[i].upper_bound, b->columns[i].upper_bound);
    }
    assert_int_equal(a->num_split_offsets, b->num_split_offsets);
    assert_int_equal(a->split_offsets[0], b->split_offsets[0]);
}

static void write_manifest(struct fixture *fixture, struct buffer *bytes,
                           struct iceberg_manifest_file *manifest)
{
    struct error error;
    struct iceberg_manifest_writer *writer;
    static const int signs[] = {1, -1, 0};
    assert_int_equal(iceberg_manifest_writer_create(fixture->schema, fixture->spec, 77, &writer, &error),
                     STATUS_OK);
    for (int i = 0; i < 3; i++) {
        struct iceberg_manifest_entry entry = make_entry(fixture, "file:///a", signs[i]);
        if (i == 2) {
            entry.status = ICEBERG_ENTRY_EXISTING;
            entry.snapshot_id = 5;
            entry.sequence_number = 3;
            entry.file_sequence_number = 4;
        }
        assert_int_equal(iceberg_manifest_writer_add(writer, &entry, &error), STATUS_OK);
    }
    assert_int_equal(iceberg_manifest_writer_finish(writer, bytes, fixture->arena, manifest, &error),
                     STATUS_OK);
    iceberg_manifest_writer_free(writer);
    manifest->path = "file:///m0.avro";
}

static void a_manifest_is_read_back_with_what_it_inherits(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    struct buffer bytes = {0};
    struct iceberg_manifest_file manifest;
    struct iceberg_manifest_entry *entries;
    uint32_t count;
    write_manifest(fixture, &bytes, &manifest);
    assert_int_equal(manifest.length_bytes, bytes.size);
    assert_int_equal(manifest.added_files_count, 2);
    assert_int_equal(manifest.existing_files_count, 1);
    assert_int_equal(manifest.added_rows_count, 24);
    assert_int_equal(manifest.min_sequence_number, 3);
    manifest.sequence_number = 42; /* as the list says */
    assert_int_equal(iceberg_manifest_read(buffer_view(&bytes), &manifest, fixture->schema, fixture->spec,
                                           fixture->arena, &entries, &count, &error),
                     STATUS_OK);
    buffer_free(&bytes);
    assert_int_equal(count, 3);
    static const int signs[] = {1, -1, 0};
    for (int i = 0; i < 3; i++) {
        struct iceberg_manifest_entry wanted = make_entry(fixture, "file:///a", signs[i]);
        assert_same_file(&entries[i].file, &wanted.file);
    }
    assert_int_equal(entries[0].sequence_number, 42);
    assert_int_equal(entries[0].file_sequence_number, 42);
    assert_int_equal(entries[0].snapshot_id, 77);
    assert_int_equal(entries[2].status, ICEBERG_ENTRY_EXISTING);
    assert_int_equal(entries[2].sequence_number, 3);
    assert_int_equal(entries[2].file_sequence_number, 4);
    assert_int_equal(entries[2].snapshot_id, 5);
}

static void a_manifest_list_is_read_back(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    struct buffer bytes = {0};
    struct buffer list = {0};
    struct iceberg_manifest_file manifests[2];
    struct iceberg_manifest_file *read;
    uint32_t count;
    write_manifest(fixture, &bytes, &manifests[0]);
    manifests[1] = manifests[0];
    manifests[1].path = "file:///old.avro";
    manifests[1].sequence_number = 2;
    manifests[1].min_sequence_number = 1;
    manifests[1].num_partitions = 0;
    manifests[1].partitions = NULL;
    assert_int_equal(iceberg_manifest_list_write(manifests, 2, 77, 66, 9, &list, &error), STATUS_OK);
    assert_int_equal(iceberg_manifest_list_read(buffer_view(&list), fixture->arena, &read, &count, &error),
                     STATUS_OK);
    buffer_free(&list);
    buffer_free(&bytes);
    assert_int_equal(count, 2);
    assert_string_equal(read[0].path, "file:///m0.avro");
    assert_int_equal(read[0].sequence_number, 9); /* given by the list */
    assert_int_equal(read[0].min_sequence_number, 3);
    assert_int_equal(read[0].added_snapshot_id, 77);
    assert_int_equal(read[0].num_partitions, NUM_COLUMNS);
    assert_true(read[0].partitions[1].contains_null);
    assert_int_equal(read[0].partitions[7].contains_nan, 0);
    int64_t number;
    assert_true(iceberg_value_to_long((struct iceberg_type){.kind = ICEBERG_INT},
                                      read[0].partitions[1].lower_bound, &number));
    assert_int_equal(number, -7);
    assert_true(iceberg_value_to_long((struct iceberg_type){.kind = ICEBERG_DATE},
                                      read[0].partitions[6].upper_bound, &number));
    assert_int_equal(number, 3);
    assert_int_equal(read[1].sequence_number, 2);
    assert_int_equal(read[1].min_sequence_number, 1);
    assert_int_equal(read[1].num_partitions, 0);
}

static void an_empty_list_is_a_list(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    struct buffer list = {0};
    struct iceberg_manifest_file *read;
    uint32_t count = 7;
    assert_int_equal(iceberg_manifest_list_write(NULL, 0, 1, -1, 1, &list, &error), STATUS_OK);
    assert_int_equal(iceberg_manifest_list_read(buffer_view(&list), fixture->arena, &read, &count, &error),
                     STATUS_OK);
    assert_int_equal(count, 0);
    list.size -= 1;
    assert_int_equal(iceberg_manifest_list_read(buffer_view(&list), fixture->arena, &read, &count, &error),
                     STATUS_CORRUPT);
    buffer_free(&list);
}

static void a_file_of_another_spec_is_refused(void **state)
{
    struct fixture *fixture = *state;
    struct error error;
    struct iceberg_manifest_writer *writer;
    assert_int_equal(iceberg_manifest_writer_create(fixture->schema, fixture->spec, 77, &writer, &error),
                     STATUS_OK);
    struct iceberg_manifest_entry entry = make_entry(fixture, "file:///a", 1);
    entry.file.num_partition_values = 1;
    assert_int_equal(iceberg_manifest_writer_add(writer, &entry, &error), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "file:///a"));
    entry = make_entry(fixture, "file:///a", 1);
    struct bytes_view values[NUM_COLUMNS];
    memcpy(values, entry.file.partition_values, sizeof values);
    values[1] = iceberg_value_from_bytes("abc", 3, fixture->arena); /* no int */
    entry.file.partition_values = values;
    assert_int_equal(iceberg_manifest_writer_add(writer, &entry, &error), STATUS_INVALID_ARGUMENT);
    iceberg_manifest_writer_free(writer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_manifest_is_read_back_with_what_it_inherits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_manifest_list_is_read_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_empty_list_is_a_list, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_file_of_another_spec_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
