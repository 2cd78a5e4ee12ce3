#include "taskmanager/state/keyed_state.h"

#include "common/base/arena.h"
#include "common/base/hash.h"
#include "common/base/random.h"
#include "common/columnar/row_packer.h"

#include <dirent.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/*
 * Random operations on the subtasks of an operator and on a plain array at once: with more and with less
 * memory than they take, through checkpoints that complete or are aborted, uploads while work
 * goes on, restores at other parallelisms and with the other backend. What the two say must be the same, and
 * the files of checkpoints that are not kept must be gone.
 */
enum {
    NUM_KEYS = 600,
    NUM_NAMESPACES = 6,
    MAX_PARALLELISM = 16,
    MAX_SUBTASKS = 4,
    BATCH = 200,
    TTL_MS = 1000
};
enum { NUM_MEMORIES = 3, MAX_CHECKPOINTS = 64 };

/* Of a subtask with a store: almost everything is evicted, some is, nothing is. */
static const size_t memories[NUM_MEMORIES] = {200000, 700000, 16 << 20};

static const int64_t namespaces[NUM_NAMESPACES] = {INT64_MIN, -7, 0, 1, 1000000000000, INT64_MAX};

/* The values of the two states: one has a buffer, the other a time to live. */
struct counted {
    uint64_t count;
    struct buffer text;
    uint64_t number;
};
struct stamped {
    uint64_t count;
};

struct cell {
    uint64_t count; /* 0: absent */
    int64_t written_ms;
};
struct model {
    struct cell cells[2][NUM_NAMESPACES][NUM_KEYS];
};

struct subtask {
    struct keyed_state_backend *backend;
    struct keyed_state *states[2];
    struct keyed_state_snapshot *snapshot;
    struct keyed_state_handle *handle;
    enum status upload_status;
    struct error error;
};

/* One that was completed, and may be restored. */
struct saved {
    uint64_t id;
    struct arena *arena;
    struct keyed_state_handle *handles[MAX_SUBTASKS];
    uint32_t num_handles;
    struct model *model;
};

struct world {
    char folder[64];
    struct random random;
    struct process_context process;
    struct file_io *io;
    enum state_backend_kind kind;
    bool has_recovery;
    uint32_t parallelism;
    struct subtask subtasks[MAX_SUBTASKS];
    struct model *model;
    uint64_t next_id, attempt;
    /* The checkpoint in progress; arena NULL: there is none. */
    struct saved current;
    pthread_t uploader;
    bool is_uploading;
    struct saved kept[2];
    uint32_t num_kept;
};

/* Compactions ask for it. */
static _Atomic int64_t now_us;

static int64_t world_now_us(void *context)
{
    (void)context;
    return atomic_load(&now_us);
}

static struct bytes_view key_of(uint32_t key, char text[256])
{
    int size = snprintf(text, 256, "key %u;", key);
    uint32_t length = (uint32_t)size + (key % 11 == 0 ? key % 200 : key % 13);
    memset(text + size, 'a' + (int)(key % 26), 256 - (size_t)size);
    return (struct bytes_view){(const uint8_t *)text, length};
}

static uint32_t number_of(struct bytes_view key)
{
    assert_true(key.size > 4);
    return (uint32_t)strtoul((const char *)key.data + 4, NULL, 10);
}

static uint32_t key_group_of(uint32_t key)
{
    char text[256];
    return row_key_group(key_of(key, text), MAX_PARALLELISM);
}

static uint32_t owner_of(const struct world *world, uint32_t key)
{
    return key_group_subtask(key_group_of(key), world->parallelism, MAX_PARALLELISM);
}

static void check(enum status status, const struct error *error)
{
    if (status != STATUS_OK)
        fail_msg("%s: %s", status_name(status), error->message);
}

static bool is_alive(uint32_t state, const struct cell *cell)
{
    return cell->count > 0 && (state == 0 || atomic_load(&now_us) / 1000 - cell->written_ms < TTL_MS);
}

static void check_value(const struct world *world, uint32_t state, uint32_t space, uint32_t key,
                        const void *value)
{
    const struct cell *cell = &world->model->cells[state][space][key];
    assert_true(is_alive(state, cell));
    if (state == 1) {
        assert_int_equal(((const struct stamped *)value)->count, cell->count);
        return;
    }
    const struct counted *counted = value;
    assert_int_equal(counted->count, cell->count);
    assert_int_equal(counted->number, cell->count * 3 + key);
    assert_int_equal(counted->text.size, cell->count * key % 37);
    for (size_t i = 0; i < counted->text.size; i++)
        assert_int_equal(counted->text.data[i], (uint8_t)key);
}

