#pragma once

#include "common/base/refcount.h"
#include "taskmanager/state/file_transfer_internal.h"
#include "taskmanager/state/row_table_internal.h"

/*
 * Tables as they are now, written into one file while the subtask goes on. Freezing marks all chunks, and
 * closes them to new rows; it copies nothing. Each chunk is then encoded once: by the thread that writes the
 * file, or by the subtask before it changes a row of it, whoever comes first. So the subtask waits for a
 * chunk's encoding at most, and no more memory is needed than what it changes before the writer gets there.
 *
 * The file, little-endian: "FRZTABL1", number of states u32, of each the size of its name u32 and the name;
 * then blocks of rows: state u32, number of rows u32, bytes u64, and of each row the sizes of key and value
 * u32 and both, as the store would have them; last a block of state UINT32_MAX without rows.
 */
enum { TABLE_FILE_MAGIC_BYTES = 8, TABLE_FILE_BLOCK_HEAD_BYTES = 16, TABLE_FILE_END = UINT32_MAX };
#define TABLE_FILE_MAGIC "FRZTABL1"

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
