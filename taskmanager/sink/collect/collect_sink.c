#include "taskmanager/sink/collect/collect_sink.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/expression/value_format.h"

#include <stdlib.h>

enum { COLLECT_MESSAGE_BYTES = 1 << 20 };

/* Invariant: batch is NULL, or its rows from next_row on, and before them those in text, are not in the
 * channel yet. */
struct collect_sink {
    struct operator base;
    struct collect_channel *channel;
    const struct operator_context *context;
    uint32_t sink_id;
    uint64_t sequence;
    struct record_batch *batch;
    uint32_t next_row;
    struct buffer text;
    uint32_t text_rows;
    bool text_is_closed; /* a whole message, which only waits for room */
    struct buffer value;
    bool is_ending;
};

static void append_json_text(struct buffer *text, const struct buffer *value)
{
    buffer_append_byte(text, '"');
    size_t plain = 0; /* start of the bytes that need no escape */
    for (size_t i = 0; i < value->size; i++) {
        uint8_t byte = value->data[i];
        if (byte >= 0x20 && byte != '"' && byte != '\\')
            continue;
        buffer_append(text, value->data + plain, i - plain);
        plain = i + 1;
        switch (byte) {
        case '\n': buffer_append_text(text, "\\n"); break;
        case '\r': buffer_append_text(text, "\\r"); break;
        case '\t': buffer_append_text(text, "\\t"); break;
        case '"': buffer_append_text(text, "\\\""); break;
        case '\\': buffer_append_text(text, "\\\\"); break;
        default: buffer_printf(text, "\\u%04x", byte);
        }
    }
    buffer_append(text, value->data + plain, value->size - plain);
    buffer_append_byte(text, '"');
}

/* As result pages name them. */
static const char *const row_kind_names[] = {
    [ROW_INSERT] = "INSERT",
    [ROW_UPDATE_BEFORE] = "UPDATE_BEFORE",
    [ROW_UPDATE_AFTER] = "UPDATE_AFTER",
    [ROW_DELETE] = "DELETE",
};

/* The fields, and behind them the row's kind unless it is an insert. */
static void append_row(struct collect_sink *sink, uint32_t row)
{
    const struct record_batch *batch = sink->batch;
    buffer_append_text(&sink->text, sink->text_rows == 0 ? "[[" : ",[");
    for (uint32_t i = 0; i < batch->schema->num_fields; i++) {
        if (i > 0)
            buffer_append_byte(&sink->text, ',');
        if (vector_is_null(batch->columns[i], row)) {
            buffer_append_text(&sink->text, "null");
            continue;
        }
        buffer_clear(&sink->value);
        value_format_row(VALUE_JSON, batch->columns[i], row, NULL, "", &sink->value);
        append_json_text(&sink->text, &sink->value);
    }
    if (batch->row_kinds != NULL && batch->row_kinds[row] != ROW_INSERT)
        buffer_printf(&sink->text, "%s\"%s\"", batch->schema->num_fields > 0 ? "," : "",
                      row_kind_names[batch->row_kinds[row]]);
    buffer_append_byte(&sink->text, ']');
    sink->text_rows++;
}

/* False when the channel is full and text keeps its rows. */
static bool send_text(struct collect_sink *sink)
{
    size_t size = sink->text.size;
    if (!collect_channel_offer(sink->channel, sink->sink_id, sink->sequence, sink->text_rows, &sink->text))
        return false;
    atomic_fetch_add_explicit(&sink->context->metrics->records_out, sink->text_rows, memory_order_relaxed);
    atomic_fetch_add_explicit(&sink->context->metrics->bytes_out, size, memory_order_relaxed);
    sink->sequence++;
    sink->text_rows = 0;
    sink->text_is_closed = false;
    return true;
}

static enum operator_result advance(struct collect_sink *sink)
{
    while (sink->batch != NULL) {
        if (!sink->text_is_closed) {
            while (sink->next_row < sink->batch->num_rows && sink->text.size < COLLECT_MESSAGE_BYTES)
                append_row(sink, sink->next_row++);
            buffer_append_byte(&sink->text, ']');
            sink->text_is_closed = true;
        }
        if (!send_text(sink))
            return OPERATOR_WAITING;
        if (sink->next_row == sink->batch->num_rows) {
            record_batch_free(sink->batch);
            sink->batch = NULL;
        }
    }
    return sink->is_ending && !collect_channel_is_empty(sink->channel) ? OPERATOR_WAITING : OPERATOR_DONE;
}

static enum status collect_open(struct operator* operator, const struct operator_context * context,
                                struct error *error)
{
    (void)error;
    struct collect_sink *sink = (struct collect_sink *)operator;
    sink->context = context;
    collect_channel_on_room(sink->channel, context->wake, context->wake_context);
    return STATUS_OK;
}

static enum operator_result collect_process_batch(struct operator* operator, uint32_t input,
                                                  struct record_batch *batch, struct error *error)
{
    (void)error;
    struct collect_sink *sink = (struct collect_sink *)operator;
    CHECK(input == 0 && sink->batch == NULL);
    if (batch->num_rows == 0) {
        record_batch_free(batch);
        return OPERATOR_DONE;
    }
    sink->batch = batch;
    sink->next_row = 0;
    return advance(sink);
}

static enum operator_result collect_end_input(struct operator* operator, uint32_t input,
                                              enum end_of_input how, struct error *error)
{
    (void)input;
    (void)how;
    (void)error;
    struct collect_sink *sink = (struct collect_sink *)operator;
    sink->is_ending = true;
    return advance(sink);
}

static enum operator_result collect_resume(struct operator* operator, struct error * error)
{
    (void)error;
    return advance((struct collect_sink *)operator);
}

static void collect_close(struct operator* operator)
{
    struct collect_sink *sink = (struct collect_sink *)operator;
    collect_channel_on_room(sink->channel, NULL, NULL);
    collect_channel_unref(sink->channel);
    record_batch_free(sink->batch);
    buffer_free(&sink->text);
    buffer_free(&sink->value);
    free(sink);
}

static const struct operator_ops collect_ops = {
    .open = collect_open,
    .process_batch = collect_process_batch,
    .end_input = collect_end_input,
    .resume = collect_resume,
    .close = collect_close,
};

struct operator* collect_sink_create(const struct plan_node *node, struct collect_channel *channel)
{
    CHECK(node->kind == PLAN_SINK && node->sink->kind == PLAN_SINK_COLLECT);
    struct collect_sink *sink = mem_calloc(1, sizeof *sink);
    sink->base.ops = &collect_ops;
    sink->channel = collect_channel_ref(channel);
    sink->sink_id = node->sink->sink_id;
    return &sink->base;
}
