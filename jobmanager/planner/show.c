#include "jobmanager/planner/execute_internal.h"

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

static void show_options(const struct sql_table *table, bool masked, struct buffer *out)
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
        bool hidden = masked && configuration_is_secret(sorted[i].key);
        sql_string_print(hidden ? "******" : sorted[i].value, out);
    }
    buffer_append_text(out, "\n)\n");
    arena_free(scratch);
}

void show_create_table(const struct sql_table *table, bool masked, struct buffer *out)
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
    show_options(table, masked, out);
}
