#include "taskmanager/operators/window_session.h"

#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/base/memory.h"

#include <stdlib.h>

enum { CHUNK_ROWS = 256 };

static void due_sessions_add(struct due_sessions *due, struct bytes_view key, const struct session *session)
{
    if (due->count == due->capacity) {
        due->capacity = due->capacity == 0 ? CHUNK_ROWS : due->capacity * 2;
        due->items = mem_realloc(due->items, due->capacity * sizeof *due->items);
    }
    due->items[due->count++] = (struct due_session){due->keys.size, (uint32_t)key.size, *session};
    buffer_append(&due->keys, key.data, key.size);
}

static void due_sessions_clear(struct due_sessions *due)
{
    due->count = 0;
    due->next = 0;
    due->offset = 0;
    buffer_clear(&due->keys);
}

void session_firing_free(struct session_firing *firing)
{
    if (firing->walk != NULL)
        keyed_state_walk_end(firing->walk);
    firing->walk = NULL;
    free(firing->due.items);
    buffer_free(&firing->due.keys);
}

/* Timers that came up, and those that take their place. */
struct timer_chunk {
    uint32_t count;
    void *values[CHUNK_ROWS];
    struct bytes_view keys[CHUNK_ROWS];
    uint64_t hashes[CHUNK_ROWS];
    bool is_kept[CHUNK_ROWS]; /* a session of it is still to come in the bucket */
    uint32_t num_new, new_capacity;
    struct bytes_view *new_keys;
    uint64_t *new_hashes;
    int64_t *new_buckets;
};

static void timer_chunk_free(struct timer_chunk *chunk)
{
    free(chunk->new_keys);
    free(chunk->new_hashes);
    free(chunk->new_buckets);
}

static void set_again(struct timer_chunk *chunk, uint32_t index, int64_t bucket)
{
    if (chunk->num_new == chunk->new_capacity) {
        chunk->new_capacity = chunk->new_capacity == 0 ? CHUNK_ROWS : chunk->new_capacity * 2;
        chunk->new_keys = mem_realloc(chunk->new_keys, chunk->new_capacity * sizeof *chunk->new_keys);
        chunk->new_hashes = mem_realloc(chunk->new_hashes, chunk->new_capacity * sizeof *chunk->new_hashes);
        chunk->new_buckets =
            mem_realloc(chunk->new_buckets, chunk->new_capacity * sizeof *chunk->new_buckets);
    }
    chunk->new_keys[chunk->num_new] = chunk->keys[index];
    chunk->new_hashes[chunk->num_new] = chunk->hashes[index];
    chunk->new_buckets[chunk->num_new++] = bucket;
}

/* Takes the due sessions out of the list of a timer's key. */
static void take_due(struct session_windows *windows, struct session_list *list, struct timer_chunk *chunk,
                     uint32_t index)
{
    struct session_firing *firing = &windows->firing;
    for (uint64_t i = 0; i < list->count;) {
        const struct session *session = session_list_at(list, i);
        int64_t trigger_us = session_windows_trigger_us(windows, session->end);
        if (trigger_us <= firing->until_us) {
            due_sessions_add(&firing->due, chunk->keys[index], session);
            session_list_remove(list, i);
            continue;
        }
        int64_t bucket = session_windows_bucket(windows, trigger_us);
        if (trigger_us < firing->next_due_us)
            firing->next_due_us = trigger_us;
        if (bucket > firing->bucket)
            set_again(chunk, index, bucket);
        else
            chunk->is_kept[index] = true;
        i++;
    }
}

static enum status take_due_of_chunk(struct session_windows *windows, struct timer_chunk *chunk,
                                     struct error *error)
{
    void *lists[CHUNK_ROWS];
    for (uint32_t i = 0; i < chunk->count; i++) {
        chunk->keys[i] = keyed_state_key(windows->timers, chunk->values[i]);
        chunk->hashes[i] = hash_bytes(chunk->keys[i].data, chunk->keys[i].size);
        chunk->is_kept[i] = false;
    }
    enum status status = keyed_state_access(windows->sessions, KEYED_UPDATE, chunk->keys, chunk->hashes, NULL,
                                            chunk->count, lists, error);
    if (status != STATUS_OK)
        return status;
    for (uint32_t i = 0; i < chunk->count; i++) {
        struct session_list *list = lists[i];
        if (list == NULL)
            continue; /* its sessions fired by another timer */
        if (!session_list_is_valid(list))
            return error_set(error, STATUS_CORRUPT, "the sessions of a key in state do not hold together");
        take_due(windows, list, chunk, i);
        if (list->count == 0)
            keyed_state_remove(windows->sessions, list);
    }
    return keyed_state_end_batch(windows->sessions, error);
}

static enum status move_timers(struct session_windows *windows, struct timer_chunk *chunk,
                               struct error *error)
{
    enum status status = STATUS_OK;
    for (uint32_t begin = 0; begin < chunk->num_new && status == STATUS_OK; begin += CHUNK_ROWS) {
        void *values[CHUNK_ROWS];
        uint32_t left = chunk->num_new - begin;
        status = keyed_state_access(windows->timers, KEYED_CREATE, chunk->new_keys + begin,
                                    chunk->new_hashes + begin, chunk->new_buckets + begin,
                                    left < CHUNK_ROWS ? left : CHUNK_ROWS, values, error);
    }
    if (status != STATUS_OK)
        return status;
    for (uint32_t i = 0; i < chunk->count; i++) {
        if (chunk->is_kept[i])
            windows->firing.keeps_timers = true;
        else
            keyed_state_remove(windows->timers, chunk->values[i]);
    }
    return keyed_state_end_batch(windows->timers, error);
}

