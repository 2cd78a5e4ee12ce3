#include "common/base/check.h"
#include "taskmanager/state/row_table_internal.h"

/* What the log has of the rows does not count any more, so that all of them are news to the store. */
static void spill_chunk(struct row_table *table, struct row_chunk *chunk)
{
    bool is_pinned = row_chunk_is_pinned(chunk);
    for (uint32_t offset = ROW_CHUNK_HEAD_BYTES; offset < chunk->used;) {
        struct row *row = row_at(chunk, offset);
        offset += (uint32_t)row_size(table, row->key_size);
        if ((row->flags & ROW_DEAD) != 0)
            continue;
        if ((row->flags & ROW_TOMBSTONE) != 0 && !is_pinned) {
            row_table_erase(table, row);
            continue;
        }
        chunk->num_dirty += (row->flags & ROW_DIRTY) == 0;
        row->flags = (uint8_t)((row->flags & ~ROW_STORED) | ROW_DIRTY);
        row->written = 0;
    }
}

void row_partition_spill(struct row_table *table, struct row_partition *partition)
{
    CHECK(!partition->is_spilled && !partition->is_stored && !partition->is_partial);
    partition->is_spilled = true;
    table->spilled_bytes += partition->chunk_bytes;
    for (struct row_chunk *chunk = partition->newest; chunk != NULL; chunk = chunk->next)
        spill_chunk(table, chunk);
}

void row_partition_count_evicted(struct row_table *table, struct row_partition *partition, int32_t change)
{
    if (change < 0 && partition->num_evicted < (uint32_t)-change)
        change = -(int32_t)partition->num_evicted; /* nobody counted them when they left */
    partition->num_evicted += (uint32_t)change;
    table->num_evicted += (uint64_t)(int64_t)change;
}
