#include "jobmanager/planner/execute_internal.h"

#include <string.h>

/* A table in the making out of another and what the statement adds. */
struct merge {
    struct arena *arena;
    const struct sql_create_table *own;
    const struct sql_create_table *source;
    struct sql_create_table *result;
    struct error *error;
};

static enum sql_like_merging merging_of(const struct merge *merge, enum sql_like_feature feature)
{
    return merge->own->like->merging[feature];
}

static const struct sql_column *find_column(const struct sql_create_table *definition, const char *name)
{
    for (size_t i = 0; i < definition->column_count; i++) {
        if (strcmp(definition->columns[i].name, name) == 0)
            return &definition->columns[i];
    }
    return NULL;
}

static bool takes_column(const struct merge *merge, const struct sql_column *column)
{
    if (column->kind == SQL_COLUMN_COMPUTED)
        return merging_of(merge, SQL_LIKE_GENERATED) != SQL_EXCLUDING;
    return column->kind != SQL_COLUMN_METADATA || merging_of(merge, SQL_LIKE_METADATA) != SQL_EXCLUDING;
}

/* The source's column may give way to one of the new table's. */
static bool gives_way(const struct merge *merge, const struct sql_column *column)
{
    if (column->kind == SQL_COLUMN_COMPUTED)
        return merging_of(merge, SQL_LIKE_GENERATED) == SQL_OVERWRITING;
    return column->kind == SQL_COLUMN_METADATA && merging_of(merge, SQL_LIKE_METADATA) == SQL_OVERWRITING;
}

static enum status merge_columns(struct merge *merge)
{
    size_t most = merge->own->column_count + merge->source->column_count;
    struct sql_column *columns = arena_calloc(merge->arena, most + 1, sizeof *columns);
    size_t count = 0;
    for (size_t i = 0; i < merge->source->column_count; i++) {
        const struct sql_column *column = &merge->source->columns[i];
        const struct sql_column *own = find_column(merge->own, column->name);
        if (!takes_column(merge, column) || (own != NULL && gives_way(merge, column)))
            continue;
        if (own != NULL)
            return planner_error_at(merge->error, &own->span, STATUS_INVALID_ARGUMENT,
                                    "A column named '%s' already exists in the base table", column->name);
        columns[count++] = *column;
    }
    for (size_t i = 0; i < merge->own->column_count; i++)
        columns[count++] = merge->own->columns[i];
    merge->result->columns = columns;
    merge->result->column_count = count;
    return STATUS_OK;
}

static enum status merge_options(struct merge *merge)
{
    const struct sql_properties *own = &merge->own->options;
    const struct sql_properties *source = &merge->source->options;
    enum sql_like_merging merging = merging_of(merge, SQL_LIKE_OPTIONS);
    if (merging == SQL_EXCLUDING)
        return STATUS_OK;
    struct sql_property *items = arena_calloc(merge->arena, own->count + source->count + 1, sizeof *items);
    size_t count = 0;
    for (size_t i = 0; i < source->count; i++) {
        const struct sql_property *other = NULL;
        for (size_t j = 0; j < own->count && other == NULL; j++) {
            if (strcmp(own->items[j].key, source->items[i].key) == 0)
                other = &own->items[j];
        }
        if (other == NULL)
            items[count++] = source->items[i];
        else if (merging == SQL_INCLUDING)
            return planner_error_at(
                merge->error, &other->span, STATUS_INVALID_ARGUMENT,
                "The option '%s' already exists in the base table. You might want to specify "
                "OVERWRITING OPTIONS",
                other->key);
    }
    for (size_t i = 0; i < own->count; i++)
        items[count++] = own->items[i];
    merge->result->options = (struct sql_properties){.items = items, .count = count};
    return STATUS_OK;
}

static enum status merge_rest(struct merge *merge)
{
    const struct sql_create_table *own = merge->own;
    const struct sql_create_table *source = merge->source;
    struct sql_create_table *result = merge->result;
    if (source->watermark != NULL && merging_of(merge, SQL_LIKE_WATERMARKS) != SQL_EXCLUDING) {
        if (own->watermark != NULL && merging_of(merge, SQL_LIKE_WATERMARKS) == SQL_INCLUDING)
            return planner_error_at(merge->error, &own->watermark->span, STATUS_INVALID_ARGUMENT,
                                    "There already exists a watermark in the base table. You might want to "
                                    "specify EXCLUDING WATERMARKS or OVERWRITING WATERMARKS");
        if (own->watermark == NULL)
            result->watermark = source->watermark;
    }
    if (source->primary_key_count > 0 && merging_of(merge, SQL_LIKE_CONSTRAINTS) != SQL_EXCLUDING) {
        if (own->primary_key_count > 0)
            return planner_error_at(merge->error, &own->primary_key_span, STATUS_INVALID_ARGUMENT,
                                    "The base table already has a primary key. You might want to specify "
                                    "EXCLUDING CONSTRAINTS");
        result->primary_key = source->primary_key;
        result->primary_key_count = source->primary_key_count;
    }
    if (source->partition_count > 0 && merging_of(merge, SQL_LIKE_PARTITIONS) != SQL_EXCLUDING) {
        if (own->partition_count > 0)
            return planner_error_at(
                merge->error, &own->partition[0].span, STATUS_INVALID_ARGUMENT,
                "The base table already has partitions defined. You might want to specify "
                "EXCLUDING PARTITIONS");
        result->partition = source->partition;
        result->partition_count = source->partition_count;
    }
    return STATUS_OK;
}

enum status like_merge(struct arena *arena, const struct sql_create_table *definition,
                       const struct sql_table *source, struct sql_create_table *ret_definition,
                       struct error *error)
{
    struct sql_create_table result = *definition;
    struct merge merge = {arena, definition, source->definition, &result, error};
    if (source->view != NULL)
        return planner_error_at(error, &definition->like->source.span, STATUS_INVALID_ARGUMENT,
                                "'%s' is a view: CREATE TABLE ... LIKE takes a table", source->name);
    TRY(merge_columns(&merge));
    TRY(merge_options(&merge));
    TRY(merge_rest(&merge));
    result.like = NULL;
    if (result.comment == NULL)
        result.comment = source->definition->comment;
    *ret_definition = result;
    return STATUS_OK;
}
