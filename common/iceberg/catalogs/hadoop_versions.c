#include "common/iceberg/catalogs/catalog_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HINT_NAME[] = "version-hint.text";
/* Left by Hadoop's local file system beside a hint that it wrote: ours would not match it, and not be read.
 */
static const char HINT_CHECKSUM_NAME[] = ".version-hint.text.crc";
enum { MAX_LISTINGS = 10 };

char *hadoop_version_path(const char *folder, int64_t version, bool gzip)
{
    struct buffer path = {0};
    buffer_printf(&path, "%s/v%lld%s.metadata.json", folder, (long long)version, gzip ? ".gz" : "");
    return buffer_take(&path, NULL);
}

/* N of vN.metadata.json and vN.gz.metadata.json, else -1. */
static int64_t version_of(const char *name, bool *ret_gzip)
{
    if (name[0] != 'v' || name[1] < '0' || name[1] > '9')
        return -1;
    char *end;
    long long version = strtoll(name + 1, &end, 10);
    if (version < 0 || version >= INT64_MAX)
        return -1;
    *ret_gzip = strcmp(end, ".gz.metadata.json") == 0;
    return *ret_gzip || strcmp(end, ".metadata.json") == 0 ? version : -1;
}

static bool visit(void *context, const char *name, bool is_directory)
{
    struct hadoop_versions *versions = context;
    bool gzip = false;
    int64_t version = is_directory ? -1 : version_of(name, &gzip);
    if (version < 0) {
        size_t size = strlen(name);
        static const char SUFFIX[] = ".metadata.json";
        if (!is_directory && name[0] != '.' && size > sizeof SUFFIX - 1 &&
            strcmp(name + size - (sizeof SUFFIX - 1), SUFFIX) == 0)
            versions->has_foreign = true;
        return true;
    }
    if (version > versions->highest) {
        versions->highest = version;
        versions->highest_is_plain = false;
    }
    if (version == versions->highest && !gzip)
        versions->highest_is_plain = true;
    if (version == versions->wanted) {
        versions->wanted_plain = versions->wanted_plain || !gzip;
        versions->wanted_gz = versions->wanted_gz || gzip;
    }
    if (version == versions->wanted - 1)
        versions->has_predecessor = true;
    return true;
}

/* -1 when there is none that can be read. */
static int64_t read_hint(struct file_io *io, const char *folder)
{
    struct buffer path = {0};
    struct buffer text = {0};
    struct error ignored;
    int64_t version = -1;
    buffer_printf(&path, "%s/%s", folder, HINT_NAME);
    if (file_io_read(io, buffer_text(&path), &text, &ignored) == STATUS_OK && text.size > 0 && text.size < 20)
        version = strtoll(buffer_text(&text), NULL, 10);
    buffer_free(&text);
    buffer_free(&path);
    return version;
}

/*
 * A listing is no snapshot: while versions are published and old ones deleted it can miss the newest. The
 * hint is written after a version is there, so a listing below it is known to be behind.
 */
enum status hadoop_versions_list(struct file_io *io, const char *folder, int64_t wanted,
                                 struct hadoop_versions *ret_versions, struct error *error)
{
    struct hadoop_versions versions;
    int64_t hint = read_hint(io, folder);
    for (int i = 0; i < MAX_LISTINGS; i++) {
        versions = (struct hadoop_versions){.highest = -1, .wanted = wanted};
        enum status status = file_io_list(io, folder, visit, &versions, error);
        if (status != STATUS_OK)
            return status;
        if (versions.highest >= hint)
            break;
    }
    *ret_versions = versions;
    return STATUS_OK;
}

/*
 * Two writers may overtake each other between reading the hint and writing it. Each lists again after it
 * wrote: the last one to write sees every version whose writer wrote the hint before, and raises it.
 */
void hadoop_versions_write_hint(struct file_io *io, const char *folder, int64_t version)
{
    struct error ignored;
    struct buffer path = {0}, checksum = {0};
    buffer_printf(&path, "%s/%s", folder, HINT_NAME);
    buffer_printf(&checksum, "%s/%s", folder, HINT_CHECKSUM_NAME);
    for (int i = 0; i < MAX_LISTINGS; i++) {
        char text[24];
        struct hadoop_versions versions;
        if (read_hint(io, folder) >= version)
            break;
        int size = snprintf(text, sizeof text, "%lld", (long long)version);
        bool is_there;
        if (file_io_exists(io, buffer_text(&checksum), &is_there, &ignored) == STATUS_OK && is_there &&
            file_io_delete(io, buffer_text(&checksum), &ignored) != STATUS_OK)
            break;
        if (file_io_replace(io, buffer_text(&path), text, (size_t)size, &ignored) != STATUS_OK ||
            hadoop_versions_list(io, folder, version, &versions, &ignored) != STATUS_OK ||
            versions.highest <= version)
            break;
        version = versions.highest;
    }
    buffer_free(&checksum);
    buffer_free(&path);
}
