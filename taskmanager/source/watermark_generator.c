#include "taskmanager/source/watermark_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

/* A source is polled at least this often while its chain takes rows; what lies between two calls beyond that
 * was spent on something else. */
enum { STEP_MAX_US = 200000 };

static const struct source_split unnamed_split = {.name = ""};

static int64_t now_us(const struct watermark_generator *generator)
{
    return clock_monotonic_us(&generator->process->clock);
}

static const struct source_split *list_splits(const struct watermark_generator *generator,
                                              uint32_t *ret_count)
{
    if (generator->reader->ops->splits != NULL)
        return generator->reader->ops->splits(generator->reader, ret_count);
    *ret_count = 1;
    return &unnamed_split;
}

/* Takes up the splits that are new, and what is new about the known ones. */
static void look_at_splits(struct watermark_generator *generator)
{
    uint32_t count;
    const struct source_split *seen = list_splits(generator, &count);
    CHECK(count >= generator->num_splits);
    if (count > generator->num_splits) {
        generator->splits = mem_realloc(generator->splits, count * sizeof *generator->splits);
        for (uint32_t i = generator->num_splits; i < count; i++)
            generator->splits[i] = watermark_split_restore(generator, seen[i].name);
        generator->num_splits = count;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct watermark_split *split = &generator->splits[i];
        split->is_finished = generator->is_finished || seen[i].is_finished;
        if (seen[i].has_backlog)
            split->heard_us = generator->asked_us;
        if (generator->plan->idle_timeout_ms > 0 &&
            generator->asked_us - split->heard_us >= generator->plan->idle_timeout_ms * 1000)
            split->is_idle = true;
    }
}

enum status watermark_generator_create(const struct plan_watermark *plan, struct source_reader *reader,
                                       const struct process_context *process,
                                       const struct operator_state *restored,
                                       struct watermark_generator **ret_generator, struct error *error)
{
    struct watermark_generator *generator = mem_calloc(1, sizeof *generator);
    generator->plan = plan;
    generator->reader = reader;
    generator->process = process;
    generator->floor_us = WATERMARK_NONE;
    generator->emitted_us = WATERMARK_NONE;
    const char *zone = plan->time_zone != NULL ? plan->time_zone : "UTC";
    enum status status = time_zone_create(zone, &generator->zone, error);
    if (status == STATUS_OK)
        status = watermark_state_read(generator, restored, error);
    if (status != STATUS_OK) {
        watermark_generator_free(generator);
        return status;
    }
    generator->program = expression_program_compile(&plan->expression, 1, process->clock, generator->zone);
    generator->ticked_us = now_us(generator);
    generator->next_emit_us = generator->ticked_us;
    look_at_splits(generator);
    generator->floor_us = watermark_state_floor(generator);
    *ret_generator = generator;
    return STATUS_OK;
}

void watermark_generator_free(struct watermark_generator *generator)
{
    if (generator == NULL)
        return;
    watermark_state_free(generator);
    for (uint32_t i = 0; i < generator->num_splits; i++)
        free(generator->splits[i].name);
    free(generator->splits);
    expression_program_free(generator->program);
    time_zone_free(generator->zone);
    free(generator);
}

static int64_t largest(const struct vector *times, uint32_t first, uint32_t count)
{
    const int64_t *values = times->values;
    int64_t max = WATERMARK_NONE;
    if (times->validity == NULL) {
        for (uint32_t i = first; i < first + count; i++)
            max = values[i] > max ? values[i] : max;
        return max;
    }
    for (uint32_t i = first; i < first + count; i++)
        if (validity_is_set(times->validity, i) && values[i] > max)
            max = values[i];
    return max;
}

