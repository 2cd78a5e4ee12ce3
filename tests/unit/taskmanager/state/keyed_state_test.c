#include "taskmanager/state/keyed_state_internal.h"

#include "common/base/arena.h"
#include "common/base/hash.h"
#include "common/filesystem/memory_file_io.h"

#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

enum { MAX_PARALLELISM = 16, TTL_MS = 1000, SMALL_MEMORY_BYTES = 96 << 10 };

/* Compactions ask for it. */
static _Atomic int64_t now_us;

static int64_t fixture_now_us(void *context)
{
    (void)context;
    return atomic_load(&now_us);
}

struct fixture {
    char folder[64], local[96], checkpoints[96], recovery[96];
    struct process_context process;
    struct file_io *io;
    struct arena *arena;
    struct keyed_state_options options;
    struct keyed_state_descriptor descriptor;
    struct keyed_state_backend *backend;
    struct keyed_state *state;
    const struct keyed_state_handle *handle;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    strcpy(fixture->folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/keyed_state_test.XXXXXX"
                                                          : "/tmp/keyed_state_test.XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    snprintf(fixture->local, sizeof fixture->local, "%s/local", fixture->folder);
    snprintf(fixture->checkpoints, sizeof fixture->checkpoints, "%s/checkpoints", fixture->folder);
    snprintf(fixture->recovery, sizeof fixture->recovery, "%s/recovery", fixture->folder);
    atomic_store(&now_us, 1700000000000000);
    fixture->process.clock = (struct clock){fixture_now_us, fixture_now_us, NULL};
    fixture->io = local_file_io_create();
    fixture->arena = arena_create(4096);
    fixture->options = (struct keyed_state_options){
        .process = &fixture->process,
        .operator_name = "Sums[3]",
        .kind = STATE_BACKEND_ROCKSDB,
        .memory_bytes = 1 << 20,
        .local_folder = fixture->local,
        .io = fixture->io,
        .checkpoint_folder = fixture->checkpoints,
        .end_key_group = MAX_PARALLELISM,
        .max_parallelism = MAX_PARALLELISM,
    };
    fixture->descriptor =
        (struct keyed_state_descriptor){"sums", "ROW<BIGINT>", "SUM(BIGINT)", 1, 8, NULL, 0, 0};
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    keyed_state_backend_close(fixture->backend);
    arena_free(fixture->arena);
    file_io_free(fixture->io);
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", fixture->folder);
    assert_int_equal(system(command), 0);
    free(fixture);
    return 0;
}

static void check(enum status status, const struct error *error)
{
    if (status != STATUS_OK)
        fail_msg("%s: %s", status_name(status), error->message);
}

static enum status try_open(struct fixture *fixture, struct error *error)
{
    fixture->options.handles = &fixture->handle;
    fixture->options.num_handles = fixture->handle != NULL;
    enum status status = keyed_state_backend_open(&fixture->options, &fixture->backend, error);
    if (status == STATUS_OK)
        status = keyed_state_open(fixture->backend, &fixture->descriptor, &fixture->state, error);
    return status;
}

static void open_state(struct fixture *fixture)
{
    struct error error;
    check(try_open(fixture, &error), &error);
}

static void reopen(struct fixture *fixture)
{
    keyed_state_backend_close(fixture->backend);
    fixture->backend = NULL;
    open_state(fixture);
}

static enum status access_key(struct fixture *fixture, enum keyed_access access, uint64_t key,
                              uint64_t **ret_value, struct error *error)
{
    struct bytes_view view = {(const uint8_t *)&key, sizeof key};
    uint64_t hash = hash_bytes(&key, sizeof key);
    void *value;
    enum status status = keyed_state_access(fixture->state, access, &view, &hash, NULL, 1, &value, error);
    if (status == STATUS_OK)
        *ret_value = value;
    return status;
}

/* 0: there is none. */
static uint64_t read_key(struct fixture *fixture, uint64_t key)
{
    uint64_t *value = NULL;
    struct error error;
    check(access_key(fixture, KEYED_FIND, key, &value, &error), &error);
    return value != NULL ? *value : 0;
}

static void write_key(struct fixture *fixture, uint64_t key, uint64_t number)
{
    uint64_t *value = NULL;
    struct error error;
    check(access_key(fixture, KEYED_CREATE, key, &value, &error), &error);
    *value = number;
    check(keyed_state_end_batch(fixture->state, &error), &error);
}

static void write_keys(struct fixture *fixture, uint64_t begin, uint64_t end, uint64_t number)
{
    for (uint64_t key = begin; key < end; key++)
        write_key(fixture, key, number + key);
}

static void check_keys(struct fixture *fixture, uint64_t begin, uint64_t end, uint64_t number)
{
    for (uint64_t key = begin; key < end; key++)
        assert_int_equal(read_key(fixture, key), number + key);
}

static struct keyed_state_handle *upload(struct fixture *fixture, struct keyed_state_snapshot *snapshot)
{
    struct keyed_state_handle *handle = NULL;
    struct error error;
    check(keyed_state_snapshot_upload(snapshot, fixture->arena, &handle, &error), &error);
    keyed_state_snapshot_free(snapshot);
    return handle;
}

static struct keyed_state_snapshot *freeze(struct fixture *fixture, uint64_t id)
{
    struct keyed_state_snapshot *snapshot;
    struct error error;
    check(keyed_state_backend_freeze(fixture->backend, id, &snapshot, &error), &error);
    return snapshot;
}

static void take_checkpoint(struct fixture *fixture, uint64_t id)
{
    fixture->handle = upload(fixture, freeze(fixture, id));
    fixture->options.restored_checkpoint_id = id;
    keyed_state_backend_completed(fixture->backend, id);
}

static uint32_t count_files(const char *folder)
{
    DIR *directory = opendir(folder);
    uint32_t count = 0;
    for (struct dirent *entry; directory != NULL && (entry = readdir(directory)) != NULL;) {
        char path[512];
        struct stat info;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (entry->d_name[0] == '.' || stat(path, &info) != 0)
            continue;
        count += S_ISDIR(info.st_mode) ? count_files(path) : 1;
    }
    if (directory != NULL)
        closedir(directory);
    return count;
}

/* False: there is no such file. */
static bool try_to_flip_byte(const char *path)
{
    FILE *file = fopen(path, "r+b");
    if (file == NULL)
        return false;
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    long middle = ftell(file) / 2;
    fseek(file, middle, SEEK_SET);
    int byte = fgetc(file);
    fseek(file, middle, SEEK_SET);
    fputc(byte ^ 1, file);
    fclose(file);
    return true;
}

static void flip_byte(const char *path)
{
    assert_true(try_to_flip_byte(path));
}

static const struct keyed_state_file *some_file(const struct keyed_state_handle *handle)
{
    const struct keyed_state_file *found = NULL;
    for (size_t i = 0; i < handle->num_files; i++)
        if (strstr(handle->files[i].name, ".sst") != NULL)
            return &handle->files[i];
        else if (strstr(handle->files[i].name, "table") != NULL)
            found = &handle->files[i];
    assert_non_null(found);
    return found;
}

static void each_kind(struct fixture *fixture, void (*body)(struct fixture *fixture))
{
    /* With a store that it needs, one that it does not, and none. */
    static const enum state_backend_kind kinds[] = {STATE_BACKEND_ROCKSDB, STATE_BACKEND_ROCKSDB,
                                                    STATE_BACKEND_HASHMAP};
    static const size_t memory_bytes[] = {SMALL_MEMORY_BYTES, 16 << 20, 16 << 20};
    for (int i = 0; i < 3; i++) {
        fixture->options.kind = kinds[i];
        fixture->options.memory_bytes = memory_bytes[i];
        fixture->handle = NULL;
        open_state(fixture);
        body(fixture);
        keyed_state_backend_close(fixture->backend);
        fixture->backend = NULL;
    }
}

static void check_changed_states(struct fixture *fixture)
{
    write_keys(fixture, 0, 10, 1);
    take_checkpoint(fixture, 1);
    keyed_state_backend_close(fixture->backend);
    fixture->backend = NULL;
    struct keyed_state_descriptor good = fixture->descriptor;
    for (int i = 0; i < 3; i++) {
        struct error error;
        fixture->descriptor = good;
        if (i == 0)
            fixture->descriptor.key_type = "ROW<STRING>";
        else if (i == 1)
            fixture->descriptor.value_type = "MAX(BIGINT)";
        else
            fixture->descriptor.version = 2;
        assert_int_equal(try_open(fixture, &error), STATUS_INVALID_ARGUMENT);
        assert_true(error.fatal);
        assert_non_null(strstr(error.message, "Sums[3]"));
        assert_non_null(strstr(error.message, "state sums"));
        keyed_state_backend_close(fixture->backend);
        fixture->backend = NULL;
    }
    fixture->descriptor = good;
    open_state(fixture);
    check_keys(fixture, 0, 10, 1);
}

static void changed_states_are_refused(void **state)
{
    each_kind(*state, check_changed_states);
}

/* A state that an operator has no more would be lost with the next checkpoint. */
static void check_lost_states(struct fixture *fixture)
{
    write_keys(fixture, 0, 10, 1);
    take_checkpoint(fixture, 1);
    fixture->descriptor.name = "renamed";
    reopen(fixture);
    fixture->descriptor.name = "sums";
    struct keyed_state_snapshot *snapshot = NULL;
    struct error error;
    assert_int_equal(keyed_state_backend_freeze(fixture->backend, 2, &snapshot, &error),
                     STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "state sums"));
    assert_true(error.fatal);
    assert_null(snapshot);
}

