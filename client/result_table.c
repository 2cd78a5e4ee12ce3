#include "client/result_table.h"

#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { STREAM_TEXT_WIDTH = 30, OPERATION_WIDTH = 4 };

/* Columns a text takes on a terminal, counting a code point as one. */
static int display_width(const char *text)
{
    int width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xC0) != 0x80;
    return width;
}

/* As Flink's tableau mode: rows are shown as they come, so a width follows from the type. */
static int width_of_type(const char *type)
{
    static const struct {
        const char *type;
        int width;
    } widths[] = {
        {"BOOLEAN", 7}, {"INTEGER", 11}, {"BIGINT", 20}, {"FLOAT", 30}, {"DOUBLE", 30}, {"DATE", 10},
    };
    for (size_t i = 0; i < sizeof widths / sizeof widths[0]; i++)
        if (strcmp(widths[i].type, type) == 0)
            return widths[i].width;
    return STREAM_TEXT_WIDTH;
}

void result_table_start(struct result_table *table, const struct sql_answer *answer)
{
    table->num_columns = answer->num_columns;
    table->is_query = answer->is_query;
    table->widths = mem_calloc(answer->num_columns, sizeof *table->widths);
    for (size_t i = 0; i < answer->num_columns; i++) {
        int name = display_width(answer->columns[i].name);
        int type = answer->is_query ? width_of_type(answer->columns[i].type) : 0;
        table->widths[i] = name > type ? name : type;
    }
}

static void print_rule(const struct result_table *table)
{
    if (table->is_query)
        fprintf(table->output, "+----");
    for (size_t i = 0; i < table->num_columns; i++) {
        fputc('+', table->output);
        for (int n = 0; n < table->widths[i] + 2; n++)
            fputc('-', table->output);
    }
    fprintf(table->output, "+\n");
}

static void print_padding(FILE *output, int count)
{
    for (; count > 0; count--)
        fputc(' ', output);
}

/* Text wider than its column is cut when rows stream, and marked. */
static void print_cell(const struct result_table *table, size_t column, const char *text)
{
    int width = table->widths[column];
    int wanted = display_width(text);
    fprintf(table->output, "| ");
    if (wanted <= width) {
        print_padding(table->output, width - wanted);
        fprintf(table->output, "%s ", text);
        return;
    }
    int shown = 0;
    const char *end = text;
    while (shown < width - 3) {
        end++;
        while (((unsigned char)*end & 0xC0) == 0x80)
            end++;
        shown++;
    }
    fprintf(table->output, "%.*s... ", (int)(end - text), text);
}

static void print_head(struct result_table *table, const struct sql_answer *answer)
{
    print_rule(table);
    if (table->is_query)
        fprintf(table->output, "| op ");
    for (size_t i = 0; i < table->num_columns; i++)
        print_cell(table, i, answer->columns[i].name);
    fprintf(table->output, "|\n");
    print_rule(table);
    table->has_head = true;
}

static const char *short_kind(const char *kind)
{
    static const struct {
        const char *name, *text;
    } kinds[] = {{"UPDATE_BEFORE", "-U"}, {"UPDATE_AFTER", "+U"}, {"DELETE", "-D"}};
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, kind) == 0)
            return kinds[i].text;
    return "+I";
}

static void draw_row(struct result_table *table, const struct sql_answer *answer, const char *kind,
                     const char *const *values)
{
    if (!table->has_head)
        print_head(table, answer);
    if (table->is_query)
        fprintf(table->output, "| %s ", short_kind(kind));
    for (size_t i = 0; i < table->num_columns; i++)
        print_cell(table, i, values[i] != NULL ? values[i] : "<NULL>");
    fprintf(table->output, "|\n");
}

static void keep_row(struct result_table *table, const char *const *values)
{
    size_t count = (table->num_rows + 1) * table->num_columns;
    table->kept = mem_realloc(table->kept, count * sizeof *table->kept);
    char **row = table->kept + table->num_rows * table->num_columns;
    for (size_t i = 0; i < table->num_columns; i++) {
        row[i] = values[i] != NULL ? mem_strdup(values[i]) : NULL;
        int width = display_width(values[i] != NULL ? values[i] : "<NULL>");
        if (width > table->widths[i])
            table->widths[i] = width;
    }
}

void result_table_row(struct result_table *table, const struct sql_answer *answer, const char *kind,
                      const char *const *values)
{
    if (table->is_query)
        draw_row(table, answer, kind, values);
    else
        keep_row(table, values);
    table->num_rows++;
}

static void draw_kept(struct result_table *table, const struct sql_answer *answer)
{
    for (uint64_t row = 0; row < table->num_rows; row++) {
        char **values = table->kept + row * table->num_columns;
        draw_row(table, answer, "INSERT", (const char *const *)values);
        for (size_t i = 0; i < table->num_columns; i++)
            free(values[i]);
    }
    free(table->kept);
    table->kept = NULL;
}

static void print_count(const struct result_table *table)
{
    const char *plural = table->num_rows == 1 ? "" : "s";
    if (table->is_query)
        fprintf(table->output, "Received a total of %llu row%s\n", (unsigned long long)table->num_rows,
                plural);
    else if (table->num_rows == 0)
        fprintf(table->output, "Empty set\n");
    else
        fprintf(table->output, "%llu row%s in set\n", (unsigned long long)table->num_rows, plural);
}

void result_table_end(struct result_table *table, const struct sql_answer *answer, bool is_complete)
{
    if (table->kept != NULL)
        draw_kept(table, answer);
    if (table->has_head)
        print_rule(table);
    if (is_complete)
        print_count(table);
    free(table->widths);
    table->widths = NULL;
}
