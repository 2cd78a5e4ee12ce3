#include "common/base/memory.h"
#include "jobmanager/committer/table_committer_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Bounds of the wait between attempts, unless the table's properties say otherwise. A job must not fail
 * because many others append to the same table, so it tries longer than Iceberg's default of four. */
enum { DEFAULT_RETRIES = 20, DEFAULT_MIN_WAIT_MS = 100, DEFAULT_MAX_WAIT_MS = 5000 };

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

enum status table_committer_load(struct table_committer *committer, struct iceberg_table **ret_table,
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

void table_committer_note_known(struct table_committer *committer,
                                const struct iceberg_table_metadata *metadata, int64_t snapshot_id)
{
    const struct iceberg_snapshot *snapshot = iceberg_table_snapshot(metadata, snapshot_id);
    if (snapshot == NULL)
        return;
    committer->known_snapshot_id = snapshot_id;
    committer->known_sequence_number = snapshot->sequence_number;
}

enum status table_committer_back_off(struct table_committer *committer,
                                     const struct iceberg_table_metadata *metadata, uint32_t attempt,
                                     struct error *error)
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

enum status table_committer_attempt(struct table_committer *committer, struct iceberg_append *append,
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
        table_committer_note_known(committer, updated, iceberg_append_snapshot_id(append));
    else if (status == STATUS_CONFLICT)
        iceberg_append_discard_attempt(append);
    iceberg_table_metadata_unref(updated);
    iceberg_table_free(committed);
    return status;
}

bool table_committer_may_retry(enum status status)
{
    return status == STATUS_CONFLICT || status == STATUS_UNAVAILABLE || status == STATUS_TIMEOUT;
}

struct lineage_mark table_committer_mark(const struct table_committer *committer)
{
    return (struct lineage_mark){.lineage = committer->lineage,
                                 .branch = committer->branch,
                                 .job_id = committer->job_id,
                                 .epoch = committer->epoch,
                                 .checkpoint_id = NO_CHECKPOINT,
                                 .commit_snapshot_id = ICEBERG_NO_SNAPSHOT};
}
