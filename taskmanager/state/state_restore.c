#include "taskmanager/state/state_restore_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

/* Index and filter of a file are loaded as a whole: it must not be too large for the cache. */
enum {
    MIN_CACHE_BYTES = 64 << 10,
    FILE_SHARE = 16,
    MIN_FILE_BYTES = 1 << 20,
    MAX_FILE_BYTES = 32 << 20,
    LEVEL_SHARE = 16,
};

const struct keyed_state_signature *keyed_state_restored(const struct keyed_state_backend *backend,
                                                         const char *name)
{
    for (size_t i = 0; i < backend->num_restored; i++)
        if (strcmp(backend->restored[i].name, name) == 0)
            return &backend->restored[i];
    return NULL;
}

static bool is_same_signature(const struct keyed_state_signature *a, const struct keyed_state_signature *b)
{
    return strcmp(a->key_type, b->key_type) == 0 && strcmp(a->value_type, b->value_type) == 0 &&
           a->version == b->version;
}

/* All handles of one checkpoint say the same of a state. */
static enum status take_signatures(struct keyed_state_backend *backend,
                                   const struct keyed_state_handle *handle, struct error *error)
{
    for (size_t i = 0; i < handle->num_states; i++) {
        const struct keyed_state_signature *signature = &handle->states[i];
        const struct keyed_state_signature *known = keyed_state_restored(backend, signature->name);
        if (known != NULL && !is_same_signature(known, signature))
            return error_set(error, STATUS_CORRUPT,
                             "operator %s: subtasks of one checkpoint wrote state %s in two forms",
                             backend->operator_name, signature->name);
        if (known != NULL)
            continue;
        backend->restored =
            mem_realloc(backend->restored, (backend->num_restored + 1) * sizeof *backend->restored);
        backend->restored[backend->num_restored++] = (struct keyed_state_signature){
            .name = arena_strdup(backend->arena, signature->name),
            .key_type = arena_strdup(backend->arena, signature->key_type),
            .value_type = arena_strdup(backend->arena, signature->value_type),
            .version = signature->version,
        };
    }
    return STATUS_OK;
}

static bool is_known_backend(const char *name)
{
    return strcmp(name, "rocksdb") == 0 || strcmp(name, "hashmap") == 0;
}

static enum status check_handle(const struct keyed_state_backend *backend,
                                const struct keyed_state_handle *handle, struct error *error)
{
    if (handle->max_parallelism != backend->max_parallelism)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "operator %s was checkpointed with max parallelism %u and has %u now: set "
                         "'pipeline.max-parallelism' back",
                         backend->operator_name, handle->max_parallelism, backend->max_parallelism);
    if (!is_known_backend(handle->backend))
        return error_set(error, STATUS_UNSUPPORTED, "operator %s: state of backend '%s' is not known here",
                         backend->operator_name, handle->backend);
    return STATUS_OK;
}

/* Each key group of ours is in exactly one handle: none is silently empty. */
static enum status check_coverage(const struct keyed_state_backend *backend,
                                  const struct keyed_state_options *options, struct error *error)
{
    for (uint32_t group = backend->first_key_group; group < backend->end_key_group; group++) {
        size_t count = 0;
        for (size_t i = 0; i < options->num_handles; i++)
            count +=
                options->handles[i]->first_key_group <= group && group < options->handles[i]->end_key_group;
        if (count != 1)
            return error_set(error, STATUS_CORRUPT,
                             "operator %s: key group %u is in %zu of the %zu states that it is restored from",
                             backend->operator_name, group, count, options->num_handles);
    }
    return STATUS_OK;
}

static enum status check_handles(struct keyed_state_backend *backend,
                                 const struct keyed_state_options *options, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < options->num_handles && status == STATUS_OK; i++) {
        status = check_handle(backend, options->handles[i], error);
        if (status == STATUS_OK)
            status = take_signatures(backend, options->handles[i], error);
    }
    if (status == STATUS_OK && options->num_handles > 0)
        status = check_coverage(backend, options, error);
    if (status != STATUS_OK)
        error->fatal = true; /* it is the same after a restart */
    return status;
}

