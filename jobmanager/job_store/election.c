/* Who leads: epochs, locks and counters. */
#include "common/base/random.h"
#include "jobmanager/job_store/job_store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

enum { KEPT_EPOCH_RECORDS = 16, COUNTER_BYTES = 20 };

static void lock_path(const struct job_store *store, uint64_t epoch, struct buffer *path)
{
    buffer_clear(path);
    buffer_printf(path, "%s/epochs/epoch-%" PRIu64 ".lock", store->path, epoch);
}

/* Opens and locks the file of an epoch. *ret_fd is -1 when another process holds it. */
static enum status take_lock(const struct job_store *store, uint64_t epoch, int *ret_fd, struct error *error)
{
    struct buffer path = {0};
    lock_path(store, epoch, &path);
    int fd = open(buffer_text(&path), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    enum status status = STATUS_OK;
    if (fd < 0) {
        status = error_set_errno(error, errno, "cannot open the leader lock %s", buffer_text(&path));
    } else if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            status = error_set_errno(error, errno, "cannot lock %s", buffer_text(&path));
        close(fd);
        fd = -1;
    }
    buffer_free(&path);
    if (status == STATUS_OK)
        *ret_fd = fd;
    return status;
}

static uint64_t read_counter(const struct job_store *store, uint64_t epoch)
{
    struct buffer path = {0};
    lock_path(store, epoch, &path);
    int fd = open(buffer_text(&path), O_RDONLY | O_CLOEXEC);
    buffer_free(&path);
    if (fd < 0)
        return 0;
    char text[COUNTER_BYTES + 1] = {0};
    ssize_t size = pread(fd, text, COUNTER_BYTES, 0);
    close(fd);
    return size <= 0 ? 0 : strtoull(text, NULL, 10);
}

static enum status write_counter(struct job_store *store, struct error *error)
{
    char text[COUNTER_BYTES + 1];
    snprintf(text, sizeof text, "%0*" PRIu64, COUNTER_BYTES, ++store->counter);
    if (pwrite(store->lock_fd, text, COUNTER_BYTES, 0) != COUNTER_BYTES)
        return error_set_errno(error, errno, "cannot advance the leader's counter under %s", store->folder);
    return STATUS_OK;
}

/* True when nobody leads in that epoch any more: its lock is free, or its counter has stood still. */
static enum status is_epoch_over(struct job_store *store, uint64_t epoch, bool *ret_is_over,
                                 struct error *error)
{
    if (epoch == 0) {
        *ret_is_over = true;
        return STATUS_OK;
    }
    int fd = -1;
    enum status status = take_lock(store, epoch, &fd, error);
    if (status != STATUS_OK)
        return status;
    if (fd >= 0) {
        close(fd);
        *ret_is_over = true;
        return STATUS_OK;
    }
    int64_t now_ms = clock_monotonic_ms(&store->process->clock);
    uint64_t counter = read_counter(store, epoch);
    if (epoch != store->seen_epoch || counter != store->seen_counter) {
        store->seen_epoch = epoch;
        store->seen_counter = counter;
        store->seen_since_ms = now_ms;
    }
    *ret_is_over = now_ms - store->seen_since_ms >= store->takeover_ms;
    return STATUS_OK;
}

/* Each leader removes one: only the lock of the newest epoch is ever looked at. */
static void remove_old_lock(const struct job_store *store, uint64_t epoch)
{
    if (epoch <= KEPT_EPOCH_RECORDS)
        return;
    struct buffer path = {0};
    lock_path(store, epoch - KEPT_EPOCH_RECORDS, &path);
    unlink(buffer_text(&path));
    buffer_free(&path);
}

/* Locks first, so that nobody sees a published epoch without a living leader. */
static enum status take_epoch(struct job_store *store, uint64_t epoch, const char *rpc_address,
                              bool *ret_is_leader, struct error *error)
{
    int fd = -1;
    enum status status = take_lock(store, epoch, &fd, error);
    if (status != STATUS_OK || fd < 0)
        return status;
    struct leader_record record = {.epoch = epoch, .since_ms = clock_wall_ms(&store->process->clock)};
    snprintf(record.leader_id, sizeof record.leader_id, "%s", store->leader_id);
    snprintf(record.rpc_address, sizeof record.rpc_address, "%s", rpc_address);
    store->lock_fd = fd;
    store->counter = 0;
    status = write_counter(store, error);
    if (status == STATUS_OK)
        status = leader_record_publish(store->io, store->folder, &record, error);
    if (status == STATUS_OK) {
        store->epoch = epoch;
        *ret_is_leader = true;
        struct error ignored; /* old records do no harm */
        if (leader_record_prune(store->io, store->folder, KEPT_EPOCH_RECORDS, &ignored) != STATUS_OK)
            log_line(store->process->log, LOG_WARN, "job_store", "%s", ignored.message);
        remove_old_lock(store, epoch);
        return STATUS_OK;
    }
    close(fd);
    store->lock_fd = -1;
    return status == STATUS_ALREADY_EXISTS ? STATUS_OK : status;
}

enum status job_store_try_lead(struct job_store *store, const char *rpc_address, bool *ret_is_leader,
                               struct error *error)
{
    uint64_t newest;
    bool is_over = false, is_leader = false;
    enum status status = leader_record_newest_epoch(store->io, store->folder, &newest, error);
    if (status == STATUS_OK)
        status = is_epoch_over(store, newest, &is_over, error);
    if (status == STATUS_OK && is_over)
        status = take_epoch(store, newest + 1, rpc_address, &is_leader, error);
    if (status == STATUS_OK)
        *ret_is_leader = is_leader;
    return status;
}

/*
 * After a write that somebody will be told of. A later leader publishes its epoch before it reads the jobs,
 * so that it has seen what was written while ours was the newest; of what came after, nobody may be told.
 */
enum status job_store_check_lead(const struct job_store *store, struct error *error)
{
    uint64_t newest;
    enum status status = leader_record_newest_epoch(store->io, store->folder, &newest, error);
    if (status == STATUS_OK && newest != store->epoch)
        status = error_set(error, STATUS_FENCED,
                           "epoch %" PRIu64 " was taken by another jobmanager, this one led in %" PRIu64,
                           newest, store->epoch);
    return status;
}

enum status job_store_keep_lead(struct job_store *store, struct error *error)
{
    enum status status = job_store_check_lead(store, error);
    return status == STATUS_OK ? write_counter(store, error) : status;
}

void job_store_drop_lead(struct job_store *store)
{
    if (store->lock_fd >= 0)
        close(store->lock_fd);
    store->lock_fd = -1;
    store->epoch = 0;
}
