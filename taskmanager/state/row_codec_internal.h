#pragma once

#include "common/base/status.h"
#include "taskmanager/state/row_table_internal.h"

/*
 * Rows at rest, in the store and in the files of the hashmap backend. A key is its key group u16, its
 * namespace u64 with the sign bit flipped, both big-endian, and the packed key. A value is a byte of flags
 * (ROCKSDB_VALUE_STAMPED), the time of the last write where the flag says so, the value without its buffers,
 * then for each buffer its size u32 little-endian and its bytes.
 */
enum { ROW_KEY_PREFIX_BYTES = 10 };

void row_key_prefix_encode(uint32_t key_group, int64_t namespace_, uint8_t prefix[ROW_KEY_PREFIX_BYTES]);
/* CORRUPT when it is too short. ret_key points into stored. */
STATUS_MUST_CHECK enum status row_key_decode(struct bytes_view stored, uint32_t *ret_key_group,
                                             int64_t *ret_namespace, struct bytes_view *ret_key,
                                             struct error *error);
/* The first key behind those of a key group and namespace; false: there is none. */
bool row_key_prefix_next(uint8_t prefix[ROW_KEY_PREFIX_BYTES]);

/* The row's key at rest: ROW_KEY_PREFIX_BYTES more than it has. */
void row_key_encode(const struct row_table *table, const struct row *row, uint8_t *out);
size_t row_value_encoded_size(const struct row_table *table, const struct row *row);
/* Writes as many bytes. */
void row_value_encode(const struct row_table *table, const struct row *row, uint8_t *out);
/* Into a row that is zeroed; accounts for its buffers. A value without a stamp gets now_ms. CORRUPT when the
 * bytes do not hold together; the row is zeroed then. */
STATUS_MUST_CHECK enum status row_value_decode(struct row_table *table, struct row *row,
                                               struct bytes_view stored, int64_t now_ms, struct error *error);
/* The stamp of a stored value; INT64_MAX when it has none. */
int64_t row_value_stamp(struct bytes_view stored);
