#pragma once

#include "common/base/buffer.h"
#include "common/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How the items of a list state come back at a restore, also at another parallelism. */
enum list_state_mode {
    LIST_STATE_SPLIT,     /* dealt out over the subtasks */
    LIST_STATE_UNION,     /* each subtask gets all items and keeps what is its own */
    LIST_STATE_BROADCAST, /* each subtask gets the items of one subtask */
};

/* One list of opaque items, owned. version belongs to the item codec: a reader refuses what it does not know.
 */
struct list_state {
    char *name;
    enum list_state_mode mode;
    uint32_t version;
    struct buffer *items;
    size_t num_items;
};

/* What one operator of one subtask hands over at a barrier, and gets back at a restore. Owned by whoever
 * holds it. */
struct operator_state {
    struct list_state *lists;
    size_t num_lists;
};

/* A zeroed struct is empty. Name is copied; the list is made when it is not there. */
struct list_state *operator_state_add_list(struct operator_state *state, const char *name,
                                           enum list_state_mode mode, uint32_t version);
void list_state_append(struct list_state *list, const void *data, size_t size);
/* NULL when there is none of that name. */
const struct list_state *operator_state_find(const struct operator_state *state, const char *name);
void operator_state_free(struct operator_state *state); /* the content; the struct is empty after */

/* The state of one operator in one subtask as bytes, with a version; the caller checksums what contains them.
 */
void operator_state_encode(const struct operator_state *state, struct buffer *buffer);
STATUS_MUST_CHECK enum status operator_state_decode(struct bytes_view bytes, struct operator_state *ret_state,
                                                    struct error *error);
/* What subtask `subtask` of `parallelism` starts with, out of the encoded states of all subtasks of one
 * operator. */
STATUS_MUST_CHECK enum status operator_state_redistribute(const struct bytes_view *states, size_t num_states,
                                                          uint32_t subtask, uint32_t parallelism,
                                                          struct operator_state *ret_state,
                                                          struct error *error);
