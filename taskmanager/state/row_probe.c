#include "common/base/check.h"
#include "taskmanager/state/row_table_internal.h"

#include <string.h>

/* Rows are looked up in groups, each step for all of a group before the next: what a step reads was asked of
 * the memory by the step before. */
enum { PROBE_GROUP = 32, CACHE_LINE_BYTES = 64 };

/* The partition of the access before, which is often that of the next one too. */
static inline struct row_partition *partition_of(const struct row_table *table, uint32_t key_group,
                                                 int64_t namespace_, struct row_partition *last)
{
    if (last != NULL && last->namespace_ == namespace_ && last->key_group == key_group)
        return last;
    return row_table_partition(table, key_group, namespace_);
}

static void find_partitions(const struct row_table *table, const struct row_keys *keys, uint32_t begin,
                            uint32_t count, struct row_partition **partitions)
{
    struct row_partition *last = NULL;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t key_group = keys->key_groups != NULL ? keys->key_groups[begin + i] : table->first_key_group;
        int64_t namespace_ = keys->namespaces != NULL ? keys->namespaces[begin + i] : 0;
        last = partition_of(table, key_group, namespace_, last);
        partitions[i] = last;
        if (last != NULL && last->slots != NULL)
            __builtin_prefetch(&last->slots[(uint32_t)keys->hashes[begin + i] & last->mask]);
    }
}

/* The first row whose upper hash bits are right: most often the one. */
static inline struct row *first_candidate(const struct row_partition *partition, uint32_t hash)
{
    if (partition == NULL || partition->slots == NULL)
        return NULL;
    for (uint32_t at = hash & partition->mask;; at = (at + 1) & partition->mask) {
        uint64_t slot = partition->slots[at];
        if (slot == 0)
            return NULL;
        if (slot >> 48 == hash >> 16 && slot != ROW_SLOT_ERASED)
            return (struct row *)(uintptr_t)(slot & ROW_SLOT_ADDRESS); /* NOLINT */
    }
}

static void find_candidates(const struct row_table *table, const struct row_keys *keys, uint32_t begin,
                            uint32_t count, struct row_partition *const *partitions, struct row **rows)
{
    for (uint32_t i = 0; i < count; i++) {
        rows[i] = first_candidate(partitions[i], (uint32_t)keys->hashes[begin + i]);
        if (rows[i] == NULL)
            continue;
        __builtin_prefetch(rows[i], 1);
        __builtin_prefetch((const uint8_t *)rows[i] + CACHE_LINE_BYTES, 1);
        if (table->key_offset >= 2 * CACHE_LINE_BYTES)
            __builtin_prefetch(row_key(table, rows[i]));
    }
}

static inline bool is_equal(const uint8_t *a, const uint8_t *b, size_t size)
{
    for (; size >= 8; a += 8, b += 8, size -= 8) {
        uint64_t x, y;
        memcpy(&x, a, 8);
        memcpy(&y, b, 8);
        if (x != y)
            return false;
    }
    while (size > 0 && *a == *b) {
        a++;
        b++;
        size--;
    }
    return size == 0;
}

void row_table_probe(const struct row_table *table, const struct row_keys *keys, uint32_t begin,
                     uint32_t count, struct row_partition **ret_partitions, struct row **ret_rows)
{
    find_partitions(table, keys, begin, count, ret_partitions);
    find_candidates(table, keys, begin, count, ret_partitions, ret_rows);
    for (uint32_t i = 0; i < count; i++) {
        struct row *row = ret_rows[i];
        if (row == NULL)
            continue;
        struct bytes_view key = keys->keys[begin + i];
        uint32_t hash = (uint32_t)keys->hashes[begin + i];
        if (row->hash != hash || row->key_size != key.size ||
            !is_equal(row_key(table, row), key.data, key.size))
            ret_rows[i] = row_partition_find(table, ret_partitions[i], key, hash);
    }
}

void row_table_find(struct row_table *table, const struct row_keys *keys, void **ret_values)
{
    struct row_partition *partitions[PROBE_GROUP];
    struct row *rows[PROBE_GROUP];
    for (uint32_t begin = 0; begin < keys->count; begin += PROBE_GROUP) {
        uint32_t count = keys->count - begin < PROBE_GROUP ? keys->count - begin : PROBE_GROUP;
        row_table_probe(table, keys, begin, count, partitions, rows);
        for (uint32_t i = 0; i < count; i++)
            ret_values[begin + i] = rows[i] != NULL ? row_value(rows[i]) : NULL;
    }
}

/* The group's rows that were not there when it was looked up; an equal key may have made one since. */
static struct row *make_row(struct row_table *table, const struct row_keys *keys, uint32_t at,
                            struct row_partition *partition)
{
    uint32_t key_group = keys->key_groups != NULL ? keys->key_groups[at] : table->first_key_group;
    int64_t namespace_ = keys->namespaces != NULL ? keys->namespaces[at] : 0;
    uint32_t hash = (uint32_t)keys->hashes[at];
    if (partition == NULL)
        partition = row_table_partition(table, key_group, namespace_);
    if (partition == NULL)
        partition = row_table_make_partition(table, key_group, namespace_);
    struct row *row = row_partition_find(table, partition, keys->keys[at], hash);
    return row != NULL ? row : row_partition_add(table, partition, keys->keys[at], hash);
}

void row_table_find_or_create(struct row_table *table, const struct row_keys *keys, void **ret_values)
{
    struct row_partition *partitions[PROBE_GROUP];
    struct row *rows[PROBE_GROUP];
    for (uint32_t begin = 0; begin < keys->count; begin += PROBE_GROUP) {
        uint32_t count = keys->count - begin < PROBE_GROUP ? keys->count - begin : PROBE_GROUP;
        row_table_probe(table, keys, begin, count, partitions, rows);
        for (uint32_t i = 0; i < count; i++) {
            struct row *row = rows[i] != NULL ? rows[i] : make_row(table, keys, begin + i, partitions[i]);
            ret_values[begin + i] = row_value(row);
        }
    }
}

struct bytes_view row_table_key(const struct row_table *table, const void *value)
{
    const struct row *row = row_of_value(value);
    return (struct bytes_view){row_key(table, row), row->key_size};
}

int64_t row_table_namespace(const struct row_table *table, const void *value)
{
    (void)table;
    return row_chunk_of(row_of_value(value))->partition->namespace_;
}

uint32_t row_table_key_group(const struct row_table *table, const void *value)
{
    (void)table;
    return row_chunk_of(row_of_value(value))->partition->key_group;
}

void row_table_remove(struct row_table *table, void *value)
{
    row_table_erase(table, row_of_value(value));
}

void row_table_account(struct row_table *table, void *const *values, uint32_t count)
{
    if (table->num_buffers == 0)
        return;
    for (uint32_t i = 0; i < count; i++) {
        const struct row *row = row_of_value(values[i]);
        uint64_t *known = row_content_bytes(table, row);
        size_t now = row_content(table, row);
        table->content_bytes += now - *known;
        *known = now;
    }
}
