#pragma once

#include "common/base/memory.h"
#include "taskmanager/taskexecutor/operator_chain.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>
#include <unistd.h>

/*
 * A chain of scripted parts: source [1] -> pass [2] -> sinks [3] and [4]. Each call writes a word to the
 * journal, "2.batch"; a part answers a call with what its script says, else DONE. A pass emits its batch,
 * keeps a second one back when told, and emits that in resume.
 *
 * With a gate the chain begins with the pass, and what the gate gives is scripted too. An edge that leaves
 * from the pass has a writer, which writes as part 5. A pass that is a deduplication keeps keyed state, whose
 * backend writes as part 9.
 */
enum { PARTS = 6, WRITER = 5, ELEMENTS_MAX = 16 };
struct script {
    struct buffer journal;
    enum operator_result on_batch[PARTS];
    enum operator_result on_resume[PARTS];
    enum operator_result on_prepare[PARTS];
    enum operator_result on_end[PARTS];
    enum operator_result on_watermark[PARTS];
    enum operator_result on_timer[PARTS];
    int64_t timers[PARTS]; /* 0: none */
    int64_t fired_us;      /* of the last one that ran */
    enum status on_snapshot[PARTS];
    bool is_retriable;
    bool keeps_one_back;
    bool has_no_committables;
    bool is_stateless; /* what is restored has no state of the source */
    uint32_t rows_left;
    bool is_silent; /* the source has no row now */
    int64_t row;    /* the value of the source's next row */
    struct gate_element elements[ELEMENTS_MAX];
    const struct schema *inputs[PARTS]; /* as the parts were told */
    uint32_t num_elements, next_element, num_inputs;
    void (*wake)(void *wake_context); /* of the gate */
    void *wake_context;
    struct keyed_state_options keyed_options; /* as given */
    pthread_mutex_t mutex; /* guards elements, and what follows, between the test and the task's threads */
    pthread_cond_t changed;
    bool holds_uploads; /* an upload waits until it is false, or it is cancelled */
    bool is_cancelled;
    enum status on_upload;
    uint32_t num_frozen;
};
static struct script *script; /* the factory knows only plan nodes */

struct part {
    struct operator base;
    uint32_t id;
    const struct operator_context *context;
    struct record_batch *kept;
};

static inline void note(uint32_t id, const char *what)
{
    buffer_printf(&script->journal, "%s%u.%s", script->journal.size > 0 ? " " : "", id, what);
}

static inline void assert_journal(const char *expected)
{
    assert_string_equal(buffer_text(&script->journal), expected);
    buffer_clear(&script->journal);
}

static inline void note_number(uint32_t id, const char *what, int64_t number)
{
    buffer_printf(&script->journal, "%s%u.%s", script->journal.size > 0 ? " " : "", id, what);
    if (number == WATERMARK_MAX)
        buffer_append_text(&script->journal, "max");
    else
        buffer_printf(&script->journal, "%lld", (long long)number);
}

static inline enum operator_result answer(enum operator_result result, struct error *error)
{
    if (result == OPERATOR_FAILED)
        error_set(error, STATUS_IO, "scripted");
    return result;
}

static inline enum status part_open(struct operator* operator, const struct operator_context * context,
                                    struct error *error)
{
    (void)error;
    struct part *part = (struct part *)operator;
    part->context = context;
    note(part->id, "open");
    return STATUS_OK;
}

static inline enum status part_restore(struct operator* operator, const struct operator_state * state,
                                       struct error *error)
{
    (void)error;
    assert_int_equal(state->num_lists, 1);
    note(((struct part *)operator)->id, "restore");
    return STATUS_OK;
}

static inline enum operator_result pass_batch(struct operator* operator, uint32_t input,
                                              struct record_batch *batch, struct error *error)
{
    struct part *part = (struct part *)operator;
    if (input == 0)
        note(part->id, "batch");
    else
        note_number(part->id, "batch@", input);
    if (script->keeps_one_back)
        part->kept = record_batch_share(batch);
    return operator_output_emit(part->context->outputs[0], batch, error);
}

