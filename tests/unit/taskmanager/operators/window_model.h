#pragma once

/* What window aggregations must give, worked out row by row from the definitions alone, for the query
 *
 *   SELECT k, n, COUNT(*), SUM(v), MIN(v), MAX(v), COUNT(DISTINCT v), COUNT(v) FILTER (WHERE flag),
 *          window_start, window_end, window_time ... GROUP BY k, n, window_start, window_end, window_time
 */

#include "common/expression/time_zone.h"
#include "operator_harness.h"
#include "taskmanager/operators/window_slices.h"

struct model_row {
    int32_t key; /* k is "k<key>", NULL below 0 */
    int64_t n;
    int64_t time; /* of the time attribute */
    int64_t v;    /* TEST_NULL */
    bool flag;
};

/* A window of a key and the rows in it. */
struct model_window {
    int32_t key;
    int64_t n;
    int64_t start, end; /* of window time */
    struct model_row *rows;
    size_t num_rows;
};

struct window_model {
    struct plan_window window;
    struct window_slices slices; /* of which only the triggers are asked for */
    const struct time_zone *zone;
    int64_t watermark_us;
    uint64_t late_rows;
    struct model_window *open; /* windows with rows that have not fired */
    size_t num_open;
};

static inline void window_model_init(struct window_model *model, const struct plan_window *window,
                                     const struct time_zone *zone)
{
    *model = (struct window_model){.window = *window, .zone = zone, .watermark_us = INT64_MIN};
    window_slices_init(&model->slices, window, zone);
}

static inline void model_window_remove(struct window_model *model, size_t index)
{
    free(model->open[index].rows);
    model->open[index] = model->open[--model->num_open];
}

static inline void window_model_free(struct window_model *model)
{
    while (model->num_open > 0)
        model_window_remove(model, 0);
    free(model->open);
}

static inline void model_window_add_rows(struct model_window *window, const struct model_row *rows,
                                         size_t count)
{
    window->rows = mem_realloc(window->rows, (window->num_rows + count) * sizeof *rows);
    memcpy(window->rows + window->num_rows, rows, count * sizeof *rows);
    window->num_rows += count;
}

static inline struct model_window *window_model_find(struct window_model *model, const struct model_row *row,
                                                     int64_t start, int64_t end)
{
    for (size_t i = 0; i < model->num_open; i++) {
        struct model_window *window = &model->open[i];
        if (window->key == row->key && window->n == row->n && window->start == start && window->end == end)
            return window;
    }
    model->open = mem_realloc(model->open, (model->num_open + 1) * sizeof *model->open);
    model->open[model->num_open] = (struct model_window){row->key, row->n, start, end, NULL, 0};
    return &model->open[model->num_open++];
}

static inline bool window_model_has_fired(const struct window_model *model, int64_t end)
{
    return model->watermark_us >= window_slices_trigger_us(&model->slices, end);
}

static inline void window_model_add_to_session(struct window_model *model, const struct model_row *row,
                                               int64_t local)
{
    int64_t start = local, end = local + model->window.size_us;
    struct model_window joined = {.num_rows = 0};
    for (size_t i = 0; i < model->num_open;) {
        struct model_window *window = &model->open[i];
        if (window->key != row->key || window->n != row->n || window->start > local + model->window.size_us ||
            window->end < local) {
            i++;
            continue;
        }
        start = window->start < start ? window->start : start;
        end = window->end > end ? window->end : end;
        model_window_add_rows(&joined, window->rows, window->num_rows);
        model_window_remove(model, i);
    }
    if (joined.num_rows == 0 && window_model_has_fired(model, end)) {
        model->late_rows++;
        return;
    }
    struct model_window *session = window_model_find(model, row, start, end);
    if (joined.num_rows > 0)
        model_window_add_rows(session, joined.rows, joined.num_rows);
    free(joined.rows);
    model_window_add_rows(session, row, 1);
}

