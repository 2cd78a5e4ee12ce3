#pragma once

#include "common/avro/avro.h"
#include "common/iceberg/manifest.h"

/* Field ids of the specification, "Manifests" and "Manifest Lists". */
enum {
    ENTRY_STATUS = 0,
    ENTRY_SNAPSHOT_ID = 1,
    ENTRY_DATA_FILE = 2,
    ENTRY_SEQUENCE_NUMBER = 3,
    ENTRY_FILE_SEQUENCE_NUMBER = 4,
    FILE_PATH = 100,
    FILE_FORMAT = 101,
    FILE_PARTITION = 102,
    FILE_RECORD_COUNT = 103,
    FILE_SIZE_BYTES = 104,
    FILE_COLUMN_SIZES = 108,
    FILE_VALUE_COUNTS = 109,
    FILE_NULL_COUNTS = 110,
    FILE_LOWER_BOUNDS = 125,
    FILE_UPPER_BOUNDS = 128,
    FILE_KEY_METADATA = 131,
    FILE_SPLIT_OFFSETS = 132,
    FILE_CONTENT = 134,
    FILE_EQUALITY_IDS = 135,
    FILE_NAN_COUNTS = 137,
    FILE_SORT_ORDER_ID = 140,
    LIST_PATH = 500,
    LIST_LENGTH = 501,
    LIST_SPEC_ID = 502,
    LIST_ADDED_SNAPSHOT_ID = 503,
    LIST_ADDED_FILES = 504,
    LIST_EXISTING_FILES = 505,
    LIST_DELETED_FILES = 506,
    LIST_PARTITIONS = 507,
    LIST_CONTAINS_NULL = 509,
    LIST_LOWER_BOUND = 510,
    LIST_UPPER_BOUND = 511,
    LIST_ADDED_ROWS = 512,
    LIST_EXISTING_ROWS = 513,
    LIST_DELETED_ROWS = 514,
    LIST_SEQUENCE_NUMBER = 515,
    LIST_MIN_SEQUENCE_NUMBER = 516,
    LIST_CONTENT = 517,
    LIST_CONTAINS_NAN = 518,
    LIST_KEY_METADATA = 519,
};

/* Appends the Avro schema of manifest entries of version 2 for that spec. */
STATUS_MUST_CHECK enum status manifest_schema_text(const struct iceberg_schema *schema,
                                                   const struct iceberg_partition_spec *spec,
                                                   struct buffer *buffer, struct error *error);
/* The Avro schema of manifest list lines of version 2. */
const char *manifest_list_schema_text(void);

/* Bytes of a fixed that holds decimals of that precision. */
uint32_t manifest_decimal_bytes(uint8_t precision);

/* The field with that id of a record that was read; NULL when absent or null. */
const struct avro_value *manifest_member(const struct avro_schema *record, const struct avro_value *value,
                                         int32_t field_id);
/* An integer member, or fallback when it is absent. */
int64_t manifest_member_long(const struct avro_schema *record, const struct avro_value *value,
                             int32_t field_id, int64_t fallback);
/* The schema of a member, without null; NULL when absent. */
const struct avro_schema *manifest_member_schema(const struct avro_schema *record, int32_t field_id);
/* Bytes or text; data NULL when absent. */
struct bytes_view manifest_member_bytes(const struct avro_schema *record, const struct avro_value *value,
                                        int32_t field_id);
