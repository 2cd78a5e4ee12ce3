#include "common/expression/aggregates/value_set.h"

#include "common/base/check.h"
#include "common/base/hash.h"

#include <string.h>

/* Entries that are found without a table. */
enum { MAX_LISTED = 8, MIN_SLOTS = 32 };

/* A slot of the table holds the distance of an entry from the first, plus 1; 0: free. num_slots is 0 or a
 * power of two above twice the entries. */
struct set_head {
    uint32_t num_slots;
    uint32_t num_entries;
    uint32_t num_gone; /* entries of count 0 */
};

struct entry_head {
    int64_t count;
    uint32_t size; /* of the value that follows */
};

enum { SET_HEAD_BYTES = 12, ENTRY_HEAD_BYTES = 12, SLOT_BYTES = 4 };

static struct set_head read_head(const struct buffer *set)
{
    struct set_head head = {0};
    if (set->size >= SET_HEAD_BYTES)
        memcpy(&head, set->data, SET_HEAD_BYTES);
    return head;
}

static void write_head(struct buffer *set, const struct set_head *head)
{
    memcpy(set->data, head, SET_HEAD_BYTES);
}

static size_t entries_offset(const struct set_head *head)
{
    return SET_HEAD_BYTES + (size_t)head->num_slots * SLOT_BYTES;
}

static struct entry_head read_entry(const struct buffer *set, size_t offset)
{
    struct entry_head entry;
    memcpy(&entry.count, set->data + offset, 8);
    memcpy(&entry.size, set->data + offset + 8, 4);
    return entry;
}

static bool entry_equals(const struct buffer *set, size_t offset, struct bytes_view value)
{
    return read_entry(set, offset).size == value.size &&
           memcmp(set->data + offset + ENTRY_HEAD_BYTES, value.data, value.size) == 0;
}

static uint32_t read_slot(const struct buffer *set, uint32_t slot)
{
    uint32_t distance;
    memcpy(&distance, set->data + SET_HEAD_BYTES + (size_t)slot * SLOT_BYTES, SLOT_BYTES);
    return distance;
}

static void write_slot(struct buffer *set, uint32_t slot, uint32_t distance)
{
    memcpy(set->data + SET_HEAD_BYTES + (size_t)slot * SLOT_BYTES, &distance, SLOT_BYTES);
}

uint32_t value_set_hash(struct bytes_view value)
{
    return hash_murmur3_32(value.data, value.size, 0);
}

void value_set_prefetch(const struct buffer *set, uint32_t hash, enum value_set_step step)
{
    if (step == VALUE_SET_HEAD) {
        __builtin_prefetch(set->data);
        return;
    }
    struct set_head head = read_head(set);
    if (head.num_slots == 0)
        return;
    uint32_t slot = hash & (head.num_slots - 1);
    if (step == VALUE_SET_SLOT)
        __builtin_prefetch(set->data + SET_HEAD_BYTES + (size_t)slot * SLOT_BYTES);
    else
        __builtin_prefetch(set->data + entries_offset(&head) + read_slot(set, slot));
}

/* The slot of value, or the free one where it belongs. */
static uint32_t find_slot(const struct buffer *set, const struct set_head *head, struct bytes_view value,
                          uint32_t hash)
{
    uint32_t mask = head->num_slots - 1;
    uint32_t slot = hash & mask;
    for (;; slot = (slot + 1) & mask) {
        uint32_t distance = read_slot(set, slot);
        if (distance == 0 || entry_equals(set, entries_offset(head) + distance - 1, value))
            return slot;
    }
}

static bool find_listed(const struct buffer *set, const struct set_head *head, struct bytes_view value,
                        size_t *ret_offset)
{
    size_t offset = entries_offset(head);
    for (uint32_t i = 0; i < head->num_entries; i++) {
        if (entry_equals(set, offset, value)) {
            *ret_offset = offset;
            return true;
        }
        offset += ENTRY_HEAD_BYTES + read_entry(set, offset).size;
    }
    return false;
}

static bool find_entry(const struct buffer *set, const struct set_head *head, struct bytes_view value,
                       uint32_t hash, size_t *ret_offset)
{
    if (head->num_slots == 0)
        return find_listed(set, head, value, ret_offset);
    uint32_t distance = read_slot(set, find_slot(set, head, value, hash));
    if (distance == 0)
        return false;
    *ret_offset = entries_offset(head) + distance - 1;
    return true;
}

static void append_entry(struct buffer *set, const struct entry_head *entry, const uint8_t *data)
{
    buffer_append(set, &entry->count, 8);
    buffer_append(set, &entry->size, 4);
    buffer_append(set, data, entry->size);
}

