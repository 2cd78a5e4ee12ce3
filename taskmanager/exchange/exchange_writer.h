#pragma once

#include "taskmanager/exchange/exchange_hub.h"
#include "taskmanager/operators/operator.h"

/*
 * The end of a chain that feeds an edge, as an operator: it takes batches apart by the edge's partitioning
 * and puts them into the channels to the consumers. Rows for a channel are gathered into batches of some
 * size, and leave before a watermark, a barrier, the end of input, or after EXCHANGE_FLUSH_MS at the latest.
 * OUTPUT_FULL when a channel has no credit left; its context's wake is called when it has, and when a channel
 * failed: then next_timer_us is due, so that a chain without rows hears of it too. It counts records_out and
 * bytes_out.
 */
enum { EXCHANGE_FLUSH_MS = 100 };

struct operator*
    exchange_writer_create(struct exchange_hub *hub, const struct exchange_end *end, uint32_t edge);

/* The next barrier's content, set by the chain before it sweeps; the operator's prepare_barrier sends it. */
struct exchange_barrier {
    uint64_t checkpoint_id;
    uint32_t kind;       /* enum rpc_checkpoint_kind */
    uint64_t durable_id; /* as the sources were told: rpc_trigger_checkpoint */
    int64_t trigger_ms;
};
void exchange_writer_set_barrier(struct operator* writer, const struct exchange_barrier *barrier);
