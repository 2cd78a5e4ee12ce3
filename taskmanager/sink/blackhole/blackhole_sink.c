#include "taskmanager/sink/blackhole/blackhole_sink.h"

#include "common/base/memory.h"

#include <stdlib.h>

struct blackhole_sink {
    struct operator base;
    struct operator_metrics *metrics;
};

static enum status blackhole_open(struct operator* operator, const struct operator_context * context,
                                  struct error *error)
{
    (void)error;
    ((struct blackhole_sink *)operator)->metrics = context->metrics;
    return STATUS_OK;
}

static enum operator_result blackhole_process_batch(struct operator* operator, uint32_t input,
                                                    struct record_batch *batch, struct error *error)
{
    (void)input;
    (void)error;
    struct blackhole_sink *sink = (struct blackhole_sink *)operator;
    atomic_fetch_add_explicit(&sink->metrics->records_out, batch->num_rows, memory_order_relaxed);
    record_batch_free(batch);
    return OPERATOR_DONE;
}

static void blackhole_close(struct operator* operator)
{
    free(operator);
}

static const struct operator_ops blackhole_ops = {
    .open = blackhole_open,
    .process_batch = blackhole_process_batch,
    .close = blackhole_close,
};

struct operator* blackhole_sink_create(const struct plan_node *node)
{
    (void)node;
    struct blackhole_sink *sink = mem_calloc(1, sizeof *sink);
    sink->base.ops = &blackhole_ops;
    return &sink->base;
}
