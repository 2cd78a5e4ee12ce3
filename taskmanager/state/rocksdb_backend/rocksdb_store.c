#include "taskmanager/state/rocksdb_backend/rocksdb_store.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/state/rocksdb_backend/rocksdb_store_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char own_family[] = "default";

/* What kind of trouble it is stands in front of RocksDB's messages. */
static enum status status_of(const char *message)
{
    if (strncmp(message, "Corruption", strlen("Corruption")) == 0)
        return STATUS_CORRUPT;
    if (strncmp(message, "Not implemented", strlen("Not implemented")) == 0)
        return STATUS_INTERNAL;
    return STATUS_IO;
}

enum status rocksdb_store_result(const struct rocksdb_store *store, char *message, const char *what,
                                 struct error *error)
{
    if (message == NULL)
        return STATUS_OK;
    enum status status =
        error_set(error, status_of(message), "cannot %s in %s: %s", what, store->folder, message);
    rocksdb_free(message);
    return status;
}

static struct rocksdb_family *add_family(struct rocksdb_store *store, const char *name)
{
    struct rocksdb_family *family = mem_calloc(1, sizeof *family);
    family->store = store;
    family->name = mem_strdup(name);
    family->level0_files = ROCKSDB_LEVEL0_MIN_FILES;
    rocksdb_family_options_make(family);
    rocksdb_family_set_ttl(family, 0); /* from here on compactions may look at it */
    store->families = mem_realloc(store->families, (store->num_families + 1) * sizeof *store->families);
    store->families[store->num_families++] = family;
    return family;
}

static void free_family(struct rocksdb_family *family)
{
    if (family->handle != NULL)
        rocksdb_column_family_handle_destroy(family->handle);
    free(family->name);
}

/* Filters are asked by compactions: they outlive the store. */
static void free_families(struct rocksdb_store *store)
{
    for (size_t i = 0; i < store->num_families; i++) {
        rocksdb_options_destroy(store->families[i]->options);
        rocksdb_compactionfilter_destroy(store->families[i]->filter);
        free(store->families[i]);
    }
    free(store->families);
}

void rocksdb_store_close(struct rocksdb_store *store)
{
    if (store == NULL)
        return;
    for (size_t i = 0; i < store->num_families; i++)
        free_family(store->families[i]);
    if (store->unused != NULL)
        rocksdb_column_family_handle_destroy(store->unused);
    if (store->db != NULL)
        rocksdb_close(store->db);
    free_families(store);
    rocksdb_store_options_free(store);
    free(store->folder);
    free(store);
}

/* Names of all families, the own one first; *ret_count 0: there is no store in the folder. */
static enum status list_families(struct rocksdb_store *store, char ***ret_names, size_t *ret_count,
                                 struct error *error)
{
    *ret_names = NULL;
    *ret_count = 0;
    struct buffer path = {0};
    buffer_printf(&path, "%s/CURRENT", store->folder);
    bool is_there = access(buffer_text(&path), F_OK) == 0;
    buffer_free(&path);
    if (!is_there)
        return STATUS_OK;
    char *message = NULL;
    *ret_names = rocksdb_list_column_families(store->options, store->folder, ret_count, &message);
    return rocksdb_store_result(store, message, "list the states", error);
}

static void note_files(struct rocksdb_family *family)
{
    rocksdb_column_family_metadata_t *metadata =
        rocksdb_get_column_family_metadata_cf(family->store->db, family->handle);
    atomic_store(&family->has_files, rocksdb_column_family_metadata_get_file_count(metadata) > 0);
    rocksdb_column_family_metadata_destroy(metadata);
}

static enum status open_database(struct rocksdb_store *store, const char *const *names, size_t count,
                                 struct error *error)
{
    const rocksdb_options_t **options = mem_alloc(count * sizeof *options);
    rocksdb_column_family_handle_t **handles = mem_calloc(count, sizeof *handles);
    for (size_t i = 0; i < count; i++)
        options[i] =
            strcmp(names[i], own_family) == 0 ? store->options : add_family(store, names[i])->options;
    char *message = NULL;
    if (store->is_read_only)
        store->db = rocksdb_open_for_read_only_column_families(store->options, store->folder, (int)count,
                                                               names, options, handles, 0, &message);
    else
        store->db = rocksdb_open_column_families(store->options, store->folder, (int)count, names, options,
                                                 handles, &message);
    for (size_t i = 0, family = 0; i < count && message == NULL; i++) {
        if (strcmp(names[i], own_family) == 0) {
            store->unused = handles[i];
            continue;
        }
        store->families[family]->handle = handles[i];
        note_files(store->families[family++]);
    }
    free(handles);
    free(options);
    return rocksdb_store_result(store, message, "open the state", error);
}

