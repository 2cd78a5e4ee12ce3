#pragma once

#include "common/columnar/record_batch.h"

/*
 * Gathers rows of many batches into one. Texts are copied, so that what is gathered holds on to none of the
 * batches that it came from.
 */
struct batch_builder;

struct batch_builder *batch_builder_create(const struct schema *schema);
void batch_builder_free(struct batch_builder *builder);
/* Rows of a batch of the builder's schema, picked by index. */
void batch_builder_append(struct batch_builder *builder, const struct record_batch *batch,
                          const uint32_t *rows, uint32_t count);
uint32_t batch_builder_num_rows(const struct batch_builder *builder);
/* Bytes of values and texts, roughly. */
size_t batch_builder_bytes(const struct batch_builder *builder);
/* What was gathered, one row at least; the builder is empty after. */
struct record_batch *batch_builder_take(struct batch_builder *builder);
