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
    const struct rpc_committable committables[] = {{0, view("files")}};
    const struct rpc_acknowledge message = {
        .task = task,
        .checkpoint_id = 42,
        .is_end_of_input = true,
        .states = states,
        .num_states = 2,
        .committables = committables,
        .num_committables = 1,
        .sync_duration_ms = 5,
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
    assert_int_equal(read.committables[0].bytes.size, 5);
    assert_int_equal(read.sync_duration_ms, 5);
    buffer_free(&bytes);
    arena_free(arena);
}

static void a_deployment_keeps_its_graph_and_restored_states(void **state)
{
    (void)state;
    const struct bytes_view old[] = {view("a"), view("bc")};
    const struct rpc_restored_operator restored[] = {{.node_id = 9, .states = old, .num_states = 2}};
    const struct rpc_deploy message = {
        .task = task,
        .slot = 1,
        .job_graph = view("graph"),
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
        cmocka_unit_test(a_failure_arrives_with_all_that_was_known_of_it),
        cmocka_unit_test(what_does_not_parse_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
