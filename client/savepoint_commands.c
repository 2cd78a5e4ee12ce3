/* Commands that are begun by one request and polled by others: savepoint, stop, checkpoint. */
#include "client/client_internal.h"
#include "common/http_client/http_client.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { POLL_MS = 100 };

/* What was begun, and where it is asked after. */
struct operation {
    struct http_client *http;
    struct buffer path;
};

static void operation_free(struct operation *operation)
{
    http_client_free(operation->http);
    buffer_free(&operation->path);
}

static enum status answered_error(const struct http_answer *answer, const json_t *json, struct error *error)
{
    const char *text = json_string_value(json_array_get(json_object_get(json, "errors"), 0));
    return error_set(error, STATUS_INVALID_ARGUMENT, "%s (HTTP %u)", text != NULL ? text : "no reason given",
                     (unsigned)answer->status);
}

/* One request and its answer as JSON, which the caller drops. */
static enum status request_json(struct http_client *http, const char *method, const char *path,
                                const char *body, json_t **ret_json, struct error *error)
{
    struct http_answer answer;
    enum status status = http_client_request(http, method, path, body, &answer, error);
    if (status != STATUS_OK)
        return status;
    json_t *json = json_loadb((const char *)answer.body.data, answer.body.size, 0, NULL);
    if (answer.status / 100 != 2)
        status = answered_error(&answer, json, error);
    http_answer_free(&answer);
    if (status == STATUS_OK)
        *ret_json = json;
    else
        json_decref(json);
    return status;
}

/* Takes body over; polled_path lacks the id, which is put behind it. */
static enum status begin(const char *url, const char *path, json_t *body, const char *polled_path,
                         struct operation *ret_operation, struct error *error)
{
    struct operation operation = {.http = http_client_create(url)};
    char *text = json_dumps(body, JSON_COMPACT);
    json_t *json = NULL;
    enum status status = request_json(operation.http, "POST", path, text, &json, error);
    const char *id = json_string_value(json_object_get(json, "request-id"));
    if (status == STATUS_OK && id == NULL)
        status = error_set(error, STATUS_CORRUPT, "the answer of the jobmanager has no request-id");
    if (status == STATUS_OK) {
        buffer_printf(&operation.path, "%s/%s", polled_path, id);
        *ret_operation = operation;
    } else {
        operation_free(&operation);
    }
    json_decref(json);
    json_decref(body);
    free(text);
    return status;
}

/* The last line of what Java calls a stack: "class: reason". */
static enum status failure_of(const json_t *cause, struct error *error)
{
    const char *class_name = json_string_value(json_object_get(cause, "class"));
    const char *trace = json_string_value(json_object_get(cause, "stack-trace"));
    if (trace == NULL)
        return error_set(error, STATUS_INVALID_ARGUMENT, "no reason given");
    size_t skipped = class_name == NULL ? 0 : strlen(class_name);
    if (skipped > 0 && strncmp(trace, class_name, skipped) == 0 && strncmp(trace + skipped, ": ", 2) == 0)
        trace += skipped + 2;
    return error_set(error, STATUS_INVALID_ARGUMENT, "%.*s", (int)strcspn(trace, "\n"), trace);
}

/* Waits for the end; *ret_result is the caller's to drop. */
static enum status await(struct operation *operation, json_t **ret_result, struct error *error)
{
    for (;;) {
        json_t *json = NULL;
        enum status status =
            request_json(operation->http, "GET", buffer_text(&operation->path), NULL, &json, error);
        if (status != STATUS_OK)
            return status;
        const char *state = json_string_value(json_object_get(json_object_get(json, "status"), "id"));
        if (state != NULL && strcmp(state, "COMPLETED") == 0) {
            json_t *result = json_object_get(json, "operation");
            const json_t *cause = json_object_get(result, "failure-cause");
            if (cause != NULL)
                status = failure_of(cause, error);
            else
                *ret_result = json_incref(result);
            json_decref(json);
            return status;
        }
        json_decref(json);
        nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
    }
}

