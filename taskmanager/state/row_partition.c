#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/state/row_table_internal.h"

#include <stdlib.h>
#include <string.h>

/* At most three quarters of the slots are taken. */
enum { FIRST_SLOTS = 8, SMALL_INDEX_SLOTS = 64, MAX_KEY_BYTES = 1 << 30 };

static inline bool is_row_of(const struct row_table *table, const struct row *row, struct bytes_view key,
                             uint32_t hash)
{
    return row->hash == hash && row->key_size == key.size &&
           memcmp(row_key(table, row), key.data, key.size) == 0;
}

struct row *row_partition_find(const struct row_table *table, const struct row_partition *partition,
                               struct bytes_view key, uint32_t hash)
{
    if (partition->slots == NULL)
        return NULL;
    for (uint32_t at = hash & partition->mask; partition->slots[at] != 0; at = (at + 1) & partition->mask) {
        uint64_t slot = partition->slots[at];
        if (slot >> 48 != hash >> 16 || slot == ROW_SLOT_ERASED)
            continue;
        struct row *row = (struct row *)(uintptr_t)(slot & ROW_SLOT_ADDRESS); /* NOLINT */
        if (is_row_of(table, row, key, hash))
            return row;
    }
    return NULL;
}

static void put_in_index(struct row_partition *partition, struct row *row)
{
    uint32_t at = row->hash & partition->mask;
    while (partition->slots[at] != 0)
        at = (at + 1) & partition->mask;
    partition->slots[at] = row_slot(row, row->hash);
}

static void index_chunk(const struct row_table *table, struct row_partition *partition,
                        const struct row_chunk *chunk)
{
    for (uint32_t offset = ROW_CHUNK_HEAD_BYTES; offset < chunk->used;) {
        struct row *row = row_at(chunk, offset);
        offset += (uint32_t)row_size(table, row->key_size);
        if ((row->flags & ROW_DEAD) == 0)
            put_in_index(partition, row);
    }
}

/* A new index with room for one more row: its rows are read in the order in which they lie in memory. */
static void make_index(struct row_table *table, struct row_partition *partition)
{
    size_t wanted = FIRST_SLOTS;
    while ((partition->num_rows + 1) * 2 > wanted)
        wanted *= 2;
    CHECK(wanted <= (size_t)1 << 31);
    if (partition->slots != NULL) {
        size_t old_bytes = ((size_t)partition->mask + 1) * sizeof *partition->slots;
        row_array_give(partition->slots, old_bytes);
        table->index_bytes -= old_bytes;
    }
    partition->slots = row_array_take(wanted * sizeof *partition->slots);
    partition->mask = (uint32_t)wanted - 1;
    partition->num_taken = partition->num_rows;
    table->index_bytes += wanted * sizeof *partition->slots;
    for (const struct row_chunk *chunk = partition->newest; chunk != NULL; chunk = chunk->next)
        index_chunk(table, partition, chunk);
}

/* An index that is mostly empty is given back. */
static void shrink_index(struct row_table *table, struct row_partition *partition)
{
    size_t num_slots = (size_t)partition->mask + 1;
    if (partition->slots == NULL || (partition->num_rows > 0 && num_slots <= SMALL_INDEX_SLOTS) ||
        partition->num_rows * (uint64_t)8 >= num_slots)
        return;
    if (partition->num_rows > 0) {
        make_index(table, partition);
        return;
    }
    row_array_give(partition->slots, num_slots * sizeof *partition->slots);
    table->index_bytes -= num_slots * sizeof *partition->slots;
    partition->slots = NULL;
    partition->mask = 0;
    partition->num_taken = 0;
}

/* Chunks grow with the partition, up to a page. */
static struct row_chunk *add_chunk(struct row_table *table, struct row_partition *partition, size_t row_bytes)
{
    size_t wanted = partition->chunk_bytes > ROW_PAGE_BYTES ? ROW_PAGE_BYTES : partition->chunk_bytes;
    if (wanted < ROW_CHUNK_HEAD_BYTES + row_bytes)
        wanted = ROW_CHUNK_HEAD_BYTES + row_bytes;
    uint8_t bits = row_pages_bits(wanted);
    if (bits == ROW_PAGE_BITS && partition->chunk_bytes < ROW_PAGE_BYTES / 2 &&
        ROW_CHUNK_HEAD_BYTES + row_bytes <= 1 << ROW_CHUNK_SHARED_BITS)
        bits = ROW_CHUNK_SHARED_BITS;
    size_t capacity = wanted > ROW_PAGE_BYTES ? wanted : (size_t)1 << bits;
    struct row_chunk *chunk = row_pages_take(&table->pages, bits, capacity);
    *chunk = (struct row_chunk){
        .partition = partition,
        .next = partition->newest,
        .capacity = (uint32_t)capacity,
        .used = ROW_CHUNK_HEAD_BYTES,
        .generation = table->generation,
        .bits = bits,
    };
    if (chunk->next != NULL)
        chunk->next->previous = chunk;
    partition->newest = chunk;
    partition->open = chunk;
    partition->chunk_bytes += capacity;
    table->spilled_bytes += partition->is_spilled ? capacity : 0;
    return chunk;
}

/* Uninitialised. */
static struct row *take_row(struct row_table *table, struct row_partition *partition, size_t bytes)
{
    struct row_chunk *chunk = partition->open;
    if (chunk == NULL || chunk->capacity - chunk->used < bytes)
        chunk = add_chunk(table, partition, bytes);
    struct row *row = row_at(chunk, chunk->used);
    chunk->used += (uint32_t)bytes;
    row->chunk_bits = chunk->bits;
    return row;
}

