#pragma once

#include "common/base/buffer.h"
#include "common/base/process_context.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Durable jobs and leader epochs in one folder (high-availability.storageDir), type `file`:
 *   epochs/epoch-<n>.json   who leads since when, published by link(); the highest n leads
 *   leader.lock             held by the leader with fcntl; its content is a counter advanced each second
 *   jobs/<namespace>/<job id>/job, state, continues-e<epoch>
 * All calls block.
 */
struct job_store;

struct job_store_options {
    const struct process_context *process; /* borrowed */
    const char *folder;                    /* path or file: URI; made when missing */
    const char *name_space;                /* "default" */
};
STATUS_MUST_CHECK enum status job_store_open(const struct job_store_options *options,
                                             struct job_store **ret_store, struct error *error);
void job_store_free(struct job_store *store); /* gives up the lead when it is held */
