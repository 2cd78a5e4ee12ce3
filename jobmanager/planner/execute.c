#include "jobmanager/planner/execute_internal.h"

#include "common/base/check.h"

#include <string.h>

typedef enum status executor(struct execution *execution);

static enum status create_catalog(struct execution *execution)
{
    const struct sql_statement *statement = execution->statement;
    const struct sql_properties *given = &statement->properties;
    struct connector_property *items = arena_calloc(execution->arena, given->count + 1, sizeof *items);
    for (size_t i = 0; i < given->count; i++)
        items[i] = (struct connector_property){given->items[i].key, given->items[i].value};
    struct connector_properties properties = {.items = items, .count = given->count};
    const char *type = connector_property(&properties, "type");
    if (type != NULL && strcmp(type, iceberg_catalog.identifier) == 0)
        TRY(connector_validate(&iceberg_catalog, NULL, &properties, execution->error));
    else if (type != NULL && strcmp(type, "generic_in_memory") != 0)
        return error_set(
            execution->error, STATUS_INVALID_ARGUMENT,
            "Could not find any factory for identifier '%s'. Available: generic_in_memory, iceberg.", type);
    TRY(sql_catalog_add_catalog(execution->context->catalog, statement->name.parts[0], given,
                                statement->if_not_exists, execution->error));
    return answer_ok(execution);
}

static enum status create_database(struct execution *execution)
{
    TRY(sql_catalog_add_database(execution->context->catalog, &execution->statement->name,
                                 execution->statement->if_not_exists, execution->error));
    return answer_ok(execution);
}

static enum status drop(struct execution *execution)
{
    const struct sql_statement *statement = execution->statement;
    struct sql_catalog *catalog = execution->context->catalog;
    if (statement->kind == SQL_DROP_TABLE)
        TRY(sql_catalog_drop_table(catalog, &statement->name, statement->temporary, statement->if_exists,
                                   execution->error));
    else if (statement->kind == SQL_DROP_DATABASE)
        TRY(sql_catalog_drop_database(catalog, &statement->name, statement->if_exists, statement->cascade,
                                      execution->error));
    else
        TRY(sql_catalog_drop_catalog(catalog, statement->name.parts[0], statement->if_exists,
                                     execution->error));
    return answer_ok(execution);
}

static enum status use(struct execution *execution)
{
    const struct sql_statement *statement = execution->statement;
    if (statement->kind == SQL_USE_CATALOG)
        TRY(sql_catalog_use_catalog(execution->context->catalog, statement->name.parts[0], execution->error));
    else
        TRY(sql_catalog_use_database(execution->context->catalog, &statement->name, execution->error));
    return answer_ok(execution);
}

static enum status show_tables(struct execution *execution)
{
    struct sql_name_list list;
    TRY(sql_catalog_list_tables(execution->context->catalog, &execution->statement->name, execution->arena,
                                &list, execution->error));
    return answer_list(execution, "table name", list.names, list.count);
}

static enum status show_databases(struct execution *execution)
{
    struct sql_name_list list;
    const struct sql_name *name = &execution->statement->name;
    TRY(sql_catalog_list_databases(execution->context->catalog, name->count == 0 ? NULL : name->parts[0],
                                   execution->arena, &list, execution->error));
    return answer_list(execution, "database name", list.names, list.count);
}

static enum status show_catalogs(struct execution *execution)
{
    struct sql_name_list list;
    TRY(sql_catalog_list_catalogs(execution->context->catalog, execution->arena, &list, execution->error));
    return answer_list(execution, "catalog name", list.names, list.count);
}

static enum status show_current(struct execution *execution)
{
    if (execution->statement->kind == SQL_SHOW_CURRENT_CATALOG)
        return answer_text(execution, "current catalog name",
                           sql_catalog_current_catalog(execution->context->catalog));
    return answer_text(execution, "current database name",
                       sql_catalog_current_database(execution->context->catalog));
}

