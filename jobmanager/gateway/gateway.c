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

enum status gateway_lock_session(struct gateway *gateway, const char *id, struct session **ret_session,
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

void gateway_unlock_session(struct session *session)
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
    if (gateway_lock_session(gateway, id, &session, error) != STATUS_OK)
        return error->code;
    gateway_unlock_session(session);
    return STATUS_OK;
}

enum status gateway_session_properties(struct gateway *gateway, const char *id,
                                       struct configuration **ret_properties, struct error *error)
{
    struct session *session;
    if (gateway_lock_session(gateway, id, &session, error) != STATUS_OK)
        return error->code;
    struct configuration *copy = configuration_create();
    for (size_t i = 0; i < configuration_count(session->properties); i++) {
        struct configuration_entry entry = configuration_at(session->properties, i);
        configuration_set(copy, entry.key, configuration_is_secret(entry.key) ? "******" : entry.value);
    }
    gateway_unlock_session(session);
    *ret_properties = copy;
    return STATUS_OK;
}

struct time_zone *gateway_session_time_zone(struct gateway *gateway, const char *id)
{
    struct session *session;
    struct error ignored; /* of a session that ended meanwhile, nothing is shown */
    struct time_zone *zone = NULL;
    if (gateway_lock_session(gateway, id, &session, &ignored) != STATUS_OK)
        return NULL;
    const char *name = configuration_text(session->properties, "table.local-time-zone", NULL);
    if (name != NULL && time_zone_create(name, &zone, &ignored) != STATUS_OK)
        zone = NULL;
    gateway_unlock_session(session);
    return zone;
}
