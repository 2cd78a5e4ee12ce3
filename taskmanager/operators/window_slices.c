#include "taskmanager/operators/window_slices.h"

#include "common/base/check.h"
#include "common/expression/calendar.h"

#define TIME_LIMIT_US (INT64_MAX / 4)

static int64_t greatest_common_divisor(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

/* The largest start + n * width that is not above time. */
static int64_t align_down(int64_t time, int64_t start, int64_t width)
{
    int64_t rest = (time - start) % width;
    return time - (rest < 0 ? rest + width : rest);
}

void window_slices_init(struct window_slices *slices, const struct plan_window *window,
                        const struct time_zone *zone)
{
    CHECK(window->size_us > 0 && (zone == NULL || window->is_zoned));
    int64_t slide_us = window->size_us;
    int64_t slice_us = window->size_us;
    if (window->kind == PLAN_WINDOW_HOP || window->kind == PLAN_WINDOW_CUMULATE)
        slide_us = window->slide_us;
    CHECK(slide_us > 0);
    if (window->kind == PLAN_WINDOW_HOP)
        slice_us = greatest_common_divisor(window->size_us, slide_us);
    else if (window->kind == PLAN_WINDOW_CUMULATE)
        slice_us = slide_us;
    CHECK(window->kind != PLAN_WINDOW_CUMULATE || window->size_us % slide_us == 0);
    int64_t period_us = window->kind == PLAN_WINDOW_CUMULATE ? window->size_us : slide_us;
    *slices = (struct window_slices){
        .kind = window->kind,
        .is_shared = window->time != PLAN_TIME_ATTACHED &&
                     (window->kind == PLAN_WINDOW_HOP || window->kind == PLAN_WINDOW_CUMULATE),
        .size_us = window->size_us,
        .slide_us = slide_us,
        .offset_us = window->offset_us - align_down(window->offset_us, 0, period_us),
        .slice_us = slice_us,
        .zone = zone,
    };
}

static enum status check_time(int64_t time_us, struct error *error)
{
    if (time_us >= -TIME_LIMIT_US && time_us <= TIME_LIMIT_US)
        return STATUS_OK;
    return error_set(error, STATUS_INVALID_ARGUMENT,
                     "a time attribute of %lld us since 1970 is too far away for a window",
                     (long long)time_us);
}

/* time_us in window time, when it is within bounds. */
static int64_t to_window_time(struct window_slices *slices, int64_t time_us)
{
    if (slices->zone == NULL)
        return time_us;
    if (time_us < slices->offset_from_us || time_us >= slices->offset_until_us)
        slices->zone_offset_us =
            time_zone_offset_us(slices->zone, time_us, &slices->offset_from_us, &slices->offset_until_us);
    return time_us + slices->zone_offset_us;
}

enum status window_slices_localize(struct window_slices *slices, const int64_t *times, uint32_t count,
                                   int64_t *ret_times, struct error *error)
{
    for (uint32_t i = 0; i < count; i++) {
        enum status status = check_time(times[i], error);
        if (status != STATUS_OK)
            return status;
        ret_times[i] = to_window_time(slices, times[i]);
    }
    return STATUS_OK;
}

/* Rows come in runs of one slice: its bounds are kept, so that the division is done once a run. */
enum status window_slices_assign(struct window_slices *slices, const int64_t *times, uint32_t count,
                                 int64_t *ret_slice_ends, struct error *error)
{
    CHECK(slices->kind != PLAN_WINDOW_SESSION);
    int64_t from = 0, end = 0;
    uint64_t width = 0; /* of the times in [from, from + width) that are known to be of the slice */
    for (uint32_t i = 0; i < count; i++) {
        int64_t time = times[i];
        if ((uint64_t)time - (uint64_t)from >= width) {
            enum status status = check_time(time, error);
            if (status != STATUS_OK)
                return status;
            int64_t local = to_window_time(slices, time);
            int64_t start = align_down(local, slices->offset_us, slices->slice_us);
            end = start + slices->slice_us;
            from = time - (local - start);
            int64_t until = time + (end - local);
            if (slices->zone != NULL) {
                from = from > slices->offset_from_us ? from : slices->offset_from_us;
                until = until < slices->offset_until_us ? until : slices->offset_until_us;
            }
            width = (uint64_t)until - (uint64_t)from;
        }
        ret_slice_ends[i] = end;
    }
    return STATUS_OK;
}

bool window_slices_windows(const struct window_slices *slices, int64_t slice_end, int64_t *ret_first_end,
                           int64_t *ret_last_end)
{
    int64_t first = slice_end, last = slice_end;
    if (slices->is_shared && slices->kind == PLAN_WINDOW_CUMULATE) {
        last = window_slices_start(slices, slice_end) + slices->size_us;
    } else if (slices->is_shared) {
        last =
            align_down(slice_end - slices->slice_us, slices->offset_us, slices->slide_us) + slices->size_us;
        first = align_down(slice_end - slices->size_us + slices->slide_us - 1, slices->offset_us,
                           slices->slide_us) +
                slices->size_us;
    }
    if (first > last)
        return false;
    *ret_first_end = first;
    *ret_last_end = last;
    return true;
}

int64_t window_slices_start(const struct window_slices *slices, int64_t window_end)
{
    if (slices->kind == PLAN_WINDOW_CUMULATE)
        return align_down(window_end - 1, slices->offset_us, slices->size_us);
    return window_end - slices->size_us;
}

int64_t window_slices_first_slice(const struct window_slices *slices, int64_t window_end)
{
    return slices->is_shared ? window_slices_start(slices, window_end) + slices->slice_us : window_end;
}

int64_t window_slices_trigger_us(const struct window_slices *slices, int64_t window_end)
{
    int64_t local = window_end - CALENDAR_US_PER_MS;
    if (slices->zone == NULL)
        return local;
    int64_t from, until, next_from, next_until;
    int64_t instant = time_zone_local_to_utc_us(slices->zone, local);
    int64_t offset = time_zone_offset_us(slices->zone, instant, &from, &until);
    if (instant + offset > local) /* skipped by the change at from */
        return from;
    if (instant < until - CALENDAR_US_PER_DAY) /* until may be the end of time */
        return instant;
    int64_t later = local - time_zone_offset_us(slices->zone, until, &next_from, &next_until);
    return later >= until ? later : instant;
}

int64_t window_slices_window_time(const struct window_slices *slices, int64_t window_end)
{
    int64_t local = window_end - CALENDAR_US_PER_MS;
    return slices->zone == NULL ? local : time_zone_local_to_utc_us(slices->zone, local);
}
