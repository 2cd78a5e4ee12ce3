#include "common/base/check.h"
#include "taskmanager/state/rocksdb_backend/rocksdb_store_internal.h"

#include <string.h>
#include <unistd.h>

enum {
    BLOCK_BYTES = 4096,
    BLOOM_BITS_PER_KEY = 10,
    CACHE_SHARD_BITS = 2,
    MEMTABLE_BYTES = 256 << 10, /* only ranges that were deleted pass through it */
    MANIFEST_BYTES = 1 << 20,   /* each checkpoint copies it */
    SYNC_BYTES = 1 << 20,
    LOG_ERRORS_ONLY = 3,
    MAX_BACKGROUND_JOBS = 8,
    /* Of each file that a compaction reads, and of each that is written: small stores have small ones. */
    MIN_BUFFER_BYTES = 16 << 10,
    MAX_READ_BUFFER_BYTES = 256 << 10,
    MAX_WRITE_BUFFER_BYTES = 1 << 20,
    READ_BUFFER_SHARE = 512,
    WRITE_BUFFER_SHARE = 64,
};

static void make_table_options(struct rocksdb_store *store, size_t cache_bytes)
{
    rocksdb_lru_cache_options_t *cache_options = rocksdb_lru_cache_options_create();
    rocksdb_lru_cache_options_set_capacity(cache_options, cache_bytes);
    rocksdb_lru_cache_options_set_num_shard_bits(cache_options, CACHE_SHARD_BITS);
    store->cache = rocksdb_cache_create_lru_opts(cache_options);
    rocksdb_lru_cache_options_destroy(cache_options);
    rocksdb_block_based_table_options_t *options = rocksdb_block_based_options_create();
    rocksdb_block_based_options_set_block_cache(options, store->cache);
    rocksdb_block_based_options_set_block_size(options, BLOCK_BYTES);
    rocksdb_block_based_options_set_format_version(options, 5);
    rocksdb_block_based_options_set_filter_policy(options,
                                                  rocksdb_filterpolicy_create_bloom_full(BLOOM_BITS_PER_KEY));
    /* Index and filters lie in the cache too: memory is bounded however large the state is. */
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(options, 1);
    rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(options, 1);
    store->table_options = options;
}

static int background_jobs(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 2 ? 2 : processors > MAX_BACKGROUND_JOBS ? MAX_BACKGROUND_JOBS : (int)processors;
}

/*
 * Few levels, most often one: files come in at level 0, each narrow in keys, and are merged into the last
 * level when there are many of them (rocksdb_store_adapt). So a row is rewritten a few times in its life, for
 * the price of more files that a look-up has to ask, of which a filter answers for all but one.
 */
static void make_levels(rocksdb_options_t *options, const struct rocksdb_store_options *wanted)
{
    rocksdb_options_set_level_compaction_dynamic_level_bytes(options, 1);
    rocksdb_options_set_target_file_size_base(options, wanted->file_bytes);
    rocksdb_options_set_max_bytes_for_level_base(options, wanted->level_bytes);
    rocksdb_options_set_level0_file_num_compaction_trigger(options, ROCKSDB_LEVEL0_MIN_FILES);
    rocksdb_options_set_level0_slowdown_writes_trigger(options,
                                                       ROCKSDB_LEVEL0_MIN_FILES + ROCKSDB_LEVEL0_BACKLOG);
    rocksdb_options_set_level0_stop_writes_trigger(options,
                                                   ROCKSDB_LEVEL0_MIN_FILES + ROCKSDB_LEVEL0_BACKLOG);
}

static size_t within(size_t bytes, size_t least, size_t most)
{
    return bytes < least ? least : bytes > most ? most : bytes;
}