/* All starts around the time are tried. */
static inline void window_model_add(struct window_model *model, const struct model_row *row)
{
    const struct plan_window *window = &model->window;
    int64_t local = model->zone == NULL ? row->time : time_zone_utc_to_local_us(model->zone, row->time);
    if (window->kind == PLAN_WINDOW_SESSION) {
        window_model_add_to_session(model, row, local);
        return;
    }
    bool is_cumulate = window->kind == PLAN_WINDOW_CUMULATE;
    int64_t period = window->kind == PLAN_WINDOW_HOP ? window->slide_us : window->size_us;
    int64_t step = is_cumulate ? window->slide_us : window->size_us;
    int64_t first = local - window->size_us;
    first -= (((first - window->offset_us) % period) + period) % period;
    uint32_t windows = 0, counted = 0;
    for (int64_t start = first; start <= local; start += period)
        for (int64_t end = start + step; end <= start + window->size_us; end += step) {
            if (end <= local)
                continue;
            windows++;
            if (window_model_has_fired(model, end))
                continue;
            counted++;
            model_window_add_rows(window_model_find(model, row, start, end), row, 1);
        }
    model->late_rows += windows > 0 && counted == 0;
}

static inline void model_append_number(struct buffer *text, bool is_null, int64_t number)
{
    if (is_null)
        buffer_append_text(text, "|NULL");
    else
        buffer_printf(text, "|%lld", (long long)number);
}

static inline void model_append_results(struct buffer *text, const struct model_window *window)
{
    int64_t sum = 0, smallest = INT64_MAX, largest = INT64_MIN;
    uint32_t values = 0, flagged = 0, distinct = 0;
    for (size_t i = 0; i < window->num_rows; i++) {
        int64_t v = window->rows[i].v;
        if (v == TEST_NULL)
            continue;
        bool is_new = true;
        for (size_t k = 0; k < i; k++)
            is_new = is_new && window->rows[k].v != v;
        distinct += is_new;
        values++;
        flagged += window->rows[i].flag;
        sum += v;
        smallest = v < smallest ? v : smallest;
        largest = v > largest ? v : largest;
    }
    buffer_printf(text, "|%zu", window->num_rows);
    model_append_number(text, values == 0, sum);
    model_append_number(text, values == 0, smallest);
    model_append_number(text, values == 0, largest);
    buffer_printf(text, "|%u|%u", distinct, flagged);
}

static inline void model_append_time(struct buffer *text, int64_t us)
{
    char time[VALUE_TEXT_BYTES];
    size_t size = value_format_timestamp(us, ' ', 3, time);
    buffer_printf(text, "|%.*s", (int)size, time);
}

static inline void window_model_append(const struct window_model *model, const struct model_window *window,
                                       struct text_lines *lines)
{
    struct buffer text = {0};
    int64_t last = window->end - 1000;
    if (window->key < 0)
        buffer_append_text(&text, "NULL");
    else
        buffer_printf(&text, "k%d", window->key);
    buffer_printf(&text, "|%lld", (long long)window->n);
    model_append_results(&text, window);
    model_append_time(&text, window->start);
    model_append_time(&text, window->end);
    model_append_time(&text, model->zone == NULL ? last : time_zone_local_to_utc_us(model->zone, last));
    text_lines_add(lines, buffer_text(&text));
    buffer_free(&text);
}

/* Fires what is due; the rows go to lines. */
static inline void window_model_watermark(struct window_model *model, int64_t watermark_us,
                                          struct text_lines *lines)
{
    model->watermark_us = watermark_us > model->watermark_us ? watermark_us : model->watermark_us;
    for (size_t i = 0; i < model->num_open;) {
        if (!window_model_has_fired(model, model->open[i].end)) {
            i++;
            continue;
        }
        window_model_append(model, &model->open[i], lines);
        model_window_remove(model, i);
    }
}
