#pragma once

#include "taskmanager/operators/window_base.h"
#include "taskmanager/operators/window_progress.h"
#include "taskmanager/state/row_table.h"

/*
 * The local phase: rows are added up by key and slice in memory, and go on as accumulators. They do so before
 * a watermark reaches the end of a slice that is held, since the global phase would take them for late then;
 * before barriers, since nothing is kept over them; and when the memory is full. Other watermarks pass for
 * nothing.
 *
 * A row that is late already goes elsewhere if there is an output for it. Else the global phase, whose
 * watermark may be behind, decides: it gets each such row by itself, so that it counts rows.
 */
struct window_local {
    struct window_base base;
    struct row_table *table; /* the end of the slice is the namespace */
    struct window_progress progress;
    int64_t first_slice_end; /* of what the table holds; INT64_MAX when it is empty */
    int64_t flush_at_us;     /* the watermark that reaches it */
    bool has_gaps;           /* between windows: rows there are in none */
    bool is_flushing;
    bool is_walking; /* flush_walk is open */
    struct row_walk flush_walk;
    struct buffer packed;
    /* Of a batch. */
    uint32_t capacity;
    int64_t *slice_ends;
    struct bytes_view *keys; /* of the rows that are kept, where some are not */
    uint64_t *hashes;
    uint32_t *rows, *late_rows;
    int64_t *late_ends; /* of the slices of late_rows */
    void **states;
};

/* Adds the rows of the batch that are in time; *ret_late is the number of late_rows. */
STATUS_MUST_CHECK enum status window_local_add(struct window_local *local, const struct record_batch *batch,
                                               uint32_t *ret_late, struct error *error);
/* Goes on with a flush, if is_flushing. */
enum operator_result window_local_flush(struct window_local *local, struct error *error);
/* The late rows of the batch as accumulators of their own, at least one. */
enum operator_result window_local_emit_late(struct window_local *local, const struct record_batch *batch,
                                            uint32_t num_late, struct error *error);
