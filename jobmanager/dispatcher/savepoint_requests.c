/* Checkpoints and savepoints that users ask for, up to where the job takes them. */
#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/base/memory.h"
#include "jobmanager/checkpoint/savepoint_writer.h"
#include "jobmanager/dispatcher/dispatcher_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A request on its way: made by any thread, prepared on a worker, handed to the job by the dispatcher's. */
struct begin_event {
    struct event event;
    struct dispatcher *dispatcher;
    enum operation_kind kind;
    char id[OPERATION_ID_BYTES];
    char job_id[JOB_ID_BYTES];
    char *path; /* of the savepoint; NULL: none */
    bool is_drain;
    enum status status; /* of the preparation */
    struct error error;
};

static void free_begin(struct event *event)
{
    struct begin_event *begin = (struct begin_event *)event;
    free(begin->path);
    free(begin);
}

/* What local files are called in answers: "file:/data/x". */
static enum status normalize_folder(const char *path, struct buffer *folder, struct error *error)
{
    const char *local = path;
    if (strncmp(path, "file:", 5) == 0) {
        local = path + 5;
        if (strncmp(local, "//", 2) == 0)
            local = strchr(local + 2, '/');
    }
    if (local == NULL || *local != '/')
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "'%s' is no folder for savepoints: give an absolute path or file:///path", path);
    size_t size = strlen(local);
    while (size > 1 && local[size - 1] == '/')
        size--;
    buffer_printf(folder, "file:%.*s", (int)size, local);
    return STATUS_OK;
}

static const char *session_value(const struct job_view *job, const char *key)
{
    for (size_t i = 0; job != NULL && i < job->num_configuration; i++)
        if (strcmp(job->configuration[i].key, key) == 0)
            return job->configuration[i].value;
    return NULL;
}

/* The folder above a new savepoint. */
static enum status target_folder(struct dispatcher *dispatcher, const struct operation_request *request,
                                 struct buffer *folder, struct error *error)
{
    static const char *const keys[] = {"execution.checkpointing.savepoint-dir", "state.savepoints.dir"};
    const struct job_view *job = dispatcher_job_view(dispatcher, request->job_id);
    const char *path = request->path;
    for (size_t i = 0; i < 2 && path == NULL; i++)
        path = session_value(job, keys[i]);
    for (size_t i = 0; i < 2 && path == NULL; i++)
        path = configuration_text(dispatcher->options.configuration, keys[i], NULL);
    enum status status = STATUS_OK;
    if (path == NULL)
        status = error_set(error, STATUS_INVALID_ARGUMENT,
                           "Config key [%s] is not set. Property [%s] must be provided.", keys[0],
                           request->kind == OPERATION_STOP ? "targetDirectory" : "target-directory");
    else
        status = normalize_folder(path, folder, error);
    job_view_unref(job);
    return status;
}

static enum status savepoint_path(struct dispatcher *dispatcher, const struct operation_request *request,
                                  char **ret_path, struct error *error)
{
    if (request->kind == OPERATION_CHECKPOINT)
        return STATUS_OK;
    if (request->kind == OPERATION_DISPOSAL) {
        if (request->path == NULL || *request->path == '\0')
            return error_set(error, STATUS_INVALID_ARGUMENT, "the path of a savepoint is missing");
        *ret_path = mem_strdup(request->path);
        return STATUS_OK;
    }
    struct buffer path = {0};
    enum status status = target_folder(dispatcher, request, &path, error);
    if (status != STATUS_OK)
        return status;
    struct uuid uuid = uuid_generate();
    char name[33];
    uuid_format_hex(&uuid, name);
    buffer_printf(&path, "/savepoint-%.6s-%.12s", request->job_id, name);
    *ret_path = buffer_take(&path, NULL);
    return STATUS_OK;
}

/* Nothing stays there before the job has taken its checkpoint. */
static enum status try_folder(struct file_io *io, const char *path, struct error *error)
{
    enum status status = file_io_make_directories(io, path, error);
    return status == STATUS_OK ? file_io_delete_directory(io, path, error) : status;
}

/* On a worker: a folder that cannot be written is found out before the job is disturbed. */
static void prepare(void *context)
{
    struct begin_event *begin = context;
    struct file_io *io = NULL;
    begin->status = file_io_for_uri(begin->path, &io, &begin->error);
    if (begin->status == STATUS_OK && begin->kind == OPERATION_DISPOSAL)
        begin->status = savepoint_dispose(io, begin->path, &begin->error);
    else if (begin->status == STATUS_OK)
        begin->status = try_folder(io, begin->path, &begin->error);
    file_io_free(io);
    dispatcher_post(begin->dispatcher, &begin->event);
}

