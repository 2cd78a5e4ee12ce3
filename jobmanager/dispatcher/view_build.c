/* Builds the immutable view of one job. */
#include "jobmanager/dispatcher/dispatcher_internal.h"
#include "jobmanager/dispatcher/view_internal.h"

static struct exception_view build_exception(const struct job_exception *exception, struct arena *arena)
{
    return (struct exception_view){
        .text = arena_strdup(arena, exception->error.message),
        .code = status_name(exception->error.code),
        .timestamp_ms = exception->timestamp_ms,
        .task_name = arena_strdup(arena, exception->task_name),
        .taskmanager_id = arena_strdup(arena, exception->taskmanager_id),
        .location = arena_strdup(arena, exception->location),
    };
}

static void build_exceptions(const struct job *job, struct arena *arena, struct job_view *view)
{
    size_t count = job->num_exceptions < MAX_EXCEPTIONS ? job->num_exceptions : MAX_EXCEPTIONS;
    bool is_from_store = count == 0 && job->state == JOB_FAILED;
    struct exception_view *exceptions = arena_calloc(arena, count + 1, sizeof *exceptions);
    for (size_t i = 0; i < count; i++)
        exceptions[i] =
            build_exception(&job->exceptions[(job->num_exceptions - 1 - i) % MAX_EXCEPTIONS], arena);
    if (is_from_store) {
        char empty[] = "";
        struct job_exception stored = {
            .error = job->failure, .timestamp_ms = job->ended_ms, .task_name = empty, .location = empty};
        exceptions[count++] = build_exception(&stored, arena);
    }
    view->exceptions = exceptions;
    view->num_exceptions = count;
    view->root_exception = count == 0 ? NULL : &exceptions[0];
}

static void build_tables(const struct job *job, struct arena *arena, struct job_view *view)
{
    struct job_table_view *tables = arena_calloc(arena, job->num_tables + 1, sizeof *tables);
    for (uint32_t t = 0; t < job->num_tables; t++) {
        tables[t] = (struct job_table_view){.sink_id = job->tables[t].sink_id,
                                            .table = arena_strdup(arena, job->tables[t].name),
                                            .last_checkpoint_id = -1,
                                            .last_snapshot_id = -1};
        if (job->master == NULL)
            continue;
        const struct committer_table *table = committer_table(job_master_committer(job->master), t);
        tables[t].last_checkpoint_id = table->last_checkpoint_id;
        tables[t].last_snapshot_id = table->last_snapshot_id;
    }
    view->tables = tables;
    view->num_tables = job->num_tables;
}

static void build_configuration(const struct job *job, struct arena *arena, struct job_view *view)
{
    const struct plan_job_configuration *configuration = &job->graph->configuration;
    struct job_configuration_entry_view *entries =
        arena_calloc(arena, configuration->entry_count + 1, sizeof *entries);
    for (size_t i = 0; i < configuration->entry_count; i++) {
        const struct plan_configuration_entry *entry = &configuration->entries[i];
        entries[i].key = arena_strdup(arena, entry->key);
        entries[i].value = configuration_is_secret(entry->key) ? "******" : arena_strdup(arena, entry->value);
    }
    view->configuration = entries;
    view->num_configuration = configuration->entry_count;
}

static void build_summary(const struct job *job, struct arena *arena, struct job_view *view)
{
    view->summary = (struct job_summary_view){
        .id = arena_strdup(arena, job->id),
        .name = arena_strdup(arena, job->name),
        .state = job_state_name(job->state),
        .is_terminal = job_state_is_terminal(job->state),
        .start_ms = job->submitted_ms,
        .end_ms = job->ended_ms,
        .last_modification_ms = job->modified_ms,
    };
    const char **names = arena_calloc(arena, NUM_JOB_STATES, sizeof *names);
    for (int state = 0; state < NUM_JOB_STATES; state++)
        names[state] = job_state_name((enum job_state)state);
    view->state_names = names;
    view->state_ms = arena_dup(arena, job->state_ms, sizeof job->state_ms);
    view->num_states = NUM_JOB_STATES;
    view->lineage = arena_strdup(arena, job->lineage);
    view->parallelism = job->graph->parallelism;
    view->max_parallelism = job->graph->max_parallelism;
    view->has_collect_sink = job->collect != NULL;
    view->num_restarts = job->num_restarts;
    view->waiting_for = "";
    view->pending_checkpoint_id = -1;
}

const struct job_view *job_view_build(struct job *job)
{
    struct arena *arena = arena_create(8192);
    struct job_view view = {0};
    build_summary(job, arena, &view);
    if (job->master != NULL) {
        const struct scheduler *scheduler = job_master_scheduler(job->master);
        view.attempt = scheduler_attempt(scheduler);
        view.num_restarts = scheduler_num_restarts(scheduler);
        view.waiting_for = arena_strdup(arena, scheduler_waiting_for(scheduler));
        view.pending_checkpoint_id = job_master_pending_checkpoint(job->master);
    }
    view_build_vertices(job, arena, &view);
    build_exceptions(job, arena, &view);
    build_tables(job, arena, &view);
    build_configuration(job, arena, &view);
    view_build_checkpoints(job, arena, &view.checkpoints);
    return job_view_box(&view, arena);
}
