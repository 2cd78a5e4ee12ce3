#include "common/iceberg/catalogs/catalog_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_LOADS = 10 };

struct hadoop_catalog {
    struct iceberg_catalog base;
    const struct process_context *process;
    struct file_io *io;
    struct file_io *owned_io; /* NULL when it is the caller's */
    struct random *random;
    char *warehouse; /* without trailing '/' */
};

static char *table_location(const struct hadoop_catalog *catalog, const char *database, const char *table)
{
    struct buffer path = {0};
    buffer_printf(&path, "%s/%s/%s", catalog->warehouse, database, table);
    return buffer_take(&path, NULL);
}

static char *metadata_folder(const struct hadoop_catalog *catalog, const char *database, const char *table)
{
    struct buffer path = {0};
    buffer_printf(&path, "%s/%s/%s/metadata", catalog->warehouse, database, table);
    return buffer_take(&path, NULL);
}

static enum status refuse_missing(const char *folder, const struct hadoop_versions *versions,
                                  struct error *error)
{
    if (versions->has_foreign)
        return error_set(
            error, STATUS_UNSUPPORTED,
            "%s holds metadata of another kind of catalog (no vN.metadata.json): it is no hadoop table",
            folder);
    return error_set(error, STATUS_NOT_FOUND, "there is no table at %s", folder);
}

static enum status hadoop_load_table(struct iceberg_catalog *base, const char *database, const char *table,
                                     struct iceberg_table **ret_table, struct error *error)
{
    struct hadoop_catalog *catalog = (struct hadoop_catalog *)base;
    char *folder = metadata_folder(catalog, database, table);
    enum status status = STATUS_OK;
    /* The newest version can go away between listing and reading: its writer found that it was stale. */
    for (int i = 0; i < MAX_LOADS; i++) {
        struct hadoop_versions versions;
        status = hadoop_versions_list(catalog->io, folder, -1, &versions, error);
        if (status == STATUS_OK && versions.highest < 0)
            status = refuse_missing(folder, &versions, error);
        if (status != STATUS_OK)
            break;
        status = hadoop_versions_load(catalog->io, folder, &versions, ret_table, error);
        if (status != STATUS_NOT_FOUND)
            break;
    }
    free(folder);
    return status == STATUS_OK ? status : error_prefix(error, "table %s.%s", database, table);
}

static enum status check_location(const struct iceberg_create_table *request, const char *location,
                                  struct error *error)
{
    if (request->location == NULL || strcmp(request->location, location) == 0)
        return STATUS_OK;
    return error_set(error, STATUS_INVALID_ARGUMENT,
                     "a hadoop catalog puts the table at %s: take the location %s away", location,
                     request->location);
}

static enum status make_folders(const struct hadoop_catalog *catalog, const char *location,
                                const char *folder, struct error *error)
{
    struct hadoop_versions versions;
    enum status status = hadoop_versions_list(catalog->io, folder, 1, &versions, error);
    if (status == STATUS_OK && versions.highest >= 0)
        return error_set(error, STATUS_ALREADY_EXISTS, "there is a table at %s", location);
    if (status == STATUS_OK && versions.has_foreign)
        return refuse_missing(folder, &versions, error);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        return status;
    char *data = mem_alloc(strlen(location) + sizeof "/data");
    strcpy(data, location);
    strcat(data, "/data");
    status = file_io_make_directories(catalog->io, folder, error);
    if (status == STATUS_OK)
        status = file_io_make_directories(catalog->io, data, error);
    free(data);
    return status;
}

static enum status publish_first(struct hadoop_publication *publication,
                                 struct iceberg_table_metadata *metadata, struct iceberg_table **ret_table,
                                 struct error *error)
{
    enum status status = hadoop_publication_run(publication, error);
    if (status == STATUS_CONFLICT)
        return error_set(error, STATUS_ALREADY_EXISTS, "somebody else just created the table at %s",
                         publication->folder);
    if (status != STATUS_OK)
        return status;
    hadoop_versions_write_hint(publication->io, publication->folder, publication->version);
    *ret_table = hadoop_publication_table(publication, metadata);
    return STATUS_OK;
}