/* Copies the entries that are there into a set with room for as many again. */
static void rebuild(struct buffer *set)
{
    struct set_head head = read_head(set);
    struct set_head bigger = {.num_entries = head.num_entries - head.num_gone};
    if (bigger.num_entries > MAX_LISTED / 2) {
        bigger.num_slots = MIN_SLOTS;
        while (bigger.num_slots / 4 < bigger.num_entries)
            bigger.num_slots *= 2;
    }
    struct buffer copy = {0};
    size_t start = entries_offset(&bigger);
    buffer_reserve(&copy,
                   start + (set->size > entries_offset(&head) ? set->size - entries_offset(&head) : 0));
    buffer_append_zeros(&copy, start);
    write_head(&copy, &bigger);
    size_t offset = entries_offset(&head);
    for (uint32_t i = 0; i < head.num_entries; i++) {
        struct entry_head entry = read_entry(set, offset);
        const uint8_t *data = set->data + offset + ENTRY_HEAD_BYTES;
        offset += ENTRY_HEAD_BYTES + entry.size;
        if (entry.count == 0)
            continue;
        struct bytes_view value = {data, entry.size};
        if (bigger.num_slots > 0)
            write_slot(&copy, find_slot(&copy, &bigger, value, value_set_hash(value)),
                       (uint32_t)(copy.size - start) + 1);
        append_entry(&copy, &entry, data);
    }
    buffer_free(set);
    *set = copy;
}

static bool is_full(const struct set_head *head)
{
    return head->num_slots == 0 ? head->num_entries >= MAX_LISTED : head->num_entries >= head->num_slots / 2;
}

static enum status add_new(struct buffer *set, struct bytes_view value, uint32_t hash, int64_t count,
                           struct error *error)
{
    if (value.size > UINT32_MAX / 2 || set->size > UINT32_MAX / 2 - value.size)
        return error_set(error, STATUS_EXHAUSTED,
                         "the values that one group keeps for an aggregate function exceed 2 GiB");
    struct set_head head = read_head(set);
    if (set->size == 0 || is_full(&head)) {
        rebuild(set);
        head = read_head(set);
    }
    if (head.num_slots > 0)
        write_slot(set, find_slot(set, &head, value, hash),
                   (uint32_t)(set->size - entries_offset(&head)) + 1);
    append_entry(set, &(struct entry_head){count, (uint32_t)value.size}, value.data);
    head.num_entries++;
    write_head(set, &head);
    return STATUS_OK;
}

enum status value_set_add(struct buffer *set, struct bytes_view value, uint32_t hash, int64_t count,
                          enum value_change *ret_change, struct error *error)
{
    struct set_head head = read_head(set);
    size_t offset = 0;
    int64_t before = 0, after = count;
    if (count == 0) {
        *ret_change = VALUE_UNCHANGED;
        return STATUS_OK;
    }
    if (find_entry(set, &head, value, hash, &offset)) {
        before = read_entry(set, offset).count;
        after = (int64_t)((uint64_t)before + (uint64_t)count);
        memcpy(set->data + offset, &after, 8);
        head.num_gone += (after == 0) - (before == 0);
        write_head(set, &head);
    } else {
        enum status status = add_new(set, value, hash, count, error);
        if (status != STATUS_OK)
            return status;
    }
    *ret_change = before <= 0 && after > 0   ? VALUE_APPEARED
                  : before > 0 && after <= 0 ? VALUE_VANISHED
                                             : VALUE_UNCHANGED;
    return STATUS_OK;
}

bool value_set_next(const struct buffer *set, struct value_set_cursor *cursor, struct bytes_view *ret_value,
                    int64_t *ret_count)
{
    struct set_head head = read_head(set);
    if (cursor->offset == 0)
        cursor->offset = entries_offset(&head);
    if (set->size == 0 || cursor->offset == set->size)
        return false;
    if (set->size < SET_HEAD_BYTES || cursor->offset > set->size ||
        set->size - cursor->offset < ENTRY_HEAD_BYTES) {
        cursor->is_corrupt = true;
        return false;
    }
    struct entry_head entry = read_entry(set, cursor->offset);
    size_t left = set->size - cursor->offset - ENTRY_HEAD_BYTES;
    if (entry.size > left) {
        cursor->is_corrupt = true;
        return false;
    }
    *ret_value = (struct bytes_view){set->data + cursor->offset + ENTRY_HEAD_BYTES, entry.size};
    *ret_count = entry.count;
    cursor->offset += ENTRY_HEAD_BYTES + entry.size;
    return true;
}

bool value_set_is_sound(const struct buffer *set)
{
    struct value_set_cursor cursor = {0};
    struct bytes_view value;
    int64_t count;
    while (value_set_next(set, &cursor, &value, &count))
        continue;
    return !cursor.is_corrupt;
}