static void write_value(struct world *world, uint32_t state, uint32_t space, uint32_t key, void *value)
{
    struct cell *cell = &world->model->cells[state][space][key];
    if (!is_alive(state, cell))
        cell->count = 0;
    cell->count++;
    cell->written_ms = atomic_load(&now_us) / 1000;
    if (state == 1) {
        ((struct stamped *)value)->count = cell->count;
        return;
    }
    struct counted *counted = value;
    counted->count = cell->count;
    counted->number = cell->count * 3 + key;
    buffer_clear(&counted->text);
    for (uint64_t i = 0; i < cell->count * key % 37; i++)
        buffer_append_byte(&counted->text, (uint8_t)key);
}

struct batch {
    char texts[BATCH][256];
    struct bytes_view keys[BATCH];
    uint64_t hashes[BATCH];
    int64_t spaces[BATCH];
    uint32_t key_numbers[BATCH], space_numbers[BATCH];
    void *values[BATCH];
    uint32_t count;
};

/* Keys of one subtask; some keys come more often than others. */
static void draw(struct world *world, uint32_t subtask, struct batch *batch)
{
    uint32_t wanted = 1 + (uint32_t)random_below(&world->random, BATCH);
    batch->count = 0;
    for (uint32_t tries = 0; batch->count < wanted && tries < 4 * BATCH; tries++) {
        uint64_t range = random_below(&world->random, 3) == 0 ? 20 : NUM_KEYS;
        uint32_t key = (uint32_t)random_below(&world->random, range), i = batch->count;
        if (owner_of(world, key) != subtask)
            continue;
        batch->key_numbers[i] = key;
        batch->space_numbers[i] = (uint32_t)random_below(&world->random, NUM_NAMESPACES);
        batch->keys[i] = key_of(key, batch->texts[i]);
        batch->hashes[i] = hash_bytes(batch->keys[i].data, batch->keys[i].size);
        batch->spaces[i] = namespaces[batch->space_numbers[i]];
        batch->count++;
    }
}

static void access_some(struct world *world, enum keyed_access access, struct batch *batch)
{
    uint32_t number = (uint32_t)random_below(&world->random, world->parallelism);
    uint32_t state = (uint32_t)random_below(&world->random, 2);
    struct keyed_state *keyed = world->subtasks[number].states[state];
    struct error error;
    draw(world, number, batch);
    check(keyed_state_access(keyed, access, batch->keys, batch->hashes, batch->spaces, batch->count,
                             batch->values, &error),
          &error);
    for (uint32_t i = 0; i < batch->count; i++) {
        uint32_t key = batch->key_numbers[i], space = batch->space_numbers[i];
        struct cell *cell = &world->model->cells[state][space][key];
        void *value = batch->values[i];
        if (access == KEYED_CREATE)
            assert_non_null(value);
        else
            assert_int_equal(value != NULL, is_alive(state, cell));
        if (value == NULL)
            continue;
        assert_int_equal(keyed_state_namespace(keyed, value), batch->spaces[i]);
        assert_int_equal(keyed_state_key(keyed, value).size, batch->keys[i].size);
        if (is_alive(state, cell))
            check_value(world, state, space, key, value);
        else
            assert_int_equal(*(uint64_t *)value, 0);
        if (access != KEYED_FIND)
            write_value(world, state, space, key, value);
    }
    check(keyed_state_end_batch(keyed, &error), &error);
}

static void remove_some(struct world *world, struct batch *batch)
{
    uint32_t number = (uint32_t)random_below(&world->random, world->parallelism);
    uint32_t state = (uint32_t)random_below(&world->random, 2);
    struct keyed_state *keyed = world->subtasks[number].states[state];
    struct error error;
    draw(world, number, batch);
    for (uint32_t i = 0; i < batch->count; i++) {
        struct cell *cell = &world->model->cells[state][batch->space_numbers[i]][batch->key_numbers[i]];
        check(keyed_state_access(keyed, KEYED_UPDATE, &batch->keys[i], &batch->hashes[i], &batch->spaces[i],
                                 1, &batch->values[i], &error),
              &error);
        assert_int_equal(batch->values[i] != NULL, is_alive(state, cell));
        if (batch->values[i] != NULL)
            keyed_state_remove(keyed, batch->values[i]);
        cell->count = 0;
        if (i % 16 == 15)
            check(keyed_state_end_batch(keyed, &error), &error);
    }
    check(keyed_state_end_batch(keyed, &error), &error);
}

