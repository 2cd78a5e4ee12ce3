#pragma once

#include "common/base/process_context.h"
#include "common/filesystem/file_io.h"
#include "common/iceberg/table_metadata.h"

/* A table as it was read: what a commit asserts. */
struct iceberg_table {
    char *metadata_file; /* full path of the metadata file */
    int64_t version;     /* hadoop: N of vN.metadata.json; others -1 */
    struct iceberg_table_metadata *metadata;
};
void iceberg_table_free(struct iceberg_table *table);

struct iceberg_catalog;
typedef bool iceberg_name_visitor(void *context, const char *name);

struct iceberg_catalog_ops {
    enum status (*load_table)(struct iceberg_catalog *catalog, const char *database, const char *table,
                              struct iceberg_table **ret_table, struct error *error);
    enum status (*create_table)(struct iceberg_catalog *catalog, const char *database, const char *table,
                                const struct iceberg_create_table *request, struct iceberg_table **ret_table,
                                struct error *error);
    enum status (*commit)(struct iceberg_catalog *catalog, const char *database, const char *table,
                          const struct iceberg_table *base, const struct iceberg_table_metadata *updated,
                          struct iceberg_table **ret_table, struct error *error);
    enum status (*list)(struct iceberg_catalog *catalog, const char *database, iceberg_name_visitor *visitor,
                        void *context, struct error *error);
    enum status (*create_database)(struct iceberg_catalog *catalog, const char *database,
                                   struct error *error);
    enum status (*drop_table)(struct iceberg_catalog *catalog, const char *database, const char *table,
                              bool purge, struct error *error);
    void (*free)(struct iceberg_catalog *catalog);
};
struct iceberg_catalog {
    const struct iceberg_catalog_ops *ops;
};

struct iceberg_catalog_options {
    const char *type;      /* "hadoop" */
    const char *warehouse; /* URI or path */
    struct file_io *io;    /* borrowed; NULL: by the scheme of warehouse */
    struct random *random; /* borrowed; NULL: operating system entropy */
};

/* process must outlive the catalog. */
STATUS_MUST_CHECK enum status iceberg_catalog_open(const struct process_context *process,
                                                   const struct iceberg_catalog_options *options,
                                                   struct iceberg_catalog **ret_catalog, struct error *error);
void iceberg_catalog_free(struct iceberg_catalog *catalog);

/* NOT_FOUND when there is no such table. */
STATUS_MUST_CHECK enum status iceberg_catalog_load_table(struct iceberg_catalog *catalog,
                                                         const char *database, const char *table,
                                                         struct iceberg_table **ret_table,
                                                         struct error *error);
/* request->location NULL: the catalog's place. ALREADY_EXISTS when somebody was faster. */
STATUS_MUST_CHECK enum status iceberg_catalog_create_table(struct iceberg_catalog *catalog,
                                                           const char *database, const char *table,
                                                           const struct iceberg_create_table *request,
                                                           struct iceberg_table **ret_table,
                                                           struct error *error);
/*
 * Swaps base for updated. CONFLICT: the table moved on and updated is certainly not published. Any other
 * error leaves it open whether it was: load again and look for the snapshot. The metadata log is the
 * catalog's to keep, the rest of updated is written as it is.
 */
STATUS_MUST_CHECK enum status iceberg_catalog_commit(struct iceberg_catalog *catalog, const char *database,
                                                     const char *table, const struct iceberg_table *base,
                                                     const struct iceberg_table_metadata *updated,
                                                     struct iceberg_table **ret_table, struct error *error);
/* Tables of a database; database NULL: the databases. */
STATUS_MUST_CHECK enum status iceberg_catalog_list(struct iceberg_catalog *catalog, const char *database,
                                                   iceberg_name_visitor *visitor, void *context,
                                                   struct error *error);
STATUS_MUST_CHECK enum status iceberg_catalog_create_database(struct iceberg_catalog *catalog,
                                                              const char *database, struct error *error);
/* purge: the files too, whatever wrote them into the table's folder. */
STATUS_MUST_CHECK enum status iceberg_catalog_drop_table(struct iceberg_catalog *catalog,
                                                         const char *database, const char *table, bool purge,
                                                         struct error *error);
