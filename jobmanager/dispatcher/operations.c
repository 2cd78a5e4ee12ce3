/* What somebody asked for and polls. The table is under the dispatcher's mutex; all threads use it. */
#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/timed_condition.h"
#include "jobmanager/dispatcher/dispatcher_internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As long as Flink keeps them by default; and never more than so many that are over. */
enum { KEPT_MS = 300000, MAX_DONE = 1000 };

static struct operation *find(const struct dispatcher *dispatcher, const char *operation_id)
{
    for (size_t i = 0; i < dispatcher->num_operations; i++)
        if (strcmp(dispatcher->operations[i]->view.id, operation_id) == 0)
            return dispatcher->operations[i];
    return NULL;
}

static void free_operation(struct operation *operation)
{
    free(operation->view.location);
    free(operation->path);
    free(operation);
}

/* The oldest that are over go. */
static void forget(struct dispatcher *dispatcher, int64_t now_ms)
{
    size_t num_done = 0, kept = 0;
    for (size_t i = 0; i < dispatcher->num_operations; i++)
        num_done += dispatcher->operations[i]->view.is_done;
    for (size_t i = 0; i < dispatcher->num_operations; i++) {
        struct operation *operation = dispatcher->operations[i];
        bool is_old =
            operation->view.is_done && (now_ms - operation->done_ms >= KEPT_MS || num_done > MAX_DONE);
        if (is_old) {
            num_done--;
            free_operation(operation);
        } else {
            dispatcher->operations[kept++] = operation;
        }
    }
    dispatcher->num_operations = kept;
}

bool operations_add(struct dispatcher *dispatcher, const struct operation *added)
{
    int64_t now_ms = dispatcher_now_ms(dispatcher);
    pthread_mutex_lock(&dispatcher->mutex);
    forget(dispatcher, now_ms);
    bool is_new = find(dispatcher, added->view.id) == NULL;
    if (is_new) {
        struct operation *operation = mem_dup(added, sizeof *added);
        if (added->path != NULL)
            operation->path = mem_strdup(added->path);
        dispatcher->operations =
            mem_realloc(dispatcher->operations, (dispatcher->num_operations + 1) * sizeof(void *));
        dispatcher->operations[dispatcher->num_operations++] = operation;
    }
    pthread_mutex_unlock(&dispatcher->mutex);
    return is_new;
}

/* Under the mutex. */
static void end(struct dispatcher *dispatcher, struct operation *operation, const struct error *failure)
{
    operation->view.is_done = true;
    operation->done_ms = dispatcher_now_ms(dispatcher);
    if (failure != NULL)
        operation->view.failure = *failure;
    pthread_cond_broadcast(&dispatcher->published);
}

void operations_end(struct dispatcher *dispatcher, const char *operation_id, const struct error *failure)
{
    pthread_mutex_lock(&dispatcher->mutex);
    struct operation *operation = find(dispatcher, operation_id);
    if (operation != NULL && !operation->view.is_done)
        end(dispatcher, operation, failure);
    pthread_mutex_unlock(&dispatcher->mutex);
}

bool operations_answer(struct dispatcher *dispatcher, const char *operation_id, uint64_t checkpoint_id)
{
    bool cancels_job = false;
    pthread_mutex_lock(&dispatcher->mutex);
    struct operation *operation = find(dispatcher, operation_id);
    if (operation != NULL && !operation->view.is_done) {
        operation->view.checkpoint_id = checkpoint_id;
        if (operation->path != NULL)
            operation->view.location = mem_strdup(operation->path);
        cancels_job = operation->cancels_job;
        /* A job is stopped once its end is in the store. */
        if (operation->view.kind != OPERATION_STOP)
            end(dispatcher, operation, NULL);
    }
    pthread_mutex_unlock(&dispatcher->mutex);
    return cancels_job;
}

void operations_job_moved(struct dispatcher *dispatcher, const char *job_id, enum job_state state)
{
    bool goes_on = state == JOB_INITIALIZING || state == JOB_CREATED || state == JOB_RUNNING;
    if (goes_on)
        return;
    pthread_mutex_lock(&dispatcher->mutex);
    for (size_t i = 0; i < dispatcher->num_operations; i++) {
        struct operation *operation = dispatcher->operations[i];
        struct operation_view *view = &operation->view;
        bool waits = view->kind == OPERATION_STOP && !view->is_done && view->location != NULL;
        if (!waits || strcmp(view->job_id, job_id) != 0)
            continue;
        struct error failure;
        error_set(&failure, STATUS_UNAVAILABLE,
                  "the savepoint %s is written and can be restored, but the job is %s before it had stopped",
                  view->location, job_state_name(state));
        end(dispatcher, operation, state == JOB_FINISHED ? NULL : &failure);
    }
    pthread_mutex_unlock(&dispatcher->mutex);
}

static struct operation_view copy_view(const struct operation_view *view)
{
    struct operation_view copy = *view;
    if (view->location != NULL)
        copy.location = mem_strdup(view->location);
    return copy;
}

void operation_view_free(struct operation_view *view)
{
    free(view->location);
    *view = (struct operation_view){0};
}

enum status dispatcher_await_operation(struct dispatcher *dispatcher, const char *operation_id,
                                       int64_t wait_ms, struct operation_view *ret_view, struct error *error)
{
    struct timespec deadline = timed_condition_deadline(wait_ms);
    pthread_mutex_lock(&dispatcher->mutex);
    const struct operation *operation = find(dispatcher, operation_id);
    for (int waited = 0;
         operation != NULL && !operation->view.is_done && waited != ETIMEDOUT && wait_ms > 0;) {
        waited = pthread_cond_timedwait(&dispatcher->published, &dispatcher->mutex, &deadline);
        operation = find(dispatcher, operation_id);
    }
    if (operation != NULL)
        *ret_view = copy_view(&operation->view);
    pthread_mutex_unlock(&dispatcher->mutex);
    if (operation == NULL)
        return error_set(error, STATUS_NOT_FOUND, "Operation not found under key: %s", operation_id);
    return STATUS_OK;
}

void operations_free(struct dispatcher *dispatcher)
{
    for (size_t i = 0; i < dispatcher->num_operations; i++)
        free_operation(dispatcher->operations[i]);
    free(dispatcher->operations);
}