/* Walks, and changes, removes and looks up rows of the same partition on the way. */
static void walk_some(struct world *world)
{
    uint32_t number = (uint32_t)random_below(&world->random, world->parallelism);
    uint32_t state = (uint32_t)random_below(&world->random, 2);
    uint32_t space = (uint32_t)random_below(&world->random, NUM_NAMESPACES);
    struct keyed_state *keyed = world->subtasks[number].states[state];
    uint32_t first = keyed_state_first_key_group(keyed), end = keyed_state_end_key_group(keyed);
    uint32_t group = first + (uint32_t)random_below(&world->random, end - first);
    bool updates = random_below(&world->random, 2) == 0;
    uint32_t expected = 0, given = 0;
    bool seen[NUM_KEYS] = {false};
    for (uint32_t key = 0; key < NUM_KEYS; key++)
        expected += key_group_of(key) == group && is_alive(state, &world->model->cells[state][space][key]);
    struct keyed_state_walk *walk = keyed_state_walk_begin(keyed, group, namespaces[space]);
    struct error error;
    void *values[40];
    uint32_t capacity = 1 + (uint32_t)random_below(&world->random, 40), count;
    for (;;) {
        check(keyed_state_walk_next(walk, updates ? KEYED_UPDATE : KEYED_FIND, values, capacity, &count,
                                    &error),
              &error);
        if (count == 0)
            break;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t key = number_of(keyed_state_key(keyed, values[i]));
            assert_int_equal(key_group_of(key), group);
            assert_false(seen[key]);
            seen[key] = true;
            given++;
            check_value(world, state, space, key, values[i]);
            if (updates && random_below(&world->random, 3) == 0) {
                keyed_state_remove(keyed, values[i]);
                world->model->cells[state][space][key].count = 0;
            } else if (updates) {
                write_value(world, state, space, key, values[i]);
            }
        }
        if (random_below(&world->random, 2) == 0)
            check(keyed_state_end_batch(keyed, &error), &error);
        uint32_t key = (uint32_t)random_below(&world->random, NUM_KEYS);
        if (key_group_of(key) == group) {
            char text[256];
            struct bytes_view view = key_of(key, text);
            uint64_t hash = hash_bytes(view.data, view.size);
            void *value;
            check(keyed_state_access(keyed, updates ? KEYED_UPDATE : KEYED_FIND, &view, &hash,
                                     &namespaces[space], 1, &value, &error),
                  &error);
            assert_int_equal(value != NULL, is_alive(state, &world->model->cells[state][space][key]));
            if (value != NULL && updates)
                write_value(world, state, space, key, value);
        }
    }
    keyed_state_walk_end(walk);
    check(keyed_state_end_batch(keyed, &error), &error);
    assert_int_equal(given, expected);
}

static void drop_one(struct world *world)
{
    uint32_t number = (uint32_t)random_below(&world->random, world->parallelism);
    uint32_t state = (uint32_t)random_below(&world->random, 2);
    uint32_t space = (uint32_t)random_below(&world->random, NUM_NAMESPACES);
    struct error error;
    check(keyed_state_drop_namespace(world->subtasks[number].states[state], namespaces[space], &error),
          &error);
    for (uint32_t key = 0; key < NUM_KEYS; key++)
        if (owner_of(world, key) == number)
            world->model->cells[state][space][key].count = 0;
}

/* Each namespace that has rows is found. */
static void check_namespaces(struct world *world)
{
    for (uint32_t number = 0; number < world->parallelism; number++)
        for (uint32_t state = 0; state < 2; state++)
            for (uint32_t space = 0; space < NUM_NAMESPACES; space++) {
                bool has_rows = false;
                for (uint32_t key = 0; key < NUM_KEYS && !has_rows; key++)
                    has_rows = owner_of(world, key) == number &&
                               is_alive(state, &world->model->cells[state][space][key]);
                int64_t found = 0;
                bool is_there = keyed_state_next_namespace(world->subtasks[number].states[state],
                                                           namespaces[space], &found);
                if (has_rows)
                    assert_true(is_there && found == namespaces[space]);
                if (is_there)
                    assert_true(found >= namespaces[space]);
            }
}

