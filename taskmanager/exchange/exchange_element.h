#pragma once

#include "common/transport/stream_transport.h"
#include "taskmanager/exchange/exchange_writer.h"

/* What a channel carries. */
enum element_kind {
    ELEMENT_BATCH,
    ELEMENT_WATERMARK,
    ELEMENT_STATUS,
    ELEMENT_BARRIER,
    ELEMENT_END,
};

struct exchange_element {
    enum element_kind kind;
    bool is_idle;                    /* STATUS */
    enum end_of_input how;           /* END */
    int64_t watermark_us;            /* WATERMARK */
    struct exchange_barrier barrier; /* BARRIER */
    /* BATCH: one of these, owned. A batch of this process; or the frame that holds one, not yet decoded. */
    struct record_batch *batch;
    struct stream_message *frame;
    uint32_t unpacked_bytes; /* of a frame that is compressed; else 0 */
    size_t bytes;            /* for metrics */
};

/* What it owns. */
static inline void exchange_element_free(struct exchange_element *element)
{
    record_batch_free(element->batch);
    stream_message_free(element->frame);
    element->batch = NULL;
    element->frame = NULL;
}
