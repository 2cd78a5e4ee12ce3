#include "taskmanager/taskexecutor/task_executor_internal.h"

#include <stdio.h>
#include <string.h>

/* A job that was cancelled to be started again is back within a minute or so. */
enum { FORGET_AFTER_MS = 10 * 60 * 1000 };

static bool has_task(const struct task_executor *executor, const char *job_id)
{
    for (const struct task_entry *entry = executor->entries; entry != NULL; entry = entry->next)
        if (entry->task != NULL && strcmp(entry->key.job_id, job_id) == 0)
            return true;
    return false;
}

static void drop(struct task_executor *executor, size_t index)
{
    executor->num_idle_jobs--;
    memmove(&executor->idle_jobs[index], &executor->idle_jobs[index + 1],
            (executor->num_idle_jobs - index) * sizeof *executor->idle_jobs);
}

void executor_job_begins(struct task_executor *executor, const char *job_id)
{
    for (size_t i = executor->num_idle_jobs; i-- > 0;)
        if (strcmp(executor->idle_jobs[i].job_id, job_id) == 0)
            drop(executor, i);
}

static void forget_oldest(struct task_executor *executor)
{
    working_folder_forget_job(executor->environment.working_folder, executor->idle_jobs[0].job_id);
    drop(executor, 0);
}

void executor_job_pauses(struct task_executor *executor, const char *job_id, bool is_finished)
{
    if (has_task(executor, job_id))
        return;
    executor_job_begins(executor, job_id);
    if (is_finished) {
        working_folder_forget_job(executor->environment.working_folder, job_id);
        return;
    }
    if (executor->num_idle_jobs == IDLE_JOBS_MAX)
        forget_oldest(executor);
    struct idle_job *job = &executor->idle_jobs[executor->num_idle_jobs++];
    snprintf(job->job_id, sizeof job->job_id, "%s", job_id);
    job->forget_ms = executor_now_ms(executor) + FORGET_AFTER_MS;
}

int64_t executor_forget_jobs(struct task_executor *executor)
{
    while (executor->num_idle_jobs > 0 && executor->idle_jobs[0].forget_ms <= executor_now_ms(executor))
        forget_oldest(executor);
    return executor->num_idle_jobs == 0 ? INT64_MAX : executor->idle_jobs[0].forget_ms;
}
