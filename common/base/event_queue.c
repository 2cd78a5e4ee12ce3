#include "common/base/event_queue.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/timed_condition.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

/* Invariant, under mutex: events[head .. head + count) modulo capacity are queued. */
struct event_queue {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    void (*free_event)(void *event);
    void **events;
    size_t capacity;
    size_t head;
    size_t count;
    bool woken;
    bool closed;
};

struct event_queue *event_queue_create(void (*free_event)(void *event))
{
    struct event_queue *queue = mem_calloc(1, sizeof *queue);
    timed_condition_init(&queue->changed);
    CHECK(pthread_mutex_init(&queue->mutex, NULL) == 0);
    queue->free_event = free_event;
    queue->capacity = 16;
    queue->events = mem_calloc(queue->capacity, sizeof *queue->events);
    return queue;
}

void event_queue_free(struct event_queue *queue)
{
    if (queue == NULL)
        return;
    for (size_t i = 0; queue->free_event != NULL && i < queue->count; i++)
        queue->free_event(queue->events[(queue->head + i) % queue->capacity]);
    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->mutex);
    free(queue->events);
    free(queue);
}

static void grow(struct event_queue *queue)
{
    void **events = mem_calloc(queue->capacity * 2, sizeof *events);
    for (size_t i = 0; i < queue->count; i++)
        events[i] = queue->events[(queue->head + i) % queue->capacity];
    free(queue->events);
    queue->events = events;
    queue->head = 0;
    queue->capacity *= 2;
}

bool event_queue_push(struct event_queue *queue, void *event)
{
    CHECK(event != NULL);
    pthread_mutex_lock(&queue->mutex);
    bool accepted = !queue->closed;
    if (accepted) {
        if (queue->count == queue->capacity)
            grow(queue);
        queue->events[(queue->head + queue->count++) % queue->capacity] = event;
        pthread_cond_signal(&queue->changed);
    }
    pthread_mutex_unlock(&queue->mutex);
    if (!accepted && queue->free_event != NULL)
        queue->free_event(event);
    return accepted;
}

void *event_queue_pop(struct event_queue *queue, int64_t timeout_ms)
{
    struct timespec deadline = timed_condition_deadline(timeout_ms > 0 ? timeout_ms : 0);
    pthread_mutex_lock(&queue->mutex);
    int waited = 0;
    while (queue->count == 0 && !queue->woken && !queue->closed && timeout_ms != 0 && waited != ETIMEDOUT)
        waited = timeout_ms < 0 ? pthread_cond_wait(&queue->changed, &queue->mutex)
                                : pthread_cond_timedwait(&queue->changed, &queue->mutex, &deadline);
    void *event = NULL;
    if (queue->count > 0) {
        event = queue->events[queue->head];
        queue->head = (queue->head + 1) % queue->capacity;
        queue->count--;
    } else {
        queue->woken = false;
    }
    pthread_mutex_unlock(&queue->mutex);
    return event;
}

void event_queue_wake(struct event_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->woken = true;
    pthread_cond_signal(&queue->changed);
    pthread_mutex_unlock(&queue->mutex);
}

void event_queue_close(struct event_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    queue->closed = true;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->mutex);
}

bool event_queue_is_closed(struct event_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    bool closed = queue->closed;
    pthread_mutex_unlock(&queue->mutex);
    return closed;
}

size_t event_queue_size(struct event_queue *queue)
{
    pthread_mutex_lock(&queue->mutex);
    size_t count = queue->count;
    pthread_mutex_unlock(&queue->mutex);
    return count;
}
