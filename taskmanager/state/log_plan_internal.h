#pragma once

#include "common/base/random.h"
#include "taskmanager/state/row_log_internal.h"

/*
 * The chain of a row_log as the subtask knows it, which decides when a new one begins; the writer follows.
 * Numbers of files only grow, and names are never used again, in no attempt: checkpoints know files by them.
 */
struct log_plan {
    char id[UUID_TEXT_BYTES];
    uint32_t next_number;
    struct row_log_entry *files; /* names are owned */
    uint32_t num_files, capacity;
    uint64_t bytes, base_bytes; /* of the chain, of its base */
};

/* What is resident, and how much of it the chain does not have; bytes about as in a file. */
struct log_extent {
    uint64_t num_rows, num_dirty;
    uint64_t bytes;
};

void log_plan_init(struct log_plan *plan);
void log_plan_free(struct log_plan *plan); /* the content */
/* Whether the chain lacks anything, or a shorter one is due. */
bool log_plan_wants_file(const struct log_plan *plan, const struct log_extent *extent);
/* The next file, for states of these names; a base where a new chain is due. Its content is the caller's. */
struct row_log_file log_plan_next(struct log_plan *plan, const struct log_extent *extent);
/* How many bytes that file got. */
void log_plan_written(struct log_plan *plan, uint64_t bytes);
/* Nothing is resident: the next file is a base. */
void log_plan_forget(struct log_plan *plan);
