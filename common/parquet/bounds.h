#pragma once

#include "common/base/buffer.h"

#include <stdbool.h>
#include <stddef.h>

/*
 * Cutting the bounds of long values (Iceberg: write.metadata.metrics.*, truncate(n)). Text is counted in code
 * points and stays UTF-8; text that is not UTF-8, and binary values, are counted in bytes.
 */
enum parquet_bound_side { PARQUET_LOWER, PARQUET_UPPER };

/*
 * Appends at most length units of value that bound it from that side: a cut upper bound has its last unit
 * that can grow incremented and the units after it taken off. False, and nothing appended, when there is no
 * such bound. *ret_exact tells whether the whole value was appended.
 */
bool parquet_bound_truncate(struct bytes_view value, size_t length, bool is_text,
                            enum parquet_bound_side side, struct buffer *buffer, bool *ret_exact);
