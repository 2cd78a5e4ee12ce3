#include "common/base/check.h"
#include "jobmanager/planner/logical/logical_internal.h"

#include <string.h>

enum status source_configure_kafka(struct planning *planning, struct scan *scan)
{
    static const struct connector_definition *const formats[] = {&json_format};
    struct arena *arena = planning->arena;
    const char *format = connector_property(&scan->options, "format");
    if (format == NULL)
        format = connector_property(&scan->options, "value.format");
    if (format == NULL)
        return error_set(planning->error, STATUS_INVALID_ARGUMENT,
                         "The required option 'format' is missing: 'format' = 'json'.");
    if (strcmp(format, json_format.identifier) != 0)
        return connector_unknown_identifier(format, formats, 1, planning->error);
    TRY(connector_validate(&kafka_connector, &json_format, &scan->options, planning->error));
    TRY(json_format_config_parse(&scan->options, arena, &scan->source->json, planning->error));
    const char *late = connector_option_value(&kafka_connector, &scan->options, "late-records.topic");
    scan->late_records_topic = late == NULL ? NULL : arena_strdup(arena, late);
    scan->source->kind = PLAN_SOURCE_KAFKA;
    return kafka_source_config_parse(&scan->options, arena, &scan->source->kafka, planning->error);
}

enum status source_configure_datagen(struct planning *planning, struct scan *scan)
{
    struct arena *arena = planning->arena;
    const struct datagen_config *config = NULL;
    TRY(connector_validate(&datagen_connector, NULL, &scan->options, planning->error));
    TRY(datagen_config_parse(&scan->options, scan->columns.schema, arena, &config, planning->error));
    bool *required = arena_calloc(arena, config->field_count + 1, sizeof *required);
    for (size_t i = 0; i < config->field_count; i++)
        required[i] = config->fields[i].kind == DATAGEN_SEQUENCE;
    scan->columns.required = required;
    scan->source->kind = PLAN_SOURCE_DATAGEN;
    scan->source->datagen = config;
    return STATUS_OK;
}

/* A sequence ends the source, also when nobody reads its column. */
static int64_t datagen_row_bound(const struct datagen_config *config)
{
    int64_t bound = config->number_of_rows;
    for (size_t i = 0; i < config->field_count; i++) {
        const struct datagen_field *field = &config->fields[i];
        uint64_t length = (uint64_t)field->end - (uint64_t)field->start + 1;
        if (field->kind == DATAGEN_SEQUENCE && length <= INT64_MAX && (bound < 0 || (int64_t)length < bound))
            bound = (int64_t)length;
    }
    return bound;
}

static const struct datagen_config *restrict_datagen(struct arena *arena, const struct datagen_config *config,
                                                     const uint32_t *kept, uint32_t kept_count)
{
    struct datagen_config *restricted = arena_dup(arena, config, sizeof *config);
    restricted->number_of_rows = datagen_row_bound(config);
    struct datagen_field *fields = arena_calloc(arena, kept_count + 1, sizeof *fields);
    for (uint32_t i = 0; i < kept_count; i++)
        fields[i] = config->fields[kept[i]];
    restricted->fields = fields;
    restricted->field_count = kept_count;
    return restricted;
}

const struct plan_source *plan_source_restrict(struct planning *planning, const struct scan *scan,
                                               const uint32_t *kept, uint32_t kept_count,
                                               bool needs_watermark)
{
    struct arena *arena = planning->arena;
    struct plan_source *source = arena_dup(arena, scan->source, sizeof *scan->source);
    struct plan_source_field *fields = arena_calloc(arena, kept_count + 1, sizeof *fields);
    uint32_t *map = arena_calloc(arena, scan->columns.schema->num_fields + 1, sizeof *map);
    for (uint32_t i = 0; i < kept_count; i++) {
        fields[i] = scan->columns.fields[kept[i]];
        map[kept[i]] = i;
    }
    source->fields = fields;
    if (source->datagen != NULL)
        source->datagen = restrict_datagen(arena, source->datagen, kept, kept_count);
    if (needs_watermark) {
        CHECK(scan->watermark != NULL);
        struct plan_watermark *watermark = arena_dup(arena, scan->watermark, sizeof *watermark);
        watermark->expression = expression_map_columns(arena, scan->watermark->expression, map);
        source->watermark = watermark;
    }
    return source;
}
