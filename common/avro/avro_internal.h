#pragma once

#include "common/avro/avro.h"

enum { AVRO_SYNC_BYTES = 16 };

void avro_put_long(struct buffer *buffer, int64_t value);
void avro_put_bytes(struct buffer *buffer, const void *data, size_t size);
/* False when the bytes end or the number is too long. */
bool avro_take_long(struct bytes_view *bytes, int64_t *ret_value);
bool avro_take_bytes(struct bytes_view *bytes, struct bytes_view *ret_value);
