#include "taskmanager/sink/print/print_sink.h"

#include "common/base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct record_batch *two_rows(void)
{
    struct schema *schema = schema_create(2);
    schema_set_field(schema, 0, "n", data_type_of(TYPE_INT));
    schema_set_field(schema, 1, "t", data_type_of(TYPE_STRING));
    struct record_batch *batch = record_batch_create(schema, 2);
    schema_unref(schema);
    batch->columns[0] = vector_create(data_type_of(TYPE_INT), 2);
    batch->columns[1] = vector_create(data_type_of(TYPE_STRING), 2);
    for (uint32_t i = 0; i < 2; i++) {
        batch->columns[i]->length = 2;
        ((int32_t *)batch->columns[0]->values)[i] = (int32_t)i + 1;
    }
    struct string_value *texts = batch->columns[1]->values;
    texts[0] = string_heap_add(vector_ensure_heap(batch->columns[1]), "a", 1);
    texts[1] = texts[0];
    vector_set_null(batch->columns[1], 1);
    return batch;
}

/* What a print table with that identifier and parallelism writes for two_rows. */
static char *printed(const char *identifier, uint32_t parallelism, uint32_t subtask, bool with_kinds)
{
    struct print_config config = {.identifier = identifier};
    struct plan_sink plan = {.kind = PLAN_SINK_PRINT, .table = "p", .print = &config};
    struct plan_node node = {.kind = PLAN_SINK, .id = 2, .name = "p", .sink = &plan};
    struct operator_metrics metrics = {0};
    struct operator_context context = {.metrics = &metrics, .parallelism = parallelism, .subtask = subtask};
    char *text = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&text, &size);
    struct operator* sink = print_sink_create_to(&node, stream);
    struct error error;
    assert_int_equal(sink->ops->open(sink, &context, &error), STATUS_OK);
    struct record_batch *batch = two_rows();
    if (with_kinds) {
        batch->row_kinds = mem_alloc(2);
        batch->row_kinds[0] = ROW_UPDATE_BEFORE;
        batch->row_kinds[1] = ROW_DELETE;
    }
    assert_int_equal(sink->ops->process_batch(sink, 0, batch, &error), OPERATOR_DONE);
    assert_int_equal(metrics.records_out, 2);
    sink->ops->close(sink);
    fclose(stream);
    return text;
}

static void check(const char *identifier, uint32_t parallelism, uint32_t subtask, bool with_kinds,
                  const char *expected)
{
    char *text = printed(identifier, parallelism, subtask, with_kinds);
    assert_string_equal(text, expected);
    free(text);
}

static void lines_are_those_of_flink(void **context)
{
    (void)context;
    check("", 1, 0, false, "+I[1, a]\n+I[2, null]\n");
    check("", 2, 1, false, "2> +I[1, a]\n2> +I[2, null]\n");
    check("out", 1, 0, false, "out> +I[1, a]\nout> +I[2, null]\n");
    check("out", 4, 0, true, "out:1> -U[1, a]\nout:1> -D[2, null]\n");
}

static void a_full_disk_is_an_error_that_names_the_table(void **context)
{
    (void)context;
    struct print_config config = {.identifier = ""};
    struct plan_sink plan = {.kind = PLAN_SINK_PRINT, .table = "c.d.p", .print = &config};
    struct plan_node node = {.kind = PLAN_SINK, .id = 2, .name = "p", .sink = &plan};
    struct operator_metrics metrics = {0};
    struct operator_context context_of = {.metrics = &metrics, .parallelism = 1};
    FILE *stream = fopen("/dev/full", "w");
    assert_non_null(stream);
    struct operator* sink = print_sink_create_to(&node, stream);
    struct error error;
    assert_int_equal(sink->ops->open(sink, &context_of, &error), STATUS_OK);
    assert_int_equal(sink->ops->process_batch(sink, 0, two_rows(), &error), OPERATOR_FAILED);
    assert_non_null(strstr(error.message, "c.d.p"));
    sink->ops->close(sink);
    fclose(stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_those_of_flink),
        cmocka_unit_test(a_full_disk_is_an_error_that_names_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
