#include "common/expression/aggregates/aggregates_internal.h"
#include "common/expression/functions/special_form.h"

#include <stdio.h>
#include <strings.h>

/* clang-format off */
static const struct aggregate_function table[] = {
    /* name, kind, least and most arguments, inference, kernels */
    {"COUNT",       AGGREGATE_COUNT,       0, AGGREGATE_ANY_ARGUMENTS, infer_count, count_kernel},
    {"SUM",         AGGREGATE_SUM,         1, 1, infer_sum, sum_kernel},
    {"AVG",         AGGREGATE_AVG,         1, 1, infer_avg, sum_kernel},
    {"MIN",         AGGREGATE_MIN,         1, 1, infer_same, extreme_kernel},
    {"MAX",         AGGREGATE_MAX,         1, 1, infer_same, extreme_kernel},
    {"FIRST_VALUE", AGGREGATE_FIRST_VALUE, 1, 1, infer_same, first_last_kernel},
    {"LAST_VALUE",  AGGREGATE_LAST_VALUE,  1, 1, infer_same, first_last_kernel},
    {"LISTAGG",     AGGREGATE_LISTAGG,     1, 2, infer_listagg, listagg_kernel},
    {"STDDEV_POP",  AGGREGATE_STDDEV_POP,  1, 1, infer_avg, variance_kernel},
    {"STDDEV_SAMP", AGGREGATE_STDDEV_SAMP, 1, 1, infer_avg, variance_kernel},
    {"STDDEV",      AGGREGATE_STDDEV_SAMP, 1, 1, infer_avg, variance_kernel},
    {"VAR_POP",     AGGREGATE_VAR_POP,     1, 1, infer_avg, variance_kernel},
    {"VAR_SAMP",    AGGREGATE_VAR_SAMP,    1, 1, infer_avg, variance_kernel},
    {"VARIANCE",    AGGREGATE_VAR_SAMP,    1, 1, infer_avg, variance_kernel},
};
/* clang-format on */

const struct aggregate_function *aggregate_function_find(const char *name)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcasecmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
}

const char *aggregate_function_name(const struct aggregate_function *function)
{
    return function->name;
}

const struct aggregate_function *aggregate_function_at(uint32_t index)
{
    return index < sizeof table / sizeof *table ? &table[index] : NULL;
}

bool aggregate_function_is_mergeable(const struct aggregate_function *function)
{
    return function->kind != AGGREGATE_FIRST_VALUE && function->kind != AGGREGATE_LAST_VALUE;
}

static enum status check_argument_count(const struct aggregate_function *function, uint32_t count,
                                        struct error *error)
{
    if (count >= function->min_arguments && count <= function->max_arguments)
        return STATUS_OK;
    char wanted[32];
    if (function->min_arguments == function->max_arguments)
        snprintf(wanted, sizeof wanted, "%u", function->min_arguments);
    else
        snprintf(wanted, sizeof wanted, "%u to %u", function->min_arguments, function->max_arguments);
    return refuse_argument_count(function->name, wanted, count, error);
}

/* A sample of one row has no variance, and a DECIMAL may grow too large. */
static bool may_be_null_by_itself(enum aggregate_kind kind, struct data_type result)
{
    bool computes = kind != AGGREGATE_MIN && kind != AGGREGATE_MAX && kind != AGGREGATE_FIRST_VALUE &&
                    kind != AGGREGATE_LAST_VALUE;
    return kind == AGGREGATE_STDDEV_SAMP || kind == AGGREGATE_VAR_SAMP ||
           (computes && result.kind == TYPE_DECIMAL);
}

enum status aggregate_infer(const struct aggregate_function *function, struct data_type *arguments,
                            uint32_t num_arguments, bool is_grouped, bool has_filter,
                            struct data_type *ret_result, struct error *error)
{
    enum status status = check_argument_count(function, num_arguments, error);
    struct data_type result;
    bool nullable = !is_grouped || has_filter;
    for (uint32_t i = 0; i < num_arguments; i++)
        nullable |= arguments[i].nullable || arguments[i].kind == TYPE_NULL;
    if (status == STATUS_OK)
        status = function->infer(function, arguments, num_arguments, &result, error);
    if (status != STATUS_OK)
        return status;
    result.nullable =
        function->kind != AGGREGATE_COUNT && (nullable || may_be_null_by_itself(function->kind, result));
    *ret_result = result;
    return STATUS_OK;
}
