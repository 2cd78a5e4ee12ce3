#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A first-in first-out queue of pointers from many threads to one reader. Unbounded by itself: senders bound
 * what they have under way (requests wait for replies, results hold credits).
 */
struct event_queue;

/* free_event frees what is still queued at event_queue_free; may be NULL. */
struct event_queue *event_queue_create(void (*free_event)(void *event));
void event_queue_free(struct event_queue *queue);
/* Any thread. Takes ownership of event. After event_queue_close it is freed at once and false returned. */
bool event_queue_push(struct event_queue *queue, void *event);
/* The reader. Waits at most timeout_ms (-1: for ever, 0: not at all). NULL on timeout, wake-up, or once
 * closed and empty. */
void *event_queue_pop(struct event_queue *queue, int64_t timeout_ms);
/* Any thread: makes a waiting event_queue_pop return NULL. */
void event_queue_wake(struct event_queue *queue);
void event_queue_close(struct event_queue *queue);
bool event_queue_is_closed(struct event_queue *queue);
size_t event_queue_size(struct event_queue *queue);
