#include "taskmanager/taskexecutor/task_executor_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct task_key task_key_of(const struct rpc_task_id *id)
{
    struct task_key key = {.epoch = id->leader_epoch, .attempt = id->attempt, .subtask = id->subtask};
    snprintf(key.job_id, sizeof key.job_id, "%s", id->job_id);
    snprintf(key.vertex_id, sizeof key.vertex_id, "%s", id->vertex_id);
    return key;
}

struct rpc_task_id task_key_id(const struct task_key *key, const char *taskmanager_id)
{
    return (struct rpc_task_id){
        .leader_epoch = key->epoch,
        .job_id = key->job_id,
        .attempt = key->attempt,
        .vertex_id = key->vertex_id,
        .subtask = key->subtask,
        .taskmanager_id = taskmanager_id,
    };
}

static bool is_same_task(const struct task_key *a, const struct task_key *b)
{
    return a->epoch == b->epoch && a->attempt == b->attempt && a->subtask == b->subtask &&
           strcmp(a->job_id, b->job_id) == 0 && strcmp(a->vertex_id, b->vertex_id) == 0;
}

/* Attempts count anew in each leader's epoch. */
static bool is_older_attempt(const struct task_key *a, const struct task_key *b)
{
    if (strcmp(a->job_id, b->job_id) != 0)
        return false;
    return a->epoch != b->epoch ? a->epoch < b->epoch : a->attempt < b->attempt;
}

struct task_entry *executor_find(struct task_executor *executor, const struct task_key *key)
{
    for (struct task_entry *entry = executor->entries; entry != NULL; entry = entry->next)
        if (is_same_task(&entry->key, key))
            return entry;
    return NULL;
}

struct task_entry *executor_find_number(struct task_executor *executor, uint64_t number)
{
    for (struct task_entry *entry = executor->entries; entry != NULL; entry = entry->next)
        if (entry->number == number)
            return entry;
    return NULL;
}

struct task_entry *executor_find_task(struct task_executor *executor, const struct task *task)
{
    for (struct task_entry *entry = executor->entries; entry != NULL; entry = entry->next)
        if (entry->task == task)
            return entry;
    return NULL;
}

struct task_entry *executor_add_entry(struct task_executor *executor, const struct task_key *key)
{
    struct task_entry *entry = mem_calloc(1, sizeof *entry);
    entry->key = *key;
    entry->number = ++executor->last_number;
    entry->next = executor->entries;
    executor->entries = entry;
    return entry;
}

void executor_remove_entry(struct task_executor *executor, struct task_entry *entry)
{
    struct task_entry **link = &executor->entries;
    while (*link != entry)
        link = &(*link)->next;
    *link = entry->next;
    task_free(entry->task);
    outbox_clear(&entry->outbox);
    free(entry);
}

bool executor_has_tombstone(const struct task_executor *executor, const struct task_key *key)
{
    for (size_t i = 0; i < executor->num_tombstones; i++)
        if (is_same_task(&executor->tombstones[i], key))
            return true;
    return false;
}

static void drop_tombstone(struct task_executor *executor, size_t index)
{
    executor->num_tombstones--;
    memmove(&executor->tombstones[index], &executor->tombstones[index + 1],
            (executor->num_tombstones - index) * sizeof *executor->tombstones);
}

void executor_add_tombstone(struct task_executor *executor, const struct task_key *key)
{
    if (executor_has_tombstone(executor, key))
        return;
    if (executor->num_tombstones == TOMBSTONES_MAX)
        drop_tombstone(executor, 0);
    executor->tombstones[executor->num_tombstones++] = *key;
}

bool executor_is_old_attempt(const struct task_executor *executor, const struct task_key *key)
{
    for (const struct task_entry *entry = executor->entries; entry != NULL; entry = entry->next)
        if (is_older_attempt(key, &entry->key))
            return true;
    for (size_t i = 0; i < executor->num_tombstones; i++)
        if (is_older_attempt(key, &executor->tombstones[i]))
            return true;
    return false;
}

void executor_retire_older_attempts(struct task_executor *executor, const struct task_key *key)
{
    for (struct task_entry *entry = executor->entries; entry != NULL; entry = entry->next)
        if (is_older_attempt(&entry->key, key) && entry->task != NULL)
            task_cancel(entry->task, NULL);
    for (size_t i = executor->num_tombstones; i-- > 0;)
        if (is_older_attempt(&executor->tombstones[i], key))
            drop_tombstone(executor, i);
}

static bool is_slot_taken(const struct task_executor *executor, uint32_t slot)
{
    for (const struct task_entry *entry = executor->entries; entry != NULL; entry = entry->next)
        if (entry->task != NULL && task_slot(entry->task) == slot)
            return true;
    return false;
}

uint32_t executor_count_free_slots(const struct task_executor *executor)
{
    uint32_t count = 0;
    for (uint32_t slot = 0; slot < executor->options.num_slots; slot++)
        count += is_slot_taken(executor, slot) ? 0 : 1;
    return count;
}

const char *executor_slot_holder(const struct task_executor *executor, uint32_t slot, const char *job_id)
{
    for (const struct task_entry *entry = executor->entries; entry != NULL; entry = entry->next)
        if (entry->task != NULL && task_slot(entry->task) == slot && strcmp(entry->key.job_id, job_id) != 0)
            return entry->key.job_id;
    return NULL;
}