static enum status open_store(struct keyed_state_backend *backend, const char *folder, struct error *error)
{
    size_t cache_bytes = backend->memory_bytes / 5 * 2;
    size_t file_bytes = backend->memory_bytes / FILE_SHARE;
    struct rocksdb_store_options options = {
        .folder = folder,
        .cache_bytes = cache_bytes < MIN_CACHE_BYTES ? MIN_CACHE_BYTES : cache_bytes,
        .file_bytes = file_bytes < MIN_FILE_BYTES   ? MIN_FILE_BYTES
                      : file_bytes > MAX_FILE_BYTES ? MAX_FILE_BYTES
                                                    : file_bytes,
        .level_bytes = LEVEL_SHARE * backend->memory_bytes,
        .clock = backend->process->clock,
    };
    return rocksdb_store_open(&options, &backend->store, error);
}

/* The files are taken as they are; those that are shared may be referred to by the next checkpoint. */
static enum status take_files(struct keyed_state_backend *backend, const struct keyed_state_options *options,
                              const char *folder, struct error *error)
{
    const struct keyed_state_handle *handle = options->handles[0];
    char *recovery = backend->recovery_folder == NULL
                         ? NULL
                         : state_link_folder(backend->recovery_folder, options->restored_checkpoint_id);
    struct state_fetch fetch = {backend->io, backend->local_io, backend->checkpoint_folder, recovery};
    enum status status = state_fetch_store(&fetch, handle, folder, error);
    free(recovery);
    if (status != STATUS_OK)
        return status;
    struct state_file_list *list =
        state_file_list_create(options->restored_checkpoint_id, backend->checkpoint_folder);
    for (size_t i = 0; i < handle->num_files; i++)
        if (handle->files[i].is_shared)
            state_file_list_add(list, &handle->files[i], false);
    state_file_registry_restore(&backend->snapshots->registry, options->restored_checkpoint_id, list);
    return STATUS_OK;
}

static bool is_whole_store(const struct keyed_state_backend *backend,
                           const struct keyed_state_options *options)
{
    return options->num_handles == 1 && strcmp(options->handles[0]->backend, "rocksdb") == 0 &&
           options->handles[0]->first_key_group == backend->first_key_group &&
           options->handles[0]->end_key_group == backend->end_key_group;
}

static struct state_source source_of(const struct keyed_state_backend *backend,
                                     const struct keyed_state_handle *handle)
{
    return (struct state_source){
        .handle = handle,
        .io = backend->io,
        .local_io = backend->local_io,
        .checkpoint_folder = backend->checkpoint_folder,
    };
}

static enum status open_source(const struct keyed_state_backend *backend,
                               const struct keyed_state_handle *handle, size_t index,
                               struct state_source *ret_source, struct error *error)
{
    *ret_source = source_of(backend, handle);
    struct buffer folder = {0};
    buffer_printf(&folder, "%s/restore-%zu", backend->local_folder, index);
    enum status status = state_source_open(ret_source, buffer_text(&folder), backend->process->clock, error);
    buffer_free(&folder);
    return status;
}

/* Rows of an old store on their way into the new one. */
struct store_copy {
    struct store_run_pool *pool;
    struct store_run_sorter sorter;
    struct rocksdb_family *family;
    struct store_run *run;
    uint32_t num_runs;
    _Atomic uint32_t done; /* unused: it is waited for */
};

static enum status finish_run(struct store_copy *copy, struct error *error)
{
    enum status status = copy->run == NULL ? STATUS_OK : store_run_write(copy->run, &copy->sorter, error);
    store_run_free(copy->run);
    copy->run = NULL;
    return status;
}

static enum status copy_row(void *context, struct bytes_view key, struct bytes_view value,
                            struct error *error)
{
    struct store_copy *copy = context;
    if (copy->run != NULL && store_run_is_full(copy->run, key.size, value.size)) {
        enum status status = finish_run(copy, error);
        if (status != STATUS_OK)
            return status;
    }
    if (copy->run == NULL)
        copy->run = store_run_create(copy->pool, copy->family, 0, ++copy->num_runs, &copy->done);
    uint8_t *out = store_run_add(copy->run, key.size, value.size);
    memcpy(out, key.data, key.size);
    memcpy(out + key.size, value.data, value.size);
    return STATUS_OK;
}

