#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/thread_name.h"
#include "jobmanager/gateway/gateway_internal.h"

#include <stdlib.h>
#include <string.h>

enum { DEFAULT_IDLE_TIMEOUT_MS = 10 * 60 * 1000, IDLE_CHECK_MS = 5000 };

/* Pool thread, now and then: sessions that nobody asked for are dropped. */
static void close_idle_sessions(struct gateway *gateway)
{
    if (gateway->idle_timeout_ms <= 0)
        return;
    int64_t limit_ms = clock_monotonic_ms(&gateway->options.process->clock) - gateway->idle_timeout_ms;
    pthread_mutex_lock(&gateway->mutex);
    for (size_t i = 0; i < gateway->num_sessions;) {
        struct session *session = gateway->sessions[i];
        pthread_mutex_lock(&session->mutex);
        bool is_idle = !session->is_busy && session->last_access_ms < limit_ms;
        session->is_closed = session->is_closed || is_idle;
        pthread_mutex_unlock(&session->mutex);
        if (!is_idle) {
            i++;
            continue;
        }
        gateway->sessions[i] = gateway->sessions[--gateway->num_sessions];
        session_unref(session);
    }
    pthread_mutex_unlock(&gateway->mutex);
}

static void *pool_thread(void *argument)
{
    struct gateway *gateway = argument;
    thread_set_name("gateway");
    for (;;) {
        struct session *session = event_queue_pop(gateway->runnable, IDLE_CHECK_MS);
        if (session == NULL && event_queue_is_closed(gateway->runnable))
            return NULL;
        if (session == NULL) {
            close_idle_sessions(gateway);
            continue;
        }
        session_run(session);
        session_unref(session);
    }
}

static void drop_session(void *event)
{
    session_unref(event);
}

struct gateway *gateway_create(const struct gateway_options *options)
{
    struct gateway *gateway = mem_calloc(1, sizeof *gateway);
    gateway->options = *options;
    gateway->catalog_factory = iceberg_catalog_factory(options->process);
    struct error ignored; /* an unparsable timeout was refused at start; the default stands here */
    if (configuration_duration_ms(options->configuration, "sql-gateway.session.idle-timeout",
                                  DEFAULT_IDLE_TIMEOUT_MS, &gateway->idle_timeout_ms, &ignored) != STATUS_OK)
        gateway->idle_timeout_ms = DEFAULT_IDLE_TIMEOUT_MS;
    gateway->runnable = event_queue_create(drop_session);
    CHECK(pthread_mutex_init(&gateway->mutex, NULL) == 0);
    for (int i = 0; i < GATEWAY_THREADS; i++)
        CHECK(pthread_create(&gateway->threads[i], NULL, pool_thread, gateway) == 0);
    return gateway;
}

void gateway_free(struct gateway *gateway)
{
    if (gateway == NULL)
        return;
    event_queue_close(gateway->runnable);
    for (int i = 0; i < GATEWAY_THREADS; i++)
        pthread_join(gateway->threads[i], NULL);
    event_queue_free(gateway->runnable);
    for (size_t i = 0; i < gateway->num_sessions; i++)
        session_unref(gateway->sessions[i]);
    free(gateway->sessions);
    pthread_mutex_destroy(&gateway->mutex);
    free(gateway);
}

enum status gateway_open_session(struct gateway *gateway, const struct configuration_entry *properties,
                                 size_t count, char ret_session[GATEWAY_ID_BYTES], struct error *error)
{
    struct session *session = session_create(gateway, properties, count);
    pthread_mutex_lock(&gateway->mutex);
    bool has_room = gateway->num_sessions < GATEWAY_MAX_SESSIONS;
    if (has_room) {
        gateway->sessions =
            mem_realloc(gateway->sessions, (gateway->num_sessions + 1) * sizeof(struct session *));
        gateway->sessions[gateway->num_sessions++] = session;
        memcpy(ret_session, session->id, GATEWAY_ID_BYTES);
    }
    pthread_mutex_unlock(&gateway->mutex);
    if (has_room)
        return STATUS_OK;
    session_unref(session);
    return error_set(error, STATUS_EXHAUSTED, "%d sessions are open, the most allowed: close some",
                     GATEWAY_MAX_SESSIONS);
}