static enum status find_job(struct dispatcher *dispatcher, const struct begin_event *begin,
                            struct job **ret_job, struct error *error)
{
    struct job *job = dispatcher_find_job(dispatcher, begin->job_id);
    if (job == NULL)
        return error_set(error, STATUS_NOT_FOUND, "Could not find Flink job (%s)", begin->job_id);
    if (job->master == NULL || job_state_is_terminal(job->state))
        return error_set(error, STATUS_UNAVAILABLE, "the job %s is %s", job->id, job_state_name(job->state));
    *ret_job = job;
    return STATUS_OK;
}

static void ask_job(struct dispatcher *dispatcher, const struct begin_event *begin)
{
    static const enum checkpoint_kind kinds[] = {
        [OPERATION_CHECKPOINT] = CHECKPOINT_PERIODIC,
        [OPERATION_SAVEPOINT] = CHECKPOINT_SAVEPOINT,
        [OPERATION_STOP] = CHECKPOINT_STOP,
    };
    static const char *const names[] = {
        [OPERATION_CHECKPOINT] = "checkpoint",
        [OPERATION_SAVEPOINT] = "savepoint",
        [OPERATION_STOP] = "stop",
    };
    struct job *job;
    struct error error;
    if (find_job(dispatcher, begin, &job, &error) != STATUS_OK) {
        operations_end(dispatcher, begin->id, &error);
        return;
    }
    struct coordinator_request request = {
        .id = begin->id, .kind = kinds[begin->kind], .is_drain = begin->is_drain, .folder = begin->path};
    dispatcher_log(dispatcher, LOG_INFO, "asked for %s job=%s path=%s", names[begin->kind], job->id,
                   begin->path == NULL ? "" : begin->path);
    job->is_dirty = true;
    job_master_ask(job->master, &request, dispatcher_now_ms(dispatcher));
}

static void run_prepared(struct dispatcher *dispatcher, struct event *event)
{
    struct begin_event *begin = (struct begin_event *)event;
    if (begin->status != STATUS_OK)
        operations_end(dispatcher, begin->id, &begin->error);
    else if (begin->kind == OPERATION_DISPOSAL)
        operations_end(dispatcher, begin->id, NULL);
    else
        ask_job(dispatcher, begin);
    free_begin(event);
}

static void run_begin(struct dispatcher *dispatcher, struct event *event)
{
    struct begin_event *begin = (struct begin_event *)event;
    struct job *job;
    begin->event.run = run_prepared;
    if (begin->kind != OPERATION_DISPOSAL)
        begin->status = find_job(dispatcher, begin, &job, &begin->error);
    if (begin->status != STATUS_OK || begin->path == NULL)
        run_prepared(dispatcher, event);
    else
        io_pool_submit(dispatcher->savepoint_io, hash_bytes(begin->path, strlen(begin->path)), prepare,
                       begin);
}

static bool is_hex_id(const char *id)
{
    return strspn(id, "0123456789abcdef") == OPERATION_ID_BYTES - 1 && id[OPERATION_ID_BYTES - 1] == '\0';
}

enum status dispatcher_begin_operation(struct dispatcher *dispatcher, const struct operation_request *request,
                                       char ret_operation_id[OPERATION_ID_BYTES], struct error *error)
{
    if (request->operation_id != NULL && !is_hex_id(request->operation_id))
        return error_set(error, STATUS_INVALID_ARGUMENT, "'%s' is no id of 32 hexadecimal digits",
                         request->operation_id);
    char *path = NULL;
    enum status status = savepoint_path(dispatcher, request, &path, error);
    if (status != STATUS_OK)
        return status;
    struct operation operation = {
        .view = {.kind = request->kind}, .path = path, .cancels_job = request->cancels_job};
    struct operation_view *view = &operation.view;
    struct uuid uuid = uuid_generate();
    uuid_format_hex(&uuid, view->id);
    if (request->operation_id != NULL)
        memcpy(view->id, request->operation_id, sizeof view->id);
    if (request->job_id != NULL)
        snprintf(view->job_id, sizeof view->job_id, "%s", request->job_id);
    memcpy(ret_operation_id, view->id, sizeof view->id);
    if (!operations_add(dispatcher, &operation)) {
        free(path);
        return STATUS_OK;
    }
    struct begin_event *begin = mem_calloc(1, sizeof *begin);
    *begin = (struct begin_event){
        .event = {.run = run_begin, .drop = free_begin},
        .dispatcher = dispatcher,
        .kind = request->kind,
        .path = path,
        .is_drain = request->is_drain,
    };
    memcpy(begin->id, view->id, sizeof begin->id);
    memcpy(begin->job_id, view->job_id, sizeof begin->job_id);
    dispatcher_post(dispatcher, &begin->event);
    return STATUS_OK;
}