static void lost_states_are_refused(void **state)
{
    each_kind(*state, check_lost_states);
}

static void check_damage(struct fixture *fixture)
{
    write_keys(fixture, 0, 2000, 1);
    take_checkpoint(fixture, 1);
    keyed_state_backend_close(fixture->backend);
    fixture->backend = NULL;
    char path[512];
    snprintf(path, sizeof path, "%s/%s", fixture->checkpoints, some_file(fixture->handle)->path);
    struct error error;
    flip_byte(path);
    assert_int_equal(try_open(fixture, &error), STATUS_CORRUPT);
    assert_true(error.fatal);
    assert_non_null(strstr(error.message, some_file(fixture->handle)->path));
    keyed_state_backend_close(fixture->backend);
    fixture->backend = NULL;
    flip_byte(path); /* back */
    assert_int_equal(truncate(path, 1000), 0);
    assert_int_equal(try_open(fixture, &error), STATUS_CORRUPT);
    assert_true(error.fatal);
    keyed_state_backend_close(fixture->backend);
    fixture->backend = NULL;
    assert_int_equal(unlink(path), 0);
    assert_int_equal(try_open(fixture, &error), STATUS_NOT_FOUND);
    assert_true(error.fatal);
    assert_non_null(strstr(error.message, some_file(fixture->handle)->path));
    keyed_state_backend_close(fixture->backend);
    fixture->backend = NULL;
    assert_int_equal(count_files(fixture->local), 0);
    fixture->handle = NULL;
    open_state(fixture);
}