static void check_everything(struct world *world, struct batch *batch)
{
    check_namespaces(world);
    struct error error;
    for (uint32_t state = 0; state < 2; state++)
        for (uint32_t space = 0; space < NUM_NAMESPACES; space++)
            for (uint32_t begin = 0; begin < NUM_KEYS; begin += BATCH)
                for (uint32_t number = 0; number < world->parallelism; number++) {
                    struct keyed_state *keyed = world->subtasks[number].states[state];
                    batch->count = 0;
                    for (uint32_t key = begin; key < begin + BATCH; key++) {
                        if (owner_of(world, key) != number)
                            continue;
                        uint32_t i = batch->count++;
                        batch->key_numbers[i] = key;
                        batch->keys[i] = key_of(key, batch->texts[i]);
                        batch->hashes[i] = hash_bytes(batch->keys[i].data, batch->keys[i].size);
                        batch->spaces[i] = namespaces[space];
                    }
                    check(keyed_state_access(keyed, KEYED_FIND, batch->keys, batch->hashes, batch->spaces,
                                             batch->count, batch->values, &error),
                          &error);
                    for (uint32_t i = 0; i < batch->count; i++) {
                        uint32_t key = batch->key_numbers[i];
                        assert_int_equal(batch->values[i] != NULL,
                                         is_alive(state, &world->model->cells[state][space][key]));
                        if (batch->values[i] != NULL)
                            check_value(world, state, space, key, batch->values[i]);
                    }
                    check(keyed_state_end_batch(keyed, &error), &error);
                }
}

static void open_states(struct subtask *subtask)
{
    static const uint32_t text_offset[] = {offsetof(struct counted, text)};
    struct keyed_state_descriptor counts = {
        "counts", "ROW<STRING>", "COUNT", 1, sizeof(struct counted), text_offset, 1, 0};
    struct keyed_state_descriptor stamps = {"stamps", "ROW<STRING>", "COUNT", 1, sizeof(struct stamped), NULL,
                                            0,        TTL_MS};
    struct error error;
    check(keyed_state_open(subtask->backend, &counts, &subtask->states[0], &error), &error);
    check(keyed_state_open(subtask->backend, &stamps, &subtask->states[1], &error), &error);
}

static void open_all(struct world *world, const struct saved *from)
{
    world->attempt++;
    for (uint32_t i = 0; i < world->parallelism; i++) {
        struct subtask *subtask = &world->subtasks[i];
        *subtask = (struct subtask){0};
        char local[128], checkpoints[128], recovery[128];
        snprintf(local, sizeof local, "%s/local/%llu-%u", world->folder, (unsigned long long)world->attempt,
                 i);
        snprintf(checkpoints, sizeof checkpoints, "%s/checkpoints", world->folder);
        snprintf(recovery, sizeof recovery, "%s/recovery/%u", world->folder, i);
        struct keyed_state_options options = {
            .process = &world->process,
            .operator_name = "test",
            .kind = world->kind,
            .memory_bytes = world->kind == STATE_BACKEND_ROCKSDB
                                ? memories[random_below(&world->random, NUM_MEMORIES)]
                                : 64 << 20,
            .local_folder = local,
            .io = world->io,
            .checkpoint_folder = checkpoints,
            .max_parallelism = MAX_PARALLELISM,
            .recovery_folder = world->has_recovery ? recovery : NULL,
        };
        key_group_range(i, world->parallelism, MAX_PARALLELISM, &options.first_key_group,
                        &options.end_key_group);
        const struct keyed_state_handle *handles[MAX_SUBTASKS];
        for (uint32_t k = 0; from != NULL && k < from->num_handles; k++) /* those that have a part of it */
            if (from->handles[k]->first_key_group < options.end_key_group &&
                options.first_key_group < from->handles[k]->end_key_group)
                handles[options.num_handles++] = from->handles[k];
        options.handles = handles;
        options.restored_checkpoint_id = from != NULL ? from->id : 0;
        struct error error;
        check(keyed_state_backend_open(&options, &subtask->backend, &error), &error);
        open_states(subtask);
    }
}

static void close_all(struct world *world)
{
    for (uint32_t i = 0; i < world->parallelism; i++)
        keyed_state_backend_close(world->subtasks[i].backend);
}

static bool refers_to(const struct saved *saved, const char *path)
{
    for (uint32_t i = 0; i < saved->num_handles; i++)
        for (size_t k = 0; k < saved->handles[i]->num_files; k++)
            if (strcmp(saved->handles[i]->files[k].path, path) == 0)
                return true;
    return false;
}

