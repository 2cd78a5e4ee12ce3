#pragma once

#include "taskmanager/sink/iceberg/finished_files.h"
#include "taskmanager/sink/iceberg/partitioner.h"

/*
 * The data files of one subtask between two barriers: at most one open file a partition, and the closed ones.
 * The open files are bounded in number and in memory: the one that was not written to for longest is closed,
 * the one that holds most writes its row group.
 */
struct data_files;

/* Names begin with the subtask and the attempt and hold a UUID. */
struct data_files *data_files_create(const struct sink_settings *settings, struct file_io *io,
                                     uint32_t subtask, uint32_t attempt);
/* Removes the files that were not taken by data_files_end_interval. */
void data_files_free(struct data_files *files);

/* Rows of the table's columns (NULL: nulls), each into the file of its partition. */
STATUS_MUST_CHECK enum status data_files_append(struct data_files *files, struct vector *const *columns,
                                                uint32_t count, struct error *error);

/* Closes all files and makes them durable; from then on they are the caller's to remove. committable gets
 * their description, or stays empty when there are none. On failure the files are still ours. */
STATUS_MUST_CHECK enum status data_files_end_interval(struct data_files *files, struct buffer *committable,
                                                      struct file_paths *ret_paths, struct error *error);
/* Bytes of the files closed so far. */
uint64_t data_files_bytes_written(const struct data_files *files);
