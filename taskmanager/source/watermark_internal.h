#pragma once

#include "common/expression/expression_program.h"
#include "common/expression/time_zone.h"
#include "taskmanager/source/watermark_generator.h"

struct watermark_split {
    char *name;
    int64_t watermark_us; /* the largest that was computed */
    int64_t heard_us;     /* when its last row came, in the time that the source was asked for rows */
    bool is_idle;
    bool is_finished;
};

/* What the checkpoint says of a split, of any subtask. */
struct restored_split {
    char *name;
    int64_t watermark_us;
    int64_t emitted_us; /* the watermark of the subtask that read it */
    bool is_idle;
};

/* Invariant: emitted_us never goes back. */
struct watermark_generator {
    const struct plan_watermark *plan;
    struct source_reader *reader;
    const struct process_context *process;
    struct time_zone *zone;
    struct expression_program *program;
    struct watermark_split *splits; /* as the reader counts them */
    uint32_t num_splits;
    struct restored_split *restored;
    size_t num_restored;
    int64_t floor_us;     /* what was told before the restore */
    int64_t emitted_us;   /* told since then; WATERMARK_NONE: nothing */
    int64_t next_emit_us; /* monotonic; not before */
    int64_t ticked_us;    /* monotonic, of the last call to next */
    int64_t asked_us;     /* time that the source was asked for rows */
    bool has_grown;       /* beyond emitted_us, when it was looked at last */
    bool is_idle;         /* told */
    bool is_finished;
};

/* watermark_state.c */
STATUS_MUST_CHECK enum status watermark_state_read(struct watermark_generator *generator,
                                                   const struct operator_state *state, struct error *error);
/* A split that comes up, with what the checkpoint knew of it. */
struct watermark_split watermark_split_restore(const struct watermark_generator *generator, const char *name);
/* The watermark below which no subtask that read one of our splits was. */
int64_t watermark_state_floor(const struct watermark_generator *generator);
void watermark_state_free(struct watermark_generator *generator);
