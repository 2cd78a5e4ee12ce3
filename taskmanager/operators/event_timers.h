#pragma once

#include "taskmanager/operators/operator.h"

/*
 * Timers of event time over keyed state: keys, and when to look at them. A timer lies in a bucket of times,
 * whose first time is its namespace. The further ahead of the watermark, the wider are the buckets, so that
 * they are few whatever times come; what is not due when the watermark reaches its bucket moves on into a
 * narrower one. A key may have several timers, one a bucket: whoever needs the key earlier than it said
 * before sets one more, and the later one is for nothing.
 */
struct event_timers {
    struct keyed_state *state;
    int64_t watermark_us; /* up to which timers came up; WATERMARK_NONE at first */
    int64_t step_us;      /* about how far the watermark goes at once; 0: not known yet */
    int64_t next_due_us;  /* none is due before */
    /* While timers come up: */
    int64_t until_us;
    int64_t least_left_us; /* of those that were seen and are not due */
    bool has_bucket, keeps_bucket;
    int64_t bucket;
    uint32_t key_group;            /* the next one of the bucket */
    struct keyed_state_walk *walk; /* of key_group; NULL: not begun */
    uint32_t num_seen;             /* timers that event_timers_next saw, until event_timers_finish */
    uint32_t num_touched;          /* since the state was told of the end of a batch */
    void **seen;
    /* Of timers that are set. */
    uint32_t capacity;
    void **values;
    int64_t *buckets;
    struct bytes_view *keys;
    uint64_t *hashes;
    int64_t *times;
};

/* A key that is due. The key is valid until event_timers_finish. */
struct due_timer {
    struct bytes_view key;
    uint64_t hash; /* hash_bytes of the key */
    int64_t time_us;
};

STATUS_MUST_CHECK enum status event_timers_open(struct event_timers *timers,
                                                struct keyed_state_backend *backend, const char *key_type,
                                                struct error *error);
void event_timers_free(struct event_timers *timers); /* the content */

STATUS_MUST_CHECK enum status event_timers_set(struct event_timers *timers, const struct bytes_view *keys,
                                               const uint64_t *hashes, const int64_t *times, uint32_t count,
                                               struct error *error);

/* Where the timers start again after a restore. */
void event_timers_restart(struct event_timers *timers, int64_t watermark_us);
/* The watermark is at until_us, above the last one. False: no timer is due. True: next and finish are to be
 * called in turn until *ret_is_done, and nothing else. */
bool event_timers_advance(struct event_timers *timers, int64_t until_us);
/* Some of the due timers, up to capacity, maybe none. */
STATUS_MUST_CHECK enum status event_timers_next(struct event_timers *timers, struct due_timer *ret_due,
                                                uint32_t capacity, uint32_t *ret_count, bool *ret_is_done,
                                                struct error *error);
/* Removes what next gave. Who wants a due key later puts time_us above until_us: then it is set again; so
 * must be done with each of its timers, since others of the key may have been merged into one. */
STATUS_MUST_CHECK enum status event_timers_finish(struct event_timers *timers, const struct due_timer *due,
                                                  uint32_t count, struct error *error);
