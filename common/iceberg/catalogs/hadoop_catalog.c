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

static enum status read_metadata(struct file_io *io, const char *file,
                                 struct iceberg_table_metadata **ret_metadata, struct error *error)
{
    struct buffer bytes = {0};
    enum status status = file_io_read(io, file, &bytes, error);
    if (status == STATUS_OK) {
        status = iceberg_table_metadata_parse(buffer_view(&bytes), ret_metadata, error);
        if (status != STATUS_OK)
            error_prefix(error, "%s", file);
    }
    buffer_free(&bytes);
    return status;
}

static enum status load_highest(struct file_io *io, const char *folder,
                                const struct hadoop_versions *versions, struct iceberg_table **ret_table,
                                struct error *error)
{
    struct iceberg_table_metadata *metadata;
    char *file = hadoop_version_path(folder, versions->highest, !versions->highest_is_plain);
    enum status status = read_metadata(io, file, &metadata, error);
    if (status != STATUS_OK) {
        free(file);
        return status;
    }
    struct iceberg_table *table = mem_calloc(1, sizeof *table);
    table->metadata_file = file;
    table->version = versions->highest;
    table->metadata = metadata;
    *ret_table = table;
    return STATUS_OK;
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
        status = load_highest(catalog->io, folder, &versions, ret_table, error);
        if (status != STATUS_NOT_FOUND)
            break;
    }
    free(folder);
    return status == STATUS_OK ? status : error_prefix(error, "table %s.%s", database, table);
}

/* What one publication works on. */
struct publication {
    struct hadoop_catalog *catalog;
    char *folder;
    char *file;
    int64_t version;
    bool gzip;
    const struct iceberg_table_metadata *metadata;
    struct buffer bytes;
};

