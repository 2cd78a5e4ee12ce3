/* Keyed state of the simulated tasks: a handful of files for each subtask, some of which are replaced now and
 * then, as a store compacts. Those of one checkpoint are shared with the next. */
#include "tests/simulation/simulation.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/columnar/row_packer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

static bool is_shared(const char *path)
{
    return strstr(path, ".sst") != NULL;
}

/* Where a file is that a handle of that generation names. */
static void full_path(const struct world *world, uint32_t generation, const char *path, struct buffer *full)
{
    char *folder = jobmanager_job_folder(world, generation);
    if (keyed_state_path_is_relative(path))
        buffer_printf(full, "%s/", folder);
    buffer_append_text(full, path);
    free(folder);
}

static void write_file(struct world *world, uint32_t generation, const char *path)
{
    struct buffer full = {0};
    struct error error;
    full_path(world, generation, path, &full);
    CHECK(file_io_write(world->io, buffer_text(&full), path, strlen(path), &error) == STATUS_OK);
    buffer_free(&full);
}

static bool is_there(struct world *world, uint32_t generation, const char *path)
{
    struct buffer full = {0};
    struct error error;
    bool exists = false;
    full_path(world, generation, path, &full);
    CHECK(file_io_exists(world->io, buffer_text(&full), &exists, &error) == STATUS_OK);
    buffer_free(&full);
    return exists;
}

void state_change(struct world *world, struct simulated_task *task)
{
    struct simulated_file *file = &task->files[random_below(&world->random, MAX_STATE_FILES)];
    *file = (struct simulated_file){.is_used = random_below(&world->random, 4) != 0};
}

/* What an older leader or attempt went on from may be discarded by now. */
static bool is_stale(struct world *world, const struct task_key *task)
{
    const struct simulated_jobmanager *leader = world_leader(world);
    return leader == NULL || task->generation != world->generation || task->epoch != leader->epoch ||
           !scheduler_is_attempt_live(job_master_scheduler(leader->job)) ||
           task->attempt != scheduler_attempt(job_master_scheduler(leader->job));
}

void state_restore(struct world *world, struct simulated_task *task, const struct world_event *deploy)
{
    size_t count = 0;
    for (size_t i = 0; i < deploy->files.count; i++) {
        const char *path = deploy->files.items[i];
        if (!is_there(world, task->key.generation, path)) {
            task->state = EXECUTION_FAILED;
            if (is_stale(world, &deploy->task))
                return;
            world_violate(world, "subtask %u restores checkpoint %" PRIu64 " whose file %s is gone",
                          task->key.subtask, deploy->checkpoint_id, path);
            return;
        }
        if (!is_shared(path) || count == MAX_STATE_FILES)
            continue;
        struct simulated_file *file = &task->files[count++];
        *file = (struct simulated_file){.is_used = true};
        if (deploy->is_rescaled)
            continue;
        file->uploaded_for = file->in_checkpoint[0] = deploy->checkpoint_id;
        snprintf(file->path, sizeof file->path, "%s", path);
    }
}

void state_gather(struct world *world, const struct checkpoint_metadata *restored,
                  const struct task_key *task, struct world_event *deploy)
{
    uint32_t first, end, num_covered = 0;
    key_group_range(task->subtask, world->generations[task->generation].parallelism, MAX_PARALLELISM, &first,
                    &end);
    for (size_t i = 0; i < restored->num_keyed_states; i++) {
        const struct keyed_state_handle *handle = restored->keyed_states[i].handle;
        uint32_t from = handle->first_key_group > first ? handle->first_key_group : first;
        uint32_t to = handle->end_key_group < end ? handle->end_key_group : end;
        if (from >= to)
            continue;
        num_covered += to - from;
        for (size_t f = 0; f < handle->num_files; f++) {
            path_list_append(&deploy->files, mem_strdup(handle->files[f].path));
            deploy->is_rescaled |= !keyed_state_path_is_relative(handle->files[f].path);
        }
    }
    if (num_covered != end - first)
        world_violate(world, "subtask %u has %u key groups, and restores %u of them", task->subtask,
                      end - first, num_covered);
}

/* Files of the durable checkpoint are surely kept; of others a task cannot tell. */
static bool may_share(const struct simulated_file *file, uint64_t durable_id)
{
    if (file->uploaded_for == 0 || durable_id == 0)
        return false;
    if (GUARD(MUTANT_UNKNOWN_BASE, false))
        return true;
    for (size_t i = 0; i < KNOWN_CHECKPOINTS; i++)
        if (file->in_checkpoint[i] == durable_id)
            return true;
    return false;
}

