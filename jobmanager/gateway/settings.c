#include "jobmanager/gateway/gateway_internal.h"

static void list_settings(struct session *session, struct operation_result *result)
{
    static const char *const names[] = {"key", "value"};
    operation_result_set_columns(result, names, 2);
    for (size_t i = 0; i < configuration_count(session->properties); i++) {
        struct configuration_entry entry = configuration_at(session->properties, i);
        const char *values[] = {entry.key, configuration_is_secret(entry.key) ? "******" : entry.value};
        operation_result_add_row(result, values);
    }
}

/* What is known to be typed is checked at once, so that the statement that is wrong is the one that fails. */
static enum status check_setting(const char *key, const char *value, struct error *error)
{
    struct configuration *one = configuration_create();
    configuration_set(one, key, value);
    int64_t number;
    bool flag;
    enum status status = configuration_integer(one, "parallelism.default", 1, 1, 32768, &number, error);
    if (status == STATUS_OK)
        status = configuration_integer(one, "table.exec.resource.default-parallelism", 1, -1, 32768, &number,
                                       error);
    if (status == STATUS_OK)
        status = configuration_duration_ms(one, "execution.checkpointing.interval", 0, &number, error);
    if (status == STATUS_OK)
        status = configuration_duration_ms(one, "execution.checkpointing.timeout", 0, &number, error);
    if (status == STATUS_OK)
        status = configuration_boolean(one, "table.dml-sync", false, &flag, error);
    configuration_free(one);
    return status;
}

enum status session_set(struct session *session, const struct sql_statement *statement,
                        struct operation_result *result, struct error *error)
{
    if (statement->key == NULL) {
        pthread_mutex_lock(&session->mutex);
        list_settings(session, result);
        pthread_mutex_unlock(&session->mutex);
        return STATUS_OK;
    }
    enum status status = check_setting(statement->key, statement->value, error);
    if (status != STATUS_OK)
        return status;
    pthread_mutex_lock(&session->mutex);
    configuration_set(session->properties, statement->key, statement->value);
    pthread_mutex_unlock(&session->mutex);
    operation_result_set_ok(result);
    return STATUS_OK;
}

enum status session_reset(struct session *session, const struct sql_statement *statement,
                          struct operation_result *result, struct error *error)
{
    (void)error;
    pthread_mutex_lock(&session->mutex);
    if (statement->key == NULL) {
        configuration_free(session->properties);
        session->properties = configuration_copy(session->initial_properties);
    } else {
        const char *initial = configuration_text(session->initial_properties, statement->key, NULL);
        if (initial != NULL)
            configuration_set(session->properties, statement->key, initial);
        else
            configuration_remove(session->properties, statement->key);
    }
    pthread_mutex_unlock(&session->mutex);
    operation_result_set_ok(result);
    return STATUS_OK;
}
