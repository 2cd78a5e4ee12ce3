#include "taskmanager/taskexecutor/operator_chain.h"

#include "common/base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/*
 * A chain of scripted parts: source [1] -> pass [2] -> sinks [3] and [4]. Each call writes a word to the
 * journal, "2.batch"; a part answers a call with what its script says, else DONE. A pass emits its batch,
 * keeps a second one back when told, and emits that in resume.
 */
enum { PARTS = 5 };
struct script {
    struct buffer journal;
    enum operator_result on_batch[PARTS];
    enum operator_result on_resume[PARTS];
    enum operator_result on_prepare[PARTS];
    enum operator_result on_end[PARTS];
    enum status on_snapshot[PARTS];
    bool is_retriable;
    bool keeps_one_back;
    uint32_t rows_left;
};
static struct script *script; /* the factory knows only plan nodes */

struct part {
    struct operator base;
    uint32_t id;
    const struct operator_context *context;
    struct record_batch *kept;
};

static void note(uint32_t id, const char *what)
{
    buffer_printf(&script->journal, "%s%u.%s", script->journal.size > 0 ? " " : "", id, what);
}

static void assert_journal(const char *expected)
{
    assert_string_equal(buffer_text(&script->journal), expected);
    buffer_clear(&script->journal);
}

static enum operator_result answer(enum operator_result result, struct error *error)
{
    if (result == OPERATOR_FAILED)
        error_set(error, STATUS_IO, "scripted");
    return result;
}

static enum status part_open(struct operator* operator, const struct operator_context * context,
                             struct error *error)
{
    (void)error;
    struct part *part = (struct part *)operator;
    part->context = context;
    note(part->id, "open");
    return STATUS_OK;
}

static enum status part_restore(struct operator* operator, const struct operator_state * state,
                                struct error *error)
{
    (void)error;
    assert_int_equal(state->num_lists, 1);
    note(((struct part *)operator)->id, "restore");
    return STATUS_OK;
}

static enum operator_result pass_batch(struct operator* operator, uint32_t input, struct record_batch *batch,
                                       struct error *error)
{
    (void)input;
    struct part *part = (struct part *)operator;
    note(part->id, "batch");
    if (script->keeps_one_back)
        part->kept = record_batch_share(batch);
    return operator_output_emit(part->context->outputs[0], batch, error);
}

static enum operator_result pass_resume(struct operator* operator, struct error * error)
{
    struct part *part = (struct part *)operator;
    note(part->id, "resume");
    struct record_batch *batch = part->kept;
    part->kept = NULL;
    return batch == NULL ? OPERATOR_DONE : operator_output_emit(part->context->outputs[0], batch, error);
}

static enum operator_result sink_batch(struct operator* operator, uint32_t input, struct record_batch *batch,
                                       struct error *error)
{
    (void)input;
    struct part *part = (struct part *)operator;
    note(part->id, "batch");
    record_batch_free(batch);
    return answer(script->on_batch[part->id], error);
}

static enum operator_result sink_resume(struct operator* operator, struct error * error)
{
    struct part *part = (struct part *)operator;
    note(part->id, "resume");
    return answer(script->on_resume[part->id], error);
}

static enum operator_result part_prepare(struct operator* operator, uint64_t checkpoint_id,
                                         struct error *error)
{
    (void)checkpoint_id;
    struct part *part = (struct part *)operator;
    note(part->id, "prepare");
    return answer(script->on_prepare[part->id], error);
}

static enum status part_snapshot(struct operator* operator, uint64_t checkpoint_id,
                                 struct operator_snapshot *snapshot, struct error *error)
{
    struct part *part = (struct part *)operator;
    note(part->id, "snapshot");
    if (script->on_snapshot[part->id] != STATUS_OK) {
        error_set(error, script->on_snapshot[part->id], "scripted");
        error->retriable = script->is_retriable;
        return script->on_snapshot[part->id];
    }
    list_state_append(operator_state_add_list(&snapshot->state, "n", LIST_STATE_SPLIT, 1), &checkpoint_id, 8);
    struct buffer committable = {0};
    buffer_append_text(&committable, "files");
    if (part->id > 2)
        operator_snapshot_add_committable(snapshot, &committable);
    buffer_free(&committable);
    return STATUS_OK;
}

