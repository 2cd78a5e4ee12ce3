/* What views show of vertices, their subtasks and operators. */
#include "jobmanager/dispatcher/dispatcher_internal.h"
#include "jobmanager/dispatcher/view_internal.h"

static const enum task_state shown_states[NUM_EXECUTION_STATES] = {
    [EXECUTION_CREATED] = TASK_CREATED,     [EXECUTION_SCHEDULED] = TASK_SCHEDULED,
    [EXECUTION_DEPLOYING] = TASK_DEPLOYING, [EXECUTION_INITIALIZING] = TASK_INITIALIZING,
    [EXECUTION_RUNNING] = TASK_RUNNING,     [EXECUTION_END_OF_INPUT] = TASK_RUNNING,
    [EXECUTION_CANCELING] = TASK_CANCELING, [EXECUTION_FINISHED] = TASK_FINISHED,
    [EXECUTION_CANCELED] = TASK_CANCELED,   [EXECUTION_FAILED] = TASK_FAILED,
};

/* A task of a job that ended under an earlier leader: nothing is known but how the job ended. */
static enum task_state state_of_ended(enum job_state state)
{
    return state == JOB_FINISHED ? TASK_FINISHED : state == JOB_FAILED ? TASK_FAILED : TASK_CANCELED;
}

/* As Flink folds the states of subtasks into one. */
static enum task_state fold_states(const uint32_t counts[NUM_TASK_STATES], uint32_t total)
{
    static const enum task_state order[] = {TASK_FAILED,    TASK_CANCELING, TASK_CANCELED,    TASK_CREATED,
                                            TASK_SCHEDULED, TASK_DEPLOYING, TASK_INITIALIZING};
    if (counts[TASK_FINISHED] == total)
        return TASK_FINISHED;
    for (size_t i = 0; i < sizeof order / sizeof *order; i++)
        if (counts[order[i]] > 0)
            return order[i];
    return TASK_RUNNING;
}

static const struct plan_node *find_node(const struct plan_node *node, uint32_t node_id)
{
    if (node->id == node_id)
        return node;
    for (size_t i = 0; i < node->child_count; i++) {
        const struct plan_node *found = find_node(node->children[i], node_id);
        if (found != NULL)
            return found;
    }
    return NULL;
}

static void add_nodes(const struct plan_node *node, struct operator_metrics_view *operators, size_t *count)
{
    operators[(*count)++] = (struct operator_metrics_view){
        .node_id = node->id, .name = node->name, .pending_records = -1, .watermark_ms = INT64_MAX};
    for (size_t i = 0; i < node->child_count; i++)
        add_nodes(node->children[i], operators, count);
}

static size_t count_nodes(const struct plan_node *node)
{
    size_t count = 1;
    for (size_t i = 0; i < node->child_count; i++)
        count += count_nodes(node->children[i]);
    return count;
}

/* The first and the last watermark of all keep their meaning. */
static int64_t watermark_to_ms(int64_t watermark_us)
{
    if (watermark_us == INT64_MIN || watermark_us == INT64_MAX)
        return watermark_us;
    return watermark_us / 1000 - (watermark_us % 1000 < 0);
}

static void add_metrics(struct operator_metrics_view *total, const struct rpc_operator_metrics *metrics)
{
    total->records_in += metrics->records_in;
    total->records_out += metrics->records_out;
    total->bytes_in += metrics->bytes_in;
    total->bytes_out += metrics->bytes_out;
    total->dropped_records += metrics->dropped_records;
    total->failed_records += metrics->failed_records;
    if (metrics->pending_records >= 0)
        total->pending_records =
            metrics->pending_records + (total->pending_records < 0 ? 0 : total->pending_records);
    total->late_records_dropped += metrics->late_records_dropped;
    total->state_bytes += metrics->state_bytes;
    int64_t watermark_ms = watermark_to_ms(metrics->watermark_us);
    total->watermark_ms = watermark_ms < total->watermark_ms ? watermark_ms : total->watermark_ms;
}

