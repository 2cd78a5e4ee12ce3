#pragma once

#include "common/iceberg/catalogs/catalog.h"
#include "jobmanager/committer/lineage_internal.h"
#include "jobmanager/committer/table_committer.h"

/* Used by one I/O worker at a time. */
struct table_committer {
    const struct process_context *process;
    struct file_io *io;
    struct file_io *owned_io; /* NULL when it is the caller's */
    struct iceberg_catalog *catalog;
    struct random *random;    /* the caller's, or NULL */
    struct random own_random; /* for waits, when the caller has none */
    char *database;
    char *table;
    char *table_uuid;
    char *lineage;
    char *branch;
    char *job_id;
    uint64_t epoch;
    bool (*wait_ms)(void *context, int64_t wait_ms);
    void *wait_context;
    /* The last of our own snapshots that we saw in the table: it must stay in its history. */
    int64_t known_snapshot_id;
    int64_t known_sequence_number;
};

/* Reads the head anew, and what it says of our lineage. */
STATUS_MUST_CHECK enum status table_committer_load(struct table_committer *committer,
                                                   struct iceberg_table **ret_table,
                                                   struct lineage_state *ret_state, struct error *error);
/* The snapshot is our own, and is in the table. */
void table_committer_note_known(struct table_committer *committer,
                                const struct iceberg_table_metadata *metadata, int64_t snapshot_id);
/* Of a commit; what is not told yet is none. */
struct lineage_mark table_committer_mark(const struct table_committer *committer);
/*
 * One attempt: from base to the metadata that has the append. OK: it is published. CONFLICT: certainly not,
 * what it wrote is deleted. Anything else leaves it open.
 */
STATUS_MUST_CHECK enum status table_committer_attempt(struct table_committer *committer,
                                                      struct iceberg_append *append,
                                                      const struct iceberg_table *base,
                                                      const struct lineage_mark *mark, struct error *error);
/* True when an attempt that failed may be followed by another within this call: it was a conflict, or its
 * outcome is open and the next look at the table tells. */
bool table_committer_may_retry(enum status status);
/* Waits before the next attempt: doubling, with jitter, so that writers that collided part. CANCELLED, or
 * what error has, when there is to be none. */
STATUS_MUST_CHECK enum status table_committer_back_off(struct table_committer *committer,
                                                       const struct iceberg_table_metadata *metadata,
                                                       uint32_t attempt, struct error *error);
