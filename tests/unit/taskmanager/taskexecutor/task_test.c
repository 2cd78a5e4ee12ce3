#include "taskmanager/taskexecutor/task.h"

#include "common/plan/plan_codec.h"
#include "tests/unit/taskmanager/taskexecutor/scripted_chain.h"

/*
 * A task on its own thread over scripted parts. What it says is kept as text, in order: states by number,
 * "ack5", "ack5!" after the end of input, "decline5", "exit4".
 */
enum { WAIT_S = 20 };

struct heard {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct buffer text;
    struct rpc_acknowledge last; /* in arena */
    struct arena *arena;
};

struct task_fixture {
    struct fixture base; /* first: set_up makes it */
    struct heard heard;
    struct task *task;
};

static void say(struct heard *heard, const char *what, unsigned long long number, const char *behind)
{
    buffer_printf(&heard->text, "%s%s%llu%s", heard->text.size > 0 ? " " : "", what, number, behind);
    pthread_cond_broadcast(&heard->changed);
}

/* The task's thread. */
static void on_message(void *context, struct task *task, uint16_t method, struct buffer *payload)
{
    (void)task;
    struct heard *heard = context;
    struct error error;
    struct rpc_task_state state;
    struct rpc_decline decline;
    pthread_mutex_lock(&heard->mutex);
    struct buffer *kept = arena_dup(heard->arena, payload, sizeof *payload);
    kept->data = arena_dup(heard->arena, payload->data, payload->size);
    struct bytes_view view = buffer_view(kept);
    if (method == RPC_TASK_STATE && rpc_task_state_decode(view, heard->arena, &state, &error) == STATUS_OK)
        say(heard, "", state.status, "");
    if (method == RPC_ACKNOWLEDGE &&
        rpc_acknowledge_decode(view, heard->arena, &heard->last, &error) == STATUS_OK)
        say(heard, "ack", heard->last.checkpoint_id, heard->last.is_end_of_input ? "!" : "");
    if (method == RPC_DECLINE && rpc_decline_decode(view, heard->arena, &decline, &error) == STATUS_OK)
        say(heard, "decline", decline.checkpoint_id, "");
    pthread_mutex_unlock(&heard->mutex);
}

static void on_exit_of_task(void *context, struct task *task)
{
    struct heard *heard = context;
    pthread_mutex_lock(&heard->mutex);
    say(heard, "exit", task_status(task), "");
    pthread_mutex_unlock(&heard->mutex);
}

static void wait_heard(struct task_fixture *f, const char *expected)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += WAIT_S;
    pthread_mutex_lock(&f->heard.mutex);
    int waited = 0;
    while (strcmp(buffer_text(&f->heard.text), expected) != 0 && waited == 0)
        waited = pthread_cond_timedwait(&f->heard.changed, &f->heard.mutex, &until);
    assert_string_equal(buffer_text(&f->heard.text), expected);
    pthread_mutex_unlock(&f->heard.mutex);
}

static int set_up_task(void **context)
{
    struct task_fixture *f = mem_calloc(1, sizeof *f);
    set_up_in(&f->base);
    f->base.process.clock = clock_system();
    pthread_mutex_init(&f->heard.mutex, NULL);
    pthread_cond_init(&f->heard.changed, NULL);
    f->heard.arena = arena_create(1024);
    script->is_silent = true;
    *context = f;
    return 0;
}

static int tear_down_task(void **context)
{
    struct task_fixture *f = *context;
    task_free(f->task);
    tear_down_in(&f->base);
    pthread_mutex_destroy(&f->heard.mutex);
    pthread_cond_destroy(&f->heard.changed);
    buffer_free(&f->heard.text);
    arena_free(f->heard.arena);
    free(f);
    return 0;
}

/* The task owns graph and deployment: it gets copies. */
static void start_task(struct task_fixture *f)
{
    struct plan_job_graph *graph = plan_job_graph_create();
    graph->vertices = &f->base.vertex;
    graph->vertex_count = 1;
    graph->max_parallelism = 128;
    graph->edges = f->base.graph.edges;
    graph->edge_count = f->base.graph.edge_count;
    struct arena *arena = arena_create(1024);
    struct task_options options = {
        .environment = &f->base.environment,
        .listener = {&f->heard, on_message, on_exit_of_task},
        .arena = arena,
        .deploy = arena_dup(arena, &f->base.deploy, sizeof f->base.deploy),
        .graph = graph,
        .vertex = &f->base.vertex,
    };
    struct error error;
    f->task = task_create(&options);
    assert_int_equal(task_start(f->task, &error), STATUS_OK);
}

