/* The part of a job's view that tells of its checkpoints. */
#include "common/base/check.h"
#include "jobmanager/dispatcher/dispatcher_internal.h"
#include "jobmanager/dispatcher/view_internal.h"

#include <stdlib.h>
#include <string.h>

static const char *const status_names[] = {
    [CHECKPOINT_IN_PROGRESS] = "IN_PROGRESS",
    [CHECKPOINT_COMPLETED] = "COMPLETED",
    [CHECKPOINT_FAILED] = "FAILED",
};

static const char *const type_names[] = {
    [CHECKPOINT_PERIODIC] = "CHECKPOINT",
    [CHECKPOINT_FINAL] = "CHECKPOINT",
    [CHECKPOINT_SAVEPOINT] = "SAVEPOINT",
    [CHECKPOINT_STOP] = "SYNC_SAVEPOINT",
};

static const char *path_of(const struct job *job, struct checkpoint_reference reference, struct arena *arena)
{
    char *path = checkpoint_folder(job->checkpoint_folder, reference);
    const char *copy = arena_strdup(arena, path);
    free(path);
    return copy;
}

static const struct checkpoint_task_view *build_tasks(const struct job *job,
                                                      const struct checkpoint_record *record,
                                                      struct arena *arena)
{
    struct checkpoint_task_view *tasks = arena_calloc(arena, job->num_executions + 1, sizeof *tasks);
    for (size_t i = 0; i < job->num_executions; i++) {
        const struct checkpoint_task_record *task = &record->tasks[i];
        tasks[i] = (struct checkpoint_task_view){
            .ack_ms = dispatcher_wall_ms(job->dispatcher, task->ack_ms),
            .state_bytes = task->state_bytes,
            .checkpointed_bytes = task->incremental_bytes,
            .aligned_bytes = task->aligned_bytes,
            .start_delay_ms = task->start_delay_ms,
            .alignment_ms = task->alignment_ms,
            .sync_duration_ms = task->sync_duration_ms,
            .async_duration_ms = task->async_duration_ms,
        };
    }
    return tasks;
}

static struct checkpoint_view build(const struct job *job, const struct checkpoint_record *record,
                                    struct arena *arena)
{
    const struct dispatcher *dispatcher = job->dispatcher;
    struct checkpoint_view view = {
        .id = record->checkpoint_id,
        .status = status_names[record->status],
        .type = type_names[record->kind],
        .is_savepoint = record->savepoint_folder != NULL,
        .is_final = record->is_final,
        .is_committed = record->is_committed,
        .is_discarded = record->is_discarded && record->savepoint_folder == NULL,
        .trigger_ms = dispatcher_wall_ms(dispatcher, record->trigger_ms),
        .latest_ack_ms = dispatcher_wall_ms(dispatcher, record->latest_ack_ms),
        .commit_duration_ms = record->committed_ms < 0 ? -1 : record->committed_ms - record->durable_ms,
        .alignment_ms = record->alignment_ms,
        .size_bytes = record->size_bytes,
        .state_bytes = record->state_bytes,
        .checkpointed_bytes = record->incremental_bytes,
        .aligned_bytes = record->aligned_bytes,
        .num_subtasks = (uint32_t)job->num_executions,
        .num_acknowledged = record->num_acknowledged,
        .path = "",
        .failure = arena_strdup(arena, record->failure),
        .tasks = build_tasks(job, record, arena),
    };
    int64_t until_ms = record->ended_ms < 0 ? dispatcher_now_ms(dispatcher) : record->ended_ms;
    view.duration_ms = until_ms - record->trigger_ms;
    struct checkpoint_reference reference = {record->checkpoint_id, record->epoch};
    if (record->savepoint_folder != NULL)
        view.path = arena_strdup(arena, record->savepoint_folder);
    else if (record->status == CHECKPOINT_COMPLETED)
        view.path = path_of(job, reference, arena);
    return view;
}

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return a < b ? -1 : a > b;
}

static struct statistic_view summarize(int64_t *values, size_t count)
{
    struct statistic_view view = {0};
    if (count == 0)
        return view;
    qsort(values, count, sizeof *values, compare);
    int64_t sum = 0;
    for (size_t i = 0; i < count; i++)
        sum += values[i];
    view.minimum = values[0];
    view.maximum = values[count - 1];
    view.average = sum / (int64_t)count;
    view.p50 = values[count / 2];
    view.p90 = values[count * 9 / 10];
    view.p95 = values[count * 95 / 100];
    view.p99 = values[count * 99 / 100];
    view.p999 = values[count - 1];
    return view;
}

