#pragma once

#include "common/base/refcount.h"
#include "common/checkpoint_format/keyed_state_handle.h"
#include "common/filesystem/file_io.h"

#include <pthread.h>

/* The files that one checkpoint refers to, and which of them it wrote. Immutable once it is complete. */
struct state_file_list {
    struct refcount refs;
    uint64_t checkpoint_id;
    struct arena *arena;
    const char *folder; /* that paths are relative to */
    struct keyed_state_file *files;
    bool *is_new;
    size_t count, capacity;
    struct state_file_list *next; /* of the registry */
};

struct state_file_list *state_file_list_create(uint64_t checkpoint_id, const char *folder); /* copies */
struct state_file_list *state_file_list_ref(struct state_file_list *list);
void state_file_list_unref(struct state_file_list *list); /* may be NULL */
/* Copies. */
void state_file_list_add(struct state_file_list *list, const struct keyed_state_file *file, bool is_new);
/* One that may be referred to again; NULL: none. */
const struct keyed_state_file *state_file_list_find_shared(const struct state_file_list *list,
                                                           const char *name, uint64_t size_bytes);
/* Removes the files that it wrote, as far as possible. */
void state_file_list_remove_new(const struct state_file_list *list, struct file_io *io);

/*
 * Which files may be shared: those of the newest checkpoint that is known to be complete, for that is the one
 * that the jobmanager keeps until the next is decided. Any thread.
 */
struct state_file_registry {
    pthread_mutex_t lock;
    struct state_file_list *base; /* NULL: nothing may be shared */
    uint64_t base_id;
    struct state_file_list *uploaded; /* newer ones, undecided */
};

void state_file_registry_init(struct state_file_registry *registry);
void state_file_registry_free(struct state_file_registry *registry); /* the content */
/* What a backend begins with; may be NULL. A reference is taken over. */
void state_file_registry_restore(struct state_file_registry *registry, uint64_t checkpoint_id,
                                 struct state_file_list *list);
/* A reference, or NULL. */
struct state_file_list *state_file_registry_base(struct state_file_registry *registry);
/* A reference is taken over. */
void state_file_registry_add(struct state_file_registry *registry, struct state_file_list *list);
void state_file_registry_complete(struct state_file_registry *registry, uint64_t checkpoint_id);
/* The list of one that was uploaded and is not complete, a reference; NULL: there is none. */
struct state_file_list *state_file_registry_take(struct state_file_registry *registry,
                                                 uint64_t checkpoint_id);

/* Relative to folder, or itself; the caller frees it. */
char *state_file_path(const char *folder, const char *path);
