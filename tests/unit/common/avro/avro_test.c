#include "common/avro/avro.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ARENA_BYTES = 4096, VALUES = 5000 };

static const char SCHEMA[] =
    "{\"type\":\"record\",\"name\":\"r\",\"fields\":["
    "{\"name\":\"id\",\"type\":\"long\",\"field-id\":1},"
    "{\"name\":\"name\",\"type\":[\"null\",\"string\"],\"default\":null,\"field-id\":2},"
    "{\"name\":\"flags\",\"type\":{\"type\":\"array\",\"items\":\"int\",\"element-id\":4},\"field-id\":3},"
    "{\"name\":\"amount\",\"type\":{\"type\":\"fixed\",\"name\":\"f\",\"size\":2,\"logicalType\":\"decimal\","
    "\"precision\":4,\"scale\":0},\"field-id\":5},"
    "{\"name\":\"ratio\",\"type\":\"double\"},{\"name\":\"ok\",\"type\":\"boolean\"}]}";

static struct avro_value make_value(struct arena *arena, int64_t id)
{
    struct avro_value value = avro_record(arena, 6);
    value.children[0] = avro_long(id);
    if (id % 2 == 0)
        value.children[1] = avro_string("even");
    value.children[2] = avro_array(arena, (uint32_t)(id % 3));
    for (uint32_t i = 0; i < value.children[2].count; i++)
        value.children[2].children[i] = avro_int(-(int32_t)i);
    value.children[3] = avro_fixed("\x01\x02", 2);
    value.children[4] = avro_double((double)id / 4);
    value.children[5] = avro_boolean(id % 5 == 0);
    return value;
}

static void write_file(enum avro_codec codec, struct buffer *file)
{
    struct error error;
    struct avro_writer *writer;
    const struct avro_metadata metadata[] = {{"answer", {(const uint8_t *)"42", 2}}};
    struct arena *arena = arena_create(ARENA_BYTES);
    assert_int_equal(avro_writer_create(SCHEMA, metadata, 1, codec, &writer, &error), STATUS_OK);
    for (int64_t i = 0; i < VALUES; i++) {
        struct avro_value value = make_value(arena, i);
        assert_int_equal(avro_writer_append(writer, &value, &error), STATUS_OK);
    }
    assert_int_equal(avro_writer_finish(writer, file, &error), STATUS_OK);
    avro_writer_free(writer);
    arena_free(arena);
}

static void check_file(const struct buffer *file)
{
    struct error error;
    struct avro_reader *reader;
    struct arena *arena = arena_create(ARENA_BYTES);
    struct avro_value value;
    assert_int_equal(avro_reader_create(buffer_view(file), &reader, &error), STATUS_OK);
    assert_memory_equal(avro_reader_metadata(reader, "answer").data, "42", 2);
    assert_null(avro_reader_metadata(reader, "question").data);
    const struct avro_schema *schema = avro_reader_schema(reader);
    assert_int_equal(avro_schema_field_by_id(schema, 3), 2);
    assert_int_equal(avro_schema_field_by_name(schema, "ok"), 5);
    assert_int_equal(schema->fields[2].schema->element_id, 4);
    assert_string_equal(schema->fields[3].schema->logical_type, "decimal");
    assert_int_equal(avro_schema_not_null(schema->fields[1].schema)->type, AVRO_STRING);
    for (int64_t i = 0; i < VALUES; i++) {
        assert_int_equal(avro_reader_next(reader, arena, &value, &error), STATUS_OK);
        assert_int_equal(value.children[0].integer, i);
        assert_int_equal(value.children[1].type, i % 2 == 0 ? AVRO_STRING : AVRO_NULL);
        assert_int_equal(value.children[2].count, i % 3);
        if (i % 3 == 2)
            assert_int_equal(value.children[2].children[1].integer, -1);
        assert_true(value.children[4].real == (double)i / 4);
        assert_true(value.children[5].boolean == (i % 5 == 0));
    }
    assert_int_equal(avro_reader_next(reader, arena, &value, &error), STATUS_NOT_FOUND);
    avro_reader_free(reader);
    arena_free(arena);
}

static void a_file_is_read_back(void **state)
{
    (void)state;
    struct buffer plain = {0};
    struct buffer packed = {0};
    write_file(AVRO_CODEC_NULL, &plain);
    write_file(AVRO_CODEC_DEFLATE, &packed);
    check_file(&plain);
    check_file(&packed);
    assert_true(packed.size < plain.size / 2);
    buffer_free(&plain);
    buffer_free(&packed);
}

/* Reads to the end or the first error. */
static enum status read_all(struct bytes_view bytes)
{
    struct error error;
    struct avro_reader *reader;
    struct avro_value value;
    enum status status = avro_reader_create(bytes, &reader, &error);
    if (status != STATUS_OK)
        return status;
    struct arena *arena = arena_create(ARENA_BYTES);
    do
        status = avro_reader_next(reader, arena, &value, &error);
    while (status == STATUS_OK);
    avro_reader_free(reader);
    arena_free(arena);
    return status;
}

