#include "taskmanager/sink/iceberg/iceberg_sink.h"

#include "common/base/memory.h"
#include "common/filesystem/file_io.h"
#include "common/iceberg/committable.h"
#include "common/iceberg/partition_spec.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

enum { MAX_PROPERTIES = 8, DAY_US = 86400 * 1000000L };

/* A table (event_type STRING, event_time TIMESTAMP, user_id BIGINT NOT NULL, note STRING) in a folder of its
 * own; the query gives user_id, event_type, event_time. */
struct bench {
    char folder[64];
    struct arena *arena;
    struct schema *table, *input;
    struct connector_property properties[MAX_PROPERTIES];
    struct plan_iceberg_sink iceberg;
    struct plan_sink sink;
    struct plan_node node;
    struct iceberg_sink_partition partition[2];
    struct operator_metrics metrics;
    struct operator_context context;
    struct operator* operator;
};

static const uint32_t table_columns[] = {2, 0, 1};

static void set_up(struct bench *bench, size_t num_partitions)
{
    *bench = (struct bench){.arena = arena_create(4096)};
    snprintf(bench->folder, sizeof bench->folder, "/tmp/iceberg_sink_test_XXXXXX");
    assert_non_null(mkdtemp(bench->folder));
    bench->table = schema_create(4);
    schema_set_field(bench->table, 0, "event_type", data_type_of(TYPE_STRING));
    schema_set_field(bench->table, 1, "event_time", data_type_of(TYPE_TIMESTAMP));
    schema_set_field(bench->table, 2, "user_id", data_type_not_null(data_type_of(TYPE_BIGINT)));
    schema_set_field(bench->table, 3, "note", data_type_of(TYPE_STRING));
    for (int32_t i = 0; i < 4; i++)
        bench->table->fields[i].field_id = i + 1;
    bench->input = schema_create(3);
    schema_set_field(bench->input, 0, "user_id", data_type_of(TYPE_INT));
    schema_set_field(bench->input, 1, "event_type", data_type_of(TYPE_STRING));
    schema_set_field(bench->input, 2, "event_time", data_type_of(TYPE_TIMESTAMP));
    bench->partition[0] =
        (struct iceberg_sink_partition){ICEBERG_SINK_IDENTITY, 0, "event_type", "event_type", 1000};
    bench->partition[1] =
        (struct iceberg_sink_partition){ICEBERG_SINK_DAY, 0, "event_time", "event_time_day", 1001};
    bench->iceberg = (struct plan_iceberg_sink){
        .table_schema = bench->table,
        .table_columns = table_columns,
        .partition = bench->partition,
        .partition_count = num_partitions,
        .table_properties = {bench->properties, 0},
        .table_uuid = "7a0b6c12-0000-4000-8000-000000000001",
        .table_location = arena_printf(bench->arena, "file://%s/t", bench->folder),
        .schema_id = 3,
        .partition_spec_id = 2,
    };
    bench->sink = (struct plan_sink){.kind = PLAN_SINK_ICEBERG, .table = "c.d.t", .iceberg = &bench->iceberg};
    bench->node =
        (struct plan_node){.kind = PLAN_SINK, .id = 3, .schema = bench->input, .sink = &bench->sink};
    bench->context = (struct operator_context){
        .job_id = "0", .operator_name = "t", .subtask = 1, .parallelism = 2, .metrics = &bench->metrics};
}

static void set_property(struct bench *bench, const char *key, const char *value)
{
    bench->properties[bench->iceberg.table_properties.count++] = (struct connector_property){key, value};
}

static void open_sink(struct bench *bench)
{
    struct error error;
    bench->operator= iceberg_sink_create(&bench->node);
    assert_int_equal(bench->operator->ops->open(bench->operator, & bench->context, &error), STATUS_OK);
}

static void tear_down(struct bench *bench)
{
    if (bench->operator!= NULL)
        bench->operator->ops->close(bench->operator);
    struct file_io *io = local_file_io_create();
    struct error error;
    assert_int_equal(file_io_delete_directory(io, bench->folder, &error), STATUS_OK);
    file_io_free(io);
    schema_unref(bench->table);
    schema_unref(bench->input);
    arena_free(bench->arena);
}

static const char *const types[] = {"click", "page_view", "buy/sell"};

