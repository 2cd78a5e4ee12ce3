#pragma once

#include "taskmanager/operators/window_base.h"
#include "taskmanager/operators/window_progress.h"
#include "taskmanager/operators/window_rows.h"
#include "taskmanager/state/row_table.h"

/* A firing that is under way: what is left when an output is full. */
struct window_firing {
    bool is_active;
    int64_t until_us; /* windows that trigger up to here are due */
    int64_t last_end; /* of the window that was fired last in this firing */
    bool has_window;
    int64_t window_end, trigger_us; /* of the window at hand */
    uint32_t key_group;             /* the next one to be looked at */
    struct keyed_state_walk *walk;  /* of key_group; NULL: not begun */
    bool is_draining;               /* HOP: rows of merged go out */
    struct row_walk merged_walk;    /* over them, while they do */
};

/*
 * SINGLE and GLOBAL over slices. An entry of keyed state is a key in a slice, the slice's end being the
 * namespace. CUMULATE folds each slice, when its window fires, into the first slice of its windows, which
 * thus holds everything up to there; HOP adds the slices of a window up in memory, a key group at a time.
 */
struct window_slicing {
    struct window_base base;
    bool is_global, is_processing_time;
    struct keyed_state *state;
    struct window_progress progress;
    struct window_rows rows;
    struct row_table *merged; /* HOP; else NULL */
    struct window_firing firing;
    int64_t next_timer_us; /* processing time: when the next window fires */
    struct buffer key_type, value_type;
    /* Of a batch: the rows that are kept, with their states' addresses, and those that are late. */
    uint32_t capacity;
    int64_t *slice_ends, *namespaces;
    struct bytes_view *keys;
    uint64_t *hashes;
    uint32_t *kept_rows, *late_rows;
    void **states;
};

/* When a window fires: by the clock a millisecond later than by the watermark, since rows of its last one may
 * still come. */
int64_t window_slicing_trigger_us(const struct window_slicing *slicing, int64_t window_end);
/* The next window that has rows and has not fired; false when there is none. */
bool window_slicing_next_window(struct window_slicing *slicing, int64_t *ret_window_end);
/* Fires all windows that trigger up to until_us, in the order of their ends; resumed until it is DONE. */
enum operator_result window_firing_begin(struct window_slicing *slicing, int64_t until_us,
                                         struct error *error);
enum operator_result window_firing_resume(struct window_slicing *slicing, struct error *error);
void window_firing_cancel(struct window_slicing *slicing);
