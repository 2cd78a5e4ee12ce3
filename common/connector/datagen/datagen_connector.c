#include "common/connector/datagen/datagen_connector.h"

#include "common/base/nearest_word.h"

#include <float.h>
#include <string.h>

static const struct connector_option options[] = {
    {"rows-per-second", OPTION_INTEGER, false, "10000", "rows a second over all subtasks", NULL},
    {"number-of-rows", OPTION_INTEGER, false, NULL, "rows in all, over all subtasks; without it no end",
     NULL},
    {"fields.", OPTION_PREFIX, false, NULL,
     "fields.<column>.kind, min, max, length, start, end, max-past, null-rate", NULL},
    {"scan.watermark.idle-timeout", OPTION_DURATION, false, NULL,
     "a subtask that is silent for so long holds no watermark back", NULL},
    {"scan.parallelism", OPTION_INTEGER, false, NULL, "accepted for Flink's sake: the job's counts", NULL},
};

const struct connector_definition datagen_connector = {
    .identifier = "datagen",
    .options = options,
    .option_count = sizeof options / sizeof *options,
};

/* The options of one column. */
struct field_options {
    const struct connector_properties *properties;
    const struct schema_field *field;
    struct arena *arena;
    struct error *error;
};

static const char *field_value(const struct field_options *options_of, const char *name)
{
    const char *key = arena_printf(options_of->arena, "fields.%s.%s", options_of->field->name, name);
    return connector_property(options_of->properties, key);
}

static enum status bad_value(const struct field_options *options_of, const char *name, const char *expected)
{
    return error_set(options_of->error, STATUS_INVALID_ARGUMENT,
                     "Invalid value '%s' for option 'fields.%s.%s': expected %s.",
                     field_value(options_of, name), options_of->field->name, name, expected);
}

static enum status read_integer(const struct field_options *options_of, const char *name, int64_t *value)
{
    const char *text = field_value(options_of, name);
    if (text != NULL && !connector_parse_integer(text, value))
        return bad_value(options_of, name, "a whole number");
    return STATUS_OK;
}

static enum status read_double(const struct field_options *options_of, const char *name, double *value)
{
    const char *text = field_value(options_of, name);
    if (text != NULL && !connector_parse_double(text, value))
        return bad_value(options_of, name, "a number");
    return STATUS_OK;
}

static void set_defaults(struct datagen_field *field, struct data_type type)
{
    enum { DEFAULT_LENGTH = 100 };
    double decimal_max = 1;
    for (int i = 0; i < type.precision - type.scale && type.kind == TYPE_DECIMAL; i++)
        decimal_max *= 10;
    field->kind = DATAGEN_RANDOM;
    field->min_integer = type.kind == TYPE_BIGINT ? INT64_MIN : INT32_MIN;
    field->max_integer = type.kind == TYPE_BIGINT ? INT64_MAX : INT32_MAX;
    field->min_double = type.kind == TYPE_DECIMAL ? 0 : type.kind == TYPE_FLOAT ? -FLT_MAX : -DBL_MAX;
    field->max_double = type.kind == TYPE_DECIMAL ? decimal_max : type.kind == TYPE_FLOAT ? FLT_MAX : DBL_MAX;
    field->length = type.length < DEFAULT_LENGTH && type.length > 0 ? type.length : DEFAULT_LENGTH;
}

static enum status parse_bounds(const struct field_options *options_of, struct datagen_field *field)
{
    enum type_kind kind = options_of->field->type.kind;
    enum status status;
    if (kind == TYPE_FLOAT || kind == TYPE_DOUBLE || kind == TYPE_DECIMAL) {
        status = read_double(options_of, "min", &field->min_double);
        if (status == STATUS_OK)
            status = read_double(options_of, "max", &field->max_double);
    } else {
        status = read_integer(options_of, "min", &field->min_integer);
        if (status == STATUS_OK)
            status = read_integer(options_of, "max", &field->max_integer);
    }
    if (status == STATUS_OK &&
        (field->min_integer > field->max_integer || field->min_double > field->max_double))
        return error_set(options_of->error, STATUS_INVALID_ARGUMENT,
                         "fields.%s.min is greater than fields.%s.max.", options_of->field->name,
                         options_of->field->name);
    return status;
}

static enum status parse_sequence(const struct field_options *options_of, struct datagen_field *field)
{
    const char *name = options_of->field->name;
    enum type_kind kind = options_of->field->type.kind;
    if (field_value(options_of, "start") == NULL || field_value(options_of, "end") == NULL)
        return error_set(options_of->error, STATUS_INVALID_ARGUMENT,
                         "The sequence of column '%s' needs 'fields.%s.start' and 'fields.%s.end'.", name,
                         name, name);
    if (!data_type_is_numeric(kind) && kind != TYPE_STRING)
        return error_set(options_of->error, STATUS_INVALID_ARGUMENT,
                         "Column '%s' cannot be a sequence: only numbers and strings can.", name);
    enum status status = read_integer(options_of, "start", &field->start);
    if (status == STATUS_OK)
        status = read_integer(options_of, "end", &field->end);
    if (status == STATUS_OK && field->start > field->end)
        return error_set(options_of->error, STATUS_INVALID_ARGUMENT,
                         "fields.%s.start is greater than fields.%s.end.", name, name);
    return status;
}

