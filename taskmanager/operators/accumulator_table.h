#pragma once

#include "common/expression/aggregates/aggregates.h"

/*
 * Accumulators in memory, one row for each packed key and time (the end of a slice or of a window). Rows
 * never move until the table is cleared, and are numbered in the order of their first appearance.
 */
struct accumulator_table;

/* set outlives the table. */
struct accumulator_table *accumulator_table_create(const struct aggregate_set *set);
void accumulator_table_free(struct accumulator_table *table);

/* States of keys[r] at times[r], made where there are none, for r = rows[i], i < count; rows NULL: r = i.
 * hashes are hash_bytes of the keys. */
void accumulator_table_find(struct accumulator_table *table, const struct bytes_view *keys,
                            const uint64_t *hashes, const int64_t *times, const uint32_t *rows,
                            uint32_t count, void **ret_states);
/* After states of the table were fed: accounts for what their buffers hold. */
void accumulator_table_account(struct accumulator_table *table, void *const *states, uint32_t count);
/* All memory that the table holds for its rows. */
size_t accumulator_table_bytes(const struct accumulator_table *table);

uint32_t accumulator_table_count(const struct accumulator_table *table);
struct bytes_view accumulator_table_key(const struct accumulator_table *table, uint32_t row);
int64_t accumulator_table_time(const struct accumulator_table *table, uint32_t row);
void *accumulator_table_state(const struct accumulator_table *table, uint32_t row);
/* Removes all rows. */
void accumulator_table_clear(struct accumulator_table *table);
