#include "jobmanager/dispatcher/dispatcher_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/thread_name.h"
#include "common/base/timed_condition.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_WAIT_MS = 1000 };

int64_t dispatcher_now_ms(const struct dispatcher *dispatcher)
{
    return clock_monotonic_ms(&dispatcher->process->clock);
}

int64_t dispatcher_wall_ms(const struct dispatcher *dispatcher, int64_t monotonic_ms)
{
    if (monotonic_ms < 0)
        return -1;
    const struct clock *clock = &dispatcher->process->clock;
    return monotonic_ms + clock_wall_ms(clock) - clock_monotonic_ms(clock);
}

void dispatcher_log(struct dispatcher *dispatcher, enum log_level level, const char *format, ...)
{
    char text[2048];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    log_line(dispatcher->process->log, level, "dispatcher", "%s", text);
}

static void drop_event(void *context)
{
    struct event *event = context;
    if (event->drop != NULL)
        event->drop(event);
    else
        free(event);
}

void dispatcher_post(struct dispatcher *dispatcher, struct event *event)
{
    event_queue_push(dispatcher->queue, event);
}

struct job *dispatcher_find_job(struct dispatcher *dispatcher, const char *job_id)
{
    for (size_t i = dispatcher->num_jobs; i-- > 0;)
        if (strcmp(dispatcher->jobs[i]->id, job_id) == 0)
            return dispatcher->jobs[i];
    return NULL;
}

static int64_t next_timer_ms(struct dispatcher *dispatcher)
{
    int64_t next_ms = resourcemanager_next_timer_ms(dispatcher->resources);
    for (size_t i = 0; i < dispatcher->num_jobs; i++) {
        const struct job *job = dispatcher->jobs[i];
        int64_t timer_ms = job->master == NULL ? INT64_MAX : job_master_next_timer_ms(job->master);
        if (job->state_retry_ms >= 0 && job->state_retry_ms < timer_ms)
            timer_ms = job->state_retry_ms;
        next_ms = timer_ms < next_ms ? timer_ms : next_ms;
    }
    return next_ms;
}

static void run_timers(struct dispatcher *dispatcher)
{
    int64_t now_ms = dispatcher_now_ms(dispatcher);
    resourcemanager_tick(dispatcher->resources, now_ms);
    for (size_t i = 0; i < dispatcher->num_jobs; i++) {
        struct job *job = dispatcher->jobs[i];
        if (job->state_retry_ms >= 0 && now_ms >= job->state_retry_ms)
            job_store_state_now(job);
        if (job->master != NULL && job_master_next_timer_ms(job->master) <= now_ms) {
            job_master_tick(job->master, now_ms);
            job->is_dirty = true;
        }
    }
}

/* What follows from an event: slots are given out, states stored, ended jobs put away. */
static void settle(struct dispatcher *dispatcher)
{
    dispatcher_allocate_slots(dispatcher);
    for (size_t i = 0; i < dispatcher->num_jobs; i++)
        job_after_event(dispatcher->jobs[i]);
    if (dispatcher->resources_changed)
        dispatcher_allocate_slots(dispatcher);
    dispatcher_forget_old_jobs(dispatcher);
}

static void *run_dispatcher(void *context)
{
    struct dispatcher *dispatcher = context;
    thread_set_name("dispatcher");
    while (!atomic_load(&dispatcher->is_stopping)) {
        int64_t wait_ms = next_timer_ms(dispatcher) - dispatcher_now_ms(dispatcher);
        wait_ms = wait_ms < 0 ? 0 : wait_ms > LONGEST_WAIT_MS ? LONGEST_WAIT_MS : wait_ms;
        struct event *event = event_queue_pop(dispatcher->queue, wait_ms);
        if (event != NULL)
            event->run(dispatcher, event);
        run_timers(dispatcher);
        settle(dispatcher);
        if (event_queue_size(dispatcher->queue) == 0)
            dispatcher_publish(dispatcher);
    }
    return NULL;
}

static enum status read_configuration(struct dispatcher *dispatcher, struct error *error)
{
    const struct configuration *configuration = dispatcher->options.configuration;
    enum status status = configuration_duration_ms(configuration, "heartbeat.interval", 1000,
                                                   &dispatcher->heartbeat_interval_ms, error);
    if (status == STATUS_OK)
        status = configuration_duration_ms(configuration, "heartbeat.timeout", 5000,
                                           &dispatcher->heartbeat_timeout_ms, error);
    if (status == STATUS_OK && (dispatcher->heartbeat_interval_ms <= 0 ||
                                dispatcher->heartbeat_timeout_ms <= dispatcher->heartbeat_interval_ms))
        status = error_set(error, STATUS_INVALID_ARGUMENT,
                           "heartbeat.timeout must be longer than heartbeat.interval, and both above zero");
    return status;
}

