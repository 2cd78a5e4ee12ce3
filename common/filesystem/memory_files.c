#include "common/filesystem/memory_files_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

struct memory_files *memory_files_create(void)
{
    struct memory_files *files = mem_calloc(1, sizeof *files);
    refcount_init(&files->refs);
    CHECK(pthread_mutex_init(&files->lock, NULL) == 0);
    return files;
}

char *memory_files_path(const char *path)
{
    const char *scheme = strstr(path, ":/");
    if (scheme != NULL)
        path = scheme + 1;
    struct buffer text = {0};
    for (const char *c = path; *c != '\0'; c++)
        if (*c != '/' || (c[1] != '/' && c[1] != '\0'))
            buffer_append_byte(&text, (uint8_t)*c);
    if (text.size == 0)
        buffer_append_byte(&text, '/');
    return buffer_take(&text, NULL);
}

size_t memory_files_position(const struct memory_files *files, const char *path)
{
    size_t low = 0;
    size_t high = files->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (strcmp(files->nodes[middle]->path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct memory_node *memory_files_find(const struct memory_files *files, const char *path)
{
    size_t at = memory_files_position(files, path);
    return at < files->count && strcmp(files->nodes[at]->path, path) == 0 ? files->nodes[at] : NULL;
}

struct memory_node *memory_files_insert(struct memory_files *files, const char *path, bool is_directory)
{
    struct memory_node *node = memory_files_find(files, path);
    if (node != NULL)
        return node;
    if (files->count == files->capacity) {
        files->capacity = files->capacity == 0 ? 64 : files->capacity * 2;
        files->nodes = mem_realloc(files->nodes, files->capacity * sizeof *files->nodes);
    }
    size_t at = memory_files_position(files, path);
    memmove(&files->nodes[at + 1], &files->nodes[at], (files->count - at) * sizeof *files->nodes);
    files->count++;
    node = files->nodes[at] = mem_calloc(1, sizeof *node);
    node->path = mem_strdup(path);
    node->is_directory = is_directory;
    return node;
}

void memory_files_insert_parents(struct memory_files *files, const char *path)
{
    char *copy = mem_strdup(path);
    for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        memory_files_insert(files, copy, true);
        *slash = '/';
    }
    free(copy);
}

void memory_files_put(struct memory_files *files, const char *path, const void *data, size_t size)
{
    memory_files_insert_parents(files, path);
    struct memory_node *node = memory_files_insert(files, path, false);
    buffer_clear(&node->content);
    buffer_append(&node->content, data, size);
}

void memory_files_remove(struct memory_files *files, size_t at)
{
    struct memory_node *node = files->nodes[at];
    files->count--;
    memmove(&files->nodes[at], &files->nodes[at + 1], (files->count - at) * sizeof *files->nodes);
    buffer_free(&node->content);
    free(node->path);
    free(node);
}

void memory_files_unref(struct memory_files *files)
{
    if (!refcount_drop(&files->refs))
        return;
    while (files->count > 0)
        memory_files_remove(files, files->count - 1);
    free(files->nodes);
    pthread_mutex_destroy(&files->lock);
    free(files);
}