static void free_saved(struct saved *saved)
{
    arena_free(saved->arena);
    free(saved->model);
    *saved = (struct saved){0};
}

/* As the jobmanager does: files that no kept checkpoint refers to go. */
static void forget_oldest(struct world *world)
{
    struct saved oldest = world->kept[0];
    world->kept[0] = world->kept[1];
    world->num_kept--;
    for (uint32_t i = 0; i < oldest.num_handles; i++)
        for (size_t k = 0; k < oldest.handles[i]->num_files; k++) {
            const char *path = oldest.handles[i]->files[k].path;
            if (world->num_kept > 0 && refers_to(&world->kept[0], path))
                continue;
            char whole[256];
            snprintf(whole, sizeof whole, "%s/checkpoints/%s", world->folder, path);
            assert_int_equal(unlink(whole), 0);
        }
    free_saved(&oldest);
}

static void begin_checkpoint(struct world *world)
{
    struct error error;
    world->current = (struct saved){.id = ++world->next_id, .arena = arena_create(4096)};
    world->current.model = malloc(sizeof *world->model);
    memcpy(world->current.model, world->model, sizeof *world->model);
    for (uint32_t i = 0; i < world->parallelism; i++)
        check(keyed_state_backend_freeze(world->subtasks[i].backend, world->current.id,
                                         &world->subtasks[i].snapshot, &error),
              &error);
}

static void *upload_all(void *context)
{
    struct world *world = context;
    for (uint32_t i = 0; i < world->parallelism; i++) {
        struct subtask *subtask = &world->subtasks[i];
        subtask->upload_status = keyed_state_snapshot_upload(subtask->snapshot, world->current.arena,
                                                             &subtask->handle, &subtask->error);
    }
    return NULL;
}

static void end_checkpoint(struct world *world)
{
    bool is_cancelled = random_below(&world->random, 8) == 0;
    if (is_cancelled)
        keyed_state_snapshot_cancel(world->subtasks[0].snapshot);
    if (world->is_uploading)
        assert_int_equal(pthread_join(world->uploader, NULL), 0);
    else if (random_below(&world->random, 8) > 0)
        upload_all(world);
    else
        is_cancelled = true; /* some are given up before they are uploaded */
    world->is_uploading = false;
    bool is_aborted = is_cancelled || random_below(&world->random, 5) == 0;
    for (uint32_t i = 0; i < world->parallelism; i++) {
        struct subtask *subtask = &world->subtasks[i];
        if (!is_aborted)
            check(subtask->upload_status, &subtask->error);
        keyed_state_snapshot_free(subtask->snapshot);
        subtask->snapshot = NULL;
        world->current.handles[world->current.num_handles++] = subtask->handle;
        if (is_aborted)
            keyed_state_backend_aborted(subtask->backend, world->current.id);
        else
            keyed_state_backend_completed(subtask->backend, world->current.id);
    }
    if (is_aborted) {
        free_saved(&world->current);
        return;
    }
    if (world->num_kept == 2)
        forget_oldest(world);
    world->kept[world->num_kept++] = world->current;
    world->current = (struct saved){0};
}

static void checkpoint(struct world *world)
{
    if (world->current.arena != NULL) {
        end_checkpoint(world);
        return;
    }
    begin_checkpoint(world);
    world->is_uploading = random_below(&world->random, 3) > 0;
    if (world->is_uploading)
        assert_int_equal(pthread_create(&world->uploader, NULL, upload_all, world), 0);
}

/* The job fails, and goes on from a checkpoint, perhaps in another form. */
static void restore(struct world *world)
{
    while (world->current.arena != NULL)
        end_checkpoint(world);
    close_all(world);
    const struct saved *from = NULL;
    if (world->num_kept > 0)
        from = &world->kept[random_below(&world->random, world->num_kept)];
    if (from != NULL)
        memcpy(world->model, from->model, sizeof *world->model);
    else
        memset(world->model, 0, sizeof *world->model);
    if (random_below(&world->random, 3) == 0)
        world->parallelism = 1 + (uint32_t)random_below(&world->random, MAX_SUBTASKS);
    if (random_below(&world->random, 8) == 0)
        world->kind = world->kind == STATE_BACKEND_ROCKSDB ? STATE_BACKEND_HASHMAP : STATE_BACKEND_ROCKSDB;
    open_all(world, from);
    while (from == &world->kept[0] && world->num_kept == 2) { /* what came after it is void */
        struct saved newer = world->kept[1], older = world->kept[0];
        world->kept[0] = newer;
        world->kept[1] = older;
        forget_oldest(world);
    }
}

