#pragma once

#include "common/expression/time_zone.h"
#include "common/plan/plan_node.h"

/*
 * The arithmetic of windows. Window time is the time attribute itself, or, when it is a TIMESTAMP_LTZ, the
 * local time of the session's zone, so that a day is one of the calendar, of 23, 24 or 25 hours. All ends are
 * of window time; watermarks and times of rows are of the time attribute.
 *
 * Windows share slices: TUMBLE: a slice is a window; HOP: slices of gcd(size, slide) add up to windows;
 * CUMULATE: of a step. A slice is named by its end. Where the window is attached to the rows, each window is
 * a slice of its own, whatever its kind. A session has no slices: of it only the conversion of times is used.
 */
struct window_slices {
    enum plan_window_kind kind;
    bool is_shared;    /* windows consist of several slices */
    int64_t size_us;   /* of a window; CUMULATE: of the largest */
    int64_t slide_us;  /* between the ends of windows; CUMULATE: between those of one start */
    int64_t offset_us; /* in [0, slide_us), CUMULATE: [0, size_us) */
    int64_t slice_us;
    const struct time_zone *zone; /* NULL: window time is the time attribute */
    /* The offset of the zone in [offset_from_us, offset_until_us) of the time attribute. */
    int64_t offset_from_us, offset_until_us, zone_offset_us;
};

/* zone of the session, which outlives it; NULL unless window->is_zoned. */
void window_slices_init(struct window_slices *slices, const struct plan_window *window,
                        const struct time_zone *zone);

/* Times of rows to window time; ret_times may be times. A time that is further than some 70,000 years away is
 * an error. */
STATUS_MUST_CHECK enum status window_slices_localize(struct window_slices *slices, const int64_t *times,
                                                     uint32_t count, int64_t *ret_times, struct error *error);
/* The ends of the slices that hold the rows of these times of the time attribute. */
STATUS_MUST_CHECK enum status window_slices_assign(struct window_slices *slices, const int64_t *times,
                                                   uint32_t count, int64_t *ret_slice_ends,
                                                   struct error *error);

/* The first and the last window that hold a slice, by their ends; false when none does (HOP with a slide
 * above its size leaves gaps). */
bool window_slices_windows(const struct window_slices *slices, int64_t slice_end, int64_t *ret_first_end,
                           int64_t *ret_last_end);
int64_t window_slices_start(const struct window_slices *slices, int64_t window_end);
/* The end of the first slice of a window; that of the last is the window's. */
int64_t window_slices_first_slice(const struct window_slices *slices, int64_t window_end);

/* The watermark, or the wall clock, at which a window fires: that of its last millisecond, in zones the later
 * one where it occurs twice, and the change of the clock where it is skipped. Grows with the end. */
int64_t window_slices_trigger_us(const struct window_slices *slices, int64_t window_end);
/* window_time: the last millisecond of a window as a value of the time attribute; as CAST does it, the
 * earlier one where it occurs twice. */
int64_t window_slices_window_time(const struct window_slices *slices, int64_t window_end);
