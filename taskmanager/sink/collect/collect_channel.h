#pragma once

#include "common/base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Rows on their way from the collect sinks of one task to the jobmanager: a bounded queue between the
 * subtask's thread, which offers, and the thread that sends, which takes each off once it was acknowledged.
 * Shared by reference count.
 */
struct collect_channel;

struct collect_rows_message {
    uint32_t sink_id;
    uint32_t num_rows;
    uint64_t sequence;      /* from 0 for each sink */
    struct bytes_view rows; /* JSON array of arrays of strings or nulls */
};

enum { COLLECT_CHANNEL_CAPACITY = 4 };

struct collect_channel *collect_channel_create(void);
struct collect_channel *collect_channel_ref(struct collect_channel *channel);
void collect_channel_unref(struct collect_channel *channel);

/* What each side wants to be called with, from the other's thread: on_offer when there is something to send,
 * on_room when something was acknowledged. NULL takes it off; after that it is not called any more. */
void collect_channel_on_offer(struct collect_channel *channel, void (*on_offer)(void *context),
                              void *context);
void collect_channel_on_room(struct collect_channel *channel, void (*on_room)(void *context), void *context);

/* The subtask. Takes the content of rows, which is empty after; false, and rows kept, when the channel is
 * full: on_room follows. */
bool collect_channel_offer(struct collect_channel *channel, uint32_t sink_id, uint64_t sequence,
                           uint32_t num_rows, struct buffer *rows);
bool collect_channel_is_empty(struct collect_channel *channel);

/* The sender. The oldest message, which stays valid until it is taken off; false when there is none. */
bool collect_channel_peek(struct collect_channel *channel, struct collect_rows_message *ret_message);
void collect_channel_take_off(struct collect_channel *channel);
