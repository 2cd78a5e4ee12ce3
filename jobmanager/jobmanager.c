#include "jobmanager/jobmanager.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/thread_name.h"
#include "common/base/timed_condition.h"
#include "jobmanager/gateway/gateway.h"
#include "jobmanager/job_store/job_store.h"
#include "jobmanager/rest/rest.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { STANDBY_POLL_MS = 200, LEAD_KEEP_MS = 1000 };

/* The thread of the election owns what it makes when it leads, until it is joined. */
struct jobmanager {
    const struct process_context *process;
    const struct configuration *configuration;
    struct transport *transport;
    struct job_store *store;
    struct dispatcher *dispatcher;
    struct gateway *gateway;
    struct rest_server *rest;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_stopping; /* under mutex, so the next three */
    bool is_leading;
    bool has_failed;
    struct error failure;
    jobmanager_failed_callback *on_failed;
    void *failed_context;
};

static void fail(struct jobmanager *jobmanager, const struct error *error)
{
    log_line(jobmanager->process->log, LOG_ERROR, "jobmanager", "cannot go on: %s", error->message);
    pthread_mutex_lock(&jobmanager->mutex);
    jobmanager->has_failed = true;
    jobmanager->failure = *error;
    jobmanager_failed_callback *callback = jobmanager->on_failed;
    void *context = jobmanager->failed_context;
    pthread_cond_broadcast(&jobmanager->changed);
    pthread_mutex_unlock(&jobmanager->mutex);
    if (callback != NULL)
        callback(context, error);
}

void jobmanager_on_failed(struct jobmanager *jobmanager, jobmanager_failed_callback *callback, void *context)
{
    pthread_mutex_lock(&jobmanager->mutex);
    jobmanager->on_failed = callback;
    jobmanager->failed_context = context;
    bool has_failed = jobmanager->has_failed;
    pthread_mutex_unlock(&jobmanager->mutex);
    if (has_failed)
        callback(context, &jobmanager->failure);
}

/* False when it is time to stop. */
static bool pause_for(struct jobmanager *jobmanager, int64_t wait_ms)
{
    struct timespec deadline = timed_condition_deadline(wait_ms);
    pthread_mutex_lock(&jobmanager->mutex);
    int waited = 0;
    while (!jobmanager->is_stopping && waited != ETIMEDOUT)
        waited = pthread_cond_timedwait(&jobmanager->changed, &jobmanager->mutex, &deadline);
    bool goes_on = !jobmanager->is_stopping;
    pthread_mutex_unlock(&jobmanager->mutex);
    return goes_on;
}

static enum status begin_leading(struct jobmanager *jobmanager, struct error *error)
{
    enum status status = dispatcher_start(jobmanager->dispatcher, error);
    if (status != STATUS_OK)
        return status;
    struct gateway_options gateway = {
        .process = jobmanager->process,
        .configuration = jobmanager->configuration,
        .dispatcher = jobmanager->dispatcher,
    };
    jobmanager->gateway = gateway_create(&gateway);
    int64_t port;
    bool has_rest = true;
    status = configuration_integer(jobmanager->configuration, "rest.port", 8081, -1, 65535, &port, error);
    if (status == STATUS_OK)
        status = configuration_boolean(jobmanager->configuration, "rest.enabled", true, &has_rest, error);
    if (status == STATUS_OK && has_rest && port >= 0) {
        struct rest_options rest = {
            .process = jobmanager->process,
            .configuration = jobmanager->configuration,
            .dispatcher = jobmanager->dispatcher,
            .gateway = jobmanager->gateway,
        };
        status = rest_server_create(&rest, &jobmanager->rest, error);
    }
    if (status != STATUS_OK)
        return status;
    pthread_mutex_lock(&jobmanager->mutex);
    jobmanager->is_leading = true;
    pthread_cond_broadcast(&jobmanager->changed);
    pthread_mutex_unlock(&jobmanager->mutex);
    log_line(jobmanager->process->log, LOG_INFO, "jobmanager", "leading epoch=%llu rpc=%s rest=%s",
             (unsigned long long)job_store_epoch(jobmanager->store),
             dispatcher_rpc_address(jobmanager->dispatcher), jobmanager_rest_url(jobmanager));
    return STATUS_OK;
}

/* One try. *ret_is_leader is true when it leads and serves. */
static enum status try_lead(struct jobmanager *jobmanager, bool *ret_is_leader, struct error *error)
{
    bool is_leader = false;
    enum status status = job_store_try_lead(jobmanager->store, dispatcher_rpc_address(jobmanager->dispatcher),
                                            &is_leader, error);
    if (status == STATUS_OK && is_leader)
        status = begin_leading(jobmanager, error);
    if (status == STATUS_OK)
        *ret_is_leader = is_leader;
    return status;
}

