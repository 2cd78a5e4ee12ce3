#include "jobmanager/sql/catalog.h"

#include "common/base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* An external catalog with one database, "lake", and one table, "trips". */
struct lake {
    bool freed;
    bool has_table;
    char created[32];
};

static enum status list(const char *name, bool present, char ***ret_names, size_t *ret_count)
{
    *ret_names = mem_calloc(1, sizeof **ret_names);
    *ret_count = present;
    if (present)
        (*ret_names)[0] = mem_strdup(name);
    return STATUS_OK;
}

static enum status lake_databases(void *context, char ***ret_names, size_t *ret_count, struct error *error)
{
    (void)context;
    (void)error;
    return list("lake", true, ret_names, ret_count);
}

static enum status lake_create_database(void *context, const char *database, struct error *error)
{
    (void)context;
    return error_set(error, STATUS_UNSUPPORTED, "no %s", database);
}

static enum status lake_drop_database(void *context, const char *database, bool cascade, struct error *error)
{
    (void)context;
    (void)cascade;
    return error_set(error, STATUS_UNSUPPORTED, "no %s", database);
}

static enum status lake_tables(void *context, const char *database, char ***ret_names, size_t *ret_count,
                               struct error *error)
{
    (void)error;
    const struct lake *lake = context;
    return list("trips", lake->has_table && strcmp(database, "lake") == 0, ret_names, ret_count);
}

static enum status lake_load(void *context, const char *database, const char *table, struct arena *arena,
                             struct sql_create_table *ret_definition, struct error *error)
{
    const struct lake *lake = context;
    if (!lake->has_table || strcmp(table, "trips") != 0)
        return error_set(error, STATUS_NOT_FOUND, "%s.%s", database, table);
    struct sql_column *column = arena_calloc(arena, 1, sizeof *column);
    struct sql_type *type = arena_calloc(arena, 1, sizeof *type);
    *type = (struct sql_type){.kind = SQL_TYPE_DECIMAL, .precision = 9, .scale = 2, .not_null = true};
    column->name = "fare";
    column->type = type;
    ret_definition->columns = column;
    ret_definition->column_count = 1;
    return STATUS_OK;
}

static enum status lake_create(void *context, const char *database, const struct sql_create_table *definition,
                               const struct schema *schema, struct error *error)
{
    (void)database;
    (void)schema;
    struct lake *lake = context;
    if (lake->has_table)
        return error_set(error, STATUS_ALREADY_EXISTS, "there");
    lake->has_table = true;
    strncpy(lake->created, definition->name.parts[0], sizeof lake->created - 1);
    return STATUS_OK;
}

static enum status lake_drop(void *context, const char *database, const char *table, struct error *error)
{
    struct lake *lake = context;
    if (!lake->has_table)
        return error_set(error, STATUS_NOT_FOUND, "%s.%s", database, table);
    lake->has_table = false;
    return STATUS_OK;
}

static void lake_free(void *context)
{
    ((struct lake *)context)->freed = true;
}

static const struct sql_external_catalog_operations lake_operations = {
    .list_databases = lake_databases,
    .create_database = lake_create_database,
    .drop_database = lake_drop_database,
    .list_tables = lake_tables,
    .load_table = lake_load,
    .create_table = lake_create,
    .drop_table = lake_drop,
    .free = lake_free,
};

static enum status make_lake(void *context, const char *name, const struct sql_properties *properties,
                             const struct sql_external_catalog_operations **ret_operations,
                             void **ret_catalog, struct error *error)
{
    (void)name;
    if (strcmp(properties->items[0].value, "iceberg") != 0)
        return error_set(error, STATUS_NOT_FOUND, "unknown type");
    *ret_operations = &lake_operations;
    *ret_catalog = context;
    return STATUS_OK;
}

static struct sql_catalog *open_catalog(struct lake *lake)
{
    static const struct sql_property items[] = {{.key = "type", .value = "iceberg"},
                                                {.key = "default-database", .value = "lake"}};
    const struct sql_properties properties = {.items = items, .count = 2};
    const struct sql_catalog_factory factory = {.create = make_lake, .context = lake};
    struct sql_catalog *catalog = sql_catalog_create(&factory);
    struct error error;
    assert_int_equal(sql_catalog_add_catalog(catalog, "ice", &properties, false, &error), STATUS_OK);
    assert_int_equal(sql_catalog_add_catalog(catalog, "ice", &properties, false, &error),
                     STATUS_ALREADY_EXISTS);
    assert_int_equal(sql_catalog_add_catalog(catalog, "ice", &properties, true, &error), STATUS_OK);
    return catalog;
}

static void external_tables_are_loaded_each_time(void **state)
{
    (void)state;
    struct lake lake = {.has_table = true};
    struct sql_catalog *catalog = open_catalog(&lake);
    struct sql_name name = {.parts = {"ice", "lake", "trips"}, .count = 3};
    struct sql_table *table = NULL;
    struct error error;
    assert_int_equal(sql_catalog_find_table(catalog, &name, &table, &error), STATUS_OK);
    assert_string_equal(table->database, "lake");
    assert_int_equal(table->schema->fields[0].type.precision, 9);
    assert_false(table->schema->fields[0].type.nullable);
    lake.has_table = false;
    struct sql_table *missing = NULL;
    assert_int_equal(sql_catalog_find_table(catalog, &name, &missing, &error), STATUS_NOT_FOUND);
    assert_string_equal(error.message, "Object 'trips' not found");
    sql_table_unref(table);
    sql_catalog_free(catalog);
    assert_true(lake.freed);
}