static void build_subtask_metrics(const struct task_metrics *metrics, const struct plan_vertex *plan,
                                  struct arena *arena, struct subtask_view *subtask)
{
    const struct task_totals *totals = &metrics->totals;
    const struct task_rates *rates = &metrics->rates;
    subtask->busy_ms = totals->busy_ms;
    subtask->idle_ms = totals->idle_ms;
    subtask->backpressured_ms = totals->backpressured_ms;
    subtask->records_in = totals->records_in;
    subtask->records_out = totals->records_out;
    subtask->bytes_in = totals->bytes_in;
    subtask->bytes_out = totals->bytes_out;
    subtask->rates = (struct task_rates_view){rates->busy_ms,    rates->idle_ms,     rates->backpressured_ms,
                                              rates->records_in, rates->records_out, rates->bytes_in,
                                              rates->bytes_out};
    subtask->queued_inputs = metrics->queued_inputs;
    subtask->queued_outputs = metrics->queued_outputs;
    struct operator_metrics_view *operators =
        arena_calloc(arena, metrics->num_operators + 1, sizeof *operators);
    for (size_t i = 0; i < metrics->num_operators; i++) {
        const struct plan_node *node = find_node(plan->root, metrics->operators[i].node_id);
        operators[i] = (struct operator_metrics_view){
            .node_id = metrics->operators[i].node_id,
            .name = node == NULL ? "" : arena_strdup(arena, node->name),
            .pending_records = -1,
            .watermark_ms = INT64_MAX,
        };
        add_metrics(&operators[i], &metrics->operators[i]);
        if (node == plan->root)
            subtask->watermark_ms = operators[i].watermark_ms;
    }
    subtask->operators = operators;
    subtask->num_operators = metrics->num_operators;
}

static struct subtask_view build_subtask(struct job *job, uint32_t vertex, uint32_t number, size_t index,
                                         struct arena *arena)
{
    struct dispatcher *dispatcher = job->dispatcher;
    struct subtask_view subtask = {.subtask = number,
                                   .start_ms = -1,
                                   .end_ms = -1,
                                   .taskmanager_id = "",
                                   .host = "",
                                   .watermark_ms = INT64_MIN};
    for (int state = 0; state < NUM_TASK_STATES; state++)
        subtask.state_ms[state] = -1;
    if (job->master == NULL) {
        subtask.state = state_of_ended(job->state);
        return subtask;
    }
    const struct scheduler *scheduler = job_master_scheduler(job->master);
    const struct execution *execution = scheduler_execution(scheduler, vertex, number);
    subtask.attempt = scheduler_attempt(scheduler) > 0 ? scheduler_attempt(scheduler) - 1 : 0;
    subtask.state = shown_states[execution->state];
    for (int state = 0; state < NUM_EXECUTION_STATES; state++) {
        int64_t wall_ms = dispatcher_wall_ms(dispatcher, execution->state_ms[state]);
        int64_t *shown_ms = &subtask.state_ms[shown_states[state]];
        if (wall_ms >= 0 && (*shown_ms < 0 || wall_ms < *shown_ms))
            *shown_ms = wall_ms;
    }
    subtask.start_ms = subtask.state_ms[TASK_DEPLOYING];
    if (execution->state >= EXECUTION_FINISHED)
        subtask.end_ms = dispatcher_wall_ms(dispatcher, execution->state_ms[execution->state]);
    subtask.taskmanager_id = arena_strdup(arena, execution->slot.taskmanager_id);
    const struct taskmanager *taskmanager =
        resourcemanager_find(dispatcher->resources, execution->slot.taskmanager_id);
    subtask.host = taskmanager == NULL ? "" : arena_strdup(arena, taskmanager->host);
    build_subtask_metrics(&job->metrics[index], &job->graph->vertices[vertex], arena, &subtask);
    return subtask;
}

