#pragma once

#include "common/base/process_context.h"
#include "common/transport/transport.h"
#include "taskmanager/taskexecutor/operator_factory.h"

/*
 * The slots of a taskmanager, the tasks in them, and the connection to the leading jobmanager. One thread
 * owns all of it; requests, replies and the tasks' messages come to it as events.
 *
 * A request is obeyed when its leader epoch is the newest known, its incarnation ours and its attempt not
 * older than the newest seen of that job; else it is refused with STATUS_FENCED and has no effect. A task
 * that ended is remembered, so that a deployment that comes late or twice does not start it again.
 */
struct task_executor;

struct task_executor_options {
    const struct process_context *process; /* all borrowed */
    struct transport *transport;
    const struct operator_factory *factory;
    uint32_t num_slots;
    const char *listen_address;     /* tcp://host:port, inproc://name */
    const char *data_address;       /* the same, for rows of other taskmanagers' tasks */
    bool compresses_data;           /* LZ4 between processes */
    const char *host;               /* the name that the jobmanager shows and dials */
    const char *jobmanager_address; /* tcp://host:port; not read when folder is given */
    const char *folder;             /* high-availability.storageDir, or NULL */
    int64_t heartbeat_interval_ms;
    int64_t heartbeat_timeout_ms;
    const char *temporary_folder;          /* io.tmp.dirs: files that nobody needs after our end */
    uint64_t managed_memory_bytes;         /* of keyed state in all slots, at most */
    enum state_backend_kind state_backend; /* of jobs that do not say */
    bool recovers_locally;                 /* copies of keyed state are kept for a quick restart */
    int64_t cancellation_timeout_ms;       /* in which a task ends that was told to; 0: without bound */
};

/* A task did not end in its time, as when a file system gives no answer, and nothing can end it but the end
 * of the process. On the executor's thread, once. */
typedef void task_executor_stuck_callback(void *context);

struct task_executor *task_executor_create(const struct task_executor_options *options);
/* Before the start; without it a task that does not end is only logged. */
void task_executor_on_stuck(struct task_executor *executor, task_executor_stuck_callback *callback,
                            void *context);
/* Listens, and registers in the background. */
STATUS_MUST_CHECK enum status task_executor_start(struct task_executor *executor, struct error *error);
/* Cancels all tasks and waits for their end and the thread's. Idempotent. */
void task_executor_stop(struct task_executor *executor);
void task_executor_free(struct task_executor *executor); /* stops first */

/* The incarnation: 32 hexadecimal digits. */
const char *task_executor_id(const struct task_executor *executor);
