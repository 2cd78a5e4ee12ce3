#include "common/expression/functions/functions_internal.h"

#include <strings.h>

#define CLOCK (FUNCTION_NONDETERMINISTIC | FUNCTION_NEVER_NULL)
#define AWARE FUNCTION_NULL_AWARE
#define FIRM  (FUNCTION_NULL_AWARE | FUNCTION_NEVER_NULL)

/* clang-format off */
static const struct function table[] = {
    /* name, symbol, least and most arguments, flags, parameters, result, inference, kernel */
    {"=",                    "=",  2, 2, 0, NULL, TYPE_BOOLEAN, infer_comparison, kernel_equal},
    {"<>",                   "<>", 2, 2, 0, NULL, TYPE_BOOLEAN, infer_comparison, kernel_not_equal},
    {"<",                    "<",  2, 2, 0, NULL, TYPE_BOOLEAN, infer_comparison, kernel_less},
    {"<=",                   "<=", 2, 2, 0, NULL, TYPE_BOOLEAN, infer_comparison, kernel_less_equal},
    {">",                    ">",  2, 2, 0, NULL, TYPE_BOOLEAN, infer_comparison, kernel_greater},
    {">=",                   ">=", 2, 2, 0, NULL, TYPE_BOOLEAN, infer_comparison, kernel_greater_equal},
    {"IS DISTINCT FROM",     NULL, 2, 2, FIRM, NULL, TYPE_BOOLEAN, infer_comparison, kernel_distinct},
    {"IS NOT DISTINCT FROM", NULL, 2, 2, FIRM, NULL, TYPE_BOOLEAN, infer_comparison, kernel_not_distinct},
    {"IN",                   NULL, 2, FUNCTION_VARIADIC, AWARE, NULL, TYPE_BOOLEAN, infer_in, kernel_in},
    {"LIKE",                 NULL, 2, 3, 0, "STRING STRING STRING", TYPE_BOOLEAN, NULL, kernel_like},
    {"NOT",                  NULL, 1, 1, 0, "BOOLEAN", TYPE_BOOLEAN, NULL, kernel_not},
    {"IS NULL",              NULL, 1, 1, FIRM, "ANY", TYPE_BOOLEAN, NULL, kernel_is_null},
    {"IS NOT NULL",          NULL, 1, 1, FIRM, "ANY", TYPE_BOOLEAN, NULL, kernel_is_not_null},
    {"IS TRUE",              NULL, 1, 1, FIRM, "BOOLEAN", TYPE_BOOLEAN, NULL, kernel_is_true},
    {"IS FALSE",             NULL, 1, 1, FIRM, "BOOLEAN", TYPE_BOOLEAN, NULL, kernel_is_false},
    {"IS NOT TRUE",          NULL, 1, 1, FIRM, "BOOLEAN", TYPE_BOOLEAN, NULL, kernel_is_not_true},
    {"IS NOT FALSE",         NULL, 1, 1, FIRM, "BOOLEAN", TYPE_BOOLEAN, NULL, kernel_is_not_false},

    {"+",      "+", 2, 2, 0, NULL, TYPE_NULL, infer_arithmetic, kernel_add},
    {"-",      "-", 2, 2, 0, NULL, TYPE_NULL, infer_arithmetic, kernel_subtract},
    {"*",      "*", 2, 2, 0, NULL, TYPE_NULL, infer_arithmetic, kernel_multiply},
    {"/",      "/", 2, 2, FUNCTION_DIVIDES, NULL, TYPE_NULL, infer_arithmetic, kernel_divide},
    {"%",      "%", 2, 2, FUNCTION_DIVIDES, NULL, TYPE_NULL, infer_arithmetic, kernel_remainder},
    {"MOD",    "%", 2, 2, FUNCTION_DIVIDES, NULL, TYPE_NULL, infer_arithmetic, kernel_remainder},
    {"NEGATE", "-", 1, 1, FUNCTION_UNNAMED, NULL, TYPE_NULL, infer_numeric, kernel_negate},

    {"ABS",      NULL, 1, 1, 0, NULL, TYPE_NULL, infer_numeric, kernel_abs},
    {"SIGN",     NULL, 1, 1, 0, NULL, TYPE_NULL, infer_numeric, kernel_sign},
    {"ROUND",    NULL, 1, 2, 0, NULL, TYPE_NULL, infer_round, kernel_round},
    {"FLOOR",    NULL, 1, 1, 0, NULL, TYPE_NULL, infer_floor, kernel_floor},
    {"CEIL",     NULL, 1, 1, 0, NULL, TYPE_NULL, infer_floor, kernel_ceil},
    {"CEILING",  NULL, 1, 1, 0, NULL, TYPE_NULL, infer_floor, kernel_ceil},
    {"POWER",    NULL, 2, 2, 0, "DOUBLE DOUBLE", TYPE_DOUBLE, NULL, kernel_power},
    {"SQRT",     NULL, 1, 1, 0, "DOUBLE", TYPE_DOUBLE, NULL, kernel_sqrt},
    {"EXP",      NULL, 1, 1, 0, "DOUBLE", TYPE_DOUBLE, NULL, kernel_exp},
    {"LN",       NULL, 1, 1, 0, "DOUBLE", TYPE_DOUBLE, NULL, kernel_ln},
    {"LOG10",    NULL, 1, 1, 0, "DOUBLE", TYPE_DOUBLE, NULL, kernel_log10},
    {"GREATEST", NULL, 1, FUNCTION_VARIADIC, 0, NULL, TYPE_NULL, infer_common, kernel_greatest},
    {"LEAST",    NULL, 1, FUNCTION_VARIADIC, 0, NULL, TYPE_NULL, infer_common, kernel_least},

    {"||",               "||", 2, FUNCTION_VARIADIC, 0, "STRING", TYPE_STRING, NULL, kernel_concat},
    {"CONCAT",           NULL, 1, FUNCTION_VARIADIC, 0, "STRING", TYPE_STRING, NULL, kernel_concat},
    {"UPPER",            NULL, 1, 1, 0, "STRING", TYPE_STRING, NULL, kernel_upper},
    {"LOWER",            NULL, 1, 1, 0, "STRING", TYPE_STRING, NULL, kernel_lower},
    {"CHAR_LENGTH",      NULL, 1, 1, 0, "STRING", TYPE_INT, NULL, kernel_char_length},
    {"CHARACTER_LENGTH", NULL, 1, 1, 0, "STRING", TYPE_INT, NULL, kernel_char_length},
    {"LENGTH",           NULL, 1, 1, 0, "STRING", TYPE_INT, NULL, kernel_char_length},
    {"OCTET_LENGTH",     NULL, 1, 1, 0, "STRING", TYPE_INT, NULL, kernel_octet_length},
    {"SUBSTRING",        NULL, 2, 3, FUNCTION_MAY_BE_NULL, "STRING INT INT", TYPE_STRING, NULL, kernel_substring},
    {"SUBSTR",           NULL, 2, 3, FUNCTION_MAY_BE_NULL, "STRING INT INT", TYPE_STRING, NULL, kernel_substring},
    {"TRIM",             NULL, 1, 2, 0, "STRING STRING", TYPE_STRING, NULL, kernel_trim},
    {"BTRIM",            NULL, 1, 2, 0, "STRING STRING", TYPE_STRING, NULL, kernel_trim},
    {"LTRIM",            NULL, 1, 2, 0, "STRING STRING", TYPE_STRING, NULL, kernel_ltrim},
    {"RTRIM",            NULL, 1, 2, 0, "STRING STRING", TYPE_STRING, NULL, kernel_rtrim},
    {"REPLACE",          NULL, 3, 3, 0, "STRING STRING STRING", TYPE_STRING, NULL, kernel_replace},
    {"POSITION",         NULL, 2, 2, 0, "STRING STRING", TYPE_INT, NULL, kernel_position},
    {"JSON_VALUE",       NULL, 2, 2, FUNCTION_MAY_BE_NULL, "STRING STRING", TYPE_STRING, NULL, kernel_json_value},

    {"EXTRACT",          NULL, 2, 2, 0, NULL, TYPE_BIGINT, infer_extract, kernel_extract},
    {"DATE_FORMAT",      NULL, 2, 2, FUNCTION_CAN_FAIL, NULL, TYPE_STRING, infer_date_format, kernel_date_format},
    {"TO_TIMESTAMP",     NULL, 1, 2, FUNCTION_CAN_FAIL | FUNCTION_MAY_BE_NULL, NULL, TYPE_TIMESTAMP,
     infer_to_timestamp, kernel_to_timestamp},
    {"TO_TIMESTAMP_LTZ", NULL, 1, 2, FUNCTION_MAY_BE_NULL, NULL, TYPE_TIMESTAMP_LTZ, infer_to_timestamp_ltz,
     kernel_to_timestamp_ltz},
    {"TO_DATE",          NULL, 1, 2, FUNCTION_CAN_FAIL | FUNCTION_MAY_BE_NULL, "STRING STRING", TYPE_DATE, NULL,
     kernel_to_date},
    {"UNIX_TIMESTAMP",   NULL, 0, 2, FUNCTION_CAN_FAIL | FUNCTION_NONDETERMINISTIC, "STRING STRING", TYPE_BIGINT, NULL,
     kernel_unix_timestamp},
    {"FROM_UNIXTIME",    NULL, 1, 2, FUNCTION_CAN_FAIL, "BIGINT STRING", TYPE_STRING, NULL, kernel_from_unixtime},
    {"CURRENT_TIMESTAMP", NULL, 0, 0, CLOCK, "", TYPE_TIMESTAMP_LTZ, infer_current_time, kernel_current_time},
    {"CURRENT_ROW_TIMESTAMP", NULL, 0, 0, CLOCK, "", TYPE_TIMESTAMP_LTZ, infer_current_time, kernel_current_time},
    {"NOW",              NULL, 0, 0, CLOCK, "", TYPE_TIMESTAMP_LTZ, infer_current_time, kernel_current_time},
    {"PROCTIME",         NULL, 0, 0, CLOCK, "", TYPE_TIMESTAMP_LTZ, infer_current_time, kernel_current_time},
    {"LOCALTIMESTAMP",   NULL, 0, 0, CLOCK, "", TYPE_TIMESTAMP, infer_current_time, kernel_current_time},
    {"CURRENT_DATE",     NULL, 0, 0, CLOCK, "", TYPE_DATE, infer_current_time, kernel_current_time},
    {"PLUS_INTERVAL_DAY",   NULL, 2, 2, FUNCTION_UNNAMED, NULL, TYPE_NULL, infer_plus_interval, kernel_plus_interval_day},
    {"PLUS_INTERVAL_MONTH", NULL, 2, 2, FUNCTION_UNNAMED, NULL, TYPE_NULL, infer_plus_interval, kernel_plus_interval_month},
    {"FLOOR_TIME",       NULL, 2, 2, FUNCTION_UNNAMED, NULL, TYPE_NULL, infer_round_time, kernel_floor_time},
    {"CEIL_TIME",        NULL, 2, 2, FUNCTION_UNNAMED, NULL, TYPE_NULL, infer_round_time, kernel_ceil_time},
    {"TIMESTAMPDIFF",    NULL, 3, 3, FUNCTION_MAY_BE_NULL, NULL, TYPE_INT, infer_timestamp_difference,
     kernel_timestamp_difference},
};
/* clang-format on */

const struct function *function_table(uint32_t *ret_count)
{
    *ret_count = sizeof table / sizeof *table;
    return table;
}

const struct function *function_find(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcasecmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}