enum status rocksdb_store_open(const struct rocksdb_store_options *options, struct rocksdb_store **ret_store,
                               struct error *error)
{
    if (mkdir(options->folder, 0777) != 0 && errno != EEXIST)
        return error_set_errno(error, errno, "cannot make folder %s", options->folder);
    struct rocksdb_store *store = mem_calloc(1, sizeof *store);
    store->folder = mem_strdup(options->folder);
    store->clock = options->clock;
    store->is_read_only = options->is_read_only;
    rocksdb_store_options_make(store, options);
    char **names;
    size_t count;
    enum status status = list_families(store, &names, &count, error);
    const char *own_alone = own_family;
    if (status == STATUS_OK)
        status = open_database(store, count > 0 ? (const char *const *)names : &own_alone,
                               count > 0 ? count : 1, error);
    if (names != NULL)
        rocksdb_list_column_families_destroy(names, count);
    if (status != STATUS_OK) {
        rocksdb_store_close(store);
        return status;
    }
    *ret_store = store;
    return STATUS_OK;
}

size_t rocksdb_store_cache_bytes(const struct rocksdb_store *store)
{
    return rocksdb_cache_get_usage(store->cache);
}

static uint64_t property_of(const struct rocksdb_family *family, const char *name)
{
    uint64_t value = 0;
    int failed = rocksdb_property_int_cf(family->store->db, family->handle, name, &value);
    return failed == 0 ? value : 0;
}

uint64_t rocksdb_family_file_bytes(const struct rocksdb_family *family)
{
    return property_of(family, "rocksdb.live-sst-files-size");
}

uint64_t rocksdb_family_num_rows(const struct rocksdb_family *family)
{
    return property_of(family, "rocksdb.estimate-num-keys");
}

uint64_t rocksdb_store_file_bytes(const struct rocksdb_store *store)
{
    uint64_t total = 0;
    for (size_t i = 0; i < store->num_families; i++)
        total += rocksdb_family_file_bytes(store->families[i]);
    return total;
}

size_t rocksdb_store_num_families(const struct rocksdb_store *store)
{
    return store->num_families;
}

struct rocksdb_family *rocksdb_store_family_at(const struct rocksdb_store *store, size_t index)
{
    CHECK(index < store->num_families);
    return store->families[index];
}

const char *rocksdb_family_name(const struct rocksdb_family *family)
{
    return family->name;
}

struct rocksdb_family *rocksdb_store_find_family(const struct rocksdb_store *store, const char *name)
{
    for (size_t i = 0; i < store->num_families; i++)
        if (strcmp(store->families[i]->name, name) == 0)
            return store->families[i];
    return NULL;
}

static enum status make_handle(struct rocksdb_family *family, struct error *error)
{
    struct rocksdb_store *store = family->store;
    char *message = NULL;
    family->handle = rocksdb_create_column_family(store->db, family->options, family->name, &message);
    if (message != NULL)
        family->handle = NULL; /* the family is freed with the store */
    return rocksdb_store_result(store, message, "add a state", error);
}

enum status rocksdb_family_clear(struct rocksdb_family *family, struct error *error)
{
    char *message = NULL;
    rocksdb_drop_column_family(family->store->db, family->handle, &message);
    enum status status = rocksdb_store_result(family->store, message, "drop a state", error);
    if (status != STATUS_OK)
        return status;
    rocksdb_column_family_handle_destroy(family->handle);
    family->taken_bytes = family->num_taken = 0;
    family->level0_files = ROCKSDB_LEVEL0_MIN_FILES;
    atomic_store(&family->has_files, false);
    return make_handle(family, error);
}

enum status rocksdb_store_make_family(struct rocksdb_store *store, const char *name,
                                      struct rocksdb_family **ret_family, struct error *error)
{
    CHECK(rocksdb_store_find_family(store, name) == NULL && strcmp(name, own_family) != 0);
    struct rocksdb_family *family = add_family(store, name);
    enum status status = make_handle(family, error);
    if (status == STATUS_OK)
        *ret_family = family;
    return status;
}

void rocksdb_family_set_ttl(struct rocksdb_family *family, int64_t ttl_ms)
{
    atomic_store_explicit(&family->ttl_ms, ttl_ms, memory_order_release);
}

bool rocksdb_family_has_files(const struct rocksdb_family *family)
{
    return atomic_load(&family->has_files);
}
