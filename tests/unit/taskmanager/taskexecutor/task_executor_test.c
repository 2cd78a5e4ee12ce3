#include "taskmanager/taskexecutor/task_executor.h"

#include "common/plan/plan_codec.h"
#include "tests/unit/taskmanager/taskexecutor/fake_jobmanager.h"

/*
 * A task executor with two slots and a jobmanager of the test's, over inproc. The job: datagen, a sequence,
 * into one sink.
 */
static const char job_id[] = "0123456789abcdef0123456789abcdef";
static const char vertex_id[] = "fedcba9876543210fedcba9876543210";

struct fixture {
    struct process_context process;
    struct transport *transport;
    struct fake_jobmanager jobmanager;
    struct task_executor *executor;
    struct arena *arena;
};

static void start_executor(struct fixture *fixture, const char *failpoints)
{
    struct error error;
    assert_int_equal(failpoints_create(failpoints, &fixture->process.failpoints, &error), STATUS_OK);
    char listen_address[TRANSPORT_ADDRESS_BYTES + 16];
    snprintf(listen_address, sizeof listen_address, "%s-taskmanager", fixture->jobmanager.address);
    char data_address[TRANSPORT_ADDRESS_BYTES + 16];
    snprintf(data_address, sizeof data_address, "%s-data", fixture->jobmanager.address);
    struct task_executor_options options = {
        .process = &fixture->process,
        .transport = fixture->transport,
        .factory = operator_factory_shipped(),
        .num_slots = 2,
        .listen_address = listen_address,
        .data_address = data_address,
        .host = "localhost",
        .jobmanager_address = fixture->jobmanager.address,
        .heartbeat_interval_ms = 50,
        .heartbeat_timeout_ms = 5000,
        .temporary_folder = "/tmp",
    };
    fixture->executor = task_executor_create(&options);
    assert_int_equal(task_executor_start(fixture->executor, &error), STATUS_OK);
    fake_wait_registered(&fixture->jobmanager, 1);
}

static int set_up_idle(void **context)
{
    struct fixture *fixture = mem_calloc(1, sizeof *fixture);
    fixture->process.clock = clock_system();
    fixture->transport = nng_transport_create();
    fixture->arena = arena_create(4096);
    fake_jobmanager_start(&fixture->jobmanager, fixture->transport);
    *context = fixture;
    return 0;
}

static int set_up(void **context)
{
    set_up_idle(context);
    start_executor(*context, NULL);
    return 0;
}

static int tear_down(void **context)
{
    struct fixture *fixture = *context;
    task_executor_free(fixture->executor);
    fake_jobmanager_stop(&fixture->jobmanager);
    transport_free(fixture->transport);
    failpoints_free(fixture->process.failpoints);
    arena_free(fixture->arena);
    free(fixture);
    return 0;
}

/* rows 0: without end, one a millisecond. */
static void encode_graph(struct fixture *fixture, uint64_t rows, enum plan_sink_kind sink_kind,
                         struct buffer *bytes)
{
    struct plan_job_graph *graph = plan_job_graph_create();
    struct schema *schema = schema_create(1);
    schema_set_field(schema, 0, "id", data_type_of(TYPE_BIGINT));
    plan_job_graph_hold(graph, schema);
    struct datagen_field field = {
        .kind = DATAGEN_SEQUENCE, .start = 1, .end = rows == 0 ? INT64_MAX : (int64_t)rows};
    struct datagen_config datagen = {
        .rows_per_second = 1000, .number_of_rows = -1, .fields = &field, .field_count = 1};
    struct plan_source_field source_field = {.origin = PLAN_FIELD_VALUE};
    struct plan_source source = {
        .kind = PLAN_SOURCE_DATAGEN, .table = "g", .fields = &source_field, .datagen = &datagen};
    struct plan_sink sink = {.kind = sink_kind, .table = "s", .sink_id = 0};
    struct plan_node nodes[2] = {
        {.kind = PLAN_SOURCE,
         .id = 1,
         .uid = "00000000000000000000000000000001",
         .name = "Source: g[1]",
         .schema = schema,
         .source = &source,
         .child_count = 1},
        {.kind = PLAN_SINK,
         .id = 2,
         .uid = "00000000000000000000000000000002",
         .name = "s[2]: Writer",
         .schema = schema,
         .sink = &sink},
    };
    const struct plan_node *child = &nodes[1];
    nodes[0].children = &child;
    struct plan_vertex vertex = {.name = "Source: g[1] -> s[2]", .parallelism = 1, .root = &nodes[0]};
    memcpy(vertex.id, vertex_id, sizeof vertex.id);
    graph->name = "job";
    graph->parallelism = 1;
    graph->max_parallelism = 128;
    graph->configuration.local_time_zone = "UTC";
    graph->vertices = &vertex;
    graph->vertex_count = 1;
    graph->sink_count = 1;
    plan_job_graph_encode(graph, bytes);
    plan_job_graph_free(graph);
    (void)fixture;
}

