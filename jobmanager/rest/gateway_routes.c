#include "common/base/memory.h"
#include "jobmanager/rest/rest_internal.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

void rest_get_api_versions(struct rest_call *call)
{
    rest_answer_json(call, MHD_HTTP_OK, json_pack("{s:[s,s,s,s]}", "versions", "V1", "V2", "V3", "V4"));
}

void rest_get_info(struct rest_call *call)
{
    rest_answer_json(call, MHD_HTTP_OK,
                     json_pack("{s:s,s:s}", "productName", "Apache Flink", "version", FLINK_API_VERSION));
}

/* As Flink's gateway words it: clients print what follows the last "Caused by:" up to the first tab and "at".
 */
static void answer_sql_failure(struct rest_call *call, const struct error *error)
{
    const char *kind = error->code == STATUS_INVALID_ARGUMENT && error->line > 0 ? "SqlParserException"
                       : error->domain == ERROR_USER                             ? "ValidationException"
                                                                                 : "SqlExecutionException";
    char position[64] = "";
    if (error->line > 0 && strstr(error->message, "line ") == NULL)
        snprintf(position, sizeof position, "line %u, column %u: ", error->line, error->column);
    struct buffer text = {0};
    buffer_printf(
        &text,
        "<Exception on server side:\norg.apache.flink.table.gateway.api.utils.SqlGatewayException: Failed "
        "to fetchResults.\nCaused by: %s: %s%s\n\tat frazil\nEnd of exception on server side>",
        kind, position, error->message);
    json_t *detail = json_string(buffer_text(&text));
    if (detail == NULL)
        detail = json_string("the statement is not UTF-8");
    buffer_free(&text);
    rest_answer_json(call, MHD_HTTP_INTERNAL_SERVER_ERROR,
                     json_pack("{s:[s,o]}", "errors", "Internal server error.", detail));
}

static bool is_uuid(const char *text)
{
    static const char *const pattern = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
    if (strlen(text) != strlen(pattern))
        return false;
    for (size_t i = 0; pattern[i] != '\0'; i++)
        if (pattern[i] == '-' ? text[i] != '-' : strchr("0123456789abcdefABCDEF", text[i]) == NULL)
            return false;
    return true;
}

/* Answers 400 when the path's ids are none. */
static bool check_ids(struct rest_call *call, size_t count)
{
    static const char *const names[] = {"session_handle", "operation_handle"};
    for (size_t i = 0; i < count; i++) {
        if (is_uuid(call->parameters[i]))
            continue;
        rest_answer_error(
            call, MHD_HTTP_BAD_REQUEST,
            "Bad request, could not parse parameters: Cannot resolve path parameter (%s) from value "
            "\"%s\".",
            names[i], call->parameters[i]);
        return false;
    }
    return true;
}

void rest_open_session(struct rest_call *call)
{
    json_t *body = rest_call_body(call);
    if (body == NULL)
        return;
    json_t *properties = json_object_get(body, "properties");
    size_t count = 0;
    struct configuration_entry *entries = mem_calloc(json_object_size(properties), sizeof *entries);
    const char *key;
    json_t *value;
    json_object_foreach(properties, key, value)
    {
        if (json_is_string(value))
            entries[count++] = (struct configuration_entry){key, json_string_value(value)};
    }
    char session[GATEWAY_ID_BYTES];
    struct error error;
    enum status status = gateway_open_session(call->server->options.gateway, entries, count, session, &error);
    free(entries);
    json_decref(body);
    if (status == STATUS_OK)
        rest_answer_json(call, MHD_HTTP_OK, json_pack("{s:s}", "sessionHandle", session));
    else
        rest_answer_failure(call, &error);
}

void rest_get_session(struct rest_call *call)
{
    if (!check_ids(call, 1))
        return;
    struct configuration *properties;
    struct error error;
    if (gateway_session_properties(call->server->options.gateway, call->parameters[0], &properties, &error) !=
        STATUS_OK) {
        answer_sql_failure(call, &error);
        return;
    }
    json_t *json = json_object();
    for (size_t i = 0; i < configuration_count(properties); i++) {
        struct configuration_entry entry = configuration_at(properties, i);
        json_object_set_new(json, entry.key, json_string(entry.value));
    }
    configuration_free(properties);
    rest_answer_json(call, MHD_HTTP_OK, json_pack("{s:o}", "properties", json));
}

static void answer_status(struct rest_call *call, enum status status, const char *text,
                          const struct error *error)
{
    if (status == STATUS_OK)
        rest_answer_json(call, MHD_HTTP_OK, json_pack("{s:s}", "status", text));
    else
        answer_sql_failure(call, error);
}

void rest_close_session(struct rest_call *call)
{
    if (!check_ids(call, 1))
        return;
    struct error error;
    enum status status = gateway_close_session(call->server->options.gateway, call->parameters[0], &error);
    answer_status(call, status, "CLOSED", &error);
}

