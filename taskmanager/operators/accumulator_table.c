#include "taskmanager/operators/accumulator_table.h"

#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 1024, FIRST_ROWS = 512, CHUNK_BYTES = 64 * 1024, PREFETCH_ROWS = 64 };

/* Behind it stand the accumulators, then the key. */
struct row {
    int64_t time;
    size_t heap_bytes; /* of the accumulators' buffers, when last accounted for */
    uint32_t key_size;
};

enum { ROW_HEAD_BYTES = (sizeof(struct row) + 7) / 8 * 8 };

struct slot {
    uint64_t hash; /* of key and time */
    struct row *row;
};

struct chunk {
    struct chunk *next;
    size_t size;
};

enum { CHUNK_HEAD_BYTES = (sizeof(struct chunk) + 7) / 8 * 8 };

/* An open hash table, at most half full; rows lie in chunks. */
struct accumulator_table {
    const struct aggregate_set *set;
    uint32_t state_bytes;
    bool has_buffers;
    struct slot *slots;
    uint32_t num_slots; /* a power of two */
    struct row **rows;
    uint32_t num_rows;
    uint32_t row_capacity;
    struct chunk *chunks; /* the newest first */
    size_t chunk_used;    /* of the newest */
    size_t chunk_bytes;   /* of all */
    size_t heap_bytes;
};

struct accumulator_table *accumulator_table_create(const struct aggregate_set *set)
{
    struct accumulator_table *table = mem_calloc(1, sizeof *table);
    uint32_t num_buffers;
    (void)aggregate_set_buffers(set, &num_buffers);
    table->set = set;
    table->state_bytes = aggregate_set_size(set);
    table->has_buffers = num_buffers > 0;
    table->num_slots = FIRST_SLOTS;
    table->slots = mem_calloc(FIRST_SLOTS, sizeof *table->slots);
    table->row_capacity = FIRST_ROWS;
    table->rows = mem_alloc(FIRST_ROWS * sizeof(struct row *));
    return table;
}

static uint8_t *state_of(const struct row *row)
{
    return (uint8_t *)(uintptr_t)row + ROW_HEAD_BYTES;
}

static struct row *row_of(void *state)
{
    return (struct row *)(void *)((uint8_t *)state - ROW_HEAD_BYTES);
}

static uint8_t *key_of(const struct accumulator_table *table, const struct row *row)
{
    return state_of(row) + table->state_bytes;
}

static void free_chunks(struct accumulator_table *table)
{
    while (table->chunks != NULL) {
        struct chunk *next = table->chunks->next;
        free(table->chunks);
        table->chunks = next;
    }
    table->chunk_used = 0;
    table->chunk_bytes = 0;
}

static void clear_states(struct accumulator_table *table)
{
    if (table->has_buffers)
        for (uint32_t i = 0; i < table->num_rows; i++)
            aggregate_set_clear(table->set, state_of(table->rows[i]));
}

/* Empty slots for as many rows as there were, so that a table that was large once is not swept for ever. */
static void reset_slots(struct accumulator_table *table)
{
    uint32_t wanted = FIRST_SLOTS;
    while (wanted / 2 < table->num_rows)
        wanted *= 2;
    if (table->num_slots / 4 <= wanted) {
        memset(table->slots, 0, table->num_slots * sizeof *table->slots);
        return;
    }
    free(table->slots);
    table->num_slots = wanted;
    table->slots = mem_calloc(wanted, sizeof *table->slots);
}

void accumulator_table_clear(struct accumulator_table *table)
{
    clear_states(table);
    free_chunks(table);
    reset_slots(table);
    table->num_rows = 0;
    table->heap_bytes = 0;
}

void accumulator_table_free(struct accumulator_table *table)
{
    if (table == NULL)
        return;
    clear_states(table);
    free_chunks(table);
    free(table->slots);
    free(table->rows);
    free(table);
}

static void *take(struct accumulator_table *table, size_t size)
{
    if (table->chunks == NULL || table->chunks->size - table->chunk_used < size) {
        size_t bytes = CHUNK_HEAD_BYTES + size > CHUNK_BYTES ? CHUNK_HEAD_BYTES + size : CHUNK_BYTES;
        struct chunk *chunk = mem_alloc(bytes);
        chunk->next = table->chunks;
        chunk->size = bytes;
        table->chunks = chunk;
        table->chunk_used = CHUNK_HEAD_BYTES;
        table->chunk_bytes += bytes;
    }
    void *block = (uint8_t *)table->chunks + table->chunk_used;
    table->chunk_used += size;
    return block;
}

