#pragma once

#include <stddef.h>
#include <stdint.h>

/* CRC-32C (Castagnoli), as in Kafka, RocksDB and iSCSI (RFC 3720). Pass 0 first, then the last result to go
 * on. */
uint32_t hash_crc32c(uint32_t crc, const void *data, size_t size);
/* murmur3 x86 32 bit: Iceberg's bucket transform and Flink's key groups. */
uint32_t hash_murmur3_32(const void *data, size_t size, uint32_t seed);
/* A fast 64-bit hash for tables in memory; not stable between versions, never stored. */
uint64_t hash_bytes(const void *data, size_t size);
uint64_t hash_u64(uint64_t value);
