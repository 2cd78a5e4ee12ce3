/* The I/O of a simulated jobmanager: done at one moment, answered at a later one, with faults in between. */
#include "tests/simulation/simulation.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "jobmanager/checkpoint/checkpoint_sweep.h"
#include "jobmanager/checkpoint/savepoint_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum file_fault jobmanager_file_hook(void *context, enum file_operation operation, const char *path)
{
    (void)path;
    struct simulated_jobmanager *jobmanager = context;
    struct world *world = jobmanager->world;
    if (jobmanager->has_crashed)
        return FILE_FAULT_BEFORE;
    if (jobmanager->crash_after_operations >= 0 && jobmanager->crash_after_operations-- == 0) {
        jobmanager->has_crashed = true;
        return random_below(&world->random, 2) == 0 ? FILE_FAULT_BEFORE : FILE_FAULT_AFTER;
    }
    if (operation == FILE_CREATE_EXCLUSIVE && !jobmanager->is_in_hook && world_chance(world, 3)) {
        jobmanager->is_in_hook = true;
        tables_foreign_commit(world); /* between reading the head and swapping it */
        jobmanager->is_in_hook = false;
    }
    if (operation == FILE_CREATE_EXCLUSIVE && world_chance(world, 3))
        return world_chance(world, 50) ? FILE_FAULT_BEFORE : FILE_FAULT_AFTER;
    return FILE_FAULT_NONE;
}

char *jobmanager_job_folder(const struct world *world, uint32_t generation)
{
    return checkpoint_job_folder(SIMULATED_CHECKPOINTS, "default", world->generations[generation].job_id);
}

struct operator_id jobmanager_operator(uint32_t generation, uint32_t number)
{
    struct operator_id id = {
        .name = "operator", .node_id = 1 + 10 * generation + number, .sink_id = (int64_t)number - 1};
    snprintf(id.uid, sizeof id.uid, "%032x", number + 1);
    return id;
}

static struct world_event *begin(struct simulated_jobmanager *jobmanager, enum io_kind kind)
{
    struct world *world = jobmanager->world;
    /* A disk can be slow: a good deal may happen while a checkpoint is being published. */
    bool is_slow = kind == IO_STORE && world_chance(world, 15);
    int64_t delay_ms = is_slow ? (int64_t)random_below(&world->random, 2000) : world_delay(world);
    struct world_event *event = world_post(world, EVENT_IO, delay_ms);
    event->jobmanager = jobmanager->index;
    event->generation = jobmanager->generation;
    event->io = kind;
    return event;
}

static void on_claim(void *context, uint32_t table)
{
    begin(context, IO_CLAIM)->table = table;
}

static void on_read_last(void *context, uint32_t table, int64_t restored_checkpoint_id)
{
    struct world_event *event = begin(context, IO_READ_LAST);
    event->table = table;
    event->number = restored_checkpoint_id;
}

static void on_commit(void *context, uint32_t table, struct checkpoint_metadata *metadata)
{
    struct world_event *event = begin(context, IO_COMMIT);
    event->table = table;
    event->metadata = checkpoint_metadata_ref(metadata);
}

/* The invariant of a checkpoint: one state of each subtask, all of this attempt and this checkpoint. */
static void check_complete(struct world *world, uint32_t parallelism,
                           const struct checkpoint_metadata *metadata)
{
    bool seen[MAX_SUBTASKS] = {false};
    uint32_t count = 0;
    for (size_t i = 0; i < metadata->num_states; i++) {
        unsigned long long epoch, id;
        unsigned attempt, subtask;
        CHECK(sscanf((const char *)metadata->states[i].state.data, "%llu %u %llu %u", &epoch, &attempt, &id,
                     &subtask) == 4);
        bool is_its_own =
            epoch == metadata->epoch && attempt == metadata->attempt && id == metadata->checkpoint_id;
        if (!is_its_own || subtask >= parallelism || seen[subtask])
            world_violate(world, "checkpoint %llu of attempt %u holds what attempt %u said for %llu",
                          (unsigned long long)metadata->checkpoint_id, metadata->attempt, attempt, id);
        else
            seen[subtask] = true;
        count++;
    }
    if (count != parallelism)
        world_violate(world, "checkpoint %llu is complete with %u of %u acknowledgements",
                      (unsigned long long)metadata->checkpoint_id, count, parallelism);
}