static enum operator_result part_end(struct operator* operator, uint32_t input, enum end_of_input how,
                                     struct error *error)
{
    (void)input;
    assert_int_equal(how, INPUT_FINISHED);
    struct part *part = (struct part *)operator;
    note(part->id, "end");
    return answer(script->on_end[part->id], error);
}

static void part_complete(struct operator* operator, uint64_t checkpoint_id)
{
    (void)checkpoint_id;
    note(((struct part *)operator)->id, "complete");
}

static void part_aborted(struct operator* operator, uint64_t checkpoint_id)
{
    (void)checkpoint_id;
    note(((struct part *)operator)->id, "aborted");
}

static void part_close(struct operator* operator)
{
    struct part *part = (struct part *)operator;
    note(part->id, "close");
    record_batch_free(part->kept);
    free(part);
}

static const struct operator_ops pass_ops = {.open = part_open,
                                             .restore = part_restore,
                                             .process_batch = pass_batch,
                                             .resume = pass_resume,
                                             .prepare_barrier = part_prepare,
                                             .snapshot_state = part_snapshot,
                                             .end_input = part_end,
                                             .notify_complete = part_complete,
                                             .notify_aborted = part_aborted,
                                             .close = part_close};
static const struct operator_ops sink_ops = {.open = part_open,
                                             .restore = part_restore,
                                             .process_batch = sink_batch,
                                             .resume = sink_resume,
                                             .prepare_barrier = part_prepare,
                                             .snapshot_state = part_snapshot,
                                             .end_input = part_end,
                                             .notify_complete = part_complete,
                                             .notify_aborted = part_aborted,
                                             .close = part_close};

static struct operator* create_part(const struct plan_node *node, struct collect_channel *channel)
{
    (void)channel;
    struct part *part = mem_calloc(1, sizeof *part);
    part->base.ops = node->kind == PLAN_SINK ? &sink_ops : &pass_ops;
    part->id = node->id;
    return &part->base;
}

struct scripted_source {
    struct source_reader base;
    const struct plan_node *node;
};

static enum status source_open(struct source_reader *reader, const struct operator_context *context,
                               struct error *error)
{
    (void)reader;
    (void)context;
    (void)error;
    note(1, "open");
    return STATUS_OK;
}

static enum status source_restore(struct source_reader *reader, const struct operator_state *state,
                                  bool is_restored, struct error *error)
{
    (void)reader;
    (void)error;
    note(1, is_restored ? "restore" : "fresh");
    assert_int_equal(state->num_lists, is_restored ? 1 : 0);
    return STATUS_OK;
}

static enum source_result source_poll(struct source_reader *reader, int64_t max_wait_ms,
                                      struct record_batch **ret_batch, struct error *error)
{
    (void)max_wait_ms;
    (void)error;
    if (script->rows_left == 0)
        return SOURCE_ENDED;
    script->rows_left--;
    struct record_batch *batch = record_batch_create(((struct scripted_source *)reader)->node->schema, 1);
    batch->columns[0] = vector_create(data_type_of(TYPE_BIGINT), 1);
    batch->columns[0]->length = 1;
    *ret_batch = batch;
    return SOURCE_BATCH;
}

static enum status source_snapshot(struct source_reader *reader, uint64_t checkpoint_id,
                                   struct operator_snapshot *snapshot, struct error *error)
{
    (void)reader;
    (void)checkpoint_id;
    (void)error;
    note(1, "snapshot");
    list_state_append(operator_state_add_list(&snapshot->state, "o", LIST_STATE_UNION, 1), "7", 1);
    return STATUS_OK;
}

static void source_close(struct source_reader *reader)
{
    note(1, "close");
    free(reader);
}

