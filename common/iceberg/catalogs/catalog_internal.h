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