enum status watermark_generator_take(struct watermark_generator *generator, const struct record_batch *batch,
                                     struct error *error)
{
    struct vector *times = NULL;
    enum status status = expression_program_evaluate(generator->program, batch, &times, error);
    if (status != STATUS_OK)
        return error_prefix(error, "the watermark cannot be computed");
    struct vector *flat = vector_flatten(times);
    vector_unref(times);
    look_at_splits(generator);
    const struct source_run all = {.num_rows = batch->num_rows};
    const struct source_run *runs = &all;
    uint32_t num_runs = 1;
    if (generator->reader->ops->splits != NULL)
        runs = generator->reader->ops->runs(generator->reader, &num_runs);
    uint32_t row = 0;
    for (uint32_t i = 0; i < num_runs; i++) {
        CHECK(runs[i].split < generator->num_splits);
        struct watermark_split *split = &generator->splits[runs[i].split];
        int64_t time_us = largest(flat, row, runs[i].num_rows);
        split->watermark_us = time_us > split->watermark_us ? time_us : split->watermark_us;
        split->heard_us = generator->asked_us;
        split->is_idle = false;
        row += runs[i].num_rows;
    }
    CHECK(row == batch->num_rows);
    vector_unref(flat);
    return STATUS_OK;
}

static void tick(struct watermark_generator *generator)
{
    int64_t step_us = now_us(generator) - generator->ticked_us;
    generator->ticked_us += step_us;
    generator->asked_us += step_us < STEP_MAX_US ? step_us : STEP_MAX_US;
}

/* The watermark as the splits have it; false when all of them are idle or there are none. */
static bool combine(const struct watermark_generator *generator, int64_t *ret_watermark_us)
{
    int64_t watermark_us = INT64_MAX;
    bool is_held = false;
    for (uint32_t i = 0; i < generator->num_splits; i++) {
        const struct watermark_split *split = &generator->splits[i];
        if (split->is_idle || split->is_finished)
            continue;
        is_held = true;
        watermark_us = split->watermark_us < watermark_us ? split->watermark_us : watermark_us;
    }
    if (!is_held || watermark_us < generator->floor_us)
        watermark_us = generator->floor_us;
    *ret_watermark_us = watermark_us;
    return is_held;
}

struct watermark_event watermark_generator_next(struct watermark_generator *generator)
{
    tick(generator);
    look_at_splits(generator);
    int64_t watermark_us;
    bool is_held = combine(generator, &watermark_us);
    generator->has_grown = watermark_us > generator->emitted_us;
    if (is_held && generator->is_idle) {
        generator->is_idle = false;
        return (struct watermark_event){.kind = WATERMARK_EVENT_ACTIVE};
    }
    if (generator->has_grown && (generator->ticked_us >= generator->next_emit_us || !is_held)) {
        generator->has_grown = false;
        generator->emitted_us = watermark_us;
        generator->next_emit_us = generator->ticked_us + generator->plan->emit_interval_ms * 1000;
        return (struct watermark_event){.kind = WATERMARK_EVENT_ADVANCED, .watermark_us = watermark_us};
    }
    if (!is_held && !generator->is_idle && !generator->is_finished) {
        generator->is_idle = true;
        return (struct watermark_event){.kind = WATERMARK_EVENT_IDLE};
    }
    return (struct watermark_event){.kind = WATERMARK_EVENT_NONE};
}

int64_t watermark_generator_deadline_us(const struct watermark_generator *generator)
{
    int64_t deadline_us = generator->has_grown ? generator->next_emit_us : INT64_MAX;
    if (generator->plan->idle_timeout_ms == 0)
        return deadline_us;
    for (uint32_t i = 0; i < generator->num_splits; i++) {
        const struct watermark_split *split = &generator->splits[i];
        if (split->is_idle || split->is_finished)
            continue;
        int64_t left_us = split->heard_us + generator->plan->idle_timeout_ms * 1000 - generator->asked_us;
        if (generator->ticked_us + left_us < deadline_us)
            deadline_us = generator->ticked_us + left_us;
    }
    return deadline_us;
}

void watermark_generator_finish(struct watermark_generator *generator)
{
    generator->is_finished = true;
    look_at_splits(generator);
}
