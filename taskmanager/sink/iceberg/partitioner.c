#include "taskmanager/sink/iceberg/partitioner.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/iceberg/value.h"
#include "taskmanager/sink/iceberg/value_table.h"

#include <stdlib.h>
#include <string.h>

/* The number 0 of a field is null; number n is value n - 1 of its table. */
struct partition_field {
    uint32_t column;
    struct data_type type;
    struct iceberg_transform transform;
    struct value_table *values; /* physical values after the transform; texts as they are */
    struct value_table *pairs;  /* of struct pair; NULL in the first field */
};

struct pair {
    uint32_t partition; /* of the fields before */
    uint32_t value;
};

struct partitioner {
    uint32_t num_fields;
    uint32_t *value_numbers; /* of one field and batch */
    uint32_t capacity;
    struct partition_field fields[];
};

struct partitioner *partitioner_create(const struct sink_settings *settings)
{
    uint32_t count = settings->spec.num_fields;
    struct partitioner *partitioner =
        mem_calloc(1, sizeof *partitioner + count * sizeof *partitioner->fields);
    partitioner->num_fields = count;
    for (uint32_t i = 0; i < count; i++) {
        struct partition_field *field = &partitioner->fields[i];
        field->column = settings->partition_columns[i];
        field->type = settings->table_schema->fields[field->column].type;
        field->transform = settings->spec.fields[i].transform;
        field->values = value_table_create();
        field->pairs = i == 0 ? NULL : value_table_create();
    }
    return partitioner;
}

void partitioner_free(struct partitioner *partitioner)
{
    if (partitioner == NULL)
        return;
    for (uint32_t i = 0; i < partitioner->num_fields; i++) {
        value_table_free(partitioner->fields[i].values);
        value_table_free(partitioner->fields[i].pairs);
    }
    free(partitioner->value_numbers);
    free(partitioner);
}

void partitioner_clear(struct partitioner *partitioner)
{
    for (uint32_t i = 0; i < partitioner->num_fields; i++) {
        value_table_clear(partitioner->fields[i].values);
        if (i > 0)
            value_table_clear(partitioner->fields[i].pairs);
    }
}

uint32_t partitioner_count(const struct partitioner *partitioner)
{
    if (partitioner->num_fields == 0)
        return 1;
    const struct partition_field *last = &partitioner->fields[partitioner->num_fields - 1];
    return last->pairs != NULL ? value_table_count(last->pairs) : value_table_count(last->values) + 1;
}

static uint32_t number_of(struct partition_field *field, const void *physical)
{
    uint8_t room[ICEBERG_TRANSFORM_VALUE_BYTES];
    struct bytes_view value = iceberg_transform_apply(field->transform, field->type, physical, room);
    return value_table_number(field->values, value.data, value.size) + 1;
}

static void number_dictionary(struct partition_field *field, const struct vector *vector, uint32_t count,
                              uint32_t *numbers)
{
    uint32_t codes = vector->dictionary->length;
    uint32_t *map = mem_calloc(codes, sizeof *map);
    for (uint32_t i = 0; i < count; i++) {
        if (vector_is_null(vector, i)) {
            numbers[i] = 0;
            continue;
        }
        uint32_t code = vector->indices[i];
        if (map[code] == 0)
            map[code] = number_of(field, vector_value(vector, i));
        numbers[i] = map[code];
    }
    free(map);
}

static bool same_value(const struct partition_field *field, const void *a, const void *b, size_t width)
{
    return data_type_is_string(field->type.kind) ? string_value_equal(a, b) : memcmp(a, b, width) == 0;
}

/* Rows often repeat the value of the row before. */
static void number_flat(struct partition_field *field, const struct vector *vector, uint32_t count,
                        uint32_t *numbers)
{
    size_t width = data_type_width(field->type.kind);
    const char *values = vector->values;
    const char *last = NULL;
    uint32_t last_number = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (vector->validity != NULL && !validity_is_set(vector->validity, i)) {
            numbers[i] = 0;
            continue;
        }
        const char *value = values + i * width;
        if (last == NULL || !same_value(field, value, last, width)) {
            last_number = number_of(field, value);
            last = value;
        }
        numbers[i] = last_number;
    }
}

static void number_field(struct partition_field *field, const struct vector *vector, uint32_t count,
                         uint32_t *numbers)
{
    if (vector == NULL || vector->type.kind == TYPE_NULL) {
        memset(numbers, 0, count * sizeof *numbers);
    } else if (vector->encoding == VECTOR_CONSTANT) {
        uint32_t number = vector_is_null(vector, 0) ? 0 : number_of(field, vector->values);
        for (uint32_t i = 0; i < count; i++)
            numbers[i] = number;
    } else if (vector->encoding == VECTOR_DICTIONARY) {
        number_dictionary(field, vector, count, numbers);
    } else {
        number_flat(field, vector, count, numbers);
    }
}

static void number_pairs(struct partition_field *field, const uint32_t *values, uint32_t count,
                         uint32_t *numbers)
{
    struct pair last = {0};
    uint32_t last_number = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct pair pair = {.partition = numbers[i], .value = values[i]};
        if (i == 0 || memcmp(&pair, &last, sizeof pair) != 0) {
            last_number = value_table_number(field->pairs, &pair, sizeof pair);
            last = pair;
        }
        numbers[i] = last_number;
    }
}

void partitioner_assign(struct partitioner *partitioner, struct vector *const *columns, uint32_t count,
                        uint32_t *numbers)
{
    if (partitioner->num_fields == 0) {
        memset(numbers, 0, count * sizeof *numbers);
        return;
    }
    number_field(&partitioner->fields[0], columns[partitioner->fields[0].column], count, numbers);
    if (partitioner->num_fields > 1 && partitioner->capacity < count) {
        partitioner->value_numbers =
            mem_realloc(partitioner->value_numbers, count * sizeof *partitioner->value_numbers);
        partitioner->capacity = count;
    }
    for (uint32_t i = 1; i < partitioner->num_fields; i++) {
        struct partition_field *field = &partitioner->fields[i];
        number_field(field, columns[field->column], count, partitioner->value_numbers);
        number_pairs(field, partitioner->value_numbers, count, numbers);
    }
}

static struct bytes_view serialized(const struct partition_field *field, uint32_t number, struct arena *arena)
{
    if (number == 0)
        return (struct bytes_view){NULL, 0};
    struct bytes_view value = value_table_value(field->values, number - 1);
    struct data_type type = iceberg_transform_sql_result(field->transform, field->type);
    if (data_type_is_string(type.kind)) {
        struct string_value text = string_value_of((const char *)value.data, value.size);
        return iceberg_value_from_sql(type, &text, arena);
    }
    return iceberg_value_from_sql(type, value.data, arena);
}

struct bytes_view *partitioner_values(const struct partitioner *partitioner, uint32_t number,
                                      struct arena *arena)
{
    struct bytes_view *values = arena_calloc(arena, partitioner->num_fields + 1, sizeof *values);
    for (uint32_t i = partitioner->num_fields; i > 0; i--) {
        const struct partition_field *field = &partitioner->fields[i - 1];
        uint32_t value_number = number;
        if (field->pairs != NULL) {
            struct pair pair;
            memcpy(&pair, value_table_value(field->pairs, number).data, sizeof pair);
            value_number = pair.value;
            number = pair.partition;
        }
        values[i - 1] = serialized(field, value_number, arena);
    }
    return values;
}
