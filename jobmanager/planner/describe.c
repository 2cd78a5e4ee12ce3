#include "jobmanager/planner/execute_internal.h"

#include <string.h>

static const char *take_text(struct arena *arena, struct buffer *text)
{
    const char *copy = text->size == 0 ? NULL : arena_strdup(arena, buffer_text(text));
    buffer_clear(text);
    return copy;
}

static void print_key(const struct sql_create_table *definition, const char *column, struct buffer *out)
{
    bool part = false;
    for (size_t i = 0; i < definition->primary_key_count; i++)
        part |= strcmp(definition->primary_key[i], column) == 0;
    for (size_t i = 0; part && i < definition->primary_key_count; i++)
        buffer_printf(out, "%s%s", i > 0 ? ", " : "PRI(", definition->primary_key[i]);
    buffer_append_text(out, part ? ")" : "");
}

static void print_extras(const struct sql_column *column, struct buffer *out)
{
    if (column->kind == SQL_COLUMN_COMPUTED) {
        buffer_append_text(out, "AS ");
        sql_expression_print(column->expression, out);
    } else if (column->kind == SQL_COLUMN_METADATA) {
        buffer_append_text(out, "METADATA");
        if (column->has_metadata_key) {
            buffer_append_text(out, " FROM ");
            sql_string_print(column->metadata_key, out);
        }
        buffer_append_text(out, column->is_virtual ? " VIRTUAL" : "");
    }
}

const char **describe_begin(struct arena *arena, size_t row_count, bool commented,
                            struct planner_result *ret_result)
{
    enum { WIDTH = 6 };
    static const char *const names[] = {"name", "type", "null", "key", "extras", "watermark", "comment"};
    size_t width = WIDTH + commented;
    struct data_type *types = arena_calloc(arena, width, sizeof *types);
    for (size_t i = 0; i < width; i++)
        types[i] = data_type_of(i == 2 ? TYPE_BOOLEAN : TYPE_STRING);
    const char **values = arena_calloc(arena, row_count * width + 1, sizeof *values);
    *ret_result = (struct planner_result){.column_names = names,
                                          .column_types = types,
                                          .column_count = width,
                                          .values = values,
                                          .row_count = row_count};
    return values;
}

void describe_column(struct arena *arena, const char *name, struct data_type type,
                     enum time_attribute attribute, const char **row)
{
    static const char *const attributes[] = {[TIME_ATTRIBUTE_NONE] = "",
                                             [TIME_ATTRIBUTE_ROWTIME] = " *ROWTIME*",
                                             [TIME_ATTRIBUTE_PROCTIME] = " *PROCTIME*"};
    struct buffer text = {0};
    row[0] = arena_strdup(arena, name);
    row[2] = type.nullable ? "TRUE" : "FALSE";
    type.nullable = true;
    data_type_format(type, &text);
    buffer_append_text(&text, attributes[attribute]);
    row[1] = take_text(arena, &text);
    buffer_free(&text);
}

static bool is_proctime(const struct sql_column *column)
{
    return column->kind == SQL_COLUMN_COMPUTED && column->expression->kind == SQL_CALL &&
           strcmp(column->expression->text, "PROCTIME") == 0;
}

void describe_table(const struct sql_table *table, struct arena *arena, struct planner_result *ret_result)
{
    const struct sql_create_table *definition = table->definition;
    const struct sql_watermark *watermark = definition->watermark;
    bool commented = false;
    for (size_t i = 0; i < definition->column_count; i++)
        commented |= definition->columns[i].comment != NULL;
    const char **row = describe_begin(arena, definition->column_count, commented, ret_result);
    struct buffer text = {0};
    for (size_t i = 0; i < definition->column_count; i++, row += ret_result->column_count) {
        const struct sql_column *column = &definition->columns[i];
        bool rowtime = watermark != NULL && strcmp(watermark->column, column->name) == 0;
        describe_column(arena, column->name, table->schema->fields[i].type,
                        rowtime               ? TIME_ATTRIBUTE_ROWTIME
                        : is_proctime(column) ? TIME_ATTRIBUTE_PROCTIME
                                              : TIME_ATTRIBUTE_NONE,
                        row);
        print_key(definition, column->name, &text);
        row[3] = take_text(arena, &text);
        print_extras(column, &text);
        row[4] = take_text(arena, &text);
        if (rowtime)
            sql_expression_print(watermark->expression, &text);
        row[5] = take_text(arena, &text);
        if (commented)
            row[6] = column->comment == NULL ? NULL : arena_strdup(arena, column->comment);
    }
    buffer_free(&text);
}
