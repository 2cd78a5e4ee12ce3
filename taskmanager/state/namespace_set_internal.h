#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Namespaces in order, each with the number of its partitions. A zeroed struct is empty. */
struct namespace_block;
struct namespace_set {
    struct namespace_block **blocks; /* in order, none empty */
    size_t num_blocks, capacity;
};

void namespace_set_free(struct namespace_set *set); /* the content; it is empty after */
void namespace_set_add(struct namespace_set *set, int64_t namespace_);
/* One that was added; it is gone with its last partition. */
void namespace_set_remove(struct namespace_set *set, int64_t namespace_);
/* The smallest >= from; false when there is none. */
bool namespace_set_next(const struct namespace_set *set, int64_t from, int64_t *ret_namespace);
size_t namespace_set_bytes(const struct namespace_set *set);
