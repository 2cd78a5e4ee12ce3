#pragma once

#include <stdint.h>

/*
 * A few threads for blocking I/O. Work of one key runs one after the other, in the order in which it was
 * given; work of different keys side by side.
 */
struct io_pool;

/* Runs on a thread of the pool. */
typedef void io_work(void *context);

/* name: of the threads; it outlives the pool. */
struct io_pool *io_pool_create(const char *name, uint32_t num_threads);
/* Waits until all work that was given has run. */
void io_pool_free(struct io_pool *pool);
void io_pool_submit(struct io_pool *pool, uint64_t key, io_work *work, void *context);
