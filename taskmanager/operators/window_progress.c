#include "taskmanager/operators/window_progress.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

static const char list_name[] = "watermark";
enum { ITEM_VERSION = 1, ITEM_BYTES = 16 };

/* u32 first key group, u32 end key group, i64 watermark, little-endian. */
struct progress_item {
    uint32_t first_key_group, end_key_group;
    int64_t watermark_us;
};

void window_progress_init(struct window_progress *progress, uint32_t first_key_group, uint32_t end_key_group)
{
    CHECK(first_key_group <= end_key_group);
    *progress = (struct window_progress){
        .watermark_us = WATERMARK_NONE, .first_key_group = first_key_group, .end_key_group = end_key_group};
}

void window_progress_free(struct window_progress *progress)
{
    free(progress->ahead_us);
    progress->ahead_us = NULL;
}

static bool decode_item(const struct buffer *bytes, struct progress_item *item)
{
    if (bytes->size != ITEM_BYTES)
        return false;
    memcpy(&item->first_key_group, bytes->data, 4);
    memcpy(&item->end_key_group, bytes->data + 4, 4);
    memcpy(&item->watermark_us, bytes->data + 8, 8);
    return item->first_key_group <= item->end_key_group;
}

/* Drops what is not ahead any more. */
static void forget_reached(struct window_progress *progress)
{
    uint32_t count = progress->end_key_group - progress->first_key_group;
    for (uint32_t i = 0; progress->ahead_us != NULL && i < count; i++)
        if (progress->ahead_us[i] > progress->watermark_us)
            return;
    window_progress_free(progress);
}

static void apply_item(struct window_progress *progress, const struct progress_item *item)
{
    for (uint32_t group = progress->first_key_group; group < progress->end_key_group; group++)
        if (group >= item->first_key_group && group < item->end_key_group)
            progress->ahead_us[group - progress->first_key_group] = item->watermark_us;
}

enum status window_progress_restore(struct window_progress *progress, const struct operator_state *state,
                                    struct error *error)
{
    const struct list_state *list = operator_state_find(state, list_name);
    if (list == NULL || list->num_items == 0)
        return STATUS_OK;
    if (list->version != ITEM_VERSION)
        return error_set(error, STATUS_UNSUPPORTED, "the state '%s' is of version %u; this is version %d",
                         list_name, list->version, ITEM_VERSION);
    uint32_t count = progress->end_key_group - progress->first_key_group;
    CHECK(progress->ahead_us == NULL);
    progress->ahead_us = mem_alloc((count + (size_t)1) * sizeof *progress->ahead_us);
    for (uint32_t i = 0; i < count; i++)
        progress->ahead_us[i] = WATERMARK_NONE;
    int64_t smallest = WATERMARK_MAX;
    for (size_t i = 0; i < list->num_items; i++) {
        struct progress_item item;
        if (!decode_item(&list->items[i], &item))
            return error_set(error, STATUS_CORRUPT, "item %zu of the state '%s' does not hold together", i,
                             list_name);
        if (item.watermark_us < smallest)
            smallest = item.watermark_us;
        apply_item(progress, &item);
    }
    progress->watermark_us = smallest;
    forget_reached(progress);
    return STATUS_OK;
}

static void append_item(struct list_state *list, uint32_t first, uint32_t end, int64_t watermark_us)
{
    uint8_t bytes[ITEM_BYTES];
    memcpy(bytes, &first, 4);
    memcpy(bytes + 4, &end, 4);
    memcpy(bytes + 8, &watermark_us, 8);
    list_state_append(list, bytes, sizeof bytes);
}

void window_progress_snapshot(const struct window_progress *progress, struct operator_state *state)
{
    struct list_state *list = operator_state_add_list(state, list_name, LIST_STATE_UNION, ITEM_VERSION);
    uint32_t first = progress->first_key_group;
    for (uint32_t group = first; group < progress->end_key_group; group++) {
        int64_t watermark_us = window_progress_of(progress, group);
        if (group + 1 < progress->end_key_group && window_progress_of(progress, group + 1) == watermark_us)
            continue;
        append_item(list, first, group + 1, watermark_us);
        first = group + 1;
    }
}

void window_progress_advance(struct window_progress *progress, int64_t watermark_us)
{
    if (watermark_us <= progress->watermark_us)
        return;
    progress->watermark_us = watermark_us;
    if (progress->ahead_us != NULL)
        forget_reached(progress);
}
