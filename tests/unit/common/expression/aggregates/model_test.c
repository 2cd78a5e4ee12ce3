#include "common/expression/aggregates/aggregates.h"

#include "common/base/random.h"
#include "common/expression/decimal.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/*
 * All functions over all types against a model that keeps the rows of each group and computes results from
 * them anew: fed directly, merged from parts, and merged from parts as bytes; with nulls, filters, DISTINCT,
 * and rows taken back.
 */

enum { NUM_GROUPS = 4, BATCH_ROWS = 150, NUM_BATCHES = 12, MAX_ROWS = BATCH_ROWS * NUM_BATCHES };
enum column {
    C_FILTER,
    C_SEPARATOR,
    C_BOOLEAN,
    C_INT,
    C_BIGINT,
    C_FLOAT,
    C_DOUBLE,
    C_DECIMAL,
    C_STRING,
    C_BYTES,
    C_DATE,
    C_TIMESTAMP,
    C_LTZ,
    NUM_COLUMNS
};
enum { DECIMAL_SCALE = 3 };

static struct data_type column_type(uint32_t column)
{
    static const enum type_kind kinds[NUM_COLUMNS] = {
        TYPE_BOOLEAN, TYPE_STRING, TYPE_BOOLEAN, TYPE_INT,  TYPE_BIGINT,    TYPE_FLOAT,        TYPE_DOUBLE,
        TYPE_DECIMAL, TYPE_STRING, TYPE_BYTES,   TYPE_DATE, TYPE_TIMESTAMP, TYPE_TIMESTAMP_LTZ};
    return kinds[column] == TYPE_DECIMAL ? data_type_decimal(12, DECIMAL_SCALE) : data_type_of(kinds[column]);
}

/* A value in every form that the model wants. */
struct value {
    bool is_null;
    int64_t number; /* of exact types; DECIMAL: unscaled; floating: quarters */
    char text[16];
};

struct row {
    struct value values[NUM_COLUMNS];
    uint32_t group;
    bool is_retract;
};

static struct value random_value(struct random *random, uint32_t column)
{
    struct value value = {.is_null = column > C_SEPARATOR && random_below(random, 5) == 0};
    if (column == C_FILTER)
        value.is_null = random_below(random, 9) == 0;
    value.number = (int64_t)random_below(random, 41) - 20;
    if (column == C_BOOLEAN || column == C_FILTER)
        value.number = random_below(random, 2) == 0;
    if (column == C_SEPARATOR)
        value.number = 7;
    snprintf(value.text, sizeof value.text, column == C_SEPARATOR ? "; " : "v%lld", (long long)value.number);
    return value;
}

static void put_value(struct vector *vector, uint32_t row, const struct value *value)
{
    int64_t number = value->number;
    if (value->is_null)
        vector_set_null(vector, row);
    switch (vector->type.kind) {
    case TYPE_BOOLEAN: ((uint8_t *)vector->values)[row] = (uint8_t)number; return;
    case TYPE_INT:
    case TYPE_DATE: ((int32_t *)vector->values)[row] = (int32_t)number; return;
    case TYPE_FLOAT: ((float *)vector->values)[row] = (float)number / 4; return;
    case TYPE_DOUBLE: ((double *)vector->values)[row] = (double)number / 4; return;
    case TYPE_DECIMAL: ((int128_t *)vector->values)[row] = number; return;
    case TYPE_STRING:
    case TYPE_BYTES:
        ((struct string_value *)vector->values)[row] =
            string_heap_add(vector_ensure_heap(vector), value->text, strlen(value->text));
        return;
    default: ((int64_t *)vector->values)[row] = number; return;
    }
}

static struct record_batch *batch_of(const struct row *rows, uint32_t count)
{
    struct schema *schema = schema_create(NUM_COLUMNS);
    for (uint32_t c = 0; c < NUM_COLUMNS; c++)
        schema_set_field(schema, c, "f", column_type(c));
    struct record_batch *batch = record_batch_create(schema, count);
    schema_unref(schema);
    for (uint32_t c = 0; c < NUM_COLUMNS; c++) {
        batch->columns[c] = vector_create(column_type(c), count);
        batch->columns[c]->length = count;
        for (uint32_t i = 0; i < count; i++)
            put_value(batch->columns[c], i, &rows[i].values[c]);
    }
    return batch;
}

