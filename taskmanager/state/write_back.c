#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/state/keyed_state_internal.h"

#include <stdlib.h>
#include <string.h>

/*
 * Runs end where a segment of the key groups does, unless they are small yet: so compactions find files that
 * overlap with others of their segment, and leave the rest alone. Large ones end with a key group if they
 * can, and then overlap with none that was written in the same go.
 */
enum {
    NUM_SEGMENTS = 8,
    SMALL_RUN_PERCENT = 25,
    LARGE_RUN_PERCENT = 75,
    PENDING_RUNS = 1,
    PENDING_LOG_RUNS = 4,
    MAX_DROPPED = 4096,
};

static uint32_t segment_of(const struct row_table *table, const struct row_partition *partition)
{
    return (partition->key_group - table->first_key_group) * NUM_SEGMENTS / table->num_key_groups;
}

/* Asked for each row, and answered at once for those of the same key group. */
static bool ends_before(const struct keyed_state *state, const struct row_partition *partition)
{
    const struct store_run *run = state->run;
    if (run->last_key_group == partition->key_group)
        return false;
    size_t percent = store_run_bytes(run) * 100 / state->backend->run_bytes;
    return percent >= LARGE_RUN_PERCENT ||
           (percent >= SMALL_RUN_PERCENT && run->segment != segment_of(state->table, partition));
}

/* The run that takes a row of the partition next. */
static enum status ensure_run(struct keyed_state *state, const struct row_partition *partition,
                              struct row_sizes sizes, struct error *error)
{
    if (state->run != NULL && state->run->count > 0 &&
        (ends_before(state, partition) || store_run_is_full(state->run, sizes.key, sizes.value))) {
        enum status status = keyed_state_submit_run(state, error);
        if (status != STATUS_OK)
            return status;
    }
    if (state->run == NULL)
        state->run =
            store_run_create(state->backend->run_pool, state->family, segment_of(state->table, partition),
                             ++state->num_runs, &state->runs_done);
    state->run->last_key_group = partition->key_group;
    return STATUS_OK;
}

struct row_sizes row_stored_sizes(const struct row_table *table, const struct row *row)
{
    bool is_removal = (row->flags & ROW_TOMBSTONE) != 0;
    return (struct row_sizes){
        .key = ROW_KEY_PREFIX_BYTES + (size_t)row->key_size,
        .value = is_removal ? 0 : row_value_encoded_size(table, row),
    };
}

void store_run_add_row(struct store_run *run, const struct row_table *table, const struct row *row,
                       struct row_sizes sizes)
{
    bool is_removal = (row->flags & ROW_TOMBSTONE) != 0;
    uint8_t *out =
        is_removal ? store_run_add_removal(run, sizes.key) : store_run_add(run, sizes.key, sizes.value);
    row_key_encode(table, row, out);
    if (!is_removal)
        row_value_encode(table, row, out + sizes.key);
}

enum status keyed_state_write_out(struct keyed_state *state, struct row *row, struct error *error)
{
    struct row_chunk *chunk = row_chunk_of(row);
    CHECK((row->flags & (ROW_DIRTY | ROW_DEAD)) == ROW_DIRTY && chunk->partition->is_spilled);
    struct row_sizes sizes = row_stored_sizes(state->table, row);
    enum status status = ensure_run(state, chunk->partition, sizes, error);
    if (status != STATUS_OK)
        return status;
    store_run_add_row(state->run, state->table, row, sizes);
    row->flags = (uint8_t)((row->flags & ~ROW_DIRTY) | ROW_STORED);
    row->written = state->run->number;
    chunk->num_dirty--;
    chunk->partition->is_stored = true;
    return STATUS_OK;
}

/* A freeze may use the memory that is free, up to where rows would have to go for it: it copies, and the
 * subtask goes on. Else little is under way. */
static size_t max_pending_bytes(const struct keyed_state_backend *backend, const struct store_run *run)
{
    size_t usual =
        run->family != NULL ? PENDING_RUNS * backend->run_bytes : PENDING_LOG_RUNS * run->block_bytes;
    size_t used = keyed_state_backend_used(backend), limit = keyed_state_spill_threshold(backend);
    size_t room = used < limit ? limit - used : 0;
    room += store_writer_pending_bytes(backend->writer);
    return backend->is_freezing && room > usual ? room : usual;
}

enum status keyed_state_submit(struct keyed_state_backend *backend, struct store_run *run,
                               struct error *error)
{
    return store_writer_add_run(backend->writer, run, max_pending_bytes(backend, run), error);
}

