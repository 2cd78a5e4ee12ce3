#pragma once

#include "common/columnar/row_packer.h"
#include "taskmanager/operators/changelog_rows.h"
#include "taskmanager/operators/event_timers.h"
#include "taskmanager/operators/first_row.h"
#include "taskmanager/operators/wanted_rows.h"
#include "taskmanager/operators/window_progress.h"

enum { NOT_CHANGED = 0, ON_ITS_WAY = -1 };

/* Of a key whose row was not given yet. A timer of the key is set to the row's time, or an earlier one. */
struct waiting_row {
    int64_t time_us;
    int64_t change;    /* number of its change in this batch, from 1; NOT_CHANGED in every snapshot */
    struct buffer row; /* packed; empty: there is none yet */
};

/* A key whose first row is one of this batch. */
struct first_row_change {
    struct waiting_row *waiting;
    uint32_t wanted; /* one with the key */
    uint32_t row;    /* of the batch */
};

struct first_row {
    struct operator base;
    const struct plan_deduplicate *plan;
    struct schema *input, *output;
    const struct operator_context *context;
    struct row_packer *keys;
    struct row_packer *rows;
    struct keyed_state *waiting;
    struct keyed_state *given; /* keys whose row was given; what lives too long is forgotten here alone */
    struct event_timers timers;
    struct window_progress progress;
    /* Rows on their way out, which stay in state until their batch is made. */
    bool is_firing;
    int64_t until_us;
    struct changelog_rows out;
    struct due_timer *due; /* this and the following have BATCH_MAX_ROWS entries */
    struct waiting_row **given_rows;
    struct bytes_view *given_keys;
    uint64_t *given_hashes;
    uint32_t num_given;
    /* Of a batch: rows that are not late, then those whose key has no row that was given. */
    struct wanted_rows wanted;
    uint32_t capacity; /* of the following */
    void **values;
    struct first_row_change *changes;
    uint32_t num_changes;
    uint32_t *change_rows;
    struct bytes_view *change_keys;
    uint64_t *change_hashes;
    int64_t *change_times;
};

void first_row_ensure_capacity(struct first_row *first, uint32_t count);
/* Takes the rows of a batch into state. */
STATUS_MUST_CHECK enum status first_row_add(struct first_row *first, const struct record_batch *batch,
                                            struct error *error);
/* Gives the rows up to until_us, which is above what the watermark was; resumed until it is DONE. */
enum operator_result first_row_firing_begin(struct first_row *first, int64_t until_us, struct error *error);
enum operator_result first_row_firing_resume(struct first_row *first, struct error *error);