static void damaged_checkpoints_are_refused(void **state)
{
    each_kind(*state, check_damage);
}

static uint32_t count_shared(const struct keyed_state_handle *a, const struct keyed_state_handle *b)
{
    uint32_t count = 0;
    for (size_t i = 0; i < a->num_files; i++)
        for (size_t k = 0; k < b->num_files; k++)
            count += strcmp(a->files[i].path, b->files[k].path) == 0;
    return count;
}

/* Only files of the newest complete checkpoint are referred to again. */
static void files_are_shared_once_complete(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.memory_bytes = SMALL_MEMORY_BYTES / 2; /* most is spilled */
    open_state(fixture);
    write_keys(fixture, 0, 1500, 1);
    const struct keyed_state_handle *first = upload(fixture, freeze(fixture, 1));
    write_keys(fixture, 0, 10, 7);
    const struct keyed_state_handle *second = upload(fixture, freeze(fixture, 2));
    assert_int_equal(count_shared(first, second), 0);
    assert_true(second->incremental_bytes == second->size_bytes);
    keyed_state_backend_completed(fixture->backend, 2);
    write_keys(fixture, 0, 10, 8);
    take_checkpoint(fixture, 3);
    assert_true(count_shared(second, fixture->handle) > 0);
    assert_true(fixture->handle->incremental_bytes < fixture->handle->size_bytes);
    reopen(fixture); /* what was restored counts as complete */
    const struct keyed_state_handle *third = fixture->handle;
    write_keys(fixture, 0, 10, 9);
    take_checkpoint(fixture, 4);
    assert_true(count_shared(third, fixture->handle) > 0);
    keyed_state_backend_completed(fixture->backend, 9); /* one that is not known here */
    write_keys(fixture, 0, 10, 10);
    const struct keyed_state_handle *last = upload(fixture, freeze(fixture, 10));
    assert_int_equal(count_shared(fixture->handle, last), 0);
    fixture->handle = last;
    reopen(fixture);
    check_keys(fixture, 0, 10, 10);
    check_keys(fixture, 10, 1500, 1);
}

