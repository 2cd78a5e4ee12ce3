#include "common/base/check.h"
#include "common/base/memory.h"
#include "jobmanager/gateway/gateway_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STATEMENT_ARENA_BYTES = 16384 };

/* A statement being executed, on a pool thread. */
struct execution {
    struct session *session;
    struct arena *arena;
    struct planner_context planner;
    struct operation_result *result;
};

/* The settings as the planner takes them, copied: they may change while it plans. */
static struct planner_configuration copy_settings(struct session *session, struct arena *arena)
{
    pthread_mutex_lock(&session->mutex);
    size_t count = configuration_count(session->properties);
    struct plan_configuration_entry *entries = arena_alloc(arena, count * sizeof *entries);
    for (size_t i = 0; i < count; i++) {
        struct configuration_entry entry = configuration_at(session->properties, i);
        entries[i] = (struct plan_configuration_entry){arena_strdup(arena, entry.key),
                                                       arena_strdup(arena, entry.value)};
    }
    pthread_mutex_unlock(&session->mutex);
    return (struct planner_configuration){entries, count};
}

static enum status execute_on_catalog(struct execution *execution, const struct sql_statement *statement,
                                      const char *text, struct error *error)
{
    struct planner_result table;
    enum status status =
        planner_execute(&execution->planner, statement, sql_text_of(text), execution->arena, &table, error);
    if (status != STATUS_OK)
        return status;
    if (table.is_ok) {
        operation_result_set_ok(execution->result);
        return STATUS_OK;
    }
    operation_result_set_columns(execution->result, table.column_names, table.column_count);
    for (size_t i = 0; i < table.column_count; i++)
        execution->result->columns[i].type = table.column_types[i];
    for (size_t i = 0; i < table.row_count; i++)
        operation_result_add_row(execution->result, &table.values[i * table.column_count]);
    return STATUS_OK;
}

static bool is_dml_sync(const struct session *session)
{
    bool is_sync = false;
    struct error ignored; /* checked when it was set */
    return configuration_boolean(session->properties, "table.dml-sync", false, &is_sync, &ignored) ==
               STATUS_OK &&
           is_sync;
}

static enum status submit_inserts(struct execution *execution, const struct sql_insert *inserts, size_t count,
                                  struct error *error)
{
    struct plan_job_graph *graph;
    enum status status = planner_plan_inserts(&execution->planner, inserts, count, &graph, error);
    if (status != STATUS_OK)
        return status;
    struct operation_result *result = execution->result;
    status = submit_job(execution->session, graph, result->job_id, error);
    if (status != STATUS_OK)
        return status;
    static const char *const names[] = {"job id"};
    const char *values[] = {result->job_id};
    operation_result_set_columns(result, names, 1);
    operation_result_add_row(result, values);
    result->waits_for_job = is_dml_sync(execution->session);
    return STATUS_OK;
}

static enum status submit_query(struct execution *execution, const struct sql_query *query,
                                struct error *error)
{
    struct plan_job_graph *graph;
    enum status status = planner_plan_query(&execution->planner, query, &graph, error);
    if (status != STATUS_OK)
        return status;
    struct operation_result *result = execution->result;
    const struct schema *schema = schema_ref(plan_job_graph_sink(graph, 0)->schema);
    status = submit_job(execution->session, graph, result->job_id, error);
    if (status == STATUS_OK) {
        result->is_query = true;
        result->num_columns = schema->num_fields;
        result->columns = mem_calloc(schema->num_fields, sizeof *result->columns);
        for (uint32_t i = 0; i < schema->num_fields; i++)
            result->columns[i] =
                (struct gateway_column){mem_strdup(schema->fields[i].name), schema->fields[i].type};
        result->collect =
            dispatcher_collect_result(execution->session->gateway->options.dispatcher, result->job_id);
        CHECK(result->collect != NULL);
    }
    schema_unref(schema);
    return status;
}

static enum status begin_statement_set(struct execution *execution, struct error *error)
{
    if (execution->session->in_statement_set)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "a statement set is open already: write END; before the next BEGIN STATEMENT SET;");
    execution->session->in_statement_set = true;
    operation_result_set_ok(execution->result);
    return STATUS_OK;
}

