#include "taskmanager/operators/top_n_internal.h"

/* What changed in the touched partitions: the rows in range before the batch against those of now. */

static uint32_t in_range(const struct top_n *top, uint32_t count)
{
    return (int64_t)count < top->plan->last ? count : (uint32_t)top->plan->last;
}

static uint32_t before_offset(const struct top_n *top, const struct touched_partition *touched,
                              uint32_t position)
{
    uint32_t offset;
    memcpy(&offset, top->before.data + touched->before_start + position * sizeof offset, sizeof offset);
    return offset;
}

static void add_row(struct top_n *top, const struct touched_partition *touched, enum row_kind kind,
                    uint32_t offset, uint32_t position)
{
    struct bytes_view row = ranked_rows_row(&touched->partition->rows, offset);
    changelog_rows_add(&top->changelog, kind, &row, (int64_t)position + 1);
}

static bool same_row(const struct touched_partition *touched, uint32_t a, uint32_t b)
{
    struct bytes_view left = ranked_rows_row(&touched->partition->rows, a);
    struct bytes_view right = ranked_rows_row(&touched->partition->rows, b);
    return a == b || (left.size == right.size && memcmp(left.data, right.data, left.size) == 0);
}

/* Number by number; false when there is no more room. */
static bool tell_numbers(struct top_n *top, const struct touched_partition *touched)
{
    struct ranked_rows *rows = &touched->partition->rows;
    uint32_t after_count = in_range(top, ranked_rows_count(rows));
    uint32_t end = touched->before_count > after_count ? touched->before_count : after_count;
    uint32_t *position = &top->cursor.after;
    for (; *position < end; ++*position) {
        if (changelog_rows_room(&top->changelog) < 2)
            return false;
        bool was = *position < touched->before_count, is = *position < after_count;
        uint32_t before = was ? before_offset(top, touched, *position) : 0;
        uint32_t after = is ? ranked_rows_offset(rows, *position) : 0;
        if (was && !is)
            add_row(top, touched, ROW_DELETE, before, *position);
        else if (!was)
            add_row(top, touched, ROW_INSERT, after, *position);
        else if (!same_row(touched, before, after)) {
            if (top->plan->emits_update_before)
                add_row(top, touched, ROW_UPDATE_BEFORE, before, *position);
            add_row(top, touched, ROW_UPDATE_AFTER, after, *position);
        }
    }
    return true;
}

/* Both lists are in the same order, and an entry that is in both has the same offset: one walk finds what is
 * only in one of them. False when there is no more room. */
static bool tell_members(struct top_n *top, const struct touched_partition *touched, bool inserts)
{
    struct ranked_rows *rows = &touched->partition->rows;
    uint32_t after_count = in_range(top, ranked_rows_count(rows));
    uint32_t *i = &top->cursor.before, *k = &top->cursor.after;
    while (*i < touched->before_count || *k < after_count) {
        if (changelog_rows_room(&top->changelog) == 0)
            return false;
        uint32_t before = *i < touched->before_count ? before_offset(top, touched, *i) : 0;
        uint32_t after = *k < after_count ? ranked_rows_offset(rows, *k) : 0;
        int order = *i == touched->before_count ? 1
                    : *k == after_count         ? -1
                                                : ranked_rows_compare(rows, before, after);
        if (order < 0 && !inserts)
            add_row(top, touched, ROW_DELETE, before, *i);
        if (order > 0 && inserts)
            add_row(top, touched, ROW_INSERT, after, *k);
        *i += order <= 0;
        *k += order >= 0;
    }
    return true;
}

static uint32_t lesser(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static void begin_walk(struct top_n *top, bool is_inserting)
{
    const struct touched_partition *touched = &top->touched[top->cursor.partition];
    uint32_t first = top->plan->first > UINT32_MAX ? UINT32_MAX : (uint32_t)top->plan->first - 1;
    top->cursor.before = lesser(first, touched->before_count);
    top->cursor.after = top->by_number ? first : lesser(first, ranked_rows_count(&touched->partition->rows));
    top->cursor.is_inserting = is_inserting;
    top->cursor.is_begun = true;
}

static bool tell_partition(struct top_n *top)
{
    const struct touched_partition *touched = &top->touched[top->cursor.partition];
    if (top->by_number)
        return tell_numbers(top, touched);
    if (!top->cursor.is_inserting) {
        if (!tell_members(top, touched, false))
            return false;
        begin_walk(top, true);
    }
    return tell_members(top, touched, true);
}

enum operator_result top_n_emit_changes(struct top_n *top, struct error *error)
{
    while (top->cursor.partition < top->num_touched) {
        if (!top->cursor.is_begun)
            begin_walk(top, false);
        if (tell_partition(top)) {
            top->cursor = (struct top_n_cursor){.partition = top->cursor.partition + 1};
            if (top->cursor.partition < top->num_touched)
                continue;
        }
        enum operator_result result = changelog_rows_emit(&top->changelog, top->context->outputs[0], error);
        if (result != OPERATOR_DONE)
            return result;
    }
    return OPERATOR_DONE;
}
