/* What can be measured, under Flink's names; what Flink has no name for is named in its way. */
#include "jobmanager/rest/rest_internal.h"

#include <stddef.h>

/* Of a subtask. */

static double read_records_in(const struct subtask_view *subtask, int64_t now_ms)
{
    (void)now_ms;
    return (double)subtask->records_in;
}

static double read_records_out(const struct subtask_view *subtask, int64_t now_ms)
{
    (void)now_ms;
    return (double)subtask->records_out;
}

static double read_bytes_in(const struct subtask_view *subtask, int64_t now_ms)
{
    (void)now_ms;
    return (double)subtask->bytes_in;
}

static double read_bytes_out(const struct subtask_view *subtask, int64_t now_ms)
{
    (void)now_ms;
    return (double)subtask->bytes_out;
}

static double read_busy_ms(const struct subtask_view *subtask, int64_t now_ms)
{
    (void)now_ms;
    return (double)subtask->busy_ms;
}

static double read_idle_ms(const struct subtask_view *subtask, int64_t now_ms)
{
    (void)now_ms;
    return (double)subtask->idle_ms;
}

static double read_backpressured_ms(const struct subtask_view *subtask, int64_t now_ms)
{
    (void)now_ms;
    return (double)subtask->backpressured_ms;
}

static double read_records_in_rate(const struct subtask_view *subtask, int64_t now_ms)
{
    (void)now_ms;
    return (double)subtask->rates.records_in;
}

static double read_records_out_rate(const struct subtask_view *subtask, int64_t now_ms)
{
    (void)now_ms;
    return (double)subtask->rates.records_out;
}

static double read_bytes_in_rate(const struct subtask_view *subtask, int64_t now_ms)
{
    (void)now_ms;
    return (double)subtask->rates.bytes_in;
}

static double read_bytes_out_rate(const struct subtask_view *subtask, int64_t now_ms)
{
    (void)now_ms;
    return (double)subtask->rates.bytes_out;
}

static double read_busy_rate(const struct subtask_view *subtask, int64_t now_ms)
{
    (void)now_ms;
    return (double)subtask->rates.busy_ms;
}

static double read_idle_rate(const struct subtask_view *subtask, int64_t now_ms)
{
    (void)now_ms;
    return (double)subtask->rates.idle_ms;
}

static double read_backpressured_rate(const struct subtask_view *subtask, int64_t now_ms)
{
    (void)now_ms;
    return (double)subtask->rates.backpressured_ms;
}

static double read_queued_inputs(const struct subtask_view *subtask, int64_t now_ms)
{
    (void)now_ms;
    return (double)subtask->queued_inputs;
}

static double read_queued_outputs(const struct subtask_view *subtask, int64_t now_ms)
{
    (void)now_ms;
    return (double)subtask->queued_outputs;
}

static double read_watermark(const struct subtask_view *subtask, int64_t now_ms)
{
    (void)now_ms;
    return (double)subtask->watermark_ms;
}

static double read_is_backpressured(const struct subtask_view *subtask, int64_t now_ms)
{
    (void)now_ms;
    enum { SHARE_OF_A_SECOND_MS = 100 };
    return subtask->rates.backpressured_ms > SHARE_OF_A_SECOND_MS;
}

static double read_pending(const struct subtask_view *subtask, int64_t now_ms)
{
    (void)now_ms;
    return subtask->num_operators > 0 ? (double)subtask->operators[0].pending_records : -1;
}

static double read_errors(const struct subtask_view *subtask, int64_t now_ms)
{
    (void)now_ms;
    return subtask->num_operators > 0 ? (double)subtask->operators[0].failed_records : 0;
}

const struct subtask_metric rest_subtask_metrics[] = {
    {"numRecordsIn", read_records_in},
    {"numRecordsOut", read_records_out},
    {"numBytesIn", read_bytes_in},
    {"numBytesOut", read_bytes_out},
    {"numRecordsInPerSecond", read_records_in_rate},
    {"numRecordsOutPerSecond", read_records_out_rate},
    {"numBytesInPerSecond", read_bytes_in_rate},
    {"numBytesOutPerSecond", read_bytes_out_rate},
    {"accumulateBusyTimeMs", read_busy_ms},
    {"accumulateIdleTimeMs", read_idle_ms},
    {"accumulateBackPressuredTimeMs", read_backpressured_ms},
    {"busyTimeMsPerSecond", read_busy_rate},
    {"idleTimeMsPerSecond", read_idle_rate},
    {"backPressuredTimeMsPerSecond", read_backpressured_rate},
    {"isBackPressured", read_is_backpressured},
    {"currentInputWatermark", read_watermark},
    {"Shuffle.Netty.Input.Buffers.inputQueueLength", read_queued_inputs},
    {"Shuffle.Netty.Output.Buffers.outputQueueLength", read_queued_outputs},
    {"pendingRecords", read_pending},
    {"numRecordsInErrors", read_errors},
    {NULL, NULL},
};

