#pragma once

#include "common/plan/plan_node.h"
#include "taskmanager/source/source_reader.h"

/*
 * Event time of one subtask of a source. It keeps the largest watermark of each split, and tells when the
 * smallest of them grew: a split that is idle or finished holds nothing back, one that was not read yet holds
 * everything back. With no split that could hold anything back, of which there may be none at all, the
 * subtask is idle.
 *
 * A split is idle that gave no row for the timeout. Only time in which the source was asked for rows counts,
 * so that a chain that is blocked makes no split idle.
 *
 * Its state is a union list of all splits. After a restore the watermark goes on from where it stood, also
 * when the splits are in other subtasks, and a split that was idle is until it gives rows.
 */
struct watermark_generator;

enum watermark_event_kind {
    WATERMARK_EVENT_NONE,
    WATERMARK_EVENT_ADVANCED, /* to watermark_us */
    WATERMARK_EVENT_IDLE,
    WATERMARK_EVENT_ACTIVE,
};

struct watermark_event {
    enum watermark_event_kind kind;
    int64_t watermark_us; /* ADVANCED */
};

/* plan, reader and process outlive it; the reader is open and restored. */
STATUS_MUST_CHECK enum status watermark_generator_create(
    const struct plan_watermark *plan, struct source_reader *reader, const struct process_context *process,
    const struct operator_state *restored, struct watermark_generator **ret_generator, struct error *error);
void watermark_generator_free(struct watermark_generator *generator);

/* Notes the times of the batch that the reader's poll just returned. */
STATUS_MUST_CHECK enum status watermark_generator_take(struct watermark_generator *generator,
                                                       const struct record_batch *batch, struct error *error);
/* What is to be told now, one thing at a time, before the reader is polled again. At most one ADVANCED in the
 * emit interval. */
struct watermark_event watermark_generator_next(struct watermark_generator *generator);
/* On the monotonic clock: when watermark_generator_next is worth asking, should no batch come before;
 * INT64_MAX: never. */
int64_t watermark_generator_deadline_us(const struct watermark_generator *generator);
/* The source is at its end. */
void watermark_generator_finish(struct watermark_generator *generator);
void watermark_generator_snapshot(const struct watermark_generator *generator, struct operator_state *state);
