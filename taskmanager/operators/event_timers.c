#include "taskmanager/operators/event_timers.h"

#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/base/memory.h"

#include <stdlib.h>

enum {
    TIMER_VERSION = 1,
    LEAST_WIDTH_BITS = 10, /* a millisecond, about */
    MOST_WIDTH_BITS = 48,  /* nine years */
    BUCKETS_AHEAD = 32,    /* of one width, about, before they become wider */
    STEP_WEIGHT = 8,
};

struct timer {
    int64_t is_set;
    int64_t time_us;
};

enum status event_timers_open(struct event_timers *timers, struct keyed_state_backend *backend,
                              const char *key_type, struct error *error)
{
    struct keyed_state_descriptor descriptor = {.name = "timers",
                                                .key_type = key_type,
                                                .value_type = "TIMER",
                                                .version = TIMER_VERSION,
                                                .value_size = sizeof(struct timer)};
    *timers = (struct event_timers){.watermark_us = WATERMARK_NONE, .next_due_us = INT64_MAX};
    enum status status = keyed_state_open(backend, &descriptor, &timers->state, error);
    if (status != STATUS_OK)
        return status;
    timers->seen = mem_alloc(BATCH_MAX_ROWS * sizeof(void *));
    int64_t bucket;
    if (keyed_state_next_namespace(timers->state, INT64_MIN, &bucket))
        timers->next_due_us = bucket; /* restored */
    return STATUS_OK;
}

void event_timers_free(struct event_timers *timers)
{
    if (timers->walk != NULL)
        keyed_state_walk_end(timers->walk);
    free(timers->seen);
    free(timers->values);
    free(timers->buckets);
    free(timers->keys);
    free(timers->hashes);
    free(timers->times);
    *timers = (struct event_timers){0};
}

static void ensure_capacity(struct event_timers *timers, uint32_t count)
{
    if (count <= timers->capacity)
        return;
    timers->values = mem_realloc(timers->values, count * sizeof(void *));
    timers->buckets = mem_realloc(timers->buckets, count * sizeof *timers->buckets);
    timers->keys = mem_realloc(timers->keys, count * sizeof *timers->keys);
    timers->hashes = mem_realloc(timers->hashes, count * sizeof *timers->hashes);
    timers->times = mem_realloc(timers->times, count * sizeof *timers->times);
    timers->capacity = count;
}

static uint32_t width_bits(int64_t width_us)
{
    uint32_t bits = 63 - (uint32_t)__builtin_clzll((uint64_t)width_us | 1);
    if (bits < LEAST_WIDTH_BITS)
        return LEAST_WIDTH_BITS;
    return bits < MOST_WIDTH_BITS ? bits : MOST_WIDTH_BITS;
}

static int64_t bucket_of(const struct event_timers *timers, int64_t watermark_us, int64_t time_us)
{
    int64_t ahead_us, width_us = INT64_MAX;
    if (watermark_us != WATERMARK_NONE && !__builtin_sub_overflow(time_us, watermark_us, &ahead_us))
        width_us = ahead_us / BUCKETS_AHEAD;
    if (width_us < timers->step_us)
        width_us = timers->step_us;
    uint64_t mask = (UINT64_C(1) << width_bits(width_us)) - 1;
    return (int64_t)((uint64_t)time_us & ~mask);
}

/* Sets timers in buckets. */
static enum status put_timers(struct event_timers *timers, const struct bytes_view *keys,
                              const uint64_t *hashes, const int64_t *times, uint32_t count,
                              struct error *error)
{
    enum status status = keyed_state_access(timers->state, KEYED_CREATE, keys, hashes, timers->buckets, count,
                                            timers->values, error);
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++) {
        struct timer *timer = timers->values[i];
        if (timer->is_set == 0 || times[i] < timer->time_us)
            *timer = (struct timer){.is_set = 1, .time_us = times[i]};
    }
    return status;
}

enum status event_timers_set(struct event_timers *timers, const struct bytes_view *keys,
                             const uint64_t *hashes, const int64_t *times, uint32_t count,
                             struct error *error)
{
    if (count == 0)
        return STATUS_OK;
    ensure_capacity(timers, count);
    for (uint32_t i = 0; i < count; i++) {
        timers->buckets[i] = bucket_of(timers, timers->watermark_us, times[i]);
        if (times[i] < timers->next_due_us)
            timers->next_due_us = times[i];
    }
    enum status status = put_timers(timers, keys, hashes, times, count, error);
    return status == STATUS_OK ? keyed_state_end_batch(timers->state, error) : status;
}

/* Small partitions are not worth it, each by itself. */
static enum status end_batch(struct event_timers *timers, struct error *error)
{
    timers->num_touched = 0;
    return keyed_state_end_batch(timers->state, error);
}

void event_timers_restart(struct event_timers *timers, int64_t watermark_us)
{
    timers->watermark_us = watermark_us;
}

static void learn_step(struct event_timers *timers, int64_t until_us)
{
    int64_t step_us;
    if (timers->watermark_us == WATERMARK_NONE || until_us == WATERMARK_MAX ||
        __builtin_sub_overflow(until_us, timers->watermark_us, &step_us))
        return;
    timers->step_us =
        timers->step_us == 0 ? step_us : timers->step_us + (step_us - timers->step_us) / STEP_WEIGHT;
}

