/* A page of a statement's result as Flink's gateway shows it. */
#include "jobmanager/rest/rest_internal.h"

#include <string.h>
#include <strings.h>

/* How the rows of an answer are shown. */
struct row_style {
    bool is_plain_text;
    struct time_zone *zone; /* NULL: UTC */
};

/* Flink's logicalType. */
static json_t *type_to_json(struct data_type type)
{
    static const char *const names[TYPE_KIND_COUNT] = {
        [TYPE_NULL] = "NULL",
        [TYPE_BOOLEAN] = "BOOLEAN",
        [TYPE_INT] = "INTEGER",
        [TYPE_BIGINT] = "BIGINT",
        [TYPE_FLOAT] = "FLOAT",
        [TYPE_DOUBLE] = "DOUBLE",
        [TYPE_DECIMAL] = "DECIMAL",
        [TYPE_STRING] = "VARCHAR",
        [TYPE_BYTES] = "VARBINARY",
        [TYPE_DATE] = "DATE",
        [TYPE_TIMESTAMP] = "TIMESTAMP_WITHOUT_TIME_ZONE",
        [TYPE_TIMESTAMP_LTZ] = "TIMESTAMP_WITH_LOCAL_TIME_ZONE",
    };
    json_t *json = json_pack("{s:s,s:b}", "type", names[type.kind], "nullable", type.nullable);
    if (type.kind == TYPE_DECIMAL || type.kind == TYPE_TIMESTAMP || type.kind == TYPE_TIMESTAMP_LTZ)
        json_object_set_new(json, "precision", json_integer(type.precision));
    if (type.kind == TYPE_DECIMAL)
        json_object_set_new(json, "scale", json_integer(type.scale));
    if (data_type_is_string(type.kind))
        json_object_set_new(json, "length", json_integer(type.length));
    return json;
}

static json_t *columns_to_json(const struct gateway_page *page)
{
    json_t *list = json_array();
    for (size_t i = 0; i < page->num_columns; i++)
        json_array_append_new(list, json_pack("{s:s,s:o,s:n}", "name", page->columns[i].name, "logicalType",
                                              type_to_json(page->columns[i].type), "comment"));
    return list;
}

/* In the row format JSON, numbers and truth values stand without quotes. */
static json_t *unquote(json_t *text, enum type_kind kind)
{
    if (!json_is_string(text) || (!data_type_is_numeric(kind) && kind != TYPE_BOOLEAN))
        return json_incref(text);
    const char *content = json_string_value(text);
    if (kind == TYPE_BOOLEAN)
        return json_boolean(strcasecmp(content, "true") == 0);
    json_t *number = json_loads(content, JSON_DECODE_ANY, NULL);
    return json_is_number(number) ? number : json_incref(text); /* NaN and Infinity stay text */
}

static json_t *plain_text(json_t *value, struct data_type type, const struct time_zone *zone)
{
    if (!json_is_string(value))
        return json_incref(value);
    struct buffer text = {0};
    gateway_plain_text(type, json_string_value(value), zone, &text);
    json_t *result = json_string(buffer_text(&text));
    buffer_free(&text);
    return result;
}

static json_t *row_to_json(const struct gateway_page *page, json_t *row, const struct row_style *style)
{
    json_t *fields = json_array();
    size_t column;
    json_t *value;
    json_array_foreach(row, column, value)
    {
        if (column >= page->num_columns)
            break;
        struct data_type type = page->columns[column].type;
        json_array_append_new(fields, !style->is_plain_text ? unquote(value, type.kind)
                                      : page->is_query      ? plain_text(value, type, style->zone)
                                                            : json_incref(value));
    }
    const char *kind = json_string_value(json_array_get(row, page->num_columns));
    return json_pack("{s:s,s:o}", "kind", kind != NULL ? kind : "INSERT", "fields", fields);
}

static json_t *rows_to_json(struct gateway_page *page, const struct row_style *style)
{
    struct buffer text = {0};
    buffer_append_byte(&text, '[');
    buffer_append(&text, page->rows.data, page->rows.size);
    buffer_append_byte(&text, ']');
    json_t *rows = json_loadb((const char *)text.data, text.size, 0, NULL);
    buffer_free(&text);
    json_t *list = json_array();
    size_t index;
    json_t *row;
    json_array_foreach(rows, index, row) json_array_append_new(list, row_to_json(page, row, style));
    json_decref(rows);
    return list;
}

json_t *rest_result_json(struct rest_call *call, struct gateway_page *page, const char *row_format)
{
    static const char *const kinds[] = {"NOT_READY", "PAYLOAD", "EOS"};
    json_t *json = json_pack("{s:s}", "resultType", kinds[page->kind]);
    if (page->kind != GATEWAY_PAGE_NOT_READY) {
        json_object_set_new(json, "isQueryResult", json_boolean(page->is_query));
        if (page->job_id[0] != '\0')
            json_object_set_new(json, "jobID", json_string(page->job_id));
        json_object_set_new(json, "resultKind",
                            json_string(page->is_ok ? "SUCCESS" : "SUCCESS_WITH_CONTENT"));
        struct row_style style = {.is_plain_text = strcmp(row_format, "PLAIN_TEXT") == 0};
        if (style.is_plain_text && page->is_query)
            style.zone = gateway_session_time_zone(call->server->options.gateway, call->parameters[0]);
        json_object_set_new(json, "results",
                            json_pack("{s:o,s:s,s:o}", "columns", columns_to_json(page), "rowFormat",
                                      row_format, "data", rows_to_json(page, &style)));
        time_zone_free(style.zone);
    }
    if (page->kind != GATEWAY_PAGE_END)
        json_object_set_new(json, "nextResultUri",
                            json_sprintf("%s%s/sessions/%s/operations/%s/result/%llu?rowFormat=%s",
                                         call->version[0] != '\0' ? "/" : "", call->version,
                                         call->parameters[0], call->parameters[1],
                                         (unsigned long long)page->next_token, row_format));
    return json;
}
