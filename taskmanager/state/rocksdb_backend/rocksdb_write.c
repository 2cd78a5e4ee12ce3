#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/state/rocksdb_backend/rocksdb_store_internal.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct rocksdb_run {
    struct rocksdb_family *family;
    rocksdb_sstfilewriter_t *writer;
    char *path;
    uint64_t num_rows;
};

/* Beside the store's own files, whose names have no such ending. */
static char *run_path(struct rocksdb_store *store)
{
    struct buffer path = {0};
    buffer_printf(&path, "%s/%" PRIu64 ".run", store->folder, ++store->num_runs);
    return buffer_take(&path, NULL);
}

enum status rocksdb_run_create(struct rocksdb_family *family, struct rocksdb_run **ret_run,
                               struct error *error)
{
    struct rocksdb_store *store = family->store;
    struct rocksdb_run *run = mem_calloc(1, sizeof *run);
    run->family = family;
    run->path = run_path(store);
    run->writer = rocksdb_sstfilewriter_create(store->file_options, family->options);
    char *message = NULL;
    rocksdb_sstfilewriter_open(run->writer, run->path, &message);
    enum status status = rocksdb_store_result(store, message, "write the state", error);
    if (status != STATUS_OK)
        rocksdb_run_abort(run);
    else
        *ret_run = run;
    return status;
}

void rocksdb_run_abort(struct rocksdb_run *run)
{
    if (run == NULL)
        return;
    rocksdb_sstfilewriter_destroy(run->writer);
    unlink(run->path);
    free(run->path);
    free(run);
}

enum status rocksdb_run_put(struct rocksdb_run *run, struct bytes_view key, struct bytes_view value,
                            struct error *error)
{
    char *message = NULL;
    run->num_rows++;
    rocksdb_sstfilewriter_put(run->writer, (const char *)key.data, key.size, (const char *)value.data,
                              value.size, &message);
    return message == NULL ? STATUS_OK
                           : rocksdb_store_result(run->family->store, message, "write the state", error);
}

enum status rocksdb_run_remove(struct rocksdb_run *run, struct bytes_view key, struct error *error)
{
    char *message = NULL;
    run->num_rows++;
    rocksdb_sstfilewriter_delete(run->writer, (const char *)key.data, key.size, &message);
    return message == NULL ? STATUS_OK
                           : rocksdb_store_result(run->family->store, message, "write the state", error);
}

uint64_t rocksdb_run_bytes(const struct rocksdb_run *run)
{
    uint64_t bytes = 0;
    rocksdb_sstfilewriter_file_size(run->writer, &bytes);
    return bytes;
}

/* Taking a file in knows no back-pressure; a write, be it empty, waits while there are too many files that
 * nobody has compacted yet. */
static enum status wait_for_compactions(struct rocksdb_store *store, struct error *error)
{
    rocksdb_writebatch_t *nothing = rocksdb_writebatch_create();
    char *message = NULL;
    rocksdb_write(store->db, store->write_options, nothing, &message);
    rocksdb_writebatch_destroy(nothing);
    return rocksdb_store_result(store, message, "write the state", error);
}

/* The writer tells the system that nobody needs the file's pages; they are read next. */
static void keep_in_memory(const char *path)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        return;
    (void)posix_fadvise(descriptor, 0, 0, POSIX_FADV_WILLNEED);
    close(descriptor);
}

enum { READ_LEVEL0_PERCENT = 40, IDLE_LEVEL0_PERCENT = 150, CACHE_SHARE = 24, MIN_CACHE_SHARE = 6 };

/* The cache is as large as index and filters of the files that are live, in the bounds given: those of files
 * that are gone leave it then. */
static void adapt_cache(struct rocksdb_store *store)
{
    size_t wanted = rocksdb_store_file_bytes(store) / CACHE_SHARE;
    size_t least = store->cache_bytes / MIN_CACHE_SHARE;
    wanted = wanted < least ? least : wanted > store->cache_bytes ? store->cache_bytes : wanted;
    rocksdb_cache_set_capacity(store->cache, wanted);
}

/* As many files at level 0 as make up a share of the state: the larger that is, the rarer it is merged, and
 * the more files a look-up asks. Where there are none, since the state is in memory, it may be large. Each
 * change of the setting is written to disk by RocksDB, so that small ones are left. */