static struct rpc_task_id task_of(struct fixture *fixture, uint32_t attempt)
{
    return (struct rpc_task_id){.leader_epoch = fixture->jobmanager.epoch,
                                .job_id = job_id,
                                .attempt = attempt,
                                .vertex_id = vertex_id,
                                .taskmanager_id = fixture->jobmanager.taskmanager_id};
}

struct deployment {
    uint64_t rows;
    enum plan_sink_kind sink_kind;
    uint64_t restored_checkpoint_id;
    const struct rpc_restored_operator *restored;
    size_t num_restored;
    uint32_t slot;
};

static enum status deploy_as(struct fixture *fixture, const struct rpc_task_id *task, struct deployment how)
{
    struct buffer graph = {0}, payload = {0};
    encode_graph(fixture, how.rows, how.sink_kind, &graph);
    struct rpc_deploy message = {.task = *task,
                                 .slot = how.slot,
                                 .job_graph = buffer_view(&graph),
                                 .restored_checkpoint_id = how.restored_checkpoint_id,
                                 .restored = how.restored,
                                 .num_restored = how.num_restored};
    rpc_deploy_encode(&message, &payload);
    buffer_free(&graph);
    return fake_send(&fixture->jobmanager, RPC_DEPLOY, &payload);
}

static const struct deployment endless = {.sink_kind = PLAN_SINK_BLACKHOLE};

/* A running task of that attempt. */
static struct rpc_task_id deploy_running(struct fixture *fixture, uint32_t attempt, struct deployment how)
{
    struct rpc_task_id task = task_of(fixture, attempt);
    assert_int_equal(deploy_as(fixture, &task, how), STATUS_OK);
    fake_wait_state(&fixture->jobmanager, &task, RPC_TASK_RUNNING, NULL);
    return task;
}

static enum status trigger(struct fixture *fixture, const struct rpc_task_id *task, uint64_t checkpoint_id)
{
    struct buffer payload = {0};
    struct rpc_trigger_checkpoint message = {.task = *task, .checkpoint_id = checkpoint_id};
    rpc_trigger_checkpoint_encode(&message, &payload);
    return fake_send(&fixture->jobmanager, RPC_TRIGGER_CHECKPOINT, &payload);
}

static enum status notify(struct fixture *fixture, const struct rpc_task_id *task, uint64_t checkpoint_id,
                          bool is_final)
{
    struct buffer payload = {0};
    struct rpc_notify_checkpoint message = {
        .task = *task, .checkpoint_id = checkpoint_id, .is_final = is_final};
    rpc_notify_checkpoint_encode(&message, &payload);
    return fake_send(&fixture->jobmanager, RPC_NOTIFY_CHECKPOINT, &payload);
}

static enum status cancel(struct fixture *fixture, const struct rpc_task_id *task)
{
    struct buffer payload = {0};
    struct rpc_cancel_task message = {.task = *task};
    rpc_cancel_task_encode(&message, &payload);
    return fake_send(&fixture->jobmanager, RPC_CANCEL_TASK, &payload);
}

