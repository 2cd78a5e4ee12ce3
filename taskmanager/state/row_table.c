#include "taskmanager/state/row_table.h"

#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/base/memory.h"
#include "taskmanager/state/row_table_internal.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_DIRECTORY_SLOTS = 16, FREE_PAGES_KEPT = 16 };

static void make_directory(struct row_table *table, uint32_t num_slots)
{
    table->directory = mem_calloc(num_slots, sizeof(struct row_partition *));
    table->directory_mask = num_slots - 1;
    table->directory_shift = 64 - (uint32_t)__builtin_ctz(num_slots);
    table->index_bytes += num_slots * sizeof(struct row_partition *);
}

struct row_table *row_table_create_stamped(const struct row_layout *layout, uint32_t first_key_group,
                                           uint32_t end_key_group, bool is_stamped)
{
    CHECK(layout->value_size % 8 == 0 && first_key_group < end_key_group);
    struct row_table *table = mem_calloc(1, sizeof *table);
    table->value_size = layout->value_size;
    table->key_offset = ROW_HEAD_BYTES + layout->value_size;
    if (is_stamped) {
        table->stamp_offset = table->key_offset;
        table->key_offset += 8;
    }
    table->num_buffers = layout->num_buffers;
    if (layout->num_buffers > 0) {
        table->buffer_offsets =
            mem_dup(layout->buffer_offsets, layout->num_buffers * sizeof *layout->buffer_offsets);
        table->content_offset = table->key_offset;
        table->key_offset += 8;
    }
    for (uint32_t i = 0, end = 0; i < layout->num_buffers; i++) { /* in order, apart from each other */
        CHECK(layout->buffer_offsets[i] % 8 == 0 && layout->buffer_offsets[i] >= end);
        end = layout->buffer_offsets[i] + (uint32_t)sizeof(struct buffer);
        CHECK(end <= layout->value_size);
    }
    table->first_key_group = first_key_group;
    table->num_key_groups = end_key_group - first_key_group;
    table->key_groups = mem_calloc(table->num_key_groups, sizeof(struct row_partition *));
    row_pages_init(&table->pages);
    table->free_pages_kept = FREE_PAGES_KEPT;
    make_directory(table, FIRST_DIRECTORY_SLOTS);
    return table;
}

struct row_table *row_table_create(const struct row_layout *layout, uint32_t first_key_group,
                                   uint32_t end_key_group)
{
    return row_table_create_stamped(layout, first_key_group, end_key_group, false);
}

void row_table_free(struct row_table *table)
{
    if (table == NULL)
        return;
    row_table_clear(table);
    row_pages_free(&table->pages);
    namespace_set_free(&table->namespaces);
    free(table->directory);
    free(table->key_groups);
    free(table->buffer_offsets);
    free(table);
}

static inline uint32_t directory_slot(const struct row_table *table, uint32_t key_group, int64_t namespace_)
{
    uint64_t mixed = hash_u64((uint64_t)namespace_) + key_group;
    return (uint32_t)(mixed * 0x9E3779B97F4A7C15u >> table->directory_shift);
}

static void put_in_directory(struct row_table *table, struct row_partition *partition)
{
    uint32_t at = directory_slot(table, partition->key_group, partition->namespace_);
    while (table->directory[at] != NULL)
        at = (at + 1) & table->directory_mask;
    table->directory[at] = partition;
}

static void grow_directory(struct row_table *table)
{
    struct row_partition **old = table->directory;
    uint32_t num_old = table->directory_mask + 1;
    CHECK(num_old <= UINT32_MAX / 4);
    table->index_bytes -= num_old * sizeof(struct row_partition *);
    make_directory(table, num_old * 2);
    for (uint32_t i = 0; i < num_old; i++)
        if (old[i] != NULL)
            put_in_directory(table, old[i]);
    free(old);
}

/* Those behind a gap move up, so that no search ends at it. */
static void take_out_of_directory(struct row_table *table, const struct row_partition *partition)
{
    uint32_t mask = table->directory_mask;
    uint32_t gap = directory_slot(table, partition->key_group, partition->namespace_);
    while (table->directory[gap] != partition)
        gap = (gap + 1) & mask;
    for (uint32_t at = (gap + 1) & mask; table->directory[at] != NULL; at = (at + 1) & mask) {
        const struct row_partition *other = table->directory[at];
        uint32_t home = directory_slot(table, other->key_group, other->namespace_);
        if (((at - home) & mask) < ((at - gap) & mask))
            continue;
        table->directory[gap] = table->directory[at];
        gap = at;
    }
    table->directory[gap] = NULL;
}

struct row_partition *row_table_partition(const struct row_table *table, uint32_t key_group,
                                          int64_t namespace_)
{
    uint32_t at = directory_slot(table, key_group, namespace_);
    struct row_partition *partition;
    while ((partition = table->directory[at]) != NULL &&
           (partition->namespace_ != namespace_ || partition->key_group != key_group))
        at = (at + 1) & table->directory_mask;
    return partition;
}

struct row_partition *row_table_make_partition(struct row_table *table, uint32_t key_group,
                                               int64_t namespace_)
{
    uint32_t index = key_group - table->first_key_group;
    CHECK(index < table->num_key_groups);
    if ((table->num_partitions + 1) * 2 > table->directory_mask + 1)
        grow_directory(table);
    struct row_partition *partition = mem_calloc(1, sizeof *partition);
    partition->namespace_ = namespace_;
    partition->key_group = key_group;
    partition->next = table->key_groups[index];
    if (partition->next != NULL)
        partition->next->previous = partition;
    table->key_groups[index] = partition;
    put_in_directory(table, partition);
    namespace_set_add(&table->namespaces, namespace_);
    table->num_partitions++;
    table->index_bytes += sizeof *partition;
    return partition;
}