static struct row *add_row(struct accumulator_table *table, struct bytes_view key, int64_t time)
{
    size_t size = ((size_t)ROW_HEAD_BYTES + table->state_bytes + key.size + 7) / 8 * 8;
    struct row *row = take(table, size);
    row->time = time;
    row->heap_bytes = 0;
    row->key_size = (uint32_t)key.size;
    memset(state_of(row), 0, table->state_bytes);
    memcpy(key_of(table, row), key.data, key.size);
    if (table->num_rows == table->row_capacity) {
        table->row_capacity *= 2;
        table->rows = mem_realloc(table->rows, table->row_capacity * sizeof(struct row *));
    }
    table->rows[table->num_rows++] = row;
    return row;
}

static void grow(struct accumulator_table *table)
{
    struct slot *old = table->slots;
    uint32_t old_count = table->num_slots;
    CHECK(old_count <= UINT32_MAX / 2);
    table->num_slots = old_count * 2;
    table->slots = mem_calloc(table->num_slots, sizeof *table->slots);
    for (uint32_t i = 0; i < old_count; i++) {
        if (old[i].row == NULL)
            continue;
        uint32_t at = (uint32_t)old[i].hash & (table->num_slots - 1);
        while (table->slots[at].row != NULL)
            at = (at + 1) & (table->num_slots - 1);
        table->slots[at] = old[i];
    }
    free(old);
}

static inline bool is_row(const struct accumulator_table *table, const struct row *row, struct bytes_view key,
                          int64_t time)
{
    return row->time == time && row->key_size == key.size &&
           memcmp(key_of(table, row), key.data, key.size) == 0;
}

static inline struct row *find_row(struct accumulator_table *table, struct bytes_view key, uint64_t hash,
                                   int64_t time)
{
    uint32_t mask = table->num_slots - 1;
    uint32_t at = (uint32_t)hash & mask;
    for (; table->slots[at].row != NULL; at = (at + 1) & mask)
        if (table->slots[at].hash == hash && is_row(table, table->slots[at].row, key, time))
            return table->slots[at].row;
    struct row *row = add_row(table, key, time);
    table->slots[at] = (struct slot){hash, row};
    if (table->num_rows * 2 > table->num_slots)
        grow(table);
    return row;
}

void accumulator_table_find(struct accumulator_table *table, const struct bytes_view *keys,
                            const uint64_t *hashes, const int64_t *times, const uint32_t *rows,
                            uint32_t count, void **ret_states)
{
    uint64_t mixed[PREFETCH_ROWS];
    int64_t last_time = 0;
    uint64_t last_hash = hash_u64(0);
    for (uint32_t begin = 0; begin < count; begin += PREFETCH_ROWS) {
        uint32_t length = count - begin < PREFETCH_ROWS ? count - begin : PREFETCH_ROWS;
        for (uint32_t i = 0; i < length; i++) {
            uint32_t r = rows != NULL ? rows[begin + i] : begin + i;
            if (times[r] != last_time) {
                last_time = times[r];
                last_hash = hash_u64((uint64_t)last_time);
            }
            mixed[i] = hashes[r] ^ last_hash;
            __builtin_prefetch(&table->slots[(uint32_t)mixed[i] & (table->num_slots - 1)]);
        }
        for (uint32_t i = 0; i < length; i++) {
            uint32_t r = rows != NULL ? rows[begin + i] : begin + i;
            ret_states[begin + i] = state_of(find_row(table, keys[r], mixed[i], times[r]));
        }
    }
}

void accumulator_table_account(struct accumulator_table *table, void *const *states, uint32_t count)
{
    if (!table->has_buffers)
        return;
    for (uint32_t i = 0; i < count; i++) {
        struct row *row = row_of(states[i]);
        size_t bytes = aggregate_set_heap_bytes(table->set, states[i]);
        table->heap_bytes += bytes - row->heap_bytes;
        row->heap_bytes = bytes;
    }
}

size_t accumulator_table_bytes(const struct accumulator_table *table)
{
    return table->chunk_bytes + table->heap_bytes + table->num_slots * sizeof *table->slots +
           table->row_capacity * sizeof *table->rows;
}

uint32_t accumulator_table_count(const struct accumulator_table *table)
{
    return table->num_rows;
}

struct bytes_view accumulator_table_key(const struct accumulator_table *table, uint32_t row)
{
    CHECK(row < table->num_rows);
    return (struct bytes_view){key_of(table, table->rows[row]), table->rows[row]->key_size};
}

int64_t accumulator_table_time(const struct accumulator_table *table, uint32_t row)
{
    CHECK(row < table->num_rows);
    return table->rows[row]->time;
}

void *accumulator_table_state(const struct accumulator_table *table, uint32_t row)
{
    CHECK(row < table->num_rows);
    return state_of(table->rows[row]);
}
