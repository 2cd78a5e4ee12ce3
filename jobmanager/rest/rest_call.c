/* A request from its first line to its answer, which another thread may give. */
#include "common/base/check.h"
#include "common/base/memory.h"
#include "jobmanager/rest/rest_call_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CALL_ARENA_BYTES = 1024 };

static void call_free(struct rest_call *call)
{
    arena_free(call->arena);
    buffer_free(&call->body);
    free(call->text);
    free(call);
}

static struct rest_call *call_create(struct rest_server *server, struct MHD_Connection *connection)
{
    struct rest_call *call = mem_calloc(1, sizeof *call);
    call->server = server;
    call->connection = connection;
    call->arena = arena_create(CALL_ARENA_BYTES);
    return call;
}

/* "/v3/jobs" is the version and "/jobs". */
static void split_version(struct rest_call *call, const char *url)
{
    call->version = "";
    if (url[0] == '/' && url[1] == 'v' && url[2] >= '1' && url[2] <= '4' && url[3] == '/') {
        call->version = arena_strndup(call->arena, url + 1, 2);
        url += 3;
    }
    size_t size = strlen(url);
    while (size > 1 && url[size - 1] == '/')
        size--;
    call->path = arena_strndup(call->arena, url, size);
}

static bool parse_method(const char *text, enum http_method *ret_method)
{
    static const char *const names[] = {"GET", "POST", "PATCH", "DELETE"};
    for (int i = 0; i < 4; i++)
        if (strcmp(text, names[i]) == 0) {
            *ret_method = (enum http_method)i;
            return true;
        }
    return false;
}

static enum MHD_Result send_answer(struct rest_call *call)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer(call->text_size, call->text, MHD_RESPMEM_MUST_FREE);
    CHECK(response != NULL);
    call->text = NULL;
    MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, call->content_type);
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
    enum MHD_Result result = MHD_queue_response(call->connection, call->status, response);
    MHD_destroy_response(response);
    return result;
}

void rest_answer_text(struct rest_call *call, unsigned status, const char *content_type, char *text,
                      size_t size)
{
    struct rest_server *server = call->server;
    pthread_mutex_lock(&server->mutex);
    CHECK(!call->is_answered);
    call->status = status;
    call->content_type = content_type;
    call->text = text;
    call->text_size = size;
    call->is_answered = true;
    bool is_abandoned = call->is_abandoned;
    if (call->is_deferred) {
        server->num_deferred--;
        pthread_cond_signal(&server->changed);
        if (!is_abandoned)
            MHD_resume_connection(call->connection);
    }
    pthread_mutex_unlock(&server->mutex);
    if (is_abandoned)
        call_free(call);
}

void rest_answer_json(struct rest_call *call, unsigned status, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    CHECK(text != NULL);
    json_decref(json);
    rest_answer_text(call, status, "application/json; charset=UTF-8", text, strlen(text));
}

void rest_answer_error(struct rest_call *call, unsigned status, const char *format, ...)
{
    char message[ERROR_MESSAGE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    json_t *text = json_string(message);
    if (text == NULL) /* what the client sent is quoted, and was no UTF-8 */
        text = json_string("the request is not UTF-8");
    rest_answer_json(call, status, json_pack("{s:[o]}", "errors", text));
}

void rest_answer_failure(struct rest_call *call, const struct error *error)
{
    unsigned status = error->code == STATUS_NOT_FOUND          ? MHD_HTTP_NOT_FOUND
                      : error->code == STATUS_INVALID_ARGUMENT ? MHD_HTTP_BAD_REQUEST
                      : error->code == STATUS_ALREADY_EXISTS   ? MHD_HTTP_CONFLICT
                      : error->code == STATUS_UNAVAILABLE || error->code == STATUS_EXHAUSTED
                          ? MHD_HTTP_SERVICE_UNAVAILABLE
                          : MHD_HTTP_INTERNAL_SERVER_ERROR;
    rest_answer_error(call, status, "%s", error->message);
}

void rest_call_defer(struct rest_call *call)
{
    pthread_mutex_lock(&call->server->mutex);
    CHECK(!call->is_answered && !call->is_deferred);
    call->is_deferred = true;
    call->server->num_deferred++;
    MHD_suspend_connection(call->connection);
    pthread_mutex_unlock(&call->server->mutex);
}

const char *rest_query_parameter(struct rest_call *call, const char *name)
{
    return MHD_lookup_connection_value(call->connection, MHD_GET_ARGUMENT_KIND, name);
}

json_t *rest_call_body(struct rest_call *call)
{
    if (call->body.size == 0)
        return json_object();
    json_error_t problem;
    json_t *body = json_loadb((const char *)call->body.data, call->body.size, 0, &problem);
    if (json_is_object(body))
        return body;
    json_decref(body);
    rest_answer_error(call, MHD_HTTP_BAD_REQUEST, "Bad request received. Request body is no JSON object: %s",
                      problem.text[0] != '\0' ? problem.text : "another kind of value");
    return NULL;
}

int64_t rest_now_ms(const struct rest_call *call)
{
    return clock_wall_ms(&call->server->options.process->clock);
}

static void collect_body(struct rest_call *call, const char *data, size_t size)
{
    if (call->body.size + size > REST_MAX_BODY_BYTES)
        call->is_too_large = true;
    else
        buffer_append(&call->body, data, size);
}

static void start_call(struct rest_call *call, const char *url, const char *method)
{
    call->is_routed = true;
    split_version(call, url);
    if (call->is_too_large)
        rest_answer_error(call, MHD_HTTP_CONTENT_TOO_LARGE, "The request is larger than %d bytes.",
                          REST_MAX_BODY_BYTES);
    else if (!parse_method(method, &call->method))
        rest_answer_error(call, MHD_HTTP_METHOD_NOT_ALLOWED, "Method %s is not allowed.", method);
    else
        rest_route(call);
}

static bool was_deferred(struct rest_call *call)
{
    pthread_mutex_lock(&call->server->mutex);
    bool is_deferred = call->is_deferred;
    pthread_mutex_unlock(&call->server->mutex);
    return is_deferred;
}

/* Called by microhttpd: first without a call, then for each part of the body, then to be answered, and once
 * more after a suspended connection was resumed. */
enum MHD_Result rest_on_request(void *context, struct MHD_Connection *connection, const char *url,
                                const char *method, const char *version, const char *upload_data,
                                size_t *upload_data_size, void **request_context)
{
    (void)version;
    struct rest_call *call = *request_context;
    if (call == NULL) {
        *request_context = call_create(context, connection);
        return MHD_YES;
    }
    if (*upload_data_size > 0) {
        collect_body(call, upload_data, *upload_data_size);
        *upload_data_size = 0;
        return MHD_YES;
    }
    if (!call->is_routed) {
        start_call(call, url, method);
        if (was_deferred(call)) /* answered meanwhile or not: the resumed connection comes here again */
            return MHD_YES;
    }
    CHECK(call->is_answered);
    return send_answer(call);
}

void rest_on_completed(void *context, struct MHD_Connection *connection, void **request_context,
                       enum MHD_RequestTerminationCode reason)
{
    (void)connection, (void)reason;
    struct rest_server *server = context;
    struct rest_call *call = *request_context;
    if (call == NULL)
        return;
    pthread_mutex_lock(&server->mutex);
    bool is_awaited = call->is_deferred && !call->is_answered;
    call->is_abandoned = is_awaited;
    pthread_mutex_unlock(&server->mutex);
    if (!is_awaited)
        call_free(call);
    *request_context = NULL;
}
