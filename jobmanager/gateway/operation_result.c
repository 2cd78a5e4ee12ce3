#include "common/base/check.h"
#include "common/base/memory.h"
#include "jobmanager/gateway/gateway_internal.h"

#include <stdlib.h>
#include <string.h>

static void columns_free(struct gateway_column *columns, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(columns[i].name);
    free(columns);
}

static struct gateway_column *columns_copy(const struct gateway_column *columns, size_t count)
{
    struct gateway_column *copy = mem_calloc(count, sizeof *copy);
    for (size_t i = 0; i < count; i++)
        copy[i] = (struct gateway_column){mem_strdup(columns[i].name), columns[i].type};
    return copy;
}

void operation_result_free(struct operation_result *result)
{
    columns_free(result->columns, result->num_columns);
    buffer_free(&result->rows);
    collect_result_unref(result->collect);
    *result = (struct operation_result){0};
}

void gateway_page_free(struct gateway_page *page)
{
    columns_free(page->columns, page->num_columns);
    buffer_free(&page->rows);
    *page = (struct gateway_page){0};
}

void gateway_page_copy(const struct gateway_page *page, struct gateway_page *ret_copy)
{
    *ret_copy = *page;
    ret_copy->columns = columns_copy(page->columns, page->num_columns);
    ret_copy->rows = (struct buffer){0};
    buffer_append(&ret_copy->rows, page->rows.data, page->rows.size);
}

static void append_json_string(struct buffer *buffer, const char *text)
{
    buffer_append_byte(buffer, '"');
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\')
            buffer_printf(buffer, "\\%c", byte);
        else if (byte < 0x20)
            buffer_printf(buffer, "\\u%04x", byte);
        else
            buffer_append_byte(buffer, byte);
    }
    buffer_append_byte(buffer, '"');
}

void operation_result_set_columns(struct operation_result *result, const char *const *names, size_t count)
{
    CHECK(result->columns == NULL);
    result->columns = mem_calloc(count, sizeof *result->columns);
    result->num_columns = count;
    for (size_t i = 0; i < count; i++)
        result->columns[i] = (struct gateway_column){mem_strdup(names[i]), data_type_of(TYPE_STRING)};
}

void operation_result_add_row(struct operation_result *result, const char *const *values)
{
    buffer_append_text(&result->rows, result->num_rows > 0 ? ",[" : "[");
    for (size_t i = 0; i < result->num_columns; i++) {
        if (i > 0)
            buffer_append_byte(&result->rows, ',');
        if (values[i] != NULL)
            append_json_string(&result->rows, values[i]);
        else
            buffer_append_text(&result->rows, "null");
    }
    buffer_append_byte(&result->rows, ']');
    result->num_rows++;
}

void operation_result_set_ok(struct operation_result *result)
{
    static const char *const names[] = {"result"};
    static const char *const values[] = {"OK"};
    operation_result_set_columns(result, names, 1);
    operation_result_add_row(result, values);
    result->is_ok = true;
}

/* OK when the job's end need not or no longer be waited for; a failed job fails the statement. */
static enum status check_awaited_job(struct session *session, const struct operation_result *result,
                                     bool *ret_ready, struct error *error)
{
    *ret_ready = true;
    if (!result->waits_for_job)
        return STATUS_OK;
    const struct job_view *job = dispatcher_job_view(session->gateway->options.dispatcher, result->job_id);
    if (job == NULL)
        return error_set(error, STATUS_NOT_FOUND, "job %s is not known any more", result->job_id);
    enum status status = STATUS_OK;
    *ret_ready = job->summary.is_terminal;
    if (job->summary.is_terminal && strcmp(job->summary.state, "FINISHED") != 0)
        status = error_set(error, STATUS_CANCELLED, "job %s is %s%s%s", result->job_id, job->summary.state,
                           job->root_exception != NULL ? ": " : "",
                           job->root_exception != NULL ? job->root_exception->text : "");
    job_view_unref(job);
    return status;
}

/* The next rows of a query's job; what there is, without waiting. */
static enum status take_collected(struct operation_result *result, struct gateway_page *page,
                                  struct error *error)
{
    struct collect_rows rows;
    collect_result_take(result->collect, PAGE_MAX_ROWS, 0, &rows);
    if (rows.is_failed && rows.num_rows == 0) {
        *error = rows.error;
        collect_rows_free(&rows);
        return error->code;
    }
    page->rows = rows.json;
    page->num_rows = rows.num_rows;
    page->kind = rows.is_end && rows.num_rows == 0 ? GATEWAY_PAGE_END : GATEWAY_PAGE_PAYLOAD;
    return STATUS_OK;
}

static enum status make_page(struct session *session, struct operation *operation, uint64_t token,
                             struct gateway_page *page, struct error *error)
{
    struct operation_result *result = &operation->result;
    bool is_ready;
    enum status status = check_awaited_job(session, result, &is_ready, error);
    if (status != STATUS_OK)
        return status;
    page->is_query = result->is_query;
    page->is_ok = result->is_ok;
    memcpy(page->job_id, result->job_id, sizeof page->job_id);
    page->next_token = token + 1;
    if (!is_ready) {
        page->kind = GATEWAY_PAGE_NOT_READY;
        page->next_token = token;
        return STATUS_OK;
    }
    if (result->collect != NULL) {
        status = take_collected(result, page, error);
    } else if (token == 0) {
        page->kind = GATEWAY_PAGE_PAYLOAD;
        buffer_append(&page->rows, result->rows.data, result->rows.size);
        page->num_rows = result->num_rows;
    } else {
        page->kind = GATEWAY_PAGE_END;
    }
    page->columns = columns_copy(result->columns, result->num_columns);
    page->num_columns = result->num_columns;
    return status;
}

enum status operation_fetch(struct session *session, struct operation *operation, uint64_t token,
                            struct gateway_page *ret_page, struct error *error)
{
    if (operation->state == OPERATION_ERROR) {
        *error = operation->error;
        return error->code;
    }
    if (operation->state == OPERATION_CANCELED)
        return error_set(error, STATUS_CANCELLED,
                         "Can not fetch results from the operation %s in CANCELED status.", operation->id);
    uint64_t expected = operation->has_last_page ? operation->last_token + 1 : 0;
    if (operation->state == OPERATION_PENDING || operation->state == OPERATION_RUNNING) {
        *ret_page = (struct gateway_page){.kind = GATEWAY_PAGE_NOT_READY, .next_token = token};
        return STATUS_OK;
    }
    if (operation->has_last_page && (token == operation->last_token ||
                                     (operation->last_page.kind == GATEWAY_PAGE_END && token == expected))) {
        gateway_page_copy(&operation->last_page, ret_page);
        return STATUS_OK;
    }
    if (token != expected)
        return error_set(error, STATUS_INVALID_ARGUMENT, "Expecting token to be %llu, but found %llu.",
                         (unsigned long long)expected, (unsigned long long)token);
    struct gateway_page page = {0};
    enum status status = make_page(session, operation, token, &page, error);
    if (status != STATUS_OK) {
        gateway_page_free(&page);
        return status;
    }
    if (page.kind != GATEWAY_PAGE_NOT_READY) {
        if (operation->has_last_page)
            gateway_page_free(&operation->last_page);
        operation->has_last_page = true;
        operation->last_token = token;
        gateway_page_copy(&page, &operation->last_page);
    }
    *ret_page = page;
    return STATUS_OK;
}