/* What others dial: the configured name of this host with the port that was taken, which is not what it is
 * bound to where that is every address of the host. */
static void set_address(struct dispatcher *dispatcher, const char *host)
{
    const char *bound = transport_server_address(dispatcher->server);
    const char *port = strrchr(bound, ':');
    if (strncmp(bound, "tcp://", strlen("tcp://")) == 0 && strstr(host, "://") == NULL)
        snprintf(dispatcher->address, sizeof dispatcher->address, "tcp://%s%s", host, port);
    else
        snprintf(dispatcher->address, sizeof dispatcher->address, "%s", bound);
}

static enum status listen_for_taskmanagers(struct dispatcher *dispatcher, struct error *error)
{
    const struct configuration *configuration = dispatcher->options.configuration;
    const char *host = configuration_text(configuration, "jobmanager.rpc.address", "127.0.0.1");
    char address[TRANSPORT_ADDRESS_BYTES];
    if (strstr(host, "://") != NULL) {
        snprintf(address, sizeof address, "%s", host);
    } else {
        int64_t port;
        enum status status =
            configuration_integer(configuration, "jobmanager.rpc.port", 6123, 0, 65535, &port, error);
        if (status != STATUS_OK)
            return status;
        snprintf(address, sizeof address, "tcp://%s:%d",
                 configuration_text(configuration, "jobmanager.bind-host", host), (int)port);
    }
    enum status status = transport_listen(dispatcher->options.transport, address, dispatcher_handle_request,
                                          dispatcher, &dispatcher->server, error);
    if (status != STATUS_OK)
        return error_prefix(error, "jobmanager.rpc.port: cannot listen on %s", address);
    set_address(dispatcher, host);
    return STATUS_OK;
}

enum status dispatcher_create(const struct dispatcher_options *options, struct dispatcher **ret_dispatcher,
                              struct error *error)
{
    struct dispatcher *dispatcher = mem_calloc(1, sizeof *dispatcher);
    dispatcher->options = *options;
    dispatcher->process = options->process;
    CHECK(pthread_mutex_init(&dispatcher->mutex, NULL) == 0);
    timed_condition_init(&dispatcher->published);
    dispatcher->queue = event_queue_create(drop_event);
    enum status status = read_configuration(dispatcher, error);
    if (status == STATUS_OK)
        status = listen_for_taskmanagers(dispatcher, error);
    if (status != STATUS_OK) {
        dispatcher_free(dispatcher);
        return status;
    }
    *ret_dispatcher = dispatcher;
    return STATUS_OK;
}

enum status dispatcher_start(struct dispatcher *dispatcher, struct error *error)
{
    CHECK(!dispatcher->has_thread);
    dispatcher->epoch = job_store_epoch(dispatcher->options.job_store);
    CHECK(dispatcher->epoch > 0);
    dispatcher->leader_since_ms = clock_wall_ms(&dispatcher->process->clock);
    dispatcher_create_resources(dispatcher);
    dispatcher->io = io_pool_create("dispatcher-io", IO_THREADS);
    dispatcher->savepoint_io = io_pool_create("savepoint-io", SAVEPOINT_THREADS);
    enum status status = dispatcher_recover_jobs(dispatcher, error);
    if (status != STATUS_OK)
        return status;
    dispatcher->is_dirty = true;
    dispatcher_publish(dispatcher);
    CHECK(pthread_create(&dispatcher->thread, NULL, run_dispatcher, dispatcher) == 0);
    dispatcher->has_thread = true;
    atomic_store(&dispatcher->is_leading, true);
    return STATUS_OK;
}

const char *dispatcher_rpc_address(const struct dispatcher *dispatcher)
{
    return dispatcher->address;
}

void dispatcher_free(struct dispatcher *dispatcher)
{
    if (dispatcher == NULL)
        return;
    atomic_store(&dispatcher->is_leading, false);
    atomic_store(&dispatcher->is_stopping, true);
    if (dispatcher->has_thread) {
        event_queue_wake(dispatcher->queue);
        pthread_join(dispatcher->thread, NULL);
    }
    transport_server_free(dispatcher->server);
    dispatcher_free_peers(dispatcher);
    io_pool_free(dispatcher->io);
    io_pool_free(dispatcher->savepoint_io);
    event_queue_close(dispatcher->queue);
    event_queue_free(dispatcher->queue);
    for (size_t i = 0; i < dispatcher->num_jobs; i++)
        job_free(dispatcher->jobs[i]);
    free(dispatcher->jobs);
    resourcemanager_free(dispatcher->resources);
    dispatcher_free_views(dispatcher);
    operations_free(dispatcher);
    pthread_cond_destroy(&dispatcher->published);
    pthread_mutex_destroy(&dispatcher->mutex);
    free(dispatcher);
}
