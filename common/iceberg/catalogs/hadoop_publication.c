#include "common/iceberg/catalogs/catalog_internal.h"

#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

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

enum status hadoop_versions_load(struct file_io *io, const char *folder,
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

/* True when the file has exactly our bytes: they hold a UUID or snapshot id that nobody else has. */
static enum status is_ours(const struct hadoop_publication *publication, bool *ret_ours, struct error *error)
{
    struct buffer bytes = {0};
    enum status status = file_io_read(publication->io, publication->file, &bytes, error);
    if (status == STATUS_OK)
        *ret_ours = bytes.size == publication->bytes.size &&
                    memcmp(bytes.data, publication->bytes.data, bytes.size) == 0;
    else if (status == STATUS_NOT_FOUND)
        *ret_ours = false;
    buffer_free(&bytes);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

/* Creates the version; where the answer is an error, what is there now decides. */
static enum status publish(const struct hadoop_publication *publication, struct error *error)
{
    struct file_io *io = publication->io;
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
static enum status withdraw(const struct hadoop_publication *publication, const char *reason,
                            struct error *error)
{
    bool ours;
    enum status status = is_ours(publication, &ours, error);
    if (status == STATUS_OK && ours)
        status = file_io_delete(publication->io, publication->file, error);
    if (status != STATUS_OK)
        return error_prefix(error, "cannot withdraw %s", publication->file);
    return error_set(error, STATUS_CONFLICT, "version %lld of %s does not stand: %s",
                     (long long)publication->version, publication->folder, reason);
}

/* A later version has ours in its history: its snapshot, or its metadata file. */
static bool is_successor(const struct hadoop_publication *publication,
                         const struct iceberg_table_metadata *later)
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
 * A listing is no snapshot: it can miss a version that came while it went on, and what was deleted after
 * that. Where ours or the one before it is missing, whatever replaced them is there when one looks again.
 */
static enum status list_versions(const struct hadoop_publication *publication,
                                 struct hadoop_versions *ret_versions, struct error *error)
{
    struct hadoop_versions versions;
    enum status status = STATUS_OK;
    bool is_whole = false;
    for (int i = 0; i < 2 && status == STATUS_OK && !is_whole; i++) {
        status = hadoop_versions_list(publication->io, publication->folder, publication->version, &versions,
                                      error);
        is_whole = status == STATUS_OK && (versions.wanted_plain || versions.wanted_gz) &&
                   (publication->version == 1 || versions.has_predecessor);
    }
    if (status == STATUS_OK)
        *ret_versions = versions;
    return status;
}

/*
 * Old versions are deleted, so a writer that slept long can create one that existed before. Ours stands only
 * if it is the highest, or in the history of the highest.
 */
static enum status verify(const struct hadoop_publication *publication, struct error *error)
{
    struct file_io *io = publication->io;
    struct hadoop_versions versions;
    enum status status = list_versions(publication, &versions, error);
    if (status != STATUS_OK)
        return status;
    if (versions.highest > publication->version) {
        struct iceberg_table *highest;
        status = hadoop_versions_load(io, publication->folder, &versions, &highest, error);
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

enum status hadoop_publication_init(struct hadoop_publication *publication, char *folder, int64_t version,
                                    const struct iceberg_table_metadata *metadata, struct error *error)
{
    const char *codec = iceberg_table_property(metadata, "write.metadata.compression-codec");
    publication->folder = folder;
    publication->version = version;
    publication->metadata = metadata;
    publication->gzip = codec != NULL && strcmp(codec, "gzip") == 0;
    publication->file = hadoop_version_path(folder, version, publication->gzip);
    return iceberg_table_metadata_write(metadata, publication->gzip, &publication->bytes, error);
}

void hadoop_publication_clear(struct hadoop_publication *publication)
{
    buffer_free(&publication->bytes);
    free(publication->file);
    free(publication->folder);
}

struct iceberg_table *hadoop_publication_table(const struct hadoop_publication *publication,
                                               struct iceberg_table_metadata *metadata)
{
    struct iceberg_table *table = mem_calloc(1, sizeof *table);
    table->metadata_file = mem_strdup(publication->file);
    table->version = publication->version;
    table->metadata = iceberg_table_metadata_ref(metadata);
    return table;
}

static enum status check_base(const struct hadoop_publication *publication, struct error *error)
{
    struct hadoop_versions versions;
    int64_t expected = publication->version > 1 ? publication->version - 1 : -1;
    enum status status =
        hadoop_versions_list(publication->io, publication->folder, publication->version, &versions, error);
    if (status == STATUS_OK && versions.highest != expected)
        return error_set(error, STATUS_CONFLICT, "the table at %s has version %lld, not %lld any more",
                         publication->folder, (long long)versions.highest, (long long)expected);
    return status;
}

enum status hadoop_publication_run(const struct hadoop_publication *publication, struct error *error)
{
    /* The first version has nothing before it, and is no commit of ours. */
    struct failpoints *failpoints = publication->version > 1 ? publication->failpoints : NULL;
    enum status status = check_base(publication, error);
    if (status == STATUS_OK)
        status = failpoint(failpoints, "committer/before_metadata_write", error);
    if (status == STATUS_OK)
        status = publish(publication, error);
    if (status == STATUS_OK)
        status = failpoint(failpoints, "committer/after_metadata_write", error);
    return status == STATUS_OK ? verify(publication, error) : status;
}

static bool is_logged(const struct iceberg_table_metadata *metadata, const char *file)
{
    for (uint32_t i = 0; i < metadata->num_metadata_log; i++)
        if (strcmp(metadata->metadata_log[i].file, file) == 0)
            return true;
    return false;
}

void hadoop_publication_delete_old(const struct hadoop_publication *publication,
                                   const struct iceberg_table_metadata *before)
{
    struct error ignored; /* what stays is deleted by nobody, but harms nobody */
    const struct iceberg_table_metadata *after = publication->metadata;
    if (!iceberg_table_property_boolean(after, "write.metadata.delete-after-commit.enabled", false))
        return;
    for (uint32_t i = 0; i < before->num_metadata_log; i++) {
        const char *file = before->metadata_log[i].file;
        char *parent = file_path_parent(file);
        bool is_here = strcmp(parent, publication->folder) == 0; /* never outside of the table */
        free(parent);
        if (is_here && !is_logged(after, file) &&
            file_io_delete(publication->io, file, &ignored) != STATUS_OK)
            return;
    }
}
