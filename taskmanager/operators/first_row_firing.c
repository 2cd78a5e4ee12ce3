#include "taskmanager/operators/first_row_internal.h"

#include "common/base/check.h"

/* Collects the rows of due keys. A row may be on its way or gone already, by another timer of its key, or due
 * later than the timer, which is then set anew. */
static enum status collect_rows(struct first_row *first, uint32_t count, struct error *error)
{
    struct bytes_view *keys = first->given_keys + first->num_given;
    uint64_t *hashes = first->given_hashes + first->num_given;
    void **values = (void **)(first->given_rows + first->num_given);
    for (uint32_t i = 0; i < count; i++) {
        keys[i] = first->due[i].key;
        hashes[i] = first->due[i].hash;
    }
    enum status status =
        keyed_state_access(first->waiting, KEYED_UPDATE, keys, hashes, NULL, count, values, error);
    if (status != STATUS_OK)
        return status;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct waiting_row *waiting = values[i];
        if (waiting == NULL || waiting->change == ON_ITS_WAY)
            continue;
        if (waiting->time_us > first->until_us) {
            first->due[i].time_us = waiting->time_us;
            continue;
        }
        struct bytes_view row = {waiting->row.data, waiting->row.size};
        waiting->change = ON_ITS_WAY;
        changelog_rows_add(&first->out, ROW_INSERT, &row, 0);
        values[kept] = waiting;
        keys[kept] = keyed_state_key(first->waiting, waiting);
        hashes[kept++] = hashes[i];
    }
    first->num_given += kept;
    return STATUS_OK;
}

/* What is in the batch moves over to the keys that are done. */
static enum status settle_rows(struct first_row *first, struct error *error)
{
    enum status status =
        keyed_state_access(first->given, KEYED_CREATE, first->given_keys, first->given_hashes, NULL,
                           first->num_given, first->values, error);
    if (status != STATUS_OK)
        return status;
    for (uint32_t i = 0; i < first->num_given; i++)
        keyed_state_remove(first->waiting, first->given_rows[i]);
    first->num_given = 0;
    /* The keys that are done are many and seldom asked for: they make room before the rows that wait do. */
    status = keyed_state_end_batch(first->given, error);
    return status == STATUS_OK ? keyed_state_end_batch(first->waiting, error) : status;
}

static enum operator_result emit_rows(struct first_row *first, struct error *error)
{
    struct record_batch *batch = NULL;
    if (changelog_rows_make_batch(&first->out, &batch, error) != STATUS_OK)
        return OPERATOR_FAILED;
    if (settle_rows(first, error) != STATUS_OK) {
        record_batch_free(batch);
        return OPERATOR_FAILED;
    }
    return batch != NULL ? operator_output_emit(first->context->outputs[0], batch, error) : OPERATOR_DONE;
}

enum operator_result first_row_firing_resume(struct first_row *first, struct error *error)
{
    while (first->is_firing) {
        uint32_t count, room = changelog_rows_room(&first->out);
        bool is_done;
        if (room == 0) {
            enum operator_result result = emit_rows(first, error);
            if (result != OPERATOR_DONE)
                return result;
            continue;
        }
        if (event_timers_next(&first->timers, first->due, room, &count, &is_done, error) != STATUS_OK)
            return OPERATOR_FAILED;
        if (is_done) {
            first->is_firing = false;
            window_progress_advance(&first->progress, first->until_us);
            return emit_rows(first, error);
        }
        if (collect_rows(first, count, error) != STATUS_OK ||
            event_timers_finish(&first->timers, first->due, count, error) != STATUS_OK)
            return OPERATOR_FAILED;
    }
    return OPERATOR_DONE;
}

enum operator_result first_row_firing_begin(struct first_row *first, int64_t until_us, struct error *error)
{
    CHECK(!first->is_firing && first->num_given == 0);
    if (!event_timers_advance(&first->timers, until_us)) {
        window_progress_advance(&first->progress, until_us);
        return OPERATOR_DONE;
    }
    first->is_firing = true;
    first->until_us = until_us;
    return first_row_firing_resume(first, error);
}