/* Those of its rows that are alive have buffers to free. */
static void free_contents(struct row_table *table, struct row_chunk *chunk)
{
    if (table->num_buffers == 0)
        return;
    for (uint32_t offset = ROW_CHUNK_HEAD_BYTES; offset < chunk->used;) {
        struct row *row = row_at(chunk, offset);
        offset += (uint32_t)row_size(table, row->key_size);
        if ((row->flags & ROW_DEAD) == 0)
            row_reset_value(table, row);
    }
}

static void free_chunks(struct row_table *table, struct row_partition *partition)
{
    while (partition->newest != NULL) {
        struct row_chunk *chunk = partition->newest;
        partition->newest = chunk->next;
        row_chunk_unlist_loose(table, chunk);
        free_contents(table, chunk);
        row_pages_give(&table->pages, chunk, chunk->bits, chunk->capacity);
    }
}

struct row_partition *row_table_next_partition(const struct row_table *table,
                                               const struct row_partition *partition)
{
    if (partition != NULL && partition->next != NULL)
        return partition->next;
    uint32_t index = partition != NULL ? partition->key_group - table->first_key_group + 1 : 0;
    for (; index < table->num_key_groups; index++)
        if (table->key_groups[index] != NULL)
            return table->key_groups[index];
    return NULL;
}

static void hand_moves_to(struct row_hand *hand, struct row_partition *partition)
{
    hand->partition = partition;
    hand->chunk = partition != NULL ? partition->newest : NULL;
}

struct row_chunk *row_hand_next(struct row_table *table, struct row_hand *hand, bool *ret_wrapped)
{
    *ret_wrapped = false;
    while (hand->chunk == NULL) {
        if (hand->partition != NULL) {
            hand_moves_to(hand, row_table_next_partition(table, hand->partition));
            continue;
        }
        if (*ret_wrapped)
            return NULL;
        *ret_wrapped = true;
        hand_moves_to(hand, row_table_next_partition(table, NULL));
    }
    struct row_chunk *chunk = hand->chunk;
    hand->chunk = chunk->next;
    return chunk;
}

void row_table_drop_partition(struct row_table *table, struct row_partition *partition)
{
    CHECK(!partition->is_pinned && table->num_walks == 0);
    for (unsigned i = 0; i < 2; i++)
        if (table->hands[i].partition == partition)
            hand_moves_to(&table->hands[i], row_table_next_partition(table, partition));
    free_chunks(table, partition);
    if (partition->slots != NULL) {
        size_t slot_bytes = ((size_t)partition->mask + 1) * sizeof *partition->slots;
        row_array_give(partition->slots, slot_bytes);
        table->index_bytes -= slot_bytes;
    }
    table->num_rows -= partition->num_rows;
    table->spilled_bytes -= partition->is_spilled ? partition->chunk_bytes : 0;
    table->num_evicted -= partition->num_evicted;
    take_out_of_directory(table, partition);
    namespace_set_remove(&table->namespaces, partition->namespace_);
    if (partition->next != NULL)
        partition->next->previous = partition->previous;
    if (partition->previous != NULL)
        partition->previous->next = partition->next;
    else
        table->key_groups[partition->key_group - table->first_key_group] = partition->next;
    table->num_partitions--;
    table->index_bytes -= sizeof *partition;
    free(partition);
}

void row_table_clear(struct row_table *table)
{
    for (uint32_t i = 0; i < table->num_key_groups; i++)
        while (table->key_groups[i] != NULL)
            row_table_drop_partition(table, table->key_groups[i]);
    CHECK(table->num_rows == 0 && table->content_bytes == 0);
}

static bool is_any_frozen(const struct row_partition *partition)
{
    bool is_frozen = false;
    for (const struct row_chunk *chunk = partition->newest; chunk != NULL && !is_frozen; chunk = chunk->next)
        is_frozen = atomic_load_explicit(&chunk->is_frozen, memory_order_relaxed);
    return is_frozen;
}

/* Chunks of which rows were removed: one that is less than half alive is moved together. */
void row_table_settle(struct row_table *table)
{
    if (table->num_walks > 0)
        return;
    struct row_chunk *pinned = NULL;
    while (table->loose != NULL) {
        struct row_chunk *chunk = table->loose;
        struct row_partition *partition = chunk->partition;
        row_chunk_unlist_loose(table, chunk);
        if (row_chunk_is_pinned(chunk) || atomic_load_explicit(&chunk->is_frozen, memory_order_relaxed)) {
            chunk->next_loose = pinned;
            pinned = chunk;
            continue;
        }
        bool is_over = partition->num_rows == 0 && !partition->is_stored && !partition->is_pinned;
        if (is_over && !is_any_frozen(partition))
            row_table_drop_partition(table, partition);
        else if (chunk->dead_bytes * 2 > chunk->used - ROW_CHUNK_HEAD_BYTES)
            row_chunk_vacate(table, chunk);
    }
    while (pinned != NULL) {
        struct row_chunk *next = pinned->next_loose;
        row_chunk_list_loose(table, pinned);
        pinned = next;
    }
    row_pages_trim(&table->pages, table->free_pages_kept);
}

size_t row_table_bytes(const struct row_table *table)
{
    return sizeof *table + row_pages_bytes(&table->pages) + table->index_bytes + table->content_bytes +
           namespace_set_bytes(&table->namespaces) + table->num_key_groups * sizeof(struct row_partition *);
}

uint64_t row_table_count(const struct row_table *table)
{
    return table->num_rows;
}

bool row_table_next_namespace(const struct row_table *table, int64_t from, int64_t *ret_namespace)
{
    return namespace_set_next(&table->namespaces, from, ret_namespace);
}
