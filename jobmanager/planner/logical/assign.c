#include "jobmanager/planner/logical/logical_internal.h"

#include "common/base/nearest_word.h"
#include "common/expression/type_rules.h"

/* Flink's message, both schemas in it. */
static enum status mismatch(struct planning *planning, const char *sink_path, const char *cause,
                            const struct schema *query, const struct schema *sink)
{
    struct buffer text = {0};
    buffer_printf(&text,
                  "Column types of query result and sink for '%s' do not match.\nCause: %s\n\nQuery schema: ",
                  sink_path, cause);
    schema_format(query, &text);
    buffer_append_text(&text, "\nSink schema:  ");
    schema_format(sink, &text);
    enum status status = error_set(planning->error, STATUS_INVALID_ARGUMENT, "%s", buffer_text(&text));
    buffer_free(&text);
    return status;
}

static enum status unknown_column(struct planning *planning, const struct sql_insert *insert, uint32_t index,
                                  const struct schema *sink)
{
    const char **names = arena_calloc(planning->arena, sink->num_fields + 1, sizeof *names);
    for (uint32_t i = 0; i < sink->num_fields; i++)
        names[i] = sink->fields[i].name;
    const char *nearest = nearest_word(insert->columns[index], names, sink->num_fields);
    return planner_error_at(planning->error, &insert->column_spans[index], STATUS_INVALID_ARGUMENT,
                            "Unknown target column '%s'%s%s%s", insert->columns[index],
                            nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
                            nearest != NULL ? "'?" : "");
}

/* targets[i]: the sink column that takes query column i. */
static enum status map_columns(struct planning *planning, const struct sql_insert *insert,
                               const char *sink_path, const struct schema *sink, const struct schema *query,
                               uint32_t *targets, bool *given)
{
    size_t expected = insert->columns != NULL ? insert->column_count : sink->num_fields;
    if (query->num_fields != expected)
        return mismatch(planning, sink_path, "Different number of columns.", query, sink);
    for (uint32_t i = 0; i < query->num_fields; i++) {
        int32_t target = (int32_t)i;
        if (insert->columns != NULL) {
            target = schema_find(sink, insert->columns[i]);
            if (target < 0)
                return unknown_column(planning, insert, i, sink);
            if (given[target])
                return planner_error_at(planning->error, &insert->column_spans[i], STATUS_INVALID_ARGUMENT,
                                        "Target column '%s' is assigned more than once", insert->columns[i]);
        }
        targets[i] = (uint32_t)target;
        given[target] = true;
    }
    for (uint32_t i = 0; i < sink->num_fields; i++) {
        if (!given[i] && !sink->fields[i].type.nullable)
            return error_set(
                planning->error, STATUS_INVALID_ARGUMENT,
                "Column '%s' of '%s' has no default value and does not allow NULLs: name it in the INSERT.",
                sink->fields[i].name, sink_path);
    }
    return STATUS_OK;
}

static enum status check_types(struct planning *planning, const char *sink_path, const struct schema *sink,
                               const struct schema *query, const uint32_t *targets)
{
    for (uint32_t i = 0; i < query->num_fields; i++) {
        if (type_supports_implicit_cast(query->fields[i].type, sink->fields[targets[i]].type))
            continue;
        const char *cause =
            arena_printf(planning->arena, "Incompatible types for sink column '%s' at position %u.",
                         sink->fields[targets[i]].name, targets[i]);
        return mismatch(planning, sink_path, cause, query, sink);
    }
    return STATUS_OK;
}

/* The rows of VALUES are cast now, so that what does not fit is an error of the statement. */
static enum status assign_values(struct planning *planning, const struct schema *sink,
                                 const uint32_t *targets, const struct relation **input)
{
    struct arena *arena = planning->arena;
    size_t width = (*input)->schema->num_fields;
    size_t row_count = (*input)->row_count;
    const struct expression **values = arena_calloc(arena, row_count * sink->num_fields + 1, sizeof *values);
    struct scope scope = scope_of(planning);
    for (size_t row = 0; row < row_count; row++) {
        const struct expression **target = values + row * sink->num_fields;
        for (uint32_t i = 0; i < sink->num_fields; i++)
            target[i] = expression_literal(arena, sink->fields[i].type, NULL);
        for (size_t i = 0; i < width; i++) {
            struct data_type type = sink->fields[targets[i]].type;
            const struct expression *value = (*input)->expressions[row * width + i];
            TRY(expression_cast(arena, value, type, false, &value, planning->error));
            TRY(resolve_constant(&scope, value, &target[targets[i]]));
            if (target[targets[i]]->value == NULL && !type.nullable)
                return error_set(planning->error, STATUS_INVALID_ARGUMENT,
                                 "Column '%s' is NOT NULL, however, a null value is being written into it.",
                                 sink->fields[targets[i]].name);
        }
    }
    return relation_values(planning, sink, values, row_count, input);
}

static enum status assign_projections(struct planning *planning, const struct schema *sink,
                                      const uint32_t *targets, const struct relation *input,
                                      const struct expression *const **ret_assigned)
{
    struct arena *arena = planning->arena;
    const struct expression **assigned = arena_calloc(arena, sink->num_fields + 1, sizeof *assigned);
    struct scope scope = scope_of(planning);
    for (uint32_t i = 0; i < sink->num_fields; i++)
        assigned[i] = expression_literal(arena, sink->fields[i].type, NULL);
    for (uint32_t i = 0; i < input->schema->num_fields; i++) {
        const struct expression *value = expression_column(arena, i, input->schema->fields[i].type);
        TRY(expression_cast(arena, value, sink->fields[targets[i]].type, false, &value, planning->error));
        assigned[targets[i]] = resolve_fold(&scope, value);
    }
    *ret_assigned = assigned;
    return STATUS_OK;
}

enum status assign_columns(struct planning *planning, const struct sql_insert *insert, const char *sink_path,
                           const struct schema *sink, const struct relation **input,
                           const struct expression *const **ret_assigned)
{
    const struct schema *query = (*input)->schema;
    uint32_t *targets = arena_calloc(planning->arena, query->num_fields + 1, sizeof *targets);
    bool *given = arena_calloc(planning->arena, sink->num_fields + 1, sizeof *given);
    TRY(map_columns(planning, insert, sink_path, sink, query, targets, given));
    TRY(check_types(planning, sink_path, sink, query, targets));
    if ((*input)->kind == RELATION_VALUES)
        return assign_values(planning, sink, targets, input);
    return assign_projections(planning, sink, targets, *input, ret_assigned);
}
