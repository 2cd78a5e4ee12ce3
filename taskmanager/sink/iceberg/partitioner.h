#pragma once

#include "taskmanager/sink/iceberg/sink_settings.h"

/*
 * Numbers the partitions that rows fall into, from 0 on, until it is cleared. Each field of the spec numbers
 * its values; with several fields, pairs of (partition so far, value) are numbered in turn.
 */
struct partitioner;

struct partitioner *partitioner_create(const struct sink_settings *settings);
void partitioner_free(struct partitioner *partitioner);
void partitioner_clear(struct partitioner *partitioner);

/* The partition of each of count rows. columns are the table's; NULL: a column of nulls. */
void partitioner_assign(struct partitioner *partitioner, struct vector *const *columns, uint32_t count,
                        uint32_t *numbers);
/* Above all numbers given so far. */
uint32_t partitioner_count(const struct partitioner *partitioner);
/* The partition's values in the order of the spec, single-value serialization, in arena. */
struct bytes_view *partitioner_values(const struct partitioner *partitioner, uint32_t number,
                                      struct arena *arena);
