#pragma once

/*
 * A window aggregation as a job runs it, without the job: sources, each with its watermark, feed a local
 * phase (or none), whose rows are dealt out by key group to instances over keyed state, which see the
 * smallest watermark of the sources. All can be snapshot and restored, also at another parallelism.
 */

#include <unistd.h>

#include "common/base/arena.h"
#include "common/columnar/row_packer.h"
#include "taskmanager/operators/window_aggregate.h"
#include "taskmanager/operators/window_aggregate_internal.h"
#include "window_model.h"

enum { JOB_MAX_SUBTASKS = 4, JOB_MAX_PARALLELISM = 16, JOB_CALLS = 6, JOB_PROPERTIES = 3 };

struct window_job {
    struct process_context process;
    struct random *random;
    int64_t now_us; /* the wall clock */
    struct arena *arena;
    enum state_backend_kind backend;
    uint32_t num_starts;
    struct file_io *io;
    char folder[48]; /* of state and checkpoints */
    struct schema *input, *partial, *output;
    struct plan_aggregate_call calls[JOB_CALLS];
    struct plan_window_aggregate first; /* LOCAL or SINGLE */
    struct plan_window_aggregate second;
    bool is_two_phase;
    size_t local_memory_bytes;
    uint32_t full_percent;
    uint32_t num_outputs; /* of one phase; 2: late rows are routed */
    uint32_t num_sources, parallelism;
    int64_t source_watermarks[JOB_MAX_SUBTASKS];
    int64_t watermark_us;
    struct operator_harness locals[JOB_MAX_SUBTASKS];
    struct operator_harness globals[JOB_MAX_SUBTASKS];
    struct keyed_state_backend *backends[JOB_MAX_SUBTASKS];
    const struct keyed_state_handle *handles[JOB_MAX_SUBTASKS];
    uint32_t num_handles;
    struct buffer local_states[JOB_MAX_SUBTASKS], global_states[JOB_MAX_SUBTASKS];
    uint32_t num_local_states, num_global_states;
    struct row_packer *packer;
    struct text_lines lines; /* of what came out, in its order */
    uint64_t late_rows;      /* dropped or routed */
};

static inline int64_t window_job_now(void *context)
{
    return ((struct window_job *)context)->now_us;
}

static inline void window_job_add_call(struct window_job *job, uint32_t index, const char *name,
                                       uint32_t num_arguments, int32_t filter, bool is_distinct)
{
    static const uint32_t value_column = 3;
    struct plan_aggregate_call *call = &job->calls[index];
    struct data_type *types = arena_calloc(job->arena, 1, sizeof *types);
    struct error error;
    types[0] = job->input->fields[value_column].type;
    *call = (struct plan_aggregate_call){.function = aggregate_function_find(name),
                                         .arguments = &value_column,
                                         .argument_count = num_arguments,
                                         .filter = filter,
                                         .is_distinct = is_distinct,
                                         .argument_types = types};
    assert_non_null(call->function);
    assert_int_equal(
        aggregate_infer(call->function, types, num_arguments, true, filter >= 0, &call->result, &error),
        STATUS_OK);
}

static inline void window_job_make_schemas(struct window_job *job, enum type_kind time_kind)
{
    job->input = schema_create(5);
    schema_set_field(job->input, 0, "k", data_type_of(TYPE_STRING));
    schema_set_field(job->input, 1, "n", data_type_not_null(data_type_of(TYPE_BIGINT)));
    schema_set_field(job->input, 2, "ts", data_type_timestamp(time_kind, 3));
    schema_set_field(job->input, 3, "v", data_type_of(TYPE_BIGINT));
    schema_set_field(job->input, 4, "flag", data_type_of(TYPE_BOOLEAN));
    job->partial = schema_create(4);
    schema_set_field(job->partial, 0, "k", job->input->fields[0].type);
    schema_set_field(job->partial, 1, "n", job->input->fields[1].type);
    schema_set_field(job->partial, 2, "slice_end", data_type_timestamp(TYPE_TIMESTAMP, 3));
    schema_set_field(job->partial, 3, "accumulators", data_type_of(TYPE_BYTES));
}

static inline void window_job_make_output(struct window_job *job, enum type_kind time_kind)
{
    job->output = schema_create(2 + JOB_CALLS + JOB_PROPERTIES);
    schema_set_field(job->output, 0, "k", job->input->fields[0].type);
    schema_set_field(job->output, 1, "n", job->input->fields[1].type);
    for (uint32_t i = 0; i < JOB_CALLS; i++)
        schema_set_field(job->output, 2 + i, "result", job->calls[i].result);
    schema_set_field(job->output, 2 + JOB_CALLS, "window_start", data_type_timestamp(TYPE_TIMESTAMP, 3));
    schema_set_field(job->output, 3 + JOB_CALLS, "window_end", data_type_timestamp(TYPE_TIMESTAMP, 3));
    schema_set_field(job->output, 4 + JOB_CALLS, "window_time", data_type_timestamp(time_kind, 3));
}

