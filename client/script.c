#include "client/client_internal.h"
#include "client/result_table.h"
#include "common/base/memory.h"
#include "jobmanager/sql/parser.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How the rows of one statement are shown. */
struct display {
    struct result_table table;
    bool is_text;
    bool is_shown;
};

/* One column called "result" holds a text for people: EXPLAIN, SHOW CREATE TABLE. */
static void on_start(void *context, const struct sql_answer *answer)
{
    struct display *display = context;
    display->is_shown = !answer->is_ok && (answer->is_query || answer->job_id[0] == '\0');
    display->is_text =
        !answer->is_query && answer->num_columns == 1 && strcmp(answer->columns[0].name, "result") == 0;
    if (display->is_shown && !display->is_text)
        result_table_start(&display->table, answer);
}

static bool on_row(void *context, const struct sql_answer *answer, const char *kind,
                   const char *const *values)
{
    struct display *display = context;
    if (!display->is_shown)
        return true;
    if (display->is_text)
        fprintf(display->table.output, "%s\n", values[0] != NULL ? values[0] : "NULL");
    else
        result_table_row(&display->table, answer, kind, values);
    return fflush(display->table.output) == 0;
}

enum status statement_run(struct sql_session *session, const char *statement, FILE *output,
                          struct error *error)
{
    struct display display = {.table.output = output};
    struct sql_answer answer = {0};
    enum status status =
        session->ops->execute(session, statement, on_start, on_row, &display, &answer, error);
    if (status == STATUS_CANCELLED)
        fprintf(output, "\n"); /* behind the terminal's ^C */
    if (display.table.widths != NULL)
        result_table_end(&display.table, &answer, status == STATUS_OK);
    if (status == STATUS_CANCELLED)
        fprintf(output, "Query terminated, received a total of %llu rows\n\n",
                (unsigned long long)display.table.num_rows);
    if (status != STATUS_OK)
        return status;
    if (!answer.is_query && answer.job_id[0] != '\0')
        fprintf(output,
                "[INFO] SQL update statement has been successfully submitted to the cluster:\nJob ID: %s\n",
                answer.job_id);
    else if (answer.is_ok)
        fprintf(output, "[INFO] Execute statement succeeded.\n");
    fprintf(output, "\n");
    fflush(output);
    sql_answer_free(&answer);
    return STATUS_OK;
}

/* The statement with as many lines and columns before it as it has in the script, so that every position in
 * an error is one of the script. */
static char *at_its_place(const struct sql_text *statement)
{
    struct buffer text = {0};
    for (uint32_t line = 1; line < statement->line; line++)
        buffer_append_byte(&text, '\n');
    for (uint32_t column = 1; column < statement->column; column++)
        buffer_append_byte(&text, ' ');
    buffer_append(&text, statement->data, statement->size);
    return buffer_take(&text, NULL);
}

enum status script_run(struct sql_session *session, const char *text, FILE *output, struct error *error)
{
    struct sql_text rest = sql_text_of(text);
    struct sql_text statement;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && sql_script_next(&rest, &statement)) {
        char *placed = at_its_place(&statement);
        status = statement_run(session, placed, output, error);
        free(placed);
    }
    return status;
}

enum status file_read_text(const char *path, struct buffer *ret_text, struct error *error)
{
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return error_set_errno(error, errno, "cannot open the script '%s'", path);
    struct buffer text = {0};
    char chunk[8192];
    size_t size;
    while ((size = fread(chunk, 1, sizeof chunk, file)) > 0)
        buffer_append(&text, chunk, size);
    bool has_failed = ferror(file) != 0;
    fclose(file);
    if (has_failed) {
        buffer_free(&text);
        return error_set_errno(error, EIO, "cannot read the script '%s'", path);
    }
    buffer_append_byte(&text, '\0');
    *ret_text = text;
    return STATUS_OK;
}

enum status script_run_file(struct sql_session *session, const char *path,
                            const struct configuration *variables, FILE *output, struct error *error)
{
    struct buffer text = {0}, substituted = {0};
    enum status status = file_read_text(path, &text, error);
    if (status == STATUS_OK)
        status = variables_substitute((const char *)text.data, variables, &substituted, error);
    if (status == STATUS_OK)
        status = script_run(session, (const char *)substituted.data, output, error);
    buffer_free(&text);
    buffer_free(&substituted);
    return status;
}

void client_add_remedy(struct error *error)
{
    if (error->code != STATUS_UNAVAILABLE)
        return;
    char reason[ERROR_MESSAGE_BYTES];
    memcpy(reason, error->message, sizeof reason);
    error_set(error, STATUS_UNAVAILABLE,
              "%.800s; start a cluster (./start.sh), or name its address: --jobmanager URL", reason);
}

void client_print_error(const struct error *error)
{
    fprintf(stderr, "[ERROR] Could not execute SQL statement. Reason:\n%s\n", error->message);
}
