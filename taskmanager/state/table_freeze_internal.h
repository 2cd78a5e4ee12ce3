#pragma once

#include "common/base/refcount.h"
#include "taskmanager/state/file_transfer_internal.h"
#include "taskmanager/state/row_table_internal.h"

/*
 * Tables as they are now, written into one file while the subtask goes on. Freezing marks all chunks, and
 * closes them to new rows; it copies nothing. Each chunk is then encoded once: by the thread that writes the
 * file, or by the subtask before it changes a row of it, whoever comes first. So the subtask waits for a
 * chunk's encoding at most, and no more memory is needed than what it changes before the writer gets there.
 * The file is one of table_file_internal.h.
 */

struct table_freeze;

struct frozen_table {
    const char *name;
    struct row_table *table;
};

/* The subtask's thread. One reference. */
struct table_freeze *table_freeze_begin(const struct frozen_table *tables, size_t count);
struct table_freeze *table_freeze_ref(struct table_freeze *freeze);
void table_freeze_unref(struct table_freeze *freeze); /* may be NULL */
/* The subtask's thread, before it changes rows of a chunk or frees it. */
void table_freeze_before_write(struct table_freeze *freeze, struct row_chunk *chunk);
/* The subtask's thread: nothing is frozen any more; what was not encoded yet is, if somebody wants it. */
void table_freeze_finish(struct table_freeze *freeze);
/* Any thread: nobody wants the file any more. */
void table_freeze_discard(struct table_freeze *freeze);
bool table_freeze_is_over(struct table_freeze *freeze);
size_t table_freeze_bytes(struct table_freeze *freeze); /* of memory */

/* One thread, once. */
STATUS_MUST_CHECK enum status table_freeze_write(struct table_freeze *freeze, struct digested_output *output,
                                                 const atomic_bool *cancel, struct error *error);
