#include "common/iceberg/schema.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

enum { ARENA_BYTES = 4096 };

static struct schema *columns_of(uint32_t count, const char *const *names, const struct data_type *types)
{
    struct schema *columns = schema_create(count);
    for (uint32_t i = 0; i < count; i++)
        schema_set_field(columns, i, names[i], types[i]);
    return columns;
}

static void every_sql_type_has_its_iceberg_type(void **state)
{
    (void)state;
    const struct {
        struct data_type sql;
        const char *iceberg;
    } cases[] = {
        {data_type_of(TYPE_BOOLEAN), "boolean"},
        {data_type_of(TYPE_INT), "int"},
        {data_type_of(TYPE_BIGINT), "long"},
        {data_type_of(TYPE_FLOAT), "float"},
        {data_type_of(TYPE_DOUBLE), "double"},
        {data_type_decimal(12, 2), "decimal(12, 2)"},
        {data_type_of(TYPE_STRING), "string"},
        {data_type_of(TYPE_BYTES), "binary"},
        {data_type_of(TYPE_DATE), "date"},
        {data_type_timestamp(TYPE_TIMESTAMP, 6), "timestamp"},
        {data_type_timestamp(TYPE_TIMESTAMP_LTZ, 6), "timestamptz"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error;
        struct iceberg_type type;
        struct data_type back;
        struct buffer text = {0};
        assert_int_equal(iceberg_type_from_sql(cases[i].sql, &type, &error), STATUS_OK);
        iceberg_type_format(type, &text);
        assert_string_equal(buffer_text(&text), cases[i].iceberg);
        assert_int_equal(iceberg_type_to_sql(type, &back, &error), STATUS_OK);
        assert_true(data_type_equal(back, cases[i].sql));
        buffer_free(&text);
    }
    struct error error;
    struct iceberg_type type;
    assert_int_equal(iceberg_type_from_sql(data_type_of(TYPE_NULL), &type, &error), STATUS_UNSUPPORTED);
}

static void a_new_schema_numbers_its_columns(void **state)
{
    (void)state;
    struct error error;
    struct arena *arena = arena_create(ARENA_BYTES);
    struct iceberg_schema *schema;
    const char *const names[] = {"id", "name"};
    const struct data_type types[] = {data_type_of(TYPE_BIGINT), data_type_of(TYPE_STRING)};
    const char *const keys[] = {"id"};
    struct schema *columns = columns_of(2, names, types);
    assert_int_equal(iceberg_schema_from_sql(columns, keys, 1, arena, &schema, &error), STATUS_OK);
    assert_int_equal(schema->fields[1].id, 2);
    assert_true(schema->fields[0].required); /* by the key */
    assert_false(schema->fields[1].required);
    json_t *json = iceberg_schema_to_json(schema);
    char *text = json_dumps(json, JSON_COMPACT);
    assert_string_equal(text, "{\"type\":\"struct\",\"schema-id\":0,\"fields\":["
                              "{\"id\":1,\"name\":\"id\",\"required\":true,\"type\":\"long\"},"
                              "{\"id\":2,\"name\":\"name\",\"required\":false,\"type\":\"string\"}],"
                              "\"identifier-field-ids\":[1]}");
    free(text);
    json_decref(json);
    const char *const unknown[] = {"other"};
    assert_int_equal(iceberg_schema_from_sql(columns, unknown, 1, arena, &schema, &error),
                     STATUS_INVALID_ARGUMENT);
    schema_unref(columns);
    arena_free(arena);
}

static const char TABLE[] =
    "{\"type\":\"struct\",\"schema-id\":3,\"fields\":["
    "{\"id\":7,\"name\":\"id\",\"required\":true,\"type\":\"long\"},"
    "{\"id\":2,\"name\":\"Name\",\"required\":false,\"type\":\"string\",\"doc\":\"who\"},"
    "{\"id\":9,\"name\":\"price\",\"required\":false,\"type\":\"decimal(10,2)\"},"
    "{\"id\":11,\"name\":\"tags\",\"required\":false,\"type\":{\"type\":\"list\",\"element-id\":12,"
    "\"element\":\"string\",\"element-required\":false}}]}";

static struct iceberg_schema *parse(const char *text, struct arena *arena)
{
    struct error error;
    struct iceberg_schema *schema;
    json_t *json = json_loads(text, 0, NULL);
    assert_non_null(json);
    assert_int_equal(iceberg_schema_parse(json, arena, &schema, &error), STATUS_OK);
    json_decref(json);
    return schema;
}

static void columns_are_matched_by_name_with_the_tables_ids(void **state)
{
    (void)state;
    struct error error;
    struct arena *arena = arena_create(ARENA_BYTES);
    struct iceberg_schema *table = parse(TABLE, arena);
    struct schema *matched;
    const char *const names[] = {"name", "id"};
    /* INT into long is taken; optional columns that are not written stay null. */
    const struct data_type types[] = {data_type_of(TYPE_STRING), data_type_not_null(data_type_of(TYPE_INT))};
    struct schema *columns = columns_of(2, names, types);
    assert_int_equal(iceberg_schema_match(table, columns, &matched, &error), STATUS_OK);
    assert_int_equal(matched->fields[0].field_id, 2);
    assert_string_equal(matched->fields[0].name, "Name");
    assert_int_equal(matched->fields[1].field_id, 7);
    assert_int_equal(matched->fields[1].type.kind, TYPE_INT);
    schema_unref(matched);
    schema_unref(columns);
    assert_non_null(strstr(table->text, "\"doc\":\"who\"")); /* what is not understood is kept */
    struct schema *sql = iceberg_schema_to_sql(table);
    assert_int_equal(sql->num_fields, 3); /* without the list */
    assert_false(sql->fields[0].type.nullable);
    schema_unref(sql);
    arena_free(arena);
}

static void columns_that_do_not_match_are_named(void **state)
{
    (void)state;
    const struct data_type id = data_type_not_null(data_type_of(TYPE_BIGINT));
    const struct {
        const char *names[2];
        struct data_type types[2];
        const char *message;
    } cases[] = {
        {{"id", "prise"}, {id, data_type_decimal(10, 2)}, "no column 'prise'"},
        {{"id", "price"}, {id, data_type_of(TYPE_DOUBLE)}, "column 'price' is DOUBLE"},
        {{"id", "price"}, {id, data_type_decimal(12, 2)}, "decimal(10, 2)"},
        {{"id", "price"}, {id, data_type_decimal(8, 3)}, "CAST"},
        {{"id", "name"}, {data_type_of(TYPE_BIGINT), data_type_of(TYPE_STRING)}, "NOT NULL"},
        {{"name", "price"},
         {data_type_of(TYPE_STRING), data_type_decimal(10, 2)},
         "requires a value for column 'id'"},
        {{"name", "Name"}, {data_type_of(TYPE_STRING), data_type_of(TYPE_STRING)}, "'id'"},
    };
    struct arena *arena = arena_create(ARENA_BYTES);
    struct iceberg_schema *table = parse(TABLE, arena);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error;
        struct schema *matched;
        struct schema *columns = columns_of(2, cases[i].names, cases[i].types);
        assert_int_equal(iceberg_schema_match(table, columns, &matched, &error), STATUS_INVALID_ARGUMENT);
        if (strstr(error.message, cases[i].message) == NULL)
            fail_msg("'%s' lacks '%s'", error.message, cases[i].message);
        schema_unref(columns);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sql_type_has_its_iceberg_type),
        cmocka_unit_test(a_new_schema_numbers_its_columns),
        cmocka_unit_test(columns_are_matched_by_name_with_the_tables_ids),
        cmocka_unit_test(columns_that_do_not_match_are_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
