#pragma once

/* Hubs, gates and writers without tasks around them: the test is the subtask's thread, and waits for wakes.
 */
#include "taskmanager/exchange/exchange_writer.h"
#include "taskmanager/exchange/input_gate.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

enum { FIXTURE_PATIENCE_MS = 20000, FIXTURE_MAX_SUBTASKS = 8 };

#define FIXTURE_JOB "0123456789abcdef0123456789abcdef"

/* A wake that may come before somebody waits for it. */
struct latch {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_set;
};

static inline void latch_init(struct latch *latch)
{
    *latch = (struct latch){.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
}

static inline void latch_set(void *context)
{
    struct latch *latch = context;
    pthread_mutex_lock(&latch->mutex);
    latch->is_set = true;
    pthread_cond_broadcast(&latch->changed);
    pthread_mutex_unlock(&latch->mutex);
}

/* False: it was not set in that time. */
static inline bool latch_wait(struct latch *latch, int64_t timeout_ms)
{
    struct timespec deadline;
    clock_gettime(CLOCK_REALTIME, &deadline);
    deadline.tv_sec += timeout_ms / 1000;
    deadline.tv_nsec += timeout_ms % 1000 * 1000000;
    if (deadline.tv_nsec >= 1000000000) {
        deadline.tv_sec++;
        deadline.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&latch->mutex);
    while (!latch->is_set && pthread_cond_timedwait(&latch->changed, &latch->mutex, &deadline) == 0)
        ;
    bool was_set = latch->is_set;
    latch->is_set = false;
    pthread_mutex_unlock(&latch->mutex);
    return was_set;
}

/* Two taskmanagers; subtask i of the producer runs on producer_at[i], of the consumer on consumer_at[i]. */
struct fixture {
    struct process_context process;
    struct transport *transport;
    struct exchange_hub *hubs[2];
    struct plan_job_graph *graph;
    struct exchange_location locations[2 * FIXTURE_MAX_SUBTASKS];
    size_t num_locations;
    uint64_t leader_epoch;
    uint32_t attempt;
};

struct fixture_options {
    enum plan_partitioning partitioning;
    uint32_t from_parallelism, to_parallelism;
    bool is_inproc;
    bool compresses;
    int64_t heartbeat_interval_ms, heartbeat_timeout_ms; /* 0: such that a test does not meet them */
    int producer_at[FIXTURE_MAX_SUBTASKS], consumer_at[FIXTURE_MAX_SUBTASKS];
};

static const char *const fixture_taskmanagers[] = {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                                                   "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"};

static inline struct exchange_hub *fixture_start_hub(struct fixture *fixture, int index, const char *address,
                                                     const struct fixture_options *options)
{
    struct exchange_hub_options hub_options = {
        .process = &fixture->process,
        .transport = fixture->transport,
        .listen_address = address,
        .host = "127.0.0.1",
        .taskmanager_id = fixture_taskmanagers[index],
        .compresses = options->compresses,
        .heartbeat_interval_ms = options->heartbeat_interval_ms == 0 ? 200 : options->heartbeat_interval_ms,
        .heartbeat_timeout_ms = options->heartbeat_timeout_ms == 0 ? 60000 : options->heartbeat_timeout_ms,
    };
    struct exchange_hub *hub = NULL;
    struct error error;
    assert_int_equal(exchange_hub_create(&hub_options, &hub, &error), STATUS_OK);
    return hub;
}

/* Rows: id BIGINT, name STRING. */
static inline struct plan_job_graph *fixture_create_graph(const struct fixture_options *options)
{
    struct plan_job_graph *graph = plan_job_graph_create();
    struct schema *schema = schema_create(2);
    schema_set_field(schema, 0, "id", data_type_of(TYPE_BIGINT));
    schema_set_field(schema, 1, "name", data_type_of(TYPE_STRING));
    struct plan_vertex *vertices = arena_calloc(graph->arena, 2, sizeof *vertices);
    vertices[0].parallelism = options->from_parallelism;
    vertices[1].parallelism = options->to_parallelism;
    struct plan_edge *edge = arena_calloc(graph->arena, 1, sizeof *edge);
    uint32_t *keys = arena_calloc(graph->arena, 1, sizeof *keys);
    *edge = (struct plan_edge){.from = 0,
                               .to = 1,
                               .partitioning = options->partitioning,
                               .key_columns = keys,
                               .key_column_count = options->partitioning == PLAN_HASH,
                               .schema = plan_job_graph_hold(graph, schema)};
    graph->vertices = vertices;
    graph->vertex_count = 2;
    graph->edges = edge;
    graph->edge_count = 1;
    graph->max_parallelism = 128;
    return graph;
}

static inline void fixture_locate(struct fixture *fixture, const struct fixture_options *options)
{
    for (uint32_t vertex = 0; vertex < 2; vertex++) {
        uint32_t parallelism = fixture->graph->vertices[vertex].parallelism;
        for (uint32_t i = 0; i < parallelism; i++) {
            int at = vertex == 0 ? options->producer_at[i] : options->consumer_at[i];
            fixture->locations[fixture->num_locations++] =
                (struct exchange_location){.vertex = vertex,
                                           .subtask = i,
                                           .taskmanager_id = fixture_taskmanagers[at],
                                           .address = exchange_hub_address(fixture->hubs[at])};
        }
    }
}

static inline void fixture_start(struct fixture *fixture, const struct fixture_options *options)
{
    *fixture = (struct fixture){.process = {.clock = clock_system()}, .leader_epoch = 3, .attempt = 1};
    fixture->transport = nng_transport_create();
    fixture->graph = fixture_create_graph(options);
    for (int i = 0; i < 2; i++) {
        char address[64] = "tcp://127.0.0.1:0";
        if (options->is_inproc)
            snprintf(address, sizeof address, "inproc://exchange_test_%d_%p", i, (void *)fixture);
        fixture->hubs[i] = fixture_start_hub(fixture, i, address, options);
    }
    fixture_locate(fixture, options);
}

static inline void fixture_stop(struct fixture *fixture)
{
    for (int i = 0; i < 2; i++)
        exchange_hub_free(fixture->hubs[i]);
    plan_job_graph_free(fixture->graph);
    transport_free(fixture->transport);
}

static inline struct exchange_end fixture_end(const struct fixture *fixture, uint32_t vertex,
                                              uint32_t subtask, struct latch *latch)
{
    return (struct exchange_end){
        .graph = fixture->graph,
        .leader_epoch = fixture->leader_epoch,
        .job_id = FIXTURE_JOB,
        .attempt = fixture->attempt,
        .vertex = vertex,
        .subtask = subtask,
        .locations = fixture->locations,
        .num_locations = fixture->num_locations,
        .wake = latch_set,
        .wake_context = latch,
    };
}

/* A producer's end. */
struct producer {
    struct operator* writer;
    struct operator_context context;
    struct operator_metrics metrics;
    struct latch latch;
};

static inline void producer_open_edge(struct producer *producer, struct fixture *fixture, int hub,
                                      uint32_t subtask, uint32_t edge)
{
    latch_init(&producer->latch);
    memset(&producer->metrics, 0, sizeof producer->metrics);
    struct exchange_end end = fixture_end(fixture, 0, subtask, &producer->latch);
    producer->writer = exchange_writer_create(fixture->hubs[hub], &end, edge);
    producer->context = (struct operator_context){.process = &fixture->process,
                                                  .subtask = subtask,
                                                  .metrics = &producer->metrics,
                                                  .wake = latch_set,
                                                  .wake_context = &producer->latch};
    struct error error;
    assert_int_equal(producer->writer->ops->open(producer->writer, &producer->context, &error), STATUS_OK);
}

static inline void producer_open(struct producer *producer, struct fixture *fixture, int hub,
                                 uint32_t subtask)
{
    producer_open_edge(producer, fixture, hub, subtask, 0);
}

static inline void producer_close(struct producer *producer)
{
    producer->writer->ops->close(producer->writer);
}

/* Until the writer is done with what it got. */
static inline enum operator_result producer_finish(struct producer *producer, enum operator_result result,
                                                   struct error *error)
{
    while (result == OPERATOR_OUTPUT_FULL) {
        if (!latch_wait(&producer->latch, FIXTURE_PATIENCE_MS))
            fail_msg("the writer was not woken");
        result = producer->writer->ops->resume(producer->writer, error);
    }
    return result;
}

/* count rows: id first, first + step, ... and a name made of it. */
static inline struct record_batch *batch_of(const struct fixture *fixture, int64_t first, int64_t step,
                                            uint32_t count)
{
    struct record_batch *batch = record_batch_create(fixture->graph->edges[0].schema, count);
    batch->columns[0] = vector_create(data_type_of(TYPE_BIGINT), count);
    batch->columns[1] = vector_create(data_type_of(TYPE_STRING), count);
    for (uint32_t i = 0; i < count; i++) {
        int64_t id = first + step * i;
        char name[32];
        int size = snprintf(name, sizeof name, "name-%lld", (long long)id);
        ((int64_t *)batch->columns[0]->values)[i] = id;
        ((struct string_value *)batch->columns[1]->values)[i] =
            string_heap_add(vector_ensure_heap(batch->columns[1]), name, (size_t)size);
    }
    batch->columns[0]->length = batch->columns[1]->length = count;
    return batch;
}

static inline int64_t id_of(const struct record_batch *batch, uint32_t row)
{
    return *(const int64_t *)vector_value(batch->columns[0], row);
}

static inline void check_names(const struct record_batch *batch)
{
    for (uint32_t i = 0; i < batch->num_rows; i++) {
        char name[32];
        int size = snprintf(name, sizeof name, "name-%lld", (long long)id_of(batch, i));
        const struct string_value *value = vector_value(batch->columns[1], i);
        assert_int_equal(value->size, size);
        assert_memory_equal(value->data, name, (size_t)size);
    }
}

static inline enum operator_result producer_offer(struct producer *producer, struct record_batch *batch)
{
    struct error error;
    return producer->writer->ops->process_batch(producer->writer, 0, batch, &error);
}

static inline void producer_send(struct producer *producer, struct record_batch *batch)
{
    struct error error;
    enum operator_result result = producer_offer(producer, batch);
    assert_int_equal(producer_finish(producer, result, &error), OPERATOR_DONE);
}

static inline void producer_send_watermark(struct producer *producer, int64_t watermark_us)
{
    struct error error;
    enum operator_result result =
        producer->writer->ops->process_watermark(producer->writer, 0, watermark_us, &error);
    assert_int_equal(producer_finish(producer, result, &error), OPERATOR_DONE);
}

static inline void producer_send_status(struct producer *producer, bool is_idle)
{
    struct error error;
    enum operator_result result =
        producer->writer->ops->process_watermark_status(producer->writer, 0, is_idle, &error);
    assert_int_equal(producer_finish(producer, result, &error), OPERATOR_DONE);
}

static inline void producer_send_barrier(struct producer *producer, uint64_t id)
{
    struct error error;
    struct exchange_barrier barrier = {
        .checkpoint_id = id, .kind = 2, .durable_id = id - 1, .trigger_ms = 1000 + (int64_t)id};
    exchange_writer_set_barrier(producer->writer, &barrier);
    enum operator_result result = producer->writer->ops->prepare_barrier(producer->writer, id, &error);
    assert_int_equal(producer_finish(producer, result, &error), OPERATOR_DONE);
}

static inline void producer_send_end(struct producer *producer, enum end_of_input how)
{
    struct error error;
    enum operator_result result = producer->writer->ops->end_input(producer->writer, 0, how, &error);
    assert_int_equal(producer_finish(producer, result, &error), OPERATOR_DONE);
}

/* A consumer's end. */
struct consumer {
    struct input_gate *gate;
    struct latch latch;
};

static inline void consumer_open(struct consumer *consumer, struct fixture *fixture, int hub,
                                 uint32_t subtask)
{
    latch_init(&consumer->latch);
    struct exchange_end end = fixture_end(fixture, 1, subtask, &consumer->latch);
    struct error error;
    assert_int_equal(input_gate_create(fixture->hubs[hub], &end, &consumer->gate, &error), STATUS_OK);
}

static inline void consumer_close(struct consumer *consumer)
{
    input_gate_free(consumer->gate);
}

/* The next element; FAILED with *error. */
static inline struct gate_element consumer_next(struct consumer *consumer, struct error *error)
{
    for (;;) {
        struct gate_element element = {0};
        enum gate_element_kind kind = input_gate_poll(consumer->gate, &element, error);
        element.kind = kind;
        if (kind != GATE_EMPTY)
            return element;
        if (!latch_wait(&consumer->latch, FIXTURE_PATIENCE_MS))
            fail_msg("the gate was not woken");
    }
}

static inline struct gate_element consumer_expect(struct consumer *consumer, enum gate_element_kind kind)
{
    struct error error = {.message = ""};
    struct gate_element element = consumer_next(consumer, &error);
    if (element.kind != kind)
        fail_msg("element of kind %d, not %d: %s", (int)element.kind, (int)kind, error.message);
    return element;
}

/* Nothing comes, however often it is woken in that time. */
static inline void consumer_expect_nothing(struct consumer *consumer, int64_t time_ms)
{
    struct gate_element element;
    struct error error;
    do {
        enum gate_element_kind kind = input_gate_poll(consumer->gate, &element, &error);
        if (kind != GATE_EMPTY)
            fail_msg("element of kind %d, not nothing", (int)kind);
    } while (latch_wait(&consumer->latch, time_ms));
}