/* The model: values in order, as FIRST_VALUE and LISTAGG see them. */
struct model {
    struct value values[MAX_ROWS];
    uint32_t count;
    struct value distinct[MAX_ROWS]; /* with how often */
    int64_t times[MAX_ROWS];
    uint32_t num_distinct;
};

static void model_change(struct model *model, const struct value *value, bool is_retract)
{
    if (!is_retract) {
        model->values[model->count++] = *value;
        return;
    }
    for (uint32_t i = 0; i < model->count; i++)
        if (model->values[i].number == value->number) {
            memmove(&model->values[i], &model->values[i + 1], (--model->count - i) * sizeof *model->values);
            return;
        }
    fail_msg("the model is asked for a value that it has not");
}

static void model_feed(struct model *model, const struct aggregate_call *call, const struct row *row)
{
    static const struct value one = {.number = 1};
    const struct value *value = call->num_arguments > 0 ? &row->values[call->arguments[0]] : &one;
    const struct value *filter = &row->values[C_FILTER];
    if (value->is_null || (call->filter >= 0 && (filter->is_null || filter->number == 0)))
        return;
    if (!call->is_distinct) {
        model_change(model, value, row->is_retract);
        return;
    }
    uint32_t i = 0;
    while (i < model->num_distinct && model->distinct[i].number != value->number)
        i++;
    if (i == model->num_distinct) {
        model->distinct[model->num_distinct] = *value;
        model->times[model->num_distinct++] = 0;
    }
    int64_t before = model->times[i];
    model->times[i] += row->is_retract ? -1 : 1;
    if ((before > 0) != (model->times[i] > 0))
        model_change(model, value, row->is_retract);
}

static int text_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* A LISTAGG with its parts in order, when is_ordered is not asked for. */
static void sorted_parts(const char *text, char *out, bool keeps_order)
{
    static char copy[MAX_ROWS * 16];
    static char *parts[MAX_ROWS];
    size_t count = 0;
    snprintf(copy, sizeof copy, "%s", text);
    for (char *part = strtok(copy, ";, "); part != NULL; part = strtok(NULL, ";, "))
        parts[count++] = part;
    if (!keeps_order)
        qsort(parts, count, sizeof *parts, text_order);
    out[0] = 0;
    for (size_t i = 0; i < count; i++)
        strcat(strcat(out, parts[i]), " ");
}

static const char *name_of(const struct aggregate_call *call)
{
    return aggregate_function_name(call->function);
}

static bool is_called(const struct aggregate_call *call, const char *prefix)
{
    return strncmp(name_of(call), prefix, strlen(prefix)) == 0;
}

static long double as_real(const struct aggregate_call *call, int64_t number)
{
    switch (call->argument_types[0].kind) {
    case TYPE_FLOAT:
    case TYPE_DOUBLE: return (long double)number / 4;
    case TYPE_DECIMAL: return (long double)number / 1000;
    default: return (long double)number;
    }
}

/* SUM, AVG and the moments, as a real number; for integers truncated where Flink truncates. */
static long double expected_real(const struct aggregate_call *call, const struct model *model)
{
    long double sum = 0, squares = 0, count = model->count;
    bool whole = call->argument_types[0].kind == TYPE_INT || call->argument_types[0].kind == TYPE_BIGINT;
    for (uint32_t i = 0; i < model->count; i++) {
        long double value = as_real(call, model->values[i].number);
        sum += value;
        squares += value * value;
    }
    if (is_called(call, "SUM"))
        return sum;
    if (is_called(call, "AVG"))
        return whole ? truncl(sum / count) : sum / count;
    bool is_sample = strstr(name_of(call), "POP") == NULL;
    long double of_mean = sum * sum / count;
    long double variance = (squares - of_mean) / (is_sample ? count - 1 : count);
    variance = whole ? truncl(variance) : variance < 0 ? 0 : variance;
    if (!is_called(call, "STDDEV"))
        return variance;
    return whole ? truncl(sqrtl(variance)) : sqrtl(variance);
}

