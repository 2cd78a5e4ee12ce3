#include "common/checkpoint_format/keyed_state_handle.h"

#include "common/base/check.h"
#include "proto/checkpoint.pb-c.h"

#include <string.h>

static char *text(const char *string)
{
    return (char *)(uintptr_t)(string == NULL ? "" : string);
}

static void fill_files(const struct keyed_state_handle *handle, struct arena *arena,
                       Frazil__Checkpoint__KeyedState *message)
{
    message->n_files = handle->num_files;
    message->files = arena_calloc(arena, handle->num_files + 1, sizeof *message->files);
    for (size_t i = 0; i < handle->num_files; i++) {
        const struct keyed_state_file *file = &handle->files[i];
        Frazil__Checkpoint__KeyedStateFile *item = arena_alloc(arena, sizeof *item);
        frazil__checkpoint__keyed_state_file__init(item);
        item->path = text(file->path);
        item->name = text(file->name);
        item->size_bytes = file->size_bytes;
        item->checksum = file->checksum;
        item->is_shared = file->is_shared;
        message->files[i] = item;
    }
}

static void fill_states(const struct keyed_state_handle *handle, struct arena *arena,
                        Frazil__Checkpoint__KeyedState *message)
{
    message->n_states = handle->num_states;
    message->states = arena_calloc(arena, handle->num_states + 1, sizeof *message->states);
    for (size_t i = 0; i < handle->num_states; i++) {
        const struct keyed_state_signature *state = &handle->states[i];
        Frazil__Checkpoint__KeyedStateSignature *item = arena_alloc(arena, sizeof *item);
        frazil__checkpoint__keyed_state_signature__init(item);
        item->name = text(state->name);
        item->key_type = text(state->key_type);
        item->value_type = text(state->value_type);
        item->version = state->version;
        message->states[i] = item;
    }
}

void keyed_state_handle_encode(const struct keyed_state_handle *handle, struct buffer *out)
{
    struct arena *arena = arena_create(4096);
    Frazil__Checkpoint__KeyedState message;
    frazil__checkpoint__keyed_state__init(&message);
    message.first_key_group = handle->first_key_group;
    message.end_key_group = handle->end_key_group;
    message.max_parallelism = handle->max_parallelism;
    message.backend = text(handle->backend);
    message.size_bytes = handle->size_bytes;
    message.incremental_bytes = handle->incremental_bytes;
    fill_files(handle, arena, &message);
    fill_states(handle, arena, &message);
    size_t size = frazil__checkpoint__keyed_state__get_packed_size(&message);
    buffer_reserve(out, size);
    CHECK(frazil__checkpoint__keyed_state__pack(&message, out->data + out->size) == size);
    out->size += size;
    arena_free(arena);
}

/* No component of a path may lead upwards: files stay in the folder that they are looked up in. */
static bool leads_upwards(const char *path)
{
    for (const char *part = path; part != NULL; part = strchr(part, '/')) {
        part += *part == '/';
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || part[2] == '\0'))
            return true;
    }
    return false;
}

static enum status check_file(const Frazil__Checkpoint__KeyedStateFile *file, struct error *error)
{
    const char *name = file->name;
    if (*name == '\0' || strchr(name, '/') != NULL || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return error_set(error, STATUS_CORRUPT, "a keyed state names a file '%s', which is no file name",
                         name);
    if (*file->path == '\0' || leads_upwards(file->path))
        return error_set(error, STATUS_CORRUPT, "a keyed state has file %s at '%s', which is no path", name,
                         file->path);
    return STATUS_OK;
}

static enum status check_message(const Frazil__Checkpoint__KeyedState *message, struct error *error)
{
    if (message->first_key_group >= message->end_key_group ||
        message->end_key_group > message->max_parallelism)
        return error_set(error, STATUS_CORRUPT, "a keyed state has key groups [%u, %u) of %u",
                         message->first_key_group, message->end_key_group, message->max_parallelism);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < message->n_files && status == STATUS_OK; i++)
        status = check_file(message->files[i], error);
    return status;
}

static struct keyed_state_handle *from_message(const Frazil__Checkpoint__KeyedState *message,
                                               struct arena *arena)
{
    struct keyed_state_file *files = arena_calloc(arena, message->n_files + 1, sizeof *files);
    for (size_t i = 0; i < message->n_files; i++)
        files[i] = (struct keyed_state_file){
            .path = arena_strdup(arena, message->files[i]->path),
            .name = arena_strdup(arena, message->files[i]->name),
            .size_bytes = message->files[i]->size_bytes,
            .checksum = message->files[i]->checksum,
            .is_shared = message->files[i]->is_shared,
        };
    struct keyed_state_signature *states = arena_calloc(arena, message->n_states + 1, sizeof *states);
    for (size_t i = 0; i < message->n_states; i++)
        states[i] = (struct keyed_state_signature){
            .name = arena_strdup(arena, message->states[i]->name),
            .key_type = arena_strdup(arena, message->states[i]->key_type),
            .value_type = arena_strdup(arena, message->states[i]->value_type),
            .version = message->states[i]->version,
        };
    struct keyed_state_handle *handle = arena_alloc(arena, sizeof *handle);
    *handle = (struct keyed_state_handle){
        .first_key_group = message->first_key_group,
        .end_key_group = message->end_key_group,
        .max_parallelism = message->max_parallelism,
        .backend = arena_strdup(arena, message->backend),
        .files = files,
        .num_files = message->n_files,
        .states = states,
        .num_states = message->n_states,
        .size_bytes = message->size_bytes,
        .incremental_bytes = message->incremental_bytes,
    };
    return handle;
}

enum status keyed_state_handle_decode(struct bytes_view bytes, struct arena *arena,
                                      struct keyed_state_handle **ret_handle, struct error *error)
{
    Frazil__Checkpoint__KeyedState *message =
        frazil__checkpoint__keyed_state__unpack(NULL, bytes.size, bytes.data);
    if (message == NULL)
        return error_set(error, STATUS_CORRUPT, "a keyed state of %zu bytes does not parse", bytes.size);
    enum status status = check_message(message, error);
    if (status == STATUS_OK)
        *ret_handle = from_message(message, arena);
    frazil__checkpoint__keyed_state__free_unpacked(message, NULL);
    return status;
}
