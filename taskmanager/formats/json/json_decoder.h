#pragma once

#include "common/columnar/schema.h"
#include "common/connector/json/json_format.h"
#include "taskmanager/formats/format.h"

/*
 * JSON records (RFC 8259), one object a message, into columns by the fields' names. Conversions are those of
 * Flink's json format; README.md lists them, and where this decoder is stricter.
 *
 * A column of which schema names no type that JSON can give (TYPE_NULL) is not allowed. schema is the
 * projected one: fields that are not in it are checked and skipped. config is copied.
 */
struct format_decoder *json_decoder_create(const struct schema *schema,
                                           const struct json_format_config *config);
