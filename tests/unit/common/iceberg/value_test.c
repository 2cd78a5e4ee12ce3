#include "common/iceberg/value.h"

#include "common/columnar/vector.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { ARENA_BYTES = 4096 };

static void assert_bytes(struct bytes_view value, const char *wanted, size_t size)
{
    assert_int_equal(value.size, size);
    assert_memory_equal(value.data, wanted, size);
}

/* Iceberg specification, appendix D, and the values of its Java tests. */
static void values_have_the_specified_bytes(void **state)
{
    (void)state;
    struct arena *arena = arena_create(ARENA_BYTES);
    assert_bytes(iceberg_value_from_boolean(true, arena), "\x01", 1);
    assert_bytes(iceberg_value_from_int(84202, arena), "\xea\x48\x01\x00", 4);
    assert_bytes(iceberg_value_from_long(200, arena), "\xc8\0\0\0\0\0\0\0", 8);
    assert_bytes(iceberg_value_from_float(-4.5f, arena), "\x00\x00\x90\xc0", 4);
    assert_bytes(iceberg_value_from_double(6.0, arena), "\0\0\0\0\0\0\x18\x40", 8);
    assert_bytes(iceberg_value_from_decimal(345, arena), "\x01\x59", 2);
    assert_bytes(iceberg_value_from_decimal(-1, arena), "\xff", 1);
    assert_bytes(iceberg_value_from_decimal(0, arena), "\x00", 1);
    assert_bytes(iceberg_value_from_decimal(128, arena), "\x00\x80", 2);
    assert_bytes(iceberg_value_from_decimal(-128, arena), "\x80", 1);
    assert_bytes(iceberg_value_from_decimal(-129, arena), "\xff\x7f", 2);
    struct bytes_view empty = iceberg_value_from_bytes("", 0, arena);
    assert_non_null(empty.data); /* empty is not null */
    assert_int_equal(empty.size, 0);
    arena_free(arena);
}

static void physical_values_are_taken(void **state)
{
    (void)state;
    struct arena *arena = arena_create(ARENA_BYTES);
    int32_t day = -1;
    int64_t micros = -1;
    struct string_value text = string_value_of("abc", 3);
    assert_bytes(iceberg_value_from_sql(data_type_of(TYPE_DATE), &day, arena), "\xff\xff\xff\xff", 4);
    assert_bytes(iceberg_value_from_sql(data_type_of(TYPE_TIMESTAMP), &micros, arena),
                 "\xff\xff\xff\xff\xff\xff\xff\xff", 8);
    assert_bytes(iceberg_value_from_sql(data_type_of(TYPE_STRING), &text, arena), "abc", 3);
    assert_null(iceberg_value_from_sql(data_type_of(TYPE_STRING), NULL, arena).data);
    arena_free(arena);
}

static void values_are_ordered_by_their_type(void **state)
{
    (void)state;
    struct arena *arena = arena_create(ARENA_BYTES);
    struct iceberg_type type = {.kind = ICEBERG_INT};
    assert_true(
        iceberg_value_compare(type, iceberg_value_from_int(-1, arena), iceberg_value_from_int(1, arena)) < 0);
    type.kind = ICEBERG_DOUBLE;
    assert_true(iceberg_value_compare(type, iceberg_value_from_double(-2, arena),
                                      iceberg_value_from_double(-3, arena)) > 0);
    assert_true(iceberg_value_is_nan(type, iceberg_value_from_double((double)NAN, arena)));
    type = (struct iceberg_type){.kind = ICEBERG_DECIMAL, .precision = 10, .scale = 2};
    assert_true(iceberg_value_compare(type, iceberg_value_from_decimal(-300, arena),
                                      iceberg_value_from_decimal(5, arena)) < 0);
    type.kind = ICEBERG_STRING; /* bytes without sign */
    assert_true(iceberg_value_compare(type, iceberg_value_from_bytes("a", 1, arena),
                                      iceberg_value_from_bytes("\xc3\xa9", 2, arena)) < 0);
    type.kind = ICEBERG_LONG; /* a promoted column's old bound has four bytes */
    assert_int_equal(
        iceberg_value_compare(type, iceberg_value_from_int(-5, arena), iceberg_value_from_long(-5, arena)),
        0);
    arena_free(arena);
}

static void values_are_shown_as_iceberg_does(void **state)
{
    (void)state;
    struct arena *arena = arena_create(ARENA_BYTES);
    const struct {
        struct iceberg_type type;
        struct bytes_view value;
        const char *text;
    } cases[] = {
        {{.kind = ICEBERG_DATE}, iceberg_value_from_int(0, arena), "1970-01-01"},
        {{.kind = ICEBERG_DATE}, iceberg_value_from_int(-1, arena), "1969-12-31"},
        {{.kind = ICEBERG_DATE}, iceberg_value_from_int(19782, arena), "2024-02-29"},
        {{.kind = ICEBERG_DATE}, iceberg_value_from_int(-719162, arena), "0001-01-01"},
        {{.kind = ICEBERG_TIMESTAMP}, iceberg_value_from_long(-1, arena), "1969-12-31T23:59:59.999999"},
        {{.kind = ICEBERG_TIMESTAMPTZ}, iceberg_value_from_long(0, arena), "1970-01-01T00:00:00+00:00"},
        {{.kind = ICEBERG_DECIMAL, .precision = 9, .scale = 2},
         iceberg_value_from_decimal(-5, arena),
         "-0.05"},
        {{.kind = ICEBERG_DECIMAL, .precision = 9, .scale = 0},
         iceberg_value_from_decimal(1200, arena),
         "1200"},
        {{.kind = ICEBERG_BOOLEAN}, iceberg_value_from_boolean(false, arena), "false"},
        {{.kind = ICEBERG_STRING}, {NULL, 0}, "null"},
        {{.kind = ICEBERG_BINARY}, iceberg_value_from_bytes("\x01\xab", 2, arena), "01ab"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct buffer text = {0};
        iceberg_value_format(cases[i].type, cases[i].value, &text);
        assert_string_equal(buffer_text(&text), cases[i].text);
        buffer_free(&text);
    }
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_have_the_specified_bytes),
        cmocka_unit_test(physical_values_are_taken),
        cmocka_unit_test(values_are_ordered_by_their_type),
        cmocka_unit_test(values_are_shown_as_iceberg_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
