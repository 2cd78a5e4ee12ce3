#include "taskmanager/sink/iceberg/iceberg_sink.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/sink/iceberg/column_types.h"
#include "taskmanager/sink/iceberg/data_files.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Files of a checkpoint that was handed over and is neither committed nor given up yet. */
struct handed_over {
    uint64_t checkpoint_id;
    struct file_paths files;
};

struct iceberg_sink {
    struct operator base;
    const struct plan_node *node;
    const struct operator_context *context;
    struct sink_settings *settings;
    struct file_io *io;
    struct data_files *files;
    struct vector **columns; /* of one batch, in the order of the table */
    uint64_t num_rows;
    struct handed_over *handed_over;
    uint32_t num_handed_over;
    uint64_t lost_checkpoint; /* an aborted one that had rows of this attempt; 0: none */
};

static enum status sink_open(struct operator* operator, const struct operator_context * context,
                             struct error *error)
{
    struct iceberg_sink *sink = (struct iceberg_sink *)operator;
    sink->context = context;
    enum status status = sink_settings_create(sink->node, &sink->settings, error);
    if (status == STATUS_OK)
        status = file_io_for_uri(sink->settings->data_location, &sink->io, error);
    if (status != STATUS_OK)
        return status;
    sink->files = data_files_create(sink->settings, sink->io, context->subtask, context->attempt);
    sink->columns = mem_calloc(sink->settings->num_columns, sizeof *sink->columns);
    return STATUS_OK;
}

/* The first row that is null, given that there is one. */
static uint32_t first_null(const struct vector *vector)
{
    uint32_t row = 0;
    while (!vector_is_null(vector, row))
        row++;
    return row;
}

static enum status check_rows(const struct iceberg_sink *sink, const struct record_batch *batch,
                              struct error *error)
{
    for (uint32_t i = 0; batch->row_kinds != NULL && i < batch->num_rows; i++) {
        if (batch->row_kinds[i] != ROW_INSERT)
            return error_set(error, STATUS_UNSUPPORTED,
                             "%s takes only inserted rows; updates and deletes cannot be written yet",
                             sink->node->sink->table);
    }
    for (uint32_t i = 0; i < sink->settings->num_columns; i++) {
        const struct schema_field *field = &sink->settings->table_schema->fields[i];
        /* A required column that the rows lack is refused when the sink opens. */
        if (field->type.nullable || vector_null_count(sink->columns[i]) == 0)
            continue;
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "%s: column %s is NOT NULL, and row %" PRIu64
                         " of subtask %u has NULL there; filter "
                         "such rows or use COALESCE",
                         sink->node->sink->table, field->name,
                         sink->num_rows + first_null(sink->columns[i]) + 1, sink->context->subtask);
    }
    return STATUS_OK;
}

/* After an aborted checkpoint the sources stand behind rows that nobody keeps: only a restart brings them
 * back. */
static enum status check_not_lost(const struct iceberg_sink *sink, struct error *error)
{
    if (sink->lost_checkpoint == 0)
        return STATUS_OK;
    return error_set(error, STATUS_CANCELLED,
                     "%s: checkpoint %" PRIu64 " was given up with rows of this attempt; they are read again",
                     sink->node->sink->table, sink->lost_checkpoint);
}

static void take_columns(struct iceberg_sink *sink, const struct record_batch *batch)
{
    for (uint32_t i = 0; i < sink->settings->num_columns; i++) {
        int32_t column = sink->settings->input_columns[i];
        sink->columns[i] =
            column < 0 ? NULL
                       : widened_column(batch->columns[column], sink->settings->table_schema->fields[i].type);
    }
}

static void release_columns(struct iceberg_sink *sink)
{
    for (uint32_t i = 0; i < sink->settings->num_columns; i++)
        vector_unref(sink->columns[i]);
}