static void on_store(void *context, struct checkpoint_metadata *metadata)
{
    struct simulated_jobmanager *jobmanager = context;
    check_complete(jobmanager->world, jobmanager->world->generations[jobmanager->generation].parallelism,
                   metadata);
    begin(jobmanager, IO_STORE)->metadata = metadata;
}

static void on_copy(void *context, struct checkpoint_metadata *metadata)
{
    begin(context, IO_COPY)->metadata = metadata;
}

static void on_find(void *context)
{
    begin(context, IO_FIND);
}

static void on_record(void *context, uint64_t checkpoint_id)
{
    begin(context, IO_RECORD)->number = (int64_t)checkpoint_id;
}

static void on_reserve(void *context, uint64_t until)
{
    begin(context, IO_RESERVE)->number = (int64_t)until;
}

static void on_discard(void *context, const struct coordinator_discard *discard)
{
    struct world_event *event = begin(context, IO_DISCARD);
    event->reference = discard->reference;
    event->files = path_list_copy(&discard->files);
}

static void on_scrap(void *context, struct checkpoint_metadata *metadata, const struct path_list *files)
{
    struct world_event *event = begin(context, IO_SCRAP);
    event->metadata = metadata;
    event->files = path_list_copy(files);
}

static void on_sweep(void *context, const struct checkpoint_reference *references, size_t num_references,
                     const struct path_list *files)
{
    struct world_event *event = begin(context, IO_SWEEP);
    event->references = mem_dup(references, num_references * sizeof *references);
    event->num_references = num_references;
    event->files = path_list_copy(files);
}

void jobmanager_io_operations(struct simulated_jobmanager *jobmanager, struct job_operations *operations)
{
    operations->context = jobmanager;
    operations->claim = on_claim;
    operations->read_last = on_read_last;
    operations->commit = on_commit;
    operations->store = on_store;
    operations->find_checkpoints = on_find;
    operations->record_continued = on_record;
    operations->reserve_ids = on_reserve;
    operations->discard = on_discard;
    operations->scrap = on_scrap;
    operations->sweep = on_sweep;
    operations->copy = on_copy;
}

static enum status do_store(struct simulated_jobmanager *jobmanager, struct world_event *event,
                            struct error *error)
{
    char *folder = jobmanager_job_folder(jobmanager->world, jobmanager->generation);
    struct checkpoint_reference reference = {event->metadata->checkpoint_id, event->metadata->epoch};
    enum status status =
        checkpoint_publish(jobmanager->io, folder, event->metadata, &event->size_bytes, error);
    bool is_published = false;
    struct error look;
    while (status != STATUS_OK && !jobmanager->has_crashed &&
           checkpoint_is_published(jobmanager->io, folder, reference, &is_published, &look) != STATUS_OK)
        continue;
    free(folder);
    jobmanager->world->num_stored += status == STATUS_OK || is_published;
    return is_published ? STATUS_OK : status;
}

static enum status do_commit(struct simulated_jobmanager *jobmanager, struct world_event *event,
                             struct error *error)
{
    struct bytes_view committables[MAX_SUBTASKS * NUM_TABLES];
    uint32_t count = 0;
    for (size_t i = 0; i < event->metadata->num_committables; i++)
        if (event->metadata->committables[i].sink_id == event->table)
            committables[count++] = event->metadata->committables[i].content;
    enum status status =
        table_committer_commit(jobmanager->committers[event->table], (int64_t)event->metadata->checkpoint_id,
                               committables, count, &event->result, error);
    world_tell(jobmanager->world, "jobmanager %u commits %llu to table %u: %s", jobmanager->index,
               (unsigned long long)event->metadata->checkpoint_id, event->table,
               status == STATUS_OK ? "done" : error->message);
    jobmanager->world->num_committed += status == STATUS_OK;
    return status;
}