/* A reference, or NULL. */
static struct session *find_session(struct gateway *gateway, const char *id)
{
    struct session *found = NULL;
    pthread_mutex_lock(&gateway->mutex);
    for (size_t i = 0; i < gateway->num_sessions && found == NULL; i++)
        if (strcmp(gateway->sessions[i]->id, id) == 0)
            found = session_ref(gateway->sessions[i]);
    pthread_mutex_unlock(&gateway->mutex);
    return found;
}

/* As find_session, locked and touched. */
static enum status lock_session(struct gateway *gateway, const char *id, struct session **ret_session,
                                struct error *error)
{
    struct session *session = find_session(gateway, id);
    if (session == NULL)
        return error_set(error, STATUS_NOT_FOUND, "Session '%s' does not exist.", id);
    pthread_mutex_lock(&session->mutex);
    session->last_access_ms = clock_monotonic_ms(&gateway->options.process->clock);
    *ret_session = session;
    return STATUS_OK;
}

static void unlock_session(struct session *session)
{
    pthread_mutex_unlock(&session->mutex);
    session_unref(session);
}

enum status gateway_close_session(struct gateway *gateway, const char *id, struct error *error)
{
    struct session *closed = NULL;
    pthread_mutex_lock(&gateway->mutex);
    for (size_t i = 0; i < gateway->num_sessions && closed == NULL; i++) {
        if (strcmp(gateway->sessions[i]->id, id) != 0)
            continue;
        closed = gateway->sessions[i];
        gateway->sessions[i] = gateway->sessions[--gateway->num_sessions];
    }
    pthread_mutex_unlock(&gateway->mutex);
    if (closed == NULL)
        return error_set(error, STATUS_NOT_FOUND, "Session '%s' does not exist.", id);
    pthread_mutex_lock(&closed->mutex);
    closed->is_closed = true;
    pthread_mutex_unlock(&closed->mutex);
    session_unref(closed);
    return STATUS_OK;
}

enum status gateway_touch_session(struct gateway *gateway, const char *id, struct error *error)
{
    struct session *session;
    if (lock_session(gateway, id, &session, error) != STATUS_OK)
        return error->code;
    unlock_session(session);
    return STATUS_OK;
}

enum status gateway_session_properties(struct gateway *gateway, const char *id,
                                       struct configuration **ret_properties, struct error *error)
{
    struct session *session;
    if (lock_session(gateway, id, &session, error) != STATUS_OK)
        return error->code;
    struct configuration *copy = configuration_create();
    for (size_t i = 0; i < configuration_count(session->properties); i++) {
        struct configuration_entry entry = configuration_at(session->properties, i);
        configuration_set(copy, entry.key, configuration_is_secret(entry.key) ? "******" : entry.value);
    }
    unlock_session(session);
    *ret_properties = copy;
    return STATUS_OK;
}

struct time_zone *gateway_session_time_zone(struct gateway *gateway, const char *id)
{
    struct session *session;
    struct error ignored; /* of a session that ended meanwhile, nothing is shown */
    struct time_zone *zone = NULL;
    if (lock_session(gateway, id, &session, &ignored) != STATUS_OK)
        return NULL;
    const char *name = configuration_text(session->properties, "table.local-time-zone", NULL);
    if (name != NULL && time_zone_create(name, &zone, &ignored) != STATUS_OK)
        zone = NULL;
    unlock_session(session);
    return zone;
}

static bool operation_is_over(const struct operation *operation)
{
    return operation->state != OPERATION_PENDING && operation->state != OPERATION_RUNNING;
}

/* Under the session's mutex. */
static void drop_oldest_finished(struct session *session)
{
    for (struct operation **link = &session->operations; *link != NULL; link = &(*link)->next) {
        struct operation *operation = *link;
        if (!operation_is_over(operation))
            continue;
        *link = operation->next;
        operation_free(operation);
        session->num_operations--;
        return;
    }
}

