/* One checkpoint, vertex by vertex and subtask by subtask. */
#include "jobmanager/rest/rest_internal.h"

#include <microhttpd.h>
#include <stdlib.h>
#include <string.h>

/* The parts of one vertex's subtasks in a checkpoint. */
struct vertex_part {
    const struct checkpoint_view *checkpoint;
    const struct checkpoint_task_view *tasks;
    uint32_t num_tasks;
};

static const struct checkpoint_view *find_checkpoint(struct rest_call *call, const struct job_view *job)
{
    char *end;
    unsigned long long id = strtoull(call->parameters[1], &end, 10);
    for (size_t i = 0; i < job->checkpoints.num_history && *end == '\0'; i++)
        if (job->checkpoints.history[i].id == id)
            return &job->checkpoints.history[i];
    rest_answer_error(call, MHD_HTTP_NOT_FOUND, "Could not find checkpointing statistics for checkpoint %s.",
                      call->parameters[1]);
    return NULL;
}

static struct vertex_part part_of(const struct job_view *job, const struct checkpoint_view *checkpoint,
                                  size_t vertex)
{
    const struct checkpoint_task_view *tasks = checkpoint->tasks;
    for (size_t v = 0; v < vertex; v++)
        tasks += job->vertices[v].parallelism;
    return (struct vertex_part){checkpoint, tasks, job->vertices[vertex].parallelism};
}

static int64_t duration_of(const struct vertex_part *part, const struct checkpoint_task_view *task)
{
    return task->ack_ms - part->checkpoint->trigger_ms;
}

static json_t *vertex_to_json(const struct vertex_part *part)
{
    struct checkpoint_task_view sum = {.ack_ms = -1};
    json_int_t num_acknowledged = 0;
    for (uint32_t i = 0; i < part->num_tasks; i++) {
        const struct checkpoint_task_view *task = &part->tasks[i];
        if (task->ack_ms < 0)
            continue;
        num_acknowledged++;
        sum.ack_ms = task->ack_ms > sum.ack_ms ? task->ack_ms : sum.ack_ms;
        sum.state_bytes += task->state_bytes;
        sum.checkpointed_bytes += task->checkpointed_bytes;
        sum.aligned_bytes += task->aligned_bytes;
    }
    return json_pack("{s:I,s:s,s:I,s:I,s:I,s:I,s:i,s:I,s:i,s:I,s:I}", "id", (json_int_t)part->checkpoint->id,
                     "status", part->checkpoint->status, "latest_ack_timestamp", (json_int_t)sum.ack_ms,
                     "checkpointed_size", (json_int_t)sum.checkpointed_bytes, "state_size",
                     (json_int_t)sum.state_bytes, "end_to_end_duration",
                     (json_int_t)(sum.ack_ms < 0 ? -1 : duration_of(part, &sum)), "alignment_buffered", 0,
                     "processed_data", (json_int_t)sum.aligned_bytes, "persisted_data", 0, "num_subtasks",
                     (json_int_t)part->num_tasks, "num_acknowledged_subtasks", num_acknowledged);
}

void rest_get_checkpoint_details(struct rest_call *call)
{
    const struct job_view *job = rest_call_job(call);
    if (job == NULL)
        return;
    const struct checkpoint_view *checkpoint = find_checkpoint(call, job);
    if (checkpoint != NULL) {
        json_t *json = rest_checkpoint_to_json(checkpoint), *tasks = json_object_get(json, "tasks");
        for (size_t v = 0; v < job->num_vertices; v++) {
            struct vertex_part part = part_of(job, checkpoint, v);
            json_object_set_new(tasks, job->vertices[v].id, vertex_to_json(&part));
        }
        rest_answer_json(call, MHD_HTTP_OK, json);
    }
    job_view_unref(job);
}

/* One figure of a task; each takes the duration from the trigger too. */
typedef int64_t task_figure(const struct checkpoint_task_view *task, int64_t duration_ms);

static int64_t checkpointed_bytes(const struct checkpoint_task_view *task, int64_t duration_ms)
{
    (void)duration_ms;
    return (int64_t)task->checkpointed_bytes;
}

static int64_t state_bytes(const struct checkpoint_task_view *task, int64_t duration_ms)
{
    (void)duration_ms;
    return (int64_t)task->state_bytes;
}

static int64_t whole_duration(const struct checkpoint_task_view *task, int64_t duration_ms)
{
    (void)task;
    return duration_ms;
}

static int64_t sync_duration(const struct checkpoint_task_view *task, int64_t duration_ms)
{
    (void)duration_ms;
    return task->sync_duration_ms;
}

static int64_t async_duration(const struct checkpoint_task_view *task, int64_t duration_ms)
{
    (void)duration_ms;
    return task->async_duration_ms;
}

static int64_t aligned_bytes(const struct checkpoint_task_view *task, int64_t duration_ms)
{
    (void)duration_ms;
    return (int64_t)task->aligned_bytes;
}

static int64_t alignment(const struct checkpoint_task_view *task, int64_t duration_ms)
{
    (void)duration_ms;
    return task->alignment_ms;
}