/* Of an operator. */

static double operator_records_in(const struct operator_metrics_view *metrics, int64_t now_ms)
{
    (void)now_ms;
    return (double)metrics->records_in;
}

static double operator_records_out(const struct operator_metrics_view *metrics, int64_t now_ms)
{
    (void)now_ms;
    return (double)metrics->records_out;
}

static double operator_bytes_in(const struct operator_metrics_view *metrics, int64_t now_ms)
{
    (void)now_ms;
    return (double)metrics->bytes_in;
}

static double operator_bytes_out(const struct operator_metrics_view *metrics, int64_t now_ms)
{
    (void)now_ms;
    return (double)metrics->bytes_out;
}

static double operator_dropped_records(const struct operator_metrics_view *metrics, int64_t now_ms)
{
    (void)now_ms;
    return (double)metrics->dropped_records;
}

static double operator_failed_records(const struct operator_metrics_view *metrics, int64_t now_ms)
{
    (void)now_ms;
    return (double)metrics->failed_records;
}

static double operator_pending_records(const struct operator_metrics_view *metrics, int64_t now_ms)
{
    (void)now_ms;
    return (double)metrics->pending_records;
}

static double operator_late_records(const struct operator_metrics_view *metrics, int64_t now_ms)
{
    (void)now_ms;
    return (double)metrics->late_records_dropped;
}

static double operator_watermark(const struct operator_metrics_view *metrics, int64_t now_ms)
{
    (void)now_ms;
    return (double)metrics->watermark_ms;
}

static double operator_state_bytes(const struct operator_metrics_view *metrics, int64_t now_ms)
{
    (void)now_ms;
    return (double)metrics->state_bytes;
}

/* By how much event time is behind the wall clock; 0 before the first watermark and after the last. */
static double operator_watermark_latency(const struct operator_metrics_view *metrics, int64_t now_ms)
{
    bool is_time = metrics->watermark_ms != INT64_MIN && metrics->watermark_ms != INT64_MAX;
    return is_time ? (double)(now_ms - metrics->watermark_ms) : 0;
}

const struct operator_metric rest_operator_metrics[] = {
    {"numRecordsIn", operator_records_in},
    {"numRecordsOut", operator_records_out},
    {"numBytesIn", operator_bytes_in},
    {"numBytesOut", operator_bytes_out},
    {"numRecordsDropped", operator_dropped_records},
    {"numRecordsInErrors", operator_failed_records},
    {"pendingRecords", operator_pending_records},
    {"numLateRecordsDropped", operator_late_records},
    {"currentInputWatermark", operator_watermark},
    {"currentOutputWatermark", operator_watermark},
    {"watermarkLatency", operator_watermark_latency},
    {"stateSizeBytes", operator_state_bytes},
    {NULL, NULL},
};

/* Of a job. */

static double job_completed(const struct job_view *job, int64_t now_ms)
{
    (void)now_ms;
    return (double)job->checkpoints.num_completed;
}

static double job_failed(const struct job_view *job, int64_t now_ms)
{
    (void)now_ms;
    return (double)job->checkpoints.num_failed;
}

static double job_in_progress(const struct job_view *job, int64_t now_ms)
{
    (void)now_ms;
    return (double)job->checkpoints.num_in_progress;
}

static double job_triggered(const struct job_view *job, int64_t now_ms)
{
    (void)now_ms;
    return (double)job->checkpoints.num_triggered;
}

static double job_restarts(const struct job_view *job, int64_t now_ms)
{
    (void)now_ms;
    return (double)job->num_restarts;
}

static double job_last_duration(const struct job_view *job, int64_t now_ms)
{
    (void)now_ms;
    const struct checkpoint_view *last = job->checkpoints.latest_completed;
    return last == NULL ? -1 : (double)last->duration_ms;
}

static double job_last_size(const struct job_view *job, int64_t now_ms)
{
    (void)now_ms;
    const struct checkpoint_view *last = job->checkpoints.latest_completed;
    return last == NULL ? -1 : (double)last->checkpointed_bytes;
}

