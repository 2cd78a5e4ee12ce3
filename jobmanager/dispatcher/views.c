/* The views' life: counted references, and what is published. */
#include "common/base/check.h"
#include "common/base/memory.h"
#include "jobmanager/dispatcher/dispatcher_internal.h"
#include "jobmanager/dispatcher/view_internal.h"

#include <stdlib.h>
#include <string.h>

static const char *const task_state_names[NUM_TASK_STATES] = {
    [TASK_CREATED] = "CREATED",           [TASK_SCHEDULED] = "SCHEDULED", [TASK_DEPLOYING] = "DEPLOYING",
    [TASK_RUNNING] = "RUNNING",           [TASK_FINISHED] = "FINISHED",   [TASK_CANCELING] = "CANCELING",
    [TASK_CANCELED] = "CANCELED",         [TASK_FAILED] = "FAILED",       [TASK_RECONCILING] = "RECONCILING",
    [TASK_INITIALIZING] = "INITIALIZING",
};

const char *task_state_name(enum task_state state)
{
    return task_state_names[state];
}

/* The view comes first, so that a pointer to it is one to its box. */
struct job_box {
    struct job_view view;
    struct refcount refs;
    struct arena *arena;
};

struct cluster_box {
    struct cluster_view view;
    struct refcount refs;
    struct arena *arena;
};

const struct job_view *job_view_box(const struct job_view *view, struct arena *arena)
{
    struct job_box *box = mem_calloc(1, sizeof *box);
    box->view = *view;
    box->arena = arena;
    refcount_init(&box->refs);
    return &box->view;
}

void job_view_ref(const struct job_view *view)
{
    refcount_take(&((struct job_box *)(uintptr_t)view)->refs);
}

void job_view_unref(const struct job_view *view)
{
    struct job_box *box = (struct job_box *)(uintptr_t)view;
    if (box == NULL || !refcount_drop(&box->refs))
        return;
    arena_free(box->arena);
    free(box);
}

void cluster_view_ref(const struct cluster_view *view)
{
    refcount_take(&((struct cluster_box *)(uintptr_t)view)->refs);
}

void cluster_view_unref(const struct cluster_view *view)
{
    struct cluster_box *box = (struct cluster_box *)(uintptr_t)view;
    if (box == NULL || !refcount_drop(&box->refs))
        return;
    arena_free(box->arena);
    free(box);
}

static void build_taskmanagers(struct dispatcher *dispatcher, struct arena *arena, struct cluster_view *view)
{
    size_t count = resourcemanager_count(dispatcher->resources);
    struct taskmanager_view *taskmanagers = arena_calloc(arena, count + 1, sizeof *taskmanagers);
    for (size_t i = 0; i < count; i++) {
        const struct taskmanager *taskmanager = resourcemanager_at(dispatcher->resources, i);
        taskmanagers[i] = (struct taskmanager_view){
            .id = arena_strdup(arena, taskmanager->id),
            .address = arena_strdup(arena, taskmanager->address),
            .host = arena_strdup(arena, taskmanager->host),
            .slots_total = taskmanager->num_slots,
            .slots_free = taskmanager_num_free_slots(taskmanager),
            .cpu_cores = taskmanager->cpu_cores,
            .memory_bytes = taskmanager->memory_bytes,
            .resident_bytes = taskmanager->resident_bytes,
            .cpu_ms = taskmanager->cpu_ms,
            .pid = taskmanager->pid,
            .registered_ms = dispatcher_wall_ms(dispatcher, taskmanager->registered_ms),
            .last_heartbeat_ms = dispatcher_wall_ms(dispatcher, taskmanager->last_heartbeat_ms),
            .build_version = arena_strdup(arena, taskmanager->build_version),
        };
    }
    view->taskmanagers = taskmanagers;
    view->num_taskmanagers = count;
    view->slots_total = resourcemanager_num_slots(dispatcher->resources);
    view->slots_free = resourcemanager_num_free_slots(dispatcher->resources);
}

