#pragma once

#include "common/columnar/schema.h"
#include "common/connector/connector.h"

/* 'connector' = 'datagen'. */

enum datagen_kind { DATAGEN_RANDOM, DATAGEN_SEQUENCE };

/* How one column is made. Which members count follows from the column's type and kind. */
struct datagen_field {
    enum datagen_kind kind;
    int64_t min_integer; /* random BOOLEAN, INT, BIGINT: inclusive bounds */
    int64_t max_integer;
    double min_double; /* random FLOAT, DOUBLE, DECIMAL */
    double max_double;
    int64_t start; /* sequence: from start to end inclusive, over all subtasks; the source ends after it */
    int64_t end;
    uint32_t length;     /* random STRING and BYTES: characters */
    int64_t max_past_ms; /* random TIMESTAMP, TIMESTAMP_LTZ: at most so long before now */
    double null_rate;
};

struct datagen_config {
    int64_t rows_per_second; /* over all subtasks */
    int64_t number_of_rows;  /* -1: unbounded; over all subtasks */
    const struct datagen_field *fields;
    size_t field_count; /* one for each field of the schema it was parsed with, in order */
};

extern const struct connector_definition datagen_connector;

/* schema is that of the rows the source makes. The result lives in arena. */
STATUS_MUST_CHECK enum status datagen_config_parse(const struct connector_properties *properties,
                                                   const struct schema *schema, struct arena *arena,
                                                   const struct datagen_config **ret_config,
                                                   struct error *error);
