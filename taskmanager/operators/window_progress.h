#pragma once

#include "taskmanager/operators/operator.h"

/*
 * How far the watermark of an operator over event time has come: what has fired, and which rows are late. It
 * is stored as union list state, a range of key groups and their watermark an item, so that lateness is the
 * same after a restore. The subtasks of old may have been at different watermarks (inputs that turn idle
 * reach them in different order): all start again at the smallest, and the key groups that had been ahead
 * neither fire their windows twice nor take rows of them again.
 */
struct window_progress {
    int64_t watermark_us;
    uint32_t first_key_group, end_key_group; /* the subtask's: [first, end) */
    int64_t *ahead_us; /* of each of them, where it is above watermark_us; NULL: nowhere */
};

void window_progress_init(struct window_progress *progress, uint32_t first_key_group, uint32_t end_key_group);
void window_progress_free(struct window_progress *progress);
STATUS_MUST_CHECK enum status window_progress_restore(struct window_progress *progress,
                                                      const struct operator_state *state,
                                                      struct error *error);
void window_progress_snapshot(const struct window_progress *progress, struct operator_state *state);
/* Does nothing when watermark_us is not above the present one. */
void window_progress_advance(struct window_progress *progress, int64_t watermark_us);

static inline int64_t window_progress_of(const struct window_progress *progress, uint32_t key_group)
{
    if (progress->ahead_us == NULL)
        return progress->watermark_us;
    int64_t ahead_us = progress->ahead_us[key_group - progress->first_key_group];
    return ahead_us > progress->watermark_us ? ahead_us : progress->watermark_us;
}
