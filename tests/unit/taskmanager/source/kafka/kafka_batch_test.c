#include "common/base/memory.h"
#include "taskmanager/source/kafka/kafka_internal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static enum status check(const char *key, struct data_type type, struct error *error)
{
    struct schema *schema = schema_create(1);
    schema_set_field(schema, 0, "m", type);
    const struct plan_source_field field = {.origin = PLAN_FIELD_METADATA, .metadata_key = key};
    const struct plan_source source = {.kind = PLAN_SOURCE_KAFKA, .table = "t", .fields = &field};
    const struct plan_node node = {.kind = PLAN_SOURCE, .schema = schema, .source = &source};
    enum status status = kafka_batch_check_schema(&node, error);
    schema_unref(schema);
    return status;
}

static void test_metadata_columns(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(check("topic", data_type_of(TYPE_STRING), &error), STATUS_OK);
    assert_int_equal(check("partition", data_type_of(TYPE_INT), &error), STATUS_OK);
    assert_int_equal(check("partition", data_type_of(TYPE_BIGINT), &error), STATUS_OK);
    assert_int_equal(check("offset", data_type_of(TYPE_BIGINT), &error), STATUS_OK);
    assert_int_equal(check("timestamp", data_type_timestamp(TYPE_TIMESTAMP_LTZ, 3), &error), STATUS_OK);
    assert_int_equal(check("timestamp-type", data_type_of(TYPE_STRING), &error), STATUS_OK);
    assert_int_equal(check("leader-epoch", data_type_of(TYPE_INT), &error), STATUS_OK);
    assert_int_equal(check("offset", data_type_of(TYPE_INT), &error), STATUS_INVALID_ARGUMENT);
    assert_int_equal(check("topic", data_type_of(TYPE_BIGINT), &error), STATUS_INVALID_ARGUMENT);
    assert_int_equal(check("offsets", data_type_of(TYPE_BIGINT), &error), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "Invalid metadata key 'offsets'"));
}

/* Two topics, and rows of three partitions in turns; a record that does not parse is no row. */
struct runs_fixture {
    struct schema *schema;
    struct plan_source_field field;
    struct json_format_config json;
    struct plan_watermark watermark;
    struct plan_source plan;
    struct plan_node node;
    struct operator_metrics metrics;
    struct operator_context context;
    struct kafka_source source;
    rd_kafka_t *client;
    rd_kafka_topic_t *topics[2];
    rd_kafka_message_t messages[7];
};

static int set_up_runs(void **state)
{
    struct runs_fixture *f = mem_calloc(1, sizeof *f);
    f->schema = schema_create(1);
    schema_set_field(f->schema, 0, "n", data_type_of(TYPE_BIGINT));
    f->json.ignore_parse_errors = true;
    f->plan = (struct plan_source){.kind = PLAN_SOURCE_KAFKA,
                                   .table = "t",
                                   .fields = &f->field,
                                   .json = &f->json,
                                   .watermark = &f->watermark};
    f->node = (struct plan_node){.kind = PLAN_SOURCE, .schema = f->schema, .source = &f->plan};
    f->context = (struct operator_context){.metrics = &f->metrics, .num_outputs = 1};
    f->source.node = &f->node;
    f->source.context = &f->context;
    static const struct kafka_source_config config = {.topic_count = 2};
    f->source.config = &config;
    f->client = rd_kafka_new(RD_KAFKA_CONSUMER, NULL, NULL, 0);
    f->topics[0] = rd_kafka_topic_new(f->client, "a", NULL);
    f->topics[1] = rd_kafka_topic_new(f->client, "b", NULL);
    f->source.splits = mem_calloc(3, sizeof *f->source.splits);
    f->source.splits[0] = (struct kafka_split){.state = {.topic = "a", .partition = 0}};
    f->source.splits[1] = (struct kafka_split){.state = {.topic = "b", .partition = 0}};
    f->source.splits[2] = (struct kafka_split){.state = {.topic = "b", .partition = 1}};
    f->source.num_splits = 3;
    kafka_batch_open(&f->source);
    *state = f;
    return 0;
}

static int tear_down_runs(void **state)
{
    struct runs_fixture *f = *state;
    kafka_batch_close(&f->source);
    free(f->source.splits);
    rd_kafka_topic_destroy(f->topics[0]);
    rd_kafka_topic_destroy(f->topics[1]);
    rd_kafka_destroy(f->client);
    schema_unref(f->schema);
    free(f);
    return 0;
}

static void test_runs_say_of_which_partition_rows_are(void **state)
{
    struct runs_fixture *f = *state;
    static const struct {
        int topic, partition;
        const char *value;
    } records[] = {{1, 1, "{\"n\":1}"}, {1, 1, "broken"}, {1, 1, "{\"n\":2}"}, {1, 0, "{\"n\":3}"},
                   {0, 0, "{\"n\":4}"}, {1, 0, "broken"}, {0, 0, "{\"n\":5}"}};
    enum { COUNT = sizeof records / sizeof *records };
    for (uint32_t i = 0; i < COUNT; i++) {
        f->messages[i] = (rd_kafka_message_t){.rkt = f->topics[records[i].topic],
                                              .partition = records[i].partition,
                                              .payload = (void *)(uintptr_t)records[i].value,
                                              .len = strlen(records[i].value)};
        f->source.messages[i] = &f->messages[i];
    }
    struct record_batch *batch;
    struct error error;
    assert_int_equal(kafka_batch_decode(&f->source, COUNT, &batch, &error), SOURCE_BATCH);
    assert_int_equal(batch->num_rows, 5);
    assert_int_equal(f->source.num_runs, 3);
    static const struct source_run expected[] = {{2, 2}, {1, 1}, {0, 2}};
    assert_memory_equal(f->source.runs, expected, sizeof expected);
    record_batch_free(batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_metadata_columns),
        cmocka_unit_test_setup_teardown(test_runs_say_of_which_partition_rows_are, set_up_runs,
                                        tear_down_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
