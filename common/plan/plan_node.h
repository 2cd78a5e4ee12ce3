#pragma once

#include "common/columnar/schema.h"
#include "common/connector/datagen/datagen_connector.h"
#include "common/connector/iceberg/iceberg_connector.h"
#include "common/connector/json/json_format.h"
#include "common/connector/kafka/kafka_connector.h"
#include "common/connector/print/print_connector.h"
#include "common/expression/expression.h"

/*
 * Exec nodes: what a subtask runs. They are const; state is in the operators that are built from them. Nodes
 * of one vertex form a tree that begins at its source: a node with several children gives each of them every
 * batch. Everything lives in the arena of the job graph; schemas are references that the graph holds.
 */

enum plan_node_kind { PLAN_SOURCE, PLAN_CALC, PLAN_SINK };

enum plan_source_kind {
    PLAN_SOURCE_KAFKA,
    PLAN_SOURCE_DATAGEN,
    PLAN_SOURCE_VALUES, /* constant rows, made by subtask 0; then end of input */
};

enum plan_sink_kind {
    PLAN_SINK_ICEBERG,
    PLAN_SINK_PRINT,
    PLAN_SINK_BLACKHOLE,
    PLAN_SINK_COLLECT, /* rows of a SELECT go back to the client */
};

enum plan_field_origin {
    PLAN_FIELD_VALUE,    /* decoded from the record by the field's name */
    PLAN_FIELD_METADATA, /* of the record's envelope, by metadata_key: partition, offset, timestamp, topic ...
                          */
};

struct plan_source_field {
    enum plan_field_origin origin;
    const char *metadata_key; /* NULL for PLAN_FIELD_VALUE */
};

struct plan_watermark {
    uint32_t field;                      /* of the source's schema: the event time */
    const struct expression *expression; /* over the source's schema: the watermark after a row */
};

struct plan_source {
    enum plan_source_kind kind;
    const char *table;                      /* "default_catalog.default_database.user_events" */
    const struct plan_source_field *fields; /* one for each field of the node's schema */
    const struct plan_watermark *watermark; /* NULL when none; not used at run time yet */
    /* By kind: */
    const struct kafka_source_config *kafka;
    const struct json_format_config *json; /* of kafka */
    const struct datagen_config *datagen;
    /* VALUES: row-major, value_row_count rows of schema->num_fields literals. */
    const struct expression *const *values;
    size_t value_row_count;
};

struct plan_calc {
    const struct expression *filter;             /* over the input's schema; NULL when none */
    const struct expression *const *projections; /* over the input's schema; one for each output field */
    size_t projection_count;
    const char *time_zone; /* of the session, for time_zone_create */
};

struct plan_iceberg_sink {
    const struct iceberg_config *config;
    /* As declared in SQL, to create the table with when it is missing; once bound, the table's own, with
     * field ids. Column i of the rows that the sink takes is column table_columns[i] of this schema; the
     * columns not named there are NULL. */
    const struct schema *table_schema;
    const uint32_t *table_columns; /* one for each field of the node's schema */
    const struct iceberg_sink_partition *partition;
    size_t partition_count;
    const char *const *primary_key;
    size_t primary_key_count;
    struct connector_properties table_properties;
    /* Set by plan_job_graph_bind_iceberg when the job is submitted and the table is there: */
    const char *table_uuid; /* NULL before */
    const char *table_location;
    int32_t schema_id;
    int32_t partition_spec_id;
};

struct plan_sink {
    enum plan_sink_kind kind;
    const char *table; /* "default_catalog.default_database.sink"; "" for collect */
    uint32_t sink_id;  /* numbers the sinks of a job from 0: of committables and collected rows */
    /* By kind: */
    const struct plan_iceberg_sink *iceberg;
    const struct print_config *print;
};

struct plan_node {
    enum plan_node_kind kind;
    uint32_t id;                 /* number in the job, from 1: Flink's [n] */
    const char *name;            /* "Source: user_events[1]", "Calc[2]", "iceberg_user_events[3]: Writer" */
    const struct schema *schema; /* of the rows that leave; of a sink: the rows that it takes */
    const struct plan_source *source;
    const struct plan_calc *calc;
    const struct plan_sink *sink;
    const struct plan_node *const *children;
    size_t child_count;
};
