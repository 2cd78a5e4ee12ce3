#include "tests/unit/taskmanager/taskexecutor/scripted_chain.h"

/* Keyed state of a chain: opened and restored before the operator, frozen with it, closed behind it. */
static const struct plan_window_aggregate local_aggregate = {.phase = PLAN_AGGREGATE_LOCAL};

static int set_up_state(void **context)
{
    set_up(context);
    struct fixture *fixture = *context;
    fixture->nodes[2].kind = PLAN_DEDUPLICATE;
    memcpy(fixture->nodes[2].uid, "00000000000000000000000000000abc", PLAN_UID_BYTES);
    fixture->subtask = 1;
    fixture->vertex.parallelism = 3;
    return 0;
}

static void open_chain(struct fixture *fixture)
{
    struct error error;
    create_chain(fixture);
    assert_int_equal(operator_chain_open(fixture->chain, &error), STATUS_OK);
}

static void it_stands_around_its_operator(void **context)
{
    struct fixture *fixture = *context;
    struct chain_snapshot taken = {0};
    struct error error;
    open_chain(fixture);
    assert_journal("4.open 3.open 9.open 2.open 1.open 1.fresh");
    assert_int_equal(snapshot(fixture, 5, &taken, &error), OPERATOR_DONE);
    assert_journal("1.snapshot 2.prepare 2.snapshot 9.completed4 9.freeze5 3.prepare 3.snapshot 4.prepare "
                   "4.snapshot");
    assert_int_equal(taken.num_frozen, 1);
    assert_int_equal(taken.frozen[0].node_id, 2);
    chain_snapshot_free(&taken);
    assert_journal("9.free");
    operator_chain_notify(fixture->chain, 5, false);
    assert_journal("9.completed5 2.complete 3.complete 4.complete");
    operator_chain_notify(fixture->chain, 6, true);
    assert_journal("9.aborted6 2.aborted 3.aborted 4.aborted");
    struct rpc_task_report report;
    operator_chain_measure(fixture->chain);
    operator_chain_report(fixture->chain, fixture->arena, &report);
    assert_int_equal(report.operators[1].state_bytes, 4000);
    operator_chain_close(fixture->chain);
    assert_journal("1.close 2.close 9.close 3.close 4.close");
}

static void it_has_its_operators_name_its_share_of_memory_and_folders_of_its_own(void **context)
{
    struct fixture *fixture = *context;
    open_chain(fixture);
    const struct keyed_state_options *options = &script->keyed_options;
    assert_string_equal(options->operator_name, "Calc[2]");
    assert_int_equal(options->kind, STATE_BACKEND_ROCKSDB);
    assert_int_equal(options->memory_bytes, 1000);
    assert_int_equal(options->first_key_group, 43);
    assert_int_equal(options->end_key_group, 86);
    assert_int_equal(options->max_parallelism, 128);
    assert_string_equal(options->checkpoint_folder, "file:///tmp/none");
    char expected[256];
    snprintf(expected, sizeof expected,
             "%s/frazil-taskmanager-t/jobs/%s/0-0-00000000000000000000000000000abc-1", fixture->temporary,
             some_id);
    assert_string_equal(options->local_folder, expected);
    snprintf(expected, sizeof expected,
             "%s/frazil-taskmanager-t/recovery/%s/00000000000000000000000000000abc-1", fixture->temporary,
             some_id);
    assert_string_equal(options->recovery_folder, expected);
}

static void stateful_operators_of_all_vertices_share_the_slot(void **context)
{
    struct fixture *fixture = *context;
    struct plan_node other = fixture->nodes[2];
    other.child_count = 0;
    struct plan_vertex vertices[3] = {
        fixture->vertex,
        {.name = "w", .parallelism = 2, .root = &other},
        {.name = "one", .parallelism = 1, .root = &other}, /* has no subtask in this slot */
    };
    fixture->graph.vertices = vertices;
    fixture->graph.vertex_count = 3;
    struct operator_chain_options options = {.environment = &fixture->environment,
                                             .graph = &fixture->graph,
                                             .vertex = &vertices[0],
                                             .deploy = &fixture->deploy,
                                             .wake = no_wake,
                                             .wake_input = no_wake};
    operator_chain_free(fixture->chain);
    fixture->deploy.task.subtask = 1;
    fixture->chain = operator_chain_create(&options);
    struct error error;
    assert_int_equal(operator_chain_open(fixture->chain, &error), STATUS_OK);
    assert_int_equal(script->keyed_options.memory_bytes, 500);
    operator_chain_free(fixture->chain);
    fixture->chain = NULL;
}

static void the_job_chooses_the_backend(void **context)
{
    struct fixture *fixture = *context;
    struct plan_configuration_entry entry = {"state.backend.type", "hashmap"};
    fixture->graph.configuration.entries = &entry;
    fixture->graph.configuration.entry_count = 1;
    open_chain(fixture);
    assert_int_equal(script->keyed_options.kind, STATE_BACKEND_HASHMAP);
    entry.value = "memory";
    create_chain(fixture);
    struct error error;
    assert_int_equal(operator_chain_open(fixture->chain, &error), STATUS_INVALID_ARGUMENT);
    assert_string_equal(error.operator_name, "Calc[2]");
}

static void handles_come_back_to_the_operator_that_wrote_them(void **context)
{
    struct fixture *fixture = *context;
    struct keyed_state_handle handle = {
        .first_key_group = 3, .end_key_group = 64, .max_parallelism = 128, .backend = "rocksdb"};
    struct buffer bytes = {0};
    keyed_state_handle_encode(&handle, &bytes);
    struct bytes_view view = buffer_view(&bytes);
    struct rpc_restored_operator restored = {.node_id = 2, .keyed_states = &view, .num_keyed_states = 1};
    fixture->deploy.restored_checkpoint_id = 8;
    fixture->deploy.restored = &restored;
    fixture->deploy.num_restored = 1;
    script->is_stateless = true;
    open_chain(fixture);
    assert_int_equal(script->keyed_options.restored_checkpoint_id, 8);
    assert_int_equal(script->keyed_options.num_handles, 1);
    assert_int_equal(script->keyed_options.handles[0]->first_key_group, 3);

    view.size--;
    create_chain(fixture);
    struct error error;
    assert_int_equal(operator_chain_open(fixture->chain, &error), STATUS_CORRUPT);
    assert_string_equal(error.operator_name, "Calc[2]");
    buffer_free(&bytes);
}

static void a_local_aggregation_keeps_none(void **context)
{
    struct fixture *fixture = *context;
    fixture->nodes[2].kind = PLAN_WINDOW_AGGREGATE;
    fixture->nodes[2].window_aggregate = &local_aggregate;
    open_chain(fixture);
    assert_journal("4.open 3.open 2.open 1.open 1.fresh");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_state, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_stands_around_its_operator),
        TEST(it_has_its_operators_name_its_share_of_memory_and_folders_of_its_own),
        TEST(stateful_operators_of_all_vertices_share_the_slot),
        TEST(the_job_chooses_the_backend),
        TEST(handles_come_back_to_the_operator_that_wrote_them),
        TEST(a_local_aggregation_keeps_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