enum status keyed_state_submit_run(struct keyed_state *state, struct error *error)
{
    struct store_run *run = state->run;
    state->run = NULL;
    return run == NULL ? STATUS_OK : keyed_state_submit(state->backend, run, error);
}

/* Rows of a dropped partition may be in the run that is being filled: it goes first. */
enum status keyed_state_submit_drops(struct keyed_state *state, struct error *error)
{
    if (state->num_dropped == 0)
        return STATUS_OK;
    enum status status = keyed_state_submit_run(state, error);
    if (status != STATUS_OK)
        return status;
    size_t count = state->num_dropped;
    uint8_t(*bounds)[2][ROW_KEY_PREFIX_BYTES] = mem_alloc(count * sizeof *bounds);
    struct bytes_view *views = mem_alloc(2 * count * sizeof *views);
    for (size_t i = 0; i < count; i++) {
        row_key_prefix_encode(state->dropped[i].key_group, state->dropped[i].namespace_, bounds[i][0]);
        memcpy(bounds[i][1], bounds[i][0], ROW_KEY_PREFIX_BYTES);
        CHECK(row_key_prefix_next(bounds[i][1])); /* key groups are far below the last prefix */
        views[i] = (struct bytes_view){bounds[i][0], ROW_KEY_PREFIX_BYTES};
        views[count + i] = (struct bytes_view){bounds[i][1], ROW_KEY_PREFIX_BYTES};
    }
    status = store_writer_delete_ranges(state->backend->writer, state->family, views, views + count, count,
                                        &state->backend->ranges_added, error);
    free(views);
    free(bounds);
    state->num_dropped = 0;
    return status;
}

static void note_dropped(struct keyed_state *state, const struct row_partition *partition)
{
    if (state->num_dropped == state->dropped_capacity) {
        state->dropped_capacity = state->dropped_capacity == 0 ? 64 : state->dropped_capacity * 2;
        state->dropped = mem_realloc(state->dropped, state->dropped_capacity * sizeof *state->dropped);
    }
    state->dropped[state->num_dropped++] =
        (struct dropped_partition){partition->key_group, partition->namespace_};
}

enum status keyed_state_drop_namespace(struct keyed_state *state, int64_t namespace_, struct error *error)
{
    keyed_state_account_touched(state);
    for (uint32_t group = state->backend->first_key_group; group < state->backend->end_key_group; group++) {
        struct row_partition *partition = row_table_partition(state->table, group, namespace_);
        if (partition == NULL)
            continue;
        if (partition->is_stored)
            note_dropped(state, partition);
        if (state->backend->table_freeze != NULL)
            for (struct row_chunk *chunk = partition->newest; chunk != NULL; chunk = chunk->next)
                table_freeze_before_write(state->backend->table_freeze, chunk);
        row_table_drop_partition(state->table, partition);
    }
    return state->num_dropped < MAX_DROPPED ? STATUS_OK : keyed_state_submit_drops(state, error);
}

static enum status flush_chunk(struct keyed_state *state, struct row_chunk *chunk, struct error *error)
{
    enum status status = STATUS_OK;
    for (uint32_t offset = ROW_CHUNK_HEAD_BYTES;
         offset < chunk->used && chunk->num_dirty > 0 && status == STATUS_OK;) {
        struct row *row = row_at(chunk, offset);
        offset += (uint32_t)row_size(state->table, row->key_size);
        if ((row->flags & ROW_DIRTY) != 0)
            status = keyed_state_write_out(state, row, error);
    }
    return status;
}

static enum status flush_partition(struct keyed_state *state, struct row_partition *partition,
                                   struct error *error)
{
    enum status status = STATUS_OK;
    for (struct row_chunk *chunk = partition->newest; chunk != NULL && status == STATUS_OK;
         chunk = chunk->next)
        status = flush_chunk(state, chunk, error);
    return status;
}

enum status keyed_state_flush(struct keyed_state *state, struct error *error)
{
    enum status status = STATUS_OK;
    for (struct row_partition *partition = NULL;
         status == STATUS_OK && (partition = row_table_next_partition(state->table, partition)) != NULL;)
        if (partition->is_spilled)
            status = flush_partition(state, partition, error);
    if (status == STATUS_OK)
        status = keyed_state_submit_run(state, error);
    return status == STATUS_OK ? keyed_state_submit_drops(state, error) : status;
}
