#pragma once

#include "common/checkpoint_format/checkpoint_metadata.h"

/*
 * Which of the published checkpoints of a job count. Each leader records, before it starts the sources, the
 * checkpoint it continues from; what an older epoch publishes beyond it, even later, is void.
 */
struct continue_record {
    uint64_t epoch;         /* of the leader that recorded */
    uint64_t checkpoint_id; /* 0: from the start, or from another job's checkpoint */
};

bool checkpoint_is_in_line(struct checkpoint_reference reference, const struct continue_record *records,
                           size_t num_records);
/* Keeps those in line, in their order; returns how many. */
size_t checkpoint_line_filter(struct checkpoint_reference *references, size_t count,
                              const struct continue_record *records, size_t num_records);
