/* What other threads ask of the dispatcher. */
#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/timed_condition.h"
#include "jobmanager/dispatcher/dispatcher_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* An answer for one waiting thread. It may give up: the last of the two frees it. */
struct future {
    struct refcount refs;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_done;
    enum status status;
    struct error error;
    char job_id[JOB_ID_BYTES];
};

static struct future *future_create(void)
{
    struct future *future = mem_calloc(1, sizeof *future);
    refcount_init(&future->refs);
    refcount_take(&future->refs);
    timed_condition_init(&future->changed);
    CHECK(pthread_mutex_init(&future->mutex, NULL) == 0);
    return future;
}

static void future_unref(struct future *future)
{
    if (!refcount_drop(&future->refs))
        return;
    pthread_cond_destroy(&future->changed);
    pthread_mutex_destroy(&future->mutex);
    free(future);
}

static void complete(void *context, enum status status, const char *job_id, const struct error *error)
{
    struct future *future = context;
    pthread_mutex_lock(&future->mutex);
    future->is_done = true;
    future->status = status;
    snprintf(future->job_id, sizeof future->job_id, "%s", job_id);
    if (status != STATUS_OK)
        future->error = *error;
    pthread_cond_signal(&future->changed);
    pthread_mutex_unlock(&future->mutex);
    future_unref(future);
}

/* Drops the waiter's reference. */
static enum status await(struct future *future, int64_t deadline_ms, const char *what,
                         char ret_job_id[JOB_ID_BYTES], struct error *error)
{
    struct timespec deadline = timed_condition_deadline(deadline_ms);
    pthread_mutex_lock(&future->mutex);
    int waited = 0;
    while (!future->is_done && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&future->changed, &future->mutex, &deadline);
    enum status status = future->status;
    if (!future->is_done)
        status = error_set(error, STATUS_TIMEOUT, "%s was not done within %lld ms; it may still be", what,
                           (long long)deadline_ms);
    else if (status != STATUS_OK)
        *error = future->error;
    else if (ret_job_id != NULL)
        memcpy(ret_job_id, future->job_id, JOB_ID_BYTES);
    pthread_mutex_unlock(&future->mutex);
    future_unref(future);
    return status;
}

enum status dispatcher_submit(struct dispatcher *dispatcher, struct plan_job_graph *graph, const char *name,
                              int64_t deadline_ms, char ret_job_id[JOB_ID_BYTES], struct error *error)
{
    struct future *future = future_create();
    dispatcher_submit_async(dispatcher, graph, name, complete, future);
    return await(future, deadline_ms, "the submission", ret_job_id, error);
}

struct cancel_event {
    struct event event;
    char job_id[JOB_ID_BYTES];
    dispatcher_callback *callback;
    void *context;
};

static void drop_cancel(struct event *event)
{
    struct cancel_event *cancel = (struct cancel_event *)event;
    struct error error;
    error_set(&error, STATUS_UNAVAILABLE, "this jobmanager is stopping");
    cancel->callback(cancel->context, error.code, cancel->job_id, &error);
    free(cancel);
}

static void add_waiter(struct job *job, const struct cancel_event *cancel)
{
    struct cancel_waiter *waiter = mem_calloc(1, sizeof *waiter);
    *waiter = (struct cancel_waiter){job->cancel_waiters, cancel->callback, cancel->context};
    job->cancel_waiters = waiter;
}

static void run_cancel(struct dispatcher *dispatcher, struct event *event)
{
    struct cancel_event *cancel = (struct cancel_event *)event;
    struct job *job = dispatcher_find_job(dispatcher, cancel->job_id);
    struct error error;
    enum status status = STATUS_OK;
    if (job == NULL)
        status = error_set(&error, STATUS_NOT_FOUND, "Job %s not found", cancel->job_id);
    else if (job_state_is_terminal(job->state) || job->master == NULL)
        status = error_set(&error, STATUS_ALREADY_EXISTS, "the job %s is %s already", cancel->job_id,
                           job_state_name(job->state));
    if (status == STATUS_OK) {
        job_master_cancel(job->master, dispatcher_now_ms(dispatcher));
        job->is_dirty = true;
        if (!job->is_state_stored)
            add_waiter(job, cancel);
    }
    if (status != STATUS_OK || job->is_state_stored)
        cancel->callback(cancel->context, status, cancel->job_id, status == STATUS_OK ? NULL : &error);
    free(cancel);
}

