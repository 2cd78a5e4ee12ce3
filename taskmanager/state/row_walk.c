#include "common/base/check.h"
#include "taskmanager/state/row_table_internal.h"

static void begin_partition(struct row_walk *walk, struct row_partition *partition)
{
    walk->partition = partition;
    walk->chunk = partition != NULL ? partition->newest : NULL;
    walk->offset = ROW_CHUNK_HEAD_BYTES;
}

void row_table_walk_all(struct row_table *table, struct row_walk *walk)
{
    *walk = (struct row_walk){.table = table};
    table->num_walks++;
    begin_partition(walk, row_table_next_partition(table, NULL));
}

void row_table_walk(struct row_table *table, uint32_t key_group, int64_t namespace_, struct row_walk *walk)
{
    *walk = (struct row_walk){.table = table, .is_one_partition = true};
    struct row_partition *partition = row_table_partition(table, key_group, namespace_);
    if (partition != NULL) {
        CHECK(!partition->is_pinned); /* one walk at a time */
        partition->is_pinned = true;
        partition->pinned_generation = table->generation++;
        partition->open = NULL;
    }
    begin_partition(walk, partition);
}

uint32_t row_table_walk_next(struct row_walk *walk, void **ret_values, uint32_t capacity)
{
    uint32_t count = 0;
    while (count < capacity && walk->partition != NULL) {
        if (walk->chunk == NULL) {
            if (walk->is_one_partition)
                break;
            begin_partition(walk, row_table_next_partition(walk->table, walk->partition));
            continue;
        }
        if (walk->offset >= walk->chunk->used) {
            walk->chunk = walk->chunk->next;
            walk->offset = ROW_CHUNK_HEAD_BYTES;
            continue;
        }
        struct row *row = row_at(walk->chunk, walk->offset);
        walk->offset += (uint32_t)row_size(walk->table, row->key_size);
        if ((row->flags & (ROW_DEAD | ROW_TOMBSTONE)) == 0)
            ret_values[count++] = row_value(row);
    }
    return count;
}

void row_table_walk_end(struct row_walk *walk)
{
    if (!walk->is_one_partition)
        walk->table->num_walks--;
    else if (walk->partition != NULL)
        walk->partition->is_pinned = false;
    walk->partition = NULL;
    walk->is_one_partition = true;
}
