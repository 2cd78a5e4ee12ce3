#include "jobmanager/resourcemanager/resourcemanager.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct resourcemanager {
    struct resourcemanager_callbacks callbacks;
    uint32_t protocol_version;
    int64_t heartbeat_timeout_ms;
    struct taskmanager **taskmanagers;
    size_t count;
};

static void taskmanager_free(struct taskmanager *taskmanager)
{
    free(taskmanager->address);
    free(taskmanager->data_address);
    free(taskmanager->host);
    free(taskmanager->build_version);
    free(taskmanager->owners);
    free(taskmanager);
}

struct resourcemanager *resourcemanager_create(uint32_t protocol_version, int64_t heartbeat_timeout_ms,
                                               const struct resourcemanager_callbacks *callbacks)
{
    CHECK(heartbeat_timeout_ms > 0);
    struct resourcemanager *manager = mem_calloc(1, sizeof *manager);
    manager->callbacks = *callbacks;
    manager->protocol_version = protocol_version;
    manager->heartbeat_timeout_ms = heartbeat_timeout_ms;
    return manager;
}

void resourcemanager_free(struct resourcemanager *manager)
{
    if (manager == NULL)
        return;
    for (size_t i = 0; i < manager->count; i++)
        taskmanager_free(manager->taskmanagers[i]);
    free(manager->taskmanagers);
    free(manager);
}

const struct taskmanager *resourcemanager_find(const struct resourcemanager *manager,
                                               const char *taskmanager_id)
{
    for (size_t i = 0; i < manager->count; i++)
        if (strcmp(manager->taskmanagers[i]->id, taskmanager_id) == 0)
            return manager->taskmanagers[i];
    return NULL;
}

static enum status check_registration(const struct resourcemanager *manager,
                                      const struct taskmanager_registration *registration,
                                      struct error *error)
{
    if (registration->protocol_version != manager->protocol_version)
        return error_set(error, STATUS_UNSUPPORTED,
                         "the taskmanager at %s speaks protocol version %u, this jobmanager %u: run the same "
                         "build on both",
                         registration->address, registration->protocol_version, manager->protocol_version);
    if (strlen(registration->id) != TASKMANAGER_ID_BYTES - 1)
        return error_set(error, STATUS_INVALID_ARGUMENT, "'%s' is no taskmanager id", registration->id);
    if (registration->num_slots == 0 || registration->num_slots > 4096)
        return error_set(error, STATUS_INVALID_ARGUMENT, "the taskmanager at %s offers %u slots",
                         registration->address, registration->num_slots);
    return STATUS_OK;
}

enum status resourcemanager_register(struct resourcemanager *manager,
                                     const struct taskmanager_registration *registration, int64_t now_ms,
                                     struct error *error)
{
    enum status status = check_registration(manager, registration, error);
    if (status != STATUS_OK)
        return status;
    struct taskmanager *known =
        (struct taskmanager *)(uintptr_t)resourcemanager_find(manager, registration->id);
    if (known != NULL) {
        known->last_heartbeat_ms = now_ms;
        return STATUS_OK;
    }
    for (size_t i = manager->count; i-- > 0;) {
        if (strcmp(manager->taskmanagers[i]->address, registration->address) != 0)
            continue;
        struct error reason;
        error_set(&reason, STATUS_UNAVAILABLE, "another taskmanager has started at %s",
                  registration->address);
        resourcemanager_drop(manager, manager->taskmanagers[i]->id, &reason);
    }
    struct taskmanager *taskmanager = mem_calloc(1, sizeof *taskmanager);
    memcpy(taskmanager->id, registration->id, TASKMANAGER_ID_BYTES);
    taskmanager->address = mem_strdup(registration->address);
    taskmanager->data_address = mem_strdup(registration->data_address);
    taskmanager->host = mem_strdup(registration->host);
    taskmanager->build_version = mem_strdup(registration->build_version);
    taskmanager->num_slots = registration->num_slots;
    taskmanager->cpu_cores = registration->cpu_cores;
    taskmanager->memory_bytes = registration->memory_bytes;
    taskmanager->pid = registration->pid;
    taskmanager->owners = mem_calloc(registration->num_slots, sizeof *taskmanager->owners);
    taskmanager->registered_ms = taskmanager->last_heartbeat_ms = now_ms;
    manager->taskmanagers =
        mem_realloc(manager->taskmanagers, (manager->count + 1) * sizeof *manager->taskmanagers);
    manager->taskmanagers[manager->count++] = taskmanager;
    manager->callbacks.added(manager->callbacks.context, taskmanager);
    return STATUS_OK;
}

bool resourcemanager_heartbeat(struct resourcemanager *manager, const char *taskmanager_id,
                               uint64_t resident_bytes, int64_t cpu_ms, int64_t now_ms)
{
    struct taskmanager *taskmanager =
        (struct taskmanager *)(uintptr_t)resourcemanager_find(manager, taskmanager_id);
    if (taskmanager == NULL)
        return false;
    taskmanager->last_heartbeat_ms = now_ms;
    taskmanager->resident_bytes = resident_bytes;
    taskmanager->cpu_ms = cpu_ms;
    return true;
}

void resourcemanager_drop(struct resourcemanager *manager, const char *taskmanager_id,
                          const struct error *reason)
{
    for (size_t i = 0; i < manager->count; i++) {
        struct taskmanager *taskmanager = manager->taskmanagers[i];
        if (strcmp(taskmanager->id, taskmanager_id) != 0)
            continue;
        memmove(&manager->taskmanagers[i], &manager->taskmanagers[i + 1],
                (manager->count - i - 1) * sizeof *manager->taskmanagers);
        manager->count--;
        manager->callbacks.lost(manager->callbacks.context, taskmanager, reason);
        taskmanager_free(taskmanager);
        return;
    }
}

