#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/base/memory.h"
#include "taskmanager/state/keyed_state_internal.h"
#include "taskmanager/state/state_restore_internal.h"

#include <string.h>

/* Rows on their way into the table of a state that is being opened. */
struct table_load {
    struct keyed_state *state;
    int64_t now_ms;
    uint32_t num_rows; /* since memory was looked at */
};

enum { LOAD_BATCH = 4096 };
/* What rows take in memory, of what they take in files, which may have them more than once. */
enum { FILE_COST_PERCENT = 150, LOG_COST_PERCENT = 75 };

static struct row_partition *partition_for(struct keyed_state *state, uint32_t key_group, int64_t namespace_)
{
    struct row_partition *partition = row_table_partition(state->table, key_group, namespace_);
    if (partition != NULL)
        return partition;
    partition = row_table_make_partition(state->table, key_group, namespace_);
    partition->first_file = state->backend->log.next_number;
    return partition;
}

/* A partition that was spilled while it was loaded may have an older row in the store. */
static void remove_key(struct keyed_state *state, struct row_partition *partition, struct bytes_view key,
                       uint32_t hash)
{
    struct row *row = row_partition_find(state->table, partition, key, hash);
    if (row == NULL && !partition->is_stored)
        return;
    if (row == NULL) {
        row = row_partition_add(state->table, partition, key, hash);
        row->flags = ROW_STORED;
    }
    if ((row->flags & ROW_TOMBSTONE) == 0)
        keyed_state_bury(state, row);
}

static enum status put_row(const struct table_load *load, struct row_partition *partition,
                           struct bytes_view key, uint32_t hash, struct bytes_view value, struct error *error)
{
    struct keyed_state *state = load->state;
    struct row *row = row_partition_find(state->table, partition, key, hash);
    if (row != NULL)
        row_table_erase(state->table, row);
    enum status status = keyed_state_load_row(state, partition, key, hash, value, load->now_ms, &row, error);
    if (status == STATUS_OK && row == NULL && partition->num_rows == 0 && !partition->is_stored)
        row_table_drop_partition(state->table, partition); /* made for a row that is out of time */
    if (status != STATUS_OK || row == NULL)
        return status;
    row->flags = (uint8_t)((row->flags & ~ROW_STORED) | (partition->is_stored ? ROW_STORED : 0));
    if (state->family != NULL)
        row_mark_dirty(row);
    return STATUS_OK;
}

/* Later rows of a key replace earlier ones. */
static enum status load_row(void *context, struct bytes_view stored_key, struct bytes_view value,
                            struct error *error)
{
    struct table_load *load = context;
    struct keyed_state *state = load->state;
    uint32_t key_group;
    int64_t namespace_;
    struct bytes_view key;
    enum status status = row_key_decode(stored_key, &key_group, &namespace_, &key, error);
    if (status != STATUS_OK)
        return status;
    uint32_t hash = (uint32_t)hash_bytes(key.data, key.size);
    struct row_partition *partition = row_table_partition(state->table, key_group, namespace_);
    if (value.data != NULL)
        status = put_row(load, partition_for(state, key_group, namespace_), key, hash, value, error);
    else if (partition != NULL)
        remove_key(state, partition, key, hash);
    if (status == STATUS_OK && state->family != NULL && ++load->num_rows == LOAD_BATCH) {
        load->num_rows = 0;
        status = keyed_state_evict(state, error);
    }
    return status;
}

/* None of its rows is in the table: so many are not, about. */
static void count_stored(struct keyed_state *state)
{
    struct row_table *table = state->table;
    uint64_t num_rows =
        table->num_partitions == 0 ? 0 : rocksdb_family_num_rows(state->family) / table->num_partitions;
    for (struct row_partition *partition = NULL;
         (partition = row_table_next_partition(table, partition)) != NULL;)
        row_partition_count_evicted(table, partition, num_rows < INT32_MAX ? (int32_t)num_rows : INT32_MAX);
}

static enum status decode_own(const struct keyed_state *state, struct bytes_view stored_key,
                              uint32_t *ret_key_group, int64_t *ret_namespace, struct error *error)
{
    const struct keyed_state_backend *backend = state->backend;
    struct bytes_view key;
    enum status status = row_key_decode(stored_key, ret_key_group, ret_namespace, &key, error);
    if (status == STATUS_OK &&
        (*ret_key_group < backend->first_key_group || *ret_key_group >= backend->end_key_group))
        status = error_set(error, STATUS_CORRUPT, "operator %s: state %s has key group %u of another subtask",
                           backend->operator_name, state->name, *ret_key_group);
    return status;
}

