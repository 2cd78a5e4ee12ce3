#pragma once

#include "taskmanager/operators/window_base.h"
#include "taskmanager/operators/window_progress.h"
#include "taskmanager/state/row_table.h"

/* Rows of a batch and the ends of their slices. */
struct sliced_rows {
    uint32_t *rows;
    int64_t *slice_ends;
    uint32_t count;
};

/*
 * The local phase: rows are added up by key and slice in memory, and go on as accumulators. They do so before
 * a watermark reaches the end of a slice that is held, since the global phase would take them for late then;
 * before barriers, since nothing is kept over them; and when the memory is full. Other watermarks pass for
 * nothing.
 *
 * Of a row that is late already the global phase decides, whose watermark may be behind: it gets each such
 * row by itself, so that it counts rows. So do, for a while, all rows, when adding them up turned out to save
 * next to nothing.
 */
struct window_local {
    struct window_base base;
    struct row_table *table; /* the end of the slice is the namespace */
    size_t memory_bytes;     /* that it may hold */
    struct window_progress progress;
    int64_t first_slice_end; /* of what the table holds; INT64_MAX when it is empty */
    int64_t flush_at_us;     /* the watermark that reaches it */
    bool has_gaps;           /* between windows: rows there are in none */
    uint64_t held_rows;      /* that are in the table */
    uint64_t rows_to_pass;   /* by themselves, before the table is tried again */
    bool is_flushing;
    bool is_walking; /* flush_walk is open */
    struct row_walk flush_walk;
    struct buffer packed;
    /* Of a batch. */
    uint32_t capacity;
    int64_t *slice_ends;
    struct sliced_rows kept, late; /* where the batch was divided */
    struct bytes_view *keys;       /* of kept */
    uint64_t *hashes;
    void **states;
};

/* Adds the rows of the batch to the table, but for those in late, and, if *ret_passes, those in kept, which
 * are to be emitted. */
STATUS_MUST_CHECK enum status window_local_add(struct window_local *local, const struct record_batch *batch,
                                               bool *ret_passes, struct error *error);
/* Goes on with a flush, if is_flushing. */
enum operator_result window_local_flush(struct window_local *local, struct error *error);
/* Rows of the batch, at least one, as accumulators of their own. */
enum operator_result window_local_emit_rows(struct window_local *local, const struct record_batch *batch,
                                            const struct sliced_rows *rows, struct error *error);