static void assert_states(struct fixture *fixture, const struct rpc_task_id *task, const char *expected)
{
    struct buffer text = {0};
    pthread_mutex_lock(&fixture->jobmanager.mutex);
    fake_states(&fixture->jobmanager, task, &text);
    pthread_mutex_unlock(&fixture->jobmanager.mutex);
    assert_string_equal(buffer_text(&text), expected);
    buffer_free(&text);
}

static void a_bounded_task_lives_from_deployment_to_finished(void **context)
{
    struct fixture *fixture = *context;
    struct rpc_task_id task =
        deploy_running(fixture, 1, (struct deployment){.rows = 20, .sink_kind = PLAN_SINK_BLACKHOLE});
    fake_wait_state(&fixture->jobmanager, &task, RPC_TASK_END_OF_INPUT, NULL);
    assert_int_equal(trigger(fixture, &task, 1), STATUS_OK);
    assert_true(fake_wait_acknowledge(&fixture->jobmanager, fixture->arena, 1).is_end_of_input);
    assert_int_equal(notify(fixture, &task, 1, true), STATUS_OK);
    fake_wait_state(&fixture->jobmanager, &task, RPC_TASK_FINISHED, NULL);
    assert_states(fixture, &task, "1 2 3 4 ");
}

static void a_checkpoint_brings_offsets_and_a_restore_takes_them(void **context)
{
    struct fixture *fixture = *context;
    struct rpc_task_id task = deploy_running(fixture, 1, endless);
    assert_int_equal(trigger(fixture, &task, 1), STATUS_OK);
    struct rpc_acknowledge first = fake_wait_acknowledge(&fixture->jobmanager, fixture->arena, 1);
    assert_false(first.is_end_of_input);
    assert_int_equal(first.num_states, 1);
    assert_int_equal(first.states[0].node_id, 1);
    assert_int_equal(cancel(fixture, &task), STATUS_OK);
    fake_wait_state(&fixture->jobmanager, &task, RPC_TASK_CANCELED, NULL);

    struct rpc_restored_operator restored = {.node_id = 1, .states = &first.states[0].bytes, .num_states = 1};
    struct deployment how = endless;
    how.restored_checkpoint_id = 1;
    how.restored = &restored;
    how.num_restored = 1;
    task = deploy_running(fixture, 2, how);
    assert_int_equal(trigger(fixture, &task, 2), STATUS_OK);
    struct rpc_acknowledge second = fake_wait_acknowledge(&fixture->jobmanager, fixture->arena, 2);
    /* The same stripe (seed, stride, residue), further on: these stand behind the headers of state and list.
     */
    size_t item = second.states[0].bytes.size - 32;
    assert_int_equal(first.states[0].bytes.size, second.states[0].bytes.size);
    assert_memory_equal(first.states[0].bytes.data + item, second.states[0].bytes.data + item, 24);
    uint64_t before, after;
    memcpy(&before, first.states[0].bytes.data + item + 24, 8);
    memcpy(&after, second.states[0].bytes.data + item + 24, 8);
    assert_true(after >= before);
}

static void a_doubled_trigger_is_answered_once(void **context)
{
    struct fixture *fixture = *context;
    struct rpc_task_id task = deploy_running(fixture, 1, endless);
    assert_int_equal(trigger(fixture, &task, 1), STATUS_OK);
    assert_int_equal(trigger(fixture, &task, 1), STATUS_OK);
    assert_int_equal(trigger(fixture, &task, 2), STATUS_OK);
    fake_wait_acknowledge(&fixture->jobmanager, fixture->arena, 2);
    size_t count = 0;
    pthread_mutex_lock(&fixture->jobmanager.mutex);
    for (size_t i = 0; i < fixture->jobmanager.num_messages; i++)
        count += fixture->jobmanager.messages[i].method == RPC_ACKNOWLEDGE;
    pthread_mutex_unlock(&fixture->jobmanager.mutex);
    assert_int_equal(count, 2);
}

