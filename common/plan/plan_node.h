#pragma once

#include "common/columnar/schema.h"
#include "common/connector/datagen/datagen_connector.h"
#include "common/connector/iceberg/iceberg_connector.h"
#include "common/connector/json/json_format.h"
#include "common/connector/kafka/kafka_connector.h"
#include "common/connector/print/print_connector.h"
#include "common/expression/aggregates/aggregates.h"
#include "common/expression/expression.h"

/*
 * Exec nodes: what a subtask runs. They are const; state is in the operators that are built from them. Nodes
 * of one vertex form a tree that begins at a source or at an operator that is fed by edges: a node with
 * several children, or edges that leave from it, gives each of them every batch. Everything lives in the
 * arena of the job graph; schemas are references that the graph holds.
 */

enum plan_node_kind {
    PLAN_SOURCE,
    PLAN_CALC,
    PLAN_SINK,
    PLAN_WINDOW_TABLE_FUNCTION, /* adds window_start, window_end, window_time to each row */
    PLAN_WINDOW_AGGREGATE,
    PLAN_GROUP_AGGREGATE, /* unbounded; also SELECT DISTINCT, with no calls */
    PLAN_DEDUPLICATE,     /* ROW_NUMBER() = 1 over one time attribute */
    PLAN_TOP_N,           /* ROW_NUMBER() <= n */
};

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
    const struct expression *expression; /* over the source's schema: the watermark after a row, a TIMESTAMP
                                            or TIMESTAMP_LTZ; the largest of a split counts */
    int64_t emit_interval_ms;            /* pipeline.auto-watermark-interval */
    int64_t idle_timeout_ms;             /* a split that is silent for so long holds nothing back; 0: never */
    const char *time_zone;               /* of the session */
};