static inline void window_job_start(struct window_job *job, uint32_t num_sources, uint32_t parallelism);

static inline void window_job_init(struct window_job *job, struct random *random, struct plan_window window,
                                   bool is_two_phase)
{
    static const uint32_t keys[] = {0, 1};
    static const enum plan_window_property properties[] = {PLAN_WINDOW_START, PLAN_WINDOW_END,
                                                           PLAN_WINDOW_TIME};
    memset(job, 0, sizeof *job);
    job->random = random;
    job->process.clock =
        (struct clock){.wall_us = window_job_now, .monotonic_us = window_job_now, .context = job};
    job->arena = arena_create(4096);
    job->io = local_file_io_create();
    bool has_memory_folder = access("/dev/shm", W_OK) == 0;
    strcpy(job->folder, has_memory_folder ? "/dev/shm/window_job.XXXXXX" : "/tmp/window_job.XXXXXX");
    assert_non_null(mkdtemp(job->folder));
    job->is_two_phase = is_two_phase;
    job->num_outputs = 1;
    job->local_memory_bytes = 1 << 20;
    enum type_kind time_kind = window.is_zoned ? TYPE_TIMESTAMP_LTZ : TYPE_TIMESTAMP;
    window.time_column = 2;
    window_job_make_schemas(job, time_kind);
    window_job_add_call(job, 0, "COUNT", 0, -1, false);
    window_job_add_call(job, 1, "SUM", 1, -1, false);
    window_job_add_call(job, 2, "MIN", 1, -1, false);
    window_job_add_call(job, 3, "MAX", 1, -1, false);
    window_job_add_call(job, 4, "COUNT", 1, -1, true);
    window_job_add_call(job, 5, "COUNT", 1, 4, false);
    window_job_make_output(job, time_kind);
    job->first = (struct plan_window_aggregate){
        .phase = is_two_phase ? PLAN_AGGREGATE_LOCAL : PLAN_AGGREGATE_SINGLE,
        .window = window,
        .keys = keys,
        .key_count = 2,
        .calls = job->calls,
        .call_count = JOB_CALLS,
        .properties = properties,
        .property_count = JOB_PROPERTIES,
    };
    job->second = job->first;
    job->second.phase = is_two_phase ? PLAN_AGGREGATE_GLOBAL : PLAN_AGGREGATE_SINGLE;
    struct data_type key_types[] = {job->input->fields[0].type, job->input->fields[1].type};
    job->packer = row_packer_create(key_types, 2);
}

static inline void window_job_open_local(struct window_job *job, uint32_t index)
{
    struct error error;
    struct operator_harness *local = &job->locals[index];
    operator_harness_init(local, &job->process, job->random, job->full_percent, 1);
    local->operator= window_local_create(&job->first, job->input, job->partial, job->local_memory_bytes);
    assert_int_equal(local->operator->ops->open(local->operator, & local->context, &error), STATUS_OK);
}

static inline void window_job_open_backend(struct window_job *job, uint32_t index)
{
    struct error error;
    char local[96], checkpoints[96];
    snprintf(local, sizeof local, "%s/local-%u-%u", job->folder, job->num_starts, index);
    snprintf(checkpoints, sizeof checkpoints, "%s/checkpoints", job->folder);
    struct keyed_state_options options = {
        .process = &job->process,
        .operator_name = "Window[1]",
        .kind = job->backend,
        .memory_bytes = 4 << 20,
        .local_folder = local,
        .io = job->io,
        .checkpoint_folder = checkpoints,
        .max_parallelism = JOB_MAX_PARALLELISM,
        .handles = job->handles,
        .num_handles = job->num_handles,
    };
    key_group_range(index, job->parallelism, JOB_MAX_PARALLELISM, &options.first_key_group,
                    &options.end_key_group);
    if (keyed_state_backend_open(&options, &job->backends[index], &error) != STATUS_OK)
        fail_msg("%s", error.message);
}

static inline void window_job_open_global(struct window_job *job, uint32_t index)
{
    struct error error;
    struct operator_harness *global = &job->globals[index];
    window_job_open_backend(job, index);
    operator_harness_init(global, &job->process, job->random, job->full_percent,
                          job->is_two_phase ? 1 : job->num_outputs);
    global->context.parallelism = job->parallelism;
    global->context.max_parallelism = JOB_MAX_PARALLELISM;
    global->context.subtask = index;
    global->context.keyed_state = job->backends[index];
    global->operator=
        window_aggregate_create(&job->second, job->is_two_phase ? job->partial : job->input, job->output);
    assert_int_equal(global->operator->ops->open(global->operator, & global->context, &error), STATUS_OK);
}

