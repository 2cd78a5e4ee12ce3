#pragma once

#include "jobmanager/checkpoint/checkpoint_coordinator.h"

enum { MAX_RETAINED = 256, RESERVED_IDS = 16 };

struct retained_checkpoint {
    struct checkpoint_reference reference;
    bool is_committed;
    struct state_file **files; /* owned array; entries of coordinator->files */
    size_t num_files;
};

enum progress {
    PROGRESS_NONE,
    PROGRESS_WAITS, /* for acknowledgements */
    PROGRESS_STORES /* all have acknowledged; it is being published */
};

/* Invariant: metadata is there exactly when progress is not NONE; acknowledged counts its true entries. */
struct coordinator {
    struct coordinator_options options;
    struct coordinator_callbacks callbacks;
    struct arena *arena;
    uint64_t next_id;
    uint64_t reserved_until;
    bool is_reserving;
    int64_t reserve_retry_ms; /* -1: none */

    uint32_t attempt;
    bool is_running; /* all tasks of the attempt run */
    bool is_ended;   /* ... and have no more input */
    bool is_final_durable;
    bool is_stopped;
    int64_t next_trigger_ms;

    enum progress progress;
    struct checkpoint_metadata *metadata;
    bool is_final;
    bool *acknowledged;
    uint32_t num_acknowledged;
    uint32_t num_end_of_input;

    struct checkpoint_metadata *latest;
    struct retained_checkpoint retained[MAX_RETAINED]; /* oldest first */
    size_t num_retained;
    struct state_files files; /* that the retained ones refer to */
    uint32_t failures_in_row;
    struct coordinator_counts counts;
    int64_t restored_ms;
    struct checkpoint_record history[COORDINATOR_HISTORY];
    size_t num_history; /* ever; the newest is at (num_history - 1) modulo COORDINATOR_HISTORY */
};

void coordinator_add_record(struct coordinator *coordinator, int64_t now_ms);
/* NULL when it is forgotten. */
struct checkpoint_record *coordinator_record(struct coordinator *coordinator, uint64_t checkpoint_id);
uint32_t coordinator_num_uncommitted(const struct coordinator *coordinator);
void coordinator_retain(struct coordinator *coordinator, const struct checkpoint_metadata *metadata,
                        bool is_committed);
/* The tasks' files of a checkpoint that was given up. */
void coordinator_scrap(struct coordinator *coordinator, struct checkpoint_metadata *metadata);
/* Discards what is committed and older than what is to be kept. */
void coordinator_subsume(struct coordinator *coordinator);
