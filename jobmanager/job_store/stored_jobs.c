/* The jobs that were submitted: a checked file for each, with a header of JSON and the graph. */
#include "common/base/hash.h"
#include "common/base/memory.h"
#include "jobmanager/job_store/job_store_internal.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char job_magic[8] = {'F', 'R', 'Z', 'J', 'O', 'B', '0', '1'};

enum { JOB_HEADER_BYTES = 12, JOB_TRAILER_BYTES = 4 };

void stored_job_free(struct stored_job *job)
{
    free(job->name);
    free(job->failure);
    buffer_free(&job->graph);
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
    job_store_path(store, job->job_id, NULL, &path);
    enum status status = file_io_make_directories(store->io, buffer_text(&path), error);
    job_store_path(store, job->job_id, "job", &path);
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

enum status job_store_remove_job(struct job_store *store, const char *job_id, struct error *error)
{
    struct buffer path = {0};
    job_store_path(store, job_id, "job", &path);
    /* First what makes it a job: without its state, one that has ended would be run again. */
    enum status status = file_io_delete(store->io, buffer_text(&path), error);
    job_store_path(store, job_id, NULL, &path);
    if (status == STATUS_OK)
        status = file_io_sync_directory(store->io, buffer_text(&path), error);
    if (status == STATUS_OK)
        status = file_io_delete_directory(store->io, buffer_text(&path), error);
    buffer_free(&path);
    return status;
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

/* A folder without a job file is one whose submission did not get that far. */
static enum status read_job(struct job_store *store, const char *job_id, bool *ret_is_there,
                            struct stored_job *ret_job, struct error *error)
{
    struct stored_job job = {.failure = mem_strdup("")};
    memcpy(job.job_id, job_id, STORED_JOB_ID_BYTES);
    struct buffer path = {0}, bytes = {0};
    job_store_path(store, job_id, "job", &path);
    enum status status = file_io_read(store->io, buffer_text(&path), &bytes, error);
    bool is_there = status == STATUS_OK;
    if (status == STATUS_NOT_FOUND)
        status = STATUS_OK;
    if (status == STATUS_OK && is_there)
        status = parse_job(&bytes, buffer_text(&path), &job, error);
    if (status == STATUS_OK && is_there)
        status = job_store_read_state(store, &job, error);
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

enum status job_store_get_job(struct job_store *store, const char *job_id, struct stored_job *ret_job,
                              struct error *error)
{
    bool is_there = false;
    enum status status = read_job(store, job_id, &is_there, ret_job, error);
    if (status == STATUS_OK && !is_there)
        return error_set(error, STATUS_NOT_FOUND, "job %s is not in the job store", job_id);
    return status;
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