/* What an older leader published after its successor had decided where to go on has no effect. */
static void check_line(struct world *world, const struct generation *generation,
                       const struct checkpoint_metadata *latest)
{
    for (size_t i = 0; i < generation->num_continued; i++)
        if (generation->continued[i].epoch > latest->epoch &&
            generation->continued[i].checkpoint_id < latest->checkpoint_id)
            world_violate(world, "checkpoint %llu of epoch %llu counts, though epoch %llu went on from %llu",
                          (unsigned long long)latest->checkpoint_id, (unsigned long long)latest->epoch,
                          (unsigned long long)generation->continued[i].epoch,
                          (unsigned long long)generation->continued[i].checkpoint_id);
}

/* As the shipped dispatcher does it: the operators of the other job by the numbers of this one. */
static enum status adopt(struct simulated_jobmanager *jobmanager, struct found_checkpoints *found,
                         struct error *error)
{
    struct operator_id items[1 + NUM_TABLES];
    for (uint32_t i = 0; i < 1 + NUM_TABLES; i++)
        items[i] = jobmanager_operator(jobmanager->generation, i);
    const struct operator_ids ids = {.items = items, .count = 1 + NUM_TABLES};
    struct checkpoint_adoption adoption = {.ids = &ids,
                                           .folder = found->folder,
                                           .max_parallelism = MAX_PARALLELISM,
                                           .parallelism = MAX_SUBTASKS};
    struct checkpoint_metadata *adopted;
    enum status status = checkpoint_adopt(found->latest, &adoption, &adopted, error);
    if (status != STATUS_OK)
        return status;
    checkpoint_metadata_unref(found->latest);
    found->latest = adopted;
    return STATUS_OK;
}

static enum status remove_partial(struct simulated_jobmanager *jobmanager,
                                  const struct found_checkpoints *found, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < found->num_references && status == STATUS_OK; i++)
        if (found->metadata[i] != NULL && found->metadata[i]->savepoint_folder[0] != '\0')
            status = savepoint_remove_partial(jobmanager->io, found->metadata[i]->savepoint_folder, error);
    return status;
}

static enum status do_find(struct simulated_jobmanager *jobmanager, struct world_event *event,
                           struct error *error)
{
    struct world *world = jobmanager->world;
    const struct generation *generation = &world->generations[jobmanager->generation];
    char *folder = jobmanager_job_folder(world, jobmanager->generation);
    struct continue_record records[MAX_JOBMANAGERS];
    struct checkpoint_search search = {
        .io = jobmanager->io,
        .job_folder = folder,
        .records = records,
        .reserved_until = generation->reserved_until,
        .restore_path = generation->restore_path[0] == '\0' ? NULL : generation->restore_path,
    };
    for (size_t i = 0; i < generation->num_continued; i++)
        if (generation->continued[i].epoch < jobmanager->epoch)
            records[search.num_records++] = generation->continued[i];
    enum status status = checkpoint_find(&search, &event->found, error);
    free(folder);
    if (status == STATUS_OK && event->found.is_own)
        check_line(world, generation, event->found.latest);
    if (status == STATUS_OK)
        status = remove_partial(jobmanager, &event->found, error);
    if (status == STATUS_OK && event->found.folder != NULL)
        status = adopt(jobmanager, &event->found, error);
    return status;
}