static long double actual_real(const struct vector *result, uint32_t row)
{
    switch (result->type.kind) {
    case TYPE_INT:
    case TYPE_DATE: return ((const int32_t *)result->values)[row];
    case TYPE_FLOAT: return (long double)((const float *)result->values)[row];
    case TYPE_DOUBLE: return (long double)((const double *)result->values)[row];
    case TYPE_BOOLEAN: return ((const uint8_t *)result->values)[row];
    case TYPE_DECIMAL:
        return (long double)decimal_to_double(((const int128_t *)result->values)[row], result->type.scale);
    default: return ((const int64_t *)result->values)[row];
    }
}

static const struct value *picked_value(const struct aggregate_call *call, const struct model *model)
{
    if (is_called(call, "FIRST"))
        return &model->values[0];
    const struct value *best = &model->values[model->count - 1];
    if (is_called(call, "LAST"))
        return best;
    bool is_text = data_type_is_string(call->argument_types[0].kind);
    for (uint32_t i = 0; i < model->count; i++) {
        const struct value *value = &model->values[i];
        int order = is_text ? strcmp(value->text, best->text)
                            : (value->number > best->number) - (value->number < best->number);
        if (is_called(call, "MIN") ? order < 0 : order > 0)
            best = value;
    }
    return best;
}

static void check_texts(const struct aggregate_call *call, const struct model *model,
                        const struct string_value *actual, bool keeps_order)
{
    static char expected[MAX_ROWS * 16], given[MAX_ROWS * 16], a[MAX_ROWS * 16], b[MAX_ROWS * 16];
    expected[0] = 0;
    const char *separator = call->num_arguments > 1 ? "; " : ",";
    for (uint32_t i = 0; i < model->count; i++)
        strcat(strcat(expected, i > 0 ? separator : ""), model->values[i].text);
    snprintf(given, sizeof given, "%.*s", (int)actual->size, actual->data);
    assert_int_equal(strlen(given), strlen(expected));
    sorted_parts(expected, a, keeps_order);
    sorted_parts(given, b, keeps_order);
    assert_string_equal(a, b);
}

static void check_result(const struct aggregate_call *call, const struct model *model,
                         const struct vector *result, uint32_t row, bool keeps_order)
{
    bool is_sample = !is_called(call, "COUNT") &&
                     (strstr(name_of(call), "SAMP") != NULL || strcmp(name_of(call), "STDDEV") == 0 ||
                      strcmp(name_of(call), "VARIANCE") == 0);
    if (is_called(call, "COUNT")) {
        assert_int_equal(((const int64_t *)result->values)[row], model->count);
        return;
    }
    assert_int_equal(vector_is_null(result, row), model->count < (is_sample ? 2u : 1u));
    if (vector_is_null(result, row))
        return;
    if (is_called(call, "LISTAGG")) {
        check_texts(call, model, vector_value(result, row), keeps_order);
        return;
    }
    if (is_called(call, "MIN") || is_called(call, "MAX") || is_called(call, "FIRST") ||
        is_called(call, "LAST")) {
        const struct value *expected = picked_value(call, model);
        if (data_type_is_string(result->type.kind)) {
            const struct string_value *text = vector_value(result, row);
            assert_int_equal(text->size, strlen(expected->text));
            assert_memory_equal(text->data, expected->text, text->size);
        } else {
            assert_true(fabsl(actual_real(result, row) - as_real(call, expected->number)) < 1e-12L);
        }
        return;
    }
    long double difference = fabsl(actual_real(result, row) - expected_real(call, model));
    long double tolerance = result->type.kind == TYPE_FLOAT     ? 1e-5L
                            : result->type.kind == TYPE_DOUBLE  ? 1e-12L
                            : result->type.kind == TYPE_DECIMAL ? 0.5000001e-6L
                                                                : 0;
    if (difference > tolerance)
        fail_msg("%s gives %Lf, expected %Lf", name_of(call), actual_real(result, row),
                 expected_real(call, model));
}

/* All calls of a run, and three accumulators a group. */
enum way { DIRECT, MERGED, PACKED, NUM_WAYS };

