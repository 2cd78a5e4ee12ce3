#include "jobmanager/job_store/job_store_internal.h"

#include "common/base/hash.h"
#include "common/base/memory.h"
#include "common/base/random.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char job_magic[8] = {'F', 'R', 'Z', 'J', 'O', 'B', '0', '1'};

enum { DEFAULT_TAKEOVER_MS = 5000, JOB_HEADER_BYTES = 12, JOB_TRAILER_BYTES = 4 };

enum status job_store_open(const struct job_store_options *options, struct job_store **ret_store,
                           struct error *error)
{
    struct file_io *io;
    enum status status = file_io_for_uri(options->folder, &io, error);
    if (status != STATUS_OK)
        return error_prefix(error, "high-availability.storageDir");
    struct buffer folder = {0};
    buffer_printf(&folder, "%s/epochs", options->folder);
    status = file_io_make_directories(io, buffer_text(&folder), error);
    buffer_clear(&folder);
    buffer_printf(&folder, "%s/jobs/%s", options->folder, options->name_space);
    if (status == STATUS_OK)
        status = file_io_make_directories(io, buffer_text(&folder), error);
    buffer_free(&folder);
    if (status != STATUS_OK) {
        file_io_free(io);
        return error_prefix(error, "high-availability.storageDir %s is not usable", options->folder);
    }
    struct job_store *store = mem_calloc(1, sizeof *store);
    store->process = options->process;
    store->io = io;
    store->folder = mem_strdup(options->folder);
    const char *path = options->folder;
    if (strncmp(path, "file:", 5) == 0)
        path += strncmp(path, "file://", 7) == 0 ? 7 : 5;
    store->path = mem_strdup(path);
    store->name_space = mem_strdup(options->name_space);
    store->takeover_ms = options->takeover_ms > 0 ? options->takeover_ms : DEFAULT_TAKEOVER_MS;
    store->lock_fd = -1;
    struct uuid id = uuid_generate();
    uuid_format_hex(&id, store->leader_id);
    *ret_store = store;
    return STATUS_OK;
}

void job_store_free(struct job_store *store)
{
    if (store == NULL)
        return;
    job_store_drop_lead(store);
    file_io_free(store->io);
    free(store->folder);
    free(store->path);
    free(store->name_space);
    free(store);
}

uint64_t job_store_epoch(const struct job_store *store)
{
    return store->epoch;
}

const char *job_store_name_space(const struct job_store *store)
{
    return store->name_space;
}

void stored_job_free(struct stored_job *job)
{
    free(job->name);
    free(job->failure);
    buffer_free(&job->graph);
}

static void job_path(const struct job_store *store, const char *job_id, const char *name, struct buffer *path)
{
    buffer_clear(path);
    buffer_printf(path, "%s/jobs/%s/%s", store->folder, store->name_space, job_id);
    if (name != NULL)
        buffer_printf(path, "/%s", name);
}

static void epoch_name(const char *kind, uint64_t epoch, char name[64])
{
    snprintf(name, 64, "%s-e%" PRIu64 ".json", kind, epoch);
}

/*
 * After a write that somebody will be told of. A later leader publishes its epoch before it reads the jobs,
 * so that it has seen what was written while ours was the newest; of what came after, nobody may be told.
 */
enum status job_store_check_lead(const struct job_store *store, struct error *error)
{
    uint64_t newest;
    enum status status = leader_record_newest_epoch(store->io, store->folder, &newest, error);
    if (status == STATUS_OK && newest != store->epoch)
        status = error_set(error, STATUS_FENCED,
                           "epoch %" PRIu64 " was taken by another jobmanager, this one led in %" PRIu64,
                           newest, store->epoch);
    return status;
}

