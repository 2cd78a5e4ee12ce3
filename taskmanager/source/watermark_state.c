#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/source/watermark_internal.h"

#include <stdlib.h>
#include <string.h>

/*
 * One item a split, little endian: its watermark i64, the watermark that its subtask had told i64, flags u8
 * (1: idle), and the name.
 */
enum { WATERMARK_STATE_VERSION = 1, FIXED_BYTES = 17, FLAG_IDLE = 1 };
static const char watermark_state_name[] = "split-watermarks";

static int64_t read_le64(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--)
        value = value << 8 | bytes[i];
    return (int64_t)value;
}

enum status watermark_state_read(struct watermark_generator *generator, const struct operator_state *state,
                                 struct error *error)
{
    const struct list_state *list = operator_state_find(state, watermark_state_name);
    if (list == NULL)
        return STATUS_OK;
    if (list->version != WATERMARK_STATE_VERSION)
        return error_set(error, STATUS_UNSUPPORTED,
                         "the checkpoint's watermarks have version %u, this program reads version %d",
                         list->version, WATERMARK_STATE_VERSION);
    generator->restored = mem_calloc(list->num_items + 1, sizeof *generator->restored);
    for (size_t i = 0; i < list->num_items; i++) {
        const struct buffer *item = &list->items[i];
        if (item->size < FIXED_BYTES || memchr(item->data + FIXED_BYTES, 0, item->size - FIXED_BYTES) != NULL)
            return error_set(error, STATUS_CORRUPT, "the checkpoint holds a watermark that does not parse");
        generator->restored[generator->num_restored++] = (struct restored_split){
            .name = mem_strndup((const char *)item->data + FIXED_BYTES, item->size - FIXED_BYTES),
            .watermark_us = read_le64(item->data),
            .emitted_us = read_le64(item->data + 8),
            .is_idle = (item->data[16] & FLAG_IDLE) != 0,
        };
    }
    return STATUS_OK;
}

/* Splits without a name are one in each subtask, and any of them may come back here: the slowest counts. */
struct watermark_split watermark_split_restore(const struct watermark_generator *generator, const char *name)
{
    struct watermark_split split = {
        .name = mem_strdup(name), .watermark_us = WATERMARK_NONE, .heard_us = generator->asked_us};
    bool is_known = false;
    for (size_t i = 0; i < generator->num_restored; i++) {
        const struct restored_split *restored = &generator->restored[i];
        if (strcmp(restored->name, name) != 0)
            continue;
        bool is_slower = !is_known || restored->watermark_us < split.watermark_us;
        split.watermark_us = is_slower ? restored->watermark_us : split.watermark_us;
        split.is_idle = restored->is_idle && (split.is_idle || !is_known);
        is_known = true;
    }
    split.is_idle = split.is_idle && generator->plan->idle_timeout_ms > 0;
    return split;
}

int64_t watermark_state_floor(const struct watermark_generator *generator)
{
    bool is_known = false;
    int64_t floor_us = WATERMARK_NONE;
    for (uint32_t i = 0; i < generator->num_splits; i++) {
        for (size_t k = 0; k < generator->num_restored; k++) {
            const struct restored_split *restored = &generator->restored[k];
            if (strcmp(restored->name, generator->splits[i].name) != 0)
                continue;
            floor_us = !is_known || restored->emitted_us < floor_us ? restored->emitted_us : floor_us;
            is_known = true;
        }
    }
    return floor_us;
}

void watermark_state_free(struct watermark_generator *generator)
{
    for (size_t i = 0; i < generator->num_restored; i++)
        free(generator->restored[i].name);
    free(generator->restored);
}

void watermark_generator_snapshot(const struct watermark_generator *generator, struct operator_state *state)
{
    struct list_state *list =
        operator_state_add_list(state, watermark_state_name, LIST_STATE_UNION, WATERMARK_STATE_VERSION);
    int64_t emitted_us =
        generator->emitted_us > generator->floor_us ? generator->emitted_us : generator->floor_us;
    struct buffer item = {0};
    for (uint32_t i = 0; i < generator->num_splits; i++) {
        const struct watermark_split *split = &generator->splits[i];
        if (split->is_finished)
            continue;
        buffer_clear(&item);
        buffer_append_le64(&item, (uint64_t)split->watermark_us);
        buffer_append_le64(&item, (uint64_t)emitted_us);
        buffer_append_byte(&item, split->is_idle ? FLAG_IDLE : 0);
        buffer_append_text(&item, split->name);
        list_state_append(list, item.data, item.size);
    }
    buffer_free(&item);
}