static void check_given_up(struct fixture *fixture)
{
    uint32_t before = count_files(fixture->checkpoints);
    write_keys(fixture, 0, 3000, 1);
    upload(fixture, freeze(fixture, 1));
    assert_true(count_files(fixture->checkpoints) > before);
    keyed_state_backend_aborted(fixture->backend, 1);
    assert_int_equal(count_files(fixture->checkpoints), before);
    struct keyed_state_snapshot *snapshot = freeze(fixture, 2);
    keyed_state_snapshot_cancel(snapshot);
    struct keyed_state_handle *handle = NULL;
    struct error error;
    assert_int_equal(keyed_state_snapshot_upload(snapshot, fixture->arena, &handle, &error),
                     STATUS_CANCELLED);
    assert_null(handle);
    keyed_state_snapshot_free(snapshot);
    snapshot = freeze(fixture, 3); /* given up before it is uploaded */
    keyed_state_backend_aborted(fixture->backend, 3);
    assert_int_equal(keyed_state_snapshot_upload(snapshot, fixture->arena, &handle, &error),
                     STATUS_CANCELLED);
    keyed_state_snapshot_free(snapshot);
    keyed_state_snapshot_free(freeze(fixture, 4)); /* never uploaded */
    assert_int_equal(count_files(fixture->checkpoints), before);
    check_keys(fixture, 0, 3000, 1);
    take_checkpoint(fixture, 5);
    reopen(fixture);
    check_keys(fixture, 0, 3000, 1);
    keyed_state_backend_aborted(fixture->backend, 77); /* nobody's */
}

static void what_is_given_up_leaves_nothing(void **state)
{
    each_kind(*state, check_given_up);
}

static bool fails_now;

static enum file_fault fail_writes(void *context, enum file_operation operation, const char *path)
{
    (void)context, (void)path;
    bool writes = operation == FILE_WRITE || operation == FILE_SYNC || operation == FILE_SYNC_DIRECTORY;
    return fails_now && writes ? FILE_FAULT_BEFORE : FILE_FAULT_NONE;
}

static bool count_entry(void *context, const char *name, bool is_directory)
{
    (void)name;
    *(uint32_t *)context += !is_directory;
    return true;
}

/* A checkpoint folder that refuses declines the checkpoint, and the next one is as good as ever. */
static void check_refusing_folder(struct fixture *fixture)
{
    keyed_state_backend_close(fixture->backend);
    struct file_io *real = fixture->options.io;
    fixture->options.io = memory_file_io_create();
    fixture->options.checkpoint_folder = "memory:///job";
    open_state(fixture);
    memory_file_io_set_hook(fixture->options.io, fail_writes, NULL);
    write_keys(fixture, 0, 500, 1);
    fails_now = true;
    struct keyed_state_snapshot *snapshot = freeze(fixture, 1);
    struct keyed_state_handle *handle = NULL;
    struct error error;
    assert_int_equal(keyed_state_snapshot_upload(snapshot, fixture->arena, &handle, &error),
                     STATUS_UNAVAILABLE);
    assert_true(error.retriable);
    assert_false(error.fatal);
    keyed_state_snapshot_free(snapshot);
    fails_now = false;
    uint32_t count = 0;
    for (int i = 0; i < 2; i++)
        if (file_io_list(fixture->options.io, i == 0 ? "memory:///job/shared" : "memory:///job/private",
                         count_entry, &count, &error) != STATUS_OK)
            assert_int_equal(error.code, STATUS_NOT_FOUND);
    assert_int_equal(count, 0);
    take_checkpoint(fixture, 2);
    reopen(fixture);
    check_keys(fixture, 0, 500, 1);
    keyed_state_backend_close(fixture->backend);
    fixture->backend = NULL;
    file_io_free(fixture->options.io);
    fixture->options.io = real;
    fixture->options.checkpoint_folder = fixture->checkpoints;
    fixture->handle = NULL;
    open_state(fixture);
}

