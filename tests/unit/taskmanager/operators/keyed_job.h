#pragma once

/*
 * An operator over keyed state as a job runs it, without the job: maybe a first operator, whose rows are
 * dealt out by key group to instances of the second, which can be snapshot and restored, also at another
 * parallelism. And what reads a changelog: a table that it is applied to.
 */

#include "common/base/arena.h"
#include "common/columnar/row_packer.h"
#include "common/filesystem/memory_file_io.h"
#include "operator_harness.h"

#include <stdio.h>
#include <unistd.h>

enum { JOB_MAX_SUBTASKS = 4, JOB_MAX_PARALLELISM = 16, JOB_MAX_KEYS = 4 };

typedef struct operator*
    keyed_job_create(const void *plan, const struct schema *input, const struct schema *output);

struct keyed_job {
    struct process_context process;
    struct random *random;
    int64_t now_us;
    int64_t set_ahead_us; /* the wall clock, of now_us */
    struct arena *arena;
    struct file_io *io;
    uint32_t full_percent;
    enum state_backend_kind backend;
    size_t memory_bytes;
    char folder[32]; /* of local files */
    /* Set by the test before keyed_job_start; schemas are the job's references. */
    struct schema *input, *partial, *output; /* partial: NULL when there is no first operator */
    const void *first_plan, *second_plan;
    keyed_job_create *create_first, *create_second;
    uint32_t keys[JOB_MAX_KEYS]; /* columns of what the second operator takes */
    uint32_t key_count;
    uint32_t parallelism;
    struct operator_harness first;
    struct operator_harness second[JOB_MAX_SUBTASKS];
    struct keyed_state_backend *backends[JOB_MAX_SUBTASKS];
    const struct keyed_state_handle *handles[JOB_MAX_SUBTASKS];
    uint32_t num_handles;
    struct buffer states[JOB_MAX_SUBTASKS]; /* list state of the second operator, of num_states subtasks */
    uint32_t num_states;
    struct arena *handle_arena;
    struct row_packer *packer;
    struct text_lines lines; /* of what came out, in its order */
};

static inline int64_t keyed_job_now(void *context)
{
    return ((struct keyed_job *)context)->now_us;
}

static inline int64_t keyed_job_wall_us(void *context)
{
    return keyed_job_now(context) + ((struct keyed_job *)context)->set_ahead_us;
}

static inline void keyed_job_init(struct keyed_job *job, struct random *random)
{
    memset(job, 0, sizeof *job);
    job->random = random;
    job->process.clock =
        (struct clock){.wall_us = keyed_job_wall_us, .monotonic_us = keyed_job_now, .context = job};
    job->now_us = INT64_C(1700000000000000);
    job->arena = arena_create(4096);
    job->handle_arena = arena_create(4096);
    job->io = memory_file_io_create();
    job->backend = STATE_BACKEND_HASHMAP;
    job->memory_bytes = 16 << 20;
    strcpy(job->folder, "/tmp/keyed_job.XXXXXX");
    assert_non_null(mkdtemp(job->folder));
}

static inline void keyed_job_open(struct operator_harness *harness)
{
    struct error error;
    if (harness->operator->ops->open(harness->operator, & harness->context, &error) != STATUS_OK)
        fail_msg("%s", error.message);
}

static inline void keyed_job_open_backend(struct keyed_job *job, uint32_t index)
{
    struct error error;
    char folder[64];
    snprintf(folder, sizeof folder, "%s/%u", job->folder, index);
    struct keyed_state_options options = {
        .process = &job->process,
        .operator_name = "Operator[1]",
        .kind = job->backend,
        .memory_bytes = job->memory_bytes,
        .local_folder = folder,
        .io = job->io,
        .checkpoint_folder = "/checkpoints",
        .max_parallelism = JOB_MAX_PARALLELISM,
        .handles = job->handles,
        .num_handles = job->num_handles,
    };
    key_group_range(index, job->parallelism, JOB_MAX_PARALLELISM, &options.first_key_group,
                    &options.end_key_group);
    if (keyed_state_backend_open(&options, &job->backends[index], &error) != STATUS_OK)
        fail_msg("%s", error.message);
}

