#include "taskmanager/taskexecutor/working_folder.h"

#include "common/base/memory.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static int set_up(void **context)
{
    char *parent = mem_strdup("/tmp/frazil-working-XXXXXX");
    assert_non_null(mkdtemp(parent));
    *context = parent;
    return 0;
}

static int tear_down(void **context)
{
    assert_int_equal(rmdir(*context), 0); /* nothing is left in it */
    free(*context);
    return 0;
}

static void make_file(const char *folder, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int file = open(path, O_CREAT | O_WRONLY, 0600);
    assert_true(file >= 0);
    close(file);
}

static void it_is_made_when_asked_for_and_goes_with_all_in_it(void **context)
{
    struct working_folder *folder = working_folder_create(*context, "a", NULL);
    const char *path;
    struct error error;
    working_folder_free(folder);
    folder = working_folder_create(*context, "a", NULL);
    assert_int_equal(working_folder_path(folder, &path, &error), STATUS_OK);
    make_file(path, "x");
    working_folder_free(folder);
}

static void what_a_killed_process_left_is_removed_and_what_a_living_one_has_is_not(void **context)
{
    struct working_folder *living = working_folder_create(*context, "living", NULL);
    const char *path, *kept;
    struct error error;
    assert_int_equal(working_folder_path(living, &kept, &error), STATUS_OK);
    make_file(kept, "x");
    char killed[256], other[256];
    snprintf(killed, sizeof killed, "%s/frazil-taskmanager-killed", (const char *)*context);
    snprintf(other, sizeof other, "%s/of-others", (const char *)*context);
    assert_int_equal(mkdir(killed, 0700), 0);
    assert_int_equal(mkdir(other, 0700), 0);
    make_file(killed, "lock"); /* nobody holds it */

    struct working_folder *folder = working_folder_create(*context, "new", NULL);
    assert_int_equal(working_folder_path(folder, &path, &error), STATUS_OK);
    assert_int_not_equal(access(killed, F_OK), 0);
    char file[300];
    snprintf(file, sizeof file, "%s/x", kept);
    assert_int_equal(access(file, F_OK), 0);
    working_folder_free(folder);
    working_folder_free(living);
    assert_int_equal(rmdir(other), 0);
}

static void a_job_is_forgotten_with_its_files(void **context)
{
    struct working_folder *folder = working_folder_create(*context, "a", NULL);
    working_folder_forget_job(folder, "j"); /* nothing was made yet */
    const char *path;
    struct error error;
    assert_int_equal(working_folder_path(folder, &path, &error), STATUS_OK);
    char recovery[256], job[300];
    snprintf(recovery, sizeof recovery, "%s/recovery", path);
    snprintf(job, sizeof job, "%s/j", recovery);
    assert_int_equal(mkdir(recovery, 0700), 0);
    assert_int_equal(mkdir(job, 0700), 0);
    make_file(job, "x");
    working_folder_forget_job(folder, "j");
    assert_int_not_equal(access(job, F_OK), 0);
    assert_int_equal(access(recovery, F_OK), 0);
    working_folder_free(folder);
}

static void a_place_that_is_not_there_is_named(void **context)
{
    (void)context;
    struct working_folder *folder = working_folder_create("/proc/none", "a", NULL);
    const char *path;
    struct error error;
    assert_int_not_equal(working_folder_path(folder, &path, &error), STATUS_OK);
    assert_non_null(strstr(error.message, "io.tmp.dirs"));
    working_folder_free(folder);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_is_made_when_asked_for_and_goes_with_all_in_it),
        TEST(what_a_killed_process_left_is_removed_and_what_a_living_one_has_is_not),
        TEST(a_job_is_forgotten_with_its_files),
        TEST(a_place_that_is_not_there_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
