#include "taskmanager/state/keyed_state.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/columnar/row_packer.h"
#include "taskmanager/state/keyed_state_internal.h"

#include <stdlib.h>
#include <string.h>

enum { PROBE_ROWS = 32, LOOKUP_ROWS = 256 };

/* One call of keyed_state_access. */
struct access {
    struct keyed_state *state;
    enum keyed_access kind;
    struct row_keys keys;
    void **values;
    int64_t now_ms;
};

static void ensure_scratch(struct keyed_state *state, uint32_t count)
{
    if (count <= state->scratch_capacity)
        return;
    state->key_groups = mem_realloc(state->key_groups, count * sizeof *state->key_groups);
    state->missing = mem_realloc(state->missing, count * sizeof *state->missing);
    state->scratch_capacity = count;
}

static void note_touched(struct keyed_state *state, struct row *row)
{
    if (state->num_touched == state->touched_capacity) {
        state->touched_capacity = state->touched_capacity == 0 ? 256 : state->touched_capacity * 2;
        state->touched = mem_realloc(state->touched, state->touched_capacity * sizeof(void *));
    }
    state->touched[state->num_touched++] = row_value(row);
}

void keyed_state_account_touched(struct keyed_state *state)
{
    row_table_account(state->table, state->touched, (uint32_t)state->num_touched);
    state->num_touched = 0;
}

void keyed_state_write_row(struct keyed_state *state, struct row *row, int64_t now_ms)
{
    if (state->family != NULL)
        row_mark_dirty(row);
    else if (state->backend->table_freeze != NULL)
        table_freeze_before_write(state->backend->table_freeze, row_chunk_of(row));
    if (state->ttl_ms != 0)
        *row_stamp(state->table, row) = now_ms;
    if (state->table->num_buffers > 0)
        note_touched(state, row);
}

static inline void *use_row(const struct access *access, struct row *row)
{
    if (access->state->family != NULL)
        row->flags |= ROW_REFERENCED;
    if (access->kind != KEYED_FIND)
        keyed_state_write_row(access->state, row, access->now_ms);
    return row_value(row);
}

/* A row that counts as absent, for the key to come back. */
static void *revive(const struct access *access, struct row *row)
{
    if (access->kind != KEYED_CREATE)
        return NULL;
    keyed_state_write_row(access->state, row, access->now_ms);
    row_reset_value(access->state->table, row);
    row->flags &= (uint8_t)~ROW_TOMBSTONE;
    return row_value(row);
}

enum status keyed_state_make_partition(struct keyed_state *state, uint32_t key_group, int64_t namespace_,
                                       struct row_partition **ret_partition, struct error *error)
{
    bool was_dropped = false;
    for (size_t i = 0; i < state->num_dropped && !was_dropped; i++)
        was_dropped = state->dropped[i].namespace_ == namespace_;
    enum status status = was_dropped ? keyed_state_submit_drops(state, error) : STATUS_OK;
    if (status != STATUS_OK)
        return status;
    *ret_partition = row_table_make_partition(state->table, key_group, namespace_);
    (*ret_partition)->readable_after = state->backend->ranges_added;
    (*ret_partition)->first_file = state->backend->log.next_number;
    return STATUS_OK;
}

static int64_t namespace_at(const struct access *access, uint32_t at)
{
    return access->keys.namespaces != NULL ? access->keys.namespaces[at] : 0;
}

static enum status create_row(const struct access *access, uint32_t at, struct row_partition *partition,
                              struct error *error)
{
    struct keyed_state *state = access->state;
    uint32_t hash = (uint32_t)access->keys.hashes[at], key_group = access->keys.key_groups[at];
    if (partition == NULL)
        partition = row_table_partition(state->table, key_group, namespace_at(access, at));
    enum status status = STATUS_OK;
    if (partition == NULL)
        status = keyed_state_make_partition(state, key_group, namespace_at(access, at), &partition, error);
    if (status != STATUS_OK)
        return status;
    struct row *row = row_partition_find(state->table, partition, access->keys.keys[at], hash);
    if (row != NULL) { /* made by an equal key before it */
        access->values[at] = use_row(access, row);
        return STATUS_OK;
    }
    row = row_partition_add(state->table, partition, access->keys.keys[at], hash);
    keyed_state_write_row(state, row, access->now_ms);
    access->values[at] = row_value(row);
    return STATUS_OK;
}