static enum status adapt_level0(struct rocksdb_family *family, uint64_t num_rows, struct error *error)
{
    uint64_t num_lookups = atomic_load_explicit(&family->num_lookups, memory_order_relaxed);
    bool is_read = num_lookups - family->lookups_seen > num_rows / 4;
    family->lookups_seen = num_lookups;
    struct rocksdb_store *store = family->store;
    uint64_t bytes = 0;
    if (rocksdb_property_int_cf(store->db, family->handle, "rocksdb.live-sst-files-size", &bytes) != 0)
        return STATUS_OK;
    uint64_t percent = is_read ? READ_LEVEL0_PERCENT : IDLE_LEVEL0_PERCENT;
    uint64_t wanted = bytes * percent / 100 / (family->taken_bytes / family->num_taken + 1);
    wanted = wanted < ROCKSDB_LEVEL0_MIN_FILES   ? ROCKSDB_LEVEL0_MIN_FILES
             : wanted > ROCKSDB_LEVEL0_MAX_FILES ? ROCKSDB_LEVEL0_MAX_FILES
                                                 : wanted;
    if (wanted < family->level0_files * 3 / 2 && wanted * 2 > family->level0_files)
        return STATUS_OK;
    char trigger[16], stop[16];
    snprintf(trigger, sizeof trigger, "%u", (unsigned)wanted);
    snprintf(stop, sizeof stop, "%u", (unsigned)wanted + ROCKSDB_LEVEL0_BACKLOG);
    const char *const keys[] = {"level0_file_num_compaction_trigger", "level0_slowdown_writes_trigger",
                                "level0_stop_writes_trigger"};
    const char *const values[] = {trigger, stop, stop};
    char *message = NULL;
    rocksdb_set_options_cf(store->db, family->handle, 3, keys, values, &message);
    family->level0_files = (uint32_t)wanted;
    return rocksdb_store_result(store, message, "adapt the store", error);
}

static enum status take_in(struct rocksdb_run *run, struct error *error)
{
    struct rocksdb_store *store = run->family->store;
    char *message = NULL;
    rocksdb_sstfilewriter_finish(run->writer, &message);
    enum status status = rocksdb_store_result(store, message, "write the state", error);
    if (status == STATUS_OK) {
        run->family->num_taken++;
        run->family->taken_bytes += rocksdb_run_bytes(run);
        adapt_cache(store);
        status = adapt_level0(run->family, run->num_rows, error);
    }
    if (status == STATUS_OK)
        status = wait_for_compactions(store, error);
    if (status != STATUS_OK)
        return status;
    keep_in_memory(run->path);
    const char *path = run->path;
    rocksdb_ingest_external_file_cf(store->db, run->family->handle, &path, 1, store->ingest_options,
                                    &message);
    atomic_store(&run->family->has_files, true);
    return rocksdb_store_result(store, message, "take in the state", error);
}

enum status rocksdb_run_finish(struct rocksdb_run *run, struct error *error)
{
    enum status status = run->num_rows > 0 ? take_in(run, error) : STATUS_OK;
    rocksdb_run_abort(run);
    return status;
}

enum status rocksdb_store_delete_ranges(struct rocksdb_store *store, struct rocksdb_family *const *families,
                                        const struct bytes_view *begins, const struct bytes_view *ends,
                                        size_t count, struct error *error)
{
    rocksdb_writebatch_t *batch = rocksdb_writebatch_create();
    for (size_t i = 0; i < count; i++)
        rocksdb_writebatch_delete_range_cf(batch, families[i]->handle, (const char *)begins[i].data,
                                           begins[i].size, (const char *)ends[i].data, ends[i].size);
    char *message = NULL;
    rocksdb_write(store->db, store->write_options, batch, &message);
    rocksdb_writebatch_destroy(batch);
    enum status status = rocksdb_store_result(store, message, "drop a part of the state", error);
    /* Look-ups find ranges faster in a file than in a memtable. */
    rocksdb_flushoptions_t *options = rocksdb_flushoptions_create();
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        if (i > 0 && families[i] == families[i - 1])
            continue;
        rocksdb_flush_cf(store->db, options, families[i]->handle, &message);
        status = rocksdb_store_result(store, message, "drop a part of the state", error);
    }
    rocksdb_flushoptions_destroy(options);
    return status;
}

enum status rocksdb_store_link(struct rocksdb_store *store, const char *folder, struct error *error)
{
    char *message = NULL;
    rocksdb_checkpoint_t *checkpoint = rocksdb_checkpoint_object_create(store->db, &message);
    if (message != NULL)
        return rocksdb_store_result(store, message, "link the files of a checkpoint", error);
    rocksdb_checkpoint_create(checkpoint, folder, 0, &message);
    rocksdb_checkpoint_object_destroy(checkpoint);
    return rocksdb_store_result(store, message, "link the files of a checkpoint", error);
}
