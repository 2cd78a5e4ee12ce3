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

static struct checkpoint_view build(const struct job *job, const struct checkpoint_record *record,
                                    struct arena *arena)
{
    const struct dispatcher *dispatcher = job->dispatcher;
    struct checkpoint_view view = {
        .id = record->checkpoint_id,
        .status = status_names[record->status],
        .type = "CHECKPOINT",
        .is_final = record->is_final,
        .is_committed = record->is_committed,
        .is_discarded = record->is_discarded,
        .trigger_ms = dispatcher_wall_ms(dispatcher, record->trigger_ms),
        .latest_ack_ms = dispatcher_wall_ms(dispatcher, record->latest_ack_ms),
        .commit_duration_ms = record->committed_ms < 0 ? -1 : record->committed_ms - record->durable_ms,
        .alignment_ms = record->alignment_ms,
        .size_bytes = record->size_bytes,
        .num_subtasks = (uint32_t)job->num_executions,
        .num_acknowledged = record->num_acknowledged,
        .path = "",
        .failure = arena_strdup(arena, record->failure),
    };
    int64_t until_ms = record->ended_ms < 0 ? dispatcher_now_ms(dispatcher) : record->ended_ms;
    view.duration_ms = until_ms - record->trigger_ms;
    if (record->status == CHECKPOINT_COMPLETED) {
        char *path = checkpoint_folder(job->checkpoint_folder,
                                       (struct checkpoint_reference){record->checkpoint_id, record->epoch});
        view.path = arena_strdup(arena, path);
        free(path);
    }
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
                                                    const struct coordinator *coordinator,
                                                    struct arena *arena)
{
    const struct checkpoint_metadata *latest = coordinator_latest(coordinator);
    if (latest == NULL || coordinator_counts(coordinator).restored == 0)
        return NULL;
    char *path = checkpoint_folder(job->checkpoint_folder,
                                   (struct checkpoint_reference){latest->checkpoint_id, latest->epoch});
    struct checkpoint_view view = {
        .id = latest->checkpoint_id,
        .status = "COMPLETED",
        .type = "CHECKPOINT",
        .is_final = latest->is_final,
        .trigger_ms = latest->trigger_ms,
        .latest_ack_ms = latest->completed_ms,
        .duration_ms = latest->completed_ms - latest->trigger_ms,
        .commit_duration_ms = -1,
        .size_bytes = latest->size_bytes,
        .path = arena_strdup(arena, path),
        .failure = "",
    };
    free(path);
    return arena_dup(arena, &view, sizeof view);
}

static void fill_history(const struct job *job, const struct coordinator *coordinator, struct arena *arena,
                         struct checkpoints_view *view)
{
    size_t count = coordinator_history_size(coordinator), num_completed = 0, num_committed = 0;
    struct checkpoint_view *history = arena_calloc(arena, count + 1, sizeof *history);
    int64_t sizes[COORDINATOR_HISTORY], durations[COORDINATOR_HISTORY], commits[COORDINATOR_HISTORY];
    for (size_t i = 0; i < count; i++) {
        const struct checkpoint_record *record = coordinator_history_at(coordinator, i);
        history[i] = build(job, record, arena);
        view->num_in_progress += record->status == CHECKPOINT_IN_PROGRESS;
        if (record->status == CHECKPOINT_FAILED && view->latest_failed == NULL)
            view->latest_failed = &history[i];
        if (record->status != CHECKPOINT_COMPLETED)
            continue;
        if (view->latest_completed == NULL)
            view->latest_completed = &history[i];
        sizes[num_completed] = (int64_t)history[i].size_bytes;
        durations[num_completed++] = history[i].duration_ms;
        if (history[i].commit_duration_ms >= 0)
            commits[num_committed++] = history[i].commit_duration_ms;
    }
    view->history = history;
    view->num_history = count;
    view->size_bytes = summarize(sizes, num_completed);
    view->duration_ms = summarize(durations, num_completed);
    view->commit_duration_ms = summarize(commits, num_committed);
}

void view_build_checkpoints(struct job *job, struct arena *arena, struct checkpoints_view *view)
{
    view->directory = arena_strdup(arena, job->checkpoint_directory);
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
    view->latest_restored = build_restored(job, coordinator, arena);
    view->restored_ms = dispatcher_wall_ms(job->dispatcher, coordinator_restored_ms(coordinator));
}
