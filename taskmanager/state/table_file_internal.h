#pragma once

#include "taskmanager/state/file_transfer_internal.h"

/*
 * Reads a file that table_freeze_write wrote, with bounded memory, row after row. The bytes may come from
 * anywhere. Its digest is known only at the end: what was read before counts only when the end is reached
 * with OK.
 */
struct table_file;

struct table_file_row {
    uint32_t state;               /* index of the file's */
    struct bytes_view key, value; /* until the next row */
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
