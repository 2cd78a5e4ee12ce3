#include "common/rpc/messages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const struct rpc_task_id task = {
    .leader_epoch = 7,
    .job_id = "0123456789abcdef0123456789abcdef",
    .attempt = 3,
    .vertex_id = "fedcba9876543210fedcba9876543210",
    .subtask = 1,
    .taskmanager_id = "00112233445566778899aabbccddeeff",
};

static struct bytes_view view(const char *text)
{
    return (struct bytes_view){(const uint8_t *)text, strlen(text)};
}

static void assert_same_task(const struct rpc_task_id *read)
{
    assert_int_equal(read->leader_epoch, task.leader_epoch);
    assert_string_equal(read->job_id, task.job_id);
    assert_int_equal(read->attempt, task.attempt);
    assert_string_equal(read->vertex_id, task.vertex_id);
    assert_int_equal(read->subtask, task.subtask);
    assert_string_equal(read->taskmanager_id, task.taskmanager_id);
}

static void an_acknowledgement_keeps_states_and_committables(void **state)
{
    (void)state;
    const struct rpc_operator_bytes states[] = {{1, view("offsets")}, {4, view("")}};
    const struct rpc_operator_bytes keyed_states[] = {{6, view("handle")}};
    const struct rpc_committable committables[] = {{0, view("files")}};
    const struct rpc_acknowledge message = {
        .task = task,
        .checkpoint_id = 42,
        .is_end_of_input = true,
        .states = states,
        .num_states = 2,
        .keyed_states = keyed_states,
        .num_keyed_states = 1,
        .committables = committables,
        .num_committables = 1,
        .start_delay_ms = 3,
        .alignment_ms = 4,
        .sync_duration_ms = 5,
        .async_duration_ms = 6,
        .aligned_bytes = 7,
    };
    struct buffer bytes = {0};
    rpc_acknowledge_encode(&message, &bytes);
    struct arena *arena = arena_create(1024);
    struct rpc_acknowledge read;
    struct error error;
    assert_int_equal(rpc_acknowledge_decode(buffer_view(&bytes), arena, &read, &error), STATUS_OK);
    assert_same_task(&read.task);
    assert_int_equal(read.checkpoint_id, 42);
    assert_true(read.is_end_of_input);
    assert_int_equal(read.num_states, 2);
    assert_memory_equal(read.states[0].bytes.data, "offsets", 7);
    assert_int_equal(read.states[1].node_id, 4);
    assert_int_equal(read.num_keyed_states, 1);
    assert_int_equal(read.keyed_states[0].node_id, 6);
    assert_memory_equal(read.keyed_states[0].bytes.data, "handle", 6);
    assert_int_equal(read.committables[0].bytes.size, 5);
    assert_int_equal(read.start_delay_ms, 3);
    assert_int_equal(read.alignment_ms, 4);
    assert_int_equal(read.sync_duration_ms, 5);
    assert_int_equal(read.async_duration_ms, 6);
    assert_int_equal(read.aligned_bytes, 7);
    buffer_free(&bytes);
    arena_free(arena);
}

static void a_deployment_keeps_its_graph_and_restored_states(void **state)
{
    (void)state;
    const struct bytes_view old[] = {view("a"), view("bc")};
    const struct bytes_view handles[] = {view("0-64"), view("64-128")};
    const struct rpc_restored_operator restored[] = {
        {.node_id = 9, .states = old, .num_states = 2, .keyed_states = handles, .num_keyed_states = 2}};
    const struct rpc_task_location locations[] = {
        {0, 0, task.taskmanager_id, "tcp://a:1"},
        {1, 2, task.taskmanager_id, "tcp://b:2"},
    };
    const struct rpc_deploy message = {
        .task = task,
        .slot = 1,
        .job_graph = view("graph"),
        .locations = locations,
        .num_locations = 2,
        .checkpoint_folder = "/checkpoints/default/job",
        .restored_checkpoint_id = 12,
        .restored = restored,
        .num_restored = 1,
    };
    struct buffer bytes = {0};
    rpc_deploy_encode(&message, &bytes);
    struct arena *arena = arena_create(1024);
    struct rpc_deploy read;
    struct error error;
    assert_int_equal(rpc_deploy_decode(buffer_view(&bytes), arena, &read, &error), STATUS_OK);
    assert_same_task(&read.task);
    assert_memory_equal(read.job_graph.data, "graph", 5);
    assert_int_equal(read.restored_checkpoint_id, 12);
    assert_int_equal(read.restored[0].num_states, 2);
    assert_memory_equal(read.restored[0].states[1].data, "bc", 2);
    assert_int_equal(read.restored[0].num_keyed_states, 2);
    assert_memory_equal(read.restored[0].keyed_states[1].data, "64-128", 6);
    assert_int_equal(read.num_locations, 2);
    assert_int_equal(read.locations[1].vertex, 1);
    assert_int_equal(read.locations[1].subtask, 2);
    assert_string_equal(read.locations[1].taskmanager_id, task.taskmanager_id);
    assert_string_equal(read.locations[1].data_address, "tcp://b:2");
    assert_string_equal(read.checkpoint_folder, "/checkpoints/default/job");
    buffer_free(&bytes);
    arena_free(arena);
}

