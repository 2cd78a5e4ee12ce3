#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * When a barrier has come on all channels of a subtask, as a state machine without I/O, clock or thread. A
 * channel that gave the barrier is not read until the others gave it too, so that a snapshot has what stands
 * before the barrier, from every channel, and nothing else. Channels that have ended count as well: they go
 * on sending barriers.
 *
 * Checkpoints are numbered upwards, and one at a time is aligned: a later one gives the earlier one up, whose
 * barriers are of no interest from then on. They may still come.
 */
struct barrier_aligner {
    uint32_t num_channels;
    uint32_t num_given;
    bool *has_given;        /* by channel */
    uint64_t checkpoint_id; /* that is being aligned; 0: none */
    uint64_t settled_id;    /* checkpoints up to here are aligned or given up */
    int64_t started_us;     /* when the first channel gave it */
};

enum aligner_verdict {
    ALIGNER_IGNORED,   /* its checkpoint is settled: read on */
    ALIGNER_WAITS,     /* the channel is not read for now */
    ALIGNER_OVERTAKES, /* as WAITS; and the channels that waited for an earlier checkpoint are read again */
    ALIGNER_COMPLETE,  /* the last one: all channels are read again */
};

void barrier_aligner_init(struct barrier_aligner *aligner, uint32_t num_channels);
void barrier_aligner_free(struct barrier_aligner *aligner); /* the content */
/* A channel that may be read gave the barrier of checkpoint_id (from 1). ret_alignment_us: of COMPLETE, the
 * time since the first channel gave it. */
enum aligner_verdict barrier_aligner_take(struct barrier_aligner *aligner, uint32_t channel,
                                          uint64_t checkpoint_id, int64_t now_us, int64_t *ret_alignment_us);
/* The checkpoint was given up, whether its barriers came or not. True: channels that waited are read again.
 */
bool barrier_aligner_abort(struct barrier_aligner *aligner, uint64_t checkpoint_id);
bool barrier_aligner_may_read(const struct barrier_aligner *aligner, uint32_t channel);