static inline enum operator_result pass_resume(struct operator* operator, struct error * error)
{
    struct part *part = (struct part *)operator;
    note(part->id, "resume");
    struct record_batch *batch = part->kept;
    part->kept = NULL;
    return batch == NULL ? OPERATOR_DONE : operator_output_emit(part->context->outputs[0], batch, error);
}

static inline enum operator_result sink_batch(struct operator* operator, uint32_t input,
                                              struct record_batch *batch, struct error *error)
{
    (void)input;
    struct part *part = (struct part *)operator;
    note(part->id, "batch");
    record_batch_free(batch);
    return answer(script->on_batch[part->id], error);
}

static inline enum operator_result sink_resume(struct operator* operator, struct error * error)
{
    struct part *part = (struct part *)operator;
    note(part->id, "resume");
    return answer(script->on_resume[part->id], error);
}

static inline enum operator_result part_prepare(struct operator* operator, uint64_t checkpoint_id,
                                                struct error *error)
{
    (void)checkpoint_id;
    struct part *part = (struct part *)operator;
    note(part->id, "prepare");
    return answer(script->on_prepare[part->id], error);
}

static inline enum status part_snapshot(struct operator* operator, uint64_t checkpoint_id,
                                        struct operator_snapshot *snapshot, struct error *error)
{
    struct part *part = (struct part *)operator;
    note(part->id, "snapshot");
    if (script->on_snapshot[part->id] != STATUS_OK) {
        error_set(error, script->on_snapshot[part->id], "scripted");
        error->retriable = script->is_retriable;
        return script->on_snapshot[part->id];
    }
    list_state_append(operator_state_add_list(&snapshot->state, "n", LIST_STATE_SPLIT, 1), &checkpoint_id, 8);
    struct buffer committable = {0};
    buffer_append_text(&committable, "files");
    if (part->id > 2 && !script->has_no_committables)
        operator_snapshot_add_committable(snapshot, &committable);
    buffer_free(&committable);
    return STATUS_OK;
}

static inline enum operator_result part_watermark(struct operator* operator, uint32_t input,
                                                  int64_t watermark_us, struct error *error)
{
    struct part *part = (struct part *)operator;
    note_number(part->id, input == 0 ? "" : "@1:", watermark_us);
    return answer(script->on_watermark[part->id], error);
}

static inline enum operator_result part_status(struct operator* operator, uint32_t input, bool idle,
                                               struct error *error)
{
    (void)error;
    note_number(((struct part *)operator)->id, idle ? "idle@" : "active@", input);
    return OPERATOR_DONE;
}

static inline int64_t part_next_timer(const struct operator* operator)
{
    int64_t timer_us = script->timers[((const struct part *)operator)->id];
    return timer_us == 0 ? INT64_MAX : timer_us;
}

static inline enum operator_result part_timer(struct operator* operator, int64_t time_us, struct error *error)
{
    struct part *part = (struct part *)operator;
    script->timers[part->id] = 0;
    script->fired_us = time_us;
    note_number(part->id, "timer", time_us);
    return answer(script->on_timer[part->id], error);
}

static inline enum operator_result part_end(struct operator* operator, uint32_t input, enum end_of_input how,
                                            struct error *error)
{
    struct part *part = (struct part *)operator;
    note_number(part->id, how == INPUT_FINISHED ? "end@" : "stop@", input);
    return answer(script->on_end[part->id], error);
}

static inline void part_complete(struct operator* operator, uint64_t checkpoint_id)
{
    (void)checkpoint_id;
    note(((struct part *)operator)->id, "complete");
}

static inline void part_aborted(struct operator* operator, uint64_t checkpoint_id)
{
    (void)checkpoint_id;
    note(((struct part *)operator)->id, "aborted");
}

static inline void part_close(struct operator* operator)
{
    struct part *part = (struct part *)operator;
    note(part->id, "close");
    record_batch_free(part->kept);
    free(part);
}

