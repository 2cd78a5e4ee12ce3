#include "client/client_internal.h"
#include "client/interrupt.h"

#include "common/base/memory.h"
#include "common/http_client/http_client.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { POLL_FIRST_MS = 2, POLL_MAX_MS = 200 };

struct remote_session {
    struct sql_session base;
    struct http_client *http;
    char *handle;
};

void sql_answer_free(struct sql_answer *answer)
{
    for (size_t i = 0; i < answer->num_columns; i++) {
        free(answer->columns[i].name);
        free(answer->columns[i].type);
    }
    free(answer->columns);
    *answer = (struct sql_answer){0};
}

static void wait_ms(int ms)
{
    struct timespec pause = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&pause, NULL);
}

/* The gateway's text for a person: what follows the last "Caused by:", without the frames. */
static enum status server_error(const json_t *json, long http_status, struct error *error)
{
    const json_t *errors = json_object_get(json, "errors");
    const char *text = json_string_value(json_array_get(errors, json_array_size(errors) - 1));
    if (text == NULL)
        return error_set(error, STATUS_INTERNAL, "the jobmanager answered with status %ld", http_status);
    const char *cause = text;
    for (const char *next = text; (next = strstr(next, "Caused by: ")) != NULL;)
        cause = next += strlen("Caused by: ");
    const char *end = strstr(cause, "\n\tat ");
    size_t size = end != NULL ? (size_t)(end - cause) : strlen(cause);
    return error_set(error, http_status == 404 ? STATUS_NOT_FOUND : STATUS_INVALID_ARGUMENT, "%.*s",
                     (int)size, cause);
}

/* A new reference in *ret_json. */
static enum status request(struct remote_session *session, const char *method, const char *path,
                           const char *body, json_t **ret_json, struct error *error)
{
    struct http_answer answer;
    enum status status = http_client_request(session->http, method, path, body, &answer, error);
    if (status != STATUS_OK)
        return status;
    json_t *json = json_loadb((const char *)answer.body.data, answer.body.size, 0, NULL);
    http_answer_free(&answer);
    if (answer.status / 100 == 2 && json != NULL) {
        *ret_json = json;
        return STATUS_OK;
    }
    status = server_error(json, answer.status, error);
    json_decref(json);
    return status;
}

static void read_columns(const json_t *page, struct sql_answer *answer)
{
    const json_t *columns = json_object_get(json_object_get(page, "results"), "columns");
    answer->is_query = json_is_true(json_object_get(page, "isQueryResult"));
    const char *kind = json_string_value(json_object_get(page, "resultKind"));
    answer->is_ok = kind != NULL && strcmp(kind, "SUCCESS") == 0;
    const char *job = json_string_value(json_object_get(page, "jobID"));
    snprintf(answer->job_id, sizeof answer->job_id, "%s", job != NULL ? job : "");
    answer->num_columns = json_array_size(columns);
    answer->columns = mem_calloc(answer->num_columns, sizeof *answer->columns);
    for (size_t i = 0; i < answer->num_columns; i++) {
        const json_t *column = json_array_get(columns, i);
        const char *name = json_string_value(json_object_get(column, "name"));
        const char *type = json_string_value(json_object_get(json_object_get(column, "logicalType"), "type"));
        answer->columns[i] = (struct answer_column){mem_strdup(name != NULL ? name : ""),
                                                    mem_strdup(type != NULL ? type : "")};
    }
}

static bool pass_rows(const json_t *page, const struct sql_answer *answer, sql_row_callback *on_row,
                      void *context)
{
    const json_t *rows = json_object_get(json_object_get(page, "results"), "data");
    const char **values = mem_calloc(answer->num_columns, sizeof *values);
    bool go_on = true;
    size_t index;
    const json_t *row;
    json_array_foreach(rows, index, row)
    {
        const json_t *fields = json_object_get(row, "fields");
        for (size_t i = 0; i < answer->num_columns; i++)
            values[i] = json_string_value(json_array_get(fields, i));
        const char *kind = json_string_value(json_object_get(row, "kind"));
        go_on = on_row(context, answer, kind != NULL ? kind : "INSERT", values);
        if (!go_on)
            break;
    }
    free(values);
    return go_on;
}

/* A fetch under way. */
struct fetch {
    struct sql_answer answer;
    bool has_columns;
    int poll_ms;
    void (*on_start)(void *context, const struct sql_answer *answer);
    sql_row_callback *on_row;
    void *context;
};

