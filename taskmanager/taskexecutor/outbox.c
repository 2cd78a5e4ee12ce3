#include "taskmanager/taskexecutor/outbox.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>

enum { OUTBOX_RETRY_MS = 100 };

void outbox_add(struct outbox *outbox, uint16_t method, struct buffer *payload)
{
    struct outbox_message *message = mem_calloc(1, sizeof *message);
    message->method = method;
    message->payload = *payload;
    *payload = (struct buffer){0};
    if (outbox->last != NULL)
        outbox->last->next = message;
    else
        outbox->first = message;
    outbox->last = message;
}

static void drop_first(struct outbox *outbox)
{
    struct outbox_message *message = outbox->first;
    outbox->first = message->next;
    if (outbox->first == NULL)
        outbox->last = NULL;
    buffer_free(&message->payload);
    free(message);
}

const struct outbox_message *outbox_next(struct outbox *outbox, int64_t now_ms)
{
    if (outbox->first == NULL || outbox->is_under_way || now_ms < outbox->retry_ms)
        return NULL;
    outbox->is_under_way = true;
    return outbox->first;
}

int64_t outbox_deadline_ms(const struct outbox *outbox)
{
    return outbox->first == NULL || outbox->is_under_way ? INT64_MAX : outbox->retry_ms;
}

enum outbox_outcome outbox_on_reply(struct outbox *outbox, enum status status, int64_t now_ms)
{
    if (!outbox->is_under_way)
        return OUTBOX_DELIVERED; /* cleared meanwhile */
    outbox->is_under_way = false;
    CHECK(outbox->first != NULL);
    if (status == STATUS_UNAVAILABLE || status == STATUS_TIMEOUT || status == STATUS_CANCELLED ||
        status == STATUS_EXHAUSTED) {
        outbox->retry_ms = now_ms + OUTBOX_RETRY_MS;
        return OUTBOX_RETRY;
    }
    outbox->retry_ms = 0;
    drop_first(outbox);
    return status == STATUS_FENCED ? OUTBOX_FENCED : OUTBOX_DELIVERED;
}

void outbox_clear(struct outbox *outbox)
{
    while (outbox->first != NULL)
        drop_first(outbox);
    *outbox = (struct outbox){0};
}
