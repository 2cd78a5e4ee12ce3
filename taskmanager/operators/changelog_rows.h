#pragma once

#include "common/columnar/row_packer.h"
#include "taskmanager/operators/operator.h"

/*
 * Rows of a changelog, collected for the next batch. A row is one packed row or two, side by side, and maybe
 * a number behind them; their bytes are somebody else's and must stay until the batch is made.
 */
enum { CHANGELOG_MAX_PARTS = 2 };

struct changelog_rows {
    const struct schema *output;                           /* the next borrowed, too */
    const struct row_packer *packers[CHANGELOG_MAX_PARTS]; /* of the parts, which fill the output's columns */
    uint32_t num_parts;
    bool has_number; /* BIGINT, the last column */
    uint32_t count;
    uint8_t *kinds; /* the arrays have BATCH_MAX_ROWS entries */
    struct bytes_view *parts[CHANGELOG_MAX_PARTS];
    int64_t *numbers;
};

/* packers: num_parts of them. */
void changelog_rows_init(struct changelog_rows *rows, const struct schema *output,
                         struct row_packer *const *packers, uint32_t num_parts, bool has_number);
void changelog_rows_free(struct changelog_rows *rows); /* the content */

static inline uint32_t changelog_rows_room(const struct changelog_rows *rows)
{
    return BATCH_MAX_ROWS - rows->count;
}

/* parts: num_parts of them. There must be room. */
static inline void changelog_rows_add(struct changelog_rows *rows, enum row_kind kind,
                                      const struct bytes_view *parts, int64_t number)
{
    rows->kinds[rows->count] = (uint8_t)kind;
    for (uint32_t i = 0; i < rows->num_parts; i++)
        rows->parts[i][rows->count] = parts[i];
    rows->numbers[rows->count++] = number;
}

/* All rows as a batch, NULL when there are none; rows is empty after. */
STATUS_MUST_CHECK enum status changelog_rows_make_batch(struct changelog_rows *rows,
                                                        struct record_batch **ret_batch, struct error *error);
/* Makes the batch, if there are rows, and emits it. */
enum operator_result changelog_rows_emit(struct changelog_rows *rows, struct operator_output *output,
                                         struct error *error);

/* Whether the row takes another one back: -U or -D. */
static inline bool row_kind_retracts(uint8_t kind)
{
    return kind == ROW_UPDATE_BEFORE || kind == ROW_DELETE;
}

/* INTERNAL when a row takes another one back: the planner said that none does. */
STATUS_MUST_CHECK enum status changelog_check_inserts(const struct record_batch *batch, struct error *error);