static void start_gate_task(struct task_fixture *f)
{
    f->base.vertex.root = &f->base.nodes[2];
    start_task(f);
    wait_heard(f, "1 2");
}

static void start_source_task(struct task_fixture *f)
{
    start_task(f);
    wait_heard(f, "1 2");
}

static void give(struct gate_element element)
{
    pthread_mutex_lock(&script->mutex);
    assert_true(script->num_elements < ELEMENTS_MAX);
    script->elements[script->num_elements++] = element;
    pthread_mutex_unlock(&script->mutex);
    script->wake(script->wake_context);
}

static void give_barrier(uint64_t checkpoint_id, enum rpc_checkpoint_kind kind)
{
    give((struct gate_element){.kind = GATE_BARRIER,
                               .checkpoint_id = checkpoint_id,
                               .checkpoint_kind = kind,
                               .durable_id = 4,
                               .trigger_ms = 77,
                               .alignment_us = 3000000});
}

static void trigger(struct task_fixture *f, uint64_t checkpoint_id, enum rpc_checkpoint_kind kind,
                    bool is_drain)
{
    struct rpc_trigger_checkpoint message = {
        .checkpoint_id = checkpoint_id, .kind = kind, .is_drain = is_drain, .timestamp_ms = 77};
    task_trigger_checkpoint(f->task, &message);
}

static void notify(struct task_fixture *f, uint64_t checkpoint_id, bool is_aborted, bool is_final)
{
    struct rpc_notify_checkpoint message = {
        .checkpoint_id = checkpoint_id, .is_aborted = is_aborted, .is_final = is_final};
    task_notify_checkpoint(f->task, &message);
}

static void let_uploads_go(enum status status)
{
    pthread_mutex_lock(&script->mutex);
    script->holds_uploads = false;
    script->on_upload = status;
    pthread_cond_broadcast(&script->changed);
    pthread_mutex_unlock(&script->mutex);
}

static void wait_cancelled(void)
{
    pthread_mutex_lock(&script->mutex);
    while (!script->is_cancelled)
        pthread_cond_wait(&script->changed, &script->mutex);
    script->is_cancelled = false;
    pthread_mutex_unlock(&script->mutex);
    let_uploads_go(STATUS_OK);
}

static void barriers_of_the_gate_are_acknowledged_with_their_times(void **context)
{
    struct task_fixture *f = *context;
    start_gate_task(f);
    give_barrier(5, RPC_CHECKPOINT_PERIODIC);
    wait_heard(f, "1 2 ack5");
    assert_int_equal(f->heard.last.alignment_ms, 3000);
    assert_true(f->heard.last.start_delay_ms > 0);
    assert_int_equal(f->heard.last.num_states, 3);
    task_cancel(f->task, NULL);
    wait_heard(f, "1 2 ack5 exit5");
}

static void after_the_end_barriers_still_go_through_until_the_final_word(void **context)
{
    struct task_fixture *f = *context;
    start_gate_task(f);
    give((struct gate_element){.kind = GATE_END, .how = INPUT_FINISHED});
    wait_heard(f, "1 2 3");
    give_barrier(5, RPC_CHECKPOINT_PERIODIC);
    wait_heard(f, "1 2 3 ack5!");
    notify(f, 5, false, false);
    give_barrier(6, RPC_CHECKPOINT_FINAL);
    wait_heard(f, "1 2 3 ack5! ack6!");
    notify(f, 6, false, true);
    wait_heard(f, "1 2 3 ack5! ack6! exit4");
}

static void an_aborted_checkpoint_lets_the_gate_go_on(void **context)
{
    struct task_fixture *f = *context;
    start_gate_task(f);
    buffer_clear(&script->journal);
    notify(f, 5, true, false);
    give_barrier(6, RPC_CHECKPOINT_PERIODIC);
    wait_heard(f, "1 2 ack6");
    task_cancel(f->task, NULL);
    wait_heard(f, "1 2 ack6 exit5");
    assert_non_null(strstr(buffer_text(&script->journal), "0.abort5 2.aborted"));
}

