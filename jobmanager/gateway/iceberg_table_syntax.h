#pragma once

#include "common/iceberg/catalogs/table_ensure.h"
#include "jobmanager/gateway/gateway_internal.h"

/* An Iceberg table as the CREATE TABLE that would make it: columns, partitioning and primary key. */
void iceberg_table_describe(const struct iceberg_table_metadata *metadata, struct arena *arena,
                            struct sql_create_table *definition);
enum iceberg_transform_kind iceberg_transform_of(enum sql_transform transform);
