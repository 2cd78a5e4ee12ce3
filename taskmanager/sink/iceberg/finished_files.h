#pragma once

#include "taskmanager/sink/iceberg/data_file_writer.h"

/*
 * The files of one subtask that are complete, between two barriers. They are synced together, at the barrier
 * or when MAX_UNSYNCED of them wait.
 */
enum { MAX_UNSYNCED = 64 };

struct finished_files {
    struct file_io *io;
    struct arena *arena; /* descriptions and what they point to; owned */
    struct iceberg_data_file *files;
    uint32_t count;
    struct data_file_writer *unsynced[MAX_UNSYNCED];
    uint32_t num_unsynced;
};

void finished_files_init(struct finished_files *finished, struct file_io *io);
/* The content; removes the files. */
void finished_files_free(struct finished_files *finished);

/* Finishes the file of writer, which is owned from the call on; values live in the arena. */
STATUS_MUST_CHECK enum status finished_files_add(struct finished_files *finished,
                                                 struct data_file_writer *writer,
                                                 const struct bytes_view *partition_values,
                                                 struct error *error);
/* Content and names of all files are durable after this. */
STATUS_MUST_CHECK enum status finished_files_make_durable(struct finished_files *finished,
                                                          struct error *error);

/* Paths, owned. */
struct file_paths {
    char **paths;
    uint32_t count;
};
void file_paths_free(struct file_paths *paths); /* the content */

/* Forgets the files, which are now whoever's who has the paths. */
struct file_paths finished_files_release(struct finished_files *finished);
