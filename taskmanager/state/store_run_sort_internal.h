#pragma once

#include "taskmanager/state/store_run_internal.h"

struct bytes_view store_run_key(const struct store_run *run, uint64_t offset);
/* Items of all rows by key; those of equal keys in the order in which they were added. They are the sorter's.
 */
const struct store_run_item *store_run_sort(const struct store_run *run, struct store_run_sorter *sorter);
