#pragma once

#include "common/expression/aggregates/distinct.h"

/* Rows that are fed to all calls in turn, few enough for their accumulators to stay in the cache. */
enum { FEED_ROWS = 1024 };

/* A column of the input that some call reads. */
struct set_column {
    uint32_t column; /* of the batch */
    enum type_kind kind;
    bool is_read;          /* its values, and not only whether they are NULL */
    struct vector *vector; /* of the batch at hand: flat when is_read; owned */
};

/* Which rows a call sees: those that its filter accepts and in which no argument is NULL. Calls over the same
 * columns share one. */
struct row_selection {
    uint32_t num_arguments;
    const uint32_t *arguments; /* indices into columns; of the first slot that has the selection */
    int32_t filter;            /* index into columns, -1: none */
    /* For the batch at hand: */
    bool is_all;
    /* For the rows at hand, unless is_all; FEED_ROWS each: */
    bool is_made;
    uint32_t count;
    uint32_t *rows;
    void **states;
    uint8_t *retract;
};

struct aggregate_set {
    uint32_t size; /* of an accumulator row */
    uint32_t num_slots, num_buffers, num_columns, num_selections;
    struct aggregate_slot *slots;
    uint32_t *buffers; /* offsets */
    struct set_column *columns;
    struct row_selection *selections;
    struct vector **arguments; /* scratch: of the call at hand */
    uint32_t *batch_columns;   /* scratch: the same as columns of the batch */
    uint64_t *unpacked;        /* scratch: an accumulator row whose buffers point into packed bytes */
};