static const struct operator_ops pass_ops = {.open = part_open,
                                             .restore = part_restore,
                                             .process_batch = pass_batch,
                                             .resume = pass_resume,
                                             .prepare_barrier = part_prepare,
                                             .snapshot_state = part_snapshot,
                                             .end_input = part_end,
                                             .process_watermark = part_watermark,
                                             .process_watermark_status = part_status,
                                             .next_timer_us = part_next_timer,
                                             .on_timer = part_timer,
                                             .notify_complete = part_complete,
                                             .notify_aborted = part_aborted,
                                             .close = part_close};
static const struct operator_ops sink_ops = {.open = part_open,
                                             .restore = part_restore,
                                             .process_batch = sink_batch,
                                             .resume = sink_resume,
                                             .prepare_barrier = part_prepare,
                                             .snapshot_state = part_snapshot,
                                             .end_input = part_end,
                                             .process_watermark = part_watermark,
                                             .process_watermark_status = part_status,
                                             .next_timer_us = part_next_timer,
                                             .on_timer = part_timer,
                                             .notify_complete = part_complete,
                                             .notify_aborted = part_aborted,
                                             .close = part_close};
/* A writer keeps nothing. */
static const struct operator_ops writer_ops = {.open = part_open,
                                               .process_batch = sink_batch,
                                               .resume = sink_resume,
                                               .prepare_barrier = part_prepare,
                                               .end_input = part_end,
                                               .process_watermark = part_watermark,
                                               .process_watermark_status = part_status,
                                               .next_timer_us = part_next_timer,
                                               .on_timer = part_timer,
                                               .notify_complete = part_complete,
                                               .notify_aborted = part_aborted,
                                               .close = part_close};

static inline struct operator*
    create_part(const struct plan_node *node, const struct schema *input, struct collect_channel *channel)
{
    (void)channel;
    script->inputs[node->id] = input;
    struct part *part = mem_calloc(1, sizeof *part);
    part->base.ops = node->kind == PLAN_SINK ? &sink_ops : &pass_ops;
    part->id = node->id;
    return &part->base;
}

struct scripted_source {
    struct source_reader base;
    const struct plan_node *node;
};

static inline enum status source_open(struct source_reader *reader, const struct operator_context *context,
                                      struct error *error)
{
    (void)reader;
    (void)context;
    (void)error;
    note(1, "open");
    return STATUS_OK;
}

static inline enum status source_restore(struct source_reader *reader, const struct operator_state *state,
                                         bool is_restored, struct error *error)
{
    (void)reader;
    (void)error;
    note(1, is_restored ? "restore" : "fresh");
    assert_int_equal(state->num_lists > 0, is_restored && !script->is_stateless);
    return STATUS_OK;
}

static inline enum source_result source_poll(struct source_reader *reader, int64_t max_wait_ms,
                                             struct record_batch **ret_batch, struct error *error)
{
    (void)max_wait_ms;
    (void)error;
    if (script->is_silent)
        return SOURCE_EMPTY;
    if (script->rows_left == 0)
        return SOURCE_ENDED;
    script->rows_left--;
    struct record_batch *batch = record_batch_create(((struct scripted_source *)reader)->node->schema, 1);
    batch->columns[0] = vector_create(data_type_of(TYPE_BIGINT), 1);
    batch->columns[0]->length = 1;
    *(int64_t *)batch->columns[0]->values = script->row;
    *ret_batch = batch;
    return SOURCE_BATCH;
}

static inline enum status source_snapshot(struct source_reader *reader, uint64_t checkpoint_id,
                                          struct operator_snapshot *snapshot, struct error *error)
{
    (void)reader;
    (void)checkpoint_id;
    (void)error;
    note(1, "snapshot");
    list_state_append(operator_state_add_list(&snapshot->state, "o", LIST_STATE_UNION, 1), "7", 1);
    return STATUS_OK;
}

static inline void source_close(struct source_reader *reader)
{
    note(1, "close");
    free(reader);
}

static const struct source_reader_ops source_ops = {.open = source_open,
                                                    .restore = source_restore,
                                                    .poll = source_poll,
                                                    .snapshot_state = source_snapshot,
                                                    .close = source_close};

static inline struct source_reader *create_source(const struct plan_node *node)
{
    struct scripted_source *source = mem_calloc(1, sizeof *source);
    source->base.ops = &source_ops;
    source->node = node;
    return &source->base;
}