static inline void keyed_job_restore(struct keyed_job *job, uint32_t index)
{
    struct operator* operator= job->second[index].operator;
    struct bytes_view views[JOB_MAX_SUBTASKS];
    struct operator_state state = {0};
    struct error error;
    for (uint32_t i = 0; i < job->num_states; i++)
        views[i] = buffer_view(&job->states[i]);
    if (job->num_states == 0 || operator->ops->restore == NULL)
        return;
    assert_int_equal(
        operator_state_redistribute(views, job->num_states, index, job->parallelism, &state, &error),
        STATUS_OK);
    if (operator->ops->restore(operator, & state, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    operator_state_free(&state);
}

static inline void keyed_job_snapshot_list(struct keyed_job *job, uint32_t index)
{
    struct operator* operator= job->second[index].operator;
    struct operator_snapshot snapshot = {0};
    struct error error;
    buffer_clear(&job->states[index]);
    if (operator->ops->snapshot_state != NULL)
        assert_int_equal(operator->ops->snapshot_state(operator, 1, &snapshot, &error), STATUS_OK);
    operator_state_encode(&snapshot.state, &job->states[index]);
    operator_snapshot_free(&snapshot);
}

/* Opens all instances, out of the last checkpoint when there was one. */
static inline void keyed_job_start(struct keyed_job *job, uint32_t parallelism)
{
    const struct schema *taken = job->partial != NULL ? job->partial : job->input;
    job->parallelism = parallelism;
    if (job->packer == NULL) {
        struct data_type types[JOB_MAX_KEYS];
        for (uint32_t i = 0; i < job->key_count; i++)
            types[i] = taken->fields[job->keys[i]].type;
        job->packer = row_packer_create(types, job->key_count);
    }
    if (job->partial != NULL) {
        operator_harness_init(&job->first, &job->process, job->random, job->full_percent, 1);
        job->first.operator= job->create_first(job->first_plan, job->input, job->partial);
        keyed_job_open(&job->first);
    }
    for (uint32_t i = 0; i < parallelism; i++) {
        struct operator_harness *second = &job->second[i];
        keyed_job_open_backend(job, i);
        operator_harness_init(second, &job->process, job->random, job->full_percent, 1);
        second->context.parallelism = parallelism;
        second->context.max_parallelism = JOB_MAX_PARALLELISM;
        second->context.subtask = i;
        second->context.keyed_state = job->backends[i];
        second->operator= job->create_second(job->second_plan, taken, job->output);
        keyed_job_open(second);
        keyed_job_restore(job, i);
    }
}

static inline void keyed_job_collect(struct keyed_job *job)
{
    for (uint32_t i = 0; i < job->parallelism; i++)
        text_lines_add_output(&job->lines, &job->second[i].outputs[0]);
}

/* Deals the rows of a batch out by key group. */
static inline void keyed_job_exchange(struct keyed_job *job, struct record_batch *batch)
{
    uint32_t *rows = mem_alloc(batch->num_rows * sizeof *rows);
    for (uint32_t target = 0; target < job->parallelism; target++) {
        uint32_t count = 0;
        row_packer_pack(job->packer, batch, job->keys);
        for (uint32_t i = 0; i < batch->num_rows; i++) {
            uint32_t group = row_key_group(job->packer->rows[i], JOB_MAX_PARALLELISM);
            if (key_group_subtask(group, job->parallelism, JOB_MAX_PARALLELISM) == target)
                rows[count++] = i;
        }
        if (count > 0)
            operator_harness_batch(&job->second[target], record_batch_gather(batch, rows, count));
    }
    free(rows);
    record_batch_free(batch);
    keyed_job_collect(job);
}

static inline void keyed_job_exchange_first(struct keyed_job *job)
{
    struct test_output *output = &job->first.outputs[0];
    for (size_t i = 0; i < output->num_batches; i++)
        keyed_job_exchange(job, output->batches[i]);
    output->num_batches = 0;
}

static inline void keyed_job_batch(struct keyed_job *job, struct record_batch *batch)
{
    if (job->partial == NULL) {
        keyed_job_exchange(job, batch);
        return;
    }
    operator_harness_batch(&job->first, batch);
    keyed_job_exchange_first(job);
}

static inline void operator_harness_timer(struct operator_harness *harness, int64_t now_us)
{
    struct error error;
    const struct operator_ops *ops = harness->operator->ops;
    if (ops->next_timer_us != NULL && ops->next_timer_us(harness->operator) <= now_us)
        operator_harness_finish(harness, ops->on_timer(harness->operator, now_us, &error), &error);
}

/* Time goes on, and the timers that are due fire. */
static inline void keyed_job_advance(struct keyed_job *job, int64_t microseconds)
{
    job->now_us += microseconds;
    if (job->partial != NULL) {
        operator_harness_timer(&job->first, keyed_job_wall_us(job));
        keyed_job_exchange_first(job);
    }
    for (uint32_t i = 0; i < job->parallelism; i++)
        operator_harness_timer(&job->second[i], keyed_job_wall_us(job));
    keyed_job_collect(job);
}

static inline void keyed_job_watermark(struct keyed_job *job, int64_t watermark_us)
{
    if (job->partial != NULL) {
        operator_harness_watermark(&job->first, watermark_us);
        keyed_job_exchange_first(job);
    }
    for (uint32_t i = 0; i < job->parallelism; i++)
        operator_harness_watermark(&job->second[i], watermark_us);
    keyed_job_collect(job);
}

static inline void keyed_job_stop(struct keyed_job *job)
{
    if (job->partial != NULL)
        operator_harness_close(&job->first);
    for (uint32_t i = 0; i < job->parallelism; i++) {
        operator_harness_close(&job->second[i]);
        keyed_state_backend_close(job->backends[i]);
        job->backends[i] = NULL;
    }
}

/* What must leave before a barrier. */
static inline void keyed_job_flush(struct keyed_job *job)
{
    if (job->partial != NULL) {
        operator_harness_prepare(&job->first);
        keyed_job_exchange_first(job);
    }
    for (uint32_t i = 0; i < job->parallelism; i++)
        operator_harness_prepare(&job->second[i]);
    keyed_job_collect(job);
}

/* A checkpoint, after which all is lost and starts from it at another parallelism. */
static inline void keyed_job_rescale(struct keyed_job *job, uint32_t parallelism)
{
    struct error error;
    struct arena *arena = arena_create(4096);
    keyed_job_flush(job);
    for (uint32_t i = 0; i < job->parallelism; i++) {
        struct keyed_state_snapshot *snapshot;
        struct keyed_state_handle *handle;
        keyed_job_snapshot_list(job, i);
        if (keyed_state_backend_freeze(job->backends[i], 1, &snapshot, &error) != STATUS_OK ||
            keyed_state_snapshot_upload(snapshot, arena, &handle, &error) != STATUS_OK)
            fail_msg("%s", error.message);
        keyed_state_snapshot_free(snapshot);
        job->handles[i] = handle;
    }
    job->num_handles = job->parallelism;
    job->num_states = job->parallelism;
    keyed_job_stop(job);
    keyed_job_start(job, parallelism);
    arena_free(job->handle_arena);
    job->handle_arena = arena;
}

static inline void keyed_job_free(struct keyed_job *job)
{
    keyed_job_stop(job);
    text_lines_free(&job->lines);
    for (uint32_t i = 0; i < JOB_MAX_SUBTASKS; i++)
        buffer_free(&job->states[i]);
    row_packer_free(job->packer);
    schema_unref(job->input);
    schema_unref(job->partial);
    schema_unref(job->output);
    file_io_free(job->io);
    (void)rmdir(job->folder); /* the backends removed theirs */
    arena_free(job->arena);
    arena_free(job->handle_arena);
}

/* What came out since the last time, in its order; "" where a line would be too many. */
static inline void expect_lines(struct keyed_job *job, const char *const *lines, size_t count)
{
    struct text_lines expected = {0};
    for (size_t i = 0; i < count; i++)
        text_lines_add(&expected, lines[i]);
    assert_lines_equal(&job->lines, &expected);
    text_lines_free(&expected);
    text_lines_free(&job->lines);
}

#define EXPECT_LINES(job, ...)                                                                               \
    do {                                                                                                     \
        const char *const lines_[] = {__VA_ARGS__};                                                          \
        expect_lines(job, lines_, sizeof lines_ / sizeof *lines_);                                           \
    } while (0)
#define EXPECT_NO_LINES(job) expect_lines(job, NULL, 0)

/* Rows as lines, with how often each is there: what a changelog is applied to. */
static inline size_t table_find(const struct text_lines *table, const char *line)
{
    size_t i = 0;
    while (i < table->count && strcmp(table->lines[i], line) != 0)
        i++;
    return i;
}

/* The first columns of a line, as many as make its key. */
static inline size_t line_key_size(const char *line, uint32_t num_columns)
{
    const char *at = line;
    for (uint32_t i = 0; i < num_columns; i++) {
        const char *bar = strchr(at, '|');
        at = bar != NULL ? bar + 1 : at + strlen(at);
    }
    return (size_t)(at - line);
}

static inline void table_remove(struct text_lines *table, size_t index)
{
    free(table->lines[index]);
    table->lines[index] = table->lines[--table->count];
}

/*
 * Applies the lines. What is taken back must be there. upsert_columns > 0: updates come without -U, and
 * replace the row that has the same first columns.
 */
static inline void table_apply(struct text_lines *table, const struct text_lines *changes,
                               uint32_t upsert_columns)
{
    for (size_t i = 0; i < changes->count; i++) {
        const char *line = changes->lines[i];
        bool is_removal = strncmp(line, "-U|", 3) == 0 || strncmp(line, "-D|", 3) == 0;
        bool is_update = strncmp(line, "+U|", 3) == 0;
        line += is_removal || is_update ? 3 : 0;
        if (is_update && upsert_columns > 0) {
            size_t size = line_key_size(line, upsert_columns), at = 0;
            while (at < table->count && (line_key_size(table->lines[at], upsert_columns) != size ||
                                         strncmp(table->lines[at], line, size) != 0))
                at++;
            if (at == table->count)
                fail_msg("%s updates no row", changes->lines[i]);
            table_remove(table, at);
        }
        if (!is_removal) {
            text_lines_add(table, line);
            continue;
        }
        size_t at = table_find(table, line);
        if (at == table->count)
            fail_msg("%s takes back a row that is not there", changes->lines[i]);
        table_remove(table, at);
    }
}