static void a_folder_that_refuses_declines(void **state)
{
    each_kind(*state, check_refusing_folder);
}

/* Linked copies spare the download, as far as they are right. */
static void copies_at_hand_are_used(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.recovery_folder = fixture->recovery;
    fixture->options.memory_bytes = SMALL_MEMORY_BYTES; /* files of the log may be the checkpoint's own */
    open_state(fixture);
    write_keys(fixture, 0, 2000, 1);
    take_checkpoint(fixture, 1);
    uint32_t of_one = count_files(fixture->recovery);
    assert_true(of_one > 0);
    write_keys(fixture, 0, 2000, 5);
    take_checkpoint(fixture, 2);
    char path[512], copy[512], moved[512];
    snprintf(copy, sizeof copy, "%s/chk-1", fixture->recovery);
    assert_int_not_equal(access(copy, F_OK), 0); /* older ones go */
    snprintf(path, sizeof path, "%s/%s", fixture->checkpoints, some_file(fixture->handle)->path);
    snprintf(moved, sizeof moved, "%s/moved", fixture->folder);
    assert_int_equal(rename(path, moved), 0);
    reopen(fixture);
    check_keys(fixture, 0, 2000, 5);
    assert_int_equal(rename(moved, path), 0);
    snprintf(copy, sizeof copy, "%s/chk-2/%s", fixture->recovery, some_file(fixture->handle)->name);
    flip_byte(copy);
    reopen(fixture);
    check_keys(fixture, 0, 2000, 5);
    fixture->handle = NULL; /* another beginning: what is there is of nobody */
    reopen(fixture);
    assert_int_equal(count_files(fixture->recovery), 0);
    assert_int_equal(read_key(fixture, 1), 0);
}

static void remove_keys(struct fixture *fixture, uint64_t begin, uint64_t end)
{
    for (uint64_t key = begin; key < end; key++) {
        uint64_t *value = NULL;
        struct error error;
        check(access_key(fixture, KEYED_UPDATE, key, &value, &error), &error);
        assert_non_null(value);
        keyed_state_remove(fixture->state, value);
        check(keyed_state_end_batch(fixture->state, &error), &error);
    }
}

static uint32_t count_files_of(const struct keyed_state_handle *handle, const char *ending)
{
    uint32_t count = 0;
    for (size_t i = 0; i < handle->num_files; i++)
        count += strstr(handle->files[i].name, ending) != NULL;
    return count;
}

/* A state that fits into memory needs no store, and only what changed is written again. */
static void resident_rows_are_logged(void **state)
{
    struct fixture *fixture = *state;
    open_state(fixture);
    write_keys(fixture, 0, 3000, 1);
    take_checkpoint(fixture, 1);
    const struct keyed_state_handle *first = fixture->handle;
    assert_int_equal(count_files_of(first, ".sst"), 0);
    write_keys(fixture, 0, 10, 7);
    remove_keys(fixture, 100, 1000);
    take_checkpoint(fixture, 2);
    assert_int_equal(count_shared(first, fixture->handle), 1);
    assert_true(fixture->handle->incremental_bytes * 4 < fixture->handle->size_bytes);
    static const enum state_backend_kind kinds[] = {STATE_BACKEND_ROCKSDB, STATE_BACKEND_ROCKSDB,
                                                    STATE_BACKEND_HASHMAP};
    static const size_t memory_bytes[] = {1 << 20, SMALL_MEMORY_BYTES, 16 << 20};
    for (int i = 0; i < 3; i++) {
        fixture->options.kind = kinds[i];
        fixture->options.memory_bytes = memory_bytes[i];
        reopen(fixture);
        check_keys(fixture, 0, 10, 7);
        check_keys(fixture, 10, 100, 1);
        check_keys(fixture, 1000, 3000, 1);
        for (uint64_t key = 100; key < 1000; key++)
            assert_int_equal(read_key(fixture, key), 0);
    }
}

