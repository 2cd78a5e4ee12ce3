#include "jobmanager/dispatcher/io_pool.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/thread_name.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>

enum { STACK_BYTES = 512 << 10 };

struct work_item {
    struct work_item *next;
    uint64_t key;
    bool is_running;
    io_work *work;
    void *context;
};

/* Invariant, under mutex: items are in the order given; of each key only the first may run. */
struct io_pool {
    const char *name;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct work_item *first;
    struct work_item **end;
    bool is_closed;
    pthread_t *threads;
    uint32_t num_threads;
};

static bool has_earlier(const struct io_pool *pool, const struct work_item *item)
{
    for (const struct work_item *other = pool->first; other != item; other = other->next)
        if (other->key == item->key)
            return true;
    return false;
}

static struct work_item *next_item(struct io_pool *pool)
{
    for (struct work_item *item = pool->first; item != NULL; item = item->next)
        if (!item->is_running && !has_earlier(pool, item))
            return item;
    return NULL;
}

static void remove_item(struct io_pool *pool, struct work_item *item)
{
    struct work_item **at = &pool->first;
    while (*at != item)
        at = &(*at)->next;
    *at = item->next;
    if (item->next == NULL)
        pool->end = at;
    free(item);
}

static void *run_worker(void *context)
{
    struct io_pool *pool = context;
    thread_set_name(pool->name);
    pthread_mutex_lock(&pool->mutex);
    for (;;) {
        struct work_item *item = next_item(pool);
        if (item == NULL && pool->is_closed && pool->first == NULL)
            break;
        if (item == NULL) {
            pthread_cond_wait(&pool->changed, &pool->mutex);
            continue;
        }
        item->is_running = true;
        pthread_mutex_unlock(&pool->mutex);
        item->work(item->context);
        pthread_mutex_lock(&pool->mutex);
        remove_item(pool, item);
        pthread_cond_broadcast(&pool->changed);
    }
    pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

struct io_pool *io_pool_create(const char *name, uint32_t num_threads)
{
    struct io_pool *pool = mem_calloc(1, sizeof *pool);
    pool->name = name;
    pool->end = &pool->first;
    CHECK(pthread_mutex_init(&pool->mutex, NULL) == 0);
    CHECK(pthread_cond_init(&pool->changed, NULL) == 0);
    pool->threads = mem_calloc(num_threads, sizeof *pool->threads);
    pool->num_threads = num_threads;
    pthread_attr_t attributes;
    CHECK(pthread_attr_init(&attributes) == 0);
    CHECK(pthread_attr_setstacksize(&attributes, STACK_BYTES) == 0);
    for (uint32_t i = 0; i < num_threads; i++)
        CHECK(pthread_create(&pool->threads[i], &attributes, run_worker, pool) == 0);
    pthread_attr_destroy(&attributes);
    return pool;
}

void io_pool_free(struct io_pool *pool)
{
    if (pool == NULL)
        return;
    pthread_mutex_lock(&pool->mutex);
    pool->is_closed = true;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->mutex);
    for (uint32_t i = 0; i < pool->num_threads; i++)
        pthread_join(pool->threads[i], NULL);
    pthread_cond_destroy(&pool->changed);
    pthread_mutex_destroy(&pool->mutex);
    free(pool->threads);
    free(pool);
}

void io_pool_submit(struct io_pool *pool, uint64_t key, io_work *work, void *context)
{
    struct work_item *item = mem_calloc(1, sizeof *item);
    *item = (struct work_item){.key = key, .work = work, .context = context};
    pthread_mutex_lock(&pool->mutex);
    CHECK(!pool->is_closed);
    *pool->end = item;
    pool->end = &item->next;
    pthread_cond_signal(&pool->changed);
    pthread_mutex_unlock(&pool->mutex);
}