void state_snapshot(struct world *world, struct simulated_task *task, uint64_t checkpoint_id,
                    uint64_t durable_id, struct path_list *paths)
{
    for (size_t i = 0; i < MAX_STATE_FILES; i++) {
        struct simulated_file *file = &task->files[i];
        if (!file->is_used)
            continue;
        if (!may_share(file, durable_id)) {
            snprintf(file->path, sizeof file->path, "shared/%" PRIu64 ".sst", world->next_file++);
            memset(file->in_checkpoint, 0, sizeof file->in_checkpoint);
            write_file(world, task->key.generation, file->path);
            world_tell(world, "subtask %u writes %s for checkpoint %" PRIu64 " upon %" PRIu64,
                       task->key.subtask, file->path, checkpoint_id, durable_id);
        }
        file->uploaded_for = checkpoint_id;
        memmove(&file->in_checkpoint[1], &file->in_checkpoint[0],
                (KNOWN_CHECKPOINTS - 1) * sizeof file->in_checkpoint[0]);
        file->in_checkpoint[0] = checkpoint_id;
        path_list_append(paths, mem_strdup(file->path));
    }
    char manifest[TEXT_BYTES];
    snprintf(manifest, sizeof manifest, "shared/%" PRIu64 ".manifest", world->next_file++);
    write_file(world, task->key.generation, manifest);
    path_list_append(paths, mem_strdup(manifest));
}

struct keyed_state_handle *state_handle(const struct world *world, const struct world_event *acknowledge,
                                        struct arena *arena)
{
    const struct path_list *paths = &acknowledge->files;
    const struct task_key *task = &acknowledge->task;
    struct keyed_state_file *files = arena_calloc(arena, paths->count + 1, sizeof *files);
    struct keyed_state_handle *handle = arena_calloc(arena, 1, sizeof *handle);
    *handle = (struct keyed_state_handle){.max_parallelism = MAX_PARALLELISM,
                                          .backend = "simulated",
                                          .files = files,
                                          .num_files = paths->count};
    for (size_t i = 0; i < paths->count; i++) {
        files[i] =
            (struct keyed_state_file){.path = paths->items[i],
                                      .name = file_path_name(paths->items[i]),
                                      .size_bytes = strlen(paths->items[i]),
                                      .checksum = XXH3_64bits(paths->items[i], strlen(paths->items[i])),
                                      .is_shared = is_shared(paths->items[i])};
        handle->size_bytes += files[i].size_bytes;
    }
    key_group_range(task->subtask, world->generations[task->generation].parallelism, MAX_PARALLELISM,
                    &handle->first_key_group, &handle->end_key_group);
    return handle;
}

static void check_references(struct world *world, uint32_t generation,
                             const struct checkpoint_metadata *metadata, struct state_files *known)
{
    size_t count;
    free(state_files_retain(known, metadata, &count));
    for (size_t i = 0; i < metadata->num_keyed_states; i++) {
        const struct keyed_state_handle *handle = metadata->keyed_states[i].handle;
        for (size_t f = 0; f < handle->num_files; f++)
            if (!is_there(world, generation, handle->files[f].path))
                world_violate(world, "in the end checkpoint %" PRIu64 " has lost its file %s",
                              metadata->checkpoint_id, handle->files[f].path);
    }
}

static bool check_known(void *context, const char *name, bool is_directory)
{
    void **pair = context;
    struct buffer path = {0};
    buffer_printf(&path, "shared/%s", name);
    if (!is_directory && !state_files_contains(pair[1], buffer_text(&path)))
        world_violate(pair[0], "in the end no checkpoint refers to %s", buffer_text(&path));
    buffer_free(&path);
    return true;
}

void state_check(struct world *world, uint32_t generation)
{
    struct error error;
    struct checkpoint_reference *references;
    size_t count;
    char *folder = jobmanager_job_folder(world, generation);
    struct state_files known = {0};
    CHECK(checkpoint_list(world->io, folder, &references, &count, &error) == STATUS_OK);
    if (count == 0 || count > world->num_retained)
        world_violate(world, "in the end %zu checkpoints are kept", count);
    for (size_t i = 0; i < count; i++) {
        struct checkpoint_metadata *metadata;
        CHECK(checkpoint_read(world->io, folder, references[i], &metadata, &error) == STATUS_OK);
        check_references(world, generation, metadata, &known);
        checkpoint_metadata_unref(metadata);
    }
    void *pair[] = {world, &known};
    struct buffer shared = {0};
    buffer_printf(&shared, "%s/shared", folder);
    enum status status = file_io_list(world->io, buffer_text(&shared), check_known, pair, &error);
    CHECK(status == STATUS_OK || status == STATUS_NOT_FOUND);
    buffer_free(&shared);
    state_files_free(&known);
    free(references);
    free(folder);
}
