#pragma once

#include "common/base/buffer.h"
#include "common/base/clock.h"
#include "common/base/status.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * An ordered map of bytes on local disk, in families: RocksDB as keyed state uses it. There is no log: what
 * was written is there after rocksdb_store_link and a copy of the linked files, not after a crash.
 *
 * One thread writes (files, ranges, links), any may read. Errors name the file where RocksDB does; none is
 * fatal: the folder is a copy of a checkpoint plus what was processed since.
 *
 * A value begins with a byte of flags; with ROCKSDB_VALUE_STAMPED the time of its last write follows, i64 ms
 * little-endian, by which a family with a time to live drops it when it is compacted.
 */
enum { ROCKSDB_VALUE_STAMPED = 1, ROCKSDB_VALUE_STAMP_OFFSET = 1 };

struct rocksdb_store;
struct rocksdb_family;

struct rocksdb_store_options {
    const char *folder; /* made when missing; what is in it is opened */
    bool is_read_only;
    size_t cache_bytes; /* index and filters, at most */
    size_t file_bytes;  /* of compacted files, about */
    size_t level_bytes; /* up to so many there is only one level of them */
    struct clock clock;
};

STATUS_MUST_CHECK enum status rocksdb_store_open(const struct rocksdb_store_options *options,
                                                 struct rocksdb_store **ret_store, struct error *error);
void rocksdb_store_close(struct rocksdb_store *store);
size_t rocksdb_store_cache_bytes(const struct rocksdb_store *store);  /* in use; any thread */
uint64_t rocksdb_store_file_bytes(const struct rocksdb_store *store); /* of all that are live; any thread */

/* Those that are in the folder, in no order; owned by the store. Names are unique. */
size_t rocksdb_store_num_families(const struct rocksdb_store *store);
struct rocksdb_family *rocksdb_store_family_at(const struct rocksdb_store *store, size_t index);
const char *rocksdb_family_name(const struct rocksdb_family *family);
/* NULL when there is none. */
struct rocksdb_family *rocksdb_store_find_family(const struct rocksdb_store *store, const char *name);
STATUS_MUST_CHECK enum status rocksdb_store_make_family(struct rocksdb_store *store, const char *name,
                                                        struct rocksdb_family **ret_family,
                                                        struct error *error);
/* 0: for ever. From now on; any time. */
void rocksdb_family_set_ttl(struct rocksdb_family *family, int64_t ttl_ms);
/* True once anything was written to it, or found in the folder. */
bool rocksdb_family_has_files(const struct rocksdb_family *family);
uint64_t rocksdb_family_num_rows(const struct rocksdb_family *family); /* about */
uint64_t rocksdb_family_file_bytes(const struct rocksdb_family *family);
/* Empty from now on; a scan that was begun before goes on over what was there. While nobody else uses it. */
STATUS_MUST_CHECK enum status rocksdb_family_clear(struct rocksdb_family *family, struct error *error);

/* Look-ups in bulk. Values stay valid until the next rocksdb_lookup_get or rocksdb_lookup_clear. */
struct rocksdb_lookup;
struct rocksdb_lookup *rocksdb_lookup_create(void);
void rocksdb_lookup_free(struct rocksdb_lookup *lookup);
STATUS_MUST_CHECK enum status rocksdb_lookup_get(struct rocksdb_lookup *lookup, struct rocksdb_family *family,
                                                 const struct bytes_view *keys, uint32_t count,
                                                 struct error *error);
/* data NULL: there is none. */
struct bytes_view rocksdb_lookup_value(const struct rocksdb_lookup *lookup, uint32_t index);
void rocksdb_lookup_clear(struct rocksdb_lookup *lookup);

/* A walk in order over keys in [begin, end), of the family as it is now; end empty: to the last. */
struct rocksdb_scan;
struct rocksdb_scan *rocksdb_scan_begin(struct rocksdb_family *family, struct bytes_view begin,
                                        struct bytes_view end);
void rocksdb_scan_end(struct rocksdb_scan *scan);
/* False at the end: then, and only then, rocksdb_scan_status says whether it was one. */
bool rocksdb_scan_has_row(const struct rocksdb_scan *scan);
STATUS_MUST_CHECK enum status rocksdb_scan_status(const struct rocksdb_scan *scan, struct error *error);
/* Of the present row, until the scan moves. */
struct bytes_view rocksdb_scan_key(const struct rocksdb_scan *scan);
struct bytes_view rocksdb_scan_value(const struct rocksdb_scan *scan);
void rocksdb_scan_next(struct rocksdb_scan *scan);
/* To the first key >= key. */
void rocksdb_scan_seek(struct rocksdb_scan *scan, struct bytes_view key);

/*
 * A file of rows in ascending order of keys, each once, which then becomes part of the family at once: its
 * rows are newer than all before. The file is deleted unless it was taken.
 */
struct rocksdb_run;
STATUS_MUST_CHECK enum status rocksdb_run_create(struct rocksdb_family *family, struct rocksdb_run **ret_run,
                                                 struct error *error);
STATUS_MUST_CHECK enum status rocksdb_run_put(struct rocksdb_run *run, struct bytes_view key,
                                              struct bytes_view value, struct error *error);
STATUS_MUST_CHECK enum status rocksdb_run_remove(struct rocksdb_run *run, struct bytes_view key,
                                                 struct error *error);
uint64_t rocksdb_run_bytes(const struct rocksdb_run *run); /* written so far, about */
/* Frees the run, whatever the result. One without rows is no error. May wait for compactions that lag
 * behind. */
STATUS_MUST_CHECK enum status rocksdb_run_finish(struct rocksdb_run *run, struct error *error);
void rocksdb_run_abort(struct rocksdb_run *run); /* may be NULL */

/* Deletes the rows of [begins[i], ends[i]) of families[i]. */
STATUS_MUST_CHECK enum status rocksdb_store_delete_ranges(struct rocksdb_store *store,
                                                          struct rocksdb_family *const *families,
                                                          const struct bytes_view *begins,
                                                          const struct bytes_view *ends, size_t count,
                                                          struct error *error);
/* All that was written, as a folder of hard links that is not there yet and can be opened as a store; its
 * parent is there, on the same file system. */
STATUS_MUST_CHECK enum status rocksdb_store_link(struct rocksdb_store *store, const char *folder,
                                                 struct error *error);
