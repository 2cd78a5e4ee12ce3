#include "jobmanager/committer/table_committer.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/iceberg/catalogs/catalog.h"
#include "jobmanager/committer/lineage_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Bounds of the wait between attempts, unless the table's properties say otherwise. A job must not fail
 * because many others append to the same table, so it tries longer than Iceberg's default of four. */
enum { DEFAULT_RETRIES = 20, DEFAULT_MIN_WAIT_MS = 100, DEFAULT_MAX_WAIT_MS = 5000 };
enum { ARENA_BYTES = 16 * 1024 };

/* Used by one I/O worker at a time. */
struct table_committer {
    const struct process_context *process;
    struct file_io *io;
    struct file_io *owned_io; /* NULL when it is the caller's */
    struct iceberg_catalog *catalog;
    struct random *random;    /* the caller's, or NULL */
    struct random own_random; /* for waits, when the caller has none */
    char *database;
    char *table;
    char *table_uuid;
    char *lineage;
    char *branch;
    char *job_id;
    uint64_t epoch;
    bool (*wait_ms)(void *context, int64_t wait_ms);
    void *wait_context;
    /* The last of our own snapshots that we saw in the table: it must stay in its history. */
    int64_t known_snapshot_id;
    int64_t known_sequence_number;
};

static bool sleep_ms(void *context, int64_t wait_ms)
{
    (void)context;
    struct timespec wait = {wait_ms / 1000, (long)(wait_ms % 1000) * 1000000};
    nanosleep(&wait, NULL);
    return true;
}

static enum status check_options(const struct table_committer_options *options, struct error *error)
{
    if (strcmp(options->branch, "main") != 0)
        return error_set(error, STATUS_UNSUPPORTED, "branch '%s': only 'main' can be written yet",
                         options->branch);
    if (strlen(options->job_id) >= JOB_ID_BYTES || strchr(options->job_id, '"') != NULL ||
        *options->job_id == '\0')
        return error_set(error, STATUS_INVALID_ARGUMENT, "'%s' is no job id", options->job_id);
    return STATUS_OK;
}

enum status table_committer_open(const struct process_context *process,
                                 const struct table_committer_options *options,
                                 struct table_committer **ret_committer, struct error *error)
{
    enum status status = check_options(options, error);
    if (status != STATUS_OK)
        return status;
    struct table_committer *committer = mem_calloc(1, sizeof *committer);
    committer->process = process;
    committer->io = options->io;
    committer->random = options->random;
    random_init(&committer->own_random,
                options->random != NULL ? random_next(options->random) : random_seed_system());
    committer->database = mem_strdup(options->database);
    committer->table = mem_strdup(options->table);
    committer->table_uuid = mem_strdup(options->table_uuid);
    committer->lineage = mem_strdup(options->lineage);
    committer->branch = mem_strdup(options->branch);
    committer->job_id = mem_strdup(options->job_id);
    committer->epoch = options->epoch;
    committer->wait_ms = options->wait_ms != NULL ? options->wait_ms : sleep_ms;
    committer->wait_context = options->wait_context;
    committer->known_snapshot_id = ICEBERG_NO_SNAPSHOT;
    if (committer->io == NULL) {
        status = file_io_for_uri(options->warehouse, &committer->owned_io, error);
        committer->io = committer->owned_io;
    }
    struct iceberg_catalog_options catalog = {.type = options->catalog_type,
                                              .warehouse = options->warehouse,
                                              .io = committer->io,
                                              .random = options->random};
    if (status == STATUS_OK)
        status = iceberg_catalog_open(process, &catalog, &committer->catalog, error);
    if (status != STATUS_OK) {
        table_committer_free(committer);
        return status;
    }
    *ret_committer = committer;
    return STATUS_OK;
}

void table_committer_free(struct table_committer *committer)
{
    if (committer == NULL)
        return;
    iceberg_catalog_free(committer->catalog);
    file_io_free(committer->owned_io);
    free(committer->database);
    free(committer->table);
    free(committer->table_uuid);
    free(committer->lineage);
    free(committer->branch);
    free(committer->job_id);
    free(committer);
}

