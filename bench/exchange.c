/* What it costs to bring rows from one subtask to another: rows and bytes a second, and CPU a row. With an
 * argument only what has it in its name. */
#include "taskmanager/exchange/exchange_writer.h"
#include "taskmanager/exchange/input_gate.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { MAX_SUBTASKS = 4, COLUMNS = 6, BATCHES = 16 };

/* A wake that may come before somebody waits for it. */
struct latch {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_set;
};

struct run {
    const char *name;
    enum plan_partitioning partitioning;
    uint32_t parallelism;
    bool is_remote;
    bool compresses;
    uint32_t batch_rows;
    int64_t rows; /* of each producer */
};

struct bench {
    const struct run *run;
    struct process_context process;
    struct transport *transport;
    struct exchange_hub *hubs[2];
    struct plan_job_graph *graph;
    struct exchange_location locations[2 * MAX_SUBTASKS];
    struct record_batch *batches[BATCHES];
    _Atomic uint64_t bytes;
};

struct subtask {
    struct bench *bench;
    uint32_t index;
    pthread_t thread;
    struct latch latch;
};

static const char *const taskmanagers[] = {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                                           "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"};

static void check(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "%s failed\n", what);
    exit(EXIT_FAILURE);
}

static void latch_set(void *context)
{
    struct latch *latch = context;
    pthread_mutex_lock(&latch->mutex);
    latch->is_set = true;
    pthread_cond_signal(&latch->changed);
    pthread_mutex_unlock(&latch->mutex);
}

static void latch_wait(struct latch *latch)
{
    pthread_mutex_lock(&latch->mutex);
    while (!latch->is_set)
        pthread_cond_wait(&latch->changed, &latch->mutex);
    latch->is_set = false;
    pthread_mutex_unlock(&latch->mutex);
}

static double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static struct vector *texts(const char *format, uint32_t first, uint32_t distinct, uint32_t rows)
{
    struct vector *vector = vector_create(data_type_of(TYPE_STRING), rows);
    vector->length = rows;
    for (uint32_t i = 0; i < rows; i++) {
        char text[64];
        int size = snprintf(text, sizeof text, format, (first + i) * 2654435761u % distinct);
        ((struct string_value *)vector->values)[i] =
            string_heap_add(vector_ensure_heap(vector), text, (size_t)size);
    }
    return vector;
}

static struct vector *numbers(enum type_kind kind, uint32_t rows)
{
    struct vector *vector = vector_create(data_type_of(kind), rows);
    vector->length = rows;
    for (uint32_t i = 0; i < rows; i++)
        ((int64_t *)vector->values)[i] = (int64_t)i * 7919;
    return vector;
}

/* A metric of a sensor. */
static struct schema *create_schema(void)
{
    struct schema *schema = schema_create(COLUMNS);
    schema_set_field(schema, 0, "sensor", data_type_of(TYPE_STRING));
    schema_set_field(schema, 1, "location", data_type_of(TYPE_STRING));
    schema_set_field(schema, 2, "metric", data_type_of(TYPE_STRING));
    schema_set_field(schema, 3, "value", data_type_of(TYPE_DOUBLE));
    schema_set_field(schema, 4, "time", data_type_of(TYPE_TIMESTAMP));
    schema_set_field(schema, 5, "number", data_type_of(TYPE_BIGINT));
    return schema;
}

static struct record_batch *create_batch(const struct schema *schema, uint32_t first, uint32_t rows)
{
    struct record_batch *batch = record_batch_create(schema, rows);
    batch->columns[0] = texts("sensor-%05u", first, 10000, rows);
    batch->columns[1] = texts("building-%u", first, 20, rows);
    batch->columns[2] = texts("temperature-%u", first, 8, rows);
    batch->columns[3] = numbers(TYPE_DOUBLE, rows);
    batch->columns[4] = numbers(TYPE_TIMESTAMP, rows);
    batch->columns[5] = numbers(TYPE_BIGINT, rows);
    return batch;
}

