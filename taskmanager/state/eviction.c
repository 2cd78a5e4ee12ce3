#include "common/base/check.h"
#include "taskmanager/state/keyed_state_internal.h"

/*
 * Two hands go round over the chunks of a table, in the order of key groups. The first cleans: rows that were
 * not used since it came by last are written out, the others lose their mark. The second, which follows it,
 * evicts what is clean and still without a mark. Each pass of the second is paid by one of the first, which
 * gets ahead while the table grows from half its limit to the whole: so there is always something clean, the
 * writer has half a round's time, and its runs are narrow in key groups.
 *
 * Both pass over partitions that are resident. The first spills those that it comes upon when memory is
 * short, but only as many that of the rows of all spilled ones at least half stay here, and some more that
 * may be evicted next: so a state that just does not fit stays resident for the most part, and one that is
 * much larger is spilled, and what is here of it is what is used.
 */
enum { CLEAN, EVICT };
enum { FREE_SHARE = 64, SWEEP_STEPS = 64, SPILL_FROM_EIGHTHS = 7, SPILLED_AHEAD_SHARE = 16 };
/* What the cache costs: its blocks come and go in all sizes, and leave holes. */
enum { CACHE_COST_PERCENT = 150 };

static size_t used_bytes(const struct row_table *table)
{
    return row_table_bytes(table) - (table->pages.num_free - table->pages.num_returned) * ROW_PAGE_BYTES;
}

/* Without the tables. */
static size_t other_memory(const struct keyed_state_backend *backend)
{
    size_t bytes = 0;
    for (size_t i = 0; i < backend->num_states; i++)
        if (backend->states[i]->run != NULL)
            bytes += store_run_bytes(backend->states[i]->run);
    if (backend->store != NULL)
        bytes += store_writer_pending_bytes(backend->writer) +
                 rocksdb_store_cache_bytes(backend->store) * CACHE_COST_PERCENT / 100;
    if (backend->table_freeze != NULL)
        bytes += table_freeze_bytes(backend->table_freeze);
    return bytes;
}

size_t keyed_state_backend_memory(const struct keyed_state_backend *backend)
{
    size_t bytes = other_memory(backend) + store_run_pool_free_bytes(backend->run_pool) +
                   store_run_pool_free_bytes(backend->log_pool);
    for (size_t i = 0; i < backend->num_states; i++)
        bytes += row_table_bytes(backend->states[i]->table);
    return bytes;
}

/* What is free in the tables and not returned does not count, nor are free blocks for runs: they are used
 * first.
 */
size_t keyed_state_backend_used(const struct keyed_state_backend *backend)
{
    size_t bytes = other_memory(backend);
    for (size_t i = 0; i < backend->num_states; i++)
        bytes += used_bytes(backend->states[i]->table);
    return bytes;
}

static enum status clean_chunk(struct keyed_state *state, struct row_chunk *chunk, struct error *error)
{
    enum status status = STATUS_OK;
    for (uint32_t offset = ROW_CHUNK_HEAD_BYTES; offset < chunk->used && status == STATUS_OK;) {
        struct row *row = row_at(chunk, offset);
        offset += (uint32_t)row_size(state->table, row->key_size);
        if ((row->flags & (ROW_DIRTY | ROW_REFERENCED)) == ROW_DIRTY)
            status = keyed_state_write_out(state, row, error);
        row->flags &= (uint8_t)~ROW_REFERENCED;
    }
    return status;
}

size_t keyed_state_spill_threshold(const struct keyed_state_backend *backend)
{
    return backend->memory_limit / 8 * SPILL_FROM_EIGHTHS;
}

