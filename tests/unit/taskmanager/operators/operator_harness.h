#pragma once

/* Drives an operator without a chain: outputs that are full as often as wanted, and rows as lines of text. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/base/memory.h"
#include "common/base/random.h"
#include "common/expression/value_format.h"
#include "common/expression/value_parse.h"
#include "taskmanager/operators/operator.h"

/* Keeps what it takes. It must not be given a batch while it is full. */
struct test_output {
    struct operator_output base;
    struct random *random; /* with full_percent: how often it is full after a batch */
    uint32_t full_percent;
    bool is_full;
    struct record_batch **batches;
    size_t num_batches;
};

static inline enum operator_result test_output_emit(struct operator_output *base, struct record_batch *batch,
                                                    struct error *error)
{
    struct test_output *output = (struct test_output *)base;
    (void)error;
    assert_false(output->is_full);
    record_batch_check(batch);
    assert_in_range(batch->num_rows, 1, BATCH_MAX_ROWS);
    output->batches = mem_realloc(output->batches, (output->num_batches + 1) * sizeof(struct record_batch *));
    output->batches[output->num_batches++] = batch;
    output->is_full = output->full_percent > 0 && random_below(output->random, 100) < output->full_percent;
    return output->is_full ? OPERATOR_OUTPUT_FULL : OPERATOR_DONE;
}

static inline void test_output_clear(struct test_output *output)
{
    for (size_t i = 0; i < output->num_batches; i++)
        record_batch_free(output->batches[i]);
    free(output->batches);
    output->batches = NULL;
    output->num_batches = 0;
}

enum { TEST_OUTPUTS = 2 };

/* An operator, opened by the test, with what it needs. */
struct operator_harness {
    struct operator* operator;
    struct operator_context context;
    struct operator_metrics metrics;
    struct test_output outputs[TEST_OUTPUTS];
    struct operator_output *output_pointers[TEST_OUTPUTS];
};

static inline void operator_harness_init(struct operator_harness *harness,
                                         const struct process_context *process, struct random *random,
                                         uint32_t full_percent, uint32_t num_outputs)
{
    static const struct operator_output_ops ops = {.emit = test_output_emit};
    memset(harness, 0, sizeof *harness);
    for (uint32_t i = 0; i < TEST_OUTPUTS; i++) {
        harness->outputs[i] =
            (struct test_output){.base = {&ops}, .random = random, .full_percent = full_percent};
        harness->output_pointers[i] = &harness->outputs[i].base;
    }
    harness->context = (struct operator_context){.process = process,
                                                 .operator_name = "Operator[1]",
                                                 .parallelism = 1,
                                                 .max_parallelism = 128,
                                                 .outputs = harness->output_pointers,
                                                 .num_outputs = num_outputs,
                                                 .metrics = &harness->metrics};
}

/* Resumes until the operator is done. */
static inline void operator_harness_finish(struct operator_harness *harness, enum operator_result result,
                                           struct error *error)
{
    while (result == OPERATOR_OUTPUT_FULL) {
        bool any_full = false;
        for (uint32_t i = 0; i < TEST_OUTPUTS; i++) {
            any_full |= harness->outputs[i].is_full;
            harness->outputs[i].is_full = false;
        }
        assert_true(any_full);
        result = harness->operator->ops->resume(harness->operator, error);
    }
    if (result != OPERATOR_DONE)
        fail_msg("%s", error->message);
    for (uint32_t i = 0; i < TEST_OUTPUTS; i++)
        assert_false(harness->outputs[i].is_full);
}

static inline void operator_harness_batch(struct operator_harness *harness, struct record_batch *batch)
{
    struct error error;
    operator_harness_finish(
        harness, harness->operator->ops->process_batch(harness->operator, 0, batch, &error), &error);
}

static inline void operator_harness_watermark(struct operator_harness *harness, int64_t watermark_us)
{
    struct error error;
    if (harness->operator->ops->process_watermark == NULL)
        return;
    operator_harness_finish(
        harness, harness->operator->ops->process_watermark(harness->operator, 0, watermark_us, &error),
        &error);
}

static inline void operator_harness_prepare(struct operator_harness *harness)
{
    struct error error;
    if (harness->operator->ops->prepare_barrier == NULL)
        return;
    operator_harness_finish(harness, harness->operator->ops->prepare_barrier(harness->operator, 1, &error),
                            &error);
}

static inline void operator_harness_close(struct operator_harness *harness)
{
    harness->operator->ops->close(harness->operator);
    for (uint32_t i = 0; i < TEST_OUTPUTS; i++)
        test_output_clear(&harness->outputs[i]);
}