static void names_are_completed_by_the_current_place(void **state)
{
    (void)state;
    struct lake lake = {.has_table = true};
    struct sql_catalog *catalog = open_catalog(&lake);
    struct arena *arena = arena_create(1024);
    struct error error;
    struct sql_name_list names;
    struct sql_name nowhere = {.parts = {"ice", "sea"}, .count = 2};
    assert_int_equal(sql_catalog_use_database(catalog, &nowhere, &error), STATUS_NOT_FOUND);
    assert_int_equal(sql_catalog_use_catalog(catalog, "ice", &error), STATUS_OK);
    assert_string_equal(sql_catalog_current_database(catalog), "lake");
    assert_int_equal(sql_catalog_list_tables(catalog, NULL, arena, &names, &error), STATUS_OK);
    assert_int_equal(names.count, 1);
    struct sql_name name = {.parts = {"trips"}, .count = 1};
    struct sql_table *table = NULL;
    assert_int_equal(sql_catalog_find_table(catalog, &name, &table, &error), STATUS_OK);
    assert_string_equal(table->catalog, "ice");
    sql_table_unref(table);
    assert_int_equal(sql_catalog_drop_table(catalog, &name, false, false, &error), STATUS_OK);
    assert_int_equal(sql_catalog_drop_table(catalog, &name, false, false, &error), STATUS_NOT_FOUND);
    assert_int_equal(sql_catalog_drop_table(catalog, &name, false, true, &error), STATUS_OK);
    arena_free(arena);
    sql_catalog_free(catalog);
}

static struct sql_table *define(const char *name)
{
    struct arena *arena = arena_create(1024);
    struct sql_table *table = arena_calloc(arena, 1, sizeof *table);
    struct sql_create_table *definition = arena_calloc(arena, 1, sizeof *definition);
    definition->name = (struct sql_name){.parts = {name}, .count = 1};
    refcount_init(&table->refs);
    *table = (struct sql_table){.refs = table->refs, .arena = arena, .catalog = "ice", .database = "lake"};
    table->name = name;
    table->definition = definition;
    table->schema = schema_create(0);
    return table;
}

static void tables_are_created_where_they_belong(void **state)
{
    (void)state;
    struct lake lake = {.has_table = false};
    struct sql_catalog *catalog = open_catalog(&lake);
    struct error error;
    assert_int_equal(sql_catalog_add_table(catalog, define("trips"), false, &error), STATUS_OK);
    assert_string_equal(lake.created, "trips");
    assert_int_equal(sql_catalog_add_table(catalog, define("trips"), false, &error), STATUS_ALREADY_EXISTS);
    assert_int_equal(sql_catalog_add_table(catalog, define("trips"), true, &error), STATUS_OK);
    struct sql_table *temporary = define("trips");
    temporary->temporary = true;
    assert_int_equal(sql_catalog_add_table(catalog, temporary, false, &error), STATUS_OK);
    struct sql_name name = {.parts = {"ice", "lake", "trips"}, .count = 3};
    struct sql_table *found = NULL;
    assert_int_equal(sql_catalog_find_table(catalog, &name, &found, &error), STATUS_OK);
    assert_true(found->temporary);
    sql_table_unref(found);
    sql_catalog_free(catalog);
}

static struct sql_table *define_view(const char *name, bool temporary)
{
    struct sql_table *view = define(name);
    view->view = arena_calloc(view->arena, 1, sizeof *view->view);
    view->temporary = temporary;
    return view;
}

static void an_external_catalog_holds_no_views_but_temporary_ones(void **state)
{
    (void)state;
    struct lake lake = {.has_table = true};
    struct sql_catalog *catalog = open_catalog(&lake);
    struct arena *arena = arena_create(1024);
    struct error error;
    struct sql_name_list names;
    struct sql_name lake_name = {.parts = {"ice", "lake"}, .count = 2};
    struct sql_name trips = {.parts = {"ice", "lake", "trips"}, .count = 3};
    struct sql_name short_trips = {.parts = {"ice", "lake", "short_trips"}, .count = 3};
    assert_int_equal(sql_catalog_add_table(catalog, define_view("short_trips", false), false, &error),
                     STATUS_UNSUPPORTED);
    assert_int_equal(sql_catalog_drop_view(catalog, &short_trips, false, false, &error), STATUS_NOT_FOUND);
    assert_int_equal(sql_catalog_add_table(catalog, define_view("short_trips", true), false, &error),
                     STATUS_OK);
    assert_int_equal(sql_catalog_list_views(catalog, &lake_name, arena, &names, &error), STATUS_OK);
    assert_int_equal(names.count, 1);
    assert_string_equal(names.names[0], "short_trips");
    assert_int_equal(sql_catalog_list_tables(catalog, &lake_name, arena, &names, &error), STATUS_OK);
    assert_int_equal(names.count, 2);
    assert_int_equal(sql_catalog_drop_view(catalog, &trips, false, false, &error), STATUS_NOT_FOUND);
    assert_true(lake.has_table);
    assert_int_equal(sql_catalog_drop_table(catalog, &short_trips, true, false, &error),
                     STATUS_INVALID_ARGUMENT);
    assert_int_equal(sql_catalog_drop_view(catalog, &short_trips, true, false, &error), STATUS_OK);
    arena_free(arena);
    sql_catalog_free(catalog);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(external_tables_are_loaded_each_time),
        cmocka_unit_test(names_are_completed_by_the_current_place),
        cmocka_unit_test(tables_are_created_where_they_belong),
        cmocka_unit_test(an_external_catalog_holds_no_views_but_temporary_ones),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