static enum operator_result sink_process_batch(struct operator* operator, uint32_t input,
                                               struct record_batch *batch, struct error *error)
{
    CHECK(input == 0);
    struct iceberg_sink *sink = (struct iceberg_sink *)operator;
    take_columns(sink, batch);
    enum status status = check_not_lost(sink, error);
    if (status == STATUS_OK)
        status = check_rows(sink, batch, error);
    if (status == STATUS_OK)
        status = data_files_append(sink->files, sink->columns, batch->num_rows, error);
    if (status == STATUS_OK) {
        struct operator_metrics *metrics = sink->context->metrics;
        sink->num_rows += batch->num_rows;
        atomic_fetch_add_explicit(&metrics->records_out, batch->num_rows, memory_order_relaxed);
        atomic_store_explicit(&metrics->bytes_out, data_files_bytes_written(sink->files),
                              memory_order_relaxed);
    }
    release_columns(sink);
    record_batch_free(batch);
    return status == STATUS_OK ? OPERATOR_DONE : OPERATOR_FAILED;
}

static enum status sink_snapshot_state(struct operator* operator, uint64_t checkpoint_id,
                                       struct operator_snapshot *snapshot, struct error *error)
{
    struct iceberg_sink *sink = (struct iceberg_sink *)operator;
    struct failpoints *failpoints =
        sink->context->process != NULL ? sink->context->process->failpoints : NULL;
    struct buffer committable = {0};
    struct file_paths paths;
    enum status status = check_not_lost(sink, error);
    if (status == STATUS_OK)
        status = failpoint(failpoints, "iceberg_sink/before_close", error);
    if (status == STATUS_OK)
        status = data_files_end_interval(sink->files, &committable, &paths, error);
    if (status != STATUS_OK)
        return status;
    if (paths.count == 0) {
        file_paths_free(&paths);
        return STATUS_OK;
    }
    /* From here on the files may be committed: only the word of the jobmanager removes them. */
    sink->handed_over =
        mem_realloc(sink->handed_over, (sink->num_handed_over + 1) * sizeof *sink->handed_over);
    sink->handed_over[sink->num_handed_over++] = (struct handed_over){checkpoint_id, paths};
    operator_snapshot_add_committable(snapshot, &committable);
    return failpoint(failpoints, "iceberg_sink/after_close", error);
}

static void forget(struct iceberg_sink *sink, uint32_t index)
{
    file_paths_free(&sink->handed_over[index].files);
    sink->handed_over[index] = sink->handed_over[--sink->num_handed_over];
}

static void sink_notify_complete(struct operator* operator, uint64_t checkpoint_id)
{
    struct iceberg_sink *sink = (struct iceberg_sink *)operator;
    for (uint32_t i = sink->num_handed_over; i > 0; i--) {
        if (sink->handed_over[i - 1].checkpoint_id <= checkpoint_id)
            forget(sink, i - 1);
    }
}

static void sink_notify_aborted(struct operator* operator, uint64_t checkpoint_id)
{
    struct iceberg_sink *sink = (struct iceberg_sink *)operator;
    for (uint32_t i = sink->num_handed_over; i > 0; i--) {
        struct handed_over *entry = &sink->handed_over[i - 1];
        if (entry->checkpoint_id != checkpoint_id)
            continue;
        for (uint32_t k = 0; k < entry->files.count; k++)
            data_file_remove(sink->io, entry->files.paths[k]);
        sink->lost_checkpoint = checkpoint_id;
        forget(sink, i - 1);
    }
}

static void sink_close(struct operator* operator)
{
    struct iceberg_sink *sink = (struct iceberg_sink *)operator;
    data_files_free(sink->files);
    while (sink->num_handed_over > 0)
        forget(sink, sink->num_handed_over - 1);
    free(sink->handed_over);
    free(sink->columns);
    file_io_free(sink->io);
    sink_settings_free(sink->settings);
    free(sink);
}

static const struct operator_ops sink_ops = {
    .open = sink_open,
    .process_batch = sink_process_batch,
    .snapshot_state = sink_snapshot_state,
    .notify_complete = sink_notify_complete,
    .notify_aborted = sink_notify_aborted,
    .close = sink_close,
};

struct operator* iceberg_sink_create(const struct plan_node *node)
{
    CHECK(node->kind == PLAN_SINK && node->sink->kind == PLAN_SINK_ICEBERG && node->sink->iceberg != NULL);
    struct iceberg_sink *sink = mem_calloc(1, sizeof *sink);
    sink->base.ops = &sink_ops;
    sink->node = node;
    return &sink->base;
}