void resourcemanager_tick(struct resourcemanager *manager, int64_t now_ms)
{
    for (size_t i = manager->count; i-- > 0;) {
        const struct taskmanager *taskmanager = manager->taskmanagers[i];
        int64_t silence_ms = now_ms - taskmanager->last_heartbeat_ms;
        if (silence_ms < manager->heartbeat_timeout_ms)
            continue;
        struct error reason;
        error_set(&reason, STATUS_UNAVAILABLE,
                  "the taskmanager %s at %s was not heard of for %" PRId64 " ms (heartbeat.timeout)",
                  taskmanager->id, taskmanager->address, silence_ms);
        resourcemanager_drop(manager, taskmanager->id, &reason);
    }
}

int64_t resourcemanager_next_timer_ms(const struct resourcemanager *manager)
{
    int64_t next_ms = INT64_MAX;
    for (size_t i = 0; i < manager->count; i++) {
        int64_t timer_ms = manager->taskmanagers[i]->last_heartbeat_ms + manager->heartbeat_timeout_ms;
        if (timer_ms < next_ms)
            next_ms = timer_ms;
    }
    return next_ms;
}

uint32_t taskmanager_num_free_slots(const struct taskmanager *taskmanager)
{
    uint32_t free_slots = 0;
    for (uint32_t i = 0; i < taskmanager->num_slots; i++)
        free_slots += taskmanager->owners[i][0] == '\0';
    return free_slots;
}

uint32_t resourcemanager_num_slots(const struct resourcemanager *manager)
{
    uint32_t slots = 0;
    for (size_t i = 0; i < manager->count; i++)
        slots += manager->taskmanagers[i]->num_slots;
    return slots;
}

uint32_t resourcemanager_num_free_slots(const struct resourcemanager *manager)
{
    uint32_t free_slots = 0;
    for (size_t i = 0; i < manager->count; i++)
        free_slots += taskmanager_num_free_slots(manager->taskmanagers[i]);
    return free_slots;
}

static void take_slot(struct taskmanager *taskmanager, const char *owner, struct slot_grant *ret_grant)
{
    for (uint32_t i = 0; i < taskmanager->num_slots; i++) {
        if (taskmanager->owners[i][0] != '\0')
            continue;
        snprintf(taskmanager->owners[i], SLOT_OWNER_BYTES, "%s", owner);
        memcpy(ret_grant->taskmanager_id, taskmanager->id, TASKMANAGER_ID_BYTES);
        ret_grant->slot = i;
        return;
    }
    CHECK(false);
}

/* The slot itself, or another one of the same taskmanager: what it keeps of the task is there all the same.
 */
static bool take_preferred(struct resourcemanager *manager, const char *owner,
                           const struct slot_grant *preferred, struct slot_grant *ret_grant)
{
    struct taskmanager *taskmanager =
        (struct taskmanager *)(uintptr_t)resourcemanager_find(manager, preferred->taskmanager_id);
    if (taskmanager == NULL || taskmanager_num_free_slots(taskmanager) == 0)
        return false;
    if (preferred->slot < taskmanager->num_slots && taskmanager->owners[preferred->slot][0] == '\0') {
        snprintf(taskmanager->owners[preferred->slot], SLOT_OWNER_BYTES, "%s", owner);
        *ret_grant = *preferred;
    } else {
        take_slot(taskmanager, owner, ret_grant);
    }
    return true;
}

static struct taskmanager *emptiest(const struct resourcemanager *manager)
{
    struct taskmanager *best = NULL;
    double best_share = -1;
    for (size_t t = 0; t < manager->count; t++) {
        struct taskmanager *candidate = manager->taskmanagers[t];
        double share = (double)taskmanager_num_free_slots(candidate) / candidate->num_slots;
        if (share > best_share) {
            best = candidate;
            best_share = share;
        }
    }
    return best;
}

bool resourcemanager_allocate(struct resourcemanager *manager, const char *owner, uint32_t count,
                              const struct slot_grant *preferred, struct slot_grant *ret_grants)
{
    if (resourcemanager_num_free_slots(manager) < count)
        return false;
    memset(ret_grants, 0, count * sizeof *ret_grants);
    for (uint32_t i = 0; i < count && preferred != NULL; i++)
        if (!take_preferred(manager, owner, &preferred[i], &ret_grants[i]))
            ret_grants[i].taskmanager_id[0] = '\0';
    for (uint32_t i = 0; i < count; i++)
        if (ret_grants[i].taskmanager_id[0] == '\0')
            take_slot(emptiest(manager), owner, &ret_grants[i]);
    return true;
}

void resourcemanager_release(struct resourcemanager *manager, const char *owner)
{
    for (size_t t = 0; t < manager->count; t++)
        for (uint32_t i = 0; i < manager->taskmanagers[t]->num_slots; i++)
            if (strcmp(manager->taskmanagers[t]->owners[i], owner) == 0)
                manager->taskmanagers[t]->owners[i][0] = '\0';
}

size_t resourcemanager_count(const struct resourcemanager *manager)
{
    return manager->count;
}

const struct taskmanager *resourcemanager_at(const struct resourcemanager *manager, size_t index)
{
    CHECK(index < manager->count);
    return manager->taskmanagers[index];
}