static inline void window_job_restore(struct operator_harness *harness, const struct buffer *states,
                                      uint32_t num_states, uint32_t subtask, uint32_t parallelism)
{
    struct bytes_view views[JOB_MAX_SUBTASKS];
    struct operator_state state = {0};
    struct error error;
    for (uint32_t i = 0; i < num_states; i++)
        views[i] = buffer_view(&states[i]);
    if (num_states == 0 || harness->operator->ops->restore == NULL)
        return;
    assert_int_equal(operator_state_redistribute(views, num_states, subtask, parallelism, &state, &error),
                     STATUS_OK);
    if (harness->operator->ops->restore(harness->operator, & state, &error) != STATUS_OK)
        fail_msg("%s", error.message);
    operator_state_free(&state);
}

/* Opens all instances, out of the last checkpoint when there was one. */
static inline void window_job_start(struct window_job *job, uint32_t num_sources, uint32_t parallelism)
{
    job->num_starts++;
    job->num_sources = num_sources;
    job->parallelism = parallelism;
    job->watermark_us = WATERMARK_NONE;
    for (uint32_t i = 0; i < num_sources; i++) {
        job->source_watermarks[i] = WATERMARK_NONE;
        if (!job->is_two_phase)
            continue;
        window_job_open_local(job, i);
        window_job_restore(&job->locals[i], job->local_states, job->num_local_states, i, num_sources);
    }
    for (uint32_t i = 0; i < parallelism; i++) {
        window_job_open_global(job, i);
        window_job_restore(&job->globals[i], job->global_states, job->num_global_states, i, parallelism);
    }
}

static inline void window_job_count_late(struct window_job *job, struct operator_harness *harness)
{
    struct test_output *late = &harness->outputs[1];
    for (size_t i = 0; i < late->num_batches; i++)
        job->late_rows += late->batches[i]->num_rows;
    test_output_clear(late);
    job->late_rows += atomic_exchange(&harness->metrics.late_records_dropped, 0);
}

static inline void window_job_collect(struct window_job *job)
{
    for (uint32_t i = 0; i < job->parallelism; i++) {
        text_lines_add_output(&job->lines, &job->globals[i].outputs[0]);
        window_job_count_late(job, &job->globals[i]);
    }
}

/* Deals the rows of a batch, whose columns 0 and 1 are the keys, out by key group. */
static inline void window_job_exchange(struct window_job *job, struct record_batch *batch)
{
    uint32_t *rows = mem_alloc(batch->num_rows * sizeof *rows);
    for (uint32_t target = 0; target < job->parallelism; target++) {
        uint32_t count = 0;
        row_packer_pack(job->packer, batch, NULL);
        for (uint32_t i = 0; i < batch->num_rows; i++) {
            uint32_t group = row_key_group(job->packer->rows[i], JOB_MAX_PARALLELISM);
            if (key_group_subtask(group, job->parallelism, JOB_MAX_PARALLELISM) == target)
                rows[count++] = i;
        }
        if (count > 0)
            operator_harness_batch(&job->globals[target], record_batch_gather(batch, rows, count));
    }
    free(rows);
    record_batch_free(batch);
}

static inline void window_job_exchange_output(struct window_job *job, uint32_t source)
{
    struct test_output *output = &job->locals[source].outputs[0];
    for (size_t i = 0; i < output->num_batches; i++)
        window_job_exchange(job, output->batches[i]);
    output->num_batches = 0;
    window_job_count_late(job, &job->locals[source]);
}

static inline struct record_batch *window_job_batch(struct window_job *job, const struct model_row *rows,
                                                    uint32_t count)
{
    struct record_batch *batch = record_batch_create(job->input, count);
    const char **texts = mem_alloc(count * sizeof *texts);
    int64_t *numbers = mem_alloc(count * sizeof *numbers);
    char(*names)[8] = mem_alloc(count * sizeof *names);
    for (uint32_t i = 0; i < count; i++) {
        snprintf(names[i], sizeof names[i], "k%d", rows[i].key);
        texts[i] = rows[i].key < 0 ? NULL : names[i];
    }
    set_text_column(batch, 0, texts);
    for (uint32_t i = 0; i < count; i++)
        numbers[i] = rows[i].n;
    set_number_column(batch, 1, numbers);
    for (uint32_t i = 0; i < count; i++)
        numbers[i] = rows[i].time;
    set_number_column(batch, 2, numbers);
    for (uint32_t i = 0; i < count; i++)
        numbers[i] = rows[i].v;
    set_number_column(batch, 3, numbers);
    batch->columns[4] = vector_create(job->input->fields[4].type, count);
    for (uint32_t i = 0; i < count; i++)
        ((uint8_t *)batch->columns[4]->values)[i] = rows[i].flag;
    batch->columns[4]->length = count;
    free(texts);
    free(numbers);
    free(names);
    return batch;
}