static void a_failed_gate_fails_the_task(void **context)
{
    struct task_fixture *f = *context;
    start_gate_task(f);
    give((struct gate_element){.kind = GATE_FAILED});
    wait_heard(f, "1 2 exit6");
    enum rpc_task_status status;
    struct error error;
    task_end(f->task, &status, &error);
    assert_int_equal(error.code, STATUS_UNAVAILABLE);
    assert_string_equal(error.operator_name, "Calc[2]");
}

static void a_timer_runs_while_the_gate_is_empty(void **context)
{
    struct task_fixture *f = *context;
    int64_t due_us = clock_wall_us(&f->base.process.clock) + 30 * 1000;
    script->timers[3] = due_us;
    script->on_timer[3] = OPERATOR_FAILED;
    f->base.vertex.root = &f->base.nodes[2];
    start_task(f);
    wait_heard(f, "1 2 exit6");
    assert_true(script->fired_us >= due_us);
}

static void nothing_is_read_behind_the_barrier_to_stop_with(void **context)
{
    struct task_fixture *f = *context;
    start_gate_task(f);
    buffer_clear(&script->journal);
    give_barrier(5, RPC_SAVEPOINT_STOP);
    wait_heard(f, "1 2 ack5");
    give((struct gate_element){.kind = GATE_FAILED}); /* whoever fed it is gone already */
    notify(f, 4, false, false);
    notify(f, 5, false, true);
    wait_heard(f, "1 2 ack5 exit4");
    assert_null(strstr(buffer_text(&script->journal), "end@")); /* it may go on from the savepoint */
}

static void a_savepoint_to_stop_with_that_is_given_up_lets_it_read_on(void **context)
{
    struct task_fixture *f = *context;
    start_gate_task(f);
    give_barrier(5, RPC_SAVEPOINT_STOP);
    give_barrier(6, RPC_CHECKPOINT_PERIODIC);
    wait_heard(f, "1 2 ack5");
    notify(f, 5, true, false);
    wait_heard(f, "1 2 ack5 ack6");
    task_cancel(f->task, NULL);
    wait_heard(f, "1 2 ack5 ack6 exit5");
}

static void a_source_stops_behind_its_barrier(void **context)
{
    struct task_fixture *f = *context;
    start_source_task(f);
    trigger(f, 5, RPC_SAVEPOINT_STOP, false);
    wait_heard(f, "1 2 ack5");
    notify(f, 5, true, false); /* given up: it goes on */
    trigger(f, 6, RPC_CHECKPOINT_PERIODIC, false);
    wait_heard(f, "1 2 ack5 ack6");
    trigger(f, 7, RPC_SAVEPOINT_STOP, false);
    wait_heard(f, "1 2 ack5 ack6 ack7");
    notify(f, 7, false, true);
    wait_heard(f, "1 2 ack5 ack6 ack7 exit4");
    assert_null(strstr(buffer_text(&script->journal), "max"));
}

static void a_drained_source_ends_before_its_barrier(void **context)
{
    struct task_fixture *f = *context;
    start_source_task(f);
    buffer_clear(&script->journal);
    trigger(f, 5, RPC_SAVEPOINT_STOP, true);
    wait_heard(f, "1 2 3 ack5!");
    notify(f, 5, false, true);
    wait_heard(f, "1 2 3 ack5! exit4");
    assert_non_null(strstr(buffer_text(&script->journal),
                           "2.max 3.max 4.max 2.end@0 3.end@0 4.end@0 1.snapshot 2.prepare"));
}

static void start_stateful_task(struct task_fixture *f)
{
    f->base.nodes[2].kind = PLAN_DEDUPLICATE;
    script->has_no_committables = true;
    script->holds_uploads = true;
    start_gate_task(f);
}

static void it_is_acknowledged_when_all_is_uploaded_and_goes_on_meanwhile(void **context)
{
    struct task_fixture *f = *context;
    start_stateful_task(f);
    give_barrier(5, RPC_CHECKPOINT_PERIODIC);
    give((struct gate_element){.kind = GATE_END, .how = INPUT_FINISHED});
    wait_heard(f, "1 2 3");
    let_uploads_go(STATUS_OK);
    wait_heard(f, "1 2 3 ack5"); /* the barrier came before the end */
    assert_int_equal(f->heard.last.num_keyed_states, 1);
    assert_int_equal(f->heard.last.keyed_states[0].node_id, 2);
    struct keyed_state_handle *handle;
    struct error error;
    assert_int_equal(
        keyed_state_handle_decode(f->heard.last.keyed_states[0].bytes, f->base.arena, &handle, &error),
        STATUS_OK);
    assert_int_equal(handle->size_bytes, 7);
    task_cancel(f->task, NULL);
    wait_heard(f, "1 2 3 ack5 exit5");
}

