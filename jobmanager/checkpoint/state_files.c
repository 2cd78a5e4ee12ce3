#include "jobmanager/checkpoint/state_files.h"

#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/base/memory.h"
#include "common/base/mutant.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_BUCKETS = 64 };

void state_files_free(struct state_files *files)
{
    for (size_t b = 0; b < files->num_buckets; b++) {
        while (files->buckets[b] != NULL) {
            struct state_file *file = files->buckets[b];
            files->buckets[b] = file->next;
            free(file->path);
            free(file);
        }
    }
    free(files->buckets);
    *files = (struct state_files){0};
}

static struct state_file **bucket_of(const struct state_files *files, const char *path)
{
    return &files->buckets[hash_bytes(path, strlen(path)) & (files->num_buckets - 1)];
}

static void grow(struct state_files *files)
{
    struct state_files grown = {
        .num_buckets = files->num_buckets == 0 ? FIRST_BUCKETS : 2 * files->num_buckets,
        .count = files->count,
    };
    grown.buckets = mem_calloc(grown.num_buckets, sizeof(void *));
    for (size_t b = 0; b < files->num_buckets; b++) {
        while (files->buckets[b] != NULL) {
            struct state_file *file = files->buckets[b];
            files->buckets[b] = file->next;
            struct state_file **bucket = bucket_of(&grown, file->path);
            file->next = *bucket;
            *bucket = file;
        }
    }
    free(files->buckets);
    *files = grown;
}

static struct state_file *find(const struct state_files *files, const char *path)
{
    if (files->num_buckets == 0)
        return NULL;
    struct state_file *file = *bucket_of(files, path);
    while (file != NULL && strcmp(file->path, path) != 0)
        file = file->next;
    return file;
}

bool state_files_contains(const struct state_files *files, const char *path)
{
    return find(files, path) != NULL;
}

static struct state_file *take(struct state_files *files, const char *path)
{
    struct state_file *file = find(files, path);
    if (file == NULL) {
        if (files->count == files->num_buckets)
            grow(files);
        struct state_file **bucket = bucket_of(files, path);
        file = mem_calloc(1, sizeof *file);
        *file = (struct state_file){.path = mem_strdup(path), .next = *bucket};
        *bucket = file;
        files->count++;
    }
    file->count++;
    return file;
}

struct state_file **state_files_retain(struct state_files *files, const struct checkpoint_metadata *metadata,
                                       size_t *ret_count)
{
    size_t count = 0;
    for (size_t i = 0; i < metadata->num_keyed_states; i++)
        count += metadata->keyed_states[i].handle->num_files;
    struct state_file **references = mem_calloc(count + 1, sizeof(void *));
    *ret_count = count;
    count = 0;
    for (size_t i = 0; i < metadata->num_keyed_states; i++) {
        const struct keyed_state_handle *handle = metadata->keyed_states[i].handle;
        for (size_t f = 0; f < handle->num_files; f++)
            references[count++] = take(files, handle->files[f].path);
    }
    return references;
}

void path_list_free(struct path_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct path_list){0};
}

/* The array doubles at powers of two. */
void path_list_append(struct path_list *list, char *path)
{
    if ((list->count & (list->count - 1)) == 0)
        list->items = mem_realloc(list->items, (list->count == 0 ? 1 : 2 * list->count) * sizeof(void *));
    list->items[list->count++] = path;
}

struct path_list path_list_copy(const struct path_list *list)
{
    struct path_list copy = {0};
    for (size_t i = 0; i < list->count; i++)
        path_list_append(&copy, mem_strdup(list->items[i]));
    return copy;
}

void state_files_release(struct state_files *files, struct state_file *const *references, size_t count,
                         struct path_list *unreferenced)
{
    for (size_t i = 0; i < count; i++) {
        struct state_file *file = references[i];
        CHECK(file->count > 0);
        file->count = GUARD(MUTANT_UNCOUNTED_FILES, false) ? 0 : file->count - 1;
        if (file->count > 0)
            continue;
        struct state_file **link = bucket_of(files, file->path);
        while (*link != file)
            link = &(*link)->next;
        *link = file->next;
        files->count--;
        path_list_append(unreferenced, file->path);
        free(file);
    }
}

void state_files_strangers(const struct state_files *files, const struct checkpoint_metadata *metadata,
                           struct path_list *strangers)
{
    for (size_t i = 0; i < metadata->num_keyed_states; i++) {
        const struct keyed_state_handle *handle = metadata->keyed_states[i].handle;
        for (size_t f = 0; f < handle->num_files; f++)
            if (keyed_state_path_is_relative(handle->files[f].path) &&
                !state_files_contains(files, handle->files[f].path))
                path_list_append(strangers, mem_strdup(handle->files[f].path));
    }
}

void state_files_list(const struct state_files *files, struct path_list *paths)
{
    for (size_t b = 0; b < files->num_buckets; b++)
        for (const struct state_file *file = files->buckets[b]; file != NULL; file = file->next)
            path_list_append(paths, mem_strdup(file->path));
}
