#pragma once

#include "common/base/buffer.h"

#include <stdint.h>

/* Numbers distinct byte strings from 0 on, as they come. */
struct value_table;

struct value_table *value_table_create(void);
void value_table_free(struct value_table *table);
void value_table_clear(struct value_table *table);
uint32_t value_table_count(const struct value_table *table);
/* The number of a value, a new one when it was not there. */
uint32_t value_table_number(struct value_table *table, const void *data, size_t size);
/* Lives until the table is cleared; data is never NULL and aligned to 16 bytes. */
struct bytes_view value_table_value(const struct value_table *table, uint32_t number);