void rest_heartbeat(struct rest_call *call)
{
    if (!check_ids(call, 1))
        return;
    struct error error;
    if (gateway_touch_session(call->server->options.gateway, call->parameters[0], &error) == STATUS_OK)
        rest_answer_json(call, MHD_HTTP_OK, json_object());
    else
        answer_sql_failure(call, &error);
}

/* The statement of the body, copied into the call's arena, or NULL when answered. */
static const char *statement_of(struct rest_call *call)
{
    json_t *body = rest_call_body(call);
    if (body == NULL)
        return NULL;
    const char *text = json_string_value(json_object_get(body, "statement"));
    const char *copy = text != NULL ? arena_strdup(call->arena, text) : NULL;
    json_decref(body);
    if (copy == NULL)
        rest_answer_error(call, MHD_HTTP_BAD_REQUEST, "Bad request received. The body lacks \"statement\".");
    return copy;
}

void rest_execute_statement(struct rest_call *call)
{
    const char *statement = check_ids(call, 1) ? statement_of(call) : NULL;
    if (statement == NULL)
        return;
    char operation[GATEWAY_ID_BYTES];
    struct error error;
    if (gateway_execute(call->server->options.gateway, call->parameters[0], statement, NULL, NULL, operation,
                        &error) == STATUS_OK)
        rest_answer_json(call, MHD_HTTP_OK, json_pack("{s:s}", "operationHandle", operation));
    else
        answer_sql_failure(call, &error);
}

/* A configure-session call that waits for its statement. */
struct configuring {
    struct rest_call *call;
    char session[GATEWAY_ID_BYTES];
    char operation[GATEWAY_ID_BYTES];
};

/* A pool thread of the gateway. */
static void on_configured(void *context)
{
    struct configuring *configuring = context;
    struct rest_call *call = configuring->call;
    struct gateway_page page;
    struct error error;
    if (gateway_fetch(call->server->options.gateway, configuring->session, configuring->operation, 0, &page,
                      &error) == STATUS_OK) {
        gateway_page_free(&page);
        rest_answer_json(call, MHD_HTTP_OK, json_object());
    } else {
        answer_sql_failure(call, &error);
    }
    free(configuring);
}

void rest_configure_session(struct rest_call *call)
{
    const char *statement = check_ids(call, 1) ? statement_of(call) : NULL;
    if (statement == NULL)
        return;
    struct configuring *configuring = mem_calloc(1, sizeof *configuring);
    configuring->call = call;
    memcpy(configuring->session, call->parameters[0], GATEWAY_ID_BYTES);
    struct error error;
    rest_call_defer(call);
    if (gateway_execute(call->server->options.gateway, call->parameters[0], statement, on_configured,
                        configuring, configuring->operation, &error) == STATUS_OK)
        return;
    free(configuring);
    answer_sql_failure(call, &error);
}

void rest_get_operation_status(struct rest_call *call)
{
    if (!check_ids(call, 2))
        return;
    const char *text = NULL;
    struct error error;
    enum status status = gateway_operation_status(call->server->options.gateway, call->parameters[0],
                                                  call->parameters[1], &text, &error);
    answer_status(call, status, text, &error);
}

void rest_cancel_operation(struct rest_call *call)
{
    if (!check_ids(call, 2))
        return;
    struct error error;
    enum status status = gateway_cancel_operation(call->server->options.gateway, call->parameters[0],
                                                  call->parameters[1], &error);
    answer_status(call, status, "CANCELED", &error);
}

void rest_close_operation(struct rest_call *call)
{
    if (!check_ids(call, 2))
        return;
    struct error error;
    enum status status = gateway_close_operation(call->server->options.gateway, call->parameters[0],
                                                 call->parameters[1], &error);
    answer_status(call, status, "CLOSED", &error);
}

void rest_fetch_results(struct rest_call *call)
{
    if (!check_ids(call, 2))
        return;
    char *end;
    unsigned long long token = strtoull(call->parameters[2], &end, 10);
    const char *wanted = rest_query_parameter(call, "rowFormat");
    const char *row_format = wanted == NULL || strcasecmp(wanted, "JSON") == 0 ? "JSON"
                             : strcasecmp(wanted, "PLAIN_TEXT") == 0           ? "PLAIN_TEXT"
                                                                               : NULL;
    if (*end != '\0' || row_format == NULL) {
        rest_answer_error(call, MHD_HTTP_BAD_REQUEST,
                          "Bad request, could not parse parameters: Cannot resolve %s from value \"%s\".",
                          row_format == NULL ? "query parameter (rowFormat)" : "path parameter (token)",
                          row_format == NULL ? wanted : call->parameters[2]);
        return;
    }
    struct gateway_page page;
    struct error error;
    if (gateway_fetch(call->server->options.gateway, call->parameters[0], call->parameters[1], token, &page,
                      &error) != STATUS_OK) {
        answer_sql_failure(call, &error);
        return;
    }
    json_t *json = rest_result_json(call, &page, row_format);
    gateway_page_free(&page);
    rest_answer_json(call, MHD_HTTP_OK, json);
}
