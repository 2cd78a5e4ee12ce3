/* What each epoch records of a job, in files of its own: a fenced leader spoils nothing of its successor. */
#include "common/base/memory.h"
#include "jobmanager/job_store/job_store_internal.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void epoch_name(const char *kind, uint64_t epoch, char name[64])
{
    snprintf(name, 64, "%s-e%" PRIu64 ".json", kind, epoch);
}

static enum status put_json(struct job_store *store, const char *job_id, const char *kind, json_t *json,
                            struct error *error)
{
    char name[64];
    struct buffer path = {0};
    epoch_name(kind, store->epoch, name);
    job_store_path(store, job_id, name, &path);
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
    job_store_path(store, job_id, NULL, &path);
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
    job_store_path(store, job_id, name, &path);
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

enum status job_store_read_state(struct job_store *store, struct stored_job *job, struct error *error)
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
