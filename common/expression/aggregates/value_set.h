#pragma once

#include "common/base/buffer.h"

#include <stdbool.h>

/*
 * Values with a count each, in a buffer without pointers, whose bytes are what is stored: a head, a hash
 * table of offsets once there are more than a few, then the entries in the order in which they came. A count
 * may be 0, the value is then not there, or negative, when values are taken away that another part has.
 */

enum value_change { VALUE_UNCHANGED, VALUE_APPEARED, VALUE_VANISHED };

/* The table is stored, so that this hash never changes. */
uint32_t value_set_hash(struct bytes_view value);
/* Of sets that lie far apart in memory, or are large: brings what value_set_add will look at into the cache.
 * Each step takes what the one before it asked for. */
enum value_set_step { VALUE_SET_HEAD, VALUE_SET_SLOT, VALUE_SET_ENTRY };
void value_set_prefetch(const struct buffer *set, uint32_t hash, enum value_set_step step);

/* Changes the count of value, whose hash is given. APPEARED: it was not above 0 and is now; VANISHED: the
 * reverse. STATUS_EXHAUSTED when the set would take 4 GiB. */
STATUS_MUST_CHECK enum status value_set_add(struct buffer *set, struct bytes_view value, uint32_t hash,
                                            int64_t count, enum value_change *ret_change,
                                            struct error *error);

/* Walks the entries, those of count 0 too. Start with a zeroed cursor; false at the end. The bytes may come
 * from anywhere: what does not hold together ends the walk, and sets is_corrupt. */
struct value_set_cursor {
    size_t offset;
    bool is_corrupt;
};
bool value_set_next(const struct buffer *set, struct value_set_cursor *cursor, struct bytes_view *ret_value,
                    int64_t *ret_count);
/* The walk reaches the end. */
bool value_set_is_sound(const struct buffer *set);
