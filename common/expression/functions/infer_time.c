#include "common/expression/functions/functions_internal.h"
#include "common/expression/functions/time_unit.h"

static bool is_temporal(enum type_kind kind)
{
    return kind == TYPE_DATE || kind == TYPE_TIMESTAMP || kind == TYPE_TIMESTAMP_LTZ;
}

static enum status want_wall_clock(struct function_types *types, uint32_t argument, struct error *error)
{
    struct data_type *type = &types->arguments[argument];
    if (!is_temporal(type->kind) && type->kind != TYPE_STRING && type->kind != TYPE_NULL)
        return infer_refuse(types, "Expected a DATE, TIMESTAMP or TIMESTAMP_LTZ", error);
    *type = data_type_of(TYPE_TIMESTAMP);
    return STATUS_OK;
}

enum status infer_extract(struct function_types *types, struct error *error)
{
    types->result = data_type_of(TYPE_BIGINT);
    const struct expression *unit = types->values != NULL ? types->values[0] : NULL;
    if (types->arguments[0].kind != TYPE_STRING || unit == NULL || unit->kind != EXPRESSION_LITERAL)
        return infer_refuse(types, "Supported form(s): 'EXTRACT(unit FROM <TIME>)'", error);
    const struct string_value *name = unit->value;
    if (time_unit_find(name->data, name->size) == TIME_UNIT_COUNT)
        return error_set(error, STATUS_INVALID_ARGUMENT, "'%.*s' is no unit that EXTRACT knows",
                         (int)name->size, name->data);
    return want_wall_clock(types, 1, error);
}

enum status infer_date_format(struct function_types *types, struct error *error)
{
    types->result = data_type_of(TYPE_STRING);
    if (types->arguments[1].kind != TYPE_STRING)
        return infer_refuse(types, "Supported form(s): 'DATE_FORMAT(<TIMESTAMP>, <STRING>)'", error);
    return want_wall_clock(types, 0, error);
}

enum status infer_to_timestamp(struct function_types *types, struct error *error)
{
    for (uint32_t i = 0; i < types->num_arguments; i++) {
        if (types->arguments[i].kind == TYPE_NULL)
            types->arguments[i] = data_type_of(TYPE_STRING);
        if (types->arguments[i].kind != TYPE_STRING)
            return infer_refuse(types, "Supported form(s): 'TO_TIMESTAMP(<STRING>[, <STRING>])'", error);
    }
    types->result = data_type_timestamp(TYPE_TIMESTAMP, 3);
    return STATUS_OK;
}

enum status infer_to_timestamp_ltz(struct function_types *types, struct error *error)
{
    if (!data_type_is_numeric(types->arguments[0].kind) && types->arguments[0].kind != TYPE_NULL)
        return infer_refuse(types, "Supported form(s): 'TO_TIMESTAMP_LTZ(<NUMERIC>[, <INT>])'", error);
    bool floating = types->arguments[0].kind == TYPE_DOUBLE || types->arguments[0].kind == TYPE_FLOAT;
    types->arguments[0] = data_type_of(floating ? TYPE_DOUBLE : TYPE_BIGINT);
    if (types->num_arguments == 2) {
        int32_t precision = infer_literal_int(types, 1, 0);
        if (types->arguments[1].kind != TYPE_INT || (precision != 0 && precision != 3))
            return infer_refuse(types, "The precision is 0 (seconds) or 3 (milliseconds)", error);
    }
    types->result = data_type_timestamp(TYPE_TIMESTAMP_LTZ, 3);
    return STATUS_OK;
}

enum status infer_current_time(struct function_types *types, struct error *error)
{
    (void)error;
    enum type_kind kind = types->function->result;
    types->result = kind == TYPE_DATE ? data_type_of(TYPE_DATE) : data_type_timestamp(kind, 3);
    return STATUS_OK;
}

enum status infer_plus_interval(struct function_types *types, struct error *error)
{
    if (!is_temporal(types->arguments[0].kind))
        return infer_refuse(types, "An interval is added to a DATE, TIMESTAMP or TIMESTAMP_LTZ", error);
    types->arguments[1] = data_type_of(TYPE_BIGINT);
    types->result = types->arguments[0];
    return STATUS_OK;
}

/* The unit in a literal argument, of those that hands of a clock or pages of a calendar can be set to. */
static enum status find_unit(const struct function_types *types, uint32_t argument, enum time_unit *ret_unit,
                             struct error *error)
{
    const struct expression *literal = types->values != NULL ? types->values[argument] : NULL;
    if (literal == NULL || literal->kind != EXPRESSION_LITERAL || literal->type.kind != TYPE_STRING ||
        literal->value == NULL)
        return infer_refuse(types, "The unit must be a word: YEAR, MONTH, DAY, HOUR, ...", error);
    const struct string_value *name = literal->value;
    enum time_unit unit = time_unit_find(name->data, name->size);
    if (unit > TIME_UNIT_MILLISECOND || unit == TIME_UNIT_DOY || unit == TIME_UNIT_DOW ||
        unit == TIME_UNIT_ISODOW)
        return error_set(error, STATUS_INVALID_ARGUMENT, "'%.*s' is no unit of time here", (int)name->size,
                         name->data);
    *ret_unit = unit;
    return STATUS_OK;
}

enum status infer_round_time(struct function_types *types, struct error *error)
{
    enum time_unit unit;
    if (!is_temporal(types->arguments[0].kind))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "FLOOR and CEIL to a unit take a DATE, TIMESTAMP or TIMESTAMP_LTZ");
    types->result = types->arguments[0];
    return find_unit(types, 1, &unit, error);
}

/* Instants are as far apart as they are; days and longer are counted by the calendar of the session. */
enum status infer_timestamp_difference(struct function_types *types, struct error *error)
{
    enum time_unit unit;
    enum status status = find_unit(types, 0, &unit, error);
    if (status != STATUS_OK)
        return status;
    types->result = data_type_of(TYPE_INT);
    bool instants = types->arguments[1].kind == TYPE_TIMESTAMP_LTZ &&
                    types->arguments[2].kind == TYPE_TIMESTAMP_LTZ && unit >= TIME_UNIT_HOUR;
    if (instants)
        return STATUS_OK;
    status = want_wall_clock(types, 1, error);
    return status == STATUS_OK ? want_wall_clock(types, 2, error) : status;
}