/* An INSERT within a statement set: planned, so that its errors show at once, and kept for END. */
static enum status add_to_statement_set(struct execution *execution, const struct sql_statement *statement,
                                        const char *text, struct error *error)
{
    if (statement->kind != SQL_INSERT)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "only INSERT may stand in a statement set: write END; before other statements");
    struct plan_job_graph *graph;
    enum status status =
        planner_plan_inserts(&execution->planner, statement->inserts, statement->insert_count, &graph, error);
    if (status != STATUS_OK)
        return status;
    plan_job_graph_free(graph);
    struct statement_text *kept = mem_calloc(1, sizeof *kept);
    kept->text = mem_strdup(text);
    struct statement_text **last = &execution->session->statement_set;
    while (*last != NULL)
        last = &(*last)->next;
    *last = kept;
    operation_result_set_ok(execution->result);
    return STATUS_OK;
}

/* The kept INSERTs, parsed again and moved out of the session. */
static enum status take_statement_set(struct execution *execution, struct sql_insert **ret_inserts,
                                      size_t *ret_count, struct error *error)
{
    enum status status = STATUS_OK;
    struct sql_insert *inserts = NULL;
    size_t count = 0;
    while (execution->session->statement_set != NULL) {
        struct statement_text *first = execution->session->statement_set;
        execution->session->statement_set = first->next;
        const struct sql_statement *statement;
        if (status == STATUS_OK)
            status = sql_parse(sql_text_of(first->text), execution->arena, &statement, error);
        if (status == STATUS_OK) {
            inserts =
                arena_grow(execution->arena, inserts, count * sizeof *inserts, (count + 1) * sizeof *inserts);
            inserts[count++] = statement->inserts[0];
        }
        free(first->text);
        free(first);
    }
    execution->session->in_statement_set = false;
    *ret_inserts = inserts;
    *ret_count = count;
    return status;
}

static enum status end_statement_set(struct execution *execution, struct error *error)
{
    if (!execution->session->in_statement_set)
        return error_set(error, STATUS_INVALID_ARGUMENT, "END without BEGIN STATEMENT SET before it");
    struct sql_insert *inserts;
    size_t count;
    enum status status = take_statement_set(execution, &inserts, &count, error);
    if (status != STATUS_OK)
        return status;
    if (count == 0)
        return error_set(error, STATUS_INVALID_ARGUMENT, "NO statements in the statement set.");
    return submit_inserts(execution, inserts, count, error);
}

static enum status execute_parsed(struct execution *execution, const struct sql_statement *statement,
                                  const char *text, struct error *error)
{
    struct session *session = execution->session;
    if (statement->kind == SQL_END_STATEMENT_SET)
        return end_statement_set(execution, error);
    if (session->in_statement_set)
        return add_to_statement_set(execution, statement, text, error);
    switch (statement->kind) {
    case SQL_SET: return session_set(session, statement, execution->result, error);
    case SQL_RESET: return session_reset(session, statement, execution->result, error);
    case SQL_SHOW_JOBS: show_jobs(session->gateway, execution->result); return STATUS_OK;
    case SQL_DESCRIBE_JOB: return describe_job(session->gateway, statement, execution->result, error);
    case SQL_STOP_JOB: return stop_job(session, statement, execution->result, error);
    case SQL_BEGIN_STATEMENT_SET: return begin_statement_set(execution, error);
    case SQL_INSERT:
    case SQL_STATEMENT_SET:
        return submit_inserts(execution, statement->inserts, statement->insert_count, error);
    case SQL_SELECT: return submit_query(execution, statement->query, error);
    default: break;
    }
    CHECK(planner_is_catalog_statement(statement));
    return execute_on_catalog(execution, statement, text, error);
}

enum status statement_execute(struct session *session, const char *text, struct operation_result *result,
                              struct error *error)
{
    struct execution execution = {
        .session = session,
        .arena = arena_create(STATEMENT_ARENA_BYTES),
        .result = result,
    };
    execution.planner = (struct planner_context){
        .catalog = session->catalog,
        .configuration = copy_settings(session, execution.arena),
        .clock = session->gateway->options.process->clock,
    };
    const struct sql_statement *statement;
    enum status status = sql_parse(sql_text_of(text), execution.arena, &statement, error);
    if (status == STATUS_OK)
        status = execute_parsed(&execution, statement, text, error);
    if (status != STATUS_OK)
        operation_result_free(result);
    arena_free(execution.arena);
    return status;
}
