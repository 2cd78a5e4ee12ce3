/* The statements of sessions: begun, asked for, cancelled, paged through. */
#include "common/base/memory.h"
#include "common/base/random.h"
#include "jobmanager/gateway/gateway_internal.h"

#include <string.h>

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
    if (gateway_lock_session(gateway, id, &session, error) != STATUS_OK)
        return error->code;
    if (session->num_operations >= SESSION_MAX_OPERATIONS)
        drop_oldest_finished(session);
    if (session->num_operations >= SESSION_MAX_OPERATIONS) {
        gateway_unlock_session(session);
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
    gateway_unlock_session(session);
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
    if (gateway_lock_session(gateway, session_id, &session, error) != STATUS_OK)
        return error->code;
    struct operation *operation = find_operation(session, operation_id);
    if (operation == NULL) {
        gateway_unlock_session(session);
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
    gateway_unlock_session(session);
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
    gateway_unlock_session(session);
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
    gateway_unlock_session(session);
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
    gateway_unlock_session(session);
    return status;
}
