#include "tests/unit/taskmanager/taskexecutor/scripted_chain.h"

static int set_up_open(void **context)
{
    struct error error;
    set_up(context);
    struct fixture *fixture = *context;
    assert_int_equal(operator_chain_open(fixture->chain, &error), STATUS_OK);
    assert_journal("4.open 3.open 2.open 1.open 1.fresh");
    return 0;
}

static void every_sink_gets_every_batch(void **context)
{
    struct error error;
    assert_int_equal(poll_once(*context, &error), CHAIN_PROGRESS);
    assert_journal("2.batch 3.batch 4.batch");
    struct fixture *fixture = *context;
    struct rpc_task_report report;
    operator_chain_report(fixture->chain, fixture->arena, &report);
    const struct rpc_operator_metrics *metrics = report.operators;
    assert_int_equal(report.num_operators, 4);
    assert_int_equal(metrics[0].records_in, 1);
    assert_int_equal(metrics[0].records_out, 1);
    assert_int_equal(metrics[1].records_in, 1);
    assert_int_equal(metrics[1].records_out, 1);
    assert_int_equal(metrics[3].node_id, 4);
    assert_int_equal(metrics[3].records_in, 1);
}

static void resume_goes_from_the_deepest_blocked_operator_up(void **context)
{
    struct fixture *fixture = *context;
    struct error error;
    script->keeps_one_back = true;
    script->on_batch[3] = OPERATOR_WAITING;
    script->on_resume[3] = OPERATOR_WAITING;
    assert_int_equal(poll_once(fixture, &error), CHAIN_BLOCKED);
    assert_journal("2.batch 3.batch 4.batch");
    assert_int_equal(operator_chain_resume(fixture->chain, &error), OPERATOR_WAITING);
    assert_journal("3.resume"); /* the pass above it must wait, the sink beside it has nothing to do */
    script->on_resume[3] = OPERATOR_DONE;
    script->on_batch[4] = OPERATOR_OUTPUT_FULL;
    script->on_batch[3] = OPERATOR_DONE;
    assert_int_equal(operator_chain_resume(fixture->chain, &error), OPERATOR_WAITING);
    assert_journal("3.resume 2.resume 3.batch 4.batch"); /* what was kept blocks the other sink */
    script->on_resume[4] = OPERATOR_DONE;
    assert_int_equal(operator_chain_resume(fixture->chain, &error), OPERATOR_DONE);
    assert_journal("4.resume 2.resume");
}

static void a_barrier_goes_through_in_order(void **context)
{
    struct fixture *fixture = *context;
    struct error error;
    struct chain_snapshot taken = {0};
    assert_int_equal(snapshot(fixture, 5, &taken, &error), OPERATOR_DONE);
    assert_journal("1.snapshot 2.prepare 2.snapshot 3.prepare 3.snapshot 4.prepare 4.snapshot");
    assert_int_equal(taken.num_states, 4);
    assert_int_equal(taken.states[3].node_id, 4);
    assert_int_equal(taken.num_committables, 2);
    assert_int_equal(taken.committables[1].sink_id, 1);
    chain_snapshot_free(&taken);
    operator_chain_notify(fixture->chain, 5, false);
    operator_chain_notify(fixture->chain, 6, true);
    assert_journal("2.complete 3.complete 4.complete 2.aborted 3.aborted 4.aborted");
}

static void a_barrier_waits_for_a_flush_and_goes_on_where_it_stood(void **context)
{
    struct fixture *fixture = *context;
    struct error error;
    struct chain_snapshot taken = {0};
    script->on_prepare[3] = OPERATOR_WAITING;
    script->on_resume[3] = OPERATOR_WAITING;
    assert_int_equal(snapshot(fixture, 5, &taken, &error), OPERATOR_WAITING);
    assert_journal("1.snapshot 2.prepare 2.snapshot 3.prepare");
    assert_int_equal(operator_chain_resume(fixture->chain, &error), OPERATOR_WAITING);
    assert_journal("3.resume");
    script->on_resume[3] = OPERATOR_DONE;
    assert_int_equal(operator_chain_resume(fixture->chain, &error), OPERATOR_DONE);
    assert_journal("3.resume 3.snapshot 4.prepare 4.snapshot");
    assert_int_equal(taken.num_states, 4);
    chain_snapshot_free(&taken);
}