/* Goes through the next timers of the bucket. */
static enum status visit_timers(struct session_windows *windows, struct error *error)
{
    struct session_firing *firing = &windows->firing;
    struct timer_chunk chunk = {.count = 0};
    if (firing->walk == NULL)
        firing->walk = keyed_state_walk_begin(windows->timers, firing->key_group, firing->bucket);
    enum status status =
        keyed_state_walk_next(firing->walk, KEYED_UPDATE, chunk.values, CHUNK_ROWS, &chunk.count, error);
    if (status == STATUS_OK && chunk.count == 0) {
        keyed_state_walk_end(firing->walk);
        firing->walk = NULL;
        firing->key_group++;
        return STATUS_OK;
    }
    if (status == STATUS_OK)
        status = take_due_of_chunk(windows, &chunk, error);
    if (status == STATUS_OK)
        status = move_timers(windows, &chunk, error);
    timer_chunk_free(&chunk);
    return status;
}

/* Takes rows of the next due sessions. */
static enum status collect_rows(struct session_windows *windows, struct error *error)
{
    struct due_sessions *due = &windows->firing.due;
    struct bytes_view keys[CHUNK_ROWS] = {0};
    uint64_t hashes[CHUNK_ROWS] = {0};
    int64_t ids[CHUNK_ROWS] = {0};
    void *states[CHUNK_ROWS];
    uint32_t count = due->count - due->next < CHUNK_ROWS ? due->count - due->next : CHUNK_ROWS;
    for (uint32_t i = 0; i < count; i++) {
        const struct due_session *item = &due->items[due->next + i];
        keys[i] = (struct bytes_view){due->keys.data + item->key_offset, item->key_size};
        hashes[i] = hash_bytes(keys[i].data, keys[i].size);
        ids[i] = item->session.id;
    }
    enum status status =
        keyed_state_access(windows->contents, KEYED_UPDATE, keys, hashes, ids, count, states, error);
    for (uint32_t i = 0; i < count && status == STATUS_OK && !window_rows_is_full(&windows->rows); i++) {
        if (states[i] == NULL)
            return error_set(error, STATUS_CORRUPT, "a session in state has no content");
        if (!windows->content->collect(windows, &due->items[due->next], states[i]))
            return STATUS_OK;
        CHECK(windows->num_finished < BATCH_MAX_ROWS); /* none is without rows */
        windows->finished[windows->num_finished++] = states[i];
        due->next++;
        due->offset = 0;
    }
    if (due->next == due->count)
        due_sessions_clear(due);
    return status;
}

static enum operator_result emit_rows(struct session_windows *windows, struct error *error)
{
    struct record_batch *batch = NULL;
    if (windows->rows.count == 0)
        return OPERATOR_DONE;
    if (windows->content->make_batch(windows, &batch, error) != STATUS_OK)
        return OPERATOR_FAILED;
    for (uint32_t i = 0; i < windows->num_finished; i++)
        keyed_state_remove(windows->contents, windows->finished[i]);
    windows->num_finished = 0;
    if (keyed_state_end_batch(windows->contents, error) != STATUS_OK) {
        record_batch_free(batch);
        return OPERATOR_FAILED;
    }
    return operator_output_emit(windows->base.context->outputs[0], batch, error);
}

/* Moves on to the next bucket that may have due sessions; false when there is none. */
static enum status next_bucket(struct session_windows *windows, bool *ret_found, struct error *error)
{
    struct session_firing *firing = &windows->firing;
    int64_t from = firing->has_bucket ? firing->bucket + 1 : INT64_MIN;
    if (firing->has_bucket && !firing->keeps_timers) {
        enum status status = keyed_state_drop_namespace(windows->timers, firing->bucket, error);
        if (status != STATUS_OK)
            return status;
    }
    int64_t bucket;
    bool any = keyed_state_next_namespace(windows->timers, from, &bucket);
    if (any && bucket > firing->until_us && bucket < firing->next_due_us)
        firing->next_due_us = bucket;
    firing->has_bucket = any && bucket <= firing->until_us;
    firing->bucket = bucket;
    firing->keeps_timers = false;
    firing->key_group = keyed_state_first_key_group(windows->timers);
    *ret_found = firing->has_bucket;
    return STATUS_OK;
}

enum operator_result session_firing_resume(struct session_windows *windows, struct error *error)
{
    struct session_firing *firing = &windows->firing;
    while (firing->is_active) {
        if (window_rows_is_full(&windows->rows)) {
            enum operator_result result = emit_rows(windows, error);
            if (result != OPERATOR_DONE)
                return result;
        }
        bool any = true;
        enum status status;
        if (firing->due.count > 0)
            status = collect_rows(windows, error);
        else if (firing->has_bucket && firing->key_group < keyed_state_end_key_group(windows->timers))
            status = visit_timers(windows, error);
        else
            status = next_bucket(windows, &any, error);
        if (status != STATUS_OK)
            return OPERATOR_FAILED;
        if (any)
            continue;
        window_progress_advance(&windows->progress, firing->until_us);
        windows->next_due_us = firing->next_due_us;
        firing->is_active = false;
        return emit_rows(windows, error);
    }
    return OPERATOR_DONE;
}

enum operator_result session_firing_begin(struct session_windows *windows, int64_t until_us,
                                          struct error *error)
{
    struct session_firing *firing = &windows->firing;
    CHECK(!firing->is_active);
    session_windows_fit_buckets(windows, until_us);
    if (until_us < windows->next_due_us) {
        window_progress_advance(&windows->progress, until_us);
        return OPERATOR_DONE;
    }
    firing->is_active = true;
    firing->until_us = until_us;
    firing->has_bucket = false;
    firing->next_due_us = INT64_MAX;
    return session_firing_resume(windows, error);
}