/* A second state is opened while rows of the first, which did not fit, go down: not before they are there. */
static void states_are_opened_one_after_the_other(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.memory_bytes = 16 << 20;
    open_state(fixture);
    write_keys(fixture, 0, 20000, 1);
    take_checkpoint(fixture, 1);
    fixture->options.memory_bytes = 400 << 10;
    reopen(fixture);
    assert_int_equal(store_writer_pending_bytes(fixture->backend->writer), 0);
    struct keyed_state_descriptor descriptor = fixture->descriptor;
    descriptor.name = "others";
    struct keyed_state *others;
    struct error error;
    check(keyed_state_open(fixture->backend, &descriptor, &others, &error), &error);
    check_keys(fixture, 0, 20000, 1);
}

/* Some keys have much more than the others: what is written again and again counts as what it takes. */
static void chains_know_their_size(void **state)
{
    struct fixture *fixture = *state;
    static const uint32_t buffer_offsets[] = {8};
    fixture->descriptor.value_size = 8 + sizeof(struct buffer);
    fixture->descriptor.buffer_offsets = buffer_offsets;
    fixture->descriptor.num_buffers = 1;
    fixture->options.memory_bytes = 64 << 20;
    open_state(fixture);
    write_keys(fixture, 0, 3000, 1);
    struct error error;
    for (uint64_t id = 1; id < 40; id++) {
        uint64_t *value = NULL;
        check(access_key(fixture, KEYED_CREATE, 7, &value, &error), &error);
        struct buffer *buffer = (struct buffer *)(void *)(value + 1);
        buffer_clear(buffer);
        buffer_append_zeros(buffer, 1 << 20);
        check(keyed_state_end_batch(fixture->state, &error), &error);
        take_checkpoint(fixture, id);
        assert_true(fixture->handle->size_bytes < (7 << 20));
    }
}

/* What a checkpoint has under way is no reason for rows to leave the memory that they fit into. */
static void checkpoints_spill_nothing(void **state)
{
    struct fixture *fixture = *state;
    open_state(fixture);
    for (uint64_t id = 1; id < 20; id++) {
        write_keys(fixture, 0, 11500, id);
        take_checkpoint(fixture, id);
        write_keys(fixture, 0, 100, id); /* while the writer is at it */
        assert_int_equal(count_files_of(fixture->handle, ".sst"), 0);
    }
}

/* With more memory after a restore, what was spilled is resident again, and the store is empty. */
static void more_memory_brings_rows_back(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.memory_bytes = SMALL_MEMORY_BYTES;
    open_state(fixture);
    write_keys(fixture, 0, 3000, 1);
    remove_keys(fixture, 100, 200);
    take_checkpoint(fixture, 1);
    assert_true(count_files_of(fixture->handle, ".sst") > 0);
    fixture->options.memory_bytes = 16 << 20;
    reopen(fixture);
    check_keys(fixture, 0, 100, 1);
    check_keys(fixture, 200, 3000, 1);
    remove_keys(fixture, 200, 300);
    take_checkpoint(fixture, 2);
    assert_int_equal(count_files_of(fixture->handle, ".sst"), 0);
    reopen(fixture);
    check_keys(fixture, 0, 100, 1);
    check_keys(fixture, 300, 3000, 1);
    for (uint64_t key = 100; key < 300; key++)
        assert_int_equal(read_key(fixture, key), 0);
}

/* However often all rows change, a checkpoint is a few times as large as the state. */
static void chains_begin_anew(void **state)
{
    struct fixture *fixture = *state;
    open_state(fixture);
    write_keys(fixture, 0, 3000, 1);
    take_checkpoint(fixture, 1);
    uint64_t first_bytes = fixture->handle->size_bytes;
    for (uint64_t id = 2; id < 100; id++) {
        write_keys(fixture, 0, id % 3 == 0 ? 3000 : 1000, id);
        take_checkpoint(fixture, id);
        assert_true(fixture->handle->size_bytes < 5 * first_bytes + (1 << 20));
        assert_true(fixture->handle->num_files < 70);
    }
    reopen(fixture);
    check_keys(fixture, 0, 1000, 99);
    check_keys(fixture, 1000, 3000, 99);
}

