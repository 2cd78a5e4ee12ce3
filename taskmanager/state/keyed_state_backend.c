#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/state/keyed_state_internal.h"
#include "taskmanager/state/state_restore_internal.h"

#include <stdlib.h>
#include <string.h>

/*
 * Of memory_bytes an eighth is left for what nobody counts: blocks that compactions and files being written
 * hold, and what the allocator loses. A run takes a sixteenth, and as much may wait for the writer.
 */
enum {
    RESERVE_SHARE = 8,
    RUN_SHARE = 16,
    MIN_RUN_BYTES = 16 << 10,
    MAX_RUN_BYTES = 32 << 20,
    LOG_RUN_SHARE = 256,
    MIN_LOG_RUN_BYTES = 4 << 10,
    MAX_LOG_RUN_BYTES = 1 << 20, /* written while they are in the processor's cache */
    FREE_LOG_RUNS = 4,
    MAX_RESERVE_BYTES = 64 << 20,
    MAX_MAX_PARALLELISM = 1 << 15,
    MAX_NAME_BYTES = 64,
};

static struct keyed_state_backend *create_backend(const struct keyed_state_options *options)
{
    struct keyed_state_backend *backend = mem_calloc(1, sizeof *backend);
    backend->process = options->process;
    backend->kind = options->kind;
    backend->operator_name =
        mem_strdup(options->operator_name != NULL ? options->operator_name : options->local_folder);
    backend->io = options->io;
    backend->local_io = local_file_io_create();
    backend->checkpoint_folder = mem_strdup(options->checkpoint_folder);
    backend->local_folder = mem_strdup(options->local_folder);
    backend->recovery_folder = options->recovery_folder != NULL ? mem_strdup(options->recovery_folder) : NULL;
    backend->first_key_group = options->first_key_group;
    backend->end_key_group = options->end_key_group;
    backend->max_parallelism = options->max_parallelism;
    backend->memory_bytes = options->memory_bytes;
    size_t reserve = options->memory_bytes / RESERVE_SHARE;
    backend->memory_limit =
        options->memory_bytes - (reserve < MAX_RESERVE_BYTES ? reserve : MAX_RESERVE_BYTES);
    size_t run_bytes = options->memory_bytes / RUN_SHARE;
    backend->run_bytes = run_bytes < MIN_RUN_BYTES   ? MIN_RUN_BYTES
                         : run_bytes > MAX_RUN_BYTES ? MAX_RUN_BYTES
                                                     : run_bytes;
    backend->run_pool = store_run_pool_create(backend->run_bytes);
    size_t log_bytes = options->memory_bytes / LOG_RUN_SHARE;
    log_bytes = log_bytes < MIN_LOG_RUN_BYTES   ? MIN_LOG_RUN_BYTES
                : log_bytes > MAX_LOG_RUN_BYTES ? MAX_LOG_RUN_BYTES
                                                : log_bytes;
    backend->log_pool = store_run_pool_create(log_bytes);
    store_run_pool_limit(backend->log_pool, FREE_LOG_RUNS * log_bytes);
    log_plan_init(&backend->log);
    backend->arena = arena_create(4096);
    backend->snapshots = state_snapshots_create(options, local_file_io_create());
    return backend;
}

static enum status create_writer(struct keyed_state_backend *backend, struct error *error)
{
    char *folder = state_file_path(backend->local_folder, "log");
    enum status status =
        store_writer_create(backend->store, folder, backend->local_io, &backend->writer, error);
    free(folder);
    return status;
}

enum status keyed_state_backend_open(const struct keyed_state_options *options,
                                     struct keyed_state_backend **ret_backend, struct error *error)
{
    CHECK(options->first_key_group < options->end_key_group &&
          options->end_key_group <= options->max_parallelism &&
          options->max_parallelism <= MAX_MAX_PARALLELISM);
    struct keyed_state_backend *backend = create_backend(options);
    enum status status = keyed_state_backend_restore(backend, options, error);
    if (status == STATUS_OK && backend->store != NULL)
        status = create_writer(backend, error);
    if (status != STATUS_OK) {
        keyed_state_backend_close(backend);
        return status;
    }
    backend->snapshots->writer = backend->writer;
    *ret_backend = backend;
    return STATUS_OK;
}

static void free_state(struct keyed_state *state)
{
    while (state->walks != NULL)
        keyed_state_walk_end(state->walks);
    rocksdb_lookup_free(state->lookup);
    store_run_free(state->run);
    row_table_free(state->table);
    free(state->dropped);
    free(state->touched);
    free(state->key_groups);
    free(state->missing);
    free(state->store_keys);
    buffer_free(&state->store_key_bytes);
    free(state->name);
    free(state->key_type);
    free(state->value_type);
    free(state);
}