/* Begins and waits; *ret_result is the caller's to drop. */
static enum status run(const char *url, const char *path, json_t *body, const char *polled_path,
                       json_t **ret_result, struct error *error)
{
    struct operation operation;
    printf("Waiting for response...\n");
    fflush(stdout);
    enum status status = begin(url, path, body, polled_path, &operation, error);
    if (status != STATUS_OK)
        return status;
    status = await(&operation, ret_result, error);
    operation_free(&operation);
    return status;
}

static int fail(const char *what, const char *of, struct error *error)
{
    client_add_remedy(error);
    fprintf(stderr, "[ERROR] %s %s: %s\n", what, of, error->message);
    return 1;
}

static json_t *optional_text(const char *text)
{
    return text != NULL ? json_string(text) : json_null();
}

static int dispose(const struct job_command *command)
{
    struct error error;
    json_t *result = NULL;
    printf("Disposing savepoint '%s'.\n", command->disposed);
    if (run(command->url, "/savepoint-disposal", json_pack("{s:s}", "savepoint-path", command->disposed),
            "/savepoint-disposal", &result, &error) != STATUS_OK)
        return fail("Could not dispose savepoint", command->disposed, &error);
    printf("Savepoint '%s' disposed.\n", command->disposed);
    json_decref(result);
    return 0;
}

int savepoint_command(const struct job_command *command)
{
    if (command->disposed != NULL)
        return dispose(command);
    struct error error;
    json_t *result = NULL;
    struct buffer path = {0};
    buffer_printf(&path, "/jobs/%s/savepoints", command->job_id);
    printf("Triggering savepoint for job %s.\n", command->job_id);
    enum status status =
        run(command->url, buffer_text(&path),
            json_pack("{s:o,s:b}", "target-directory", optional_text(command->directory), "cancel-job", 0),
            buffer_text(&path), &result, &error);
    buffer_free(&path);
    if (status != STATUS_OK)
        return fail("Could not take a savepoint of job", command->job_id, &error);
    const char *location = json_string_value(json_object_get(result, "location"));
    printf("Savepoint completed. Path: %s\n", location);
    printf("You can resume your program from this savepoint with "
           "SET 'execution.state-recovery.path' = '%s';\n",
           location);
    json_decref(result);
    return 0;
}

int stop_command(const struct job_command *command)
{
    struct error error;
    json_t *result = NULL;
    struct buffer path = {0}, polled = {0};
    buffer_printf(&path, "/jobs/%s/stop", command->job_id);
    buffer_printf(&polled, "/jobs/%s/savepoints", command->job_id);
    printf("%s job \"%s\" with a CANONICAL savepoint.\n", command->is_drain ? "Draining" : "Suspending",
           command->job_id);
    printf("Triggering stop-with-savepoint for job %s.\n", command->job_id);
    enum status status = run(command->url, buffer_text(&path),
                             json_pack("{s:o,s:b}", "targetDirectory", optional_text(command->directory),
                                       "drain", command->is_drain),
                             buffer_text(&polled), &result, &error);
    buffer_free(&path);
    buffer_free(&polled);
    if (status != STATUS_OK)
        return fail("Could not stop with a savepoint job", command->job_id, &error);
    printf("Savepoint completed. Path: %s\n", json_string_value(json_object_get(result, "location")));
    json_decref(result);
    return 0;
}

int checkpoint_command(const struct job_command *command)
{
    struct error error;
    json_t *result = NULL;
    struct buffer path = {0};
    buffer_printf(&path, "/jobs/%s/checkpoints", command->job_id);
    printf("Triggering checkpoint for job %s.\n", command->job_id);
    enum status status =
        run(command->url, buffer_text(&path), json_object(), buffer_text(&path), &result, &error);
    buffer_free(&path);
    if (status != STATUS_OK)
        return fail("Could not take a checkpoint of job", command->job_id, &error);
    printf("Checkpoint %lld for job %s completed.\n",
           (long long)json_integer_value(json_object_get(result, "checkpointId")), command->job_id);
    json_decref(result);
    return 0;
}
