#include "jobmanager/planner/planner_internal.h"

#include "common/base/nearest_word.h"
#include "common/expression/type_rules.h"

/* Flink's message, both schemas in it. */
static enum status mismatch(struct plan_builder *builder, const char *sink_path, const char *cause,
                            const struct schema *query, const struct schema *sink)
{
    struct buffer text = {0};
    buffer_printf(&text,
                  "Column types of query result and sink for '%s' do not match.\nCause: %s\n\nQuery schema: ",
                  sink_path, cause);
    schema_format(query, &text);
    buffer_append_text(&text, "\nSink schema:  ");
    schema_format(sink, &text);
    enum status status = error_set(builder->error, STATUS_INVALID_ARGUMENT, "%s", buffer_text(&text));
    buffer_free(&text);
    return status;
}

static enum status unknown_column(struct plan_builder *builder, const struct sql_insert *insert,
                                  uint32_t index, const struct schema *sink)
{
    const char **names = arena_calloc(builder->graph->arena, sink->num_fields + 1, sizeof *names);
    for (uint32_t i = 0; i < sink->num_fields; i++)
        names[i] = sink->fields[i].name;
    const char *nearest = nearest_word(insert->columns[index], names, sink->num_fields);
    return planner_error_at(builder->error, &insert->column_spans[index], STATUS_INVALID_ARGUMENT,
                            "Unknown target column '%s'%s%s%s", insert->columns[index],
                            nearest != NULL ? "; did you mean '" : "", nearest != NULL ? nearest : "",
                            nearest != NULL ? "'?" : "");
}

/* targets[i]: the sink column that takes query column i. */
static enum status map_columns(struct plan_builder *builder, const struct sql_insert *insert,
                               const char *sink_path, const struct schema *sink, const struct schema *query,
                               uint32_t *targets, bool *given)
{
    size_t expected = insert->columns != NULL ? insert->column_count : sink->num_fields;
    if (query->num_fields != expected)
        return mismatch(builder, sink_path, "Different number of columns.", query, sink);
    for (uint32_t i = 0; i < query->num_fields; i++) {
        int32_t target = (int32_t)i;
        if (insert->columns != NULL) {
            target = schema_find(sink, insert->columns[i]);
            if (target < 0)
                return unknown_column(builder, insert, i, sink);
            if (given[target])
                return planner_error_at(builder->error, &insert->column_spans[i], STATUS_INVALID_ARGUMENT,
                                        "Target column '%s' is assigned more than once", insert->columns[i]);
        }
        targets[i] = (uint32_t)target;
        given[target] = true;
    }
    for (uint32_t i = 0; i < sink->num_fields; i++) {
        if (!given[i] && !sink->fields[i].type.nullable)
            return error_set(
                builder->error, STATUS_INVALID_ARGUMENT,
                "Column '%s' of '%s' has no default value and does not allow NULLs: name it in the INSERT.",
                sink->fields[i].name, sink_path);
    }
    return STATUS_OK;
}

static enum status check_types(struct plan_builder *builder, const char *sink_path, const struct schema *sink,
                               const struct schema *query, const uint32_t *targets)
{
    for (uint32_t i = 0; i < query->num_fields; i++) {
        if (type_supports_implicit_cast(query->fields[i].type, sink->fields[targets[i]].type))
            continue;
        const char *cause =
            arena_printf(builder->graph->arena, "Incompatible types for sink column '%s' at position %u.",
                         sink->fields[targets[i]].name, targets[i]);
        return mismatch(builder, sink_path, cause, query, sink);
    }
    return STATUS_OK;
}

static enum status assign_values(struct plan_builder *builder, const struct schema *sink,
                                 const uint32_t *targets, struct pipeline *pipeline)
{
    struct arena *arena = builder->graph->arena;
    size_t width = pipeline->output->num_fields;
    size_t count = pipeline->value_row_count * sink->num_fields;
    const struct expression **values = arena_calloc(arena, count + 1, sizeof *values);
    struct scope scope = {
        .arena = arena, .clock = builder->context->clock, .zone = builder->zone, .error = builder->error};
    for (size_t row = 0; row < pipeline->value_row_count; row++) {
        const struct expression **target = values + row * sink->num_fields;
        for (uint32_t i = 0; i < sink->num_fields; i++)
            target[i] = expression_literal(arena, sink->fields[i].type, NULL);
        for (size_t i = 0; i < width; i++) {
            struct data_type type = sink->fields[targets[i]].type;
            const struct expression *value = pipeline->values[row * width + i];
            TRY(expression_cast(arena, value, type, false, &value, builder->error));
            TRY(resolve_constant(&scope, value, &target[targets[i]]));
            if (target[targets[i]]->value == NULL && !type.nullable)
                return error_set(builder->error, STATUS_INVALID_ARGUMENT,
                                 "Column '%s' is NOT NULL, however, a null value is being written into it.",
                                 sink->fields[targets[i]].name);
        }
    }
    pipeline->values = values;
    return STATUS_OK;
}

static enum status assign_projections(struct plan_builder *builder, const struct schema *sink,
                                      const uint32_t *targets, struct pipeline *pipeline)
{
    struct arena *arena = builder->graph->arena;
    const struct expression **projections = arena_calloc(arena, sink->num_fields + 1, sizeof *projections);
    struct scope scope = {
        .arena = arena, .clock = builder->context->clock, .zone = builder->zone, .error = builder->error};
    for (uint32_t i = 0; i < sink->num_fields; i++)
        projections[i] = expression_literal(arena, sink->fields[i].type, NULL);
    for (uint32_t i = 0; i < pipeline->output->num_fields; i++) {
        const struct expression *assigned = NULL;
        TRY(expression_cast(arena, pipeline->projections[i], sink->fields[targets[i]].type, false, &assigned,
                            builder->error));
        projections[targets[i]] = resolve_fold(&scope, assigned);
    }
    pipeline->projections = projections;
    return STATUS_OK;
}

enum status plan_assign(struct plan_builder *builder, const struct sql_insert *insert, const char *sink_path,
                        const struct schema *sink, struct pipeline *pipeline)
{
    struct arena *arena = builder->graph->arena;
    uint32_t *targets = arena_calloc(arena, pipeline->output->num_fields + 1, sizeof *targets);
    bool *given = arena_calloc(arena, sink->num_fields + 1, sizeof *given);
    TRY(map_columns(builder, insert, sink_path, sink, pipeline->output, targets, given));
    TRY(check_types(builder, sink_path, sink, pipeline->output, targets));
    if (pipeline->scan == NULL)
        TRY(assign_values(builder, sink, targets, pipeline));
    else
        TRY(assign_projections(builder, sink, targets, pipeline));
    pipeline->output = sink;
    return STATUS_OK;
}
