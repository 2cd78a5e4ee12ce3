#pragma once

#include "tests/unit/taskmanager/taskexecutor/scripted_exchange.h"
#include "tests/unit/taskmanager/taskexecutor/scripted_parts.h"
#include "tests/unit/taskmanager/taskexecutor/scripted_state.h"

static const struct operator_factory factory = {.create_source = create_source,
                                                .create_operator = create_part,
                                                .exchange = &exchange,
                                                .keyed_state = &keyed_state};

static const char some_id[] = "0123456789abcdef0123456789abcdef";

struct fixture {
    struct script script;
    int64_t now_us;
    struct process_context process;
    struct arena *arena;
    struct schema *schema, *edge_schema;
    struct plan_source source;
    struct plan_watermark watermark;
    struct plan_sink sinks[2];
    struct plan_node nodes[PARTS];
    const struct plan_node *children[PARTS][2];
    struct plan_job_graph graph;
    struct plan_vertex vertex;
    struct plan_edge edge;
    struct task_environment environment;
    uint32_t subtask;
    struct rpc_deploy deploy;
    struct operator_chain *chain;
    char temporary[64];
    struct working_folder *working_folder;
};

static inline int64_t read_now(void *context)
{
    return ((struct fixture *)context)->now_us;
}

static inline void no_wake(void *context)
{
    (void)context;
}

static inline void make_plan(struct fixture *fixture)
{
    static const char *const names[] = {"", "Source: s[1]", "Calc[2]", "a[3]: Writer", "b[4]: Writer"};
    static const enum plan_node_kind kinds[] = {0, PLAN_SOURCE, PLAN_CALC, PLAN_SINK, PLAN_SINK};
    for (uint32_t id = 1; id < WRITER; id++) {
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
    fixture->graph.vertices = &fixture->vertex;
    fixture->graph.vertex_count = 1;
    fixture->graph.max_parallelism = 128;
}

static inline void create_chain(struct fixture *fixture)
{
    fixture->environment = (struct task_environment){.process = &fixture->process,
                                                     .factory = &factory,
                                                     .working_folder = fixture->working_folder,
                                                     .state_backend = STATE_BACKEND_ROCKSDB,
                                                     .slot_memory_bytes = 1000,
                                                     .recovers_locally = true};
    fixture->deploy.task = (struct rpc_task_id){
        .job_id = some_id, .vertex_id = some_id, .subtask = fixture->subtask, .taskmanager_id = some_id};
    fixture->deploy.checkpoint_folder = "file:///tmp/none";
    struct operator_chain_options options = {.environment = &fixture->environment,
                                             .graph = &fixture->graph,
                                             .vertex = &fixture->vertex,
                                             .deploy = &fixture->deploy,
                                             .wake = no_wake,
                                             .wake_input = no_wake};
    operator_chain_free(fixture->chain);
    fixture->chain = operator_chain_create(&options);
}

static inline void set_up_in(struct fixture *fixture)
{
    fixture->now_us = 1000000;
    fixture->process.clock = (struct clock){read_now, read_now, fixture};
    fixture->arena = arena_create(1024);
    fixture->schema = schema_create(1);
    schema_set_field(fixture->schema, 0, "n", data_type_of(TYPE_BIGINT));
    fixture->edge_schema = schema_create(0);
    script = &fixture->script;
    script->rows_left = 100;
    script->num_inputs = 1;
    pthread_mutex_init(&script->mutex, NULL);
    pthread_cond_init(&script->changed, NULL);
    snprintf(fixture->temporary, sizeof fixture->temporary, "/tmp/frazil-chain-XXXXXX");
    assert_non_null(mkdtemp(fixture->temporary));
    fixture->working_folder = working_folder_create(fixture->temporary, "t", NULL);
    make_plan(fixture);
    create_chain(fixture);
}

static inline int set_up(void **context)
{
    struct fixture *fixture = mem_calloc(1, sizeof *fixture);
    set_up_in(fixture);
    *context = fixture;
    return 0;
}

static inline void tear_down_in(struct fixture *fixture)
{
    operator_chain_free(fixture->chain);
    buffer_free(&fixture->script.journal);
    pthread_mutex_destroy(&fixture->script.mutex);
    pthread_cond_destroy(&fixture->script.changed);
    working_folder_free(fixture->working_folder);
    assert_int_equal(rmdir(fixture->temporary), 0);
    schema_unref(fixture->schema);
    schema_unref(fixture->edge_schema);
    arena_free(fixture->arena);
}

static inline int tear_down(void **context)
{
    tear_down_in(*context);
    free(*context);
    return 0;
}

static inline enum chain_poll poll_once(struct fixture *fixture, struct error *error)
{
    struct chain_polled polled;
    error_clear(error);
    return operator_chain_poll(fixture->chain, 0, &polled, error);
}

static inline enum operator_result snapshot(struct fixture *fixture, uint64_t checkpoint_id,
                                            struct chain_snapshot *ret_snapshot, struct error *error)
{
    const struct chain_barrier barrier = {.checkpoint_id = checkpoint_id, .durable_id = 4, .trigger_ms = 77};
    error_clear(error);
    return operator_chain_snapshot(fixture->chain, &barrier, ret_snapshot, error);
}