static double job_last_id(const struct job_view *job, int64_t now_ms)
{
    (void)now_ms;
    const struct checkpoint_view *last = job->checkpoints.latest_completed;
    return last == NULL ? -1 : (double)last->id;
}

static double job_last_commit(const struct job_view *job, int64_t now_ms)
{
    (void)now_ms;
    const struct checkpoint_view *last = job->checkpoints.latest_completed;
    return last == NULL ? -1 : (double)last->commit_duration_ms;
}

static double job_last_alignment(const struct job_view *job, int64_t now_ms)
{
    (void)now_ms;
    const struct checkpoint_view *last = job->checkpoints.latest_completed;
    return last == NULL ? -1 : (double)last->alignment_ms;
}

static double job_last_completed_at(const struct job_view *job, int64_t now_ms)
{
    (void)now_ms;
    const struct checkpoint_view *last = job->checkpoints.latest_completed;
    return last == NULL ? -1 : (double)(last->trigger_ms + last->duration_ms);
}

/* From the trigger of a checkpoint until the next one is in all tables: so long has the oldest row of the
 * newest commit waited from being read to being visible. -1 before there are two. */
static double job_latency(const struct job_view *job, int64_t now_ms)
{
    (void)now_ms;
    const struct checkpoints_view *all = &job->checkpoints;
    for (size_t i = 0; i + 1 < all->num_history; i++) {
        const struct checkpoint_view *newer = &all->history[i], *older = &all->history[i + 1];
        if (newer->commit_duration_ms >= 0)
            return (double)(newer->trigger_ms + newer->duration_ms + newer->commit_duration_ms -
                            older->trigger_ms);
    }
    return -1;
}

static double job_uptime(const struct job_view *job, int64_t now_ms)
{
    return job->summary.is_terminal ? 0 : (double)(now_ms - job->summary.start_ms);
}

const struct job_metric rest_job_metrics[] = {
    {"numberOfCompletedCheckpoints", job_completed},
    {"numberOfFailedCheckpoints", job_failed},
    {"numberOfInProgressCheckpoints", job_in_progress},
    {"totalNumberOfCheckpoints", job_triggered},
    {"lastCheckpointDuration", job_last_duration},
    {"lastCheckpointSize", job_last_size},
    {"lastCheckpointFullSize", job_last_size},
    {"lastCheckpointAlignmentTime", job_last_alignment},
    {"lastCheckpointCompletedTimestamp", job_last_completed_at},
    {"lastCompletedCheckpointId", job_last_id},
    {"lastCommitDuration", job_last_commit},
    {"endToEndLatency", job_latency},
    {"numRestarts", job_restarts},
    {"uptime", job_uptime},
    {NULL, NULL},
};

/* Of a taskmanager. */

static double taskmanager_resident(const struct taskmanager_view *taskmanager)
{
    return (double)taskmanager->resident_bytes;
}

static double taskmanager_cpu_ms(const struct taskmanager_view *taskmanager)
{
    return (double)taskmanager->cpu_ms;
}

static double taskmanager_slots_total(const struct taskmanager_view *taskmanager)
{
    return (double)taskmanager->slots_total;
}

static double taskmanager_slots_free(const struct taskmanager_view *taskmanager)
{
    return (double)taskmanager->slots_free;
}

const struct taskmanager_metric rest_taskmanager_metrics[] = {
    {"Status.Process.Memory.ResidentBytes", taskmanager_resident},
    {"Status.Process.CPU.TimeMs", taskmanager_cpu_ms},
    {"taskSlotsTotal", taskmanager_slots_total},
    {"taskSlotsAvailable", taskmanager_slots_free},
    {NULL, NULL},
};

/* Of the jobmanager. */

static double cluster_running(const struct cluster_view *cluster)
{
    return (double)cluster->jobs_running;
}

static double cluster_slots_total(const struct cluster_view *cluster)
{
    return (double)cluster->slots_total;
}

static double cluster_slots_free(const struct cluster_view *cluster)
{
    return (double)cluster->slots_free;
}

static double cluster_taskmanagers(const struct cluster_view *cluster)
{
    return (double)cluster->num_taskmanagers;
}

const struct cluster_metric rest_cluster_metrics[] = {
    {"numRunningJobs", cluster_running},
    {"taskSlotsTotal", cluster_slots_total},
    {"taskSlotsAvailable", cluster_slots_free},
    {"numRegisteredTaskManagers", cluster_taskmanagers},
    {NULL, NULL},
};