static void create_graph(struct bench *bench)
{
    struct plan_job_graph *graph = bench->graph = plan_job_graph_create();
    const struct schema *schema = plan_job_graph_hold(graph, create_schema());
    struct plan_vertex *vertices = arena_calloc(graph->arena, 2, sizeof *vertices);
    vertices[0].parallelism = vertices[1].parallelism = bench->run->parallelism;
    uint32_t *keys = arena_calloc(graph->arena, 3, sizeof *keys);
    for (uint32_t i = 0; i < 3; i++)
        keys[i] = i;
    struct plan_edge *edge = arena_calloc(graph->arena, 1, sizeof *edge);
    *edge = (struct plan_edge){.to = 1,
                               .partitioning = bench->run->partitioning,
                               .key_columns = keys,
                               .key_column_count = 3,
                               .schema = schema};
    graph->vertices = vertices;
    graph->vertex_count = 2;
    graph->edges = edge;
    graph->edge_count = 1;
    graph->max_parallelism = 128;
    for (uint32_t i = 0; i < BATCHES; i++)
        bench->batches[i] = create_batch(schema, i * bench->run->batch_rows, bench->run->batch_rows);
}

static void start_hubs(struct bench *bench)
{
    struct error error;
    for (int i = 0; i < 2; i++) {
        struct exchange_hub_options options = {.process = &bench->process,
                                               .transport = bench->transport,
                                               .listen_address = "tcp://127.0.0.1:0",
                                               .host = "127.0.0.1",
                                               .taskmanager_id = taskmanagers[i],
                                               .compresses = bench->run->compresses,
                                               .heartbeat_interval_ms = 1000,
                                               .heartbeat_timeout_ms = 60000};
        check(exchange_hub_create(&options, &bench->hubs[i], &error) == STATUS_OK, "hub");
    }
    for (uint32_t i = 0; i < 2 * bench->run->parallelism; i++) {
        uint32_t vertex = i >= bench->run->parallelism;
        int at = bench->run->is_remote && vertex == 1;
        bench->locations[i] = (struct exchange_location){.vertex = vertex,
                                                         .subtask = i % bench->run->parallelism,
                                                         .taskmanager_id = taskmanagers[at],
                                                         .address = exchange_hub_address(bench->hubs[at])};
    }
}

static struct exchange_end end_of(struct subtask *subtask, uint32_t vertex)
{
    struct bench *bench = subtask->bench;
    return (struct exchange_end){.graph = bench->graph,
                                 .leader_epoch = 1,
                                 .job_id = "0123456789abcdef0123456789abcdef",
                                 .vertex = vertex,
                                 .subtask = subtask->index,
                                 .locations = bench->locations,
                                 .num_locations = (size_t)2 * bench->run->parallelism,
                                 .wake = latch_set,
                                 .wake_context = &subtask->latch};
}

static void finish(struct subtask *subtask, struct operator* writer, enum operator_result result)
{
    struct error error;
    while (result == OPERATOR_OUTPUT_FULL) {
        latch_wait(&subtask->latch);
        result = writer->ops->resume(writer, &error);
    }
    check(result == OPERATOR_DONE, "writer");
}

static void *produce(void *argument)
{
    struct subtask *subtask = argument;
    struct bench *bench = subtask->bench;
    struct exchange_end end = end_of(subtask, 0);
    struct operator_metrics *metrics = calloc(1, sizeof *metrics);
    struct operator_context context = {
        .metrics = metrics, .wake = latch_set, .wake_context = &subtask->latch};
    struct operator* writer = exchange_writer_create(bench->hubs[0], &end, 0);
    struct error error;
    check(writer->ops->open(writer, &context, &error) == STATUS_OK, "open");
    int64_t sent = 0;
    for (uint32_t i = 0; sent < bench->run->rows; i++, sent += bench->run->batch_rows)
        finish(
            subtask, writer,
            writer->ops->process_batch(writer, 0, record_batch_share(bench->batches[i % BATCHES]), &error));
    finish(subtask, writer, writer->ops->end_input(writer, 0, INPUT_FINISHED, &error));
    writer->ops->close(writer);
    free(metrics);
    return NULL;
}

