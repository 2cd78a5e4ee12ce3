#pragma once

#include "common/checkpoint_format/checkpoint_directory.h"
#include "jobmanager/checkpoint/checkpoint_line.h"

/* What a leader goes on from: read once, when it starts a job or takes it over. */
struct found_checkpoints {
    struct checkpoint_metadata *latest; /* NULL: none */
    bool is_own;                        /* latest was published by this job, not restored from another's */
    bool is_settled;                    /* latest is committed, or another lineage's to commit */
    /* What the paths of files of another job's checkpoint, latest or claimed, are relative to; else NULL. */
    char *folder;
    /* The one that the job was restored from, as long as it is there and claimed; NULL: none. The same as
     * latest when the job has none of its own. */
    struct checkpoint_metadata *claimed;
    char *claimed_folder;
    /* Those that latest names as uncommitted and that are still there, oldest first. */
    struct checkpoint_metadata **uncommitted;
    size_t num_uncommitted;
    struct checkpoint_reference *references; /* all of this job's own that are in line, oldest first */
    struct checkpoint_metadata **metadata;   /* of each; NULL: it went meanwhile, or it is damaged and old */
    size_t num_references;
    uint64_t next_id; /* never used before */
};
void found_checkpoints_free(struct found_checkpoints *found); /* the content */

struct checkpoint_search {
    struct file_io *io;
    const char *job_folder;                /* NULL: no checkpoints of its own */
    const struct continue_record *records; /* of earlier epochs */
    size_t num_records;
    uint64_t reserved_until;  /* ids below it may have been used */
    const char *restore_path; /* for a job without checkpoints of its own; NULL: none */
    bool claims_restored;     /* that one becomes this job's */
    bool is_new_lineage;      /* its states are restored; its files are not this lineage's to commit */
};

/* Blocks. The newest checkpoint in line counts, or none: CORRUPT when it is damaged, never an older one in
 * its place. */
STATUS_MUST_CHECK enum status checkpoint_find(const struct checkpoint_search *search,
                                              struct found_checkpoints *ret_found, struct error *error);