static enum status check_known(const struct table_committer *committer,
                               const struct iceberg_table_metadata *metadata, struct error *error)
{
    bool is_there = true;
    if (committer->known_snapshot_id == ICEBERG_NO_SNAPSHOT)
        return STATUS_OK;
    enum status status = lineage_is_in_history(committer->io, metadata, committer->known_snapshot_id,
                                               committer->known_sequence_number, &is_there, error);
    if (status != STATUS_OK || is_there)
        return status;
    error_set(
        error, STATUS_CORRUPT,
        "snapshot %" PRId64 ", which this job committed to %s.%s, is gone from the table's history: another "
        "writer replaced its metadata, or it was rolled back. Nothing more is committed, all files are kept",
        committer->known_snapshot_id, committer->database, committer->table);
    error->fatal = true;
    return STATUS_CORRUPT;
}

/* Reads the head anew, and what it says of our lineage. */
static enum status load(struct table_committer *committer, struct iceberg_table **ret_table,
                        struct lineage_state *ret_state, struct error *error)
{
    struct iceberg_table *table;
    enum status status =
        iceberg_catalog_load_table(committer->catalog, committer->database, committer->table, &table, error);
    if (status != STATUS_OK)
        return status;
    if (strcmp(table->metadata->table_uuid, committer->table_uuid) != 0) {
        status = error_set(
            error, STATUS_INVALID_ARGUMENT,
            "table %s.%s is another one than when the job was submitted (UUID %s, it was %s): it "
            "was dropped and made again. Submit the job anew",
            committer->database, committer->table, table->metadata->table_uuid, committer->table_uuid);
        error->fatal = true;
    }
    if (status == STATUS_OK)
        status = check_known(committer, table->metadata, error);
    if (status == STATUS_OK)
        status = lineage_read(committer->io, table->metadata, committer->lineage, committer->branch,
                              ret_state, error);
    if (status != STATUS_OK)
        iceberg_table_free(table);
    else
        *ret_table = table;
    return status;
}

static void note_known(struct table_committer *committer, const struct iceberg_table_metadata *metadata,
                       int64_t snapshot_id)
{
    const struct iceberg_snapshot *snapshot = iceberg_table_snapshot(metadata, snapshot_id);
    if (snapshot == NULL)
        return;
    committer->known_snapshot_id = snapshot_id;
    committer->known_sequence_number = snapshot->sequence_number;
}

/* Waits before the next attempt: doubling, with jitter, so that writers that collided part. */
static enum status back_off(struct table_committer *committer, const struct iceberg_table_metadata *metadata,
                            uint32_t attempt, struct error *error)
{
    int64_t retries = iceberg_table_property_long(metadata, "commit.retry.num-retries", DEFAULT_RETRIES);
    int64_t min_ms = iceberg_table_property_long(metadata, "commit.retry.min-wait-ms", DEFAULT_MIN_WAIT_MS);
    int64_t max_ms = iceberg_table_property_long(metadata, "commit.retry.max-wait-ms", DEFAULT_MAX_WAIT_MS);
    if ((int64_t)attempt > retries) {
        enum status code = error->code;
        error_prefix(error, "given up after %u attempts ('commit.retry.num-retries')", attempt);
        return code;
    }
    int64_t wait = min_ms < 1 ? 1 : min_ms;
    for (uint32_t i = 1; i < attempt && wait < max_ms; i++)
        wait *= 2;
    if (wait > max_ms)
        wait = max_ms < 1 ? 1 : max_ms;
    wait = 1 + (int64_t)random_below(&committer->own_random, (uint64_t)wait);
    if (!committer->wait_ms(committer->wait_context, wait))
        return error_set(error, STATUS_CANCELLED, "the commit to %s.%s was cancelled", committer->database,
                         committer->table);
    return STATUS_OK;
}