/* Rows that the table can answer for are used; what only the store knows is noted as missing. */
static enum status probe(const struct access *access, uint32_t begin, uint32_t count, struct error *error)
{
    struct keyed_state *state = access->state;
    struct row_partition *partitions[PROBE_ROWS];
    struct row *rows[PROBE_ROWS];
    row_table_probe(state->table, &access->keys, begin, count, partitions, rows);
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++) {
        struct row *row = rows[i];
        access->values[begin + i] = NULL;
        if (row != NULL)
            access->values[begin + i] =
                (row->flags & ROW_TOMBSTONE) != 0 || keyed_state_is_expired(state, row, access->now_ms)
                    ? revive(access, row)
                    : use_row(access, row);
        else if (partitions[i] != NULL && partitions[i]->is_partial)
            state->missing[state->num_missing++] = begin + i;
        else if (access->kind == KEYED_CREATE)
            status = create_row(access, begin + i, partitions[i], error);
    }
    return status;
}

enum status keyed_state_make_readable(struct keyed_state *state, struct row_partition *partition,
                                      struct error *error)
{
    struct keyed_state_backend *backend = state->backend;
    if (partition->readable_after <= backend->ranges_done)
        return STATUS_OK;
    enum status status = store_writer_await_ranges(backend->writer, partition->readable_after, error);
    if (status == STATUS_OK)
        backend->ranges_done = partition->readable_after;
    return status;
}

enum status keyed_state_load_row(struct keyed_state *state, struct row_partition *partition,
                                 struct bytes_view key, uint32_t hash, struct bytes_view stored,
                                 int64_t now_ms, struct row **ret_row, struct error *error)
{
    *ret_row = NULL;
    int64_t stamp_ms = row_value_stamp(stored);
    if (state->ttl_ms != 0 && stamp_ms != INT64_MAX && now_ms - stamp_ms >= state->ttl_ms)
        return STATUS_OK;
    struct row *row = row_partition_add(state->table, partition, key, hash);
    row->flags = ROW_STORED;
    enum status status = row_value_decode(state->table, row, stored, now_ms, error);
    if (status != STATUS_OK) {
        row_table_erase(state->table, row);
        return error_prefix(error, "operator %s, state %s in %s", state->backend->operator_name, state->name,
                            state->backend->local_folder);
    }
    if (state->ttl_ms != 0 && stamp_ms == INT64_MAX && state->family != NULL)
        row_mark_dirty(row); /* from before it had a time to live, which begins now */
    row_partition_count_evicted(state->table, partition, -1);
    *ret_row = row;
    return STATUS_OK;
}

/* What the store said of a key. An equal key may have brought its row since. */
static enum status take_stored(const struct access *access, uint32_t at, struct bytes_view stored,
                               struct error *error)
{
    struct keyed_state *state = access->state;
    uint32_t hash = (uint32_t)access->keys.hashes[at];
    struct bytes_view key = access->keys.keys[at];
    struct row_partition *partition =
        row_table_partition(state->table, access->keys.key_groups[at], namespace_at(access, at));
    struct row *row = row_partition_find(state->table, partition, key, hash);
    if (row != NULL) {
        access->values[at] = (row->flags & ROW_TOMBSTONE) != 0 ? revive(access, row) : use_row(access, row);
        return STATUS_OK;
    }
    if (stored.data != NULL) {
        enum status status =
            keyed_state_load_row(state, partition, key, hash, stored, access->now_ms, &row, error);
        if (status != STATUS_OK)
            return status;
        if (row == NULL) /* it was out of time, and does not come back */
            row_partition_count_evicted(state->table, partition, -1);
    }
    if (row == NULL && access->kind == KEYED_CREATE) {
        row = row_partition_add(state->table, partition, key, hash);
        row->flags = stored.data != NULL ? ROW_STORED : 0;
    }
    if (row == NULL)
        return STATUS_OK;
    if (access->kind != KEYED_FIND)
        keyed_state_write_row(state, row, access->now_ms);
    access->values[at] = row_value(row);
    return STATUS_OK;
}

