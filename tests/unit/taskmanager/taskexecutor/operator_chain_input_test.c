#include "tests/unit/taskmanager/taskexecutor/scripted_chain.h"

/* Event time, timers, gates and writers of a chain. */

static void open_chain(struct fixture *fixture)
{
    struct error error;
    create_chain(fixture);
    assert_int_equal(operator_chain_open(fixture->chain, &error), STATUS_OK);
    buffer_clear(&fixture->script.journal);
}

/* The source's column is its watermark. */
static int set_up_event_time(void **context)
{
    set_up(context);
    struct fixture *fixture = *context;
    fixture->watermark = (struct plan_watermark){
        .expression = expression_column(fixture->arena, 0, data_type_of(TYPE_BIGINT)),
        .emit_interval_ms = 200,
        .idle_timeout_ms = 1000,
    };
    fixture->source.watermark = &fixture->watermark;
    open_chain(fixture);
    return 0;
}

/* A gate feeds the pass. */
static int set_up_gate(void **context)
{
    set_up(context);
    struct fixture *fixture = *context;
    fixture->vertex.root = &fixture->nodes[2];
    open_chain(fixture);
    return 0;
}

/* ... and an edge leaves from it. */
static int set_up_edge(void **context)
{
    set_up(context);
    struct fixture *fixture = *context;
    fixture->vertex.root = &fixture->nodes[2];
    fixture->edge = (struct plan_edge){.from = 0, .from_node_id = 2, .to = 0, .schema = fixture->edge_schema};
    fixture->graph.edges = &fixture->edge;
    fixture->graph.edge_count = 1;
    open_chain(fixture);
    assert_ptr_equal(script->inputs[2], fixture->edge_schema);
    assert_ptr_equal(script->inputs[3], fixture->schema);
    return 0;
}

static void give(struct gate_element element)
{
    assert_true(script->num_elements < ELEMENTS_MAX);
    script->elements[script->num_elements++] = element;
}

static void give_batch(struct fixture *fixture, uint32_t input)
{
    struct record_batch *batch = record_batch_create(fixture->schema, 1);
    batch->columns[0] = vector_create(data_type_of(TYPE_BIGINT), 1);
    batch->columns[0]->length = 1;
    give((struct gate_element){.kind = GATE_BATCH, .input = input, .batch = batch});
}

static void give_watermark(uint32_t input, int64_t watermark_us)
{
    give((struct gate_element){.kind = GATE_WATERMARK, .input = input, .watermark_us = watermark_us});
}

static void give_status(uint32_t input, bool is_idle)
{
    give((struct gate_element){.kind = GATE_STATUS, .input = input, .is_idle = is_idle});
}

static void assert_poll(struct fixture *fixture, enum chain_poll expected, const char *journal)
{
    struct error error;
    assert_int_equal(poll_once(fixture, &error), expected);
    assert_journal(journal);
}

static void the_watermark_follows_the_batch_that_brought_it(void **context)
{
    struct fixture *fixture = *context;
    script->row = 50;
    assert_poll(fixture, CHAIN_PROGRESS, "2.batch 3.batch 4.batch");
    assert_poll(fixture, CHAIN_PROGRESS, "2.50 3.50 4.50");
    script->row = 60;
    assert_poll(fixture, CHAIN_PROGRESS, "2.batch 3.batch 4.batch");
    script->row = 55;
    assert_poll(fixture, CHAIN_PROGRESS, "2.batch 3.batch 4.batch"); /* within the interval */
    fixture->now_us += 200 * 1000;
    assert_poll(fixture, CHAIN_PROGRESS, "2.60 3.60 4.60");
    struct rpc_task_report report;
    operator_chain_report(fixture->chain, fixture->arena, &report);
    assert_int_equal(report.operators[0].watermark_us, 60);
    assert_int_equal(report.operators[3].watermark_us, 60);
}

static void a_watermark_waits_where_an_operator_is_blocked(void **context)
{
    struct fixture *fixture = *context;
    struct error error;
    script->row = 50;
    script->on_watermark[3] = OPERATOR_OUTPUT_FULL;
    assert_poll(fixture, CHAIN_PROGRESS, "2.batch 3.batch 4.batch");
    assert_poll(fixture, CHAIN_BLOCKED, "2.50 3.50");
    assert_int_equal(operator_chain_resume(fixture->chain, &error), OPERATOR_DONE);
    assert_journal("3.resume 4.50");
}

static void a_silent_source_is_told_to_be_idle_and_active_again(void **context)
{
    struct fixture *fixture = *context;
    script->row = 50;
    script->is_silent = true;
    for (int i = 0; i < 10; i++) {
        assert_poll(fixture, CHAIN_EMPTY, "");
        fixture->now_us += 100 * 1000;
    }
    assert_poll(fixture, CHAIN_PROGRESS, "2.idle@0 3.idle@0 4.idle@0");
    script->is_silent = false;
    assert_poll(fixture, CHAIN_PROGRESS, "2.batch 3.batch 4.batch");
    assert_poll(fixture, CHAIN_PROGRESS, "2.active@0 3.active@0 4.active@0");
    assert_poll(fixture, CHAIN_PROGRESS, "2.50 3.50 4.50");
}

