#include "taskmanager/sink/print/print_sink.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/expression/value_format.h"

#include <errno.h>
#include <stdlib.h>

enum { PRINT_FLUSH_BYTES = 64 << 10 };

struct print_sink {
    struct operator base;
    const struct plan_node *node;
    struct operator_metrics *metrics;
    FILE *stream; /* borrowed */
    struct buffer prefix;
    struct buffer text; /* lines not yet written */
};

static const char *const row_kind_texts[] = {"+I", "-U", "+U", "-D"};

static enum status print_open(struct operator* operator, const struct operator_context * context,
                              struct error *error)
{
    (void)error;
    struct print_sink *sink = (struct print_sink *)operator;
    sink->metrics = context->metrics;
    buffer_append_text(&sink->prefix, sink->node->sink->print->identifier);
    if (context->parallelism > 1)
        buffer_printf(&sink->prefix, "%s%u", sink->prefix.size > 0 ? ":" : "", context->subtask + 1);
    if (sink->prefix.size > 0)
        buffer_append_text(&sink->prefix, "> ");
    return STATUS_OK;
}

/* One call a block of lines, so that lines of several subtasks do not mix. */
static enum operator_result write_lines(struct print_sink *sink, struct error *error)
{
    size_t size = sink->text.size;
    size_t written = fwrite(sink->text.data, 1, size, sink->stream);
    buffer_clear(&sink->text);
    if (written == size && fflush(sink->stream) == 0) {
        atomic_fetch_add_explicit(&sink->metrics->bytes_out, size, memory_order_relaxed);
        return OPERATOR_DONE;
    }
    error_set_errno(error, errno, "cannot write the rows of %s to the taskmanager's output",
                    sink->node->sink->table);
    return OPERATOR_FAILED;
}

static void append_line(struct print_sink *sink, const struct record_batch *batch, uint32_t row)
{
    struct buffer *text = &sink->text;
    enum row_kind kind = batch->row_kinds != NULL ? (enum row_kind)batch->row_kinds[row] : ROW_INSERT;
    CHECK(kind <= ROW_DELETE);
    buffer_append(text, sink->prefix.data, sink->prefix.size);
    buffer_append_text(text, row_kind_texts[kind]);
    buffer_append_byte(text, '[');
    for (uint32_t i = 0; i < batch->schema->num_fields; i++) {
        if (i > 0)
            buffer_append_text(text, ", ");
        value_format_row(VALUE_JAVA, batch->columns[i], row, NULL, "null", text);
    }
    buffer_append_text(text, "]\n");
}

static enum operator_result print_process_batch(struct operator* operator, uint32_t input,
                                                struct record_batch *batch, struct error *error)
{
    CHECK(input == 0);
    struct print_sink *sink = (struct print_sink *)operator;
    enum operator_result result = OPERATOR_DONE;
    for (uint32_t row = 0; row < batch->num_rows && result == OPERATOR_DONE; row++) {
        append_line(sink, batch, row);
        if (sink->text.size >= PRINT_FLUSH_BYTES || row + 1 == batch->num_rows)
            result = write_lines(sink, error);
    }
    if (result == OPERATOR_DONE)
        atomic_fetch_add_explicit(&sink->metrics->records_out, batch->num_rows, memory_order_relaxed);
    record_batch_free(batch);
    return result;
}

static void print_close(struct operator* operator)
{
    struct print_sink *sink = (struct print_sink *)operator;
    buffer_free(&sink->prefix);
    buffer_free(&sink->text);
    free(sink);
}

static const struct operator_ops print_ops = {
    .open = print_open,
    .process_batch = print_process_batch,
    .close = print_close,
};

struct operator* print_sink_create_to(const struct plan_node *node, FILE *stream)
{
    CHECK(node->kind == PLAN_SINK && node->sink->kind == PLAN_SINK_PRINT && node->sink->print != NULL);
    struct print_sink *sink = mem_calloc(1, sizeof *sink);
    sink->base.ops = &print_ops;
    sink->node = node;
    sink->stream = stream;
    return &sink->base;
}

struct operator* print_sink_create(const struct plan_node *node)
{
    return print_sink_create_to(node, node->sink->print->standard_error ? stderr : stdout);
}
