#pragma once

#include "common/base/buffer.h"

#include <stdbool.h>

/* The open sessions of a key, as a value of keyed state. Zeroed it is empty. Sessions neither overlap nor
 * touch, and stand in the order of their starts. */
struct session {
    int64_t start, end; /* of window time, [start, end) */
    int64_t id;         /* unique among the open ones of the key, small */
};

struct session_list {
    uint64_t count;
    struct session first;
    struct buffer others; /* count - 1 of struct session */
};

static inline struct session *session_list_at(struct session_list *list, uint64_t index)
{
    return index == 0 ? &list->first : (struct session *)(void *)list->others.data + (index - 1);
}

/* False when the bytes of a stored list do not hold together. */
bool session_list_is_valid(const struct session_list *list);
/* The session that holds the time, which must be there. */
struct session *session_list_find(struct session_list *list, int64_t time);

/* What a row does to the sessions of its key: it joins the first of those that [start, end) overlaps or
 * touches, and the others are merged into that one. */
struct session_change {
    uint64_t index;       /* where the session is, or would be */
    uint64_t num_touched; /* 0: it would be a new one */
    int64_t start, end;   /* of the session with the row */
};

struct session_change session_list_probe(struct session_list *list, int64_t start, int64_t end);
/* Makes the change. ret_merged gets the ids of the num_touched - 1 sessions that went into the first, in
 * their order; there are two touched ones at most, since no session is shorter than a row's. */
struct session *session_list_apply(struct session_list *list, const struct session_change *change,
                                   int64_t *ret_merged);
void session_list_remove(struct session_list *list, uint64_t index);
