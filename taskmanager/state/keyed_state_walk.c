#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/base/memory.h"
#include "taskmanager/state/keyed_state_internal.h"

#include <stdlib.h>

/*
 * First the rows that the table had when the walk began, which stay where they are until it ends; then those
 * of the store that are not among them. What is loaded or accessed meanwhile lies in newer chunks, which are
 * not pinned, and is given when the scan of the store comes to it. A scan sees the store as it was when it
 * began: once a row that was written meanwhile has left the table, it is taken up anew from where it is.
 */
struct keyed_state_walk {
    struct keyed_state *state;
    struct keyed_state_walk *next, *previous; /* of the state */
    struct row_partition *partition;          /* NULL: there is nothing */
    struct row_walk rows;
    bool is_in_store;
    struct rocksdb_scan *scan;
};

struct keyed_state_walk *keyed_state_walk_begin(struct keyed_state *state, uint32_t key_group,
                                                int64_t namespace_)
{
    struct keyed_state_walk *walk = mem_calloc(1, sizeof *walk);
    walk->state = state;
    walk->partition = row_table_partition(state->table, key_group, namespace_);
    row_table_walk(state->table, key_group, namespace_, &walk->rows);
    walk->next = state->walks;
    if (walk->next != NULL)
        walk->next->previous = walk;
    state->walks = walk;
    return walk;
}

void keyed_state_walk_end(struct keyed_state_walk *walk)
{
    if (walk == NULL)
        return;
    rocksdb_scan_end(walk->scan);
    row_table_walk_end(&walk->rows);
    if (walk->next != NULL)
        walk->next->previous = walk->previous;
    if (walk->previous != NULL)
        walk->previous->next = walk->next;
    else
        walk->state->walks = walk->next;
    free(walk);
}

static void use_row(struct keyed_state_walk *walk, enum keyed_access access, struct row *row, int64_t now_ms)
{
    if (access != KEYED_FIND)
        keyed_state_write_row(walk->state, row, now_ms);
}

/* Rows of the table; 0: there are no more. */
static uint32_t walk_table(struct keyed_state_walk *walk, enum keyed_access access, int64_t now_ms,
                           void **values, uint32_t capacity)
{
    uint32_t kept = 0;
    while (kept == 0) {
        uint32_t count = row_table_walk_next(&walk->rows, values, capacity);
        if (count == 0)
            return 0;
        for (uint32_t i = 0; i < count; i++) {
            struct row *row = row_of_value(values[i]);
            if (keyed_state_is_expired(walk->state, row, now_ms))
                continue;
            use_row(walk, access, row, now_ms);
            values[kept++] = values[i];
        }
    }
    return kept;
}

static void scan_from(struct keyed_state_walk *walk, struct bytes_view begin)
{
    uint8_t end[ROW_KEY_PREFIX_BYTES];
    row_key_prefix_encode(walk->partition->key_group, walk->partition->namespace_, end);
    CHECK(row_key_prefix_next(end));
    struct rocksdb_scan *scan =
        rocksdb_scan_begin(walk->state->family, begin, (struct bytes_view){end, sizeof end});
    rocksdb_scan_end(walk->scan);
    walk->scan = scan;
    walk->partition->is_rewritten = false;
}

static enum status begin_scan(struct keyed_state_walk *walk, struct error *error)
{
    walk->is_in_store = true;
    struct row_partition *partition = walk->partition;
    if (partition == NULL || !partition->is_partial)
        return STATUS_OK;
    enum status status = keyed_state_make_readable(walk->state, partition, error);
    if (status != STATUS_OK)
        return status;
    uint8_t begin[ROW_KEY_PREFIX_BYTES];
    row_key_prefix_encode(partition->key_group, partition->namespace_, begin);
    scan_from(walk, (struct bytes_view){begin, sizeof begin});
    return STATUS_OK;
}

/* The row under the scan, if it is to be given. */
static enum status scanned_row(struct keyed_state_walk *walk, int64_t now_ms, struct row **ret_row,
                               struct error *error)
{
    struct keyed_state *state = walk->state;
    struct bytes_view stored_key = rocksdb_scan_key(walk->scan);
    struct bytes_view key = {stored_key.data + ROW_KEY_PREFIX_BYTES, stored_key.size - ROW_KEY_PREFIX_BYTES};
    uint32_t hash = (uint32_t)hash_bytes(key.data, key.size);
    *ret_row = row_partition_find(state->table, walk->partition, key, hash);
    if (*ret_row == NULL)
        return keyed_state_load_row(state, walk->partition, key, hash, rocksdb_scan_value(walk->scan), now_ms,
                                    ret_row, error);
    if (row_chunk_is_pinned(row_chunk_of(*ret_row)) || ((*ret_row)->flags & ROW_TOMBSTONE) != 0 ||
        keyed_state_is_expired(state, *ret_row, now_ms))
        *ret_row = NULL;
    return STATUS_OK;
}

static enum status walk_store(struct keyed_state_walk *walk, enum keyed_access access, int64_t now_ms,
                              void **values, uint32_t capacity, uint32_t *ret_count, struct error *error)
{
    uint32_t count = 0;
    enum status status = STATUS_OK;
    if (walk->partition->is_rewritten && rocksdb_scan_has_row(walk->scan))
        scan_from(walk, rocksdb_scan_key(walk->scan));
    for (; count < capacity && rocksdb_scan_has_row(walk->scan) && status == STATUS_OK;
         rocksdb_scan_next(walk->scan)) {
        struct row *row = NULL;
        status = scanned_row(walk, now_ms, &row, error);
        if (row == NULL)
            continue;
        use_row(walk, access, row, now_ms);
        values[count++] = row_value(row);
    }
    if (status == STATUS_OK && count == 0)
        status = rocksdb_scan_status(walk->scan, error);
    if (status == STATUS_OK)
        *ret_count = count;
    return status;
}

enum status keyed_state_walk_next(struct keyed_state_walk *walk, enum keyed_access access, void **ret_values,
                                  uint32_t capacity, uint32_t *ret_count, struct error *error)
{
    CHECK(capacity > 0);
    int64_t now_ms = keyed_state_now_ms(walk->state);
    if (!walk->is_in_store) {
        uint32_t count = walk_table(walk, access, now_ms, ret_values, capacity);
        if (count > 0) {
            *ret_count = count;
            return STATUS_OK;
        }
        enum status status = begin_scan(walk, error);
        if (status != STATUS_OK)
            return status;
    }
    if (walk->scan != NULL)
        return walk_store(walk, access, now_ms, ret_values, capacity, ret_count, error);
    *ret_count = 0;
    return STATUS_OK;
}