static int64_t start_delay(const struct checkpoint_task_view *task, int64_t duration_ms)
{
    (void)duration_ms;
    return task->start_delay_ms;
}

static int64_t nothing(const struct checkpoint_task_view *task, int64_t duration_ms)
{
    (void)task;
    (void)duration_ms;
    return 0;
}

static int compare(const void *left, const void *right)
{
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return a < b ? -1 : a > b;
}

/* Over the tasks that have acknowledged. */
static json_t *figure_to_json(const struct vertex_part *part, task_figure *figure, struct arena *arena)
{
    int64_t *values = arena_calloc(arena, part->num_tasks + 1, sizeof *values), sum = 0;
    size_t count = 0;
    for (uint32_t i = 0; i < part->num_tasks; i++) {
        if (part->tasks[i].ack_ms < 0)
            continue;
        values[count] = figure(&part->tasks[i], duration_of(part, &part->tasks[i]));
        sum += values[count++];
    }
    if (count > 1)
        qsort(values, count, sizeof *values, compare);
    size_t last = count > 0 ? count - 1 : 0;
    return json_pack("{s:I,s:I,s:I,s:f,s:f,s:f,s:f,s:f}", "min", (json_int_t)values[0], "max",
                     (json_int_t)values[last], "avg", (json_int_t)(count > 0 ? sum / (int64_t)count : 0),
                     "p50", (double)values[count / 2], "p90", (double)values[count * 9 / 10], "p95",
                     (double)values[count * 95 / 100], "p99", (double)values[last], "p999",
                     (double)values[last]);
}

static json_t *summary_to_json(const struct vertex_part *part, struct arena *arena)
{
    return json_pack("{s:o,s:o,s:o,s:{s:o,s:o},s:{s:o,s:o,s:o,s:o},s:o}", "checkpointed_size",
                     figure_to_json(part, checkpointed_bytes, arena), "state_size",
                     figure_to_json(part, state_bytes, arena), "end_to_end_duration",
                     figure_to_json(part, whole_duration, arena), "checkpoint_duration", "sync",
                     figure_to_json(part, sync_duration, arena), "async",
                     figure_to_json(part, async_duration, arena), "alignment", "buffered",
                     figure_to_json(part, nothing, arena), "processed",
                     figure_to_json(part, aligned_bytes, arena), "persisted",
                     figure_to_json(part, nothing, arena), "duration", figure_to_json(part, alignment, arena),
                     "start_delay", figure_to_json(part, start_delay, arena));
}

static json_t *subtask_to_json(const struct vertex_part *part, uint32_t index)
{
    const struct checkpoint_task_view *task = &part->tasks[index];
    if (task->ack_ms < 0)
        return json_pack("{s:s,s:I,s:s}", "className", "pending", "index", (json_int_t)index, "status",
                         "pending_or_failed");
    return json_pack("{s:s,s:I,s:I,s:I,s:I,s:I,s:{s:I,s:I},s:{s:i,s:I,s:i,s:I},s:I,s:b,s:b,s:s}", "className",
                     "completed", "index", (json_int_t)index, "ack_timestamp", (json_int_t)task->ack_ms,
                     "end_to_end_duration", (json_int_t)duration_of(part, task), "checkpointed_size",
                     (json_int_t)task->checkpointed_bytes, "state_size", (json_int_t)task->state_bytes,
                     "checkpoint", "sync", (json_int_t)task->sync_duration_ms, "async",
                     (json_int_t)task->async_duration_ms, "alignment", "buffered", 0, "processed",
                     (json_int_t)task->aligned_bytes, "persisted", 0, "duration",
                     (json_int_t)task->alignment_ms, "start_delay", (json_int_t)task->start_delay_ms,
                     "unaligned_checkpoint", 0, "aborted", 0, "status", "completed");
}

static size_t find_vertex(const struct job_view *job, const char *id)
{
    size_t vertex = 0;
    while (vertex < job->num_vertices && strcmp(job->vertices[vertex].id, id) != 0)
        vertex++;
    return vertex;
}

void rest_get_checkpoint_subtasks(struct rest_call *call)
{
    const struct job_view *job = rest_call_job(call);
    if (job == NULL)
        return;
    size_t vertex = find_vertex(job, call->parameters[2]);
    const struct checkpoint_view *checkpoint = NULL;
    if (vertex == job->num_vertices)
        rest_answer_error(call, MHD_HTTP_NOT_FOUND, "There is no checkpoint statistics for task %s.",
                          call->parameters[2]);
    else
        checkpoint = find_checkpoint(call, job);
    if (checkpoint != NULL) {
        struct vertex_part part = part_of(job, checkpoint, vertex);
        json_t *json = vertex_to_json(&part), *subtasks = json_array();
        for (uint32_t i = 0; i < part.num_tasks; i++)
            json_array_append_new(subtasks, subtask_to_json(&part, i));
        json_object_set_new(json, "summary", summary_to_json(&part, call->arena));
        json_object_set_new(json, "subtasks", subtasks);
        rest_answer_json(call, MHD_HTTP_OK, json);
    }
    job_view_unref(job);
}