static void make_store_options(struct rocksdb_store *store, const struct rocksdb_store_options *wanted)
{
    rocksdb_options_t *options = rocksdb_options_create();
    rocksdb_options_set_create_if_missing(options, 1);
    rocksdb_options_set_info_log_level(options, LOG_ERRORS_ONLY);
    rocksdb_options_set_keep_log_file_num(options, 1);
    rocksdb_options_set_stats_dump_period_sec(options, 0);
    rocksdb_options_set_stats_persist_period_sec(options, 0);
    rocksdb_options_set_max_open_files(options, -1);
    rocksdb_options_set_max_background_jobs(options, background_jobs());
    rocksdb_options_set_atomic_flush(options, 1);
    rocksdb_options_set_write_buffer_size(options, MEMTABLE_BYTES);
    rocksdb_options_set_db_write_buffer_size(options, 2 * MEMTABLE_BYTES);
    rocksdb_options_set_max_manifest_file_size(options, MANIFEST_BYTES);
    rocksdb_options_set_bytes_per_sync(options, SYNC_BYTES);
    rocksdb_options_compaction_readahead_size(
        options, within(wanted->cache_bytes / READ_BUFFER_SHARE, MIN_BUFFER_BYTES, MAX_READ_BUFFER_BYTES));
    rocksdb_options_set_writable_file_max_buffer_size(
        options, within(wanted->cache_bytes / WRITE_BUFFER_SHARE, MIN_BUFFER_BYTES, MAX_WRITE_BUFFER_BYTES));
    rocksdb_options_set_avoid_unnecessary_blocking_io(options, 1);
    rocksdb_options_set_block_based_table_factory(options, store->table_options);
    rocksdb_options_set_compression(options, rocksdb_no_compression);
    make_levels(options, wanted);
    store->options = options;
}

void rocksdb_store_options_make(struct rocksdb_store *store, const struct rocksdb_store_options *options)
{
    store->cache_bytes = options->cache_bytes;
    make_table_options(store, options->cache_bytes);
    make_store_options(store, options);
    /* Blocks of rows are not kept, since of the rows in one few are asked for again before it goes; what is
     * kept are index and filters, which these options do not concern. */
    store->lookup_options = rocksdb_readoptions_create();
    rocksdb_readoptions_set_fill_cache(store->lookup_options, 0);
    store->scan_options = rocksdb_readoptions_create();
    rocksdb_readoptions_set_fill_cache(store->scan_options, 0);
    store->write_options = rocksdb_writeoptions_create();
    rocksdb_writeoptions_disable_WAL(store->write_options, 1);
    store->file_options = rocksdb_envoptions_create();
    store->ingest_options = rocksdb_ingestexternalfileoptions_create();
    rocksdb_ingestexternalfileoptions_set_move_files(store->ingest_options, 1);
}

void rocksdb_store_options_free(struct rocksdb_store *store)
{
    rocksdb_ingestexternalfileoptions_destroy(store->ingest_options);
    rocksdb_envoptions_destroy(store->file_options);
    rocksdb_writeoptions_destroy(store->write_options);
    rocksdb_readoptions_destroy(store->scan_options);
    rocksdb_readoptions_destroy(store->lookup_options);
    rocksdb_options_destroy(store->options);
    rocksdb_block_based_options_destroy(store->table_options);
    rocksdb_cache_destroy(store->cache);
}

static int64_t stamp_of(const char *value)
{
    uint64_t stamp = 0;
    for (unsigned i = 0; i < 8; i++)
        stamp |= (uint64_t)(uint8_t)value[ROCKSDB_VALUE_STAMP_OFFSET + i] << (8 * i);
    return (int64_t)stamp;
}

/* A compaction's question whether a row may go; from any of its threads. */
static unsigned char is_expired(void *context, int level, const char *key, size_t key_size, const char *value,
                                size_t value_size, char **new_value, size_t *new_value_size,
                                unsigned char *value_changed)
{
    (void)level, (void)key, (void)key_size, (void)new_value, (void)new_value_size, (void)value_changed;
    const struct rocksdb_family *family = context;
    int64_t ttl_ms = atomic_load_explicit(&family->ttl_ms, memory_order_acquire);
    if (ttl_ms == 0 || value_size < ROCKSDB_VALUE_STAMP_OFFSET + sizeof(int64_t) ||
        ((uint8_t)value[0] & ROCKSDB_VALUE_STAMPED) == 0)
        return 0;
    int64_t deadline_ms;
    if (__builtin_add_overflow(stamp_of(value), ttl_ms, &deadline_ms))
        return 0;
    return deadline_ms <= clock_wall_ms(&family->store->clock);
}

static void forget_nothing(void *context)
{
    (void)context;
}

static const char *filter_name(void *context)
{
    (void)context;
    return "time to live";
}

void rocksdb_family_options_make(struct rocksdb_family *family)
{
    family->options = rocksdb_options_create_copy(family->store->options);
    family->filter = rocksdb_compactionfilter_create(family, forget_nothing, is_expired, filter_name);
    rocksdb_options_set_compaction_filter(family->options, family->filter);
}