/* True when the file has exactly our bytes: they hold a UUID or snapshot id that nobody else has. */
static enum status is_ours(const struct publication *publication, bool *ret_ours, struct error *error)
{
    struct buffer bytes = {0};
    enum status status = file_io_read(publication->catalog->io, publication->file, &bytes, error);
    if (status == STATUS_OK)
        *ret_ours = bytes.size == publication->bytes.size &&
                    memcmp(bytes.data, publication->bytes.data, bytes.size) == 0;
    else if (status == STATUS_NOT_FOUND)
        *ret_ours = false;
    buffer_free(&bytes);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* Creates the version; where the answer is an error, what is there now decides. */
static enum status publish(const struct publication *publication, struct error *error)
{
    struct file_io *io = publication->catalog->io;
    enum status status = file_io_create_exclusive(io, publication->file, publication->bytes.data,
                                                  publication->bytes.size, error);
    if (status == STATUS_OK)
        return status;
    struct error unreadable;
    bool ours;
    if (is_ours(publication, &ours, &unreadable) != STATUS_OK) {
        error->retriable = true;
        return status == STATUS_ALREADY_EXISTS
                   ? error_set(error, STATUS_UNAVAILABLE, "cannot tell who wrote %s: %s", publication->file,
                               unreadable.message)
                   : status;
    }
    if (ours) /* its name was made durable or not; the sync that failed is done again */
        return file_io_sync_directory(io, publication->folder, error);
    if (status == STATUS_ALREADY_EXISTS)
        return error_set(error, STATUS_CONFLICT, "version %lld of %s was committed by somebody else",
                         (long long)publication->version, publication->folder);
    return status;
}

/* Removes the version that we published and that does not stand, unless somebody replaced it. */
static enum status withdraw(const struct publication *publication, const char *reason, struct error *error)
{
    bool ours;
    enum status status = is_ours(publication, &ours, error);
    if (status == STATUS_OK && ours)
        status = file_io_delete(publication->catalog->io, publication->file, error);
    if (status != STATUS_OK)
        return error_prefix(error, "cannot withdraw %s", publication->file);
    return error_set(error, STATUS_CONFLICT, "version %lld of %s does not stand: %s",
                     (long long)publication->version, publication->folder, reason);
}

/* A later version has ours in its history: its snapshot, or its metadata file. */
static bool is_successor(const struct publication *publication, const struct iceberg_table_metadata *later)
{
    if (strcmp(later->table_uuid, publication->metadata->table_uuid) != 0)
        return false;
    if (publication->metadata->current_snapshot_id != ICEBERG_NO_SNAPSHOT &&
        iceberg_table_is_ancestor(later, publication->metadata->current_snapshot_id))
        return true;
    const char *name = file_path_name(publication->file);
    for (uint32_t i = 0; i < later->num_metadata_log; i++)
        if (strcmp(file_path_name(later->metadata_log[i].file), name) == 0)
            return publication->metadata->current_snapshot_id == ICEBERG_NO_SNAPSHOT;
    return false;
}

/*
 * Old versions are deleted, so a writer that slept long can create one that existed before. Ours stands only
 * if it is the highest, or in the history of the highest.
 */
static enum status verify(const struct publication *publication, struct error *error)
{
    struct file_io *io = publication->catalog->io;
    struct hadoop_versions versions;
    enum status status =
        hadoop_versions_list(io, publication->folder, publication->version, &versions, error);
    if (status != STATUS_OK)
        return status;
    if (versions.highest > publication->version) {
        struct iceberg_table *highest;
        status = load_highest(io, publication->folder, &versions, &highest, error);
        if (status != STATUS_OK)
            return status;
        bool stands = is_successor(publication, highest->metadata);
        iceberg_table_free(highest);
        return stands ? STATUS_OK : withdraw(publication, "a higher version does not know it", error);
    }
    if (versions.wanted_plain && versions.wanted_gz)
        return withdraw(publication, "it is there twice, plain and compressed", error);
    if (!versions.wanted_plain && !versions.wanted_gz)
        return error_set(error, STATUS_CONFLICT, "%s vanished after it was written", publication->file);
    if (publication->version > 1 && !versions.has_predecessor)
        return withdraw(publication, "the version before it vanished: the table was dropped or replaced",
                        error);
    return STATUS_OK;
}

static enum status prepare(struct publication *publication, struct error *error)
{
    publication->gzip = false;
    const char *codec = iceberg_table_property(publication->metadata, "write.metadata.compression-codec");
    publication->gzip = codec != NULL && strcmp(codec, "gzip") == 0;
    publication->file = hadoop_version_path(publication->folder, publication->version, publication->gzip);
    return iceberg_table_metadata_write(publication->metadata, publication->gzip, &publication->bytes, error);
}

static void publication_clear(struct publication *publication)
{
    buffer_free(&publication->bytes);
    free(publication->file);
    free(publication->folder);
}

static struct iceberg_table *published_table(const struct publication *publication,
                                             struct iceberg_table_metadata *metadata)
{
    struct iceberg_table *table = mem_calloc(1, sizeof *table);
    table->metadata_file = mem_strdup(publication->file);
    table->version = publication->version;
    table->metadata = iceberg_table_metadata_ref(metadata);
    return table;
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

static enum status publish_first(struct publication *publication, struct iceberg_table_metadata *metadata,
                                 struct iceberg_table **ret_table, struct error *error)
{
    enum status status = prepare(publication, error);
    if (status == STATUS_OK)
        status = publish(publication, error);
    if (status == STATUS_OK)
        status = verify(publication, error);
    if (status == STATUS_CONFLICT)
        return error_set(error, STATUS_ALREADY_EXISTS, "somebody else just created the table at %s",
                         publication->folder);
    if (status != STATUS_OK)
        return status;
    hadoop_versions_write_hint(publication->catalog->io, publication->folder, publication->version);
    *ret_table = published_table(publication, metadata);
    return STATUS_OK;
}

static enum status hadoop_create_table(struct iceberg_catalog *base, const char *database, const char *table,
                                       const struct iceberg_create_table *request,
                                       struct iceberg_table **ret_table, struct error *error)
{
    struct hadoop_catalog *catalog = (struct hadoop_catalog *)base;
    char *location = table_location(catalog, database, table);
    struct publication publication = {
        .catalog = catalog, .folder = metadata_folder(catalog, database, table), .version = 1};
    struct iceberg_table_metadata *metadata = NULL;
    struct iceberg_create_table placed = *request;
    placed.location = location;
    enum status status = check_location(request, location, error);
    if (status == STATUS_OK)
        status = make_folders(catalog, location, publication.folder, error);
    if (status == STATUS_OK)
        status = iceberg_table_metadata_create(&placed, clock_wall_ms(&catalog->process->clock),
                                               catalog->random, &metadata, error);
    if (status == STATUS_OK) {
        publication.metadata = metadata;
        status = publish_first(&publication, metadata, ret_table, error);
    }
    iceberg_table_metadata_unref(metadata);
    publication_clear(&publication);
    free(location);
    return status == STATUS_OK ? status : error_prefix(error, "cannot create table %s.%s", database, table);
}

static bool is_logged(const struct iceberg_table_metadata *metadata, const char *file)
{
    for (uint32_t i = 0; i < metadata->num_metadata_log; i++)
        if (strcmp(metadata->metadata_log[i].file, file) == 0)
            return true;
    return false;
}

/* Deletes the metadata files that fell out of the log with this commit. */
static void delete_old_metadata(struct file_io *io, const char *folder,
                                const struct iceberg_table_metadata *before,
                                const struct iceberg_table_metadata *after)
{
    struct error ignored;
    if (!iceberg_table_property_boolean(after, "write.metadata.delete-after-commit.enabled", false))
        return;
    for (uint32_t i = 0; i < before->num_metadata_log; i++) {
        const char *file = before->metadata_log[i].file;
        char *parent = file_path_parent(file);
        bool is_here = strcmp(parent, folder) == 0; /* never outside of the table */
        free(parent);
        if (is_here && !is_logged(after, file) && file_io_delete(io, file, &ignored) != STATUS_OK)
            return;
    }
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

static enum status check_base(const struct publication *publication, const struct iceberg_table *base,
                              struct error *error)
{
    struct hadoop_versions versions;
    enum status status = hadoop_versions_list(publication->catalog->io, publication->folder,
                                              publication->version, &versions, error);
    if (status != STATUS_OK)
        return status;
    if (versions.highest != base->version)
        return error_set(error, STATUS_CONFLICT, "the table at %s moved from version %lld to %lld",
                         publication->folder, (long long)base->version, (long long)versions.highest);
    return STATUS_OK;
}

static enum status publish_next(struct publication *publication, const struct iceberg_table *base,
                                struct error *error)
{
    struct failpoints *failpoints = publication->catalog->process->failpoints;
    enum status status = prepare(publication, error);
    if (status == STATUS_OK)
        status = check_base(publication, base, error);
    if (status == STATUS_OK)
        status = failpoint(failpoints, "committer/before_metadata_write", error);
    if (status == STATUS_OK)
        status = publish(publication, error);
    if (status == STATUS_OK)
        status = failpoint(failpoints, "committer/after_metadata_write", error);
    return status == STATUS_OK ? verify(publication, error) : status;
}

static enum status hadoop_commit(struct iceberg_catalog *catalog_base, const char *database,
                                 const char *table, const struct iceberg_table *base,
                                 const struct iceberg_table_metadata *updated,
                                 struct iceberg_table **ret_table, struct error *error)
{
    struct hadoop_catalog *catalog = (struct hadoop_catalog *)catalog_base;
    CHECK(base->version >= 0);
    struct publication publication = {.catalog = catalog,
                                      .folder = metadata_folder(catalog, database, table),
                                      .version = base->version + 1};
    struct iceberg_table_metadata *metadata = NULL;
    enum status status = with_log(base, updated, &metadata, error);
    publication.metadata = metadata;
    if (status == STATUS_OK)
        status = publish_next(&publication, base, error);
    if (status == STATUS_OK) {
        hadoop_versions_write_hint(catalog->io, publication.folder, publication.version);
        delete_old_metadata(catalog->io, publication.folder, base->metadata, metadata);
        *ret_table = published_table(&publication, metadata);
    }
    iceberg_table_metadata_unref(metadata);
    publication_clear(&publication);
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