static inline void window_job_add(struct window_job *job, uint32_t source, const struct model_row *rows,
                                  uint32_t count)
{
    struct record_batch *batch = window_job_batch(job, rows, count);
    if (job->is_two_phase) {
        operator_harness_batch(&job->locals[source], batch);
        window_job_exchange_output(job, source);
    } else {
        window_job_exchange(job, batch);
    }
    window_job_collect(job);
}

static inline void window_job_watermark(struct window_job *job, uint32_t source, int64_t watermark_us)
{
    if (job->is_two_phase) {
        operator_harness_watermark(&job->locals[source], watermark_us);
        window_job_exchange_output(job, source);
    }
    job->source_watermarks[source] = watermark_us;
    int64_t smallest = WATERMARK_MAX;
    for (uint32_t i = 0; i < job->num_sources; i++)
        smallest = job->source_watermarks[i] < smallest ? job->source_watermarks[i] : smallest;
    if (smallest <= job->watermark_us)
        return;
    job->watermark_us = smallest;
    for (uint32_t i = 0; i < job->parallelism; i++)
        operator_harness_watermark(&job->globals[i], smallest);
    window_job_collect(job);
}

static inline void window_job_snapshot(struct operator_harness *harness, struct buffer *ret_state)
{
    struct operator_snapshot snapshot = {0};
    struct error error;
    buffer_clear(ret_state);
    if (harness->operator->ops->snapshot_state != NULL)
        assert_int_equal(harness->operator->ops->snapshot_state(harness->operator, 1, &snapshot, &error),
                         STATUS_OK);
    operator_state_encode(&snapshot.state, ret_state);
    operator_snapshot_free(&snapshot);
}

static inline void window_job_stop(struct window_job *job)
{
    for (uint32_t i = 0; job->is_two_phase && i < job->num_sources; i++)
        operator_harness_close(&job->locals[i]);
    for (uint32_t i = 0; i < job->parallelism; i++) {
        operator_harness_close(&job->globals[i]);
        keyed_state_backend_close(job->backends[i]);
        job->backends[i] = NULL;
    }
}

/* A checkpoint, after which all is lost and starts from it at another parallelism. */
static inline void window_job_rescale(struct window_job *job, uint32_t parallelism)
{
    struct error error;
    for (uint32_t i = 0; job->is_two_phase && i < job->num_sources; i++) {
        operator_harness_prepare(&job->locals[i]);
        window_job_exchange_output(job, i);
        window_job_snapshot(&job->locals[i], &job->local_states[i]);
    }
    struct arena *arena = arena_create(4096);
    for (uint32_t i = 0; i < job->parallelism; i++) {
        struct keyed_state_snapshot *snapshot;
        struct keyed_state_handle *handle;
        operator_harness_prepare(&job->globals[i]);
        window_job_snapshot(&job->globals[i], &job->global_states[i]);
        assert_int_equal(keyed_state_backend_freeze(job->backends[i], 1, &snapshot, &error), STATUS_OK);
        assert_int_equal(keyed_state_snapshot_upload(snapshot, arena, &handle, &error), STATUS_OK);
        keyed_state_snapshot_free(snapshot);
        job->handles[i] = handle;
    }
    window_job_collect(job);
    job->num_handles = job->parallelism;
    window_job_stop(job);
    job->num_local_states = job->num_sources;
    job->num_global_states = job->parallelism;
    window_job_start(job, job->num_sources, parallelism);
    arena_free(arena);
}

static inline void window_job_free(struct window_job *job)
{
    struct error error;
    window_job_stop(job);
    for (uint32_t i = 0; i < JOB_MAX_SUBTASKS; i++) {
        buffer_free(&job->local_states[i]);
        buffer_free(&job->global_states[i]);
    }
    text_lines_free(&job->lines);
    row_packer_free(job->packer);
    schema_unref(job->input);
    schema_unref(job->partial);
    schema_unref(job->output);
    assert_int_equal(job->io->ops->delete_directory(job->io, job->folder, &error), STATUS_OK);
    file_io_free(job->io);
    arena_free(job->arena);
}