static void messages_that_were_lost_arrive_all_the_same_and_in_order(void **context)
{
    struct fixture *fixture = *context;
    fixture->jobmanager.num_ignored[RPC_TASK_STATE] = 2;
    fixture->jobmanager.num_ignored[RPC_ACKNOWLEDGE] = 2;
    struct rpc_task_id task = deploy_running(fixture, 1, endless);
    assert_int_equal(trigger(fixture, &task, 1), STATUS_OK);
    fake_wait_acknowledge(&fixture->jobmanager, fixture->arena, 1);
    assert_int_equal(cancel(fixture, &task), STATUS_OK);
    fake_wait_state(&fixture->jobmanager, &task, RPC_TASK_CANCELED, NULL);
    assert_states(fixture, &task, "1 2 5 ");
}

static void what_is_stale_is_refused_without_effect(void **context)
{
    struct fixture *fixture = *context;
    struct rpc_task_id task = deploy_running(fixture, 2, endless);
    struct rpc_task_id stale = task;
    stale.leader_epoch = 2;
    assert_int_equal(deploy_as(fixture, &stale, endless), STATUS_FENCED);
    assert_int_equal(cancel(fixture, &stale), STATUS_FENCED);
    stale = task;
    stale.attempt = 1;
    assert_int_equal(deploy_as(fixture, &stale, endless), STATUS_FENCED);
    assert_int_equal(trigger(fixture, &stale, 1), STATUS_FENCED);
    assert_int_equal(cancel(fixture, &stale), STATUS_FENCED);
    stale = task;
    stale.taskmanager_id = "00000000000000000000000000000000";
    assert_int_equal(cancel(fixture, &stale), STATUS_FENCED);
    assert_int_equal(trigger(fixture, &task, 1), STATUS_OK);
    fake_wait_acknowledge(&fixture->jobmanager, fixture->arena, 1);
    assert_states(fixture, &task, "1 2 ");
}

static void deploying_twice_starts_once_also_after_the_end(void **context)
{
    struct fixture *fixture = *context;
    struct rpc_task_id task = deploy_running(fixture, 1, endless);
    assert_int_equal(deploy_as(fixture, &task, endless), STATUS_OK);
    assert_int_equal(cancel(fixture, &task), STATUS_OK);
    fake_wait_state(&fixture->jobmanager, &task, RPC_TASK_CANCELED, NULL);
    assert_int_equal(deploy_as(fixture, &task, endless), STATUS_OK);
    assert_int_equal(trigger(fixture, &task, 1), STATUS_NOT_FOUND);
    assert_states(fixture, &task, "1 2 5 ");
}

static void a_cancel_that_overtakes_its_deployment_wins(void **context)
{
    struct fixture *fixture = *context;
    struct rpc_task_id task = task_of(fixture, 1);
    assert_int_equal(cancel(fixture, &task), STATUS_OK);
    fake_wait_state(&fixture->jobmanager, &task, RPC_TASK_CANCELED, NULL);
    assert_int_equal(deploy_as(fixture, &task, endless), STATUS_OK);
    assert_int_equal(trigger(fixture, &task, 1), STATUS_NOT_FOUND);
    assert_states(fixture, &task, "5 ");
}

static void a_new_attempt_takes_the_slot_of_the_old_one(void **context)
{
    struct fixture *fixture = *context;
    struct rpc_task_id first = deploy_running(fixture, 1, endless);
    struct rpc_task_id second = deploy_running(fixture, 2, endless);
    fake_wait_state(&fixture->jobmanager, &first, RPC_TASK_CANCELED, NULL);
    assert_int_equal(trigger(fixture, &second, 1), STATUS_OK);
    fake_wait_acknowledge(&fixture->jobmanager, fixture->arena, 1);
}