enum { MAX_CALLS = 400 };

struct run {
    struct random random;
    bool retractable;
    struct aggregate_call calls[MAX_CALLS];
    struct data_type types[MAX_CALLS][2];
    uint32_t arguments[MAX_CALLS][2];
    uint32_t num_calls;
    struct aggregate_set *set;
    void *states[NUM_WAYS][NUM_GROUPS];
    struct model *models; /* num_calls * NUM_GROUPS */
    struct row live[NUM_GROUPS][MAX_ROWS];
    uint32_t num_live[NUM_GROUPS];
};

static bool accepts(const struct aggregate_function *function, uint32_t column)
{
    struct data_type type = column_type(column), result;
    struct error error;
    return aggregate_infer(function, &type, 1, true, false, &result, &error) == STATUS_OK &&
           data_type_equal(type, column_type(column));
}

static void add_call(struct run *run, const struct aggregate_function *function, uint32_t num_arguments,
                     uint32_t column, bool has_filter, bool is_distinct)
{
    uint32_t index = run->num_calls++;
    assert_true(index < MAX_CALLS);
    struct aggregate_call *call = &run->calls[index];
    run->arguments[index][0] = column;
    run->arguments[index][1] = C_SEPARATOR;
    run->types[index][0] = column_type(column);
    run->types[index][1] = column_type(C_SEPARATOR);
    *call = (struct aggregate_call){.function = function,
                                    .arguments = run->arguments[index],
                                    .argument_types = run->types[index],
                                    .num_arguments = num_arguments,
                                    .filter = has_filter ? C_FILTER : -1,
                                    .is_distinct = is_distinct};
    struct error error;
    assert_int_equal(
        aggregate_infer(function, run->types[index], num_arguments, true, has_filter, &call->result, &error),
        STATUS_OK);
}

static void add_calls(struct run *run)
{
    const struct aggregate_function *function;
    for (uint32_t f = 0; (function = aggregate_function_at(f)) != NULL; f++)
        for (uint32_t column = C_BOOLEAN; column < NUM_COLUMNS; column++)
            for (int variant = 0; variant < 4 && accepts(function, column); variant++)
                if (variant == 0 || (f + column + (uint32_t)variant) % 3 == 0)
                    add_call(run, function, 1, column, (variant & 1) != 0, (variant & 2) != 0);
    add_call(run, aggregate_function_find("count"), 0, C_INT, false, false);
    add_call(run, aggregate_function_find("count"), 0, C_INT, true, false);
    add_call(run, aggregate_function_find("listagg"), 2, C_STRING, false, false);
    add_call(run, aggregate_function_find("listagg"), 2, C_STRING, true, true);
}

static void start(struct run *run, uint64_t seed, bool retractable)
{
    random_init(&run->random, seed);
    run->retractable = retractable;
    add_calls(run);
    run->set = aggregate_set_create(run->calls, run->num_calls, retractable);
    for (int way = 0; way < NUM_WAYS; way++)
        for (uint32_t g = 0; g < NUM_GROUPS; g++)
            run->states[way][g] = calloc(1, aggregate_set_size(run->set));
    run->models = calloc((size_t)run->num_calls * NUM_GROUPS, sizeof *run->models);
}

static void finish(struct run *run)
{
    for (int way = 0; way < NUM_WAYS; way++)
        for (uint32_t g = 0; g < NUM_GROUPS; g++) {
            aggregate_set_clear(run->set, run->states[way][g]);
            assert_int_equal(aggregate_set_heap_bytes(run->set, run->states[way][g]), 0);
            free(run->states[way][g]);
        }
    aggregate_set_free(run->set);
    free(run->models);
    free(run);
}

/* A row of its own, or one that is there, taken back. */
static struct row random_row(struct run *run)
{
    struct row row = {.group = (uint32_t)random_below(&run->random, NUM_GROUPS)};
    uint32_t *num_live = &run->num_live[row.group];
    struct row *live = run->live[row.group];
    if (run->retractable && *num_live > 0 && random_below(&run->random, 100) < 47) {
        uint32_t i = (uint32_t)random_below(&run->random, *num_live);
        row = live[i];
        live[i] = live[--*num_live];
        row.is_retract = true;
        return row;
    }
    for (uint32_t c = 0; c < NUM_COLUMNS; c++)
        row.values[c] = random_value(&run->random, c);
    live[(*num_live)++] = row;
    return row;
}