static bool wants_spill(const struct keyed_state *state)
{
    const struct row_table *table = state->table;
    size_t limit = state->backend->memory_limit;
    if (keyed_state_backend_used(state->backend) < keyed_state_spill_threshold(state->backend) ||
        table->num_rows == 0)
        return false;
    uint64_t evicted_bytes =
        (uint64_t)((double)table->num_evicted * (double)used_bytes(table) / (double)table->num_rows);
    return evicted_bytes + limit / SPILLED_AHEAD_SHARE / state->backend->num_states > table->spilled_bytes;
}

/* False: all are. */
static bool spill_one(struct keyed_state *state)
{
    struct row_table *table = state->table;
    struct row_partition *partition = row_table_next_partition(table, NULL);
    while (partition != NULL && partition->is_spilled)
        partition = row_table_next_partition(table, partition);
    if (partition != NULL)
        row_partition_spill(table, partition);
    return partition != NULL;
}

static void evict_chunk(struct keyed_state *state, struct row_chunk *chunk)
{
    if (row_chunk_is_pinned(chunk) || !chunk->partition->is_spilled)
        return;
    uint32_t done = atomic_load_explicit(&state->runs_done, memory_order_acquire);
    for (uint32_t offset = ROW_CHUNK_HEAD_BYTES; offset < chunk->used;) {
        struct row *row = row_at(chunk, offset);
        offset += (uint32_t)row_size(state->table, row->key_size);
        if ((row->flags & (ROW_DEAD | ROW_DIRTY | ROW_REFERENCED)) != 0 || row->written > done)
            continue;
        CHECK((row->flags & ROW_STORED) != 0);
        chunk->partition->is_rewritten |= row->written != 0;
        if ((row->flags & ROW_TOMBSTONE) == 0) {
            chunk->partition->is_partial = true;
            row_partition_count_evicted(state->table, chunk->partition, 1);
        }
        row_table_erase(state->table, row);
    }
    if (chunk->dead_bytes * 3 > chunk->used - ROW_CHUNK_HEAD_BYTES)
        row_chunk_vacate(state->table, chunk);
}

/* How far the cleaning hand is to be ahead: this state's part of what is above half the limit. */
static uint64_t wanted_lead(const struct keyed_state *state)
{
    size_t half = state->backend->memory_limit / 2, all = keyed_state_backend_used(state->backend);
    if (all <= half)
        return 0;
    return (uint64_t)((double)used_bytes(state->table) * (double)(all - half) / (double)all);
}