static enum status do_record(struct simulated_jobmanager *jobmanager, const struct world_event *event)
{
    struct world *world = jobmanager->world;
    struct generation *generation = &world->generations[jobmanager->generation];
    world_tell(world, "jobmanager %u continues from %lld", jobmanager->index, (long long)event->number);
    generation->continued[generation->num_continued++] =
        (struct continue_record){.epoch = jobmanager->epoch, .checkpoint_id = (uint64_t)event->number};
    return STATUS_OK;
}

static enum status check_lead(void *context, struct error *error)
{
    const struct simulated_jobmanager *jobmanager = context;
    if (jobmanager->index + 1 < jobmanager->world->num_jobmanagers)
        return error_set(error, STATUS_FENCED, "another jobmanager leads");
    return STATUS_OK;
}

static enum status remove_files(struct simulated_jobmanager *jobmanager, const struct path_list *files,
                                struct error *error)
{
    char *folder = jobmanager_job_folder(jobmanager->world, jobmanager->generation);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < files->count && status == STATUS_OK; i++) {
        struct buffer path = {0};
        buffer_printf(&path, "%s/%s", folder, files->items[i]);
        status = file_io_delete(jobmanager->io, buffer_text(&path), error);
        world_tell(jobmanager->world, "jobmanager %u removes %s", jobmanager->index, files->items[i]);
        buffer_free(&path);
    }
    free(folder);
    return status;
}

static enum status do_discard(struct simulated_jobmanager *jobmanager, struct world_event *event,
                              struct error *error)
{
    if (!GUARD(MUTANT_FENCED_DISCARD, check_lead(jobmanager, error) == STATUS_OK))
        return STATUS_FENCED;
    char *folder = jobmanager_job_folder(jobmanager->world, jobmanager->generation);
    enum status status = checkpoint_delete(jobmanager->io, folder, event->reference, error);
    free(folder);
    return status == STATUS_OK ? remove_files(jobmanager, &event->files, error) : status;
}

static enum status do_scrap(struct simulated_jobmanager *jobmanager, struct world_event *event,
                            struct error *error)
{
    enum status status = remove_files(jobmanager, &event->files, error);
    for (size_t i = 0; i < event->metadata->num_committables && status == STATUS_OK; i++) {
        const struct checkpoint_committable *committable = &event->metadata->committables[i];
        status = table_committer_remove_files(jobmanager->committers[committable->sink_id],
                                              committable->content, error);
    }
    return status;
}

static enum status do_sweep(struct simulated_jobmanager *jobmanager, struct world_event *event,
                            struct error *error)
{
    char *folder = jobmanager_job_folder(jobmanager->world, jobmanager->generation);
    struct checkpoint_sweep sweep = {
        .io = jobmanager->io,
        .job_folder = folder,
        .epoch = jobmanager->epoch,
        .references = event->references,
        .num_references = event->num_references,
        .files = &event->files,
        .check_lead = check_lead,
        .context = jobmanager,
    };
    size_t num_removed = 0;
    enum status status = checkpoint_sweep(&sweep, &num_removed, error);
    world_tell(jobmanager->world, "jobmanager %u sweeps %zu files", jobmanager->index, num_removed);
    free(folder);
    return status;
}

static enum status go_on(void *context, struct error *error)
{
    (void)context;
    (void)error;
    return STATUS_OK;
}

static enum status do_copy(struct simulated_jobmanager *jobmanager, struct world_event *event,
                           struct error *error)
{
    char *folder = jobmanager_job_folder(jobmanager->world, jobmanager->generation);
    struct savepoint_write write = {
        .from = jobmanager->io,
        .job_folder = folder,
        .to = jobmanager->io,
        .metadata = event->metadata,
        .may_go_on = go_on,
        .check_lead = check_lead,
        .context = jobmanager,
    };
    enum status status = savepoint_write(&write, error);
    bool is_lost = status == STATUS_NOT_FOUND || status == STATUS_CORRUPT;
    if (is_lost && jobmanager == world_leader(jobmanager->world))
        world_violate(jobmanager->world, "a file went while it was copied: %s", error->message);
    free(folder);
    return status;
}

