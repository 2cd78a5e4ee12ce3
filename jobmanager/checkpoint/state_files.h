#pragma once

#include "common/checkpoint_format/checkpoint_metadata.h"

/*
 * Which files of keyed state the kept checkpoints of a job refer to, counted. A path is as the handles have
 * it; a file is written once, and its name never used again.
 */
struct state_file {
    char *path;
    uint32_t count;          /* references of kept checkpoints, above zero */
    struct state_file *next; /* of its bucket */
};

struct state_files {
    struct state_file **buckets;
    size_t num_buckets; /* a power of two, or 0 */
    size_t count;
};

void state_files_free(struct state_files *files); /* the content; a zeroed struct is empty */
bool state_files_contains(const struct state_files *files, const char *path);
/* What a checkpoint refers to, each time it does: an array of *ret_count that the caller frees, and that
 * state_files_release takes. */
struct state_file **state_files_retain(struct state_files *files, const struct checkpoint_metadata *metadata,
                                       size_t *ret_count);

/* Paths, owned. A zeroed struct is an empty list. */
struct path_list {
    char **items;
    size_t count;
};
void path_list_free(struct path_list *list);               /* the content */
void path_list_append(struct path_list *list, char *path); /* takes path over */
struct path_list path_list_copy(const struct path_list *list);

/* Takes the references back; files that nobody refers to any more go to unreferenced. */
void state_files_release(struct state_files *files, struct state_file *const *references, size_t count,
                         struct path_list *unreferenced);
/* Files of metadata in the job's own folder that no kept checkpoint refers to. */
void state_files_strangers(const struct state_files *files, const struct checkpoint_metadata *metadata,
                           struct path_list *strangers);
/* All that are referred to. */
void state_files_list(const struct state_files *files, struct path_list *paths);
