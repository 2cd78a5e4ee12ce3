#include "taskmanager/state/row_log_internal.h"

#include "common/base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void encode_example(struct buffer *out)
{
    struct row_log_entry files[] = {{7, "a-7.table"}, {9, "a-9.table"}};
    struct row_log_partition partitions[] = {{0, 3, INT64_MIN}, {0, 9, 60000}, {127, 7, -1}};
    struct row_log_state states[] = {{"windows", partitions, 3}, {"empty", partitions, 0}};
    struct row_log_index index = {files, 2, states, 2};
    row_log_index_encode(&index, out);
}

static void an_index_says_what_counts(void **state)
{
    (void)state;
    struct arena *arena = arena_create(4096);
    struct buffer bytes = {0};
    encode_example(&bytes);
    struct row_log_index *index = NULL;
    struct error error;
    assert_int_equal(row_log_index_parse(buffer_view(&bytes), arena, &index, &error), STATUS_OK);
    assert_int_equal(index->num_files, 2);
    assert_int_equal(index->files[1].number, 9);
    assert_string_equal(index->files[1].name, "a-9.table");
    const struct row_log_state *windows = row_log_index_state(index, "windows");
    assert_non_null(windows);
    assert_int_equal(row_log_state_find(windows, 0, INT64_MIN)->first_file, 3);
    assert_int_equal(row_log_state_find(windows, 127, -1)->first_file, 7);
    assert_null(row_log_state_find(windows, 1, 60000));
    assert_null(row_log_state_find(row_log_index_state(index, "empty"), 0, 60000));
    assert_null(row_log_index_state(index, "other"));
    buffer_free(&bytes);
    arena_free(arena);
}

/* Whatever is missing or too much is said, with nothing read that is not there. */
static void other_bytes_are_refused(void **state)
{
    (void)state;
    struct arena *arena = arena_create(4096);
    struct buffer bytes = {0};
    encode_example(&bytes);
    struct row_log_index *index = NULL;
    struct error error;
    for (size_t size = 0; size < bytes.size; size++) {
        uint8_t *part = arena_dup(arena, bytes.data, size);
        struct bytes_view view = {part, size};
        assert_int_equal(row_log_index_parse(view, arena, &index, &error), STATUS_CORRUPT);
    }
    buffer_append_byte(&bytes, 0);
    assert_int_equal(row_log_index_parse(buffer_view(&bytes), arena, &index, &error), STATUS_CORRUPT);
    bytes.size--;
    memset(bytes.data + 8, 0xFF, 4); /* far more files than there are bytes */
    assert_int_equal(row_log_index_parse(buffer_view(&bytes), arena, &index, &error), STATUS_CORRUPT);
    assert_null(index);
    buffer_free(&bytes);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_index_says_what_counts),
        cmocka_unit_test(other_bytes_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
