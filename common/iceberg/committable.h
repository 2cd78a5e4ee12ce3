#pragma once

#include "common/base/random.h"
#include "common/iceberg/data_file.h"

/*
 * What one subtask of an Iceberg sink hands over at one checkpoint: the files that it closed at the barrier,
 * of that checkpoint only. Travels in the acknowledgement and in the checkpoint's metadata.
 */
struct iceberg_committable {
    char table_uuid[UUID_TEXT_BYTES];
    int32_t schema_id;
    int32_t spec_id;
    uint32_t num_files;
    const struct iceberg_data_file *files;
};

/* Appends the bytes: magic, version, payload, CRC-32C. */
void iceberg_committable_encode(const struct iceberg_committable *committable, struct buffer *buffer);
/* Takes exactly what encode wrote. The result lives in arena and does not point into bytes. CORRUPT on a bad
 * checksum, UNSUPPORTED on a newer version. */
STATUS_MUST_CHECK enum status iceberg_committable_decode(struct bytes_view bytes, struct arena *arena,
                                                         struct iceberg_committable *ret_committable,
                                                         struct error *error);
