#pragma once

#include "common/iceberg/catalogs/catalog.h"

STATUS_MUST_CHECK enum status hadoop_catalog_open(const struct process_context *process,
                                                  const struct iceberg_catalog_options *options,
                                                  struct iceberg_catalog **ret_catalog, struct error *error);

/*
 * The metadata files of a table in the layout of Iceberg's hadoop catalog: metadata/vN.metadata.json or
 * vN.gz.metadata.json, N without gaps from the oldest that is kept to the newest, which is the table; and
 * version-hint.text, a hint where to look.
 */
struct hadoop_versions {
    int64_t highest;       /* -1: none */
    bool highest_is_plain; /* else it is only there as gz; plain counts where both are */
    int64_t wanted;        /* in: a version to look for */
    bool wanted_plain;
    bool wanted_gz;
    bool has_predecessor; /* of wanted, in either form */
    bool has_foreign;     /* metadata files that are not named by version: another kind of catalog */
};

/* Lists the folder until the listing is not behind the hint. NOT_FOUND when there is no such folder. */
STATUS_MUST_CHECK enum status hadoop_versions_list(struct file_io *io, const char *folder, int64_t wanted,
                                                   struct hadoop_versions *ret_versions, struct error *error);
/* The path of a version; the caller frees it. */
char *hadoop_version_path(const char *folder, int64_t version, bool gzip);
/* Puts the hint to version, or to a higher one that is there; never down. As far as possible: it is a hint.
 */
void hadoop_versions_write_hint(struct file_io *io, const char *folder, int64_t version);

/* Reads the newest of the versions listed. NOT_FOUND when it went away since. */
STATUS_MUST_CHECK enum status hadoop_versions_load(struct file_io *io, const char *folder,
                                                   const struct hadoop_versions *versions,
                                                   struct iceberg_table **ret_table, struct error *error);

/* Putting one version of a table's metadata in place. */
struct hadoop_publication {
    struct file_io *io;
    struct failpoints *failpoints; /* may be NULL */
    char *folder;
    char *file;
    int64_t version;
    bool gzip;
    const struct iceberg_table_metadata *metadata;
    struct buffer bytes;
};

/* Takes folder over. metadata must outlive it. */
STATUS_MUST_CHECK enum status hadoop_publication_init(struct hadoop_publication *publication, char *folder,
                                                      int64_t version,
                                                      const struct iceberg_table_metadata *metadata,
                                                      struct error *error);
void hadoop_publication_clear(struct hadoop_publication *publication);
/* Creates the version, and sees that it stands. CONFLICT: it does not, and is not there. */
STATUS_MUST_CHECK enum status hadoop_publication_run(const struct hadoop_publication *publication,
                                                     struct error *error);
/* The table as it was published. */
struct iceberg_table *hadoop_publication_table(const struct hadoop_publication *publication,
                                               struct iceberg_table_metadata *metadata);
/* After it stands: deletes the metadata files that fell out of the log with it. */
void hadoop_publication_delete_old(const struct hadoop_publication *publication,
                                   const struct iceberg_table_metadata *before);
