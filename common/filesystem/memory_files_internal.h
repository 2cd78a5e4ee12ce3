#pragma once

#include "common/base/buffer.h"
#include "common/base/refcount.h"

#include <pthread.h>
#include <stdbool.h>

/* What a file system in memory holds. Paths are in normal form: no scheme, single slashes, no trailing one.
 */
struct memory_node {
    char *path; /* normal form */
    bool is_directory;
    struct buffer content;
};

/* The files, sorted by path. */
struct memory_files {
    struct refcount refs;
    pthread_mutex_t lock;
    struct memory_node **nodes;
    size_t count;
    size_t capacity;
};

struct memory_files *memory_files_create(void);
void memory_files_unref(struct memory_files *files);
/* The normal form, for the caller to free. */
char *memory_files_path(const char *uri);

/* Under the lock: */
/* First index whose path is not less. */
size_t memory_files_position(const struct memory_files *files, const char *path);
struct memory_node *memory_files_find(const struct memory_files *files, const char *path); /* NULL: none */
/* The one that is there, or a new one. */
struct memory_node *memory_files_insert(struct memory_files *files, const char *path, bool is_directory);
/* The folders above. */
void memory_files_insert_parents(struct memory_files *files, const char *path);
/* The file's content from now on, with the folders above. */
void memory_files_put(struct memory_files *files, const char *path, const void *data, size_t size);
void memory_files_remove(struct memory_files *files, size_t at);