static enum status copy_source(struct keyed_state_backend *backend, const struct state_source *source,
                               struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < source->handle->num_states && status == STATUS_OK; i++) {
        const char *name = source->handle->states[i].name;
        struct store_copy copy = {.pool = backend->run_pool,
                                  .family = rocksdb_store_find_family(backend->store, name)};
        if (copy.family == NULL)
            status = rocksdb_store_make_family(backend->store, name, &copy.family, error);
        if (status == STATUS_OK)
            status = state_source_visit(source, name, backend->first_key_group, backend->end_key_group,
                                        copy_row, &copy, error);
        if (status == STATUS_OK)
            status = finish_run(&copy, error);
        store_run_free(copy.run);
        store_run_sorter_free(&copy.sorter);
    }
    return status;
}

static enum status copy_sources(struct keyed_state_backend *backend,
                                const struct keyed_state_options *options, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < options->num_handles && status == STATUS_OK; i++) {
        struct state_source source = {0};
        status = open_source(backend, options->handles[i], i, &source, error);
        if (status == STATUS_OK && source.store != NULL)
            status = copy_source(backend, &source, error);
        state_source_close(&source);
    }
    return status;
}

/* States take the rows of logs and tables when they are opened. */
static void note_sources(struct keyed_state_backend *backend, const struct keyed_state_options *options)
{
    backend->sources = mem_calloc(options->num_handles + 1, sizeof *backend->sources);
    for (size_t i = 0; i < options->num_handles; i++) {
        struct state_source *source = &backend->sources[backend->num_sources++];
        *source = source_of(backend, keyed_state_handle_copy(options->handles[i], backend->arena));
        if (backend->recovery_folder == NULL)
            continue;
        char *folder = state_link_folder(backend->recovery_folder, options->restored_checkpoint_id);
        source->recovery_folder = arena_strdup(backend->arena, folder);
        free(folder);
    }
}

static enum status restore_store(struct keyed_state_backend *backend,
                                 const struct keyed_state_options *options, struct error *error)
{
    char *folder = state_file_path(backend->local_folder, "db");
    bool is_whole = is_whole_store(backend, options);
    enum status status = is_whole ? take_files(backend, options, folder, error) : STATUS_OK;
    if (status == STATUS_OK)
        status = open_store(backend, folder, error);
    if (status == STATUS_OK && !is_whole)
        status = copy_sources(backend, options, error);
    if (status == STATUS_OK)
        note_sources(backend, options);
    free(folder);
    return status;
}

static enum status open_sources(struct keyed_state_backend *backend,
                                const struct keyed_state_options *options, struct error *error)
{
    backend->sources = mem_calloc(options->num_handles, sizeof *backend->sources);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < options->num_handles && status == STATUS_OK; i++) {
        const struct keyed_state_handle *handle =
            keyed_state_handle_copy(options->handles[i], backend->arena);
        status = open_source(backend, handle, i, &backend->sources[backend->num_sources++], error);
    }
    return status;
}

enum status keyed_state_backend_restore(struct keyed_state_backend *backend,
                                        const struct keyed_state_options *options, struct error *error)
{
    enum status status = check_handles(backend, options, error);
    backend->restored_checkpoint_id = options->restored_checkpoint_id;
    if (status != STATUS_OK)
        return status;
    /* What a process that was killed left behind is of no use. */
    status = file_io_delete_directory(backend->local_io, backend->local_folder, error);
    if (status == STATUS_OK)
        status = file_io_make_directories(backend->local_io, backend->local_folder, error);
    if (status == STATUS_OK)
        status = backend->kind == STATE_BACKEND_ROCKSDB ? restore_store(backend, options, error)
                                                        : open_sources(backend, options, error);
    /* Copies of older checkpoints have served, those of newer ones were of an attempt that is void. */
    if (status == STATUS_OK && backend->recovery_folder != NULL)
        state_links_remove_others(backend->local_io, backend->recovery_folder,
                                  options->num_handles > 0 ? options->restored_checkpoint_id : 0, false);
    return status;
}

void keyed_state_backend_end_restore(struct keyed_state_backend *backend)
{
    for (size_t i = 0; i < backend->num_sources; i++)
        state_source_close(&backend->sources[i]);
    free(backend->sources);
    backend->sources = NULL;
    backend->num_sources = 0;
}