static void the_watermark_of_a_checkpoint_goes_on_after_a_restore(void **context)
{
    struct fixture *fixture = *context;
    struct chain_snapshot taken = {0};
    struct error error;
    script->row = 50;
    assert_poll(fixture, CHAIN_PROGRESS, "2.batch 3.batch 4.batch");
    assert_poll(fixture, CHAIN_PROGRESS, "2.50 3.50 4.50");
    assert_int_equal(snapshot(fixture, 5, &taken, &error), OPERATOR_DONE);
    struct bytes_view view = buffer_view(&taken.states[0].bytes);
    const struct rpc_restored_operator restored = {.node_id = 1, .states = &view, .num_states = 1};
    fixture->deploy.restored_checkpoint_id = 5;
    fixture->deploy.restored = &restored;
    fixture->deploy.num_restored = 1;
    open_chain(fixture);
    assert_poll(fixture, CHAIN_PROGRESS, "2.50 3.50 4.50");
    chain_snapshot_free(&taken);
}

static void a_stop_has_no_last_watermark(void **context)
{
    struct fixture *fixture = *context;
    struct error error;
    assert_int_equal(operator_chain_end_input(fixture->chain, INPUT_STOPPED, &error), OPERATOR_DONE);
    assert_journal("2.stop@0 3.stop@0 4.stop@0");
}

static void timers_run_when_they_are_due(void **context)
{
    struct fixture *fixture = *context;
    struct error error;
    assert_int_equal(operator_chain_next_timer_us(fixture->chain), INT64_MAX);
    script->timers[3] = 70;
    script->timers[2] = 50;
    script->timers[4] = 90;
    assert_int_equal(operator_chain_next_timer_us(fixture->chain), 50);
    script->on_timer[2] = OPERATOR_WAITING;
    assert_int_equal(operator_chain_on_timers(fixture->chain, 80, &error), OPERATOR_WAITING);
    assert_journal("2.timer80");
    assert_int_equal(operator_chain_resume(fixture->chain, &error), OPERATOR_DONE);
    assert_journal("2.resume 3.timer80");
    assert_int_equal(operator_chain_next_timer_us(fixture->chain), 90);
}

static void a_gate_feeds_the_chain(void **context)
{
    struct fixture *fixture = *context;
    assert_poll(fixture, CHAIN_EMPTY, "");
    give_batch(fixture, 0);
    give_watermark(0, 40);
    give_status(0, true);
    give_status(0, false);
    give_watermark(0, WATERMARK_MAX);
    give((struct gate_element){.kind = GATE_END, .how = INPUT_FINISHED});
    assert_poll(fixture, CHAIN_PROGRESS, "2.batch 3.batch 4.batch");
    assert_poll(fixture, CHAIN_PROGRESS, "2.40 3.40 4.40");
    assert_poll(fixture, CHAIN_PROGRESS, "2.idle@0 3.idle@0 4.idle@0");
    assert_poll(fixture, CHAIN_PROGRESS, "2.active@0 3.active@0 4.active@0");
    assert_poll(fixture, CHAIN_PROGRESS, "2.max 3.max 4.max");
    assert_poll(fixture, CHAIN_ENDED, "");
    struct error error;
    assert_int_equal(operator_chain_end_input(fixture->chain, INPUT_FINISHED, &error), OPERATOR_DONE);
    assert_journal("2.end@0 3.end@0 4.end@0");

    struct rpc_task_report report;
    operator_chain_measure(fixture->chain);
    operator_chain_report(fixture->chain, fixture->arena, &report);
    assert_int_equal(report.operators[0].records_in, 1);
    assert_int_equal(report.operators[0].bytes_in, 1000);
    assert_int_equal(report.bytes_received, 1000);
    assert_int_equal(report.queued_inputs, 0);
    operator_chain_close(fixture->chain);
    assert_journal("0.close 2.close 3.close 4.close");
}