/* Keys of the store for some that are missing, in state->store_keys. */
static enum status make_store_keys(const struct access *access, const uint32_t *missing, uint32_t count,
                                   struct error *error)
{
    struct keyed_state *state = access->state;
    size_t total = 0;
    for (uint32_t i = 0; i < count; i++)
        total += ROW_KEY_PREFIX_BYTES + access->keys.keys[missing[i]].size;
    buffer_clear(&state->store_key_bytes);
    buffer_reserve(&state->store_key_bytes, total);
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++) {
        uint32_t at = missing[i];
        struct bytes_view key = access->keys.keys[at];
        uint8_t prefix[ROW_KEY_PREFIX_BYTES];
        row_key_prefix_encode(access->keys.key_groups[at], namespace_at(access, at), prefix);
        state->store_keys[i].data = state->store_key_bytes.data + state->store_key_bytes.size;
        state->store_keys[i].size = sizeof prefix + key.size;
        buffer_append(&state->store_key_bytes, prefix, sizeof prefix);
        buffer_append(&state->store_key_bytes, key.data, key.size);
        status = keyed_state_make_readable(
            state, row_table_partition(state->table, access->keys.key_groups[at], namespace_at(access, at)),
            error);
    }
    return status;
}

static enum status fetch_missing(const struct access *access, struct error *error)
{
    struct keyed_state *state = access->state;
    if (state->store_keys == NULL)
        state->store_keys = mem_alloc(LOOKUP_ROWS * sizeof *state->store_keys);
    enum status status = STATUS_OK;
    for (uint32_t begin = 0; begin < state->num_missing && status == STATUS_OK; begin += LOOKUP_ROWS) {
        const uint32_t *missing = state->missing + begin;
        uint32_t count = state->num_missing - begin < LOOKUP_ROWS ? state->num_missing - begin : LOOKUP_ROWS;
        status = make_store_keys(access, missing, count, error);
        if (status == STATUS_OK)
            status = rocksdb_lookup_get(state->lookup, state->family, state->store_keys, count, error);
        for (uint32_t i = 0; i < count && status == STATUS_OK; i++)
            status = take_stored(access, missing[i], rocksdb_lookup_value(state->lookup, i), error);
        rocksdb_lookup_clear(state->lookup);
    }
    return status;
}

enum status keyed_state_access(struct keyed_state *state, enum keyed_access kind,
                               const struct bytes_view *keys, const uint64_t *hashes,
                               const int64_t *namespaces, uint32_t count, void **ret_values,
                               struct error *error)
{
    ensure_scratch(state, count);
    for (uint32_t i = 0; i < count; i++)
        state->key_groups[i] = row_key_group(keys[i], state->backend->max_parallelism);
    struct access access = {
        .state = state,
        .kind = kind,
        .keys = {keys, hashes, namespaces, state->key_groups, count},
        .values = ret_values,
        .now_ms = keyed_state_now_ms(state),
    };
    state->num_missing = 0;
    enum status status = STATUS_OK;
    for (uint32_t begin = 0; begin < count && status == STATUS_OK; begin += PROBE_ROWS)
        status = probe(&access, begin, count - begin < PROBE_ROWS ? count - begin : PROBE_ROWS, error);
    if (status == STATUS_OK && state->num_missing > 0)
        status = fetch_missing(&access, error);
    return status;
}

void keyed_state_bury(struct keyed_state *state, struct row *row)
{
    if (state->family == NULL && state->backend->table_freeze != NULL)
        table_freeze_before_write(state->backend->table_freeze, row_chunk_of(row));
    if ((row->flags & ROW_STORED) == 0) {
        row_table_erase(state->table, row);
        return;
    }
    row_reset_value(state->table, row);
    row_mark_dirty(row);
    row->flags |= ROW_TOMBSTONE;
}

void keyed_state_remove(struct keyed_state *state, void *value)
{
    struct row *row = row_of_value(value);
    CHECK((row->flags & (ROW_DEAD | ROW_TOMBSTONE)) == 0);
    keyed_state_bury(state, row);
}

struct bytes_view keyed_state_key(const struct keyed_state *state, const void *value)
{
    return row_table_key(state->table, value);
}

int64_t keyed_state_namespace(const struct keyed_state *state, const void *value)
{
    return row_table_namespace(state->table, value);
}

enum status keyed_state_end_batch(struct keyed_state *state, struct error *error)
{
    keyed_state_account_touched(state);
    return keyed_state_evict(state, error);
}

bool keyed_state_next_namespace(const struct keyed_state *state, int64_t from, int64_t *ret_namespace)
{
    return row_table_next_namespace(state->table, from, ret_namespace);
}

uint32_t keyed_state_first_key_group(const struct keyed_state *state)
{
    return state->backend->first_key_group;
}

uint32_t keyed_state_end_key_group(const struct keyed_state *state)
{
    return state->backend->end_key_group;
}
