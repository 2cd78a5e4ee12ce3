#include "common/checkpoint_format/keyed_state_handle.h"

#include <string.h>

struct keyed_state_handle *keyed_state_handle_copy(const struct keyed_state_handle *handle,
                                                   struct arena *arena)
{
    struct keyed_state_handle *copy = arena_dup(arena, handle, sizeof *handle);
    struct keyed_state_file *files = arena_dup(arena, handle->files, handle->num_files * sizeof *files);
    for (size_t i = 0; i < handle->num_files; i++) {
        files[i].path = arena_strdup(arena, files[i].path);
        files[i].name = arena_strdup(arena, files[i].name);
    }
    struct keyed_state_signature *states =
        arena_dup(arena, handle->states, handle->num_states * sizeof *states);
    for (size_t i = 0; i < handle->num_states; i++) {
        states[i].name = arena_strdup(arena, states[i].name);
        states[i].key_type = arena_strdup(arena, states[i].key_type);
        states[i].value_type = arena_strdup(arena, states[i].value_type);
    }
    copy->files = files;
    copy->states = states;
    copy->backend = arena_strdup(arena, handle->backend);
    return copy;
}

bool keyed_state_path_is_relative(const char *path)
{
    const char *slash = strchr(path, '/'), *colon = strchr(path, ':');
    bool has_scheme = colon != NULL && slash == colon + 1;
    return slash != path && !has_scheme;
}

struct keyed_state_handle *keyed_state_handle_relocate(const struct keyed_state_handle *handle,
                                                       const char *folder, bool keeps_shared,
                                                       struct arena *arena)
{
    struct keyed_state_handle *copy = keyed_state_handle_copy(handle, arena);
    struct keyed_state_file *files = arena_dup(arena, copy->files, copy->num_files * sizeof *files);
    for (size_t i = 0; i < copy->num_files; i++) {
        if (keyed_state_path_is_relative(files[i].path))
            files[i].path = arena_printf(arena, "%s/%s", folder, files[i].path);
        files[i].is_shared &= keeps_shared;
    }
    copy->files = files;
    return copy;
}