enum status job_store_put_job(struct job_store *store, const struct stored_job *job, struct error *error)
{
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:I}", "job-id", job->job_id, "name", job->name, "lineage",
                             job->lineage, "restored-job-id", job->restored_job_id, "submitted-ms",
                             (json_int_t)job->submitted_ms);
    if (json == NULL)
        return error_set(error, STATUS_INVALID_ARGUMENT, "the job's name is not UTF-8");
    char *header = json_dumps(json, JSON_COMPACT);
    struct buffer bytes = {0}, path = {0};
    buffer_append(&bytes, job_magic, sizeof job_magic);
    buffer_append_le32(&bytes, (uint32_t)strlen(header));
    buffer_append_text(&bytes, header);
    buffer_append(&bytes, job->graph.data, job->graph.size);
    buffer_append_le32(&bytes, hash_crc32c(0, bytes.data, bytes.size));
    job_path(store, job->job_id, NULL, &path);
    enum status status = file_io_make_directories(store->io, buffer_text(&path), error);
    job_path(store, job->job_id, "job", &path);
    if (status == STATUS_OK)
        status = file_io_create_exclusive(store->io, buffer_text(&path), bytes.data, bytes.size, error);
    if (status == STATUS_OK)
        status = job_store_check_lead(store, error);
    if (status != STATUS_OK)
        error_prefix(error, "cannot store the job under %s", store->folder);
    buffer_free(&path);
    buffer_free(&bytes);
    free(header);
    json_decref(json);
    return status;
}

static enum status put_json(struct job_store *store, const char *job_id, const char *kind, json_t *json,
                            struct error *error)
{
    char name[64];
    struct buffer path = {0};
    epoch_name(kind, store->epoch, name);
    job_path(store, job_id, name, &path);
    char *text = json_dumps(json, JSON_COMPACT);
    enum status status = file_io_replace(store->io, buffer_text(&path), text, strlen(text), error);
    if (status != STATUS_OK)
        error_prefix(error, "cannot write %s", buffer_text(&path));
    free(text);
    json_decref(json);
    buffer_free(&path);
    return status;
}

enum status job_store_put_state(struct job_store *store, const char *job_id, const char *state,
                                int64_t state_ms, const char *failure, struct error *error)
{
    json_t *text = json_string(failure);
    json_t *json = json_pack("{s:s, s:I, s:o}", "state", state, "state-ms", (json_int_t)state_ms, "failure",
                             text != NULL ? text : json_string("(not UTF-8)"));
    enum status status = put_json(store, job_id, "state", json, error);
    return status == STATUS_OK ? job_store_check_lead(store, error) : status;
}

enum status job_store_put_continued(struct job_store *store, const char *job_id, uint64_t checkpoint_id,
                                    struct error *error)
{
    return put_json(store, job_id, "continued",
                    json_pack("{s:I}", "checkpoint-id", (json_int_t)checkpoint_id), error);
}

enum status job_store_put_ids(struct job_store *store, const char *job_id, uint64_t until,
                              struct error *error)
{
    return put_json(store, job_id, "ids", json_pack("{s:I}", "until", (json_int_t)until), error);
}

struct epoch_files {
    const char *kind;
    uint64_t *epochs;
    size_t count;
};

static bool visit_epoch_file(void *context, const char *name, bool is_directory)
{
    struct epoch_files *files = context;
    size_t size = strlen(files->kind);
    if (is_directory || strncmp(name, files->kind, size) != 0 || strncmp(name + size, "-e", 2) != 0)
        return true;
    char *end;
    uint64_t epoch = strtoull(name + size + 2, &end, 10);
    if (strcmp(end, ".json") != 0)
        return true;
    files->epochs = mem_realloc(files->epochs, (files->count + 1) * sizeof *files->epochs);
    files->epochs[files->count++] = epoch;
    return true;
}

static enum status list_epoch_files(struct job_store *store, const char *job_id, const char *kind,
                                    struct epoch_files *ret_files, struct error *error)
{
    struct epoch_files files = {.kind = kind};
    struct buffer path = {0};
    job_path(store, job_id, NULL, &path);
    enum status status = file_io_list(store->io, buffer_text(&path), visit_epoch_file, &files, error);
    buffer_free(&path);
    if (status == STATUS_NOT_FOUND)
        status = STATUS_OK;
    if (status != STATUS_OK) {
        free(files.epochs);
        return status;
    }
    *ret_files = files;
    return STATUS_OK;
}

static enum status read_json(struct job_store *store, const char *job_id, const char *kind, uint64_t epoch,
                             json_t **ret_json, struct error *error)
{
    char name[64];
    struct buffer path = {0}, bytes = {0};
    epoch_name(kind, epoch, name);
    job_path(store, job_id, name, &path);
    enum status status = file_io_read(store->io, buffer_text(&path), &bytes, error);
    if (status == STATUS_OK) {
        json_t *json = json_loadb((const char *)bytes.data, bytes.size, 0, NULL);
        if (json == NULL)
            status = error_set(error, STATUS_CORRUPT, "%s is damaged", buffer_text(&path));
        else
            *ret_json = json;
    }
    buffer_free(&bytes);
    buffer_free(&path);
    return status;
}