static void a_trigger_keeps_what_kind_of_checkpoint_it_asks_for(void **state)
{
    (void)state;
    const struct rpc_trigger_checkpoint message = {
        .task = task,
        .checkpoint_id = 5,
        .kind = RPC_SAVEPOINT_STOP,
        .is_drain = true,
        .durable_id = 4,
        .timestamp_ms = 1700000000123,
    };
    struct buffer bytes = {0};
    rpc_trigger_checkpoint_encode(&message, &bytes);
    struct arena *arena = arena_create(1024);
    struct rpc_trigger_checkpoint read;
    struct error error;
    assert_int_equal(rpc_trigger_checkpoint_decode(buffer_view(&bytes), arena, &read, &error), STATUS_OK);
    assert_same_task(&read.task);
    assert_int_equal(read.checkpoint_id, 5);
    assert_int_equal(read.kind, RPC_SAVEPOINT_STOP);
    assert_true(read.is_drain);
    assert_int_equal(read.durable_id, 4);
    assert_int_equal(read.timestamp_ms, 1700000000123);
    buffer_free(&bytes);
    arena_free(arena);
}

static void a_decline_hands_over_what_was_written_in_vain(void **state)
{
    (void)state;
    const struct rpc_committable committables[] = {{3, view("files")}};
    struct rpc_decline message = {
        .task = task, .checkpoint_id = 8, .committables = committables, .num_committables = 1};
    error_set(&message.error, STATUS_IO, "no space");
    struct buffer bytes = {0};
    rpc_decline_encode(&message, &bytes);
    struct arena *arena = arena_create(1024);
    struct rpc_decline read;
    struct error error;
    assert_int_equal(rpc_decline_decode(buffer_view(&bytes), arena, &read, &error), STATUS_OK);
    assert_same_task(&read.task);
    assert_int_equal(read.checkpoint_id, 8);
    assert_string_equal(read.error.message, "no space");
    assert_int_equal(read.num_committables, 1);
    assert_int_equal(read.committables[0].sink_id, 3);
    assert_memory_equal(read.committables[0].bytes.data, "files", 5);
    buffer_free(&bytes);
    arena_free(arena);
}

static void a_registration_names_both_addresses(void **state)
{
    (void)state;
    const struct rpc_register message = {
        .taskmanager_id = task.taskmanager_id,
        .address = "tcp://a:1",
        .data_address = "tcp://a:2",
        .host = "a",
        .protocol_version = RPC_VERSION,
        .build_version = "1",
        .num_slots = 2,
    };
    struct buffer bytes = {0};
    rpc_register_encode(&message, &bytes);
    struct arena *arena = arena_create(1024);
    struct rpc_register read;
    struct error error;
    assert_int_equal(rpc_register_decode(buffer_view(&bytes), arena, &read, &error), STATUS_OK);
    assert_string_equal(read.address, "tcp://a:1");
    assert_string_equal(read.data_address, "tcp://a:2");
    assert_int_equal(read.num_slots, 2);
    buffer_free(&bytes);
    arena_free(arena);
}