/* Lines of text, owned. */
struct text_lines {
    char **lines;
    size_t count;
};

static inline void text_lines_add(struct text_lines *lines, const char *text)
{
    lines->lines = mem_realloc(lines->lines, (lines->count + 1) * sizeof(char *));
    lines->lines[lines->count++] = mem_strdup(text);
}

static inline void text_lines_free(struct text_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->lines[i]);
    free(lines->lines);
    *lines = (struct text_lines){0};
}

/* Each row as "a|b|NULL", times in UTC, and its kind in front when it is no insert. */
static inline void text_lines_add_batch(struct text_lines *lines, const struct record_batch *batch)
{
    static const char *const kinds[] = {"", "-U|", "+U|", "-D|"};
    for (uint32_t row = 0; row < batch->num_rows; row++) {
        struct buffer text = {0};
        buffer_append_text(&text, kinds[batch->row_kinds == NULL ? 0 : batch->row_kinds[row]]);
        for (uint32_t i = 0; i < batch->schema->num_fields; i++) {
            if (i > 0)
                buffer_append_text(&text, "|");
            value_format_row(VALUE_SQL, batch->columns[i], row, NULL, "NULL", &text);
        }
        text_lines_add(lines, buffer_text(&text));
        buffer_free(&text);
    }
}

static inline void text_lines_add_output(struct text_lines *lines, struct test_output *output)
{
    for (size_t i = 0; i < output->num_batches; i++)
        text_lines_add_batch(lines, output->batches[i]);
    test_output_clear(output);
}

static inline int compare_lines(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static inline void text_lines_sort(struct text_lines *lines)
{
    if (lines->count > 1)
        qsort(lines->lines, lines->count, sizeof(char *), compare_lines);
}

static inline void assert_lines_equal(const struct text_lines *actual, const struct text_lines *expected)
{
    for (size_t i = 0; i < actual->count && i < expected->count; i++)
        if (strcmp(actual->lines[i], expected->lines[i]) != 0)
            fail_msg("line %zu of %zu is\n%s\nand should be\n%s", i, actual->count, actual->lines[i],
                     expected->lines[i]);
    if (actual->count != expected->count)
        fail_msg("%zu lines, and %zu expected; the first too many or missing: %s", actual->count,
                 expected->count,
                 actual->count > expected->count ? actual->lines[expected->count]
                                                 : expected->lines[actual->count]);
}

/* Takes what output 0 has, and compares it with count lines in any order. */
static inline void expect_rows(struct operator_harness *harness, const char *const *rows, size_t count)
{
    struct text_lines actual = {0}, expected = {0};
    text_lines_add_output(&actual, &harness->outputs[0]);
    for (size_t i = 0; i < count; i++)
        text_lines_add(&expected, rows[i]);
    text_lines_sort(&actual);
    text_lines_sort(&expected);
    assert_lines_equal(&actual, &expected);
    text_lines_free(&actual);
    text_lines_free(&expected);
}

/* "2024-05-01 10:00:00" as microseconds. */
static inline int64_t us_of(const char *text)
{
    struct value_timestamp timestamp = {0};
    assert_true(value_parse_timestamp(text, strlen(text), &timestamp));
    return timestamp.us;
}

/* Puts count strings, NULL for NULL, or numbers into a column of the batch, flat or as a dictionary. */
static inline void set_text_column(struct record_batch *batch, uint32_t column, const char *const *texts)
{
    struct vector *vector = vector_create(batch->schema->fields[column].type, batch->num_rows);
    struct string_heap *heap = vector_ensure_heap(vector);
    for (uint32_t i = 0; i < batch->num_rows; i++) {
        ((struct string_value *)vector->values)[i] =
            string_heap_add(heap, texts[i] == NULL ? "" : texts[i], texts[i] == NULL ? 0 : strlen(texts[i]));
        vector->length = i + 1;
    }
    for (uint32_t i = 0; i < batch->num_rows; i++)
        if (texts[i] == NULL)
            vector_set_null(vector, i);
    batch->columns[column] = vector;
}

#define TEST_NULL INT64_MIN

static inline void set_number_column(struct record_batch *batch, uint32_t column, const int64_t *numbers)
{
    struct vector *vector = vector_create(batch->schema->fields[column].type, batch->num_rows);
    memcpy(vector->values, numbers, batch->num_rows * sizeof *numbers);
    vector->length = batch->num_rows;
    for (uint32_t i = 0; i < batch->num_rows; i++)
        if (numbers[i] == TEST_NULL)
            vector_set_null(vector, i);
    batch->columns[column] = vector;
}
