#pragma once

#include <stdbool.h>
#include <stdint.h>

enum { EXCHANGE_ID_BYTES = 33 };

/* Which channel of all: one exists for each, at most, wherever its ends run. */
struct channel_key {
    uint64_t leader_epoch;
    char job_id[EXCHANGE_ID_BYTES];
    uint32_t attempt;
    uint32_t edge; /* index into the job graph's edges */
    uint32_t from; /* subtasks */
    uint32_t to;
};

bool channel_key_equal(const struct channel_key *a, const struct channel_key *b);
