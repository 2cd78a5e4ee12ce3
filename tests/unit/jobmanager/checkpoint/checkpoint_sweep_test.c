/* What a sweep takes away from a job's folder, and what it leaves. */
#include "jobmanager/checkpoint/checkpoint_sweep.h"

#include "common/filesystem/memory_file_io.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define FOLDER "memory:///checkpoints/default/job"

static enum status leads(void *context, struct error *error)
{
    if (context != NULL)
        return error_set(error, STATUS_FENCED, "another leads");
    return STATUS_OK;
}

static void write_file(struct file_io *io, const char *path)
{
    struct error error;
    assert_int_equal(file_io_write(io, path, "x", 1, &error), STATUS_OK);
}

static bool exists(struct file_io *io, const char *path)
{
    struct error error;
    bool is_there = false;
    assert_int_equal(file_io_exists(io, path, &is_there, &error), STATUS_OK);
    return is_there;
}

static struct file_io *make_folder(void)
{
    struct file_io *io = memory_file_io_create();
    write_file(io, FOLDER "/chk-7-e2/_metadata");
    write_file(io, FOLDER "/chk-6-e1/_metadata"); /* void, or discarded by halves */
    write_file(io, FOLDER "/chk-8-e2/part");      /* never published */
    write_file(io, FOLDER "/chk-9-e3/_metadata"); /* of a later leader */
    write_file(io, FOLDER "/chk-7/MANIFEST");     /* a name that epochs share */
    write_file(io, FOLDER "/chk-5/MANIFEST");
    write_file(io, FOLDER "/shared/kept.sst");
    write_file(io, FOLDER "/shared/orphan.sst");
    return io;
}

static struct checkpoint_sweep sweep_of(struct file_io *io, const struct path_list *files)
{
    static const struct checkpoint_reference kept = {7, 2};
    return (struct checkpoint_sweep){
        .io = io,
        .job_folder = FOLDER,
        .epoch = 2,
        .references = &kept,
        .num_references = 1,
        .files = files,
        .check_lead = leads,
    };
}

static void what_no_checkpoint_refers_to_goes(void **state)
{
    (void)state;
    struct error error;
    struct file_io *io = make_folder();
    char kept[] = "shared/kept.sst", manifest[] = "chk-7/MANIFEST", other[] = "/elsewhere/y";
    char *paths[] = {kept, manifest, other};
    struct path_list files = {paths, 3};
    struct checkpoint_sweep sweep = sweep_of(io, &files);
    size_t num_removed = 0;
    assert_int_equal(checkpoint_sweep(&sweep, &num_removed, &error), STATUS_OK);
    assert_true(exists(io, FOLDER "/chk-7-e2/_metadata"));
    assert_true(exists(io, FOLDER "/chk-9-e3/_metadata"));
    assert_true(exists(io, FOLDER "/chk-7/MANIFEST"));
    assert_true(exists(io, FOLDER "/shared/kept.sst"));
    assert_false(exists(io, FOLDER "/chk-6-e1"));
    assert_false(exists(io, FOLDER "/chk-8-e2"));
    assert_false(exists(io, FOLDER "/chk-5/MANIFEST"));
    assert_false(exists(io, FOLDER "/shared/orphan.sst"));
    assert_int_equal(num_removed, 4);
    assert_int_equal(checkpoint_sweep(&sweep, &num_removed, &error), STATUS_OK);
    assert_int_equal(num_removed, 0);
    file_io_free(io);
}

static void who_leads_no_more_removes_nothing(void **state)
{
    (void)state;
    struct error error;
    struct file_io *io = make_folder();
    struct path_list files = {0};
    struct checkpoint_sweep sweep = sweep_of(io, &files);
    size_t num_removed = 0;
    sweep.context = io;
    assert_int_equal(checkpoint_sweep(&sweep, &num_removed, &error), STATUS_FENCED);
    assert_true(exists(io, FOLDER "/shared/orphan.sst"));
    assert_true(exists(io, FOLDER "/chk-6-e1/_metadata"));
    file_io_free(io);
}

static void a_folder_that_is_not_there_is_clean(void **state)
{
    (void)state;
    struct error error;
    struct file_io *io = memory_file_io_create();
    struct path_list files = {0};
    struct checkpoint_sweep sweep = sweep_of(io, &files);
    size_t num_removed = 1;
    assert_int_equal(checkpoint_sweep(&sweep, &num_removed, &error), STATUS_OK);
    assert_int_equal(num_removed, 0);
    file_io_free(io);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_no_checkpoint_refers_to_goes),
        cmocka_unit_test(who_leads_no_more_removes_nothing),
        cmocka_unit_test(a_folder_that_is_not_there_is_clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
