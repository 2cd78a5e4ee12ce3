#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/state/keyed_state_internal.h"
#include "taskmanager/state/state_restore_internal.h"

#include <stdlib.h>
#include <string.h>

/* A state that was restored and that the operator does not have would be lost with this checkpoint. */
static enum status check_all_opened(const struct keyed_state_backend *backend, struct error *error)
{
    for (size_t i = 0; i < backend->num_restored; i++) {
        bool is_opened = false;
        for (size_t k = 0; k < backend->num_states; k++)
            is_opened |= strcmp(backend->states[k]->name, backend->restored[i].name) == 0;
        if (is_opened)
            continue;
        enum status status = error_set(
            error, STATUS_INVALID_ARGUMENT,
            "operator %s was restored with state %s, which it does not have: start the changed statement "
            "without this state",
            backend->operator_name, backend->restored[i].name);
        error->fatal = true;
        return status;
    }
    return STATUS_OK;
}

static struct keyed_state_snapshot *create_snapshot(struct keyed_state_backend *backend,
                                                    uint64_t checkpoint_id)
{
    struct keyed_state_snapshot *snapshot = mem_calloc(1, sizeof *snapshot);
    snapshot->checkpoint_id = checkpoint_id;
    snapshot->arena = arena_create(4096);
    struct keyed_state_signature *states =
        arena_calloc(snapshot->arena, backend->num_states + 1, sizeof *states);
    for (size_t i = 0; i < backend->num_states; i++) {
        const struct keyed_state *state = backend->states[i];
        states[i] = (struct keyed_state_signature){
            .name = arena_strdup(snapshot->arena, state->name),
            .key_type = arena_strdup(snapshot->arena, state->key_type),
            .value_type = arena_strdup(snapshot->arena, state->value_type),
            .version = state->version,
        };
    }
    snapshot->head = (struct keyed_state_handle){
        .first_key_group = backend->first_key_group,
        .end_key_group = backend->end_key_group,
        .max_parallelism = backend->max_parallelism,
        .backend = backend->kind == STATE_BACKEND_ROCKSDB ? "rocksdb" : "hashmap",
        .states = states,
        .num_states = backend->num_states,
    };
    snapshot->base = state_file_registry_base(&backend->snapshots->registry);
    return snapshot;
}

static enum status link_store(struct keyed_state_backend *backend, struct keyed_state_snapshot *snapshot,
                              struct buffer *log_index, struct error *error)
{
    const char *parent = backend->recovery_folder != NULL ? backend->recovery_folder : backend->local_folder;
    enum status status = file_io_make_directories(backend->local_io, parent, error);
    if (status != STATUS_OK)
        return status;
    char *folder = state_link_folder(parent, snapshot->checkpoint_id);
    folder_remove_if_possible(backend->local_io, folder); /* of a void attempt */
    snapshot->link = store_writer_link(backend->writer, folder, log_index);
    free(folder);
    return STATUS_OK;
}

static enum status freeze_store(struct keyed_state_backend *backend, struct keyed_state_snapshot *snapshot,
                                struct error *error)
{
    enum status status = STATUS_OK;
    bool has_rows = false;
    backend->is_freezing = true;
    for (size_t i = 0; i < backend->num_states && status == STATUS_OK; i++) {
        status = keyed_state_flush(backend->states[i], error);
        has_rows |= backend->states[i]->num_runs > 0 || rocksdb_family_has_files(backend->states[i]->family);
    }
    struct buffer log_index = {0};
    if (status == STATUS_OK)
        status = keyed_state_flush_log(backend, &log_index, error);
    backend->is_freezing = false;
    if (status == STATUS_OK && (has_rows || log_index.size > 0))
        status = link_store(backend, snapshot, &log_index, error);
    buffer_free(&log_index);
    return status;
}

void keyed_state_backend_end_freeze(struct keyed_state_backend *backend)
{
    if (backend->table_freeze == NULL)
        return;
    table_freeze_finish(backend->table_freeze);
    table_freeze_unref(backend->table_freeze);
    backend->table_freeze = NULL;
}

static void freeze_tables(struct keyed_state_backend *backend, struct keyed_state_snapshot *snapshot)
{
    keyed_state_backend_end_freeze(backend);
    struct frozen_table *tables = mem_calloc(backend->num_states + 1, sizeof *tables);
    uint64_t num_rows = 0;
    for (size_t i = 0; i < backend->num_states; i++) {
        tables[i] = (struct frozen_table){backend->states[i]->name, backend->states[i]->table};
        num_rows += row_table_count(backend->states[i]->table);
    }
    if (num_rows > 0) {
        snapshot->freeze = table_freeze_begin(tables, backend->num_states);
        backend->table_freeze = table_freeze_ref(snapshot->freeze);
    }
    free(tables);
}

enum status keyed_state_backend_freeze(struct keyed_state_backend *backend, uint64_t checkpoint_id,
                                       struct keyed_state_snapshot **ret_snapshot, struct error *error)
{
    keyed_state_backend_end_restore(backend);
    enum status status = check_all_opened(backend, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < backend->num_states; i++)
        keyed_state_account_touched(backend->states[i]);
    struct keyed_state_snapshot *snapshot = create_snapshot(backend, checkpoint_id);
    state_snapshots_add(backend->snapshots, snapshot);
    if (backend->kind == STATE_BACKEND_ROCKSDB)
        status = freeze_store(backend, snapshot, error);
    else
        freeze_tables(backend, snapshot);
    if (status == STATUS_OK)
        *ret_snapshot = snapshot;
    else
        keyed_state_snapshot_free(snapshot);
    return status;
}

void keyed_state_backend_completed(struct keyed_state_backend *backend, uint64_t checkpoint_id)
{
    state_file_registry_complete(&backend->snapshots->registry, checkpoint_id);
    if (backend->recovery_folder != NULL && backend->store != NULL)
        state_links_remove_others(backend->local_io, backend->recovery_folder, checkpoint_id, true);
}

void keyed_state_backend_aborted(struct keyed_state_backend *backend, uint64_t checkpoint_id)
{
    struct state_snapshots *shared = backend->snapshots;
    pthread_mutex_lock(&shared->lock);
    for (struct keyed_state_snapshot *snapshot = shared->first; snapshot != NULL; snapshot = snapshot->next)
        if (snapshot->checkpoint_id == checkpoint_id)
            atomic_store(&snapshot->is_cancelled, true);
    if (shared->writer != NULL)
        store_writer_wake(shared->writer);
    pthread_mutex_unlock(&shared->lock);
    struct state_file_list *list = state_file_registry_take(&shared->registry, checkpoint_id);
    if (list == NULL)
        return;
    state_file_list_remove_new(list, shared->io);
    state_file_list_unref(list);
    if (backend->recovery_folder != NULL) {
        char *folder = state_link_folder(backend->recovery_folder, checkpoint_id);
        folder_remove_if_possible(backend->local_io, folder);
        free(folder);
    }
}