static void *run_election(void *context)
{
    struct jobmanager *jobmanager = context;
    thread_set_name("leader-election");
    struct error error;
    bool is_leader = jobmanager->is_leading;
    while (!is_leader && pause_for(jobmanager, STANDBY_POLL_MS)) {
        if (try_lead(jobmanager, &is_leader, &error) == STATUS_OK)
            continue;
        fail(jobmanager, &error);
        return NULL;
    }
    while (pause_for(jobmanager, LEAD_KEEP_MS)) {
        enum status status = job_store_keep_lead(jobmanager->store, &error);
        if (status == STATUS_FENCED) {
            fail(jobmanager, &error);
            return NULL;
        }
        if (status != STATUS_OK)
            log_line(jobmanager->process->log, LOG_WARN, "jobmanager", "%s", error.message);
    }
    return NULL;
}

static enum status open_store(struct jobmanager *jobmanager, struct error *error)
{
    const struct configuration *configuration = jobmanager->configuration;
    const char *type = configuration_text(configuration, "high-availability.type", "file");
    if (strcmp(type, "file") != 0)
        return error_set(error, STATUS_UNSUPPORTED, "high-availability.type: '%s' is not known; use file",
                         type);
    const char *folder = configuration_text(configuration, "high-availability.storageDir", NULL);
    if (folder == NULL)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "high-availability.storageDir is not set: name a folder in which jobs are kept");
    struct job_store_options options = {
        .process = jobmanager->process,
        .folder = folder,
        .name_space = configuration_text(configuration, "frazil.namespace", "default"),
    };
    return job_store_open(&options, &jobmanager->store, error);
}

static enum status open_parts(struct jobmanager *jobmanager, struct error *error)
{
    enum status status = open_store(jobmanager, error);
    if (status != STATUS_OK)
        return status;
    struct dispatcher_options options = {
        .process = jobmanager->process,
        .configuration = jobmanager->configuration,
        .transport = jobmanager->transport,
        .job_store = jobmanager->store,
    };
    status = dispatcher_create(&options, &jobmanager->dispatcher, error);
    bool is_leader = false;
    if (status == STATUS_OK)
        status = try_lead(jobmanager, &is_leader, error);
    if (status == STATUS_OK && !is_leader)
        log_line(jobmanager->process->log, LOG_INFO, "jobmanager", "another jobmanager leads: standing by");
    return status;
}

enum status jobmanager_create(const struct process_context *process,
                              const struct configuration *configuration, struct transport *transport,
                              struct jobmanager **ret_jobmanager, struct error *error)
{
    struct jobmanager *jobmanager = mem_calloc(1, sizeof *jobmanager);
    jobmanager->process = process;
    jobmanager->configuration = configuration;
    jobmanager->transport = transport;
    CHECK(pthread_mutex_init(&jobmanager->mutex, NULL) == 0);
    timed_condition_init(&jobmanager->changed);
    enum status status = open_parts(jobmanager, error);
    if (status != STATUS_OK) {
        jobmanager_free(jobmanager);
        return status;
    }
    CHECK(pthread_create(&jobmanager->thread, NULL, run_election, jobmanager) == 0);
    jobmanager->has_thread = true;
    *ret_jobmanager = jobmanager;
    return STATUS_OK;
}

enum status jobmanager_wait_leading(struct jobmanager *jobmanager, int64_t deadline_ms, struct error *error)
{
    struct timespec deadline = timed_condition_deadline(deadline_ms < 0 ? 0 : deadline_ms);
    enum status status = STATUS_OK;
    pthread_mutex_lock(&jobmanager->mutex);
    int waited = 0;
    while (!jobmanager->is_leading && !jobmanager->has_failed && waited != ETIMEDOUT)
        waited = deadline_ms < 0
                     ? pthread_cond_wait(&jobmanager->changed, &jobmanager->mutex)
                     : pthread_cond_timedwait(&jobmanager->changed, &jobmanager->mutex, &deadline);
    if (jobmanager->has_failed) {
        *error = jobmanager->failure;
        status = error->code;
    } else if (!jobmanager->is_leading) {
        status = error_set(error, STATUS_TIMEOUT, "another jobmanager leads");
    }
    pthread_mutex_unlock(&jobmanager->mutex);
    return status;
}

void jobmanager_free(struct jobmanager *jobmanager)
{
    if (jobmanager == NULL)
        return;
    pthread_mutex_lock(&jobmanager->mutex);
    jobmanager->is_stopping = true;
    pthread_cond_broadcast(&jobmanager->changed);
    pthread_mutex_unlock(&jobmanager->mutex);
    if (jobmanager->has_thread)
        pthread_join(jobmanager->thread, NULL);
    rest_server_free(jobmanager->rest);
    gateway_free(jobmanager->gateway);
    dispatcher_free(jobmanager->dispatcher);
    job_store_free(jobmanager->store);
    pthread_cond_destroy(&jobmanager->changed);
    pthread_mutex_destroy(&jobmanager->mutex);
    free(jobmanager);
}

struct gateway *jobmanager_gateway(const struct jobmanager *jobmanager)
{
    return jobmanager->gateway;
}

const char *jobmanager_rpc_address(const struct jobmanager *jobmanager)
{
    return dispatcher_rpc_address(jobmanager->dispatcher);
}

const char *jobmanager_rest_url(const struct jobmanager *jobmanager)
{
    return jobmanager->rest == NULL ? "" : rest_server_url(jobmanager->rest);
}