/* Feeds the batch to fresh accumulators, and merges these in both ways. */
static void feed_parts(struct run *run, const struct record_batch *batch, const struct row *rows,
                       const uint8_t *retract)
{
    struct error error;
    void *parts[NUM_GROUPS], *states[BATCH_ROWS];
    for (uint32_t g = 0; g < NUM_GROUPS; g++)
        parts[g] = calloc(1, aggregate_set_size(run->set));
    for (uint32_t i = 0; i < BATCH_ROWS; i++)
        states[i] = parts[rows[i].group];
    assert_int_equal(aggregate_set_accumulate(run->set, batch, NULL, BATCH_ROWS, retract, states, &error),
                     STATUS_OK);
    for (uint32_t g = 0; g < NUM_GROUPS; g++) {
        struct buffer packed = {0};
        aggregate_set_pack(run->set, parts[g], &packed);
        assert_int_equal(aggregate_set_merge(run->set, run->states[MERGED][g], parts[g], &error), STATUS_OK);
        assert_int_equal(
            aggregate_set_merge_packed(run->set, run->states[PACKED][g], buffer_view(&packed), &error),
            STATUS_OK);
        aggregate_set_clear(run->set, parts[g]);
        free(parts[g]);
        buffer_free(&packed);
    }
}

static void check_way(struct run *run, enum way way)
{
    struct error error;
    struct vector **results = calloc(run->num_calls, sizeof(struct vector *));
    assert_int_equal(aggregate_set_finish(run->set, run->states[way], NUM_GROUPS, results, &error),
                     STATUS_OK);
    for (uint32_t c = 0; c < run->num_calls; c++) {
        const struct aggregate_call *call = &run->calls[c];
        assert_true(data_type_equal(results[c]->type, call->result));
        /* a part does not know of the rows before it, and so not which of two equal ones is meant */
        bool keeps_order = way == DIRECT || !run->retractable;
        for (uint32_t g = 0; g < NUM_GROUPS; g++)
            if (keeps_order || aggregate_function_is_mergeable(call->function))
                check_result(call, &run->models[c * NUM_GROUPS + g], results[c], g, keeps_order);
        vector_unref(results[c]);
    }
    free(results);
}

static void feed_batch(struct run *run)
{
    struct error error;
    struct row rows[BATCH_ROWS];
    uint8_t retract[BATCH_ROWS];
    uint32_t order[BATCH_ROWS];
    void *states[BATCH_ROWS];
    for (uint32_t i = 0; i < BATCH_ROWS; i++) {
        rows[i] = random_row(run);
        retract[i] = rows[i].is_retract;
        order[i] = i;
        states[i] = run->states[DIRECT][rows[i].group];
        for (uint32_t c = 0; c < run->num_calls; c++)
            model_feed(&run->models[c * NUM_GROUPS + rows[i].group], &run->calls[c], &rows[i]);
    }
    const uint8_t *taken_back = run->retractable ? retract : NULL;
    struct record_batch *batch = batch_of(rows, BATCH_ROWS);
    feed_parts(run, batch, rows, taken_back);
    assert_int_equal(aggregate_set_accumulate(run->set, batch, order, BATCH_ROWS, taken_back, states, &error),
                     STATUS_OK);
    record_batch_free(batch);
}

static void run_against_model(uint64_t seed, bool retractable)
{
    struct run *run = calloc(1, sizeof *run);
    start(run, seed, retractable);
    for (uint32_t b = 0; b < NUM_BATCHES; b++) {
        feed_batch(run);
        for (int way = 0; way < NUM_WAYS; way++)
            check_way(run, (enum way)way);
    }
    finish(run);
}

static void inserts_give_what_the_model_gives(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++)
        run_against_model(seed, false);
}

static void retractions_give_what_the_model_gives(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++)
        run_against_model(seed, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inserts_give_what_the_model_gives),
        cmocka_unit_test(retractions_give_what_the_model_gives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
