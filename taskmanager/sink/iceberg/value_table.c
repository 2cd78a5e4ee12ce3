#include "taskmanager/sink/iceberg/value_table.h"

#include "common/base/arena.h"
#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_SLOTS = 64, BLOCK_BYTES = 4096 };

struct entry {
    uint64_t hash;
    struct bytes_view value;
};

/* Open addressing, at most half full: a slot holds number + 1, 0 is free. */
struct value_table {
    struct arena *arena; /* the values */
    uint32_t *slots;
    struct entry *entries;
    uint32_t num_slots;
    uint32_t count;
};

struct value_table *value_table_create(void)
{
    struct value_table *table = mem_calloc(1, sizeof *table);
    table->arena = arena_create(BLOCK_BYTES);
    table->num_slots = FIRST_SLOTS;
    table->slots = mem_calloc(FIRST_SLOTS, sizeof *table->slots);
    table->entries = mem_calloc(FIRST_SLOTS / 2, sizeof *table->entries);
    return table;
}

void value_table_free(struct value_table *table)
{
    if (table == NULL)
        return;
    arena_free(table->arena);
    free(table->slots);
    free(table->entries);
    free(table);
}

void value_table_clear(struct value_table *table)
{
    arena_reset(table->arena);
    memset(table->slots, 0, table->num_slots * sizeof *table->slots);
    table->count = 0;
}

uint32_t value_table_count(const struct value_table *table)
{
    return table->count;
}

static uint32_t free_slot(const struct value_table *table, uint64_t hash)
{
    uint32_t at = (uint32_t)hash & (table->num_slots - 1);
    while (table->slots[at] != 0)
        at = (at + 1) & (table->num_slots - 1);
    return at;
}

static void grow(struct value_table *table)
{
    CHECK(table->num_slots < UINT32_MAX / 2);
    table->num_slots *= 2;
    free(table->slots);
    table->slots = mem_calloc(table->num_slots, sizeof *table->slots);
    table->entries = mem_realloc(table->entries, table->num_slots / 2 * sizeof *table->entries);
    for (uint32_t number = 0; number < table->count; number++)
        table->slots[free_slot(table, table->entries[number].hash)] = number + 1;
}

uint32_t value_table_number(struct value_table *table, const void *data, size_t size)
{
    uint64_t hash = hash_bytes(data, size);
    uint32_t at = (uint32_t)hash & (table->num_slots - 1);
    for (; table->slots[at] != 0; at = (at + 1) & (table->num_slots - 1)) {
        const struct entry *entry = &table->entries[table->slots[at] - 1];
        if (entry->hash == hash && entry->value.size == size &&
            (size == 0 || memcmp(entry->value.data, data, size) == 0))
            return table->slots[at] - 1;
    }
    if ((table->count + 1) * 2 > table->num_slots) {
        grow(table);
        at = free_slot(table, hash);
    }
    uint32_t number = table->count++;
    uint8_t *copy = arena_alloc(table->arena, size + 1);
    if (size > 0)
        memcpy(copy, data, size);
    table->entries[number] = (struct entry){hash, {copy, size}};
    table->slots[at] = number + 1;
    return number;
}

struct bytes_view value_table_value(const struct value_table *table, uint32_t number)
{
    CHECK(number < table->count);
    return table->entries[number].value;
}
