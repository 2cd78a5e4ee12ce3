/* What is begun by a POST and polled by a GET: checkpoints, savepoints, the end of a job, disposals. */
#include "jobmanager/rest/rest_internal.h"

#include <microhttpd.h>
#include <string.h>

/* The text lives with the call; NULL when it is absent or null. */
static const char *text_of(struct rest_call *call, const json_t *body, const char *name)
{
    const char *text = json_string_value(json_object_get(body, name));
    return text == NULL ? NULL : arena_strdup(call->arena, text);
}

static void begin(struct rest_call *call, const struct operation_request *request, unsigned status)
{
    char id[OPERATION_ID_BYTES];
    struct error error;
    if (dispatcher_begin_operation(call->server->options.dispatcher, request, id, &error) == STATUS_OK)
        rest_answer_json(call, status, json_pack("{s:s}", "request-id", id));
    else
        rest_answer_failure(call, &error);
}

void rest_begin_savepoint(struct rest_call *call)
{
    json_t *body = rest_call_job_id(call) ? rest_call_body(call) : NULL;
    if (body == NULL)
        return;
    struct operation_request request = {
        .kind = OPERATION_SAVEPOINT,
        .job_id = call->parameters[0],
        .operation_id = text_of(call, body, "triggerId"),
        .path = text_of(call, body, "target-directory"),
        .cancels_job = json_is_true(json_object_get(body, "cancel-job")),
    };
    json_decref(body);
    begin(call, &request, MHD_HTTP_ACCEPTED);
}

void rest_begin_stop(struct rest_call *call)
{
    json_t *body = rest_call_job_id(call) ? rest_call_body(call) : NULL;
    if (body == NULL)
        return;
    struct operation_request request = {
        .kind = OPERATION_STOP,
        .job_id = call->parameters[0],
        .operation_id = text_of(call, body, "triggerId"),
        .path = text_of(call, body, "targetDirectory"),
        .is_drain = json_is_true(json_object_get(body, "drain")),
    };
    json_decref(body);
    begin(call, &request, MHD_HTTP_ACCEPTED);
}

void rest_begin_checkpoint(struct rest_call *call)
{
    json_t *body = rest_call_job_id(call) ? rest_call_body(call) : NULL;
    if (body == NULL)
        return;
    struct operation_request request = {
        .kind = OPERATION_CHECKPOINT,
        .job_id = call->parameters[0],
        .operation_id = text_of(call, body, "triggerId"),
    };
    json_decref(body);
    begin(call, &request, MHD_HTTP_ACCEPTED);
}

void rest_begin_disposal(struct rest_call *call)
{
    json_t *body = rest_call_body(call);
    if (body == NULL)
        return;
    struct operation_request request = {
        .kind = OPERATION_DISPOSAL,
        .path = text_of(call, body, "savepoint-path"),
    };
    json_decref(body);
    begin(call, &request, MHD_HTTP_OK);
}

static const char *failure_class(const struct error *failure)
{
    return failure->code == STATUS_NOT_FOUND ? "org.apache.flink.runtime.messages.FlinkJobNotFoundException"
                                             : "org.apache.flink.util.FlinkException";
}

static json_t *failure_to_json(struct rest_call *call, const struct error *failure)
{
    const char *class_name = failure_class(failure);
    const char *trace = arena_printf(call->arena, "%s: %s\n", class_name, failure->message);
    return json_pack("{s:s,s:s,s:o}", "class", class_name, "stack-trace", trace, "serialized-throwable",
                     rest_serialized_throwable(class_name, failure->message, trace));
}

static json_t *operation_to_json(struct rest_call *call, const struct operation_view *view)
{
    if (!view->is_done)
        return json_null();
    json_t *json = json_object();
    if (view->failure.code != STATUS_OK)
        json_object_set_new(json, "failure-cause", failure_to_json(call, &view->failure));
    else if (view->kind == OPERATION_CHECKPOINT)
        json_object_set_new(json, "checkpointId", json_integer((json_int_t)view->checkpoint_id));
    else if (view->kind != OPERATION_DISPOSAL)
        json_object_set_new(json, "location", json_string(view->location));
    return json;
}

static void answer_operation(struct rest_call *call, const char *id)
{
    struct operation_view view;
    struct error error;
    if (dispatcher_await_operation(call->server->options.dispatcher, id, 0, &view, &error) != STATUS_OK) {
        rest_answer_failure(call, &error);
        return;
    }
    json_t *json = json_pack("{s:{s:s},s:o}", "status", "id", view.is_done ? "COMPLETED" : "IN_PROGRESS",
                             "operation", operation_to_json(call, &view));
    operation_view_free(&view);
    rest_answer_json(call, MHD_HTTP_OK, json);
}

void rest_get_job_operation(struct rest_call *call)
{
    answer_operation(call, call->parameters[1]);
}

void rest_get_disposal(struct rest_call *call)
{
    answer_operation(call, call->parameters[0]);
}