static void a_slot_belongs_to_one_job(void **context)
{
    struct fixture *fixture = *context;
    deploy_running(fixture, 1, endless);
    struct rpc_task_id other = task_of(fixture, 1);
    other.job_id = "ffffffffffffffffffffffffffffffff";
    assert_int_equal(deploy_as(fixture, &other, endless), STATUS_EXHAUSTED);
    struct deployment elsewhere = endless;
    elsewhere.slot = 1;
    assert_int_equal(deploy_as(fixture, &other, elsewhere), STATUS_OK);
    elsewhere.slot = 2;
    assert_int_equal(deploy_as(fixture, &other, elsewhere), STATUS_OK); /* it is there already */
    other.attempt = 2;
    assert_int_equal(deploy_as(fixture, &other, elsewhere), STATUS_INVALID_ARGUMENT);
}

static void a_failed_snapshot_declines_and_fails_the_task(void **context)
{
    struct fixture *fixture = *context;
    start_executor(fixture, "task/before_snapshot=error@2");
    struct rpc_task_id task = deploy_running(fixture, 1, endless);
    assert_int_equal(trigger(fixture, &task, 1), STATUS_OK);
    fake_wait_acknowledge(&fixture->jobmanager, fixture->arena, 1);
    assert_int_equal(trigger(fixture, &task, 2), STATUS_OK);
    struct rpc_decline decline = fake_wait_decline(&fixture->jobmanager, fixture->arena, 2);
    assert_int_equal(decline.error.code, STATUS_IO);
    struct error error;
    fake_wait_state(&fixture->jobmanager, &task, RPC_TASK_FAILED, &error);
    assert_int_equal(error.code, STATUS_IO);
    assert_string_equal(error.operator_name, "Source: g[1] -> s[2]");
    assert_int_equal(error.subtask, 0);
}

static void a_state_that_does_not_parse_fails_the_task_and_names_the_operator(void **context)
{
    struct fixture *fixture = *context;
    struct bytes_view junk = {(const uint8_t *)"junk", 4};
    struct rpc_restored_operator restored = {.node_id = 1, .states = &junk, .num_states = 1};
    struct deployment how = endless;
    how.restored_checkpoint_id = 1;
    how.restored = &restored;
    how.num_restored = 1;
    struct rpc_task_id task = task_of(fixture, 1);
    assert_int_equal(deploy_as(fixture, &task, how), STATUS_OK);
    struct error error;
    fake_wait_state(&fixture->jobmanager, &task, RPC_TASK_FAILED, &error);
    assert_int_equal(error.code, STATUS_CORRUPT);
    assert_string_equal(error.operator_name, "Source: g[1]");
}

static bool has_unanswered_registration(struct fake_jobmanager *jobmanager, void *context)
{
    (void)context;
    return jobmanager->num_unanswered_registrations > 0;
}

static void a_silent_jobmanager_costs_the_tasks_and_is_registered_at_again(void **context)
{
    struct fixture *fixture = *context;
    fixture->jobmanager.heartbeat_timeout_ms = 300;
    start_executor(fixture, NULL);
    struct rpc_task_id task = deploy_running(fixture, 1, endless);
    pthread_mutex_lock(&fixture->jobmanager.mutex);
    fixture->jobmanager.is_silent = true;
    pthread_mutex_unlock(&fixture->jobmanager.mutex);
    assert_true(fake_wait(&fixture->jobmanager, has_unanswered_registration, NULL));
    pthread_mutex_lock(&fixture->jobmanager.mutex);
    fixture->jobmanager.is_silent = false;
    pthread_mutex_unlock(&fixture->jobmanager.mutex);
    fake_wait_registered(&fixture->jobmanager, 2);
    struct error error;
    fake_wait_state(&fixture->jobmanager, &task, RPC_TASK_FAILED, &error);
    assert_non_null(strstr(error.message, "not heard"));
    deploy_running(fixture, 2, endless);
}

