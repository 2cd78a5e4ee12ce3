#include "taskmanager/sink/iceberg/sync_jobs.h"

#include <pthread.h>
#include <stdatomic.h>

enum { MAX_THREADS = 15 };

struct run {
    const struct sync_job *jobs;
    uint32_t count;
    struct file_io *io;
    atomic_uint next; /* job that nobody took yet */
    pthread_mutex_t lock;
    enum status status; /* under lock, so error */
    struct error *error;
};

static void fail(struct run *run, enum status status, const struct error *error)
{
    pthread_mutex_lock(&run->lock);
    if (run->status == STATUS_OK) {
        run->status = status;
        *run->error = *error;
    }
    pthread_mutex_unlock(&run->lock);
}

/* On any of the threads. */
static void *work(void *argument)
{
    struct run *run = argument;
    for (;;) {
        uint32_t index = atomic_fetch_add_explicit(&run->next, 1, memory_order_relaxed);
        if (index >= run->count)
            return NULL;
        const struct sync_job *job = &run->jobs[index];
        struct error error;
        enum status status = job->writer != NULL ? data_file_writer_sync(job->writer, &error)
                                                 : file_io_sync_directory(run->io, job->folder, &error);
        if (status != STATUS_OK)
            fail(run, status, &error);
    }
}

enum status sync_jobs_run(const struct sync_job *jobs, uint32_t count, struct file_io *io,
                          struct error *error)
{
    struct run run = {.jobs = jobs, .count = count, .io = io, .status = STATUS_OK, .error = error};
    atomic_init(&run.next, 0);
    pthread_mutex_init(&run.lock, NULL);
    pthread_t threads[MAX_THREADS];
    uint32_t num_threads = 0;
    /* Where no thread can be had, the caller's does it all. */
    while (num_threads < MAX_THREADS && num_threads + 1 < count &&
           pthread_create(&threads[num_threads], NULL, work, &run) == 0)
        num_threads++;
    work(&run);
    for (uint32_t i = 0; i < num_threads; i++)
        pthread_join(threads[i], NULL);
    pthread_mutex_destroy(&run.lock);
    return run.status;
}