/* Finds out which partitions the store has, a seek for each. */
static enum status find_partitions(struct keyed_state *state, struct rocksdb_scan *scan, struct error *error)
{
    enum status status = STATUS_OK;
    while (rocksdb_scan_has_row(scan) && status == STATUS_OK) {
        uint32_t key_group;
        int64_t namespace_;
        status = decode_own(state, rocksdb_scan_key(scan), &key_group, &namespace_, error);
        if (status != STATUS_OK)
            break;
        struct row_partition *partition = row_table_make_partition(state->table, key_group, namespace_);
        partition->is_spilled = partition->is_stored = partition->is_partial = true;
        uint8_t next[ROW_KEY_PREFIX_BYTES];
        row_key_prefix_encode(key_group, namespace_, next);
        if (!row_key_prefix_next(next))
            break;
        rocksdb_scan_seek(scan, (struct bytes_view){next, sizeof next});
    }
    count_stored(state);
    return status;
}

/* The rows are the table's from now on. */
static enum status load_rows(struct table_load *load, struct rocksdb_scan *scan, struct error *error)
{
    struct keyed_state *state = load->state;
    enum status status = rocksdb_family_clear(state->family, error);
    for (; rocksdb_scan_has_row(scan) && status == STATUS_OK; rocksdb_scan_next(scan)) {
        uint32_t key_group;
        int64_t namespace_;
        status = decode_own(state, rocksdb_scan_key(scan), &key_group, &namespace_, error);
        if (status == STATUS_OK)
            status = load_row(load, rocksdb_scan_key(scan), rocksdb_scan_value(scan), error);
    }
    return status;
}

static uint64_t log_bytes(const struct keyed_state_backend *backend)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < backend->num_sources; i++)
        for (size_t k = 0; k < backend->sources[i].handle->num_files; k++)
            if (state_file_is_of_log(backend->sources[i].handle->files[k].name))
                bytes += backend->sources[i].handle->files[k].size_bytes;
    return bytes;
}

/* Whether the table is likely to have room for the store's rows and the log's. It need not be right: what
 * does not fit is spilled. */
static bool fits(const struct keyed_state *state)
{
    const struct keyed_state_backend *backend = state->backend;
    uint64_t of_store = rocksdb_family_file_bytes(state->family) * FILE_COST_PERCENT / 100;
    uint64_t of_log = log_bytes(backend) * LOG_COST_PERCENT / 100;
    return keyed_state_backend_used(backend) + of_store + of_log < backend->memory_limit / 4 * 3;
}

static enum status take_over_store(struct table_load *load, struct error *error)
{
    struct keyed_state *state = load->state;
    struct bytes_view all = {(const uint8_t *)"", 0};
    struct rocksdb_scan *scan = rocksdb_scan_begin(state->family, all, all);
    enum status status = fits(state) ? load_rows(load, scan, error) : find_partitions(state, scan, error);
    if (status == STATUS_OK)
        status = rocksdb_scan_status(scan, error);
    rocksdb_scan_end(scan);
    return status;
}

static enum status load_source(struct table_load *load, const struct state_source *source,
                               struct error *error)
{
    struct keyed_state *state = load->state;
    uint32_t first = state->backend->first_key_group, end = state->backend->end_key_group;
    bool has_log = strcmp(source->handle->backend, "rocksdb") == 0;
    enum status status = STATUS_OK;
    if (!has_log || source->store != NULL)
        status = state_source_visit(source, state->name, first, end, load_row, load, error);
    if (status == STATUS_OK && has_log)
        status = state_source_visit_log(source, state->name, first, end, load_row, load, error);
    return status;
}

/* Of the next state the store gets a family: nobody may be at work on it then. */
static enum status await_writer(struct store_writer *writer, struct error *error)
{
    while (store_writer_await_progress(writer))
        continue;
    return store_writer_status(writer, error);
}

enum status keyed_state_restore_rows(struct keyed_state *state, struct error *error)
{
    const struct keyed_state_backend *backend = state->backend;
    struct table_load load = {state, keyed_state_now_ms(state), 0};
    enum status status = STATUS_OK;
    if (state->family != NULL && rocksdb_family_has_files(state->family))
        status = take_over_store(&load, error);
    for (size_t i = 0; i < backend->num_sources && status == STATUS_OK; i++)
        status = load_source(&load, &backend->sources[i], error);
    return status == STATUS_OK && state->family != NULL ? await_writer(backend->writer, error) : status;
}