/* Row i: user i, type i % num_types (NULL when that is 3), the day i % num_days. */
static struct record_batch *make_batch(const struct bench *bench, uint32_t rows, uint32_t num_types,
                                       uint32_t num_days)
{
    struct record_batch *batch = record_batch_create(bench->input, rows);
    for (uint32_t i = 0; i < 3; i++) {
        batch->columns[i] = vector_create(bench->input->fields[i].type, rows);
        batch->columns[i]->length = rows;
    }
    for (uint32_t i = 0; i < rows; i++) {
        ((int32_t *)batch->columns[0]->values)[i] = (int32_t)i;
        if (i % num_types == 3)
            vector_set_null(batch->columns[1], i);
        else
            ((struct string_value *)batch->columns[1]->values)[i] = string_heap_add(
                vector_ensure_heap(batch->columns[1]), types[i % num_types], strlen(types[i % num_types]));
        ((int64_t *)batch->columns[2]->values)[i] = (int64_t)(i % num_days) * DAY_US + 5 - DAY_US;
    }
    return batch;
}

static void process(struct bench *bench, uint32_t rows, uint32_t num_types, uint32_t num_days)
{
    struct error error;
    assert_int_equal(bench->operator->ops->process_batch(
                         bench->operator, 0, make_batch(bench, rows, num_types, num_days), &error),
                     OPERATOR_DONE);
}

/* The files of the barrier; NULL when nothing was handed over. */
static const struct iceberg_committable *barrier(struct bench *bench, uint64_t checkpoint_id)
{
    struct operator_snapshot snapshot = {0};
    struct error error;
    assert_int_equal(bench->operator->ops->snapshot_state(bench->operator, checkpoint_id, &snapshot, &error),
                     STATUS_OK);
    struct iceberg_committable *committable = NULL;
    assert_true(snapshot.num_committables <= 1);
    if (snapshot.num_committables == 1) {
        committable = arena_alloc(bench->arena, sizeof *committable);
        assert_int_equal(iceberg_committable_decode(buffer_view(&snapshot.committables[0]), bench->arena,
                                                    committable, &error),
                         STATUS_OK);
    }
    operator_snapshot_free(&snapshot);
    return committable;
}

static uint32_t count_files(const char *folder)
{
    DIR *directory = opendir(folder);
    if (directory == NULL)
        return 0;
    uint32_t count = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char path[512];
        struct stat status;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        assert_int_equal(stat(path, &status), 0);
        count += S_ISDIR(status.st_mode) ? count_files(path) : 1;
    }
    closedir(directory);
    return count;
}

static int64_t total_records(const struct iceberg_committable *committable)
{
    int64_t total = 0;
    for (uint32_t i = 0; i < committable->num_files; i++)
        total += committable->files[i].record_count;
    return total;
}

static const struct iceberg_data_file *file_with(const struct iceberg_committable *committable,
                                                 const char *part)
{
    for (uint32_t i = 0; i < committable->num_files; i++)
        if (strstr(committable->files[i].path, part) != NULL)
            return &committable->files[i];
    return NULL;
}

static void files_of_partitions_are_handed_over_at_the_barrier(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench, 2);
    open_sink(&bench);
    process(&bench, 2400, 4, 3);
    process(&bench, 1200, 4, 3);
    const struct iceberg_committable *committable = barrier(&bench, 1);
    assert_non_null(committable);
    assert_string_equal(committable->table_uuid, bench.iceberg.table_uuid);
    assert_int_equal(committable->schema_id, 3);
    assert_int_equal(committable->spec_id, 2);
    assert_int_equal(committable->num_files, 12);
    assert_int_equal(total_records(committable), 3600);
    assert_int_equal(count_files(bench.folder), 12);

    const struct iceberg_data_file *file =
        file_with(committable, "/event_type=click/event_time_day=1969-12-31/");
    assert_non_null(file);
    assert_true(strncmp(file->path, bench.iceberg.table_location, strlen(bench.iceberg.table_location)) == 0);
    assert_int_equal(file->num_partition_values, 2);
    assert_memory_equal(file->partition_values[0].data, "click", 5);
    int32_t day;
    memcpy(&day, file->partition_values[1].data, sizeof day);
    assert_int_equal(day, -1);
    assert_int_equal(file->record_count, 300);
    assert_int_equal(file->num_columns, 4);
    int64_t bound;
    assert_int_equal(file->columns[2].field_id, 3);
    memcpy(&bound, file->columns[2].lower_bound.data, sizeof bound);
    assert_int_equal(bound, 0);
    memcpy(&bound, file->columns[2].upper_bound.data, sizeof bound);
    assert_int_equal(bound, 2388);
    assert_int_equal(file->columns[2].nan_count, -1);
    assert_int_equal(file->columns[3].null_count, 300);
    assert_null(file->columns[3].lower_bound.data);
    assert_int_equal(file->num_split_offsets, 1);
    assert_int_equal(file->split_offsets[0], 4);
    struct stat status;
    assert_int_equal(stat(file->path + strlen("file://"), &status), 0);
    assert_int_equal(status.st_size, file->file_size_bytes);

    assert_non_null(file_with(committable, "/event_type=null/"));
    assert_non_null(file_with(committable, "/event_type=buy%2Fsell/"));
    assert_null(barrier(&bench, 2));
    process(&bench, 8, 1, 1);
    committable = barrier(&bench, 3);
    assert_int_equal(committable->num_files, 1);
    assert_int_equal(committable->files[0].record_count, 8);
    bench.operator->ops->notify_complete(bench.operator, 3);
    tear_down(&bench);
}