enum status job_store_list_continued(struct job_store *store, const char *job_id,
                                     struct stored_continued **ret_records, size_t *ret_count,
                                     struct error *error)
{
    struct epoch_files files;
    enum status status = list_epoch_files(store, job_id, "continued", &files, error);
    if (status != STATUS_OK)
        return status;
    struct stored_continued *records = mem_calloc(files.count + 1, sizeof *records);
    for (size_t i = 0; i < files.count && status == STATUS_OK; i++) {
        json_t *json = NULL;
        status = read_json(store, job_id, "continued", files.epochs[i], &json, error);
        records[i].epoch = files.epochs[i];
        records[i].checkpoint_id = (uint64_t)json_integer_value(json_object_get(json, "checkpoint-id"));
        json_decref(json);
    }
    if (status == STATUS_OK) {
        *ret_records = records;
        *ret_count = files.count;
    } else {
        free(records);
    }
    free(files.epochs);
    return status;
}

enum status job_store_max_ids(struct job_store *store, const char *job_id, uint64_t *ret_until,
                              struct error *error)
{
    struct epoch_files files;
    enum status status = list_epoch_files(store, job_id, "ids", &files, error);
    if (status != STATUS_OK)
        return status;
    uint64_t until = 1;
    for (size_t i = 0; i < files.count && status == STATUS_OK; i++) {
        json_t *json = NULL;
        status = read_json(store, job_id, "ids", files.epochs[i], &json, error);
        uint64_t of_epoch = (uint64_t)json_integer_value(json_object_get(json, "until"));
        until = of_epoch > until ? of_epoch : until;
        json_decref(json);
    }
    free(files.epochs);
    if (status == STATUS_OK)
        *ret_until = until;
    return status;
}

enum status job_store_remove_job(struct job_store *store, const char *job_id, struct error *error)
{
    struct buffer path = {0};
    job_path(store, job_id, "job", &path);
    /* First what makes it a job: without its state, one that has ended would be run again. */
    enum status status = file_io_delete(store->io, buffer_text(&path), error);
    job_path(store, job_id, NULL, &path);
    if (status == STATUS_OK)
        status = file_io_sync_directory(store->io, buffer_text(&path), error);
    if (status == STATUS_OK)
        status = file_io_delete_directory(store->io, buffer_text(&path), error);
    buffer_free(&path);
    return status;
}

static enum status read_state(struct job_store *store, struct stored_job *job, struct error *error)
{
    struct epoch_files files;
    enum status status = list_epoch_files(store, job->job_id, "state", &files, error);
    if (status != STATUS_OK)
        return status;
    uint64_t newest = 0;
    for (size_t i = 0; i < files.count; i++)
        newest = files.epochs[i] > newest ? files.epochs[i] : newest;
    free(files.epochs);
    if (newest == 0)
        return STATUS_OK;
    json_t *json = NULL;
    status = read_json(store, job->job_id, "state", newest, &json, error);
    if (status != STATUS_OK)
        return status;
    const char *state = json_string_value(json_object_get(json, "state"));
    const char *failure = json_string_value(json_object_get(json, "failure"));
    snprintf(job->state, sizeof job->state, "%s", state == NULL ? "" : state);
    job->state_ms = json_integer_value(json_object_get(json, "state-ms"));
    free(job->failure);
    job->failure = mem_strdup(failure == NULL ? "" : failure);
    json_decref(json);
    return STATUS_OK;
}

