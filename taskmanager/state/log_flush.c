#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/state/keyed_state_internal.h"

#include <stdlib.h>

/* Rows of resident partitions on their way into the log. */
struct log_flush {
    struct keyed_state_backend *backend;
    struct keyed_state *state;
    uint32_t state_index;
    int64_t now_ms; /* keyed_state_now_ms of the state */
    bool is_base;
    struct store_run *run; /* is being filled, or NULL */
    uint64_t num_bytes;    /* of those before */
};

/* The next resident partition with rows. */
static struct row_partition *next_logged(const struct row_table *table, const struct row_partition *partition)
{
    struct row_partition *next = row_table_next_partition(table, partition);
    while (next != NULL && (next->is_spilled || next->num_rows == 0))
        next = row_table_next_partition(table, next);
    return next;
}

static void measure(const struct row_table *table, struct log_extent *extent)
{
    uint64_t num_rows = 0;
    for (const struct row_partition *partition = NULL; (partition = next_logged(table, partition)) != NULL;) {
        num_rows += partition->num_rows;
        for (const struct row_chunk *chunk = partition->newest; chunk != NULL; chunk = chunk->next) {
            extent->num_dirty += chunk->num_dirty;
            extent->bytes += chunk->used;
        }
    }
    extent->num_rows += num_rows;
    if (num_rows > 0) /* of what buffers hold, their part */
        extent->bytes +=
            (uint64_t)((double)table->content_bytes * (double)num_rows / (double)table->num_rows);
}

static enum status submit(struct log_flush *flush, struct error *error)
{
    struct store_run *run = flush->run;
    flush->run = NULL;
    flush->num_bytes += run != NULL ? run->used_bytes : 0;
    return run == NULL ? STATUS_OK : keyed_state_submit(flush->backend, run, error);
}

static enum status add_row(struct log_flush *flush, const struct row *row, struct error *error)
{
    const struct row_table *table = flush->state->table;
    struct row_sizes sizes = row_stored_sizes(table, row);
    if (flush->run != NULL && store_run_is_full(flush->run, sizes.key, sizes.value)) {
        enum status status = submit(flush, error);
        if (status != STATUS_OK)
            return status;
    }
    if (flush->run == NULL)
        flush->run = store_run_create_for_log(flush->backend->log_pool, flush->state_index);
    store_run_add_row(flush->run, table, row, sizes);
    return STATUS_OK;
}

/* A chain that begins has no use for rows that are gone or out of time, nor has the table. */
static bool is_left_out(const struct log_flush *flush, const struct row *row)
{
    return flush->is_base &&
           ((row->flags & ROW_TOMBSTONE) != 0 || keyed_state_is_expired(flush->state, row, flush->now_ms));
}

static enum status flush_row(struct log_flush *flush, struct row_chunk *chunk, struct row *row,
                             struct error *error)
{
    bool is_out = is_left_out(flush, row);
    enum status status = is_out ? STATUS_OK : add_row(flush, row, error);
    if (status != STATUS_OK)
        return status;
    bool is_gone = is_out || (row->flags & ROW_TOMBSTONE) != 0;
    if (is_gone && !row_chunk_is_pinned(chunk)) {
        row_table_erase(flush->state->table, row);
        return STATUS_OK;
    }
    chunk->num_dirty -= (row->flags & ROW_DIRTY) != 0;
    row->flags = (uint8_t)((row->flags & ~(ROW_DIRTY | ROW_STORED)) | (is_gone ? 0 : ROW_STORED));
    return STATUS_OK;
}

static enum status flush_chunk(struct log_flush *flush, struct row_chunk *chunk, struct error *error)
{
    enum status status = STATUS_OK;
    if (!flush->is_base && chunk->num_dirty == 0)
        return STATUS_OK;
    for (uint32_t offset = ROW_CHUNK_HEAD_BYTES; offset < chunk->used && status == STATUS_OK;) {
        struct row *row = row_at(chunk, offset);
        offset += (uint32_t)row_size(flush->state->table, row->key_size);
        bool is_wanted = flush->is_base || (row->flags & ROW_DIRTY) != 0;
        if ((row->flags & ROW_DEAD) == 0 && is_wanted)
            status = flush_row(flush, chunk, row, error);
    }
    return status;
}

static enum status flush_state(struct log_flush *flush, struct error *error)
{
    enum status status = STATUS_OK;
    for (const struct row_partition *partition = NULL;
         (partition = next_logged(flush->state->table, partition)) != NULL;)
        for (struct row_chunk *chunk = partition->newest; chunk != NULL && status == STATUS_OK;
             chunk = chunk->next)
            status = flush_chunk(flush, chunk, error);
    return status == STATUS_OK ? submit(flush, error) : status;
}

static enum status begin_file(struct keyed_state_backend *backend, struct row_log_file *file,
                              struct error *error)
{
    file->num_states = (uint32_t)backend->num_states;
    file->states = mem_calloc(backend->num_states, sizeof *file->states);
    for (size_t i = 0; i < backend->num_states; i++)
        file->states[i] = mem_strdup(backend->states[i]->name);
    return store_writer_begin_log(backend->writer, file, error);
}

static enum status write_file(struct keyed_state_backend *backend, const struct log_extent *extent,
                              struct error *error)
{
    struct row_log_file file = log_plan_next(&backend->log, extent);
    struct log_flush flush = {.backend = backend, .is_base = file.is_base};
    enum status status = begin_file(backend, &file, error);
    for (size_t i = 0; i < backend->num_states && status == STATUS_OK; i++) {
        flush.state = backend->states[i];
        flush.state_index = (uint32_t)i;
        flush.now_ms = keyed_state_now_ms(flush.state);
        status = flush_state(&flush, error);
    }
    store_run_free(flush.run);
    log_plan_written(&backend->log, flush.num_bytes);
    return status == STATUS_OK ? store_writer_end_log(backend->writer, error) : status;
}

static void index_state(const struct keyed_state *state, struct row_log_state *indexed)
{
    const struct row_table *table = state->table;
    indexed->name = state->name;
    indexed->partitions = mem_alloc((table->num_partitions + 1) * sizeof *indexed->partitions);
    for (const struct row_partition *partition = NULL; (partition = next_logged(table, partition)) != NULL;)
        indexed->partitions[indexed->num_partitions++] =
            (struct row_log_partition){partition->key_group, partition->first_file, partition->namespace_};
    qsort(indexed->partitions, indexed->num_partitions, sizeof *indexed->partitions,
          row_log_partition_compare);
}

static void make_index(const struct keyed_state_backend *backend, struct buffer *out)
{
    struct row_log_state *states = mem_calloc(backend->num_states, sizeof *states);
    for (size_t i = 0; i < backend->num_states; i++)
        index_state(backend->states[i], &states[i]);
    struct row_log_index index = {backend->log.files, backend->log.num_files, states,
                                  (uint32_t)backend->num_states};
    row_log_index_encode(&index, out);
    for (size_t i = 0; i < backend->num_states; i++)
        free(states[i].partitions);
    free(states);
}

enum status keyed_state_flush_log(struct keyed_state_backend *backend, struct buffer *index,
                                  struct error *error)
{
    struct log_extent extent = {0};
    for (size_t i = 0; i < backend->num_states; i++)
        measure(backend->states[i]->table, &extent);
    enum status status = STATUS_OK;
    if (extent.num_rows == 0)
        log_plan_forget(&backend->log);
    else if (log_plan_wants_file(&backend->log, &extent))
        status = write_file(backend, &extent, error);
    if (status == STATUS_OK && backend->log.num_files > 0)
        make_index(backend, index);
    return status;
}