static void every_truncation_and_a_flipped_marker_are_found(void **state)
{
    (void)state;
    struct buffer file = {0};
    write_file(AVRO_CODEC_DEFLATE, &file);
    for (size_t size = 0; size < file.size; size += size < 2000 ? 1 : 97) {
        enum status status = read_all((struct bytes_view){file.data, size});
        /* Cut right behind the header it is an empty file. */
        assert_true(status == STATUS_CORRUPT || status == STATUS_NOT_FOUND ||
                    status == STATUS_INVALID_ARGUMENT);
        if (status == STATUS_NOT_FOUND)
            assert_true(size < 2000);
    }
    file.data[file.size - 1] ^= 1;
    assert_int_equal(read_all(buffer_view(&file)), STATUS_CORRUPT);
    buffer_free(&file);
}

static void values_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    struct error error;
    struct buffer bytes = {0};
    const struct avro_schema *schema;
    struct arena *arena = arena_create(ARENA_BYTES);
    assert_int_equal(avro_schema_parse(SCHEMA, strlen(SCHEMA), arena, &schema, &error), STATUS_OK);
    struct avro_value value = make_value(arena, 0);
    value.children[0] = avro_string("no number");
    assert_int_equal(avro_encode(schema, &value, &bytes, &error), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "field id"));
    buffer_free(&bytes);
    arena_free(arena);
}

static void numbers_have_avros_bytes(void **state)
{
    (void)state;
    static const struct {
        int64_t value;
        const char *bytes;
        size_t size;
    } cases[] = {
        {0, "\x00", 1},
        {-1, "\x01", 1},
        {1, "\x02", 1},
        {64, "\x80\x01", 2},
        {-64, "\x7f", 1},
        {-65, "\x81\x01", 2},
        {INT64_MIN, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10},
    };
    struct arena *arena = arena_create(ARENA_BYTES);
    struct error error;
    const struct avro_schema *schema;
    assert_int_equal(avro_schema_parse("\"long\"", 6, arena, &schema, &error), STATUS_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buffer bytes = {0};
        struct avro_value value = avro_long(cases[i].value);
        assert_int_equal(avro_encode(schema, &value, &bytes, &error), STATUS_OK);
        assert_int_equal(bytes.size, cases[i].size);
        assert_memory_equal(bytes.data, cases[i].bytes, bytes.size);
        struct bytes_view rest = buffer_view(&bytes);
        assert_int_equal(avro_decode(schema, &rest, arena, &value, &error), STATUS_OK);
        assert_true(value.integer == cases[i].value);
        assert_int_equal(rest.size, 0);
        buffer_free(&bytes);
    }
    struct bytes_view endless = {(const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11};
    struct avro_value value;
    assert_int_equal(avro_decode(schema, &endless, arena, &value, &error), STATUS_CORRUPT);
    arena_free(arena);
}

static void broken_schemas_are_refused(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "",
        "{",
        "\"integer\"",
        "[]",
        "{\"type\":\"record\",\"name\":\"r\"}",
        "{\"type\":\"record\",\"name\":\"r\",\"fields\":[{\"name\":\"self\",\"type\":\"r\"}]}",
        "{\"type\":\"fixed\",\"name\":\"f\",\"size\":-1}",
        "{\"type\":\"array\"}",
        "[[\"null\"]]",
    };
    struct arena *arena = arena_create(ARENA_BYTES);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct error error;
        const struct avro_schema *schema;
        assert_int_equal(avro_schema_parse(cases[i], strlen(cases[i]), arena, &schema, &error),
                         STATUS_INVALID_ARGUMENT);
    }
    arena_free(arena);
}

static void a_count_of_items_cannot_ask_for_all_memory(void **state)
{
    (void)state;
    static const char NULLS[] = "{\"type\":\"array\",\"items\":\"null\"}";
    struct arena *arena = arena_create(ARENA_BYTES);
    struct error error;
    const struct avro_schema *schema;
    struct avro_value value;
    assert_int_equal(avro_schema_parse(NULLS, strlen(NULLS), arena, &schema, &error), STATUS_OK);
    struct bytes_view bytes = {(const uint8_t *)"\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01\x00", 11};
    assert_int_equal(avro_decode(schema, &bytes, arena, &value, &error), STATUS_CORRUPT);
    assert_true(arena_allocated_bytes(arena) < 1 << 20);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_read_back),
        cmocka_unit_test(every_truncation_and_a_flipped_marker_are_found),
        cmocka_unit_test(values_that_do_not_fit_are_refused),
        cmocka_unit_test(numbers_have_avros_bytes),
        cmocka_unit_test(broken_schemas_are_refused),
        cmocka_unit_test(a_count_of_items_cannot_ask_for_all_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
