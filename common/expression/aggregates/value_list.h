#pragma once

#include "common/base/buffer.h"

#include <stdbool.h>

/*
 * Values in the order in which they came, in a buffer without pointers, whose bytes are what is stored. One
 * that is taken back before it came (another part has it) is kept as owed, and settled by the first equal
 * one.
 */
struct value_list {
    int64_t num_values;
    int64_t num_owed;
    struct buffer values;
};

/* STATUS_EXHAUSTED when the list would take 2 GiB. */
STATUS_MUST_CHECK enum status value_list_append(struct value_list *list, struct bytes_view value,
                                                struct error *error);
/* Takes the first equal value away. */
STATUS_MUST_CHECK enum status value_list_remove(struct value_list *list, struct bytes_view value,
                                                struct error *error);

/* What source has follows what target has. */
STATUS_MUST_CHECK enum status value_list_merge(struct value_list *target, const struct value_list *source,
                                               struct error *error);

/* Walks the entries, those that are owed too. Start with a zeroed cursor; false at the end. The bytes may
 * come from anywhere: what does not hold together ends the walk, and sets is_corrupt. */
struct value_list_cursor {
    size_t offset;
    bool is_corrupt;
};
bool value_list_next(const struct value_list *list, struct value_list_cursor *cursor,
                     struct bytes_view *ret_value, bool *ret_is_owed);
/* The counts are those of the entries. */
bool value_list_is_sound(const struct value_list *list);
