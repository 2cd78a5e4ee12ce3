#pragma once

#include "taskmanager/state/file_transfer_internal.h"

/*
 * Files of rows in no order: whole tables (table_freeze), or a part of a row_log. Little-endian: "FRZTABL1",
 * number of states u32, of each the size of its name u32 and the name; then blocks of rows: state u32, number
 * of rows u32, bytes u64, and of each row the sizes of key and value u32 and both, as the store would have
 * them; last a block of state UINT32_MAX without rows. A size of value of UINT32_MAX, without a value, says
 * that the key is gone.
 */
enum { TABLE_FILE_BLOCK_HEAD_BYTES = 16, TABLE_FILE_END = UINT32_MAX, TABLE_FILE_REMOVED = UINT32_MAX };

void table_file_append_head(struct buffer *out, const char *const *states, uint32_t num_states);
void table_file_append_block_head(struct buffer *out, uint32_t state, uint32_t num_rows, uint64_t num_bytes);

/*
 * Reads one with bounded memory, row after row. The bytes may come from anywhere. Its digest is known only at
 * the end: what was read before counts only when the end is reached with OK.
 */
struct table_file;

struct table_file_row {
    uint32_t state;               /* index of the file's */
    struct bytes_view key, value; /* until the next row; value.data NULL: the key is gone */
};

STATUS_MUST_CHECK enum status table_file_open(struct file_io *io, const char *path,
                                              const struct file_digest *expected,
                                              struct table_file **ret_file, struct error *error);
void table_file_close(struct table_file *file); /* may be NULL */
uint32_t table_file_num_states(const struct table_file *file);
const char *table_file_state(const struct table_file *file, uint32_t index);
/* *ret_has_row false: the end, and the digest is the expected one. */
STATUS_MUST_CHECK enum status table_file_next(struct table_file *file, struct table_file_row *ret_row,
                                              bool *ret_has_row, struct error *error);
