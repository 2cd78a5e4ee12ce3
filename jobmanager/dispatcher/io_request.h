#pragma once

#include "jobmanager/checkpoint/checkpoint_finder.h"
#include "jobmanager/dispatcher/dispatcher_internal.h"

/* One piece of a job's I/O: it runs on a worker and comes back as an event. */
struct io_request {
    struct event event;
    struct job *job; /* outlives the request: num_requests */
    enum status (*work)(struct io_request *request, struct error *error);
    /* The dispatcher's thread; NULL: nobody waits for it. */
    void (*done)(struct job *job, struct io_request *request, const struct error *failure);
    enum status status;
    struct error error;
    uint32_t table;
    int64_t number; /* a checkpoint's id, or what was read */
    struct checkpoint_reference reference;
    struct checkpoint_metadata *metadata;
    uint64_t size_bytes;
    struct table_commit_result result;
    struct found_checkpoints found;
    char *folder; /* owned; NULL: none */
    struct path_list files;
    struct checkpoint_reference *references; /* owned */
    size_t num_references;
    enum job_state state;
    struct error failure; /* of a FAILED job */
    int64_t state_ms;
};

/* Requests of one lane of a job run one after the other. */
enum io_lane { LANE_STORE, LANE_CHECKPOINT, LANE_TABLE };

struct io_request *io_request_create(struct job *job);
void io_request_begin(struct io_request *request, enum io_lane lane);
/* On the threads for savepoints, side by side with all else. */
void io_request_begin_savepoint(struct io_request *request);
/* A disk that fails may recover, and nothing has been begun yet: the job waits for it. Before its answer. */
void io_request_wait_for_disk(struct io_request *request, const struct error *failure);
/* What an older leader did not come to the end of. On a worker; what cannot be removed is logged. */
void job_remove_partial_savepoints(const struct job *job, const struct found_checkpoints *found);
