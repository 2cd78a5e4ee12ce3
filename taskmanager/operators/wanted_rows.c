#include "taskmanager/operators/wanted_rows.h"

#include "common/base/memory.h"

#include <stdlib.h>

void wanted_rows_begin(struct wanted_rows *wanted, uint32_t capacity)
{
    wanted->count = 0;
    if (capacity <= wanted->capacity)
        return;
    wanted->rows = mem_realloc(wanted->rows, capacity * sizeof *wanted->rows);
    wanted->keys = mem_realloc(wanted->keys, capacity * sizeof *wanted->keys);
    wanted->hashes = mem_realloc(wanted->hashes, capacity * sizeof *wanted->hashes);
    wanted->capacity = capacity;
}

void wanted_rows_free(struct wanted_rows *wanted)
{
    free(wanted->rows);
    free(wanted->keys);
    free(wanted->hashes);
}
