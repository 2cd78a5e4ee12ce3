#pragma once

#include "common/expression/aggregates/aggregates_internal.h"

/* Puts bytes into a cell (value_cell.h) when they are more extreme, or there was no value. */
void extreme_offer(const struct aggregate_slot *slot, void *cell, struct bytes_view bytes);

/* MIN and MAX where rows are taken back. */
const struct aggregate_kernel *retractable_extreme_kernel(enum type_kind argument);
