#pragma once

#include "common/iceberg/partition_spec.h"
#include "common/iceberg/snapshot.h"

/* False for what is no primitive type. */
bool iceberg_type_parse(const char *text, struct iceberg_type *ret_type);
bool iceberg_type_equal(struct iceberg_type a, struct iceberg_type b);
/* True when a reader may take values of one type as the other (specification, "Schema Evolution"). */
bool iceberg_type_promotes(struct iceberg_type from, struct iceberg_type to);

/* The type of values of one partition field of a table; a dropped source column counts as a string. */
STATUS_MUST_CHECK enum status iceberg_partition_field_type(const struct iceberg_schema *schema,
                                                           const struct iceberg_partition_field *field,
                                                           struct iceberg_type *ret_type,
                                                           struct error *error);
