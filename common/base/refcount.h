#pragma once

#include <stdatomic.h>
#include <stdbool.h>

/* A thread-safe reference count, starting at one for its creator. */
struct refcount {
    atomic_uint count;
};

static inline void refcount_init(struct refcount *refs)
{
    atomic_init(&refs->count, 1);
}

static inline void refcount_take(struct refcount *refs)
{
    atomic_fetch_add_explicit(&refs->count, 1, memory_order_relaxed);
}

/* True when the last reference went: the caller then frees the object. */
static inline bool refcount_drop(struct refcount *refs)
{
    return atomic_fetch_sub_explicit(&refs->count, 1, memory_order_acq_rel) == 1;
}

/* True when nobody else holds the object, so that it may be changed in place. */
static inline bool refcount_is_unique(const struct refcount *refs)
{
    return atomic_load_explicit(&refs->count, memory_order_acquire) == 1;
}