enum status gateway_execute(struct gateway *gateway, const char *id, const char *statement,
                            gateway_done_callback *on_done, void *context,
                            char ret_operation[GATEWAY_ID_BYTES], struct error *error)
{
    struct session *session;
    if (lock_session(gateway, id, &session, error) != STATUS_OK)
        return error->code;
    if (session->num_operations >= SESSION_MAX_OPERATIONS)
        drop_oldest_finished(session);
    if (session->num_operations >= SESSION_MAX_OPERATIONS) {
        unlock_session(session);
        return error_set(error, STATUS_EXHAUSTED,
                         "%d statements of the session are waiting, the most allowed",
                         SESSION_MAX_OPERATIONS);
    }
    struct operation *operation = mem_calloc(1, sizeof *operation);
    struct uuid uuid = uuid_generate();
    uuid_format(&uuid, operation->id);
    operation->statement = mem_strdup(statement);
    operation->on_done = on_done;
    operation->done_context = context;
    memcpy(ret_operation, operation->id, GATEWAY_ID_BYTES);
    struct operation **last = &session->operations;
    while (*last != NULL)
        last = &(*last)->next;
    *last = operation;
    session->num_operations++;
    bool must_start = !session->is_busy;
    session->is_busy = true;
    if (must_start)
        event_queue_push(gateway->runnable, session_ref(session));
    unlock_session(session);
    return STATUS_OK;
}

static struct operation *find_operation(const struct session *session, const char *id)
{
    for (struct operation *operation = session->operations; operation != NULL; operation = operation->next)
        if (strcmp(operation->id, id) == 0)
            return operation;
    return NULL;
}

/* Session and operation, the session locked. */
static enum status lock_operation(struct gateway *gateway, const char *session_id, const char *operation_id,
                                  struct session **ret_session, struct operation **ret_operation,
                                  struct error *error)
{
    struct session *session;
    if (lock_session(gateway, session_id, &session, error) != STATUS_OK)
        return error->code;
    struct operation *operation = find_operation(session, operation_id);
    if (operation == NULL) {
        unlock_session(session);
        return error_set(error, STATUS_NOT_FOUND, "Can not find the submitted operation in the session: %s.",
                         operation_id);
    }
    *ret_session = session;
    *ret_operation = operation;
    return STATUS_OK;
}

enum status gateway_operation_status(struct gateway *gateway, const char *session_id,
                                     const char *operation_id, const char **ret_status, struct error *error)
{
    static const char *const names[] = {"PENDING", "RUNNING", "FINISHED", "CANCELED", "ERROR"};
    struct session *session;
    struct operation *operation;
    if (lock_operation(gateway, session_id, operation_id, &session, &operation, error) != STATUS_OK)
        return error->code;
    *ret_status = names[operation->state];
    unlock_session(session);
    return STATUS_OK;
}

enum status gateway_cancel_operation(struct gateway *gateway, const char *session_id,
                                     const char *operation_id, struct error *error)
{
    struct session *session;
    struct operation *operation;
    if (lock_operation(gateway, session_id, operation_id, &session, &operation, error) != STATUS_OK)
        return error->code;
    operation_stop(gateway, operation);
    unlock_session(session);
    return STATUS_OK;
}

enum status gateway_close_operation(struct gateway *gateway, const char *session_id, const char *operation_id,
                                    struct error *error)
{
    struct session *session;
    struct operation *operation;
    if (lock_operation(gateway, session_id, operation_id, &session, &operation, error) != STATUS_OK)
        return error->code;
    operation_stop(gateway, operation);
    if (operation_is_over(operation)) { /* one that runs is freed with the session */
        struct operation **link = &session->operations;
        while (*link != operation)
            link = &(*link)->next;
        *link = operation->next;
        session->num_operations--;
        operation_free(operation);
    }
    unlock_session(session);
    return STATUS_OK;
}

enum status gateway_fetch(struct gateway *gateway, const char *session_id, const char *operation_id,
                          uint64_t token, struct gateway_page *ret_page, struct error *error)
{
    struct session *session;
    struct operation *operation;
    if (lock_operation(gateway, session_id, operation_id, &session, &operation, error) != STATUS_OK)
        return error->code;
    enum status status = operation_fetch(session, operation, token, ret_page, error);
    unlock_session(session);
    return status;
}