/*
 * One attempt: from base to the metadata that has the append. OK: it is published. CONFLICT: certainly not,
 * what it wrote is deleted. Anything else leaves it open.
 */
static enum status attempt_append(struct table_committer *committer, struct iceberg_append *append,
                                  const struct iceberg_table *base, const struct lineage_mark *mark,
                                  struct error *error)
{
    struct failpoints *failpoints = mark->is_claim ? NULL : committer->process->failpoints;
    struct iceberg_table_metadata *updated = NULL;
    struct iceberg_table *committed = NULL;
    lineage_mark_append(append, base->metadata, mark, clock_wall_ms(&committer->process->clock));
    enum status status = failpoint(failpoints, "committer/before_manifest_write", error);
    if (status == STATUS_OK)
        status = iceberg_append_apply(append, base->metadata, &updated, error);
    if (status == STATUS_OK)
        status = failpoint(failpoints, "committer/after_manifest_write", error);
    if (status == STATUS_OK)
        status = iceberg_catalog_commit(committer->catalog, committer->database, committer->table, base,
                                        updated, &committed, error);
    if (status == STATUS_OK)
        note_known(committer, updated, iceberg_append_snapshot_id(append));
    else if (status == STATUS_CONFLICT)
        iceberg_append_discard_attempt(append);
    iceberg_table_metadata_unref(updated);
    iceberg_table_free(committed);
    return status;
}

/* True when an attempt that failed may be followed by another within this call: it was a conflict, or its
 * outcome is open and the next look at the table tells. */
static bool may_retry(enum status status)
{
    return status == STATUS_CONFLICT || status == STATUS_UNAVAILABLE || status == STATUS_TIMEOUT;
}

static enum status check_claim(const struct table_committer *committer, const struct lineage_state *state,
                               const char *restored_job_id, bool *ret_is_held, struct error *error)
{
    *ret_is_held = false;
    if (!state->is_known)
        return STATUS_OK;
    if (strcmp(state->job_id, committer->job_id) == 0) {
        if (state->epoch > committer->epoch)
            return error_set(error, STATUS_FENCED,
                             "table %s.%s is claimed by a later leader (epoch %" PRIu64 ", ours is %" PRIu64
                             ")",
                             committer->database, committer->table, state->epoch, committer->epoch);
        *ret_is_held = state->epoch == committer->epoch;
        return STATUS_OK;
    }
    if (restored_job_id != NULL && strcmp(state->job_id, restored_job_id) == 0)
        return STATUS_OK;
    error_set(
        error, STATUS_CONFLICT,
        "table %s.%s: lineage %s is held by job %s, so another job restored from the same checkpoint. Stop "
        "this one, or give it a history of its own with 'execution.lineage'='new'",
        committer->database, committer->table, committer->lineage, state->job_id);
    error->retriable = false;
    error->fatal = true;
    return STATUS_CONFLICT;
}

static struct lineage_mark mark_of(const struct table_committer *committer)
{
    return (struct lineage_mark){.lineage = committer->lineage,
                                 .branch = committer->branch,
                                 .job_id = committer->job_id,
                                 .epoch = committer->epoch,
                                 .checkpoint_id = NO_CHECKPOINT,
                                 .commit_snapshot_id = ICEBERG_NO_SNAPSHOT};
}

