#pragma once

#include "taskmanager/operators/changelog_rows.h"
#include "taskmanager/operators/ranked_rows.h"
#include "taskmanager/operators/top_n.h"
#include "taskmanager/operators/wanted_rows.h"

/* Of one partition in state. */
struct partition {
    int64_t is_touched; /* it is among the touched ones; 0 in every snapshot */
    struct ranked_rows rows;
};

/* A partition that rows of the batch changed, with the offsets of the rows that it had in range before. */
struct touched_partition {
    struct partition *partition;
    size_t before_start; /* in before */
    uint32_t before_count;
};

/* How far the changes of the touched partitions are told. */
struct top_n_cursor {
    uint32_t partition;
    bool is_begun;
    bool is_inserting;      /* without numbers: deletes are told, inserts follow */
    uint32_t before, after; /* positions */
};

struct top_n {
    struct operator base;
    const struct plan_top_n *plan;
    struct schema *input, *output;
    const struct operator_context *context;
    struct row_packer *keys;
    struct row_packer *rows;
    struct keyed_state *state;
    struct changelog_rows changelog;
    bool by_number;             /* changes are told number by number */
    struct record_batch *batch; /* at hand; NULL: none */
    struct wanted_rows wanted;
    uint32_t num_fed; /* of wanted: that were put in or taken out */
    struct touched_partition *touched;
    uint32_t num_touched;
    struct buffer before; /* uint32_t offsets */
    struct top_n_cursor cursor;
    struct buffer sort_keys;
    uint32_t capacity; /* of the following, and of touched */
    void **values;
    struct bytes_view *row_sort_keys; /* in sort_keys */
};

/* Emits the changes of the touched partitions, from the cursor on; DONE when all are told. */
enum operator_result top_n_emit_changes(struct top_n *top, struct error *error);