static const char *path_of(const struct keyed_state_handle *handle, const char *ending)
{
    for (size_t i = 0; i < handle->num_files; i++)
        if (strstr(handle->files[i].name, ending) != NULL)
            return handle->files[i].path;
    fail();
    return NULL;
}

/* Which rows count is said by an index; without it none is trusted. */
static void damaged_logs_are_refused(void **state)
{
    struct fixture *fixture = *state;
    open_state(fixture);
    write_keys(fixture, 0, 3000, 1);
    take_checkpoint(fixture, 1);
    static const char *const endings[] = {"RESIDENTS", ".table"};
    for (int i = 0; i < 2; i++) {
        keyed_state_backend_close(fixture->backend);
        fixture->backend = NULL;
        char path[512];
        snprintf(path, sizeof path, "%s/%s", fixture->checkpoints, path_of(fixture->handle, endings[i]));
        struct error error;
        flip_byte(path);
        assert_int_equal(try_open(fixture, &error), STATUS_CORRUPT);
        assert_true(error.fatal);
        assert_non_null(strstr(error.message, path));
        keyed_state_backend_close(fixture->backend);
        fixture->backend = NULL;
        flip_byte(path); /* back */
        char moved[512];
        snprintf(moved, sizeof moved, "%s/moved", fixture->folder);
        assert_int_equal(rename(path, moved), 0);
        assert_int_equal(try_open(fixture, &error), STATUS_NOT_FOUND);
        assert_true(error.fatal);
        keyed_state_backend_close(fixture->backend);
        fixture->backend = NULL;
        assert_int_equal(rename(moved, path), 0);
        open_state(fixture);
        check_keys(fixture, 0, 3000, 1);
    }
}

static void check_key_groups(struct fixture *fixture)
{
    write_keys(fixture, 0, 100, 1);
    take_checkpoint(fixture, 1);
    keyed_state_backend_close(fixture->backend);
    fixture->backend = NULL;
    struct error error;
    fixture->options.max_parallelism = fixture->options.end_key_group = 2 * MAX_PARALLELISM;
    assert_int_equal(try_open(fixture, &error), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "max parallelism 16"));
    fixture->options.max_parallelism = fixture->options.end_key_group = MAX_PARALLELISM;
    struct keyed_state_handle part = *fixture->handle, *whole = (void *)(uintptr_t)fixture->handle;
    part.end_key_group = 7;
    fixture->handle = &part;
    assert_int_equal(try_open(fixture, &error), STATUS_CORRUPT);
    assert_non_null(strstr(error.message, "key group 7"));
    assert_true(error.fatal);
    fixture->handle = whole;
    open_state(fixture);
}

static void key_groups_must_be_covered(void **state)
{
    each_kind(*state, check_key_groups);
}

static void check_time_to_live(struct fixture *fixture)
{
    write_keys(fixture, 0, 2000, 1); /* without a time yet */
    take_checkpoint(fixture, 1);
    fixture->descriptor.ttl_ms = TTL_MS;
    reopen(fixture);
    atomic_fetch_add(&now_us, 500 * 1000);
    check_keys(fixture, 0, 2000, 1); /* reading does not count as writing */
    write_keys(fixture, 0, 5, 50);
    atomic_fetch_add(&now_us, 600 * 1000);
    check_keys(fixture, 0, 5, 50);
    take_checkpoint(fixture, 2);
    atomic_fetch_add(&now_us, 400 * 1000);
    for (uint64_t key = 0; key < 5; key++)
        assert_int_equal(read_key(fixture, key), 0);
    uint64_t *value = NULL;
    struct error error;
    check(access_key(fixture, KEYED_UPDATE, 1, &value, &error), &error);
    assert_null(value);
    check(access_key(fixture, KEYED_CREATE, 1, &value, &error), &error);
    assert_int_equal(*value, 0); /* begins anew */
    *value = 9;
    check(keyed_state_end_batch(fixture->state, &error), &error);
    reopen(fixture); /* from a checkpoint all of whose rows are out of time */
    for (uint64_t key = 0; key < 2000; key += 100)
        assert_int_equal(read_key(fixture, key), 0);
    fixture->descriptor.ttl_ms = 0;
}

static void rows_live_for_their_time(void **state)
{
    each_kind(*state, check_time_to_live);
}

