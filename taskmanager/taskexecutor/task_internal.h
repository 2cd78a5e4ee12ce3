#pragma once

#include "common/base/event_queue.h"
#include "common/base/process_context.h"
#include "taskmanager/taskexecutor/operator_chain.h"
#include "taskmanager/taskexecutor/task.h"
#include "taskmanager/taskexecutor/task_upload.h"

#include <pthread.h>
#include <stdatomic.h>

enum task_letter_kind { LETTER_TRIGGER, LETTER_NOTIFY, LETTER_UPLOADED };

/* What lies in the mailbox. */
struct task_letter {
    enum task_letter_kind kind;
    struct chain_barrier barrier; /* TRIGGER; of NOTIFY the checkpoint's id */
    bool is_drain;                /* TRIGGER: the source ends before the barrier */
    bool is_aborted;              /* NOTIFY */
    bool is_final;                /* NOTIFY */
    struct task_upload *upload;   /* UPLOADED; the task's uploads hold it */
};

/* The checkpoint whose barrier is on its way through the chain. */
struct task_barrier {
    struct chain_barrier origin; /* checkpoint_id 0: none */
    int64_t start_us;
    int64_t start_delay_ms;
    struct chain_snapshot snapshot;
};

/*
 * Invariant: while the chain is blocked no letter is taken out of the mailbox but into deferred, so that
 * triggers and notifications keep their order and wait until the chain is free. Uploads that are done do not
 * concern the chain, and are acknowledged at once.
 */
struct task {
    /* Fixed after creation. */
    struct task_options options;
    struct operator_chain *chain;
    struct collect_channel *channel;
    pthread_t thread;
    bool is_started;

    /* Crossing threads. */
    struct event_queue *mailbox;
    atomic_bool is_woken; /* an operator asks to be resumed */
    atomic_bool is_cancelled;
    _Atomic int64_t cancelled_ms;
    pthread_mutex_t cancel_mutex; /* for has_reason and reason until is_cancelled is set */
    bool has_reason;
    struct error reason;
    atomic_int status; /* enum rpc_task_status; written by the thread of the task */
    _Atomic int64_t busy_us, idle_us, backpressured_us;

    /* The thread's own. */
    struct event_queue *deferred;
    struct task_barrier barrier;
    struct task_uploads *uploads;
    uint64_t last_triggered;
    uint64_t last_completed;
    uint64_t last_aborted;
    uint64_t stop_id;          /* the savepoint whose barrier is the last element; 0: none */
    struct task_letter *drain; /* its trigger, which waits for the end of the source */
    int64_t measured_us;
    bool is_blocked;
    bool is_ended;    /* all input is at its end */
    bool is_drained;  /* ... and all operators dealt with that */
    bool is_finished; /* the checkpoint behind the end is committed */
    struct error error;
};

/* Each returns false when the task has failed, with task->error set. */
bool task_begin_barrier(struct task *task, const struct chain_barrier *barrier);
bool task_complete_barrier(struct task *task);
bool task_fail_barrier(struct task *task);
/* Before the task ends: what it wrote for checkpoints and never acknowledged. */
void task_give_back_all(struct task *task);
/* Acknowledges, or declines. */
bool task_finish_upload(struct task *task, struct task_upload *upload);
bool task_take_result(struct task *task, enum operator_result result);
void task_set_status(struct task *task, enum rpc_task_status status);
void *task_main(void *context);
