#include "client/local_session.h"
#include "client/client_internal.h"

#include "common/base/memory.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { POLL_MS = 2 };

struct local_session {
    struct sql_session base;
    struct gateway *gateway;
    char handle[GATEWAY_ID_BYTES];
};

/* The names of logical types that decide how wide a column is drawn. */
static const char *type_name(enum type_kind kind)
{
    switch (kind) {
    case TYPE_BOOLEAN: return "BOOLEAN";
    case TYPE_INT: return "INTEGER";
    case TYPE_BIGINT: return "BIGINT";
    case TYPE_FLOAT: return "FLOAT";
    case TYPE_DOUBLE: return "DOUBLE";
    case TYPE_DATE: return "DATE";
    default: return "VARCHAR";
    }
}

static void fill_answer(const struct gateway_page *page, struct sql_answer *answer)
{
    answer->is_query = page->is_query;
    answer->is_ok = page->is_ok;
    memcpy(answer->job_id, page->job_id, sizeof answer->job_id);
    answer->num_columns = page->num_columns;
    answer->columns = mem_calloc(page->num_columns, sizeof *answer->columns);
    for (size_t i = 0; i < page->num_columns; i++)
        answer->columns[i] = (struct answer_column){mem_strdup(page->columns[i].name),
                                                    mem_strdup(type_name(page->columns[i].type.kind))};
}

/* The texts of one row as a terminal shows them; rows of a statement that is no query are shown as they are.
 */
static void fill_values(const struct gateway_page *page, const json_t *row, const struct time_zone *zone,
                        struct buffer *texts, const char **values)
{
    for (size_t i = 0; i < page->num_columns; i++) {
        values[i] = json_string_value(json_array_get(row, i));
        if (values[i] == NULL || !page->is_query)
            continue;
        buffer_clear(&texts[i]);
        gateway_plain_text(page->columns[i].type, values[i], zone, &texts[i]);
        values[i] = buffer_text(&texts[i]);
    }
}

static bool pass_rows(const struct local_session *session, struct gateway_page *page,
                      const struct sql_answer *answer, sql_row_callback *on_row, void *context)
{
    struct buffer text = {0};
    buffer_append_byte(&text, '[');
    buffer_append(&text, page->rows.data, page->rows.size);
    buffer_append_byte(&text, ']');
    json_t *rows = json_loadb((const char *)text.data, text.size, 0, NULL);
    buffer_free(&text);
    struct time_zone *zone = gateway_session_time_zone(session->gateway, session->handle);
    const char **values = mem_calloc(page->num_columns, sizeof *values);
    struct buffer *texts = mem_calloc(page->num_columns, sizeof *texts);
    bool go_on = true;
    for (size_t r = 0; r < json_array_size(rows) && go_on; r++) {
        fill_values(page, json_array_get(rows, r), zone, texts, values);
        const char *kind = json_string_value(json_array_get(json_array_get(rows, r), page->num_columns));
        go_on = on_row(context, answer, kind != NULL ? kind : "INSERT", values);
    }
    for (size_t i = 0; i < page->num_columns; i++)
        buffer_free(&texts[i]);
    free(texts);
    time_zone_free(zone);
    free(values);
    json_decref(rows);
    return go_on;
}

static void wait_a_little(void)
{
    struct timespec pause = {0, POLL_MS * 1000000};
    nanosleep(&pause, NULL);
}

static enum status local_execute(struct sql_session *base, const char *statement,
                                 void (*on_start)(void *context, const struct sql_answer *answer),
                                 sql_row_callback *on_row, void *context, struct sql_answer *ret_answer,
                                 struct error *error)
{
    struct local_session *session = (struct local_session *)base;
    char operation[GATEWAY_ID_BYTES];
    enum status status =
        gateway_execute(session->gateway, session->handle, statement, NULL, NULL, operation, error);
    struct sql_answer answer = {0};
    bool has_answer = false;
    uint64_t token = 0;
    for (bool go_on = true; status == STATUS_OK && go_on;) {
        struct gateway_page page;
        status = gateway_fetch(session->gateway, session->handle, operation, token, &page, error);
        if (status != STATUS_OK)
            break;
        if (page.kind != GATEWAY_PAGE_NOT_READY && !has_answer) {
            fill_answer(&page, &answer);
            on_start(context, &answer);
            has_answer = true;
        }
        go_on = page.kind != GATEWAY_PAGE_END;
        if (page.num_rows > 0)
            go_on = pass_rows(session, &page, &answer, on_row, context);
        else if (go_on)
            wait_a_little();
        token = page.next_token;
        gateway_page_free(&page);
    }
    struct error ignored; /* freed with the session otherwise */
    if (status == STATUS_OK &&
        gateway_close_operation(session->gateway, session->handle, operation, &ignored) == STATUS_OK) {
        *ret_answer = answer;
        return STATUS_OK;
    }
    sql_answer_free(&answer);
    return status;
}

static void local_free(struct sql_session *base)
{
    struct local_session *session = (struct local_session *)base;
    struct error ignored; /* the gateway is freed next */
    if (gateway_close_session(session->gateway, session->handle, &ignored) != STATUS_OK)
        session->handle[0] = '\0';
    free(session);
}

static const struct sql_session_ops local_ops = {local_execute, local_free};

enum status local_session_open(struct gateway *gateway, struct sql_session **ret_session, struct error *error)
{
    /* An INSERT is waited for: when the script is over so is the cluster. */
    const struct configuration_entry properties[] = {{"table.dml-sync", "true"}};
    struct local_session *session = mem_calloc(1, sizeof *session);
    session->base.ops = &local_ops;
    session->gateway = gateway;
    enum status status = gateway_open_session(gateway, properties, 1, session->handle, error);
    if (status != STATUS_OK) {
        free(session);
        return status;
    }
    *ret_session = &session->base;
    return STATUS_OK;
}