static enum status clean_ahead(struct keyed_state *state, struct error *error)
{
    uint64_t lead = wanted_lead(state), most = used_bytes(state->table);
    uint64_t begin = state->swept_to_clean;
    while (state->swept_to_clean < state->swept_to_evict + lead && state->swept_to_clean < begin + most) {
        bool has_wrapped;
        struct row_chunk *chunk = row_hand_next(state->table, &state->table->hands[CLEAN], &has_wrapped);
        if (chunk == NULL)
            break;
        state->swept_to_clean += chunk->capacity;
        if (!chunk->partition->is_spilled && !wants_spill(state))
            continue;
        if (!chunk->partition->is_spilled)
            row_partition_spill(state->table, chunk->partition);
        enum status status = clean_chunk(state, chunk, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* A round brought nothing: the writer has the rows, or they are resident. False: nothing more can be done. */
static enum status wait_for_writer(struct keyed_state *state, bool *ret_goes_on, struct error *error)
{
    enum status status = keyed_state_submit_run(state, error);
    if (status == STATUS_OK)
        *ret_goes_on = store_writer_await_progress(state->backend->writer) || spill_one(state);
    return status;
}

static enum status evict_down_to(struct keyed_state *state, size_t target, struct error *error)
{
    uint64_t idle_bytes = 0;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && keyed_state_backend_used(state->backend) > target) {
        bool has_wrapped, goes_on = true;
        struct row_chunk *chunk = row_hand_next(state->table, &state->table->hands[EVICT], &has_wrapped);
        if (chunk == NULL)
            break;
        size_t before = used_bytes(state->table);
        state->swept_to_evict += chunk->capacity;
        idle_bytes += chunk->capacity;
        evict_chunk(state, chunk);
        if (used_bytes(state->table) < before)
            idle_bytes = 0;
        status = clean_ahead(state, error);
        if (status == STATUS_OK && idle_bytes > 2 * used_bytes(state->table)) {
            idle_bytes = 0;
            status = wait_for_writer(state, &goes_on, error);
        }
        if (!goes_on)
            break;
    }
    return status;
}

/* Half of what is free may be blocks for the runs of the next freeze, the rest free pages of the table; what
 * is above the limit goes back to the system. */
static void trim(struct keyed_state *state)
{
    const struct keyed_state_backend *backend = state->backend;
    size_t used = keyed_state_backend_used(backend);
    size_t room = used < backend->memory_limit ? backend->memory_limit - used : 0;
    store_run_pool_limit(backend->run_pool, room / 2);
    size_t blocks = store_run_pool_free_bytes(backend->run_pool);
    row_pages_trim(&state->table->pages, (room - blocks) / ROW_PAGE_BYTES);
}

static enum status evict_to_store(struct keyed_state *state, struct error *error)
{
    const struct keyed_state_backend *backend = state->backend;
    size_t limit = backend->memory_limit;
    enum status status = clean_ahead(state, error);
    if (status == STATUS_OK && keyed_state_backend_used(backend) > limit &&
        used_bytes(state->table) > limit / FREE_SHARE / backend->num_states)
        status = evict_down_to(state, limit - limit / FREE_SHARE, error);
    trim(state);
    return status;
}

static void remove_expired(struct keyed_state *state, struct row_chunk *chunk, int64_t now_ms)
{
    for (uint32_t offset = ROW_CHUNK_HEAD_BYTES; offset < chunk->used;) {
        struct row *row = row_at(chunk, offset);
        offset += (uint32_t)row_size(state->table, row->key_size);
        if ((row->flags & ROW_DEAD) == 0 && keyed_state_is_expired(state, row, now_ms))
            keyed_state_bury(state, row);
    }
}

/* Without a store, rows that are out of time are looked for: a round of the table in half a time to live. */
static void sweep_expired(struct keyed_state *state)
{
    if (state->ttl_ms == 0)
        return;
    int64_t now_ms = keyed_state_now_ms(state);
    size_t num_chunks = row_table_bytes(state->table) / ROW_PAGE_BYTES + 1;
    for (int step = 0; step < SWEEP_STEPS && now_ms >= state->next_sweep_ms; step++) {
        bool has_wrapped;
        struct row_chunk *chunk = row_hand_next(state->table, &state->table->hands[EVICT], &has_wrapped);
        int64_t pause_ms = state->ttl_ms / 2 / (int64_t)num_chunks;
        state->next_sweep_ms += pause_ms;
        if (state->next_sweep_ms < now_ms - state->ttl_ms)
            state->next_sweep_ms = now_ms;
        if (chunk == NULL)
            break;
        remove_expired(state, chunk, now_ms);
    }
}

enum status keyed_state_evict(struct keyed_state *state, struct error *error)
{
    row_table_settle(state->table);
    if (state->family != NULL)
        return evict_to_store(state, error);
    sweep_expired(state);
    struct keyed_state_backend *backend = state->backend;
    if (backend->table_freeze != NULL && table_freeze_is_over(backend->table_freeze))
        keyed_state_backend_end_freeze(backend);
    size_t used = keyed_state_backend_used(backend);
    if (used <= backend->memory_limit)
        return STATUS_OK;
    enum status status = error_set(
        error, STATUS_EXHAUSTED,
        "operator %s keeps %zu MiB of state and has %zu MiB for it: use 'state.backend.type' = 'rocksdb', or "
        "raise 'taskmanager.memory.managed.size'",
        backend->operator_name, used >> 20, backend->memory_limit >> 20);
    error->fatal = true;
    return status;
}
