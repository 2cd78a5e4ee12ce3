#pragma once

#include "taskmanager/operators/window_base.h"

/*
 * The rows of windows that fire, collected for the next batch. Keys and states are somebody else's: they must
 * stay until the batch is made.
 */
struct window_rows {
    uint32_t count;
    uint32_t capacity; /* BATCH_MAX_ROWS once there was a row */
    struct bytes_view *keys;
    void **states;
    int64_t *starts, *ends; /* of the windows */
};

void window_rows_free(struct window_rows *rows);
static inline bool window_rows_is_full(const struct window_rows *rows)
{
    return rows->count == BATCH_MAX_ROWS;
}

/* rows must not be full. */
void window_rows_add(struct window_rows *rows, struct bytes_view key, void *state, int64_t start,
                     int64_t end);
struct vector *window_rows_make_property(const struct window_rows *rows, const struct window_base *base,
                                         enum plan_window_property property, struct data_type type);
/* Keys, results and properties of all rows, at least one; rows is empty after. */
STATUS_MUST_CHECK enum status window_rows_make_batch(struct window_rows *rows, struct window_base *base,
                                                     struct record_batch **ret_batch, struct error *error);