static void fold_subtask(struct vertex_view *vertex, const struct subtask_view *subtask)
{
    vertex->task_counts[subtask->state]++;
    if (subtask->start_ms >= 0 && (vertex->start_ms < 0 || subtask->start_ms < vertex->start_ms))
        vertex->start_ms = subtask->start_ms;
    vertex->busy_ms += subtask->busy_ms;
    vertex->idle_ms += subtask->idle_ms;
    vertex->backpressured_ms += subtask->backpressured_ms;
    vertex->records_in += subtask->records_in;
    vertex->records_out += subtask->records_out;
    vertex->bytes_in += subtask->bytes_in;
    vertex->bytes_out += subtask->bytes_out;
}

static void sum_operators(struct job *job, const struct plan_vertex *plan, size_t first_task,
                          struct arena *arena, struct vertex_view *vertex)
{
    struct operator_metrics_view *operators = arena_calloc(arena, count_nodes(plan->root), sizeof *operators);
    size_t count = 0;
    add_nodes(plan->root, operators, &count);
    for (size_t o = 0; o < count; o++) {
        operators[o].name = arena_strdup(arena, operators[o].name);
        bool is_reported = false;
        for (size_t t = first_task; t < first_task + plan->parallelism; t++)
            for (size_t m = 0; m < job->metrics[t].num_operators; m++)
                if (job->metrics[t].operators[m].node_id == operators[o].node_id) {
                    add_metrics(&operators[o], &job->metrics[t].operators[m]);
                    is_reported = true;
                }
        if (!is_reported)
            operators[o].watermark_ms = INT64_MIN;
    }
    vertex->operators = operators;
    vertex->num_operators = count;
}

void view_build_vertices(struct job *job, struct arena *arena, struct job_view *view)
{
    const struct plan_job_graph *graph = job->graph;
    struct vertex_view *vertices = arena_calloc(arena, graph->vertex_count + 1, sizeof *vertices);
    size_t index = 0;
    for (uint32_t v = 0; v < graph->vertex_count; v++) {
        const struct plan_vertex *plan = &graph->vertices[v];
        struct vertex_view *vertex = &vertices[v];
        struct subtask_view *subtasks = arena_calloc(arena, plan->parallelism, sizeof *subtasks);
        vertex->id = arena_strdup(arena, plan->id);
        vertex->name = arena_strdup(arena, plan->name);
        vertex->parallelism = plan->parallelism;
        vertex->max_parallelism = graph->max_parallelism;
        vertex->start_ms = vertex->end_ms = -1;
        sum_operators(job, plan, index, arena, vertex);
        bool are_ended = true;
        for (uint32_t s = 0; s < plan->parallelism; s++, index++) {
            subtasks[s] = build_subtask(job, v, s, index, arena);
            fold_subtask(vertex, &subtasks[s]);
            are_ended = are_ended && subtasks[s].end_ms >= 0;
            if (subtasks[s].end_ms > vertex->end_ms)
                vertex->end_ms = subtasks[s].end_ms;
        }
        vertex->end_ms = are_ended ? vertex->end_ms : -1;
        vertex->state = fold_states(vertex->task_counts, plan->parallelism);
        vertex->subtasks = subtasks;
        for (int state = 0; state < NUM_TASK_STATES; state++)
            view->summary.task_counts[state] += vertex->task_counts[state];
        view->summary.num_tasks += plan->parallelism;
    }
    view->vertices = vertices;
    view->num_vertices = graph->vertex_count;
    struct job_edge_view *edges = arena_calloc(arena, graph->edge_count + 1, sizeof *edges);
    for (size_t e = 0; e < graph->edge_count; e++)
        edges[e] = (struct job_edge_view){graph->edges[e].from, graph->edges[e].to};
    view->edges = edges;
    view->num_edges = graph->edge_count;
}
