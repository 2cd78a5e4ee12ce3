#pragma once

#include "taskmanager/state/store_run_internal.h"

struct store_run_item {
    uint64_t high, low; /* the first 16 bytes of the key, big-endian, zeros behind its end */
    uint64_t offset;    /* of the row in the block */
};

struct bytes_view store_run_key(const struct store_run *run, uint64_t offset);
/* Items of all rows by key; those of equal keys in the order in which they were added. The caller frees them.
 */
struct store_run_item *store_run_sort(const struct store_run *run);
