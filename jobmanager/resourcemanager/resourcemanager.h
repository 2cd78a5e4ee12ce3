#pragma once

#include "common/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Taskmanagers and their slots as a state machine. A taskmanager is one incarnation: an id drawn at its
 * start. Events carry the time; commands go out by callbacks, which must not call back.
 */
enum { TASKMANAGER_ID_BYTES = 33, SLOT_OWNER_BYTES = 33 };

struct taskmanager_registration {
    const char *id;
    const char *address;
    const char *data_address; /* for rows; only passed on */
    const char *host;
    uint32_t protocol_version;
    const char *build_version;
    uint32_t num_slots;
    uint32_t cpu_cores;
    uint64_t memory_bytes;
    int64_t pid;
};

struct taskmanager {
    char id[TASKMANAGER_ID_BYTES];
    char *address;
    char *data_address;
    char *host;
    char *build_version;
    uint32_t num_slots;
    uint32_t cpu_cores;
    uint64_t memory_bytes;
    int64_t pid;
    char (*owners)[SLOT_OWNER_BYTES]; /* for each slot the job that holds it; "" when free */
    int64_t registered_ms;
    int64_t last_heartbeat_ms;
    uint64_t resident_bytes;
    int64_t cpu_ms;
};

struct slot_grant {
    char taskmanager_id[TASKMANAGER_ID_BYTES];
    uint32_t slot;
};

struct resourcemanager_callbacks {
    void *context;
    void (*added)(void *context, const struct taskmanager *taskmanager);
    /* It is forgotten after the call. */
    void (*lost)(void *context, const struct taskmanager *taskmanager, const struct error *reason);
};

struct resourcemanager;

struct resourcemanager *resourcemanager_create(uint32_t protocol_version, int64_t heartbeat_timeout_ms,
                                               const struct resourcemanager_callbacks *callbacks);
void resourcemanager_free(struct resourcemanager *manager);

/* Idempotent. UNSUPPORTED: another protocol version. INVALID_ARGUMENT: no slots, no id. A taskmanager at the
 * address of another one has taken its place: the other is lost. */
STATUS_MUST_CHECK enum status resourcemanager_register(struct resourcemanager *manager,
                                                       const struct taskmanager_registration *registration,
                                                       int64_t now_ms, struct error *error);
/* False: it is not known and must register. */
bool resourcemanager_heartbeat(struct resourcemanager *manager, const char *taskmanager_id,
                               uint64_t resident_bytes, int64_t cpu_ms, int64_t now_ms);
/* Its pipe went, or it does not do as it is told. No effect when it is not known. */
void resourcemanager_drop(struct resourcemanager *manager, const char *taskmanager_id,
                          const struct error *reason);
void resourcemanager_tick(struct resourcemanager *manager, int64_t now_ms);
int64_t resourcemanager_next_timer_ms(const struct resourcemanager *manager);

/* Takes count slots for owner: those that are preferred as far as they are free, the rest spread over the
 * taskmanagers. preferred has one for each, an id of "" where any will do; NULL: any. False, and none taken,
 * when fewer are free. */
bool resourcemanager_allocate(struct resourcemanager *manager, const char *owner, uint32_t count,
                              const struct slot_grant *preferred, struct slot_grant *ret_grants);
void resourcemanager_release(struct resourcemanager *manager, const char *owner);
uint32_t resourcemanager_num_slots(const struct resourcemanager *manager);
uint32_t resourcemanager_num_free_slots(const struct resourcemanager *manager);
uint32_t taskmanager_num_free_slots(const struct taskmanager *taskmanager);
/* In order of registration. */
size_t resourcemanager_count(const struct resourcemanager *manager);
const struct taskmanager *resourcemanager_at(const struct resourcemanager *manager, size_t index);
const struct taskmanager *resourcemanager_find(const struct resourcemanager *manager,
                                               const char *taskmanager_id);