static void *consume(void *argument)
{
    struct subtask *subtask = argument;
    struct bench *bench = subtask->bench;
    struct exchange_end end = end_of(subtask, 1);
    struct input_gate *gate = NULL;
    struct error error;
    check(input_gate_create(bench->hubs[bench->run->is_remote], &end, &gate, &error) == STATUS_OK, "gate");
    for (bool is_ended = false; !is_ended;) {
        struct gate_element element;
        switch (input_gate_poll(gate, &element, &error)) {
        case GATE_EMPTY: latch_wait(&subtask->latch); break;
        case GATE_BATCH: record_batch_free(element.batch); break;
        case GATE_END: is_ended = true; break;
        default: check(false, error.message);
        }
    }
    atomic_fetch_add(&bench->bytes, input_gate_bytes(gate));
    input_gate_free(gate);
    return NULL;
}

static void measure(const struct run *run)
{
    struct bench bench = {.run = run, .process = {.clock = clock_system()}};
    bench.transport = nng_transport_create();
    create_graph(&bench);
    start_hubs(&bench);
    struct subtask producers[MAX_SUBTASKS], consumers[MAX_SUBTASKS];
    double start = seconds_now(), cpu = cpu_seconds();
    for (uint32_t i = 0; i < run->parallelism; i++) {
        producers[i] = consumers[i] = (struct subtask){
            .bench = &bench,
            .index = i,
            .latch = {.mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER}};
        check(pthread_create(&consumers[i].thread, NULL, consume, &consumers[i]) == 0 &&
                  pthread_create(&producers[i].thread, NULL, produce, &producers[i]) == 0,
              "thread");
    }
    for (uint32_t i = 0; i < run->parallelism; i++) {
        pthread_join(producers[i].thread, NULL);
        pthread_join(consumers[i].thread, NULL);
    }
    double seconds = seconds_now() - start;
    double rows = (double)run->rows * run->parallelism;
    printf("%-34s %8.1f million rows/s %7.2f GB/s %7.1f CPU ns a row\n", run->name, rows / seconds / 1e6,
           (double)atomic_load(&bench.bytes) / seconds / 1e9, (cpu_seconds() - cpu) / rows * 1e9);
    fflush(stdout);
    for (int i = 0; i < 2; i++)
        exchange_hub_free(bench.hubs[i]);
    for (uint32_t i = 0; i < BATCHES; i++)
        record_batch_free(bench.batches[i]);
    plan_job_graph_free(bench.graph);
    transport_free(bench.transport);
}

int main(int argc, char **argv)
{
    /* As in taskmanager/main.c. */
    mallopt(M_ARENA_MAX, 4);
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, 8 << 20);
    static const struct run runs[] = {
        {"one process, forward, 1 to 1", PLAN_FORWARD, 1, false, false, 4096, 400000000},
        {"one process, hash, 2 to 2", PLAN_HASH, 2, false, false, 4096, 20000000},
        {"one process, hash, 4 to 4, of 500", PLAN_HASH, 4, false, false, 500, 5000000},
        {"TCP, forward, plain", PLAN_FORWARD, 1, true, false, 4096, 30000000},
        {"TCP, forward, 1 to 1, of 100", PLAN_FORWARD, 1, true, false, 100, 3000000},
        {"TCP, hash, 2 to 2", PLAN_HASH, 2, true, false, 4096, 10000000},
        {"TCP, forward, 1 to 1, LZ4", PLAN_FORWARD, 1, true, true, 4096, 10000000},
    };
    for (size_t i = 0; i < sizeof runs / sizeof runs[0]; i++)
        if (argc < 2 || strstr(runs[i].name, argv[1]) != NULL)
            measure(&runs[i]);
    return 0;
}
