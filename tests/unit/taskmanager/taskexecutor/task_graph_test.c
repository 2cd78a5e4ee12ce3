#include "taskmanager/taskexecutor/task_executor.h"

#include "common/plan/plan_codec.h"
#include "tests/unit/taskmanager/taskexecutor/fake_jobmanager.h"

#include <unistd.h>

/*
 * A job of six vertices in the one slot of a taskmanager, over the real exchange: two sources come together
 * in a calc, whose rows go by two ways, each with a calc, into one sink that collects:
 *
 *   source [1], source [2] -> calc [3] -> calc [4], calc [5] -> sink [6]
 */
enum { VERTICES = 6, SOURCES = 2 };
static const char job_id[] = "0123456789abcdef0123456789abcdef";

struct fixture {
    struct process_context process;
    struct transport *transport;
    struct fake_jobmanager jobmanager;
    struct task_executor *executor;
    struct arena *arena;
    char data_address[TRANSPORT_ADDRESS_BYTES];
};

static int set_up(void **context)
{
    struct fixture *fixture = mem_calloc(1, sizeof *fixture);
    struct error error;
    fixture->process.clock = clock_system();
    fixture->transport = nng_transport_create();
    fixture->arena = arena_create(4096);
    fake_jobmanager_start(&fixture->jobmanager, fixture->transport);
    char listen_address[TRANSPORT_ADDRESS_BYTES + 16];
    snprintf(listen_address, sizeof listen_address, "%s-taskmanager", fixture->jobmanager.address);
    snprintf(fixture->data_address, sizeof fixture->data_address, "inproc://data-%d-%p", (int)getpid(),
             (void *)fixture);
    struct task_executor_options options = {
        .process = &fixture->process,
        .transport = fixture->transport,
        .factory = operator_factory_shipped(),
        .num_slots = 1,
        .listen_address = listen_address,
        .data_address = fixture->data_address,
        .host = "localhost",
        .jobmanager_address = fixture->jobmanager.address,
        .heartbeat_interval_ms = 50,
        .heartbeat_timeout_ms = 5000,
        .temporary_folder = "/tmp",
    };
    fixture->executor = task_executor_create(&options);
    assert_int_equal(task_executor_start(fixture->executor, &error), STATUS_OK);
    fake_wait_registered(&fixture->jobmanager, 1);
    *context = fixture;
    return 0;
}