/* One page; *next is the path of the next one, or NULL at the end. */
static enum status fetch_page(struct remote_session *session, struct fetch *fetch, char **next,
                              struct error *error)
{
    json_t *page;
    enum status status = request(session, "GET", *next, NULL, &page, error);
    if (status != STATUS_OK)
        return status;
    const char *type = json_string_value(json_object_get(page, "resultType"));
    bool is_ready = type != NULL && strcmp(type, "NOT_READY") != 0;
    if (is_ready && !fetch->has_columns) {
        read_columns(page, &fetch->answer);
        fetch->has_columns = true;
        fetch->on_start(fetch->context, &fetch->answer);
    }
    size_t rows = json_array_size(json_object_get(json_object_get(page, "results"), "data"));
    bool go_on = !is_ready || pass_rows(page, &fetch->answer, fetch->on_row, fetch->context);
    const char *uri = json_string_value(json_object_get(page, "nextResultUri"));
    char *following = go_on && uri != NULL ? mem_strdup(uri) : NULL;
    json_decref(page);
    free(*next);
    *next = following;
    if (rows > 0) {
        fetch->poll_ms = POLL_FIRST_MS;
    } else if (following != NULL) {
        wait_ms(fetch->poll_ms);
        fetch->poll_ms = fetch->poll_ms * 2 < POLL_MAX_MS ? fetch->poll_ms * 2 : POLL_MAX_MS;
    }
    return STATUS_OK;
}

static enum status submit(struct remote_session *session, const char *statement, char **ret_operation,
                          struct error *error)
{
    json_t *body = json_pack("{s:s}", "statement", statement);
    if (body == NULL)
        return error_set(error, STATUS_INVALID_ARGUMENT, "the statement is not valid UTF-8");
    char *text = json_dumps(body, JSON_COMPACT);
    json_decref(body);
    struct buffer path = {0};
    buffer_printf(&path, "/v3/sessions/%s/statements", session->handle);
    json_t *json;
    enum status status = request(session, "POST", buffer_text(&path), text, &json, error);
    free(text);
    buffer_free(&path);
    if (status != STATUS_OK)
        return status;
    const char *handle = json_string_value(json_object_get(json, "operationHandle"));
    *ret_operation = mem_strdup(handle != NULL ? handle : "");
    json_decref(json);
    return STATUS_OK;
}

static void close_operation(struct remote_session *session, const char *operation)
{
    struct buffer path = {0};
    buffer_printf(&path, "/v3/sessions/%s/operations/%s/close", session->handle, operation);
    json_t *json;
    struct error ignored; /* the gateway closes what is left with the session */
    if (request(session, "DELETE", buffer_text(&path), NULL, &json, &ignored) == STATUS_OK)
        json_decref(json);
    buffer_free(&path);
}

static enum status remote_execute(struct sql_session *base, const char *statement,
                                  void (*on_start)(void *context, const struct sql_answer *answer),
                                  sql_row_callback *on_row, void *context, struct sql_answer *ret_answer,
                                  struct error *error)
{
    struct remote_session *session = (struct remote_session *)base;
    char *operation = NULL;
    enum status status = submit(session, statement, &operation, error);
    if (status != STATUS_OK)
        return status;
    struct buffer path = {0};
    buffer_printf(&path, "/v3/sessions/%s/operations/%s/result/0?rowFormat=PLAIN_TEXT", session->handle,
                  operation);
    char *next = buffer_take(&path, NULL);
    struct fetch fetch = {
        .poll_ms = POLL_FIRST_MS, .on_start = on_start, .on_row = on_row, .context = context};
    struct interrupt_hold hold;
    interrupt_hold(&hold);
    while (status == STATUS_OK && next != NULL) {
        status = fetch_page(session, &fetch, &next, error);
        if (status == STATUS_OK && interrupt_came())
            status = error_set(error, STATUS_CANCELLED, "the statement was canceled");
    }
    free(next);
    close_operation(session, operation);
    interrupt_release(&hold);
    free(operation);
    if (status == STATUS_OK)
        *ret_answer = fetch.answer;
    else
        sql_answer_free(&fetch.answer);
    return status;
}

static void remote_free(struct sql_session *base)
{
    struct remote_session *session = (struct remote_session *)base;
    struct buffer path = {0};
    buffer_printf(&path, "/v3/sessions/%s", session->handle);
    json_t *json;
    struct error ignored; /* an idle session ends by itself */
    if (request(session, "DELETE", buffer_text(&path), NULL, &json, &ignored) == STATUS_OK)
        json_decref(json);
    buffer_free(&path);
    http_client_free(session->http);
    free(session->handle);
    free(session);
}

static const struct sql_session_ops remote_ops = {remote_execute, remote_free};

enum status remote_session_open(const char *url, struct sql_session **ret_session, struct error *error)
{
    struct remote_session *session = mem_calloc(1, sizeof *session);
    session->base.ops = &remote_ops;
    session->http = http_client_create(url);
    json_t *json;
    enum status status =
        request(session, "POST", "/v3/sessions", "{\"sessionName\":\"frazil\"}", &json, error);
    if (status != STATUS_OK) {
        http_client_free(session->http);
        free(session);
        client_add_remedy(error);
        return error_prefix(error, "no session at the jobmanager");
    }
    const char *handle = json_string_value(json_object_get(json, "sessionHandle"));
    session->handle = mem_strdup(handle != NULL ? handle : "");
    json_decref(json);
    *ret_session = &session->base;
    return STATUS_OK;
}