/* What a checkpoint was that this leader did not take: the one it restored. */
static const struct checkpoint_view *build_restored(const struct job *job,
                                                    const struct restored_checkpoint *restored,
                                                    struct arena *arena)
{
    if (restored->restored_ms < 0)
        return NULL;
    const char *given = job->graph->configuration.restore_path;
    struct checkpoint_view view = {
        .id = restored->reference.checkpoint_id,
        .status = "COMPLETED",
        .type = restored->is_savepoint ? "SAVEPOINT" : "CHECKPOINT",
        .is_savepoint = restored->is_savepoint,
        .trigger_ms = -1,
        .latest_ack_ms = -1,
        .commit_duration_ms = -1,
        .path = !restored->is_own && given != NULL ? arena_strdup(arena, given)
                                                   : path_of(job, restored->reference, arena),
        .failure = "",
    };
    return arena_dup(arena, &view, sizeof view);
}

/* The newest of each kind. */
static void note_latest(struct checkpoints_view *view, const struct checkpoint_view *checkpoint,
                        enum checkpoint_status status)
{
    const struct checkpoint_view **latest = status == CHECKPOINT_FAILED ? &view->latest_failed
                                            : checkpoint->is_savepoint  ? &view->latest_savepoint
                                                                        : &view->latest_completed;
    if (status != CHECKPOINT_IN_PROGRESS && *latest == NULL)
        *latest = checkpoint;
}

struct figures {
    int64_t values[COORDINATOR_HISTORY];
    size_t count;
};

static void add_figure(struct figures *figures, int64_t value)
{
    figures->values[figures->count++] = value;
}

static void fill_history(const struct job *job, const struct coordinator *coordinator, struct arena *arena,
                         struct checkpoints_view *view)
{
    size_t count = coordinator_history_size(coordinator);
    struct checkpoint_view *history = arena_calloc(arena, count + 1, sizeof *history);
    struct figures checkpointed = {0}, states = {0}, aligned = {0}, durations = {0}, commits = {0};
    for (size_t i = 0; i < count; i++) {
        const struct checkpoint_record *record = coordinator_history_at(coordinator, i);
        history[i] = build(job, record, arena);
        view->num_in_progress += record->status == CHECKPOINT_IN_PROGRESS;
        note_latest(view, &history[i], record->status);
        if (record->status != CHECKPOINT_COMPLETED)
            continue;
        add_figure(&checkpointed, (int64_t)history[i].checkpointed_bytes);
        add_figure(&states, (int64_t)history[i].state_bytes);
        add_figure(&aligned, (int64_t)history[i].aligned_bytes);
        add_figure(&durations, history[i].duration_ms);
        if (history[i].commit_duration_ms >= 0)
            add_figure(&commits, history[i].commit_duration_ms);
    }
    view->history = history;
    view->num_history = count;
    view->checkpointed_bytes = summarize(checkpointed.values, checkpointed.count);
    view->state_bytes = summarize(states.values, states.count);
    view->aligned_bytes = summarize(aligned.values, aligned.count);
    view->duration_ms = summarize(durations.values, durations.count);
    view->commit_duration_ms = summarize(commits.values, commits.count);
}

void view_build_checkpoints(struct job *job, struct arena *arena, struct checkpoints_view *view)
{
    const char *backend =
        job_setting(job->graph, job->dispatcher->options.configuration, "state.backend.type");
    view->directory = arena_strdup(arena, job->checkpoint_directory);
    view->outlives_job = job->keeps_checkpoints;
    view->state_backend = arena_strdup(arena, backend == NULL ? "rocksdb" : backend);
    view->restored_ms = -1;
    if (job->master == NULL)
        return;
    const struct coordinator *coordinator = job_master_coordinator(job->master);
    const struct coordinator_options *options = coordinator_options(coordinator);
    struct coordinator_counts counts = coordinator_counts(coordinator);
    view->interval_ms = options->interval_ms;
    view->timeout_ms = options->timeout_ms;
    view->min_pause_ms = options->min_pause_ms;
    view->tolerable_failed = (int32_t)options->tolerable_failures;
    view->num_triggered = counts.triggered;
    view->num_completed = counts.completed;
    view->num_failed = counts.failed;
    view->num_restored = counts.restored;
    fill_history(job, coordinator, arena, view);
    struct restored_checkpoint restored = coordinator_restored(coordinator);
    view->latest_restored = build_restored(job, &restored, arena);
    view->restored_ms = dispatcher_wall_ms(job->dispatcher, restored.restored_ms);
}
