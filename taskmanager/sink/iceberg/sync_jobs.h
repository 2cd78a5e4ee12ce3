#pragma once

#include "taskmanager/sink/iceberg/data_file_writer.h"

/* One thing to make durable: the content of a finished file, or the names in a folder. */
struct sync_job {
    struct data_file_writer *writer; /* or NULL */
    const char *folder;              /* or NULL */
};

/* Runs all jobs, several at a time on threads that end with the call: a journal writes syncs that wait
 * together in one go, and one after the other they hold the rows up. The first failure is returned. */
STATUS_MUST_CHECK enum status sync_jobs_run(const struct sync_job *jobs, uint32_t count, struct file_io *io,
                                            struct error *error);