struct plan_source {
    enum plan_source_kind kind;
    const char *table;                      /* "default_catalog.default_database.user_events" */
    const struct plan_source_field *fields; /* one for each field of the node's schema */
    const struct plan_watermark *watermark; /* NULL when none */
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

/* Times are microseconds. A window is [start, end); windows of event time fire when the watermark reaches
 * end - 1 ms. */
enum plan_window_kind { PLAN_WINDOW_TUMBLE, PLAN_WINDOW_HOP, PLAN_WINDOW_CUMULATE, PLAN_WINDOW_SESSION };

enum plan_window_time {
    PLAN_TIME_EVENT,      /* by the input's column time_column */
    PLAN_TIME_PROCESSING, /* by the wall clock */
    PLAN_TIME_ATTACHED,   /* event time, the window is in the input's columns already: window_start_column and
                             window_end_column (cascaded aggregation over the same window) */
};

struct plan_window {
    enum plan_window_kind kind;
    enum plan_window_time time;
    uint32_t time_column; /* EVENT: TIMESTAMP, or TIMESTAMP_LTZ, whose windows are those of time_zone */
    uint32_t window_start_column, window_end_column; /* ATTACHED */
    int64_t size_us;  /* of the window; CUMULATE: the largest; SESSION: the gap */
    int64_t slide_us; /* HOP: between starts; CUMULATE: the step; else size_us */
    int64_t offset_us;
    bool is_zoned; /* the time is TIMESTAMP_LTZ (processing time too): windows are cut in local time */
    const char *time_zone;
    /* SESSION as a table function: PARTITION BY columns of the input. */
    const uint32_t *partition_columns;
    size_t partition_column_count;
};

/* A column that a window operator adds to its output. */
enum plan_window_property {
    PLAN_WINDOW_START,    /* TIMESTAMP(3), in local time when the time is zoned */
    PLAN_WINDOW_END,      /* the same */
    PLAN_WINDOW_TIME,     /* end - 1 ms, of the type of the time attribute: the rowtime of what follows */
    PLAN_WINDOW_PROCTIME, /* TIMESTAMP_LTZ(3): now */
};

/* Output: the input's columns, then window_start, window_end, window_time. HOP and CUMULATE give a row once
 * for each of its windows. */
struct plan_window_table_function {
    struct plan_window window;
};

/* An aggregation runs in one step, or in two on both sides of a hash exchange. */
enum plan_aggregate_phase { PLAN_AGGREGATE_SINGLE, PLAN_AGGREGATE_LOCAL, PLAN_AGGREGATE_GLOBAL };

struct plan_aggregate_call {
    const struct aggregate_function *function;
    const uint32_t *arguments; /* columns of the input of the first phase */
    uint32_t argument_count;
    int32_t filter; /* BOOLEAN column of the same: FILTER (WHERE ...); -1: none */
    bool is_distinct;
    const struct data_type *argument_types; /* as inferred: what the columns have */
    struct data_type result;
};

/*
 * SINGLE: input columns -> keys, calls' results, window properties.
 * LOCAL:  input columns -> keys, "slice_end" TIMESTAMP(3) (a slice is what windows share; for SESSION there
 * is no local phase), "accumulators" BYTES as aggregate_set_pack writes it. GLOBAL: LOCAL's output -> as
 * SINGLE. keys are then the input's columns 0 .. key_count - 1.
 */
struct plan_window_aggregate {
    enum plan_aggregate_phase phase;
    struct plan_window window; /* columns are of the first phase's input */
    const uint32_t *keys;      /* columns of this node's input */
    uint32_t key_count;
    const struct plan_aggregate_call *calls;
    uint32_t call_count;
    const enum plan_window_property *properties;
    uint32_t property_count;
    int64_t allowed_lateness_ms; /* table.exec.emit.allow-lateness */
    /* SINGLE: 'late-records.topic' of the source; NULL: late rows are only counted. */
    const char *late_records_topic;
};

/*
 * SINGLE: input columns -> keys, calls' results, as a changelog. LOCAL: -> keys, "accumulators" BYTES,
 * inserts only, flushed before barriers and by the mini-batch's bounds. GLOBAL: LOCAL's output -> as SINGLE.
 */
struct plan_group_aggregate {
    enum plan_aggregate_phase phase;
    const uint32_t *keys;
    uint32_t key_count;
    const struct plan_aggregate_call *calls;
    uint32_t call_count;
    bool takes_retractions;   /* the first phase's input has -U or -D: a group ends when its count is 0 */
    bool emits_update_before; /* somebody downstream needs -U */
    int64_t state_ttl_ms;     /* table.exec.state.ttl; 0: none */
    int64_t mini_batch_ms;   /* table.exec.mini-batch.allow-latency; 0: off, each batch is answered at once */
    int64_t mini_batch_rows; /* table.exec.mini-batch.size */
};

struct plan_deduplicate {
    const uint32_t *keys;
    uint32_t key_count;
    uint32_t time_column; /* of event time; unused for processing time */
    bool is_event_time;
    bool keeps_last;          /* ORDER BY time DESC */
    bool waits_for_watermark; /* the first by event time: given once, behind the watermark, as an insert */
    bool emits_update_before;
    int64_t state_ttl_ms;
};

/* Whether the row that is given for a key stays the one. */
static inline bool plan_deduplicate_inserts_only(const struct plan_deduplicate *deduplicate)
{
    return !deduplicate->keeps_last && (!deduplicate->is_event_time || deduplicate->waits_for_watermark);
}

struct plan_sort_column {
    uint32_t column;
    bool is_descending;
    bool nulls_last;
};

/* Output: the input's columns, then the row number (BIGINT) when emits_rank. */
struct plan_top_n {
    const uint32_t *keys; /* PARTITION BY */
    uint32_t key_count;
    const struct plan_sort_column *order;
    uint32_t order_count;
    int64_t first; /* rows from first to last, from 1 */
    int64_t last;
    bool emits_rank;
    bool takes_retractions;
    bool emits_update_before;
    int64_t state_ttl_ms;
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

enum { PLAN_UID_BYTES = 33 };

/* The row kinds that may leave a node. */
enum plan_changelog { PLAN_INSERTS = 1, PLAN_UPDATE_BEFORES = 2, PLAN_UPDATE_AFTERS = 4, PLAN_DELETES = 8 };

struct plan_node {
    enum plan_node_kind kind;
    uint32_t id; /* number in the job, from 1: Flink's [n] */
    /* 32 hexadecimal digits: by which its state is found in a checkpoint. Made of what the operator is and of
     * what stands below it, so that edits elsewhere in a script leave it alone. Unique in the job. */
    char uid[PLAN_UID_BYTES];
    uint8_t changelog;           /* of enum plan_changelog: what leaves it (sinks: what they take) */
    const char *name;            /* "Source: user_events[1]", "Calc[2]", "iceberg_user_events[3]: Writer" */
    const struct schema *schema; /* of the rows that leave; of a sink: the rows that it takes */
    const struct plan_source *source;
    /* One of these, by kind: */
    const struct plan_calc *calc;
    const struct plan_sink *sink;
    const struct plan_window_table_function *window_table_function;
    const struct plan_window_aggregate *window_aggregate;
    const struct plan_group_aggregate *group_aggregate;
    const struct plan_deduplicate *deduplicate;
    const struct plan_top_n *top_n;
    const struct plan_node *const *children;
    size_t child_count;
};
