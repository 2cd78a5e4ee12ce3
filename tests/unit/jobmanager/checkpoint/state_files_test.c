#include "jobmanager/checkpoint/state_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A checkpoint that refers to the files first, ..., end - 1. */
static struct checkpoint_metadata *with_files(uint32_t first, uint32_t end)
{
    struct checkpoint_metadata *metadata = checkpoint_metadata_create();
    struct keyed_state_file *files = calloc(end - first, sizeof *files);
    for (uint32_t i = first; i < end; i++)
        files[i - first] = (struct keyed_state_file){
            .path = arena_printf(metadata->arena, "shared/%u.sst", i), .name = "x", .is_shared = true};
    struct keyed_state_handle handle = {
        .end_key_group = 1, .max_parallelism = 1, .backend = "", .files = files, .num_files = end - first};
    struct checkpoint_keyed_state state = {.owner = {"", "", 1}, .handle = &handle};
    checkpoint_metadata_add_keyed_state(metadata, &state);
    free(files);
    return metadata;
}

static void thousands_of_files_are_counted(void **state)
{
    (void)state;
    struct state_files files = {0};
    struct checkpoint_metadata *first = with_files(0, 3000), *second = with_files(1000, 4000);
    size_t num_first, num_second;
    struct state_file **first_files = state_files_retain(&files, first, &num_first);
    struct state_file **second_files = state_files_retain(&files, second, &num_second);
    assert_int_equal(num_first, 3000);
    assert_int_equal(files.count, 4000);
    struct path_list gone = {0}, all = {0};
    state_files_list(&files, &all);
    assert_int_equal(all.count, 4000);
    state_files_release(&files, first_files, num_first, &gone);
    assert_int_equal(gone.count, 1000);
    assert_false(state_files_contains(&files, "shared/999.sst"));
    assert_true(state_files_contains(&files, "shared/1000.sst"));
    state_files_release(&files, second_files, num_second, &gone);
    assert_int_equal(gone.count, 4000);
    assert_int_equal(files.count, 0);
    path_list_free(&gone);
    path_list_free(&all);
    free(first_files);
    free(second_files);
    checkpoint_metadata_unref(first);
    checkpoint_metadata_unref(second);
    state_files_free(&files);
}

static void one_checkpoint_may_name_a_file_twice(void **state)
{
    (void)state;
    struct state_files files = {0};
    struct checkpoint_metadata *metadata = with_files(0, 1);
    struct checkpoint_keyed_state again = metadata->keyed_states[0];
    checkpoint_metadata_add_keyed_state(metadata, &again);
    size_t count;
    struct state_file **references = state_files_retain(&files, metadata, &count);
    struct path_list gone = {0};
    assert_int_equal(count, 2);
    state_files_release(&files, references, count, &gone);
    assert_int_equal(gone.count, 1);
    assert_string_equal(gone.items[0], "shared/0.sst");
    path_list_free(&gone);
    free(references);
    checkpoint_metadata_unref(metadata);
    state_files_free(&files);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thousands_of_files_are_counted),
        cmocka_unit_test(one_checkpoint_may_name_a_file_twice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
