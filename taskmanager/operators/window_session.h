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
    uint32_t next; /* the first of which there is still something to emit */
    size_t offset; /* in its rows, when those are kept */
    struct buffer keys;
};

struct session_firing {
    bool is_active;
    int64_t until_us; /* sessions that trigger up to here are due */
    int64_t bucket;   /* at hand */
    bool has_bucket;
    bool keeps_timers; /* some of the bucket stay: their sessions are not due yet */
    uint32_t key_group;
    struct keyed_state_walk *walk; /* over the timers of bucket and key_group; NULL: not begun */
    int64_t next_due_us;           /* the smallest trigger found that is above until_us */
    struct due_sessions due;
};

struct session_windows;

/* What is kept of the rows of a session: accumulators, or the rows themselves. */
struct session_content {
    /* Fills in name, value type, size and buffers; value_type is for a text that is made. */
    void (*describe)(const struct session_windows *windows, struct keyed_state_descriptor *descriptor,
                     struct buffer *value_type);
    /* Adds row kept_rows[i] of the batch to states[i], for i < count. */
    enum status (*add)(struct session_windows *windows, const struct record_batch *batch, uint32_t count,
                       struct error *error);
    enum status (*merge)(struct session_windows *windows, void *target, const void *source,
                         struct error *error);
    /* Takes rows of the due session `due.next`, whose content is state, until rows is full. True when that
     * was all of it. */
    bool (*collect)(struct session_windows *windows, const struct due_session *session, void *state);
    enum status (*make_batch)(struct session_windows *windows, struct record_batch **ret_batch,
                              struct error *error);
};

const struct session_content *session_accumulators(void);
const struct session_content *session_rows(void);

/* Two sessions of a key that a row joined. */
struct session_merge {
    uint32_t row; /* whose key it is */
    int64_t from, into;
};

/*
 * SINGLE over sessions, and SESSION as a table function. Three keyed states: "sessions", the open sessions of
 * each key; the content, by key and, as namespace, the session's id; "session-timers", by key and, as
 * namespace, a bucket: the beginning of the stretch of time in which a session may be due. A session has a
 * timer that is not behind its trigger: it is set when the session begins, and anew when it comes up and the
 * session has grown meanwhile, so that rows that prolong a session cost no timers. Buckets are as wide as
 * watermarks are apart, so that a timer is mostly looked at once.
 */
struct session_windows {
    struct window_base base;
    const struct session_content *content;
    struct plan_window_aggregate own_plan; /* of the table function: its keys, no calls */
    struct row_packer *row_packer;         /* of whole rows, where they are kept; else NULL */
    bool is_processing_time;
    int64_t bucket_us; /* width of the buckets that are made now */
    struct keyed_state *sessions, *contents, *timers;
    struct window_progress progress;
    int64_t next_due_us; /* nothing is due before */
    struct session_firing firing;
    struct window_rows rows;
    void **finished; /* contents whose last row is in rows; BATCH_MAX_ROWS at most */
    uint32_t num_finished;
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

int64_t session_windows_trigger_us(const struct session_windows *windows, int64_t session_end);
int64_t session_windows_bucket(const struct session_windows *windows, int64_t trigger_us);
/* Before the watermark or the clock goes on to until_us. */
void session_windows_fit_buckets(struct session_windows *windows, int64_t until_us);

/* Adds the rows of the batch to sessions of their keys; *ret_late is the number of late_rows. */
STATUS_MUST_CHECK enum status session_windows_add(struct session_windows *windows,
                                                  const struct record_batch *batch, uint32_t *ret_late,
                                                  struct error *error);
/* The batch without the rows that have no time, where rows are kept: the table function drops them, as Flink
 * does. Takes the batch. */
struct record_batch *session_windows_drop_timeless(struct session_windows *windows,
                                                   struct record_batch *batch);
enum operator_result session_firing_begin(struct session_windows *windows, int64_t until_us,
                                          struct error *error);
enum operator_result session_firing_resume(struct session_windows *windows, struct error *error);
void session_firing_free(struct session_firing *firing);
