#include "common/base/check.h"
#include "common/base/memory.h"
#include "jobmanager/gateway/gateway_internal.h"

#include <stdlib.h>

void operation_free(struct operation *operation)
{
    operation_result_free(&operation->result);
    if (operation->has_last_page)
        gateway_page_free(&operation->last_page);
    free(operation->statement);
    free(operation);
}

static void ignore_cancellation(void *context, enum status status, const char *job_id,
                                const struct error *error)
{
    (void)context, (void)status, (void)job_id, (void)error;
}

void operation_stop(struct gateway *gateway, struct operation *operation)
{
    operation->is_canceled = true;
    if (operation->state == OPERATION_FINISHED && operation->result.collect != NULL)
        dispatcher_cancel(gateway->options.dispatcher, operation->result.job_id, ignore_cancellation, NULL);
    if (operation->state == OPERATION_PENDING || operation->result.collect != NULL)
        operation->state = OPERATION_CANCELED;
}

static void free_operations(struct session *session)
{
    while (session->operations != NULL) {
        struct operation *operation = session->operations;
        session->operations = operation->next;
        operation_stop(session->gateway, operation);
        operation_free(operation);
    }
}

struct session *session_create(struct gateway *gateway, const struct configuration_entry *properties,
                               size_t count)
{
    struct session *session = mem_calloc(1, sizeof *session);
    refcount_init(&session->refs);
    session->gateway = gateway;
    struct uuid uuid = uuid_generate();
    uuid_format(&uuid, session->id);
    CHECK(pthread_mutex_init(&session->mutex, NULL) == 0);
    session->properties = configuration_copy(gateway->options.configuration);
    for (size_t i = 0; i < count; i++)
        configuration_set(session->properties, properties[i].key, properties[i].value);
    session->initial_properties = configuration_copy(session->properties);
    session->last_access_ms = clock_monotonic_ms(&gateway->options.process->clock);
    session->catalog = sql_catalog_create(&gateway->catalog_factory);
    return session;
}

struct session *session_ref(struct session *session)
{
    refcount_take(&session->refs);
    return session;
}

void session_unref(struct session *session)
{
    if (session == NULL || !refcount_drop(&session->refs))
        return;
    free_operations(session);
    while (session->statement_set != NULL) {
        struct statement_text *first = session->statement_set;
        session->statement_set = first->next;
        free(first->text);
        free(first);
    }
    sql_catalog_free(session->catalog);
    configuration_free(session->properties);
    configuration_free(session->initial_properties);
    pthread_mutex_destroy(&session->mutex);
    free(session);
}

/* Under the session's mutex. */
static struct operation *next_pending(const struct session *session)
{
    struct operation *operation = session->operations;
    while (operation != NULL && operation->state != OPERATION_PENDING)
        operation = operation->next;
    return operation;
}

/* Under the session's mutex, but for the statement itself. */
static void run_operation(struct session *session, struct operation *operation)
{
    operation->state = OPERATION_RUNNING;
    pthread_mutex_unlock(&session->mutex);
    struct operation_result result = {0};
    struct error error;
    enum status status = statement_execute(session, operation->statement, &result, &error);
    pthread_mutex_lock(&session->mutex);
    operation->result = result;
    operation->state = status == STATUS_OK ? OPERATION_FINISHED : OPERATION_ERROR;
    if (status != STATUS_OK)
        operation->error = error;
    if (operation->is_canceled)
        operation_stop(session->gateway, operation);
}

void session_run(struct session *session)
{
    pthread_mutex_lock(&session->mutex);
    for (;;) {
        struct operation *operation = next_pending(session);
        if (operation == NULL)
            break;
        if (session->is_closed) /* who waits for it must hear of it all the same */
            operation_stop(session->gateway, operation);
        else
            run_operation(session, operation);
        gateway_done_callback *on_done = operation->on_done;
        void *context = operation->done_context;
        pthread_mutex_unlock(&session->mutex);
        if (on_done != NULL)
            on_done(context);
        pthread_mutex_lock(&session->mutex);
    }
    session->is_busy = false;
    pthread_mutex_unlock(&session->mutex);
}
