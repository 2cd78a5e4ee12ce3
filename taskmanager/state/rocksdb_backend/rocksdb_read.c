#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/state/rocksdb_backend/rocksdb_store_internal.h"

#include <stdlib.h>

struct rocksdb_lookup {
    uint32_t capacity, count;
    const char **keys;
    size_t *key_sizes;
    rocksdb_pinnableslice_t **values;
    char **messages;
};

struct rocksdb_lookup *rocksdb_lookup_create(void)
{
    return mem_calloc(1, sizeof(struct rocksdb_lookup));
}

void rocksdb_lookup_clear(struct rocksdb_lookup *lookup)
{
    for (uint32_t i = 0; i < lookup->count; i++)
        if (lookup->values[i] != NULL)
            rocksdb_pinnableslice_destroy(lookup->values[i]);
    lookup->count = 0;
}

static void free_arrays(struct rocksdb_lookup *lookup)
{
    free(lookup->keys);
    free(lookup->key_sizes);
    free(lookup->values);
    free(lookup->messages);
}

void rocksdb_lookup_free(struct rocksdb_lookup *lookup)
{
    if (lookup == NULL)
        return;
    rocksdb_lookup_clear(lookup);
    free_arrays(lookup);
    free(lookup);
}

static void ensure_capacity(struct rocksdb_lookup *lookup, uint32_t count)
{
    if (count <= lookup->capacity)
        return;
    free_arrays(lookup);
    lookup->keys = mem_alloc(count * sizeof *lookup->keys);
    lookup->key_sizes = mem_alloc(count * sizeof *lookup->key_sizes);
    lookup->values = mem_alloc(count * sizeof *lookup->values);
    lookup->messages = mem_alloc(count * sizeof *lookup->messages);
    lookup->capacity = count;
}

enum status rocksdb_lookup_get(struct rocksdb_lookup *lookup, struct rocksdb_family *family,
                               const struct bytes_view *keys, uint32_t count, struct error *error)
{
    struct rocksdb_store *store = family->store;
    rocksdb_lookup_clear(lookup);
    ensure_capacity(lookup, count);
    for (uint32_t i = 0; i < count; i++) {
        lookup->keys[i] = (const char *)keys[i].data;
        lookup->key_sizes[i] = keys[i].size;
    }
    rocksdb_set_perf_level(rocksdb_disable); /* of this thread */
    rocksdb_batched_multi_get_cf(store->db, store->lookup_options, family->handle, count, lookup->keys,
                                 lookup->key_sizes, lookup->values, lookup->messages, false);
    lookup->count = count;
    atomic_fetch_add_explicit(&family->num_lookups, count, memory_order_relaxed);
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < count; i++) {
        if (lookup->messages[i] == NULL)
            continue;
        if (status == STATUS_OK)
            status = rocksdb_store_result(store, lookup->messages[i], "read the state", error);
        else
            rocksdb_free(lookup->messages[i]);
    }
    if (status != STATUS_OK)
        rocksdb_lookup_clear(lookup);
    return status;
}

struct bytes_view rocksdb_lookup_value(const struct rocksdb_lookup *lookup, uint32_t index)
{
    CHECK(index < lookup->count);
    if (lookup->values[index] == NULL)
        return (struct bytes_view){0};
    size_t size;
    const char *data = rocksdb_pinnableslice_value(lookup->values[index], &size);
    return (struct bytes_view){(const uint8_t *)data, size};
}

struct rocksdb_scan {
    struct rocksdb_store *store;
    rocksdb_readoptions_t *options;
    rocksdb_iterator_t *iterator;
    struct buffer end; /* the options point to it */
};

struct rocksdb_scan *rocksdb_scan_begin(struct rocksdb_family *family, struct bytes_view begin,
                                        struct bytes_view end)
{
    struct rocksdb_scan *scan = mem_calloc(1, sizeof *scan);
    scan->store = family->store;
    scan->options = rocksdb_readoptions_create();
    rocksdb_readoptions_set_fill_cache(scan->options, 0);
    rocksdb_readoptions_set_background_purge_on_iterator_cleanup(scan->options, 1);
    if (end.size > 0) {
        buffer_append(&scan->end, end.data, end.size);
        rocksdb_readoptions_set_iterate_upper_bound(scan->options, (const char *)scan->end.data,
                                                    scan->end.size);
    }
    scan->iterator = rocksdb_create_iterator_cf(scan->store->db, scan->options, family->handle);
    rocksdb_scan_seek(scan, begin);
    return scan;
}

void rocksdb_scan_end(struct rocksdb_scan *scan)
{
    if (scan == NULL)
        return;
    rocksdb_iter_destroy(scan->iterator);
    rocksdb_readoptions_destroy(scan->options);
    buffer_free(&scan->end);
    free(scan);
}

bool rocksdb_scan_has_row(const struct rocksdb_scan *scan)
{
    return rocksdb_iter_valid(scan->iterator);
}

enum status rocksdb_scan_status(const struct rocksdb_scan *scan, struct error *error)
{
    char *message = NULL;
    rocksdb_iter_get_error(scan->iterator, &message);
    return rocksdb_store_result(scan->store, message, "read the state", error);
}

struct bytes_view rocksdb_scan_key(const struct rocksdb_scan *scan)
{
    size_t size;
    const char *data = rocksdb_iter_key(scan->iterator, &size);
    return (struct bytes_view){(const uint8_t *)data, size};
}

struct bytes_view rocksdb_scan_value(const struct rocksdb_scan *scan)
{
    size_t size;
    const char *data = rocksdb_iter_value(scan->iterator, &size);
    return (struct bytes_view){(const uint8_t *)data, size};
}

void rocksdb_scan_next(struct rocksdb_scan *scan)
{
    rocksdb_iter_next(scan->iterator);
}

void rocksdb_scan_seek(struct rocksdb_scan *scan, struct bytes_view key)
{
    rocksdb_iter_seek(scan->iterator, (const char *)key.data, key.size);
}
