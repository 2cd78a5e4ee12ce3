#include "jobmanager/rest/rest_internal.h"

#include <microhttpd.h>
#include <string.h>

static json_t *statistic_to_json(const struct statistic_view *statistic)
{
    return json_pack("{s:I,s:I,s:I,s:f,s:f,s:f,s:f,s:f}", "min", (json_int_t)statistic->minimum, "max",
                     (json_int_t)statistic->maximum, "avg", (json_int_t)statistic->average, "p50",
                     (double)statistic->p50, "p90", (double)statistic->p90, "p95", (double)statistic->p95,
                     "p99", (double)statistic->p99, "p999", (double)statistic->p999);
}

static const char *class_name(const struct checkpoint_view *checkpoint)
{
    switch (checkpoint->status[0]) {
    case 'C': return "completed";
    case 'F': return "failed";
    default: return "in_progress";
    }
}

json_t *rest_checkpoint_to_json(const struct checkpoint_view *checkpoint)
{
    json_t *json = json_pack(
        "{s:s,s:I,s:s,s:b,s:s?,s:I,s:I,s:I,s:I,s:I,s:i,s:I,s:i,s:I,s:I,s:s,s:{},s:b,s:I,s:b}", "className",
        class_name(checkpoint), "id", (json_int_t)checkpoint->id, "status", checkpoint->status,
        "is_savepoint", checkpoint->is_savepoint, "savepointFormat",
        checkpoint->is_savepoint ? "CANONICAL" : NULL, "trigger_timestamp",
        (json_int_t)checkpoint->trigger_ms, "latest_ack_timestamp", (json_int_t)checkpoint->latest_ack_ms,
        "checkpointed_size", (json_int_t)checkpoint->checkpointed_bytes, "state_size",
        (json_int_t)checkpoint->state_bytes, "end_to_end_duration", (json_int_t)checkpoint->duration_ms,
        "alignment_buffered", 0, "processed_data", (json_int_t)checkpoint->aligned_bytes, "persisted_data", 0,
        "num_subtasks", (json_int_t)checkpoint->num_subtasks, "num_acknowledged_subtasks",
        (json_int_t)checkpoint->num_acknowledged, "checkpoint_type", checkpoint->type, "tasks", "committed",
        checkpoint->is_committed, "commit_duration", (json_int_t)checkpoint->commit_duration_ms, "final",
        checkpoint->is_final);
    if (checkpoint->status[0] == 'C') {
        json_object_set_new(json, "external_path", json_string(checkpoint->path));
        json_object_set_new(json, "discarded", json_boolean(checkpoint->is_discarded));
    }
    if (checkpoint->status[0] == 'F') {
        json_object_set_new(json, "failure_timestamp",
                            json_integer(checkpoint->trigger_ms + checkpoint->duration_ms));
        json_object_set_new(json, "failure_message", json_string(checkpoint->failure));
    }
    return json;
}

static json_t *optional_to_json(const struct checkpoint_view *checkpoint)
{
    return checkpoint != NULL ? rest_checkpoint_to_json(checkpoint) : json_null();
}

static json_t *restored_to_json(const struct checkpoints_view *view)
{
    if (view->latest_restored == NULL)
        return json_null();
    return json_pack("{s:I,s:I,s:b,s:s}", "id", (json_int_t)view->latest_restored->id, "restore_timestamp",
                     (json_int_t)view->restored_ms, "is_savepoint", view->latest_restored->is_savepoint,
                     "external_path", view->latest_restored->path);
}

/* Nothing is put away while barriers are aligned, so those sizes are zero. */
static json_t *summary_to_json(const struct checkpoints_view *view)
{
    static const struct statistic_view none;
    return json_pack("{s:o,s:o,s:o,s:o,s:o,s:o,s:o}", "checkpointed_size",
                     statistic_to_json(&view->checkpointed_bytes), "state_size",
                     statistic_to_json(&view->state_bytes), "end_to_end_duration",
                     statistic_to_json(&view->duration_ms), "commit_duration",
                     statistic_to_json(&view->commit_duration_ms), "alignment_buffered",
                     statistic_to_json(&none), "processed_data", statistic_to_json(&view->aligned_bytes),
                     "persisted_data", statistic_to_json(&none));
}

void rest_get_checkpoints(struct rest_call *call)
{
    const struct job_view *job = rest_call_job(call);
    if (job == NULL)
        return;
    const struct checkpoints_view *view = &job->checkpoints;
    json_t *history = json_array();
    for (size_t i = 0; i < view->num_history; i++)
        json_array_append_new(history, rest_checkpoint_to_json(&view->history[i]));
    json_t *json =
        json_pack("{s:{s:I,s:I,s:I,s:I,s:I},s:o,s:{s:o,s:o,s:o,s:o},s:o}", "counts", "restored",
                  (json_int_t)view->num_restored, "total", (json_int_t)view->num_triggered, "in_progress",
                  (json_int_t)view->num_in_progress, "completed", (json_int_t)view->num_completed, "failed",
                  (json_int_t)view->num_failed, "summary", summary_to_json(view), "latest", "completed",
                  optional_to_json(view->latest_completed), "savepoint",
                  optional_to_json(view->latest_savepoint), "failed", optional_to_json(view->latest_failed),
                  "restored", restored_to_json(view), "history", history);
    job_view_unref(job);
    rest_answer_json(call, MHD_HTTP_OK, json);
}

void rest_get_checkpoint_config(struct rest_call *call)
{
    const struct job_view *job = rest_call_job(call);
    if (job == NULL)
        return;
    const struct checkpoints_view *view = &job->checkpoints;
    json_t *json = json_pack(
        "{s:s,s:I,s:I,s:I,s:i,s:{s:b,s:b},s:s,s:s,s:s,s:b,s:i,s:b}", "mode", "exactly_once", "interval",
        (json_int_t)view->interval_ms, "timeout", (json_int_t)view->timeout_ms, "min_pause",
        (json_int_t)view->min_pause_ms, "max_concurrent", 1, "externalization", "enabled", view->outlives_job,
        "delete_on_cancellation", !view->outlives_job, "state_backend",
        strcmp(view->state_backend, "hashmap") == 0 ? "HashMapStateBackend" : "EmbeddedRocksDBStateBackend",
        "checkpoint_storage", "FileSystemCheckpointStorage", "checkpoint_directory", view->directory,
        "unaligned_checkpoints", 0, "tolerable_failed_checkpoints", (int)view->tolerable_failed,
        "checkpoints_after_tasks_finish", 1);
    job_view_unref(job);
    rest_answer_json(call, MHD_HTTP_OK, json);
}
