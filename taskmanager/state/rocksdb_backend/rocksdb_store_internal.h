#pragma once

#include "taskmanager/state/rocksdb_backend/rocksdb_store.h"

#include <rocksdb/c.h>
#include <stdatomic.h>

/* Files at level 0 before they are merged into the last level, and beyond which nothing is taken in. */
enum { ROCKSDB_LEVEL0_MIN_FILES = 4, ROCKSDB_LEVEL0_MAX_FILES = 64, ROCKSDB_LEVEL0_BACKLOG = 24 };

struct rocksdb_family {
    struct rocksdb_store *store;
    char *name;
    rocksdb_options_t *options;
    rocksdb_column_family_handle_t *handle;
    rocksdb_compactionfilter_t *filter;
    _Atomic int64_t ttl_ms; /* read by compactions */
    atomic_bool has_files;
    _Atomic uint64_t num_lookups;    /* keys, by the reading threads */
    uint64_t lookups_seen;           /* when the setting below was last looked at */
    uint64_t taken_bytes, num_taken; /* all runs ever */
    uint32_t level0_files;           /* the present setting */
};

struct rocksdb_store {
    char *folder;
    struct clock clock;
    bool is_read_only;
    rocksdb_t *db;
    rocksdb_cache_t *cache;
    size_t cache_bytes;         /* at most */
    rocksdb_options_t *options; /* of the store, and of each family but for its filter */
    rocksdb_block_based_table_options_t *table_options;
    rocksdb_readoptions_t *lookup_options, *scan_options;
    rocksdb_writeoptions_t *write_options;
    rocksdb_envoptions_t *file_options;
    rocksdb_ingestexternalfileoptions_t *ingest_options;
    rocksdb_column_family_handle_t *unused; /* RocksDB's own "default" */
    struct rocksdb_family **families;
    size_t num_families;
    uint64_t num_runs; /* names their files */
};

/* rocksdb_options.c: all option objects; freed by rocksdb_store_options_free. */
void rocksdb_store_options_make(struct rocksdb_store *store, const struct rocksdb_store_options *options);
void rocksdb_store_options_free(struct rocksdb_store *store);
/* Those of one family, with its filter. */
void rocksdb_family_options_make(struct rocksdb_family *family);

/* Takes a message of RocksDB, frees it, and says it with `what` and the store's folder. NULL: OK. */
STATUS_MUST_CHECK enum status rocksdb_store_result(const struct rocksdb_store *store, char *message,
                                                   const char *what, struct error *error);
