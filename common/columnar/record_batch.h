#pragma once

#include "common/columnar/schema.h"
#include "common/columnar/vector.h"

/* Changelog kinds, Flink's: +I -U +U -D. */
enum row_kind { ROW_INSERT, ROW_UPDATE_BEFORE, ROW_UPDATE_AFTER, ROW_DELETE };

enum { BATCH_MAX_ROWS = 4096 };

/*
 * Rows in columns. The struct has one owner and is moved; its columns are shared references. An emitted batch
 * is dense: each column has num_rows rows and each of them counts (a filter gathers before it emits).
 */
struct record_batch {
    struct schema *schema;   /* owned reference */
    struct vector **columns; /* schema->num_fields owned references */
    uint8_t *row_kinds;      /* num_rows of enum row_kind, or NULL: all inserts */
    uint32_t num_rows;
};

/* Takes one more reference of schema; the columns are NULL until the caller moves them in. */
struct record_batch *record_batch_create(const struct schema *schema, uint32_t num_rows);
void record_batch_free(struct record_batch *batch);
/* A second batch over the same columns. */
struct record_batch *record_batch_share(const struct record_batch *batch);
/* The rows picked by index, as a new batch. */
struct record_batch *record_batch_gather(const struct record_batch *batch, const uint32_t *rows,
                                         uint32_t count);
/* Bytes of values and texts, roughly: for metrics and bounds. */
size_t record_batch_bytes(const struct record_batch *batch);
/* Aborts where the invariant of the struct does not hold. */
void record_batch_check(const struct record_batch *batch);