static void unpartitioned_rows_go_to_one_file(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench, 0);
    open_sink(&bench);
    process(&bench, 4096, 3, 5);
    process(&bench, 100, 3, 5);
    const struct iceberg_committable *committable = barrier(&bench, 1);
    assert_int_equal(committable->num_files, 1);
    assert_int_equal(committable->files[0].record_count, 4196);
    assert_int_equal(committable->files[0].num_partition_values, 0);
    assert_int_equal(bench.metrics.records_out, 4196);
    tear_down(&bench);
}

static void open_files_are_bounded(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench, 2);
    set_property(&bench, "write.max-open-files", "5");
    open_sink(&bench);
    process(&bench, 4000, 4, 31);
    process(&bench, 4000, 4, 31);
    const struct iceberg_committable *committable = barrier(&bench, 1);
    assert_true(committable->num_files > 124); /* there are so many partitions */
    assert_int_equal(count_files(bench.folder), committable->num_files);
    assert_int_equal(total_records(committable), 8000);
    tear_down(&bench);
}

/* Each batch touches all partitions: with fewer open files each batch would end most of them. */
static void hundreds_of_partitions_stay_open(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench, 2);
    open_sink(&bench);
    for (int i = 0; i < 3; i++)
        process(&bench, 4096, 4, 101);
    const struct iceberg_committable *committable = barrier(&bench, 1);
    assert_int_equal(committable->num_files, 404);
    assert_int_equal(total_records(committable), 3 * 4096);
    tear_down(&bench);
}

static void memory_is_bounded_by_early_row_groups(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench, 0);
    set_property(&bench, "write.buffer-size-bytes", "200000");
    open_sink(&bench);
    for (int i = 0; i < 30; i++)
        process(&bench, 4096, 3, 4096);
    const struct iceberg_committable *committable = barrier(&bench, 1);
    assert_int_equal(committable->num_files, 1);
    assert_int_equal(total_records(committable), 30 * 4096);
    assert_true(committable->files[0].num_split_offsets > 1);
    assert_true(committable->files[0].num_split_offsets < 20);
    tear_down(&bench);
}

static void a_partition_column_is_found_in_any_case(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench, 1);
    bench.partition[0].column = "EVENT_TYPE";
    open_sink(&bench);
    process(&bench, 9, 3, 1);
    assert_int_equal(barrier(&bench, 1)->num_files, 3);
    tear_down(&bench);
}

static void files_end_at_their_target_size(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench, 0);
    set_property(&bench, "write.target-file-size-bytes", "1000");
    open_sink(&bench);
    for (int i = 0; i < 3; i++)
        process(&bench, 4096, 3, 5);
    const struct iceberg_committable *committable = barrier(&bench, 1);
    assert_int_equal(committable->num_files, 3);
    assert_int_equal(total_records(committable), 3 * 4096);
    tear_down(&bench);
}

static void files_not_handed_over_are_removed(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench, 1);
    set_property(&bench, "write.max-open-files", "1");
    open_sink(&bench);
    process(&bench, 99, 3, 1);
    assert_non_null(barrier(&bench, 1));
    assert_int_equal(count_files(bench.folder), 3);
    process(&bench, 99, 3, 1);
    assert_int_equal(count_files(bench.folder), 6);
    bench.operator->ops->close(bench.operator);
    bench.operator= NULL;
    assert_int_equal(count_files(bench.folder), 3); /* of checkpoint 1: it may be committed */
    tear_down(&bench);
}

static void closed_files_are_removed_with_the_open_ones(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench, 2);
    set_property(&bench, "write.max-open-files", "3");
    open_sink(&bench);
    process(&bench, 4000, 4, 31);
    assert_int_equal(count_files(bench.folder), 124);
    bench.operator->ops->close(bench.operator);
    bench.operator= NULL;
    assert_int_equal(count_files(bench.folder), 0);
    tear_down(&bench);
}