enum status table_committer_claim(struct table_committer *committer, const char *restored_job_id,
                                  struct error *error)
{
    struct iceberg_append *append =
        iceberg_append_create(committer->io, committer->process->clock, committer->random);
    enum status status = STATUS_OK;
    for (uint32_t attempt = 1;; attempt++) {
        struct iceberg_table *base = NULL;
        struct lineage_state state;
        bool is_held = false;
        status = load(committer, &base, &state, error);
        if (status == STATUS_OK)
            status = check_claim(committer, &state, restored_job_id, &is_held, error);
        bool is_open = status == STATUS_OK && !is_held;
        if (is_open) {
            struct lineage_mark mark = mark_of(committer);
            mark.is_claim = true;
            mark.checkpoint_id = state.last_checkpoint_id;
            mark.commit_snapshot_id = state.commit_snapshot_id;
            mark.commit_sequence_number = state.commit_sequence_number;
            if (!state.is_known)
                mark.checkpoint_id = NO_CHECKPOINT;
            status = attempt_append(committer, append, base, &mark, error);
        }
        bool goes_on = is_open && may_retry(status);
        if (goes_on)
            goes_on = back_off(committer, base->metadata, attempt, error) == STATUS_OK;
        iceberg_table_free(base);
        if (!goes_on)
            break;
    }
    iceberg_append_free(append);
    return status == STATUS_OK ? status : error->code;
}

enum status table_committer_last_committed(struct table_committer *committer, int64_t restored_checkpoint_id,
                                           int64_t *ret_checkpoint_id, struct error *error)
{
    struct iceberg_table *table;
    struct lineage_state state;
    enum status status = load(committer, &table, &state, error);
    if (status != STATUS_OK)
        return status;
    iceberg_table_free(table);
    int64_t last = state.is_known ? state.last_checkpoint_id : NO_CHECKPOINT;
    if (last > restored_checkpoint_id) {
        error_set(error, STATUS_INVALID_ARGUMENT,
                  "table %s.%s is ahead: it has checkpoint %" PRId64
                  " of this job's history, the job restores from "
                  "%" PRId64 ". Restore from checkpoint %" PRId64 " or a later one, or roll the table back",
                  committer->database, committer->table, last, restored_checkpoint_id, last);
        error->fatal = true;
        return STATUS_INVALID_ARGUMENT;
    }
    *ret_checkpoint_id = last;
    return STATUS_OK;
}

static enum status add_files(struct table_committer *committer, struct iceberg_append *append,
                             const struct bytes_view *committables, uint32_t num_committables,
                             struct table_commit_result *result, struct error *error)
{
    struct arena *arena = arena_create(ARENA_BYTES);
    enum status status = STATUS_OK;
    for (uint32_t i = 0; status == STATUS_OK && i < num_committables; i++) {
        struct iceberg_committable committable;
        status = iceberg_committable_decode(committables[i], arena, &committable, error);
        if (status == STATUS_OK && strcmp(committable.table_uuid, committer->table_uuid) != 0)
            status = error_set(
                error, STATUS_INVALID_ARGUMENT,
                "files for the table with UUID %s were handed to the committer of %s.%s (UUID %s)",
                committable.table_uuid, committer->database, committer->table, committer->table_uuid);
        for (uint32_t j = 0; status == STATUS_OK && j < committable.num_files; j++) {
            const struct iceberg_data_file *file = &committable.files[j];
            if (file->content != ICEBERG_DATA) {
                status = error_set(error, STATUS_UNSUPPORTED, "%s is no data file", file->path);
                break;
            }
            iceberg_append_add_file(append, committable.schema_id, committable.spec_id, file);
            result->num_files++;
            result->num_records += (uint64_t)file->record_count;
        }
    }
    arena_free(arena);
    return status;
}

