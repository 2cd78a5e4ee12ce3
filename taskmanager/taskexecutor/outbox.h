#pragma once

#include "common/base/buffer.h"
#include "common/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Messages of one task to the jobmanager: delivered in order, one under way, each again and again until the
 * jobmanager has answered it. One thread.
 */
struct outbox_message {
    struct outbox_message *next;
    uint16_t method;
    struct buffer payload;
};

struct outbox {
    struct outbox_message *first;
    struct outbox_message *last;
    bool is_under_way;
    int64_t retry_ms; /* the first is not sent before */
};

enum outbox_outcome {
    OUTBOX_DELIVERED, /* answered, with an error too: the next may go */
    OUTBOX_RETRY,
    OUTBOX_FENCED, /* nothing of this task counts any more */
};

/* Takes the content of payload. */
void outbox_add(struct outbox *outbox, uint16_t method, struct buffer *payload);
/* The message to send now, which counts as under way from here; NULL: none is due. */
const struct outbox_message *outbox_next(struct outbox *outbox, int64_t now_ms);
/* When outbox_next is worth asking; INT64_MAX: after an event. */
int64_t outbox_deadline_ms(const struct outbox *outbox);
/* What the message under way came to. */
enum outbox_outcome outbox_on_reply(struct outbox *outbox, enum status status, int64_t now_ms);
void outbox_clear(struct outbox *outbox);