static void a_new_leader_adopts_nothing(void **context)
{
    struct fixture *fixture = *context;
    struct rpc_task_id task = deploy_running(fixture, 1, endless);
    pthread_mutex_lock(&fixture->jobmanager.mutex);
    fixture->jobmanager.epoch = 4;
    fixture->jobmanager.forgets_taskmanagers = true;
    pthread_mutex_unlock(&fixture->jobmanager.mutex);
    fake_wait_registered(&fixture->jobmanager, 2);
    assert_int_equal(trigger(fixture, &task, 1), STATUS_FENCED);
    deploy_running(fixture, 1, endless);
    assert_states(fixture, &task, "1 2 "); /* nobody is told of what the old leader had running */
}

static void a_task_whose_message_is_fenced_ends(void **context)
{
    struct fixture *fixture = *context;
    struct rpc_task_id task = deploy_running(fixture, 1, endless);
    fixture->jobmanager.refusals[RPC_ACKNOWLEDGE] = STATUS_FENCED;
    assert_int_equal(trigger(fixture, &task, 1), STATUS_OK);
    fake_wait_acknowledge(&fixture->jobmanager, fixture->arena, 1);
    /* Its slot becomes free for another job. */
    struct rpc_task_id other = task_of(fixture, 1);
    other.job_id = "ffffffffffffffffffffffffffffffff";
    enum status status;
    while ((status = deploy_as(fixture, &other, endless)) == STATUS_EXHAUSTED)
        continue;
    assert_int_equal(status, STATUS_OK);
}

struct collected {
    uint64_t num_rows;
    uint64_t next_sequence;
};

static bool has_all_rows(struct fake_jobmanager *jobmanager, void *context)
{
    struct collected *collected = context;
    *collected = (struct collected){0};
    struct arena *arena = arena_create(4096);
    for (size_t i = 0; i < jobmanager->num_messages; i++) {
        struct rpc_collect message;
        struct error error;
        if (jobmanager->messages[i].method != RPC_COLLECT ||
            rpc_collect_decode(buffer_view(&jobmanager->messages[i].payload), arena, &message, &error) !=
                STATUS_OK)
            continue;
        assert_int_equal(message.sequence, collected->next_sequence++);
        collected->num_rows += message.num_rows;
    }
    arena_free(arena);
    return collected->num_rows == 50;
}

static void collected_rows_arrive_in_order_before_the_end_is_told(void **context)
{
    struct fixture *fixture = *context;
    fixture->jobmanager.num_ignored[RPC_COLLECT] = 3;
    struct rpc_task_id task =
        deploy_running(fixture, 1, (struct deployment){.rows = 50, .sink_kind = PLAN_SINK_COLLECT});
    fake_wait_state(&fixture->jobmanager, &task, RPC_TASK_END_OF_INPUT, NULL);
    struct collected collected;
    pthread_mutex_lock(&fixture->jobmanager.mutex);
    assert_true(has_all_rows(&fixture->jobmanager, &collected));
    pthread_mutex_unlock(&fixture->jobmanager.mutex);
}

static void a_reader_that_takes_no_rows_does_not_stand_in_the_way_of_cancel(void **context)
{
    struct fixture *fixture = *context;
    fixture->jobmanager.refusals[RPC_COLLECT] = STATUS_EXHAUSTED;
    struct rpc_task_id task = deploy_running(fixture, 1, (struct deployment){.sink_kind = PLAN_SINK_COLLECT});
    assert_int_equal(cancel(fixture, &task), STATUS_OK);
    fake_wait_state(&fixture->jobmanager, &task, RPC_TASK_CANCELED, NULL);
}

static bool has_busy_report(struct fake_jobmanager *jobmanager, void *context)
{
    (void)context;
    bool found = false;
    struct arena *arena = arena_create(4096);
    for (size_t i = 0; i < jobmanager->num_messages && !found; i++) {
        struct rpc_heartbeat message;
        struct error error;
        if (jobmanager->messages[i].method != RPC_HEARTBEAT ||
            rpc_heartbeat_decode(buffer_view(&jobmanager->messages[i].payload), arena, &message, &error) !=
                STATUS_OK)
            continue;
        found = message.num_reports == 1 && message.num_free_slots == 1 && message.resident_bytes > 0 &&
                message.reports[0].status == RPC_TASK_RUNNING && message.reports[0].num_operators == 2 &&
                message.reports[0].operators[1].records_in > 0 && message.reports[0].idle_ms > 0;
    }
    arena_free(arena);
    return found;
}