static enum status show_create(struct execution *execution)
{
    struct sql_table *table = NULL;
    struct buffer text = {0};
    TRY(sql_catalog_find_table(execution->context->catalog, &execution->statement->name, &table,
                               execution->error));
    bool is_view = table->view != NULL;
    if (!is_view)
        show_create_table(table, true, &text);
    sql_table_unref(table);
    if (is_view)
        return error_set(
            execution->error, STATUS_INVALID_ARGUMENT,
            "SHOW CREATE TABLE is only supported for tables, but this is a view. Write SHOW CREATE "
            "VIEW instead.");
    answer_text(execution, "result", buffer_text(&text));
    buffer_free(&text);
    return STATUS_OK;
}

static enum status describe(struct execution *execution)
{
    struct sql_table *table = NULL;
    TRY(sql_catalog_find_table(execution->context->catalog, &execution->statement->name, &table,
                               execution->error));
    enum status status = STATUS_OK;
    if (table->view != NULL)
        status =
            describe_view(execution->context, table, execution->arena, execution->result, execution->error);
    else
        describe_table(table, execution->arena, execution->result);
    sql_table_unref(table);
    return status;
}

static enum status explain(struct execution *execution)
{
    const struct sql_statement *statement = execution->statement;
    struct plan plan;
    if ((statement->explain_details & SQL_EXPLAIN_ESTIMATED_COST) != 0)
        return error_set(execution->error, STATUS_UNSUPPORTED,
                         "Plans are made without estimates of their cost: leave ESTIMATED_COST out.");
    enum status status = plan_statement(&plan, execution->context, statement->inserts,
                                        statement->insert_count, statement->query, true, execution->error);
    if (status == STATUS_OK) {
        struct buffer text = {0};
        explain_plan(&plan, statement->explain_details, &text);
        answer_text(execution, "result", buffer_text(&text));
        buffer_free(&text);
    }
    plan_finish(&plan, false);
    return status;
}

static executor *find_executor(enum sql_statement_kind kind)
{
    static executor *const executors[] = {
        [SQL_CREATE_TABLE] = execute_create_table,
        [SQL_ALTER_TABLE] = execute_alter_table,
        [SQL_CREATE_VIEW] = execute_create_view,
        [SQL_DROP_VIEW] = execute_drop_view,
        [SQL_SHOW_VIEWS] = execute_show_views,
        [SQL_SHOW_CREATE_VIEW] = execute_show_create_view,
        [SQL_CREATE_CATALOG] = create_catalog,
        [SQL_CREATE_DATABASE] = create_database,
        [SQL_DROP_TABLE] = drop,
        [SQL_DROP_DATABASE] = drop,
        [SQL_DROP_CATALOG] = drop,
        [SQL_USE_DATABASE] = use,
        [SQL_USE_CATALOG] = use,
        [SQL_SHOW_TABLES] = show_tables,
        [SQL_SHOW_DATABASES] = show_databases,
        [SQL_SHOW_CATALOGS] = show_catalogs,
        [SQL_SHOW_FUNCTIONS] = execute_show_functions,
        [SQL_SHOW_CREATE_TABLE] = show_create,
        [SQL_SHOW_CURRENT_CATALOG] = show_current,
        [SQL_SHOW_CURRENT_DATABASE] = show_current,
        [SQL_DESCRIBE] = describe,
        [SQL_EXPLAIN] = explain,
        [SQL_SELECT] = NULL,
    };
    return executors[kind];
}

bool planner_is_catalog_statement(const struct sql_statement *statement)
{
    return find_executor(statement->kind) != NULL;
}

enum status planner_execute(const struct planner_context *context, const struct sql_statement *statement,
                            struct sql_text text, struct arena *arena, struct planner_result *ret_result,
                            struct error *error)
{
    struct execution execution = {context, statement, text, arena, ret_result, error};
    executor *execute = find_executor(statement->kind);
    CHECK(execute != NULL);
    error_clear(error);
    return execute(&execution);
}
