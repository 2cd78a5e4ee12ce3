#pragma once

#include "common/base/event_queue.h"
#include "taskmanager/taskexecutor/operator_chain.h"

#include <stdatomic.h>

/*
 * Uploads of frozen keyed state: one after the other on a thread of their own, while the task goes on. The
 * thread is started with the first of them.
 */
struct task_uploads;

/* What a checkpoint waits for until it can be acknowledged. The task's; the thread writes handles, status,
 * error and duration_us before it is done. */
struct task_upload {
    struct task_upload *next;
    struct chain_barrier origin;
    bool is_end_of_input;
    int64_t start_delay_ms;
    int64_t sync_us; /* from the barrier until all was frozen */
    struct chain_snapshot snapshot;
    struct chain_state *handles; /* encoded, one for each frozen state */
    enum status status;
    struct error error;
    int64_t duration_us;
    atomic_bool is_cancelled;
};

/* done: the thread's call, of what it is through with; not of what was dropped. */
struct task_uploads *task_uploads_create(const struct process_context *process,
                                         void (*done)(void *context, struct task_upload *upload),
                                         void *context);
/* Cancels what is left, waits for the thread and frees all. */
void task_uploads_free(struct task_uploads *uploads);

/* Takes the content of what->snapshot over; its origin and figures are copied. */
STATUS_MUST_CHECK enum status task_uploads_add(struct task_uploads *uploads, const struct task_upload *what,
                                               struct error *error);
/* The checkpoint was given up: nothing is said of it any more. */
/* What is not done with, the newest first. */
const struct task_upload *task_uploads_first(const struct task_uploads *uploads);
void task_uploads_cancel(struct task_uploads *uploads, uint64_t checkpoint_id);
/* Frees one that is done. */
void task_uploads_remove(struct task_uploads *uploads, struct task_upload *upload);