static const struct source_reader_ops source_ops = {.open = source_open,
                                                    .restore = source_restore,
                                                    .poll = source_poll,
                                                    .snapshot_state = source_snapshot,
                                                    .close = source_close};

static struct source_reader *create_source(const struct plan_node *node)
{
    struct scripted_source *source = mem_calloc(1, sizeof *source);
    source->base.ops = &source_ops;
    source->node = node;
    return &source->base;
}

static const struct operator_factory factory = {create_source, create_part, NULL};

struct fixture {
    struct script script;
    struct process_context process;
    struct schema *schema;
    struct plan_source source;
    struct plan_sink sinks[2];
    struct plan_node nodes[PARTS];
    const struct plan_node *children[PARTS][2];
    struct plan_job_graph graph;
    struct plan_vertex vertex;
    struct rpc_deploy deploy;
    struct operator_chain *chain;
};

static void no_wake(void *context)
{
    (void)context;
}

static void make_plan(struct fixture *fixture)
{
    static const char *const names[PARTS] = {"", "Source: s[1]", "Calc[2]", "a[3]: Writer", "b[4]: Writer"};
    static const enum plan_node_kind kinds[PARTS] = {0, PLAN_SOURCE, PLAN_CALC, PLAN_SINK, PLAN_SINK};
    for (uint32_t id = 1; id < PARTS; id++) {
        fixture->nodes[id] = (struct plan_node){.kind = kinds[id],
                                                .id = id,
                                                .name = names[id],
                                                .schema = fixture->schema,
                                                .children = fixture->children[id]};
        if (kinds[id] == PLAN_SINK) {
            fixture->sinks[id - 3] = (struct plan_sink){.kind = PLAN_SINK_BLACKHOLE, .sink_id = id - 3};
            fixture->nodes[id].sink = &fixture->sinks[id - 3];
            fixture->children[2][id - 3] = &fixture->nodes[id];
        }
    }
    fixture->source = (struct plan_source){.kind = PLAN_SOURCE_DATAGEN};
    fixture->nodes[1].source = &fixture->source;
    fixture->children[1][0] = &fixture->nodes[2];
    fixture->nodes[1].child_count = 1;
    fixture->nodes[2].child_count = 2;
    fixture->vertex = (struct plan_vertex){.name = "v", .parallelism = 1, .root = &fixture->nodes[1]};
}

static int set_up(void **context)
{
    struct fixture *fixture = mem_calloc(1, sizeof *fixture);
    fixture->process.clock = clock_system();
    fixture->schema = schema_create(1);
    schema_set_field(fixture->schema, 0, "n", data_type_of(TYPE_BIGINT));
    script = &fixture->script;
    script->rows_left = 100;
    make_plan(fixture);
    fixture->deploy.task = (struct rpc_task_id){.job_id = "j", .vertex_id = "v", .taskmanager_id = "t"};
    struct operator_chain_options options = {.process = &fixture->process,
                                             .factory = &factory,
                                             .graph = &fixture->graph,
                                             .vertex = &fixture->vertex,
                                             .deploy = &fixture->deploy,
                                             .wake = no_wake};
    fixture->chain = operator_chain_create(&options);
    *context = fixture;
    return 0;
}

static int set_up_open(void **context)
{
    struct error error;
    set_up(context);
    struct fixture *fixture = *context;
    assert_int_equal(operator_chain_open(fixture->chain, &error), STATUS_OK);
    assert_journal("4.open 3.open 2.open 1.open 1.fresh");
    return 0;
}

static int tear_down(void **context)
{
    struct fixture *fixture = *context;
    operator_chain_free(fixture->chain);
    buffer_free(&fixture->script.journal);
    schema_unref(fixture->schema);
    free(fixture);
    return 0;
}

static enum chain_poll poll_once(struct fixture *fixture, struct error *error)
{
    int64_t poll_us;
    return operator_chain_poll(fixture->chain, 0, &poll_us, error);
}