/* Without a store rows that are out of time must not fill the memory. */
static void old_rows_leave_a_table(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.kind = STATE_BACKEND_HASHMAP;
    fixture->options.memory_bytes = 8 << 20;
    fixture->descriptor.ttl_ms = TTL_MS;
    open_state(fixture);
    for (uint64_t key = 0; key < 400000; key++) {
        if (key % 100 == 0)
            atomic_fetch_add(&now_us, 2000);
        write_key(fixture, key, key + 1);
    }
    assert_int_equal(read_key(fixture, 399999), 400000);
}

static void a_table_that_is_full_says_so(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.kind = STATE_BACKEND_HASHMAP;
    fixture->options.memory_bytes = 1 << 20;
    open_state(fixture);
    enum status status = STATUS_OK;
    struct error error;
    for (uint64_t key = 0; key < 100000 && status == STATUS_OK; key++) {
        uint64_t *value = NULL;
        check(access_key(fixture, KEYED_CREATE, key, &value, &error), &error);
        status = keyed_state_end_batch(fixture->state, &error);
    }
    assert_int_equal(status, STATUS_EXHAUSTED);
    assert_non_null(strstr(error.message, "Sums[3]"));
    assert_non_null(strstr(error.message, "rocksdb"));
}

/* A row is read as it was written, or an error says which file is damaged. */
static void damage_on_the_local_disk_is_found(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.memory_bytes = 400000;
    open_state(fixture);
    write_keys(fixture, 0, 30000, 1);
    keyed_state_snapshot_free(freeze(fixture, 1));
    char folder[128];
    snprintf(folder, sizeof folder, "%s/db", fixture->local);
    DIR *directory = opendir(folder);
    assert_non_null(directory);
    uint32_t num_flipped = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        if (strstr(entry->d_name, ".sst") != NULL) /* a compaction may just have removed it */
            num_flipped += try_to_flip_byte(path);
    }
    closedir(directory);
    assert_true(num_flipped > 0);
    struct error error;
    enum status status = STATUS_OK;
    for (uint64_t key = 0; key < 30000 && status == STATUS_OK; key++) {
        uint64_t *value = NULL;
        status = access_key(fixture, KEYED_FIND, key, &value, &error);
        if (status != STATUS_OK)
            break;
        assert_non_null(value);
        assert_int_equal(*value, key + 1);
        if (key % 50 == 0)
            status = keyed_state_end_batch(fixture->state, &error);
    }
    assert_int_equal(status, STATUS_CORRUPT);
    assert_false(error.fatal); /* the checkpoint is as it was */
    assert_non_null(strstr(error.message, fixture->local));
}

/* What cannot be written down is an error of the task, not a row less. */
static void a_local_disk_that_is_full_fails(void **state)
{
    struct fixture *fixture = *state;
    fixture->options.memory_bytes = 400000;
    open_state(fixture);
    struct rlimit before, small = {4096, 4096};
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small.rlim_max = before.rlim_max;
    assert_ptr_not_equal(signal(SIGXFSZ, SIG_IGN), SIG_ERR);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    enum status status = STATUS_OK;
    struct error error;
    for (uint64_t key = 0; key < 100000 && status == STATUS_OK; key++) {
        uint64_t *value = NULL;
        status = access_key(fixture, KEYED_CREATE, key, &value, &error);
        if (status == STATUS_OK)
            status = keyed_state_end_batch(fixture->state, &error);
    }
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, STATUS_IO);
    assert_false(error.fatal);
    assert_non_null(strstr(error.message, fixture->local));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(changed_states_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lost_states_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_checkpoints_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(files_are_shared_once_complete, set_up, tear_down),
        cmocka_unit_test_setup_teardown(resident_rows_are_logged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(states_are_opened_one_after_the_other, set_up, tear_down),
        cmocka_unit_test_setup_teardown(chains_know_their_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(checkpoints_spill_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(more_memory_brings_rows_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(chains_begin_anew, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_logs_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_given_up_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_folder_that_refuses_declines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(copies_at_hand_are_used, set_up, tear_down),
        cmocka_unit_test_setup_teardown(key_groups_must_be_covered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(rows_live_for_their_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(old_rows_leave_a_table, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_table_that_is_full_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damage_on_the_local_disk_is_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_local_disk_that_is_full_fails, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