static enum status parse_job(const struct buffer *bytes, const char *path, struct stored_job *job,
                             struct error *error)
{
    uint32_t header_size = 0, checksum = 0;
    bool is_whole = bytes->size >= JOB_HEADER_BYTES + JOB_TRAILER_BYTES &&
                    memcmp(bytes->data, job_magic, sizeof job_magic) == 0;
    for (int i = 0; is_whole && i < 4; i++) {
        header_size |= (uint32_t)bytes->data[8 + i] << (8 * i);
        checksum |= (uint32_t)bytes->data[bytes->size - JOB_TRAILER_BYTES + (size_t)i] << (8 * i);
    }
    if (!is_whole || header_size > bytes->size - JOB_HEADER_BYTES - JOB_TRAILER_BYTES ||
        checksum != hash_crc32c(0, bytes->data, bytes->size - JOB_TRAILER_BYTES))
        return error_set(error, STATUS_CORRUPT,
                         "the stored job %s is damaged: restore the file, or move its folder away to start "
                         "without that job",
                         path);
    json_t *json = json_loadb((const char *)bytes->data + JOB_HEADER_BYTES, header_size, 0, NULL);
    const char *name = json_string_value(json_object_get(json, "name"));
    const char *lineage = json_string_value(json_object_get(json, "lineage"));
    job->name = mem_strdup(name == NULL ? "" : name);
    snprintf(job->lineage, sizeof job->lineage, "%s", lineage == NULL ? "" : lineage);
    const char *restored = json_string_value(json_object_get(json, "restored-job-id"));
    snprintf(job->restored_job_id, sizeof job->restored_job_id, "%s", restored == NULL ? "" : restored);
    job->submitted_ms = json_integer_value(json_object_get(json, "submitted-ms"));
    json_decref(json);
    buffer_append(&job->graph, bytes->data + JOB_HEADER_BYTES + header_size,
                  bytes->size - JOB_HEADER_BYTES - JOB_TRAILER_BYTES - header_size);
    return STATUS_OK;
}

struct job_ids {
    char (*ids)[STORED_JOB_ID_BYTES];
    size_t count;
};

static bool visit_job(void *context, const char *name, bool is_directory)
{
    struct job_ids *list = context;
    if (!is_directory || strlen(name) != STORED_JOB_ID_BYTES - 1)
        return true;
    list->ids = mem_realloc(list->ids, (list->count + 1) * sizeof *list->ids);
    memcpy(list->ids[list->count++], name, STORED_JOB_ID_BYTES);
    return true;
}

static int compare_jobs(const void *left, const void *right)
{
    const struct stored_job *a = left, *b = right;
    return a->submitted_ms < b->submitted_ms ? -1 : a->submitted_ms > b->submitted_ms;
}

/* A folder without a job file is one whose submission did not get that far. */
static enum status read_job(struct job_store *store, const char *job_id, bool *ret_is_there,
                            struct stored_job *ret_job, struct error *error)
{
    struct stored_job job = {.failure = mem_strdup("")};
    memcpy(job.job_id, job_id, STORED_JOB_ID_BYTES);
    struct buffer path = {0}, bytes = {0};
    job_path(store, job_id, "job", &path);
    enum status status = file_io_read(store->io, buffer_text(&path), &bytes, error);
    bool is_there = status == STATUS_OK;
    if (status == STATUS_NOT_FOUND)
        status = STATUS_OK;
    if (status == STATUS_OK && is_there)
        status = parse_job(&bytes, buffer_text(&path), &job, error);
    if (status == STATUS_OK && is_there)
        status = read_state(store, &job, error);
    buffer_free(&bytes);
    buffer_free(&path);
    if (status == STATUS_OK && is_there) {
        *ret_job = job;
        *ret_is_there = true;
    } else {
        stored_job_free(&job);
    }
    return status;
}

enum status job_store_list_jobs(struct job_store *store, struct stored_job **ret_jobs, size_t *ret_count,
                                struct error *error)
{
    struct buffer path = {0};
    buffer_printf(&path, "%s/jobs/%s", store->folder, store->name_space);
    struct job_ids list = {0};
    enum status status = file_io_list(store->io, buffer_text(&path), visit_job, &list, error);
    struct stored_job *jobs = mem_calloc(list.count + 1, sizeof *jobs);
    size_t count = 0;
    for (size_t i = 0; i < list.count && status == STATUS_OK; i++) {
        bool is_there = false;
        status = read_job(store, list.ids[i], &is_there, &jobs[count], error);
        count += is_there;
    }
    buffer_free(&path);
    free(list.ids);
    if (status != STATUS_OK) {
        for (size_t i = 0; i < count; i++)
            stored_job_free(&jobs[i]);
        free(jobs);
        return status;
    }
    qsort(jobs, count, sizeof *jobs, compare_jobs);
    *ret_jobs = jobs;
    *ret_count = count;
    return STATUS_OK;
}
