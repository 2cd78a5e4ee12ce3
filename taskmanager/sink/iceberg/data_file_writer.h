#pragma once

#include "common/iceberg/data_file.h"
#include "taskmanager/sink/iceberg/sink_settings.h"

/*
 * One data file: open with its Parquet writer, then finished, when only its descriptor is left, which is
 * synced and closed.
 */
struct data_file_writer;

STATUS_MUST_CHECK enum status data_file_writer_open(const struct sink_settings *settings, struct file_io *io,
                                                    const char *path, struct data_file_writer **ret_writer,
                                                    struct error *error);
/* Removes the file, as far as possible. May be NULL. */
void data_file_writer_abort(struct data_file_writer *writer);
/* Until it is finished. */
struct parquet_writer *data_file_writer_parquet(struct data_file_writer *writer);

/* Writes the rest of the content; the description lives in arena. */
STATUS_MUST_CHECK enum status data_file_writer_finish(struct data_file_writer *writer,
                                                      const struct bytes_view *partition_values,
                                                      struct arena *arena, struct iceberg_data_file *ret_file,
                                                      struct error *error);
/* Makes the content of a finished file durable. */
STATUS_MUST_CHECK enum status data_file_writer_sync(struct data_file_writer *writer, struct error *error);
/* Of a synced file. Frees writer, whatever the result; on failure the file is removed. */
STATUS_MUST_CHECK enum status data_file_writer_close(struct data_file_writer *writer, struct error *error);

/* Removes a file that no snapshot will hold. What cannot be removed stays behind as an orphan, which is
 * harmless. */
void data_file_remove(struct file_io *io, const char *path);