static enum status parse_random(const struct field_options *options_of, struct datagen_field *field)
{
    enum { LENGTH_MAX = 1 << 20 };
    int64_t length = field->length;
    enum status status = parse_bounds(options_of, field);
    if (status == STATUS_OK)
        status = read_integer(options_of, "length", &length);
    if (status == STATUS_OK && (length < 0 || length > LENGTH_MAX))
        return bad_value(options_of, "length", "a length from 0 to 1048576");
    field->length = (uint32_t)length;
    const char *max_past = field_value(options_of, "max-past");
    if (status == STATUS_OK && max_past != NULL &&
        !connector_parse_duration_ms(max_past, &field->max_past_ms))
        return bad_value(options_of, "max-past", "a duration like '10 s'");
    if (status == STATUS_OK)
        status = read_double(options_of, "null-rate", &field->null_rate);
    if (status == STATUS_OK && !(field->null_rate >= 0 && field->null_rate <= 1))
        return bad_value(options_of, "null-rate", "a number from 0 to 1");
    return status;
}

static enum status parse_field(const struct field_options *options_of, struct datagen_field *field)
{
    set_defaults(field, options_of->field->type);
    const char *kind = field_value(options_of, "kind");
    if (kind != NULL && strcmp(kind, "sequence") == 0)
        field->kind = DATAGEN_SEQUENCE;
    else if (kind != NULL && strcmp(kind, "random") != 0)
        return bad_value(options_of, "kind", "'random' or 'sequence'");
    return field->kind == DATAGEN_SEQUENCE ? parse_sequence(options_of, field)
                                           : parse_random(options_of, field);
}

/* Each fields.<column>.<option> names a column and an option that are there. */
static enum status check_field_options(const struct connector_properties *properties,
                                       const struct schema *schema, struct arena *arena, struct error *error)
{
    static const char *const names[] = {"kind",  "min", "max",      "length",
                                        "start", "end", "max-past", "null-rate"};
    enum { NAME_COUNT = sizeof names / sizeof *names };
    struct connector_properties fields = connector_properties_with_prefix(properties, "fields.", arena);
    for (size_t i = 0; i < fields.count; i++) {
        const char *dot = strrchr(fields.items[i].key, '.');
        const char *option = dot == NULL ? "" : dot + 1;
        bool known = false;
        for (size_t j = 0; j < NAME_COUNT && !known; j++)
            known = strcmp(names[j], option) == 0;
        const char *nearest = nearest_word(option, names, NAME_COUNT);
        if (!known)
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "Unsupported option 'fields.%s' for connector 'datagen'.%s%s%s",
                             fields.items[i].key, nearest != NULL ? " Did you mean '" : "",
                             nearest != NULL ? nearest : "", nearest != NULL ? "'?" : "");
        const char *column = arena_strndup(arena, fields.items[i].key, (size_t)(dot - fields.items[i].key));
        if (schema_find(schema, column) < 0)
            return error_set(error, STATUS_INVALID_ARGUMENT,
                             "The option 'fields.%s' is of a column that the table has not: '%s'.",
                             fields.items[i].key, column);
    }
    return STATUS_OK;
}

enum status datagen_config_parse(const struct connector_properties *properties, const struct schema *schema,
                                 struct arena *arena, const struct datagen_config **ret_config,
                                 struct error *error)
{
    struct datagen_config *config = arena_calloc(arena, 1, sizeof *config);
    struct datagen_field *fields = arena_calloc(arena, schema->num_fields, sizeof *fields);
    config->rows_per_second = connector_option_integer(&datagen_connector, properties, "rows-per-second");
    config->number_of_rows = connector_property(properties, "number-of-rows") == NULL
                                 ? -1
                                 : connector_option_integer(&datagen_connector, properties, "number-of-rows");
    if (config->rows_per_second < 1)
        return error_set(error, STATUS_INVALID_ARGUMENT, "'rows-per-second' is at least 1.");
    enum status status = check_field_options(properties, schema, arena, error);
    for (uint32_t i = 0; status == STATUS_OK && i < schema->num_fields; i++) {
        struct field_options options_of = {properties, &schema->fields[i], arena, error};
        status = parse_field(&options_of, &fields[i]);
    }
    if (status != STATUS_OK)
        return status;
    config->fields = fields;
    config->field_count = schema->num_fields;
    *ret_config = config;
    return STATUS_OK;
}