struct row *row_partition_add(struct row_table *table, struct row_partition *partition, struct bytes_view key,
                              uint32_t hash)
{
    CHECK(key.size <= MAX_KEY_BYTES);
    if ((partition->num_taken + 1) * (uint64_t)4 > ((uint64_t)partition->mask + 1) * 3 ||
        partition->slots == NULL)
        make_index(table, partition);
    struct row *row = take_row(table, partition, row_size(table, key.size));
    row->hash = hash;
    row->key_size = (uint32_t)key.size;
    row->written = 0;
    row->flags = 0;
    memset(row_value(row), 0, table->key_offset - ROW_HEAD_BYTES);
    memcpy(row_key(table, row), key.data, key.size);
    put_in_index(partition, row);
    partition->num_rows++;
    partition->num_taken++;
    table->num_rows++;
    return row;
}

static uint64_t *slot_of(const struct row_partition *partition, const struct row *row)
{
    uint64_t wanted = row_slot(row, row->hash);
    uint32_t at = row->hash & partition->mask;
    while (partition->slots[at] != wanted) {
        CHECK(partition->slots[at] != 0);
        at = (at + 1) & partition->mask;
    }
    return &partition->slots[at];
}

size_t row_content(const struct row_table *table, const struct row *row)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < table->num_buffers; i++)
        bytes += ((const struct buffer *)(const void *)(row_value(row) + table->buffer_offsets[i]))->capacity;
    return bytes;
}

void row_reset_value(struct row_table *table, struct row *row)
{
    for (uint32_t i = 0; i < table->num_buffers; i++)
        buffer_free((struct buffer *)(void *)(row_value(row) + table->buffer_offsets[i]));
    if (table->content_offset > 0) {
        table->content_bytes -= *row_content_bytes(table, row);
        *row_content_bytes(table, row) = 0;
    }
    memset(row_value(row), 0, table->value_size);
}

void row_chunk_list_loose(struct row_table *table, struct row_chunk *chunk)
{
    if (chunk->is_loose)
        return;
    chunk->is_loose = true;
    chunk->previous_loose = NULL;
    chunk->next_loose = table->loose;
    if (table->loose != NULL)
        table->loose->previous_loose = chunk;
    table->loose = chunk;
}

void row_chunk_unlist_loose(struct row_table *table, struct row_chunk *chunk)
{
    if (!chunk->is_loose)
        return;
    chunk->is_loose = false;
    if (chunk->next_loose != NULL)
        chunk->next_loose->previous_loose = chunk->previous_loose;
    if (chunk->previous_loose != NULL)
        chunk->previous_loose->next_loose = chunk->next_loose;
    else
        table->loose = chunk->next_loose;
}

void row_table_erase(struct row_table *table, struct row *row)
{
    CHECK((row->flags & ROW_DEAD) == 0);
    struct row_chunk *chunk = row_chunk_of(row);
    struct row_partition *partition = chunk->partition;
    *slot_of(partition, row) = ROW_SLOT_ERASED;
    row_reset_value(table, row);
    if ((row->flags & ROW_DIRTY) != 0)
        chunk->num_dirty--;
    row->flags = ROW_DEAD;
    chunk->dead_bytes += (uint32_t)row_size(table, row->key_size);
    partition->num_rows--;
    table->num_rows--;
    row_chunk_list_loose(table, chunk);
}

static void unlink_chunk(struct row_table *table, struct row_chunk *chunk)
{
    struct row_partition *partition = chunk->partition;
    row_chunk_unlist_loose(table, chunk);
    for (unsigned i = 0; i < 2; i++)
        if (table->hands[i].chunk == chunk)
            table->hands[i].chunk = chunk->next;
    if (chunk->next != NULL)
        chunk->next->previous = chunk->previous;
    if (chunk->previous != NULL)
        chunk->previous->next = chunk->next;
    else
        partition->newest = chunk->next;
    partition->chunk_bytes -= chunk->capacity;
    table->spilled_bytes -= partition->is_spilled ? chunk->capacity : 0;
}

void row_chunk_vacate(struct row_table *table, struct row_chunk *chunk)
{
    struct row_partition *partition = chunk->partition;
    CHECK(!row_chunk_is_pinned(chunk));
    if (partition->open == chunk)
        partition->open = NULL; /* its rows go elsewhere */
    for (uint32_t offset = ROW_CHUNK_HEAD_BYTES; offset < chunk->used;) {
        struct row *row = row_at(chunk, offset);
        size_t bytes = row_size(table, row->key_size);
        offset += (uint32_t)bytes;
        if ((row->flags & ROW_DEAD) != 0)
            continue;
        uint64_t *slot = slot_of(partition, row);
        struct row *moved = take_row(table, partition, bytes);
        uint8_t chunk_bits = moved->chunk_bits;
        memcpy(moved, row, bytes);
        moved->chunk_bits = chunk_bits;
        if ((row->flags & ROW_DIRTY) != 0)
            row_chunk_of(moved)->num_dirty++;
        *slot = row_slot(moved, moved->hash);
    }
    unlink_chunk(table, chunk);
    row_pages_give(&table->pages, chunk, chunk->bits, chunk->capacity);
    shrink_index(table, partition);
}