static struct hadoop_publication new_publication(const struct hadoop_catalog *catalog)
{
    return (struct hadoop_publication){.io = catalog->io, .failpoints = catalog->process->failpoints};
}

static enum status hadoop_create_table(struct iceberg_catalog *base, const char *database, const char *table,
                                       const struct iceberg_create_table *request,
                                       struct iceberg_table **ret_table, struct error *error)
{
    struct hadoop_catalog *catalog = (struct hadoop_catalog *)base;
    char *location = table_location(catalog, database, table);
    char *folder = metadata_folder(catalog, database, table);
    struct hadoop_publication publication = new_publication(catalog);
    struct iceberg_table_metadata *metadata = NULL;
    struct iceberg_create_table placed = *request;
    placed.location = location;
    enum status status = check_location(request, location, error);
    if (status == STATUS_OK)
        status = make_folders(catalog, location, folder, error);
    if (status == STATUS_OK)
        status = iceberg_table_metadata_create(&placed, clock_wall_ms(&catalog->process->clock),
                                               catalog->random, &metadata, error);
    if (status == STATUS_OK)
        status = hadoop_publication_init(&publication, mem_strdup(folder), 1, metadata, error);
    if (status == STATUS_OK)
        status = publish_first(&publication, metadata, ret_table, error);
    hadoop_publication_clear(&publication);
    iceberg_table_metadata_unref(metadata);
    free(folder);
    free(location);
    return status == STATUS_OK ? status : error_prefix(error, "cannot create table %s.%s", database, table);
}

static enum status with_log(const struct iceberg_table *base, const struct iceberg_table_metadata *updated,
                            struct iceberg_table_metadata **ret_metadata, struct error *error)
{
    struct iceberg_metadata_update *update = iceberg_metadata_update_create(updated);
    iceberg_metadata_update_log_previous(update, base->metadata_file, base->metadata->last_updated_ms);
    enum status status = iceberg_metadata_update_build(update, updated->last_updated_ms, ret_metadata, error);
    iceberg_metadata_update_free(update);
    return status;
}

static enum status hadoop_commit(struct iceberg_catalog *catalog_base, const char *database,
                                 const char *table, const struct iceberg_table *base,
                                 const struct iceberg_table_metadata *updated,
                                 struct iceberg_table **ret_table, struct error *error)
{
    struct hadoop_catalog *catalog = (struct hadoop_catalog *)catalog_base;
    CHECK(base->version >= 0);
    struct hadoop_publication publication = new_publication(catalog);
    struct iceberg_table_metadata *metadata = NULL;
    enum status status = with_log(base, updated, &metadata, error);
    if (status == STATUS_OK)
        status = hadoop_publication_init(&publication, metadata_folder(catalog, database, table),
                                         base->version + 1, metadata, error);
    if (status == STATUS_OK)
        status = hadoop_publication_run(&publication, error);
    if (status == STATUS_OK) {
        hadoop_versions_write_hint(catalog->io, publication.folder, publication.version);
        hadoop_publication_delete_old(&publication, base->metadata);
        *ret_table = hadoop_publication_table(&publication, metadata);
    }
    hadoop_publication_clear(&publication);
    iceberg_table_metadata_unref(metadata);
    return status == STATUS_OK ? status : error_prefix(error, "commit to %s.%s", database, table);
}

/* Names of folders, collected since a listing must not call the file system again. */
struct name_list {
    char **names;
    uint32_t count;
};

static bool collect(void *context, const char *name, bool is_directory)
{
    struct name_list *list = context;
    if (!is_directory || *name == '.')
        return true;
    list->names = mem_realloc(list->names, (list->count + 1) * sizeof *list->names);
    list->names[list->count++] = mem_strdup(name);
    return true;
}

