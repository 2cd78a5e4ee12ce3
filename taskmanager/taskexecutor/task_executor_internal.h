#pragma once

#include "common/base/arena.h"
#include "common/base/event_queue.h"
#include "common/rpc/messages.h"
#include "taskmanager/taskexecutor/jobmanager_session.h"
#include "taskmanager/taskexecutor/outbox.h"
#include "taskmanager/taskexecutor/task.h"
#include "taskmanager/taskexecutor/task_executor.h"

#include <pthread.h>

enum { HEX_ID_BYTES = 33, IDLE_JOBS_MAX = 64 };

/* A job without tasks here, whose files are kept for a while: it may come back. */
struct idle_job {
    char job_id[HEX_ID_BYTES];
    int64_t forget_ms;
};

/* One attempt of one subtask, by value. */
struct task_key {
    uint64_t epoch;
    uint32_t attempt;
    uint32_t subtask;
    char job_id[HEX_ID_BYTES];
    char vertex_id[HEX_ID_BYTES];
};

/* A task, or what is left to tell of one that ended. */
struct task_entry {
    struct task_entry *next;
    uint64_t number; /* by which events find it: never used twice */
    struct task_key key;
    struct task *task; /* NULL: ended, joined and freed */
    struct outbox outbox;
    bool is_void; /* nothing of it is told any more: its epoch or attempt is over */
    bool is_collect_under_way;
    int64_t collect_retry_ms;
};

enum executor_event_kind {
    EXECUTOR_REQUEST,
    EXECUTOR_REPLY,
    EXECUTOR_CONNECTION,
    EXECUTOR_TASK_MESSAGE,
    EXECUTOR_TASK_EXIT,
    EXECUTOR_COLLECT,
    EXECUTOR_STOP,
};

enum executor_call_kind { CALL_REGISTER, CALL_HEARTBEAT, CALL_OUTBOX, CALL_COLLECT };

struct executor_event {
    enum executor_event_kind kind;
    uint16_t method;                   /* REQUEST, TASK_MESSAGE */
    struct buffer payload;             /* REQUEST, REPLY, TASK_MESSAGE */
    struct transport_request *request; /* REQUEST: to be answered */
    enum executor_call_kind call;      /* REPLY */
    uint64_t number;                   /* REPLY: round of the session, or number of the entry */
    enum status status;                /* REPLY */
    struct error *error;               /* REPLY: when status is not OK */
    bool is_lost;                      /* CONNECTION */
    struct task *task;                 /* TASK_MESSAGE, TASK_EXIT */
};

enum { TOMBSTONES_MAX = 1024 };

/* All but the queue and what is fixed after creation belongs to the executor's thread. */
struct task_executor {
    struct task_executor_options options;
    struct task_environment environment;
    char *listen_address, *data_address, *host, *jobmanager_address, *folder;
    char id[HEX_ID_BYTES];
    struct event_queue *events;
    pthread_t thread;
    bool is_started;
    struct transport_server *server;
    char address[TRANSPORT_ADDRESS_BYTES]; /* of the server, as others dial it */

    struct transport_peer *peer;
    struct jobmanager_session session;
    struct task_entry *entries;
    uint64_t last_number;
    /* Tasks that ended or were cancelled before they came, oldest first. */
    struct task_key tombstones[TOMBSTONES_MAX];
    size_t num_tombstones;
    struct idle_job idle_jobs[IDLE_JOBS_MAX]; /* oldest first */
    size_t num_idle_jobs;
    task_executor_stuck_callback *on_stuck; /* or NULL */
    void *stuck_context;
    bool is_stuck; /* that was said */
    bool is_stopping;
};

int64_t executor_now_ms(const struct task_executor *executor);
void executor_event_free(void *event);

/* task_table.c */
struct task_key task_key_of(const struct rpc_task_id *id);
struct rpc_task_id task_key_id(const struct task_key *key, const char *taskmanager_id);
struct task_entry *executor_find(struct task_executor *executor, const struct task_key *key);
struct task_entry *executor_find_number(struct task_executor *executor, uint64_t number);
struct task_entry *executor_find_task(struct task_executor *executor, const struct task *task);
struct task_entry *executor_add_entry(struct task_executor *executor, const struct task_key *key);
void executor_remove_entry(struct task_executor *executor, struct task_entry *entry);
bool executor_has_tombstone(const struct task_executor *executor, const struct task_key *key);
void executor_add_tombstone(struct task_executor *executor, const struct task_key *key);
/* A newer attempt of the job was seen here. */
bool executor_is_old_attempt(const struct task_executor *executor, const struct task_key *key);
/* Cancels older attempts of the job and forgets its tombstones. */
void executor_retire_older_attempts(struct task_executor *executor, const struct task_key *key);
uint32_t executor_count_free_slots(const struct task_executor *executor);
/* The job in the slot, when it is another than job_id; else NULL. */
const char *executor_slot_holder(const struct task_executor *executor, uint32_t slot, const char *job_id);

/* executor_requests.c */
void executor_answer(struct task_executor *executor, struct executor_event *event);

/* executor_deploy.c: arena, which holds decoded, is the new task's from the call on. */
STATUS_MUST_CHECK enum status executor_deploy(struct task_executor *executor, struct arena *arena,
                                              const struct rpc_deploy *decoded, struct error *error);

/* executor_tasks.c */
struct task_listener executor_task_listener(struct task_executor *executor);
void executor_on_task_message(struct task_executor *executor, struct executor_event *event);
void executor_on_task_exit(struct task_executor *executor, struct task *task);
void executor_add_state(struct task_executor *executor, struct task_entry *entry, enum rpc_task_status status,
                        const struct error *error);
/* Nothing of the entry is told any more; its task ends. */
void executor_void_entry(struct task_entry *entry);
void executor_cancel_epochs(struct task_executor *executor, const struct session_command *command);
/* Looks for tasks that do not end; the result is when to call again, INT64_MAX: not before an event. */
int64_t executor_watch_cancelled(struct task_executor *executor);

/* executor_jobs.c: files of jobs that have no task here any more. */
/* A task of the job is about to start, or ended. */
void executor_job_begins(struct task_executor *executor, const char *job_id);
void executor_job_pauses(struct task_executor *executor, const char *job_id, bool is_finished);
/* Removes what is due; the result is when to call again, INT64_MAX: never. */
int64_t executor_forget_jobs(struct task_executor *executor);

/* executor_connection.c */
void executor_run_session(struct task_executor *executor);
void executor_send_messages(struct task_executor *executor);
int64_t executor_deadline_ms(const struct task_executor *executor);

/* executor_replies.c */
void executor_on_reply(struct task_executor *executor, const struct executor_event *event);
