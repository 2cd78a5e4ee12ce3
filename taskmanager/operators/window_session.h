#pragma once

#include "taskmanager/operators/session_list.h"
#include "taskmanager/operators/window_base.h"
#include "taskmanager/operators/window_progress.h"
#include "taskmanager/operators/window_rows.h"

/* A session that is due: its key lies in the bytes of the list that holds it. */
struct due_session {
    size_t key_offset;
    uint32_t key_size;
    struct session session;
};

struct due_sessions {
    struct due_session *items;
    uint32_t count, capacity;
    uint32_t next; /* the first that is not in a row yet */
    struct buffer keys;
};

struct session_firing {
    bool is_active;
    int64_t until_us; /* sessions that trigger up to here are due */
    int64_t bucket;   /* at hand */
    bool has_bucket;
    uint32_t key_group;
    struct keyed_state_walk *walk; /* over the timers of bucket and key_group; NULL: not begun */
    int64_t next_due_us;           /* the smallest trigger found that is above until_us */
    struct due_sessions due;
};

/*
 * SINGLE over sessions. Three keyed states: "sessions", the open sessions of each key;
 * "session-accumulators", by key and, as namespace, the session's id; "session-timers", by key and, as
 * namespace, the beginning of the stretch of time in which a session may be due. A session has a timer that
 * is not behind its trigger: it is set when the session begins, and anew when it comes up and the session has
 * grown meanwhile, so that rows that prolong a session cost no timers.
 */
struct session_windows {
    struct window_base base;
    bool is_processing_time;
    int64_t bucket_us; /* width of a stretch */
    struct keyed_state *sessions, *accumulators, *timers;
    struct window_progress progress;
    int64_t next_due_us; /* nothing is due before */
    struct session_firing firing;
    struct window_rows rows;
    /* Of a batch. */
    uint32_t capacity;
    int64_t *times, *namespaces;
    struct bytes_view *keys;
    uint64_t *hashes;
    uint32_t *kept_rows, *late_rows;
    void **lists, **states;
    struct session_merge *merges;
    uint32_t num_merges, merge_capacity;
};

struct session_merge {
    uint32_t row; /* whose key it is */
    int64_t from, into;
};

int64_t session_windows_trigger_us(const struct session_windows *windows, int64_t session_end);
int64_t session_windows_bucket(const struct session_windows *windows, int64_t trigger_us);

enum operator_result session_firing_begin(struct session_windows *windows, int64_t until_us,
                                          struct error *error);
enum operator_result session_firing_resume(struct session_windows *windows, struct error *error);
void session_firing_free(struct session_firing *firing);