static void heartbeats_tell_what_the_tasks_do(void **context)
{
    struct fixture *fixture = *context;
    deploy_running(fixture, 1, endless);
    assert_true(fake_wait(&fixture->jobmanager, has_busy_report, NULL));
}

static bool has_final_report(struct fake_jobmanager *jobmanager, void *context)
{
    (void)context;
    bool found = false;
    struct arena *arena = arena_create(4096);
    for (size_t i = 0; i < jobmanager->num_messages && !found; i++) {
        struct rpc_heartbeat message;
        struct error error;
        if (jobmanager->messages[i].method == RPC_HEARTBEAT &&
            rpc_heartbeat_decode(buffer_view(&jobmanager->messages[i].payload), arena, &message, &error) ==
                STATUS_OK)
            found = message.num_reports == 1 && message.reports[0].operators[1].records_in == 20;
    }
    arena_free(arena);
    return found;
}

static void the_last_counters_are_told_before_the_task_is_gone(void **context)
{
    struct fixture *fixture = *context;
    fixture->jobmanager.heartbeat_interval_ms = 4000; /* only beats out of turn come in time */
    start_executor(fixture, NULL);
    struct rpc_task_id task =
        deploy_running(fixture, 1, (struct deployment){.rows = 20, .sink_kind = PLAN_SINK_BLACKHOLE});
    fake_wait_state(&fixture->jobmanager, &task, RPC_TASK_END_OF_INPUT, NULL);
    assert_int_equal(trigger(fixture, &task, 1), STATUS_OK);
    fake_wait_acknowledge(&fixture->jobmanager, fixture->arena, 1);
    assert_true(fake_wait(&fixture->jobmanager, has_final_report, NULL));
    assert_int_equal(notify(fixture, &task, 1, true), STATUS_OK);
    fake_wait_state(&fixture->jobmanager, &task, RPC_TASK_FINISHED, NULL);
}

static void a_graph_that_does_not_parse_is_refused(void **context)
{
    struct fixture *fixture = *context;
    struct buffer payload = {0};
    struct rpc_deploy message = {.task = task_of(fixture, 1), .job_graph = {(const uint8_t *)"junk", 4}};
    rpc_deploy_encode(&message, &payload);
    assert_int_equal(fake_send(&fixture->jobmanager, RPC_DEPLOY, &payload), STATUS_CORRUPT);
    buffer_append_text(&payload, "junk");
    assert_int_equal(fake_send(&fixture->jobmanager, RPC_CANCEL_TASK, &payload), STATUS_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_bounded_task_lives_from_deployment_to_finished, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_checkpoint_brings_offsets_and_a_restore_takes_them, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_doubled_trigger_is_answered_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(messages_that_were_lost_arrive_all_the_same_and_in_order, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_stale_is_refused_without_effect, set_up, tear_down),
        cmocka_unit_test_setup_teardown(deploying_twice_starts_once_also_after_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cancel_that_overtakes_its_deployment_wins, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_new_attempt_takes_the_slot_of_the_old_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_slot_belongs_to_one_job, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_failed_snapshot_declines_and_fails_the_task, set_up_idle,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_state_that_does_not_parse_fails_the_task_and_names_the_operator,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_silent_jobmanager_costs_the_tasks_and_is_registered_at_again,
                                        set_up_idle, tear_down),
        cmocka_unit_test_setup_teardown(a_new_leader_adopts_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_task_whose_message_is_fenced_ends, set_up, tear_down),
        cmocka_unit_test_setup_teardown(collected_rows_arrive_in_order_before_the_end_is_told, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_reader_that_takes_no_rows_does_not_stand_in_the_way_of_cancel,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(heartbeats_tell_what_the_tasks_do, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_last_counters_are_told_before_the_task_is_gone, set_up_idle,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_graph_that_does_not_parse_is_refused, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
