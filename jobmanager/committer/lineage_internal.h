#pragma once

#include "common/filesystem/file_io.h"
#include "common/iceberg/transaction.h"
#include "jobmanager/committer/table_committer.h"

/*
 * Keys of our markers. In the summary of a snapshot: who made it, and as what. In the table's properties: the
 * newest of them, in case the snapshots expire.
 */
#define LINEAGE_KEY         "frazil.lineage"
#define BRANCH_KEY          "frazil.branch"
#define JOB_KEY             "frazil.job-id"
#define EPOCH_KEY           "frazil.epoch"
#define CHECKPOINT_KEY      "frazil.checkpoint-id"
#define CLAIM_KEY           "frazil.claim"
#define LAST_CHECKPOINT_KEY "frazil.last-checkpoint-id"
#define MARKER_PREFIX       "frazil.lineage."

enum { JOB_ID_BYTES = 64 };

/* What a table says of one lineage and branch. */
struct lineage_state {
    bool is_known;             /* it was claimed once */
    char job_id[JOB_ID_BYTES]; /* who holds it */
    uint64_t epoch;
    int64_t last_checkpoint_id; /* NO_CHECKPOINT when none */
    int64_t commit_snapshot_id; /* of that checkpoint, or ICEBERG_NO_SNAPSHOT */
    int64_t commit_sequence_number;
};

/* One of our snapshots, as it will be noted. */
struct lineage_mark {
    const char *lineage;
    const char *branch;
    const char *job_id;
    uint64_t epoch;
    bool is_claim;
    int64_t checkpoint_id;      /* committed, or the last one when it is a claim; NO_CHECKPOINT */
    int64_t commit_snapshot_id; /* of checkpoint_id; ICEBERG_NO_SNAPSHOT: this snapshot */
    int64_t commit_sequence_number;
};

/* CORRUPT when the history is ambiguous: rolled back or replaced. */
STATUS_MUST_CHECK enum status lineage_read(struct file_io *io, const struct iceberg_table_metadata *metadata,
                                           const char *lineage, const char *branch,
                                           struct lineage_state *ret_state, struct error *error);

enum checkpoint_presence { CHECKPOINT_ABSENT, CHECKPOINT_PRESENT, CHECKPOINT_EXPIRED };
/* Whether a checkpoint is in the history of the head. EXPIRED: a later one is, and the place where it was has
 * been expired. ret_snapshot is NULL unless it is PRESENT. */
enum checkpoint_presence lineage_find_checkpoint(const struct iceberg_table_metadata *metadata,
                                                 const char *lineage, const char *branch,
                                                 int64_t checkpoint_id,
                                                 const struct iceberg_snapshot **ret_snapshot);

/* Puts the mark into the summary and properties of an append to base, and takes away markers of lineages long
 * unused where there are too many. */
void lineage_mark_append(struct iceberg_append *append, const struct iceberg_table_metadata *base,
                         const struct lineage_mark *mark, int64_t now_ms);

/* True when the snapshot is in the head's history, or was and was expired beneath it. sequence_number is the
 * snapshot's. */
STATUS_MUST_CHECK enum status lineage_is_in_history(struct file_io *io,
                                                    const struct iceberg_table_metadata *metadata,
                                                    int64_t snapshot_id, int64_t sequence_number,
                                                    bool *ret_is_in_history, struct error *error);