static enum status do_claim(struct simulated_jobmanager *jobmanager, struct world_event *event,
                            struct error *error)
{
    struct world *world = jobmanager->world;
    struct lineage_predecessors predecessors = {.restored_job_id = NULL};
    if (jobmanager->generation > 0)
        predecessors.restored_job_id = world->generations[jobmanager->generation - 1].job_id;
    return table_committer_claim(jobmanager->committers[event->table],
                                 jobmanager->generation > 0 ? &predecessors : NULL, error);
}

static enum status do_one(struct simulated_jobmanager *jobmanager, struct world_event *event,
                          struct error *error)
{
    struct world *world = jobmanager->world;
    switch (event->io) {
    case IO_CLAIM: return do_claim(jobmanager, event, error);
    case IO_READ_LAST:
        return table_committer_last_committed(jobmanager->committers[event->table], event->number,
                                              &event->number, error);
    case IO_COMMIT: return do_commit(jobmanager, event, error);
    case IO_STORE: return do_store(jobmanager, event, error);
    case IO_FIND: return do_find(jobmanager, event, error);
    case IO_RECORD: return do_record(jobmanager, event);
    case IO_RESERVE:
        if ((uint64_t)event->number > world->generations[jobmanager->generation].reserved_until)
            world->generations[jobmanager->generation].reserved_until = (uint64_t)event->number;
        return STATUS_OK;
    case IO_DISCARD: return do_discard(jobmanager, event, error);
    case IO_SCRAP: return do_scrap(jobmanager, event, error);
    case IO_SWEEP: return do_sweep(jobmanager, event, error);
    case IO_COPY: return do_copy(jobmanager, event, error);
    }
    return STATUS_OK;
}

void jobmanager_do_io(struct simulated_jobmanager *jobmanager, struct world_event *event)
{
    struct world *world = jobmanager->world;
    struct error error;
    error_clear(&error);
    enum status status = do_one(jobmanager, event, &error);
    if (event->io == IO_DISCARD || event->io == IO_SCRAP)
        return;
    struct world_event *done = world_post(world, EVENT_IO_DONE, world_delay(world));
    done->jobmanager = jobmanager->index;
    done->generation = event->generation;
    done->io = event->io;
    done->table = event->table;
    done->number = event->number;
    done->result = event->result;
    done->size_bytes = event->size_bytes;
    done->status = status;
    done->error = error;
    done->metadata = event->metadata;
    done->found = event->found;
    event->metadata = NULL;
    event->found = (struct found_checkpoints){0};
}

void jobmanager_take_io(struct simulated_jobmanager *jobmanager, struct world_event *event)
{
    struct job_master *job = jobmanager->job;
    const struct error *failure = event->status == STATUS_OK ? NULL : &event->error;
    int64_t now_ms = jobmanager->world->now_ms;
    switch (event->io) {
    case IO_CLAIM: job_master_claimed(job, event->table, failure, now_ms); break;
    case IO_READ_LAST: job_master_read(job, event->table, event->number, failure, now_ms); break;
    case IO_COMMIT:
        job_master_table_committed(job, event->table, event->metadata->checkpoint_id,
                                   event->result.snapshot_id, failure, now_ms);
        break;
    case IO_STORE:
        job_master_stored(job, event->metadata->checkpoint_id, event->size_bytes, failure, now_ms);
        break;
    case IO_FIND: job_master_found(job, &event->found, failure, now_ms); break;
    case IO_RECORD: job_master_recorded(job, failure, now_ms); break;
    case IO_RESERVE: job_master_ids_reserved(job, (uint64_t)event->number, failure, now_ms); break;
    case IO_SWEEP: job_master_swept(job, now_ms); break;
    case IO_COPY: job_master_copied(job, event->metadata->checkpoint_id, failure, now_ms); break;
    case IO_DISCARD:
    case IO_SCRAP: break;
    }
}