static int tear_down(void **context)
{
    struct fixture *fixture = *context;
    task_executor_free(fixture->executor);
    fake_jobmanager_stop(&fixture->jobmanager);
    transport_free(fixture->transport);
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

static void name_vertex(char *id, uint32_t vertex)
{
    snprintf(id, VERTEX_ID_BYTES, "%032x", vertex + 1);
}

/* rows: of each source; 0: without end. */
static void encode_graph(uint64_t rows, struct buffer *bytes)
{
    struct plan_job_graph *graph = plan_job_graph_create();
    struct schema *schema = schema_create(1);
    schema_set_field(schema, 0, "id", data_type_of(TYPE_BIGINT));
    plan_job_graph_hold(graph, schema);
    struct datagen_field field = {
        .kind = DATAGEN_SEQUENCE, .start = 1, .end = rows == 0 ? INT64_MAX : (int64_t)rows};
    struct datagen_config datagen = {
        .rows_per_second = 10000000, .number_of_rows = -1, .fields = &field, .field_count = 1};
    struct plan_source_field source_field = {.origin = PLAN_FIELD_VALUE};
    struct plan_source source = {
        .kind = PLAN_SOURCE_DATAGEN, .table = "g", .fields = &source_field, .datagen = &datagen};
    const struct expression *column = expression_column(graph->arena, 0, schema->fields[0].type);
    struct plan_calc calc = {.projections = &column, .projection_count = 1, .time_zone = "UTC"};
    struct plan_sink sink = {.kind = PLAN_SINK_COLLECT, .table = ""};
    struct plan_node nodes[VERTICES];
    struct plan_vertex vertices[VERTICES];
    static const char *const names[VERTICES] = {"Source: a[1]", "Source: b[2]", "Calc[3]",
                                                "Calc[4]",      "Calc[5]",      "Sink[6]"};
    for (uint32_t i = 0; i < VERTICES; i++) {
        nodes[i] = (struct plan_node){.kind = i < SOURCES         ? PLAN_SOURCE
                                              : i + 1 == VERTICES ? PLAN_SINK
                                                                  : PLAN_CALC,
                                      .id = i + 1,
                                      .name = names[i],
                                      .schema = schema,
                                      .source = i < SOURCES ? &source : NULL,
                                      .calc = i >= SOURCES && i + 1 < VERTICES ? &calc : NULL,
                                      .sink = i + 1 == VERTICES ? &sink : NULL};
        snprintf(nodes[i].uid, sizeof nodes[i].uid, "%032x", i + 1);
        vertices[i] = (struct plan_vertex){.name = names[i], .parallelism = 1, .root = &nodes[i]};
        name_vertex(vertices[i].id, i);
    }
    static const uint32_t key = 0;
    const struct plan_edge edges[] = {
        {.from = 0, .from_node_id = 1, .to = 2, .partitioning = PLAN_REBALANCE, .schema = schema},
        {.from = 1, .from_node_id = 2, .to = 2, .partitioning = PLAN_FORWARD, .schema = schema},
        {.from = 2,
         .from_node_id = 3,
         .to = 3,
         .partitioning = PLAN_HASH,
         .key_columns = &key,
         .key_column_count = 1,
         .schema = schema},
        {.from = 2, .from_node_id = 3, .to = 4, .partitioning = PLAN_BROADCAST, .schema = schema},
        {.from = 3, .from_node_id = 4, .to = 5, .partitioning = PLAN_SINGLETON, .schema = schema},
        {.from = 4, .from_node_id = 5, .to = 5, .partitioning = PLAN_SINGLETON, .schema = schema},
    };
    graph->name = "job";
    graph->vertices = vertices;
    graph->vertex_count = VERTICES;
    graph->edges = edges;
    graph->edge_count = sizeof edges / sizeof *edges;
    graph->sink_count = 1;
    plan_job_graph_encode(graph, bytes);
    plan_job_graph_free(graph);
}

struct job {
    struct fixture *fixture;
    struct rpc_task_id tasks[VERTICES];
    char vertex_ids[VERTICES][VERTEX_ID_BYTES];
};

/* In the order given, or upstream first. */
static void deploy(struct fixture *fixture, struct job *job, uint32_t attempt, uint64_t rows,
                   const uint32_t *order)
{
    struct buffer graph = {0}, payload = {0};
    encode_graph(rows, &graph);
    struct rpc_task_location locations[VERTICES];
    for (uint32_t i = 0; i < VERTICES; i++)
        locations[i] = (struct rpc_task_location){.vertex = i,
                                                  .taskmanager_id = fixture->jobmanager.taskmanager_id,
                                                  .data_address = fixture->data_address};
    job->fixture = fixture;
    for (uint32_t i = 0; i < VERTICES; i++) {
        uint32_t vertex = order == NULL ? i : order[i];
        name_vertex(job->vertex_ids[vertex], vertex);
        job->tasks[vertex] = (struct rpc_task_id){.leader_epoch = fixture->jobmanager.epoch,
                                                  .job_id = job_id,
                                                  .attempt = attempt,
                                                  .vertex_id = job->vertex_ids[vertex],
                                                  .taskmanager_id = fixture->jobmanager.taskmanager_id};
        struct rpc_deploy message = {.task = job->tasks[vertex],
                                     .job_graph = buffer_view(&graph),
                                     .locations = locations,
                                     .num_locations = VERTICES,
                                     .checkpoint_folder = "/tmp/none"};
        buffer_clear(&payload);
        rpc_deploy_encode(&message, &payload);
        assert_int_equal(fake_send(&fixture->jobmanager, RPC_DEPLOY, &payload), STATUS_OK);
    }
    buffer_free(&graph);
    for (uint32_t i = 0; i < VERTICES; i++)
        fake_wait_state(&fixture->jobmanager, &job->tasks[i], RPC_TASK_RUNNING, NULL);
}

static void wait_all(struct job *job, enum rpc_task_status status)
{
    for (uint32_t i = 0; i < VERTICES; i++)
        fake_wait_state(&job->fixture->jobmanager, &job->tasks[i], status, NULL);
}

static enum status trigger(struct job *job, uint32_t vertex, uint64_t checkpoint_id,
                           enum rpc_checkpoint_kind kind)
{
    struct buffer payload = {0};
    struct rpc_trigger_checkpoint message = {
        .task = job->tasks[vertex], .checkpoint_id = checkpoint_id, .kind = kind};
    rpc_trigger_checkpoint_encode(&message, &payload);
    return fake_send(&job->fixture->jobmanager, RPC_TRIGGER_CHECKPOINT, &payload);
}

static void trigger_sources(struct job *job, uint64_t checkpoint_id, enum rpc_checkpoint_kind kind)
{
    for (uint32_t i = 0; i < SOURCES; i++)
        assert_int_equal(trigger(job, i, checkpoint_id, kind), STATUS_OK);
}

static void notify_all(struct job *job, uint64_t checkpoint_id)
{
    for (uint32_t i = 0; i < VERTICES; i++) {
        struct buffer payload = {0};
        struct rpc_notify_checkpoint message = {
            .task = job->tasks[i], .checkpoint_id = checkpoint_id, .is_final = true};
        rpc_notify_checkpoint_encode(&message, &payload);
        assert_int_equal(fake_send(&job->fixture->jobmanager, RPC_NOTIFY_CHECKPOINT, &payload), STATUS_OK);
    }
}

static void cancel(struct job *job, uint32_t vertex)
{
    struct buffer payload = {0};
    struct rpc_cancel_task message = {.task = job->tasks[vertex]};
    rpc_cancel_task_encode(&message, &payload);
    fake_send(&job->fixture->jobmanager, RPC_CANCEL_TASK, &payload);
}

struct awaited_acknowledgements {
    uint64_t checkpoint_id;
    uint32_t num_ended; /* that came behind the end of input */
};

static bool has_acknowledgements(struct fake_jobmanager *jobmanager, void *context)
{
    struct awaited_acknowledgements *awaited = context;
    struct arena *arena = arena_create(4096);
    uint32_t count = 0;
    awaited->num_ended = 0;
    for (size_t i = 0; i < jobmanager->num_messages; i++) {
        struct rpc_acknowledge message;
        struct error error;
        if (jobmanager->messages[i].method != RPC_ACKNOWLEDGE ||
            rpc_acknowledge_decode(buffer_view(&jobmanager->messages[i].payload), arena, &message, &error) !=
                STATUS_OK ||
            message.checkpoint_id != awaited->checkpoint_id)
            continue;
        count++;
        awaited->num_ended += message.is_end_of_input;
    }
    arena_free(arena);
    return count == VERTICES;
}

static uint32_t wait_acknowledged(struct fixture *fixture, uint64_t checkpoint_id)
{
    struct awaited_acknowledgements awaited = {.checkpoint_id = checkpoint_id};
    assert_true(fake_wait(&fixture->jobmanager, has_acknowledgements, &awaited));
    return awaited.num_ended;
}

static uint64_t count_collected(struct fake_jobmanager *jobmanager)
{
    uint64_t count = 0;
    struct arena *arena = arena_create(4096);
    for (size_t i = 0; i < jobmanager->num_messages; i++) {
        struct rpc_collect message;
        struct error error;
        if (jobmanager->messages[i].method == RPC_COLLECT &&
            rpc_collect_decode(buffer_view(&jobmanager->messages[i].payload), arena, &message, &error) ==
                STATUS_OK)
            count += message.num_rows;
    }
    arena_free(arena);
    return count;
}

static void every_row_goes_by_both_ways_and_all_tasks_finish(void **context)
{
    enum { ROWS = 50000 };
    struct fixture *fixture = *context;
    struct job job;
    deploy(fixture, &job, 1, ROWS, NULL);
    assert_int_equal(trigger(&job, 2, 1, RPC_CHECKPOINT_PERIODIC), STATUS_INVALID_ARGUMENT);
    trigger_sources(&job, 1, RPC_CHECKPOINT_PERIODIC);
    wait_acknowledged(fixture, 1);
    wait_all(&job, RPC_TASK_END_OF_INPUT);
    pthread_mutex_lock(&fixture->jobmanager.mutex);
    assert_int_equal(count_collected(&fixture->jobmanager), 2 * SOURCES * ROWS);
    pthread_mutex_unlock(&fixture->jobmanager.mutex);
    trigger_sources(&job, 2, RPC_CHECKPOINT_FINAL);
    assert_int_equal(wait_acknowledged(fixture, 2), VERTICES);
    notify_all(&job, 2);
    wait_all(&job, RPC_TASK_FINISHED);
}

static void it_stops_with_a_savepoint_and_with_nothing_behind_it(void **context)
{
    struct fixture *fixture = *context;
    struct job job;
    deploy(fixture, &job, 1, 0, NULL);
    trigger_sources(&job, 1, RPC_SAVEPOINT_STOP);
    assert_int_equal(wait_acknowledged(fixture, 1), 0);
    notify_all(&job, 1);
    wait_all(&job, RPC_TASK_FINISHED);
}

static bool sources_are_backpressured(struct fake_jobmanager *jobmanager, void *context)
{
    uint32_t attempt = *(uint32_t *)context;
    struct arena *arena = arena_create(4096);
    uint32_t count = 0;
    for (size_t i = jobmanager->num_messages; i-- > 0 && count < SOURCES;) {
        struct rpc_heartbeat message;
        struct error error;
        count = 0;
        if (jobmanager->messages[i].method != RPC_HEARTBEAT ||
            rpc_heartbeat_decode(buffer_view(&jobmanager->messages[i].payload), arena, &message, &error) !=
                STATUS_OK)
            continue;
        for (size_t k = 0; k < message.num_reports; k++)
            count += message.reports[k].task.attempt == attempt && message.reports[k].backpressured_ms > 0 &&
                     message.reports[k].operators[0].node_id <= SOURCES;
    }
    arena_free(arena);
    return count == SOURCES;
}

static bool is_over(struct fake_jobmanager *jobmanager, void *context)
{
    struct job *job = context;
    for (uint32_t i = 0; i < VERTICES; i++) {
        struct fake_awaited_state canceled = {&job->tasks[i], RPC_TASK_CANCELED, NULL};
        struct fake_awaited_state failed = {&job->tasks[i], RPC_TASK_FAILED, NULL};
        if (!fake_has_state(jobmanager, &canceled) && !fake_has_state(jobmanager, &failed))
            return false;
    }
    return true;
}

/* The sink takes nothing for a while, so that every channel is full. */
static void full_channels_are_torn_down_in_any_order(void **context)
{
    static const uint32_t orders[][VERTICES] = {
        {0, 1, 2, 3, 4, 5}, {5, 4, 3, 2, 1, 0}, {2, 0, 5, 1, 4, 3}, {3, 5, 1, 2, 0, 4}};
    struct fixture *fixture = *context;
    fixture->jobmanager.refusals[RPC_COLLECT] = STATUS_EXHAUSTED;
    for (uint32_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        uint32_t attempt = i + 1;
        struct job job;
        deploy(fixture, &job, attempt, 0, orders[i]);
        assert_true(fake_wait(&fixture->jobmanager, sources_are_backpressured, &attempt));
        for (uint32_t k = 0; k < VERTICES; k++)
            cancel(&job, orders[i][k]);
        assert_true(fake_wait(&fixture->jobmanager, is_over, &job));
    }
}

static void a_new_attempt_takes_over_while_the_old_one_is_full(void **context)
{
    struct fixture *fixture = *context;
    fixture->jobmanager.refusals[RPC_COLLECT] = STATUS_EXHAUSTED;
    struct job first, second;
    uint32_t attempt = 1;
    deploy(fixture, &first, attempt, 0, NULL);
    assert_true(fake_wait(&fixture->jobmanager, sources_are_backpressured, &attempt));
    deploy(fixture, &second, 2, 1000, NULL); /* cancels the first */
    assert_true(fake_wait(&fixture->jobmanager, is_over, &first));
    pthread_mutex_lock(&fixture->jobmanager.mutex);
    fixture->jobmanager.refusals[RPC_COLLECT] = STATUS_OK;
    pthread_mutex_unlock(&fixture->jobmanager.mutex);
    wait_all(&second, RPC_TASK_END_OF_INPUT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_row_goes_by_both_ways_and_all_tasks_finish),
        TEST(it_stops_with_a_savepoint_and_with_nothing_behind_it),
        TEST(full_channels_are_torn_down_in_any_order),
        TEST(a_new_attempt_takes_over_while_the_old_one_is_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
