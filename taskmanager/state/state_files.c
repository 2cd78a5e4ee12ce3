#include "common/base/memory.h"
#include "taskmanager/state/file_transfer_internal.h"
#include "taskmanager/state/state_files_internal.h"

#include <stdlib.h>
#include <string.h>

struct state_file_list *state_file_list_create(uint64_t checkpoint_id, const char *folder)
{
    struct state_file_list *list = mem_calloc(1, sizeof *list);
    refcount_init(&list->refs);
    list->checkpoint_id = checkpoint_id;
    list->arena = arena_create(4096);
    list->folder = arena_strdup(list->arena, folder);
    return list;
}

struct state_file_list *state_file_list_ref(struct state_file_list *list)
{
    refcount_take(&list->refs);
    return list;
}

void state_file_list_unref(struct state_file_list *list)
{
    if (list == NULL || !refcount_drop(&list->refs))
        return;
    free(list->files);
    free(list->is_new);
    arena_free(list->arena);
    free(list);
}

void state_file_list_add(struct state_file_list *list, const struct keyed_state_file *file, bool is_new)
{
    if (list->count == list->capacity) {
        list->capacity = list->capacity == 0 ? 16 : list->capacity * 2;
        list->files = mem_realloc(list->files, list->capacity * sizeof *list->files);
        list->is_new = mem_realloc(list->is_new, list->capacity * sizeof *list->is_new);
    }
    struct keyed_state_file *copy = &list->files[list->count];
    *copy = *file;
    copy->path = arena_strdup(list->arena, file->path);
    copy->name = arena_strdup(list->arena, file->name);
    list->is_new[list->count++] = is_new;
}

const struct keyed_state_file *state_file_list_find_shared(const struct state_file_list *list,
                                                           const char *name, uint64_t size_bytes)
{
    for (size_t i = 0; list != NULL && i < list->count; i++)
        if (list->files[i].is_shared && list->files[i].size_bytes == size_bytes &&
            strcmp(list->files[i].name, name) == 0)
            return &list->files[i];
    return NULL;
}

char *state_file_path(const char *folder, const char *path)
{
    if (!keyed_state_path_is_relative(path))
        return mem_strdup(path);
    struct buffer whole = {0};
    buffer_printf(&whole, "%s/%s", folder, path);
    return buffer_take(&whole, NULL);
}

void state_file_list_remove_new(const struct state_file_list *list, struct file_io *io)
{
    for (size_t i = 0; i < list->count; i++) {
        if (!list->is_new[i])
            continue;
        char *path = state_file_path(list->folder, list->files[i].path);
        file_remove_if_possible(io, path);
        free(path);
    }
}

void state_file_registry_init(struct state_file_registry *registry)
{
    *registry = (struct state_file_registry){0};
    pthread_mutex_init(&registry->lock, NULL);
}

void state_file_registry_free(struct state_file_registry *registry)
{
    state_file_list_unref(registry->base);
    while (registry->uploaded != NULL) {
        struct state_file_list *list = registry->uploaded;
        registry->uploaded = list->next;
        state_file_list_unref(list);
    }
    pthread_mutex_destroy(&registry->lock);
}

void state_file_registry_restore(struct state_file_registry *registry, uint64_t checkpoint_id,
                                 struct state_file_list *list)
{
    pthread_mutex_lock(&registry->lock);
    state_file_list_unref(registry->base);
    registry->base = list;
    registry->base_id = checkpoint_id;
    pthread_mutex_unlock(&registry->lock);
}

struct state_file_list *state_file_registry_base(struct state_file_registry *registry)
{
    pthread_mutex_lock(&registry->lock);
    struct state_file_list *base = registry->base != NULL ? state_file_list_ref(registry->base) : NULL;
    pthread_mutex_unlock(&registry->lock);
    return base;
}

void state_file_registry_add(struct state_file_registry *registry, struct state_file_list *list)
{
    pthread_mutex_lock(&registry->lock);
    list->next = registry->uploaded;
    registry->uploaded = list;
    pthread_mutex_unlock(&registry->lock);
}

/* Those up to the one that is complete are decided. One that is not known here has no files of ours. */
void state_file_registry_complete(struct state_file_registry *registry, uint64_t checkpoint_id)
{
    pthread_mutex_lock(&registry->lock);
    if (checkpoint_id > registry->base_id) {
        state_file_list_unref(registry->base);
        registry->base = NULL;
        registry->base_id = checkpoint_id;
        struct state_file_list **link = &registry->uploaded;
        while (*link != NULL) {
            struct state_file_list *list = *link;
            if (list->checkpoint_id > checkpoint_id) {
                link = &list->next;
                continue;
            }
            *link = list->next;
            if (list->checkpoint_id == checkpoint_id)
                registry->base = list;
            else
                state_file_list_unref(list);
        }
    }
    pthread_mutex_unlock(&registry->lock);
}

struct state_file_list *state_file_registry_take(struct state_file_registry *registry, uint64_t checkpoint_id)
{
    pthread_mutex_lock(&registry->lock);
    struct state_file_list **link = &registry->uploaded, *list;
    while ((list = *link) != NULL && list->checkpoint_id != checkpoint_id)
        link = &list->next;
    if (list != NULL)
        *link = list->next;
    pthread_mutex_unlock(&registry->lock);
    return list;
}
