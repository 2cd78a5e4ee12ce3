#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/columnar/row_packer.h"

uint32_t row_key_group(struct bytes_view packed_key, uint32_t max_parallelism)
{
    CHECK(max_parallelism > 0);
    return hash_murmur3_32(packed_key.data, packed_key.size, 0) % max_parallelism;
}

uint32_t key_group_subtask(uint32_t key_group, uint32_t parallelism, uint32_t max_parallelism)
{
    CHECK(parallelism > 0 && parallelism <= max_parallelism && key_group < max_parallelism);
    return (uint32_t)((uint64_t)key_group * parallelism / max_parallelism);
}

/* The smallest key group that key_group_subtask deals to subtask. */
static uint32_t first_key_group(uint32_t subtask, uint32_t parallelism, uint32_t max_parallelism)
{
    return (uint32_t)(((uint64_t)subtask * max_parallelism + parallelism - 1) / parallelism);
}

void key_group_range(uint32_t subtask, uint32_t parallelism, uint32_t max_parallelism, uint32_t *ret_first,
                     uint32_t *ret_end)
{
    CHECK(subtask < parallelism && parallelism <= max_parallelism);
    *ret_first = first_key_group(subtask, parallelism, max_parallelism);
    *ret_end = first_key_group(subtask + 1, parallelism, max_parallelism);
}