static void it_is_acknowledged_also_while_the_chain_is_blocked(void **context)
{
    struct task_fixture *f = *context;
    start_stateful_task(f);
    script->on_watermark[3] = OPERATOR_OUTPUT_FULL;
    script->on_resume[3] = OPERATOR_OUTPUT_FULL;
    give_barrier(5, RPC_CHECKPOINT_PERIODIC);
    give((struct gate_element){.kind = GATE_WATERMARK, .watermark_us = 50});
    let_uploads_go(STATUS_OK);
    wait_heard(f, "1 2 ack5");
    task_cancel(f->task, NULL);
    wait_heard(f, "1 2 ack5 exit5");
}

static void a_failed_upload_declines_and_the_task_goes_on(void **context)
{
    struct task_fixture *f = *context;
    start_stateful_task(f);
    give_barrier(5, RPC_CHECKPOINT_PERIODIC);
    let_uploads_go(STATUS_IO);
    wait_heard(f, "1 2 decline5");
    let_uploads_go(STATUS_OK);
    give_barrier(6, RPC_CHECKPOINT_PERIODIC);
    wait_heard(f, "1 2 decline5 ack6");
    task_cancel(f->task, NULL);
    wait_heard(f, "1 2 decline5 ack6 exit5");
}

static void a_failed_upload_takes_along_a_task_whose_sinks_let_go_of_files(void **context)
{
    struct task_fixture *f = *context;
    start_stateful_task(f);
    script->has_no_committables = false;
    give_barrier(5, RPC_CHECKPOINT_PERIODIC);
    let_uploads_go(STATUS_IO);
    wait_heard(f, "1 2 decline5 exit6");
}

static void an_aborted_checkpoint_cancels_its_upload_and_is_not_answered(void **context)
{
    struct task_fixture *f = *context;
    start_stateful_task(f);
    give_barrier(5, RPC_CHECKPOINT_PERIODIC);
    give((struct gate_element){.kind = GATE_END, .how = INPUT_FINISHED});
    wait_heard(f, "1 2 3");
    notify(f, 5, true, false);
    wait_cancelled();
    give_barrier(6, RPC_CHECKPOINT_PERIODIC);
    wait_heard(f, "1 2 3 ack6!");
    task_cancel(f->task, NULL);
    wait_heard(f, "1 2 3 ack6! exit5");
}

static void a_cancelled_task_waits_for_no_upload(void **context)
{
    struct task_fixture *f = *context;
    start_stateful_task(f);
    give_barrier(5, RPC_CHECKPOINT_PERIODIC);
    give((struct gate_element){.kind = GATE_END, .how = INPUT_FINISHED});
    wait_heard(f, "1 2 3");
    task_cancel(f->task, NULL);
    wait_heard(f, "1 2 3 exit5");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_task, tear_down_task)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(barriers_of_the_gate_are_acknowledged_with_their_times),
        TEST(after_the_end_barriers_still_go_through_until_the_final_word),
        TEST(an_aborted_checkpoint_lets_the_gate_go_on),
        TEST(a_failed_gate_fails_the_task),
        TEST(a_timer_runs_while_the_gate_is_empty),
        TEST(nothing_is_read_behind_the_barrier_to_stop_with),
        TEST(a_savepoint_to_stop_with_that_is_given_up_lets_it_read_on),
        TEST(a_source_stops_behind_its_barrier),
        TEST(a_drained_source_ends_before_its_barrier),
        TEST(it_is_acknowledged_when_all_is_uploaded_and_goes_on_meanwhile),
        TEST(it_is_acknowledged_also_while_the_chain_is_blocked),
        TEST(a_failed_upload_declines_and_the_task_goes_on),
        TEST(a_failed_upload_takes_along_a_task_whose_sinks_let_go_of_files),
        TEST(an_aborted_checkpoint_cancels_its_upload_and_is_not_answered),
        TEST(a_cancelled_task_waits_for_no_upload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