/* Decides by what the table has: done already, free to commit, or refused. */
static enum status check_commit(const struct table_committer *committer, const struct iceberg_table *table,
                                const struct lineage_state *state, int64_t checkpoint_id,
                                struct table_commit_result *result, struct error *error)
{
    if (state->is_known && state->last_checkpoint_id >= checkpoint_id) {
        const struct iceberg_snapshot *snapshot;
        enum checkpoint_presence presence = lineage_find_checkpoint(
            table->metadata, committer->lineage, committer->branch, checkpoint_id, &snapshot);
        if (presence == CHECKPOINT_ABSENT && state->last_checkpoint_id != checkpoint_id) {
            error_set(error, STATUS_INTERNAL,
                      "table %s.%s has checkpoint %" PRId64 " already, but not %" PRId64
                      ", which comes before it",
                      committer->database, committer->table, state->last_checkpoint_id, checkpoint_id);
            error->fatal = true;
            return STATUS_INTERNAL;
        }
        result->was_already_committed = true;
        result->snapshot_id = snapshot != NULL ? snapshot->snapshot_id : state->commit_snapshot_id;
        return STATUS_OK;
    }
    if (state->is_known && strcmp(state->job_id, committer->job_id) == 0 && state->epoch == committer->epoch)
        return STATUS_OK;
    if (!state->is_known)
        return error_set(error, STATUS_FENCED,
                         "table %s.%s was not claimed by this job, or the claim is gone", committer->database,
                         committer->table);
    return error_set(error, STATUS_FENCED,
                     "table %s.%s is claimed by job %s, epoch %" PRIu64 "; this is job %s, epoch %" PRIu64,
                     committer->database, committer->table, state->job_id, state->epoch, committer->job_id,
                     committer->epoch);
}

/* Until it is in the table: read the head, look, append, swap. */
static enum status commit_files(struct table_committer *committer, struct iceberg_append *append,
                                int64_t checkpoint_id, struct table_commit_result *result,
                                struct error *error)
{
    struct lineage_mark mark = mark_of(committer);
    mark.checkpoint_id = checkpoint_id;
    for (;;) {
        struct iceberg_table *base = NULL;
        struct lineage_state state;
        enum status status = load(committer, &base, &state, error);
        if (status == STATUS_OK)
            status = check_commit(committer, base, &state, checkpoint_id, result, error);
        if (status != STATUS_OK || result->was_already_committed) {
            if (status == STATUS_OK)
                note_known(committer, base->metadata, result->snapshot_id);
            iceberg_table_free(base);
            return status;
        }
        result->attempts++;
        status = attempt_append(committer, append, base, &mark, error);
        if (status == STATUS_OK)
            result->snapshot_id = iceberg_append_snapshot_id(append);
        bool goes_on = may_retry(status);
        if (goes_on) {
            enum status waited = back_off(committer, base->metadata, result->attempts, error);
            goes_on = waited == STATUS_OK;
            status = waited;
        }
        iceberg_table_free(base);
        if (!goes_on)
            return status;
    }
}

enum status table_committer_commit(struct table_committer *committer, int64_t checkpoint_id,
                                   const struct bytes_view *committables, uint32_t num_committables,
                                   struct table_commit_result *ret_result, struct error *error)
{
    CHECK(checkpoint_id >= 0);
    int64_t start_us = clock_monotonic_us(&committer->process->clock);
    struct table_commit_result result = {.snapshot_id = ICEBERG_NO_SNAPSHOT};
    struct iceberg_append *append =
        iceberg_append_create(committer->io, committer->process->clock, committer->random);
    enum status status = add_files(committer, append, committables, num_committables, &result, error);
    if (status == STATUS_OK && result.num_files > 0) {
        status = failpoint(committer->process->failpoints, "committer/before_commit", error);
        if (status == STATUS_OK)
            status = commit_files(committer, append, checkpoint_id, &result, error);
        if (status == STATUS_OK)
            status = failpoint(committer->process->failpoints, "committer/after_commit", error);
    }
    iceberg_append_free(append);
    if (status != STATUS_OK)
        return error_prefix(error, "checkpoint %" PRId64, checkpoint_id);
    result.duration_us = clock_monotonic_us(&committer->process->clock) - start_us;
    *ret_result = result;
    return STATUS_OK;
}

enum status table_committer_remove_files(struct table_committer *committer, struct bytes_view committable,
                                         struct error *error)
{
    struct arena *arena = arena_create(ARENA_BYTES);
    struct iceberg_committable decoded;
    enum status status = iceberg_committable_decode(committable, arena, &decoded, error);
    for (uint32_t i = 0; status == STATUS_OK && i < decoded.num_files; i++)
        status = file_io_delete(committer->io, decoded.files[i].path, error);
    arena_free(arena);
    return status;
}
