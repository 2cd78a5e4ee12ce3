#include "common/parquet/parquet_internal.h"

enum { DECIMAL_INT32_DIGITS = 9, DECIMAL_INT64_DIGITS = 18 };

/* The fewest bytes whose two's complement holds every decimal of that many digits. */
static uint32_t decimal_bytes(unsigned precision)
{
    int128_t limit = 1;
    for (unsigned i = 0; i < precision; i++)
        limit *= 10;
    uint32_t bytes = 1;
    while (bytes < sizeof(int128_t) && ((int128_t)1 << (8 * bytes - 1)) < limit)
        bytes++;
    return bytes;
}

static struct parquet_layout decimal_layout(unsigned precision)
{
    if (precision <= DECIMAL_INT32_DIGITS)
        return (struct parquet_layout){PARQUET_INT32, 4};
    if (precision <= DECIMAL_INT64_DIGITS)
        return (struct parquet_layout){PARQUET_INT64, 8};
    return (struct parquet_layout){PARQUET_FIXED_LEN_BYTE_ARRAY, decimal_bytes(precision)};
}

enum status parquet_layout_of(struct data_type type, struct parquet_layout *ret_layout, struct error *error)
{
    switch (type.kind) {
    case TYPE_BOOLEAN: *ret_layout = (struct parquet_layout){PARQUET_BOOLEAN, 1}; return STATUS_OK;
    case TYPE_INT:
    case TYPE_DATE: *ret_layout = (struct parquet_layout){PARQUET_INT32, 4}; return STATUS_OK;
    case TYPE_BIGINT:
    case TYPE_TIMESTAMP:
    case TYPE_TIMESTAMP_LTZ: *ret_layout = (struct parquet_layout){PARQUET_INT64, 8}; return STATUS_OK;
    case TYPE_FLOAT: *ret_layout = (struct parquet_layout){PARQUET_FLOAT, 4}; return STATUS_OK;
    case TYPE_DOUBLE: *ret_layout = (struct parquet_layout){PARQUET_DOUBLE, 8}; return STATUS_OK;
    case TYPE_DECIMAL: *ret_layout = decimal_layout(type.precision); return STATUS_OK;
    case TYPE_STRING:
    case TYPE_BYTES: *ret_layout = (struct parquet_layout){PARQUET_BYTE_ARRAY, 0}; return STATUS_OK;
    case TYPE_NULL: break;
    }
    return error_set(error, STATUS_UNSUPPORTED, "a column without a type cannot be written to Parquet");
}