static void every_sink_gets_every_batch(void **context)
{
    struct error error;
    assert_int_equal(poll_once(*context, &error), CHAIN_PROGRESS);
    assert_journal("2.batch 3.batch 4.batch");
    struct rpc_operator_metrics metrics[PARTS];
    assert_int_equal(operator_chain_report(((struct fixture *)*context)->chain, metrics, PARTS), 4);
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
    struct chain_snapshot snapshot = {0};
    assert_int_equal(operator_chain_snapshot(fixture->chain, 5, &snapshot, &error), OPERATOR_DONE);
    assert_journal("1.snapshot 2.prepare 2.snapshot 3.prepare 3.snapshot 4.prepare 4.snapshot");
    assert_int_equal(snapshot.num_states, 4);
    assert_int_equal(snapshot.states[3].node_id, 4);
    assert_int_equal(snapshot.num_committables, 2);
    assert_int_equal(snapshot.committables[1].sink_id, 1);
    chain_snapshot_free(&snapshot);
    operator_chain_notify(fixture->chain, 5, false);
    operator_chain_notify(fixture->chain, 6, true);
    assert_journal("2.complete 3.complete 4.complete 2.aborted 3.aborted 4.aborted");
}

static void a_barrier_waits_for_a_flush_and_goes_on_where_it_stood(void **context)
{
    struct fixture *fixture = *context;
    struct error error;
    struct chain_snapshot snapshot = {0};
    script->on_prepare[3] = OPERATOR_WAITING;
    script->on_resume[3] = OPERATOR_WAITING;
    assert_int_equal(operator_chain_snapshot(fixture->chain, 5, &snapshot, &error), OPERATOR_WAITING);
    assert_journal("1.snapshot 2.prepare 2.snapshot 3.prepare");
    assert_int_equal(operator_chain_resume(fixture->chain, &error), OPERATOR_WAITING);
    assert_journal("3.resume");
    script->on_resume[3] = OPERATOR_DONE;
    assert_int_equal(operator_chain_resume(fixture->chain, &error), OPERATOR_DONE);
    assert_journal("3.resume 3.snapshot 4.prepare 4.snapshot");
    assert_int_equal(snapshot.num_states, 4);
    chain_snapshot_free(&snapshot);
}

static void only_a_retriable_refusal_lets_the_chain_go_on(void **context)
{
    struct fixture *fixture = *context;
    struct error error;
    struct chain_snapshot snapshot = {0};
    script->on_snapshot[4] = STATUS_IO;
    script->is_retriable = true;
    assert_int_equal(operator_chain_snapshot(fixture->chain, 5, &snapshot, &error), OPERATOR_FAILED);
    assert_true(operator_chain_may_go_on(fixture->chain));
    assert_string_equal(error.operator_name, "b[4]: Writer");
    chain_snapshot_free(&snapshot);
    script->is_retriable = false;
    assert_int_equal(operator_chain_snapshot(fixture->chain, 6, &snapshot, &error), OPERATOR_FAILED);
    assert_false(operator_chain_may_go_on(fixture->chain));
    chain_snapshot_free(&snapshot);
    script->on_prepare[3] = OPERATOR_FAILED;
    assert_int_equal(operator_chain_snapshot(fixture->chain, 7, &snapshot, &error), OPERATOR_FAILED);
    assert_false(operator_chain_may_go_on(fixture->chain));
    chain_snapshot_free(&snapshot);
}

static void the_end_of_input_runs_down_the_chain(void **context)
{
    struct fixture *fixture = *context;
    struct error error;
    script->rows_left = 0;
    assert_int_equal(poll_once(fixture, &error), CHAIN_ENDED);
    script->on_end[2] = OPERATOR_WAITING;
    assert_int_equal(operator_chain_end_input(fixture->chain, INPUT_FINISHED, &error), OPERATOR_WAITING);
    assert_journal("2.end");
    assert_int_equal(operator_chain_resume(fixture->chain, &error), OPERATOR_DONE);
    assert_journal("2.resume 3.end 4.end");
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
