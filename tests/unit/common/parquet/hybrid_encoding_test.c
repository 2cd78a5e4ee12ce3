#include "common/parquet/hybrid_encoding.h"

#include "common/base/random.h"
#include "tests/unit/common/parquet/parquet_parse.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { MAX_VALUES = 3000 };

static void check_round_trip(uint32_t *values, size_t count, unsigned width)
{
    static const size_t slack = 8;
    uint32_t *copy = malloc((count + slack) * sizeof *copy);
    uint32_t *decoded = calloc(count + 1, sizeof *decoded);
    memcpy(copy, values, count * sizeof *copy);
    struct buffer buffer = {0};
    hybrid_encode(copy, count, width, &buffer);
    struct input in = {buffer.data, buffer.data + buffer.size};
    take_hybrid(&in, width, count, decoded);
    assert_ptr_equal(in.at, in.end);
    assert_memory_equal(values, decoded, count * sizeof *values);
    buffer_free(&buffer);
    free(copy);
    free(decoded);
}

static void all_widths_come_back(void **state)
{
    (void)state;
    struct random random;
    random_init(&random, 3);
    uint32_t values[MAX_VALUES];
    for (unsigned width = 1; width <= 32; width++) {
        uint64_t bound = UINT64_C(1) << width;
        for (int round = 0; round < 20; round++) {
            size_t count = 1 + random_below(&random, MAX_VALUES - 1);
            size_t run = 1 + random_below(&random, 40);
            for (size_t i = 0; i < count; i++)
                values[i] = i % run == 0 || round % 2 == 0 || i == 0 ? (uint32_t)random_below(&random, bound)
                                                                     : values[i - 1];
            check_round_trip(values, count, width);
        }
    }
}

static void equal_values_are_one_run(void **state)
{
    (void)state;
    uint32_t values[1008];
    for (size_t i = 0; i < 1000; i++)
        values[i] = 5;
    struct buffer buffer = {0};
    hybrid_encode(values, 1000, 3, &buffer);
    const uint8_t wanted[] = {0xD0, 0x0F, 5}; /* varint 1000 << 1, then the value */
    assert_int_equal(buffer.size, sizeof wanted);
    assert_memory_equal(buffer.data, wanted, sizeof wanted);
    buffer_free(&buffer);
}

static void the_example_of_the_specification(void **state)
{
    (void)state;
    /* "Bit-packed ... numbers 1 through 7 using bit width 3": 10001000 11000110 11111010 */
    uint32_t values[16] = {0, 1, 2, 3, 4, 5, 6, 7};
    struct buffer buffer = {0};
    hybrid_encode(values, 8, 3, &buffer);
    const uint8_t wanted[] = {3, 0x88, 0xC6, 0xFA};
    assert_int_equal(buffer.size, sizeof wanted);
    assert_memory_equal(buffer.data, wanted, sizeof wanted);
    buffer_free(&buffer);
}

static void bitmaps_are_levels(void **state)
{
    (void)state;
    const uint64_t bits[] = {0xF0F0F0F0F0F0F0F1u, 0x5};
    for (size_t count = 1; count <= 70; count++) {
        struct buffer buffer = {0};
        hybrid_encode_bits(bits, count, &buffer);
        struct input in = {buffer.data, buffer.data + buffer.size};
        uint32_t decoded[70];
        take_hybrid(&in, 1, count, decoded);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(decoded[i], bits[i / 64] >> i % 64 & 1);
        buffer_free(&buffer);
    }
}

static void widths(void **state)
{
    (void)state;
    assert_int_equal(hybrid_width(0), 0);
    assert_int_equal(hybrid_width(1), 1);
    assert_int_equal(hybrid_width(255), 8);
    assert_int_equal(hybrid_width(256), 9);
    assert_int_equal(hybrid_width(UINT32_MAX), 32);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_widths_come_back),
        cmocka_unit_test(equal_values_are_one_run),
        cmocka_unit_test(the_example_of_the_specification),
        cmocka_unit_test(bitmaps_are_levels),
        cmocka_unit_test(widths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