bool event_timers_advance(struct event_timers *timers, int64_t until_us)
{
    CHECK(until_us > timers->watermark_us && !timers->has_bucket);
    learn_step(timers, until_us);
    if (until_us < timers->next_due_us) {
        timers->watermark_us = until_us;
        return false;
    }
    timers->until_us = until_us;
    timers->least_left_us = INT64_MAX;
    timers->bucket = INT64_MIN;
    return true;
}

/* Leaves the bucket at hand, if there is one, for the next that may have due timers. */
static enum status next_bucket(struct event_timers *timers, struct error *error)
{
    int64_t from = timers->bucket;
    if (timers->has_bucket) {
        from++;
        if (!timers->keeps_bucket) {
            enum status status = keyed_state_drop_namespace(timers->state, timers->bucket, error);
            if (status != STATUS_OK)
                return status;
        }
    }
    int64_t bucket;
    bool any = keyed_state_next_namespace(timers->state, from, &bucket);
    timers->has_bucket = any && bucket <= timers->until_us;
    timers->keeps_bucket = false;
    timers->key_group = keyed_state_first_key_group(timers->state);
    if (timers->has_bucket) {
        timers->bucket = bucket;
        return STATUS_OK;
    }
    timers->next_due_us = any && bucket < timers->least_left_us ? bucket : timers->least_left_us;
    timers->watermark_us = timers->until_us;
    return end_batch(timers, error);
}

/* The next timers of the bucket; none at its end. */
static enum status see_timers(struct event_timers *timers, uint32_t capacity, struct error *error)
{
    timers->num_seen = 0;
    while (timers->num_seen == 0 && timers->key_group < keyed_state_end_key_group(timers->state)) {
        if (timers->walk == NULL)
            timers->walk = keyed_state_walk_begin(timers->state, timers->key_group, timers->bucket);
        enum status status = keyed_state_walk_next(timers->walk, KEYED_UPDATE, timers->seen, capacity,
                                                   &timers->num_seen, error);
        if (status != STATUS_OK)
            return status;
        if (timers->num_seen > 0)
            break;
        keyed_state_walk_end(timers->walk);
        timers->walk = NULL;
        timers->key_group++;
    }
    return STATUS_OK;
}

enum status event_timers_next(struct event_timers *timers, struct due_timer *ret_due, uint32_t capacity,
                              uint32_t *ret_count, bool *ret_is_done, struct error *error)
{
    enum status status = STATUS_OK;
    uint32_t count = 0;
    capacity = capacity < BATCH_MAX_ROWS ? capacity : BATCH_MAX_ROWS;
    timers->num_seen = 0;
    if (timers->has_bucket)
        status = see_timers(timers, capacity, error);
    while (status == STATUS_OK && timers->num_seen == 0) {
        status = next_bucket(timers, error);
        if (status != STATUS_OK || !timers->has_bucket)
            break;
        status = see_timers(timers, capacity, error);
    }
    if (status != STATUS_OK)
        return status;
    for (uint32_t i = 0; i < timers->num_seen; i++) {
        const struct timer *timer = timers->seen[i];
        if (timer->time_us > timers->until_us)
            continue;
        struct bytes_view key = keyed_state_key(timers->state, timer);
        ret_due[count++] = (struct due_timer){key, hash_bytes(key.data, key.size), timer->time_us};
    }
    *ret_count = count;
    *ret_is_done = timers->num_seen == 0;
    return STATUS_OK;
}

/* A timer that is to come up later; true when it leaves its bucket. */
static bool put_off(struct event_timers *timers, struct timer *timer, int64_t time_us, uint32_t *num_moved)
{
    int64_t bucket = bucket_of(timers, timers->until_us, time_us);
    if (time_us < timers->least_left_us)
        timers->least_left_us = time_us;
    if (bucket <= timers->bucket) {
        timer->time_us = time_us;
        timers->keeps_bucket = true;
        return false;
    }
    struct bytes_view key = keyed_state_key(timers->state, timer);
    timers->keys[*num_moved] = key;
    timers->hashes[*num_moved] = hash_bytes(key.data, key.size);
    timers->times[*num_moved] = time_us;
    timers->buckets[(*num_moved)++] = bucket;
    return true;
}

enum status event_timers_finish(struct event_timers *timers, const struct due_timer *due, uint32_t count,
                                struct error *error)
{
    uint32_t at = 0, num_moved = 0, num_gone = 0;
    ensure_capacity(timers, timers->num_seen);
    for (uint32_t i = 0; i < timers->num_seen; i++) {
        struct timer *timer = timers->seen[i];
        int64_t time_us = timer->time_us;
        if (time_us <= timers->until_us) {
            CHECK(at < count);
            time_us = due[at++].time_us;
        }
        if (time_us <= timers->until_us || put_off(timers, timer, time_us, &num_moved))
            timers->seen[num_gone++] = timer;
    }
    CHECK(at == count);
    enum status status = put_timers(timers, timers->keys, timers->hashes, timers->times, num_moved, error);
    if (status != STATUS_OK)
        return status;
    for (uint32_t i = 0; i < num_gone; i++)
        keyed_state_remove(timers->state, timers->seen[i]);
    timers->num_touched += timers->num_seen;
    timers->num_seen = 0;
    return timers->num_touched >= BATCH_MAX_ROWS ? end_batch(timers, error) : STATUS_OK;
}