static void a_heartbeat_keeps_the_figures_of_tasks_and_operators(void **state)
{
    (void)state;
    const struct rpc_operator_metrics operators[] = {
        {.node_id = 4,
         .records_in = 10,
         .pending_records = -1,
         .late_records_dropped = 3,
         .watermark_us = INT64_MIN,
         .state_bytes = 4096},
    };
    const struct rpc_task_report reports[] = {
        {.task = task,
         .status = RPC_TASK_RUNNING,
         .busy_ms = 1,
         .queued_inputs = 5,
         .queued_outputs = 6,
         .bytes_received = 7,
         .bytes_sent = 8,
         .operators = operators,
         .num_operators = 1},
    };
    const struct rpc_heartbeat message = {
        .leader_epoch = 7,
        .taskmanager_id = task.taskmanager_id,
        .reports = reports,
        .num_reports = 1,
    };
    struct buffer bytes = {0};
    rpc_heartbeat_encode(&message, &bytes);
    struct arena *arena = arena_create(1024);
    struct rpc_heartbeat read;
    struct error error;
    assert_int_equal(rpc_heartbeat_decode(buffer_view(&bytes), arena, &read, &error), STATUS_OK);
    assert_int_equal(read.num_reports, 1);
    assert_int_equal(read.reports[0].queued_inputs, 5);
    assert_int_equal(read.reports[0].queued_outputs, 6);
    assert_int_equal(read.reports[0].bytes_received, 7);
    assert_int_equal(read.reports[0].bytes_sent, 8);
    assert_int_equal(read.reports[0].operators[0].pending_records, -1);
    assert_int_equal(read.reports[0].operators[0].late_records_dropped, 3);
    assert_true(read.reports[0].operators[0].watermark_us == INT64_MIN);
    assert_int_equal(read.reports[0].operators[0].state_bytes, 4096);
    buffer_free(&bytes);
    arena_free(arena);
}

static void a_failure_arrives_with_all_that_was_known_of_it(void **state)
{
    (void)state;
    struct rpc_task_state message = {.task = task, .status = RPC_TASK_FAILED};
    assert_int_equal(error_set(&message.error, STATUS_UNAVAILABLE, "broker 127.0.0.1:1 is gone"),
                     STATUS_UNAVAILABLE);
    message.error.subtask = 1;
    strcpy(message.error.operator_name, "Source: t[1]");
    struct buffer bytes = {0};
    rpc_task_state_encode(&message, &bytes);
    struct arena *arena = arena_create(1024);
    struct rpc_task_state read;
    struct error error;
    assert_int_equal(rpc_task_state_decode(buffer_view(&bytes), arena, &read, &error), STATUS_OK);
    assert_int_equal(read.status, RPC_TASK_FAILED);
    assert_int_equal(read.error.code, STATUS_UNAVAILABLE);
    assert_true(read.error.retriable);
    assert_int_equal(read.error.subtask, 1);
    assert_string_equal(read.error.operator_name, "Source: t[1]");
    assert_string_equal(read.error.message, "broker 127.0.0.1:1 is gone");
    buffer_free(&bytes);
    arena_free(arena);
}

static void what_does_not_parse_is_refused(void **state)
{
    (void)state;
    struct arena *arena = arena_create(1024);
    struct error error;
    struct rpc_cancel_task cancel;
    assert_int_equal(rpc_cancel_task_decode(view("\xff\xff\xff"), arena, &cancel, &error), STATUS_CORRUPT);
    assert_int_equal(rpc_cancel_task_decode(view(""), arena, &cancel, &error), STATUS_CORRUPT);
    struct rpc_cancel_task message = {.task = task};
    message.task.job_id = "not an id";
    struct buffer bytes = {0};
    rpc_cancel_task_encode(&message, &bytes);
    assert_int_equal(rpc_cancel_task_decode(buffer_view(&bytes), arena, &cancel, &error), STATUS_CORRUPT);
    buffer_free(&bytes);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_acknowledgement_keeps_states_and_committables),
        cmocka_unit_test(a_deployment_keeps_its_graph_and_restored_states),
        cmocka_unit_test(a_trigger_keeps_what_kind_of_checkpoint_it_asks_for),
        cmocka_unit_test(a_decline_hands_over_what_was_written_in_vain),
        cmocka_unit_test(a_registration_names_both_addresses),
        cmocka_unit_test(a_heartbeat_keeps_the_figures_of_tasks_and_operators),
        cmocka_unit_test(a_failure_arrives_with_all_that_was_known_of_it),
        cmocka_unit_test(what_does_not_parse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