static const struct cluster_view *build_cluster(struct dispatcher *dispatcher)
{
    struct cluster_box *box = mem_calloc(1, sizeof *box);
    refcount_init(&box->refs);
    box->arena = arena_create(4096);
    struct cluster_view *view = &box->view;
    view->leader_epoch = dispatcher->epoch;
    view->leader_since_ms = dispatcher->leader_since_ms;
    build_taskmanagers(dispatcher, box->arena, view);
    struct job_summary_view *jobs = arena_calloc(box->arena, dispatcher->num_jobs + 1, sizeof *jobs);
    for (size_t i = 0; i < dispatcher->num_jobs; i++) {
        const struct job *job = dispatcher->jobs[dispatcher->num_jobs - 1 - i];
        jobs[i] = job->view->summary;
        jobs[i].id = arena_strdup(box->arena, jobs[i].id);
        jobs[i].name = arena_strdup(box->arena, jobs[i].name);
        view->jobs_finished += job->state == JOB_FINISHED;
        view->jobs_cancelled += job->state == JOB_CANCELED;
        view->jobs_failed += job->state == JOB_FAILED;
        view->jobs_running += !job_state_is_terminal(job->state);
    }
    view->jobs = jobs;
    view->num_jobs = dispatcher->num_jobs;
    return view;
}

static void free_published(struct published_job *jobs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        job_view_unref(jobs[i].view);
        collect_result_unref(jobs[i].collect);
    }
    free(jobs);
}

static struct published_job *list_jobs(const struct dispatcher *dispatcher)
{
    struct published_job *jobs = mem_calloc(dispatcher->num_jobs + 1, sizeof *jobs);
    for (size_t i = 0; i < dispatcher->num_jobs; i++) {
        const struct job *job = dispatcher->jobs[i];
        memcpy(jobs[i].id, job->id, sizeof jobs[i].id);
        jobs[i].view = job->view;
        job_view_ref(job->view);
        jobs[i].collect = job->collect == NULL ? NULL : collect_result_ref(job->collect);
        jobs[i].failure = job->failure;
        if (job->state == JOB_FAILED && job->master != NULL)
            jobs[i].failure = *scheduler_last_failure(job_master_scheduler(job->master));
    }
    return jobs;
}

void dispatcher_publish(struct dispatcher *dispatcher)
{
    bool is_dirty = dispatcher->is_dirty;
    for (size_t i = 0; i < dispatcher->num_jobs; i++) {
        struct job *job = dispatcher->jobs[i];
        if (!job->is_dirty && job->view != NULL)
            continue;
        const struct job_view *view = job_view_build(job);
        job_view_unref(job->view);
        job->view = view;
        job->is_dirty = false;
        is_dirty = true;
    }
    if (!is_dirty)
        return;
    dispatcher->is_dirty = false;
    const struct cluster_view *cluster = build_cluster(dispatcher);
    struct published_job *jobs = list_jobs(dispatcher);
    pthread_mutex_lock(&dispatcher->mutex);
    const struct cluster_view *old_cluster = dispatcher->cluster_view;
    struct published_job *old_jobs = dispatcher->published_jobs;
    size_t num_old_jobs = dispatcher->num_published_jobs;
    dispatcher->cluster_view = cluster;
    dispatcher->published_jobs = jobs;
    dispatcher->num_published_jobs = dispatcher->num_jobs;
    pthread_cond_broadcast(&dispatcher->published);
    pthread_mutex_unlock(&dispatcher->mutex);
    cluster_view_unref(old_cluster);
    free_published(old_jobs, num_old_jobs);
}

void dispatcher_free_views(struct dispatcher *dispatcher)
{
    cluster_view_unref(dispatcher->cluster_view);
    free_published(dispatcher->published_jobs, dispatcher->num_published_jobs);
}
