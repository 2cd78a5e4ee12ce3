#pragma once

#include "tests/unit/taskmanager/taskexecutor/scripted_parts.h"

/* A backend that keeps nothing, and writes as part 9. */
static inline enum status keyed_open(const struct keyed_state_options *options,
                                     struct keyed_state_backend **ret_backend, struct error *error)
{
    (void)error;
    note(9, "open");
    script->keyed_options = *options;
    *ret_backend = (struct keyed_state_backend *)script;
    return STATUS_OK;
}

static inline void keyed_close(struct keyed_state_backend *backend)
{
    (void)backend;
    assert_int_equal(script->num_frozen, 0);
    note(9, "close");
}

static inline uint64_t keyed_bytes(const struct keyed_state_backend *backend)
{
    (void)backend;
    return 4000;
}

static inline enum status keyed_freeze(struct keyed_state_backend *backend, uint64_t checkpoint_id,
                                       struct keyed_state_snapshot **ret_snapshot, struct error *error)
{
    (void)error;
    note_number(9, "freeze", (int64_t)checkpoint_id);
    script->num_frozen++;
    *ret_snapshot = (struct keyed_state_snapshot *)backend;
    return STATUS_OK;
}

static inline enum status keyed_upload(struct keyed_state_snapshot *frozen, struct arena *arena,
                                       struct keyed_state_handle **ret_handle, struct error *error)
{
    (void)frozen;
    pthread_mutex_lock(&script->mutex);
    while (script->holds_uploads && !script->is_cancelled)
        pthread_cond_wait(&script->changed, &script->mutex);
    enum status status = script->is_cancelled ? STATUS_CANCELLED : script->on_upload;
    pthread_mutex_unlock(&script->mutex);
    if (status != STATUS_OK)
        return error_set(error, status, "scripted");
    *ret_handle = arena_calloc(arena, 1, sizeof **ret_handle);
    **ret_handle = (struct keyed_state_handle){
        .end_key_group = 128, .max_parallelism = 128, .backend = "hashmap", .size_bytes = 7};
    return STATUS_OK;
}

static inline void keyed_cancel(struct keyed_state_snapshot *frozen)
{
    (void)frozen;
    pthread_mutex_lock(&script->mutex);
    script->is_cancelled = true;
    pthread_cond_broadcast(&script->changed);
    pthread_mutex_unlock(&script->mutex);
}

static inline void keyed_free(struct keyed_state_snapshot *frozen)
{
    (void)frozen;
    script->num_frozen--;
    note(9, "free");
}

static inline void keyed_completed(struct keyed_state_backend *backend, uint64_t checkpoint_id)
{
    (void)backend;
    note_number(9, "completed", (int64_t)checkpoint_id);
}

static inline void keyed_aborted(struct keyed_state_backend *backend, uint64_t checkpoint_id)
{
    (void)backend;
    note_number(9, "aborted", (int64_t)checkpoint_id);
}

static const struct keyed_state_functions keyed_state = {
    .open = keyed_open,
    .close = keyed_close,
    .num_bytes = keyed_bytes,
    .freeze = keyed_freeze,
    .upload = keyed_upload,
    .cancel = keyed_cancel,
    .free_snapshot = keyed_free,
    .completed = keyed_completed,
    .aborted = keyed_aborted,
};