void keyed_state_backend_close(struct keyed_state_backend *backend)
{
    if (backend == NULL)
        return;
    state_snapshots_close(backend->snapshots);
    store_writer_free(backend->writer);
    if (backend->table_freeze != NULL)
        table_freeze_discard(backend->table_freeze);
    keyed_state_backend_end_freeze(backend);
    keyed_state_backend_end_restore(backend);
    for (size_t i = 0; i < backend->num_states; i++)
        free_state(backend->states[i]);
    free(backend->states);
    store_run_pool_free(backend->run_pool);
    store_run_pool_free(backend->log_pool);
    log_plan_free(&backend->log);
    rocksdb_store_close(backend->store);
    folder_remove_if_possible(backend->local_io, backend->local_folder);
    state_snapshots_unref(backend->snapshots);
    file_io_free(backend->local_io);
    arena_free(backend->arena);
    free(backend->restored);
    free(backend->operator_name);
    free(backend->checkpoint_folder);
    free(backend->local_folder);
    free(backend->recovery_folder);
    free(backend);
}

uint64_t keyed_state_backend_bytes(const struct keyed_state_backend *backend)
{
    return keyed_state_backend_memory(backend) +
           (backend->store != NULL ? rocksdb_store_file_bytes(backend->store) + backend->log.bytes : 0);
}

static enum status check_signature(const struct keyed_state_backend *backend,
                                   const struct keyed_state_descriptor *descriptor, struct error *error)
{
    const struct keyed_state_signature *old = keyed_state_restored(backend, descriptor->name);
    if (old == NULL ||
        (strcmp(old->key_type, descriptor->key_type) == 0 &&
         strcmp(old->value_type, descriptor->value_type) == 0 && old->version == descriptor->version))
        return STATUS_OK;
    enum status status =
        error_set(error, STATUS_INVALID_ARGUMENT,
                  "operator %s: state %s was written with key %s, value %s, version %u and is now key %s, "
                  "value %s, version %u: start the changed statement without this state",
                  backend->operator_name, descriptor->name, old->key_type, old->value_type, old->version,
                  descriptor->key_type, descriptor->value_type, descriptor->version);
    error->fatal = true;
    return status;
}

static struct keyed_state *create_state(struct keyed_state_backend *backend,
                                        const struct keyed_state_descriptor *descriptor)
{
    struct keyed_state *state = mem_calloc(1, sizeof *state);
    state->backend = backend;
    state->name = mem_strdup(descriptor->name);
    state->key_type = mem_strdup(descriptor->key_type);
    state->value_type = mem_strdup(descriptor->value_type);
    state->version = descriptor->version;
    state->ttl_ms = descriptor->ttl_ms;
    struct row_layout layout = {descriptor->value_size, descriptor->buffer_offsets, descriptor->num_buffers};
    state->table = row_table_create_stamped(&layout, backend->first_key_group, backend->end_key_group,
                                            descriptor->ttl_ms != 0);
    backend->states = mem_realloc(backend->states, (backend->num_states + 1) * sizeof(void *));
    backend->states[backend->num_states++] = state;
    return state;
}

static enum status open_family(struct keyed_state *state, struct error *error)
{
    struct rocksdb_store *store = state->backend->store;
    state->lookup = rocksdb_lookup_create();
    state->table->free_pages_kept = SIZE_MAX; /* eviction gives back what is above the limit */
    state->family = rocksdb_store_find_family(store, state->name);
    enum status status = STATUS_OK;
    if (state->family == NULL)
        status = rocksdb_store_make_family(store, state->name, &state->family, error);
    if (status == STATUS_OK)
        rocksdb_family_set_ttl(state->family, state->ttl_ms);
    return status;
}

enum status keyed_state_open(struct keyed_state_backend *backend,
                             const struct keyed_state_descriptor *descriptor, struct keyed_state **ret_state,
                             struct error *error)
{
    CHECK(strlen(descriptor->name) <= MAX_NAME_BYTES && descriptor->ttl_ms >= 0);
    for (size_t i = 0; i < backend->num_states; i++)
        CHECK(strcmp(backend->states[i]->name, descriptor->name) != 0);
    enum status status = check_signature(backend, descriptor, error);
    if (status != STATUS_OK)
        return status;
    struct keyed_state *state = create_state(backend, descriptor);
    if (backend->store != NULL)
        status = open_family(state, error);
    if (status == STATUS_OK)
        status = keyed_state_restore_rows(state, error);
    if (status == STATUS_OK)
        *ret_state = state;
    return status;
}