static void behind_two_inputs_the_slower_one_counts(void **context)
{
    struct fixture *fixture = *context;
    script->num_inputs = 2;
    open_chain(fixture);
    give_batch(fixture, 1);
    give_watermark(1, 40);
    give_watermark(0, 30);
    give_watermark(0, 35);
    give_status(0, true);
    give_watermark(1, 60);
    give_status(0, false);
    give_watermark(0, 70);
    assert_poll(fixture, CHAIN_PROGRESS, "2.batch@1 3.batch 4.batch");
    assert_poll(fixture, CHAIN_PROGRESS, "2.@1:40");
    assert_poll(fixture, CHAIN_PROGRESS, "2.30 3.30 4.30");
    assert_poll(fixture, CHAIN_PROGRESS, "2.35 3.35 4.35");
    assert_poll(fixture, CHAIN_PROGRESS, "2.idle@0 3.40 4.40"); /* one is left, and it is not idle */
    assert_poll(fixture, CHAIN_PROGRESS, "2.@1:60 3.60 4.60");
    assert_poll(fixture, CHAIN_PROGRESS, "2.active@0"); /* at 35: what was told stands */
    assert_poll(fixture, CHAIN_PROGRESS, "2.70");
    give_status(1, true);
    give_status(0, true);
    give((struct gate_element){.kind = GATE_END, .input = 1});
    assert_poll(fixture, CHAIN_PROGRESS, "2.idle@1 3.70 4.70");
    assert_poll(fixture, CHAIN_PROGRESS, "2.idle@0 3.idle@0 4.idle@0");
    assert_poll(fixture, CHAIN_PROGRESS, "2.end@1");
    give((struct gate_element){.kind = GATE_END, .input = 0});
    assert_poll(fixture, CHAIN_ENDED, "");
}

static void an_input_that_ended_holds_nothing_back(void **context)
{
    struct fixture *fixture = *context;
    script->num_inputs = 2;
    open_chain(fixture);
    give_watermark(0, 30);
    give((struct gate_element){.kind = GATE_END, .input = 1});
    assert_poll(fixture, CHAIN_PROGRESS, "2.30");
    assert_poll(fixture, CHAIN_PROGRESS, "2.end@1 3.30 4.30");
}

static void a_barrier_of_the_gate_goes_on_by_the_writers(void **context)
{
    struct fixture *fixture = *context;
    struct chain_polled polled;
    struct chain_snapshot taken = {0};
    struct error error;
    give_batch(fixture, 0);
    give((struct gate_element){.kind = GATE_BARRIER,
                               .checkpoint_id = 9,
                               .checkpoint_kind = RPC_SAVEPOINT,
                               .durable_id = 4,
                               .trigger_ms = 77,
                               .alignment_us = 5000});
    assert_poll(fixture, CHAIN_PROGRESS, "2.batch 3.batch 4.batch 5.batch");
    assert_int_equal(operator_chain_poll(fixture->chain, 0, &polled, &error), CHAIN_BARRIER);
    assert_int_equal(polled.barrier.checkpoint_id, 9);
    assert_int_equal(polled.barrier.kind, RPC_SAVEPOINT);
    assert_int_equal(polled.barrier.alignment_us, 5000);
    assert_int_equal(operator_chain_snapshot(fixture->chain, &polled.barrier, &taken, &error), OPERATOR_DONE);
    assert_journal("5.barrier9 2.prepare 2.snapshot 3.prepare 3.snapshot 4.prepare 4.snapshot 5.prepare");
    chain_snapshot_free(&taken);
    operator_chain_notify(fixture->chain, 9, true);
    assert_journal("0.abort9 2.aborted 3.aborted 4.aborted 5.aborted");
    operator_chain_notify(fixture->chain, 10, false);
    assert_journal("2.complete 3.complete 4.complete 5.complete");
}

static void a_failed_gate_fails_the_chain_where_it_begins(void **context)
{
    struct fixture *fixture = *context;
    struct error error;
    give((struct gate_element){.kind = GATE_FAILED});
    assert_int_equal(poll_once(fixture, &error), CHAIN_FAILED);
    assert_int_equal(error.code, STATUS_UNAVAILABLE);
    assert_string_equal(error.operator_name, "Calc[2]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_watermark_follows_the_batch_that_brought_it, set_up_event_time,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_watermark_waits_where_an_operator_is_blocked, set_up_event_time,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_silent_source_is_told_to_be_idle_and_active_again,
                                        set_up_event_time, tear_down),
        cmocka_unit_test_setup_teardown(the_watermark_of_a_checkpoint_goes_on_after_a_restore,
                                        set_up_event_time, tear_down),
        cmocka_unit_test_setup_teardown(a_stop_has_no_last_watermark, set_up_event_time, tear_down),
        cmocka_unit_test_setup_teardown(timers_run_when_they_are_due, set_up_event_time, tear_down),
        cmocka_unit_test_setup_teardown(a_gate_feeds_the_chain, set_up_gate, tear_down),
        cmocka_unit_test_setup_teardown(behind_two_inputs_the_slower_one_counts, set_up_gate, tear_down),
        cmocka_unit_test_setup_teardown(an_input_that_ended_holds_nothing_back, set_up_gate, tear_down),
        cmocka_unit_test_setup_teardown(a_barrier_of_the_gate_goes_on_by_the_writers, set_up_edge, tear_down),
        cmocka_unit_test_setup_teardown(a_failed_gate_fails_the_chain_where_it_begins, set_up_gate,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
