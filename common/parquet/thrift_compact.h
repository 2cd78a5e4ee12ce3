#pragma once

#include "common/base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Thrift's compact protocol, writing only:
 * https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
 * Each thrift_write_ call writes one field with its header; ids ascend within a struct.
 */
struct thrift_writer {
    struct buffer *buffer;
    int16_t last_id;
};

/* Element types of lists; the same numbers stand in field headers. */
enum thrift_type {
    THRIFT_TRUE = 1,
    THRIFT_FALSE = 2,
    THRIFT_BYTE = 3,
    THRIFT_I16 = 4,
    THRIFT_I32 = 5,
    THRIFT_I64 = 6,
    THRIFT_DOUBLE = 7,
    THRIFT_BINARY = 8,
    THRIFT_LIST = 9,
    THRIFT_STRUCT = 12,
};

void thrift_write_bool(struct thrift_writer *writer, int16_t id, bool value);
void thrift_write_i16(struct thrift_writer *writer, int16_t id, int16_t value);
void thrift_write_i32(struct thrift_writer *writer, int16_t id, int32_t value);
void thrift_write_i64(struct thrift_writer *writer, int16_t id, int64_t value);
void thrift_write_binary(struct thrift_writer *writer, int16_t id, const void *data, size_t size);
void thrift_write_text(struct thrift_writer *writer, int16_t id, const char *text);

/* A list: the header, then exactly count elements by the functions without id. */
void thrift_write_list(struct thrift_writer *writer, int16_t id, enum thrift_type type, uint32_t count);
void thrift_element_i32(struct thrift_writer *writer, int32_t value);
void thrift_element_text(struct thrift_writer *writer, const char *text);

/* A struct as a field, or as an element of a list (or at the top): use the returned writer for its fields,
 * then end it. */
struct thrift_writer thrift_begin_struct(struct thrift_writer *writer, int16_t id);
struct thrift_writer thrift_begin_element(struct buffer *buffer);
void thrift_end_struct(struct thrift_writer *writer);