void dispatcher_cancel(struct dispatcher *dispatcher, const char *job_id, dispatcher_callback *callback,
                       void *context)
{
    struct cancel_event *event = mem_calloc(1, sizeof *event);
    event->event = (struct event){.run = run_cancel, .drop = drop_cancel};
    snprintf(event->job_id, sizeof event->job_id, "%s", job_id);
    event->callback = callback;
    event->context = context;
    dispatcher_post(dispatcher, &event->event);
}

static const struct published_job *find_published(const struct dispatcher *dispatcher, const char *job_id)
{
    for (size_t i = 0; i < dispatcher->num_published_jobs; i++)
        if (strcmp(dispatcher->published_jobs[i].id, job_id) == 0)
            return &dispatcher->published_jobs[i];
    return NULL;
}

enum status dispatcher_wait_terminated(struct dispatcher *dispatcher, const char *job_id, int64_t deadline_ms,
                                       const char **ret_state, struct error *error)
{
    struct timespec deadline = timed_condition_deadline(deadline_ms < 0 ? 0 : deadline_ms);
    enum status status = STATUS_TIMEOUT;
    pthread_mutex_lock(&dispatcher->mutex);
    for (int waited = 0;;) {
        const struct published_job *job = find_published(dispatcher, job_id);
        if (job == NULL) {
            status = STATUS_NOT_FOUND;
            break;
        }
        if (job->view->summary.is_terminal) {
            *ret_state = job->view->summary.state;
            *error = job->failure;
            status = STATUS_OK;
            break;
        }
        if (waited == ETIMEDOUT)
            break;
        waited = deadline_ms < 0
                     ? pthread_cond_wait(&dispatcher->published, &dispatcher->mutex)
                     : pthread_cond_timedwait(&dispatcher->published, &dispatcher->mutex, &deadline);
    }
    pthread_mutex_unlock(&dispatcher->mutex);
    if (status == STATUS_NOT_FOUND)
        return error_set(error, STATUS_NOT_FOUND, "Job %s not found", job_id);
    if (status == STATUS_TIMEOUT)
        return error_set(error, STATUS_TIMEOUT, "the job %s runs on after %lld ms", job_id,
                         (long long)deadline_ms);
    return STATUS_OK;
}

enum status dispatcher_cancel_and_wait(struct dispatcher *dispatcher, const char *job_id, int64_t deadline_ms,
                                       struct error *error)
{
    struct future *future = future_create();
    dispatcher_cancel(dispatcher, job_id, complete, future);
    enum status status = await(future, deadline_ms, "the cancellation", NULL, error);
    if (status != STATUS_OK)
        return status;
    const char *state;
    struct error failure;
    status = dispatcher_wait_terminated(dispatcher, job_id, deadline_ms, &state, &failure);
    if (status != STATUS_OK)
        *error = failure;
    const struct job_view *view = dispatcher_job_view(dispatcher, job_id);
    if (view != NULL && view->pending_checkpoint_id >= 0)
        status =
            error_set(error, STATUS_TIMEOUT,
                      "checkpoint %lld is durable and not yet in all tables; it is kept: only a job that "
                      "restores it commits it",
                      (long long)view->pending_checkpoint_id);
    job_view_unref(view);
    return status;
}

const struct cluster_view *dispatcher_cluster_view(struct dispatcher *dispatcher)
{
    pthread_mutex_lock(&dispatcher->mutex);
    const struct cluster_view *view = dispatcher->cluster_view;
    if (view != NULL)
        cluster_view_ref(view);
    pthread_mutex_unlock(&dispatcher->mutex);
    return view;
}

const struct job_view *dispatcher_job_view(struct dispatcher *dispatcher, const char *job_id)
{
    pthread_mutex_lock(&dispatcher->mutex);
    const struct published_job *job = find_published(dispatcher, job_id);
    const struct job_view *view = job == NULL ? NULL : job->view;
    if (view != NULL)
        job_view_ref(view);
    pthread_mutex_unlock(&dispatcher->mutex);
    return view;
}

struct collect_result *dispatcher_collect_result(struct dispatcher *dispatcher, const char *job_id)
{
    pthread_mutex_lock(&dispatcher->mutex);
    const struct published_job *job = find_published(dispatcher, job_id);
    struct collect_result *result = job == NULL ? NULL : job->collect;
    if (result != NULL)
        collect_result_ref(result);
    pthread_mutex_unlock(&dispatcher->mutex);
    return result;
}