static void only_a_retriable_refusal_lets_the_chain_go_on(void **context)
{
    struct fixture *fixture = *context;
    struct error error;
    struct chain_snapshot taken = {0};
    script->on_snapshot[4] = STATUS_IO;
    script->is_retriable = true;
    assert_int_equal(snapshot(fixture, 5, &taken, &error), OPERATOR_FAILED);
    assert_true(operator_chain_may_go_on(fixture->chain));
    assert_string_equal(error.operator_name, "b[4]: Writer");
    chain_snapshot_free(&taken);
    script->is_retriable = false;
    assert_int_equal(snapshot(fixture, 6, &taken, &error), OPERATOR_FAILED);
    assert_false(operator_chain_may_go_on(fixture->chain));
    chain_snapshot_free(&taken);
    script->on_prepare[3] = OPERATOR_FAILED;
    assert_int_equal(snapshot(fixture, 7, &taken, &error), OPERATOR_FAILED);
    assert_false(operator_chain_may_go_on(fixture->chain));
    chain_snapshot_free(&taken);
}

static void the_end_of_input_runs_down_the_chain(void **context)
{
    struct fixture *fixture = *context;
    struct error error;
    script->rows_left = 0;
    assert_int_equal(poll_once(fixture, &error), CHAIN_ENDED);
    script->on_end[2] = OPERATOR_WAITING;
    assert_int_equal(operator_chain_end_input(fixture->chain, INPUT_FINISHED, &error), OPERATOR_WAITING);
    assert_journal("2.max 3.max 4.max 2.end@0"); /* every window fires first */
    assert_int_equal(operator_chain_resume(fixture->chain, &error), OPERATOR_DONE);
    assert_journal("2.resume 3.end@0 4.end@0");
}

static void an_error_names_the_operator_that_failed_not_those_above_it(void **context)
{
    struct error error;
    script->on_batch[3] = OPERATOR_FAILED;
    assert_int_equal(poll_once(*context, &error), CHAIN_FAILED);
    assert_string_equal(error.operator_name, "a[3]: Writer");
    assert_int_equal(error.subtask, 0);
}

static void state_goes_back_to_the_operator_that_wrote_it(void **context)
{
    struct fixture *fixture = *context;
    struct operator_state state = {0};
    list_state_append(operator_state_add_list(&state, "n", LIST_STATE_SPLIT, 1), "x", 1);
    struct buffer bytes = {0};
    operator_state_encode(&state, &bytes);
    operator_state_free(&state);
    struct bytes_view view = buffer_view(&bytes);
    const struct rpc_restored_operator restored[2] = {{.node_id = 1, .states = &view, .num_states = 1},
                                                      {.node_id = 3, .states = &view, .num_states = 1}};
    fixture->deploy.restored_checkpoint_id = 5;
    fixture->deploy.restored = restored;
    fixture->deploy.num_restored = 2;
    struct error error;
    assert_int_equal(operator_chain_open(fixture->chain, &error), STATUS_OK);
    assert_journal("4.open 3.open 3.restore 2.open 1.open 1.restore");
    operator_chain_close(fixture->chain);
    assert_journal("1.close 2.close 3.close 4.close");
    buffer_free(&bytes);
}

static void a_corrupt_state_stops_the_start_and_what_was_opened_is_closed(void **context)
{
    struct fixture *fixture = *context;
    struct bytes_view view = {(const uint8_t *)"junk", 4};
    const struct rpc_restored_operator restored[1] = {{.node_id = 2, .states = &view, .num_states = 1}};
    fixture->deploy.restored_checkpoint_id = 5;
    fixture->deploy.restored = restored;
    fixture->deploy.num_restored = 1;
    struct error error;
    assert_int_equal(operator_chain_open(fixture->chain, &error), STATUS_CORRUPT);
    assert_string_equal(error.operator_name, "Calc[2]");
    operator_chain_close(fixture->chain);
    assert_journal("4.open 3.open 3.close 4.close");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_sink_gets_every_batch, set_up_open, tear_down),
        cmocka_unit_test_setup_teardown(resume_goes_from_the_deepest_blocked_operator_up, set_up_open,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_barrier_goes_through_in_order, set_up_open, tear_down),
        cmocka_unit_test_setup_teardown(a_barrier_waits_for_a_flush_and_goes_on_where_it_stood, set_up_open,
                                        tear_down),
        cmocka_unit_test_setup_teardown(only_a_retriable_refusal_lets_the_chain_go_on, set_up_open,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_end_of_input_runs_down_the_chain, set_up_open, tear_down),
        cmocka_unit_test_setup_teardown(an_error_names_the_operator_that_failed_not_those_above_it,
                                        set_up_open, tear_down),
        cmocka_unit_test_setup_teardown(state_goes_back_to_the_operator_that_wrote_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_corrupt_state_stops_the_start_and_what_was_opened_is_closed, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