static void files_of_an_aborted_checkpoint_are_removed_and_the_attempt_ends(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench, 1);
    open_sink(&bench);
    process(&bench, 99, 3, 1);
    assert_non_null(barrier(&bench, 1));
    process(&bench, 99, 3, 1);
    assert_non_null(barrier(&bench, 2));
    bench.operator->ops->notify_aborted(bench.operator, 3);
    assert_int_equal(count_files(bench.folder), 6);
    process(&bench, 9, 1, 1);
    bench.operator->ops->notify_aborted(bench.operator, 2);
    assert_int_equal(count_files(bench.folder), 4);
    struct error error;
    struct operator_snapshot snapshot = {0};
    assert_int_equal(bench.operator->ops->snapshot_state(bench.operator, 3, &snapshot, &error),
                     STATUS_CANCELLED);
    assert_int_equal(
        bench.operator->ops->process_batch(bench.operator, 0, make_batch(&bench, 5, 1, 1), &error),
        OPERATOR_FAILED);
    assert_non_null(strstr(error.message, "checkpoint 2"));
    tear_down(&bench);
}

static void a_null_in_a_required_column_names_column_and_row(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench, 1);
    open_sink(&bench);
    process(&bench, 100, 3, 1);
    struct record_batch *batch = make_batch(&bench, 50, 3, 1);
    vector_set_null(batch->columns[0], 41);
    struct error error;
    assert_int_equal(bench.operator->ops->process_batch(bench.operator, 0, batch, &error), OPERATOR_FAILED);
    assert_non_null(strstr(error.message, "user_id"));
    assert_non_null(strstr(error.message, "row 142"));
    tear_down(&bench);
}

static void check_open_fails(struct bench *bench, const char *part)
{
    struct error error;
    bench->operator= iceberg_sink_create(&bench->node);
    assert_int_not_equal(bench->operator->ops->open(bench->operator, & bench->context, &error), STATUS_OK);
    assert_non_null(strstr(error.message, part));
    bench->operator->ops->close(bench->operator);
    bench->operator= NULL;
    bench->iceberg.table_properties.count = 0;
}

static void bad_settings_are_named(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench, 1);
    set_property(&bench, "write.parquet.compression-codec", "brotli");
    check_open_fails(&bench, "brotli");
    set_property(&bench, "write.parquet.compression-level", "100");
    check_open_fails(&bench, "compression-level");
    set_property(&bench, "write.target-file-size-bytes", "0");
    check_open_fails(&bench, "write.target-file-size-bytes");
    set_property(&bench, "write.metadata.metrics.column.note", "truncate(x)");
    check_open_fails(&bench, "truncate(x)");
    bench.partition[0].column = "gone";
    check_open_fails(&bench, "gone");
    bench.input->fields[1].type = data_type_of(TYPE_DATE);
    check_open_fails(&bench, "event_type");
    tear_down(&bench);
}

static void metrics_follow_the_table(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench, 0);
    set_property(&bench, "write.metadata.metrics.default", "counts");
    set_property(&bench, "write.metadata.metrics.column.event_type", "truncate(4)");
    set_property(&bench, "write.metadata.metrics.column.note", "none");
    open_sink(&bench);
    process(&bench, 100, 3, 1);
    const struct iceberg_committable *committable = barrier(&bench, 1);
    const struct iceberg_column_metrics *columns = committable->files[0].columns;
    assert_int_equal(columns[0].upper_bound.size, 4);
    assert_memory_equal(columns[0].upper_bound.data, "pagf", 4);
    assert_memory_equal(columns[0].lower_bound.data, "buy/", 4);
    assert_int_equal(columns[1].value_count, 100);
    assert_null(columns[1].lower_bound.data);
    assert_int_equal(columns[3].value_count, -1);
    tear_down(&bench);
}

static void an_unwritable_warehouse_is_an_error(void **state)
{
    (void)state;
    struct bench bench;
    set_up(&bench, 1);
    char path[128];
    snprintf(path, sizeof path, "%s/t", bench.folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    open_sink(&bench);
    struct error error;
    assert_int_equal(
        bench.operator->ops->process_batch(bench.operator, 0, make_batch(&bench, 5, 1, 1), &error),
        OPERATOR_FAILED);
    assert_non_null(strstr(error.message, bench.folder));
    tear_down(&bench);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_of_partitions_are_handed_over_at_the_barrier),
        cmocka_unit_test(unpartitioned_rows_go_to_one_file),
        cmocka_unit_test(open_files_are_bounded),
        cmocka_unit_test(hundreds_of_partitions_stay_open),
        cmocka_unit_test(memory_is_bounded_by_early_row_groups),
        cmocka_unit_test(a_partition_column_is_found_in_any_case),
        cmocka_unit_test(files_end_at_their_target_size),
        cmocka_unit_test(files_not_handed_over_are_removed),
        cmocka_unit_test(closed_files_are_removed_with_the_open_ones),
        cmocka_unit_test(files_of_an_aborted_checkpoint_are_removed_and_the_attempt_ends),
        cmocka_unit_test(a_null_in_a_required_column_names_column_and_row),
        cmocka_unit_test(bad_settings_are_named),
        cmocka_unit_test(metrics_follow_the_table),
        cmocka_unit_test(an_unwritable_warehouse_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