static uint32_t count_files(const char *folder)
{
    DIR *directory = opendir(folder);
    if (directory == NULL)
        return 0;
    uint32_t count = 0;
    for (struct dirent *entry; (entry = readdir(directory)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        char path[512];
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        struct stat info;
        assert_int_equal(stat(path, &info), 0);
        count += S_ISDIR(info.st_mode) ? count_files(path) : 1;
    }
    closedir(directory);
    return count;
}

/* No file is left over, none is missing. */
static void check_files(struct world *world)
{
    char folder[128];
    snprintf(folder, sizeof folder, "%s/checkpoints", world->folder);
    uint32_t expected = 0;
    for (uint32_t c = 0; c < world->num_kept; c++)
        for (uint32_t i = 0; i < world->kept[c].num_handles; i++)
            for (size_t k = 0; k < world->kept[c].handles[i]->num_files; k++)
                expected += c == 0 || !refers_to(&world->kept[0], world->kept[c].handles[i]->files[k].path);
    assert_int_equal(count_files(folder), expected);
    snprintf(folder, sizeof folder, "%s/local", world->folder);
    assert_int_equal(count_files(folder), 0);
}

static void step(struct world *world, struct batch *batch)
{
    uint64_t kind = random_below(&world->random, 1000);
    if (kind < 400)
        access_some(world, KEYED_CREATE, batch);
    else if (kind < 500)
        access_some(world, KEYED_UPDATE, batch);
    else if (kind < 650)
        access_some(world, KEYED_FIND, batch);
    else if (kind < 750)
        remove_some(world, batch);
    else if (kind < 850)
        walk_some(world);
    else if (kind < 880)
        drop_one(world);
    else if (kind < 940)
        checkpoint(world);
    else if (kind < 955)
        restore(world);
    else if (kind < 965)
        check_everything(world, batch);
    else
        atomic_fetch_add(&now_us, (int64_t)random_below(&world->random, 300) * 1000);
}

static void run(uint64_t seed, enum state_backend_kind kind, uint32_t num_steps)
{
    struct world *world = calloc(1, sizeof *world);
    strcpy(world->folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/keyed_state_model.XXXXXX"
                                                        : "/tmp/keyed_state_model.XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    random_init(&world->random, seed);
    atomic_store(&now_us, 1700000000000000);
    world->process.clock = (struct clock){world_now_us, world_now_us, NULL};
    world->io = local_file_io_create();
    world->kind = kind;
    world->has_recovery = seed % 2 == 0;
    world->parallelism = 1 + (uint32_t)(seed % 3);
    world->model = calloc(1, sizeof *world->model);
    struct batch *batch = calloc(1, sizeof *batch);
    open_all(world, NULL);
    for (uint32_t i = 0; i < num_steps; i++)
        step(world, batch);
    check_everything(world, batch);
    while (world->current.arena != NULL)
        end_checkpoint(world);
    close_all(world);
    check_files(world);
    for (uint32_t i = 0; i < world->num_kept; i++)
        free_saved(&world->kept[i]);
    file_io_free(world->io);
    free(world->model);
    free(batch);
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", world->folder);
    assert_int_equal(system(command), 0);
    free(world);
}

/* KEYED_STATE_SEED and KEYED_STATE_STEPS: one long run of a seed. */
static void run_seeds(enum state_backend_kind kind, uint64_t first, uint64_t count)
{
    const char *seed = getenv("KEYED_STATE_SEED"), *steps = getenv("KEYED_STATE_STEPS");
    uint32_t num_steps = steps != NULL ? (uint32_t)strtoul(steps, NULL, 10) : 1000;
    if (seed != NULL) {
        run(strtoull(seed, NULL, 10), kind, num_steps);
        return;
    }
    for (uint64_t i = first; i < first + count; i++) {
        print_message("seed %llu\n", (unsigned long long)i);
        run(i, kind, num_steps);
    }
}

static void a_store_is_a_map(void **state)
{
    (void)state;
    run_seeds(STATE_BACKEND_ROCKSDB, 1, 6);
}

static void a_table_is_a_map(void **state)
{
    (void)state;
    run_seeds(STATE_BACKEND_HASHMAP, 100, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_store_is_a_map),
        cmocka_unit_test(a_table_is_a_map),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
