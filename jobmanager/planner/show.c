#include "jobmanager/planner/planner_internal.h"

#include "common/config/configuration.h"

#include <stdlib.h>
#include <string.h>

static void show_column(const struct sql_column *column, struct buffer *out)
{
    buffer_append_text(out, "  ");
    sql_identifier_print(column->name, out);
    buffer_append_byte(out, ' ');
    if (column->kind == SQL_COLUMN_COMPUTED) {
        buffer_append_text(out, "AS ");
        sql_expression_print(column->expression, out);
    } else {
        sql_type_print(column->type, out);
    }
    if (column->kind == SQL_COLUMN_METADATA) {
        buffer_append_text(out, " METADATA");
        if (column->has_metadata_key) {
            buffer_append_text(out, " FROM ");
            sql_string_print(column->metadata_key, out);
        }
        buffer_append_text(out, column->is_virtual ? " VIRTUAL" : "");
    }
    if (column->comment != NULL) {
        buffer_append_text(out, " COMMENT ");
        sql_string_print(column->comment, out);
    }
}

static void show_partition(const struct sql_create_table *definition, struct buffer *out)
{
    if (definition->partition_count == 0)
        return;
    buffer_append_text(out, "PARTITIONED BY (");
    for (size_t i = 0; i < definition->partition_count; i++) {
        buffer_append_text(out, i > 0 ? ", " : "");
        sql_partition_field_print(&definition->partition[i], out);
    }
    buffer_append_text(out, ")\n");
}

static int compare_properties(const void *a, const void *b)
{
    return strcmp(((const struct sql_property *)a)->key, ((const struct sql_property *)b)->key);
}

static void show_options(const struct sql_table *table, struct buffer *out)
{
    const struct sql_properties *options = &table->definition->options;
    if (options->count == 0)
        return;
    struct arena *scratch = arena_create(1024);
    struct sql_property *sorted = arena_dup(scratch, options->items, options->count * sizeof *sorted);
    qsort(sorted, options->count, sizeof *sorted, compare_properties);
    buffer_append_text(out, "WITH (\n");
    for (size_t i = 0; i < options->count; i++) {
        buffer_append_text(out, i > 0 ? ",\n  " : "  ");
        sql_string_print(sorted[i].key, out);
        buffer_append_text(out, " = ");
        sql_string_print(configuration_is_secret(sorted[i].key) ? "******" : sorted[i].value, out);
    }
    buffer_append_text(out, "\n)\n");
    arena_free(scratch);
}

void show_create_table(const struct sql_table *table, struct buffer *out)
{
    const struct sql_create_table *definition = table->definition;
    const char *path[] = {table->catalog, table->database, table->name};
    buffer_printf(out, "CREATE %sTABLE ", table->temporary ? "TEMPORARY " : "");
    for (size_t i = 0; i < 3; i++) {
        buffer_append_text(out, i > 0 ? "." : "");
        sql_identifier_print(path[i], out);
    }
    buffer_append_text(out, " (\n");
    for (size_t i = 0; i < definition->column_count; i++) {
        buffer_append_text(out, i > 0 ? ",\n" : "");
        show_column(&definition->columns[i], out);
    }
    if (definition->watermark != NULL) {
        buffer_append_text(out, ",\n  WATERMARK FOR ");
        sql_identifier_print(definition->watermark->column, out);
        buffer_append_text(out, " AS ");
        sql_expression_print(definition->watermark->expression, out);
    }
    if (definition->primary_key_count > 0) {
        buffer_append_text(out, ",\n  PRIMARY KEY (");
        for (size_t i = 0; i < definition->primary_key_count; i++) {
            buffer_append_text(out, i > 0 ? ", " : "");
            sql_identifier_print(definition->primary_key[i], out);
        }
        buffer_append_text(out, ") NOT ENFORCED");
    }
    buffer_append_text(out, "\n)\n");
    if (definition->comment != NULL) {
        buffer_append_text(out, "COMMENT ");
        sql_string_print(definition->comment, out);
        buffer_append_byte(out, '\n');
    }
    show_partition(definition, out);
    show_options(table, out);
}

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

enum status describe_table(const struct sql_table *table, struct arena *arena,
                           struct planner_result *ret_result)
{
    enum { WIDTH = 6 };
    static const char *const names[] = {"name", "type", "null", "key", "extras", "watermark", "comment"};
    const struct sql_create_table *definition = table->definition;
    bool commented = false;
    for (size_t i = 0; i < definition->column_count; i++)
        commented |= definition->columns[i].comment != NULL;
    size_t width = WIDTH + commented;
    struct data_type *types = arena_calloc(arena, width, sizeof *types);
    for (size_t i = 0; i < width; i++)
        types[i] = data_type_of(i == 2 ? TYPE_BOOLEAN : TYPE_STRING);
    const char **values = arena_calloc(arena, definition->column_count * width, sizeof *values);
    struct buffer text = {0};
    for (size_t i = 0; i < definition->column_count; i++) {
        const struct sql_column *column = &definition->columns[i];
        struct data_type type = table->schema->fields[i].type;
        const char **row = values + i * width;
        bool rowtime =
            definition->watermark != NULL && strcmp(definition->watermark->column, column->name) == 0;
        row[0] = arena_strdup(arena, column->name);
        row[2] = type.nullable ? "TRUE" : "FALSE";
        type.nullable = true;
        data_type_format(type, &text);
        buffer_append_text(&text, rowtime ? " *ROWTIME*" : "");
        row[1] = take_text(arena, &text);
        print_key(definition, column->name, &text);
        row[3] = take_text(arena, &text);
        print_extras(column, &text);
        row[4] = take_text(arena, &text);
        if (rowtime)
            sql_expression_print(definition->watermark->expression, &text);
        row[5] = take_text(arena, &text);
        if (commented)
            row[6] = column->comment == NULL ? NULL : arena_strdup(arena, column->comment);
    }
    buffer_free(&text);
    *ret_result = (struct planner_result){.column_names = names,
                                          .column_types = types,
                                          .column_count = width,
                                          .values = values,
                                          .row_count = definition->column_count};
    return STATUS_OK;
}