static enum status is_table(struct hadoop_catalog *catalog, const char *database, const char *name,
                            bool *ret_is_table, struct error *error)
{
    char *folder = metadata_folder(catalog, database, name);
    enum status status = file_io_exists(catalog->io, folder, ret_is_table, error);
    free(folder);
    return status;
}

static enum status hadoop_list(struct iceberg_catalog *base, const char *database,
                               iceberg_name_visitor *visitor, void *context, struct error *error)
{
    struct hadoop_catalog *catalog = (struct hadoop_catalog *)base;
    struct buffer path = {0};
    struct name_list list = {0};
    buffer_printf(&path, database != NULL ? "%s/%s" : "%s", catalog->warehouse, database);
    enum status status = file_io_list(catalog->io, buffer_text(&path), collect, &list, error);
    if (status == STATUS_NOT_FOUND && database == NULL)
        status = STATUS_OK; /* nothing was created yet */
    bool goes_on = true;
    for (uint32_t i = 0; i < list.count; i++) {
        bool shown = true;
        if (status == STATUS_OK && goes_on && database != NULL)
            status = is_table(catalog, database, list.names[i], &shown, error);
        if (status == STATUS_OK && goes_on && shown)
            goes_on = visitor(context, list.names[i]);
        free(list.names[i]);
    }
    free(list.names);
    buffer_free(&path);
    return status;
}

static enum status hadoop_create_database(struct iceberg_catalog *base, const char *database,
                                          struct error *error)
{
    struct hadoop_catalog *catalog = (struct hadoop_catalog *)base;
    struct buffer path = {0};
    buffer_printf(&path, "%s/%s", catalog->warehouse, database);
    enum status status = file_io_make_directories(catalog->io, buffer_text(&path), error);
    buffer_free(&path);
    return status;
}

static enum status hadoop_drop_table(struct iceberg_catalog *base, const char *database, const char *table,
                                     bool purge, struct error *error)
{
    struct hadoop_catalog *catalog = (struct hadoop_catalog *)base;
    char *location = table_location(catalog, database, table);
    char *folder = metadata_folder(catalog, database, table);
    bool exists = false;
    enum status status = is_table(catalog, database, table, &exists, error);
    if (status == STATUS_OK && !exists)
        status = error_set(error, STATUS_NOT_FOUND, "there is no table %s.%s", database, table);
    if (status == STATUS_OK) /* without purge the data stays, where other tables may refer to it */
        status = file_io_delete_directory(catalog->io, purge ? location : folder, error);
    free(folder);
    free(location);
    return status;
}

static void hadoop_free(struct iceberg_catalog *base)
{
    struct hadoop_catalog *catalog = (struct hadoop_catalog *)base;
    file_io_free(catalog->owned_io);
    free(catalog->warehouse);
    free(catalog);
}

static const struct iceberg_catalog_ops hadoop_ops = {
    .load_table = hadoop_load_table,
    .create_table = hadoop_create_table,
    .commit = hadoop_commit,
    .list = hadoop_list,
    .create_database = hadoop_create_database,
    .drop_table = hadoop_drop_table,
    .free = hadoop_free,
};

enum status hadoop_catalog_open(const struct process_context *process,
                                const struct iceberg_catalog_options *options,
                                struct iceberg_catalog **ret_catalog, struct error *error)
{
    struct file_io *owned_io = NULL;
    if (options->io == NULL) {
        enum status status = file_io_for_uri(options->warehouse, &owned_io, error);
        if (status != STATUS_OK)
            return error_prefix(error, "warehouse");
    }
    struct hadoop_catalog *catalog = mem_calloc(1, sizeof *catalog);
    catalog->base.ops = &hadoop_ops;
    catalog->process = process;
    catalog->owned_io = owned_io;
    catalog->io = options->io != NULL ? options->io : owned_io;
    catalog->random = options->random;
    size_t size = strlen(options->warehouse);
    while (size > 1 && options->warehouse[size - 1] == '/')
        size--;
    catalog->warehouse = mem_strndup(options->warehouse, size);
    *ret_catalog = &catalog->base;
    return STATUS_OK;
}
