#include "common/base/arena.h"
#include "common/base/buffer.h"
#include "common/base/event_queue.h"
#include "common/base/failpoint.h"
#include "common/base/hash.h"
#include "common/base/memory.h"
#include "common/base/random.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void an_error_keeps_its_code_and_gains_context(void **state)
{
    (void)state;
    struct error error;
    assert_int_equal(error_set(&error, STATUS_UNAVAILABLE, "broker %d", 7), STATUS_UNAVAILABLE);
    assert_true(error.retriable);
    assert_int_equal(error_prefix(&error, "topic %s", "t"), STATUS_UNAVAILABLE);
    assert_string_equal(error.message, "topic t: broker 7");
    assert_int_equal(error_set(&error, STATUS_INTERNAL, "again: %s", error.message), STATUS_INTERNAL);
    assert_string_equal(error.message, "again: topic t: broker 7");
}

static void a_long_message_is_cut_between_characters(void **state)
{
    (void)state;
    char text[ERROR_MESSAGE_BYTES + 8];
    memset(text, 'a', sizeof text);
    memcpy(text + ERROR_MESSAGE_BYTES - 3, "\xE2\x82\xAC", 3); /* a euro sign across the limit */
    text[sizeof text - 1] = '\0';
    struct error error;
    assert_int_equal(error_set(&error, STATUS_INTERNAL, "%s", text), STATUS_INTERNAL);
    assert_int_equal(strlen(error.message), ERROR_MESSAGE_BYTES - 3);
}

static void an_arena_keeps_what_it_gave_until_reset(void **state)
{
    (void)state;
    struct arena *arena = arena_create(128);
    char *first = arena_strdup(arena, "first");
    char *large = arena_alloc(arena, 10000);
    memset(large, 1, 10000);
    char *printed = arena_printf(arena, "%d-%s", 5, first);
    assert_string_equal(first, "first");
    assert_string_equal(printed, "5-first");
    assert_int_equal((uintptr_t)arena_alloc(arena, 1) % 16, 0);
    assert_true(arena_allocated_bytes(arena) >= 10000);
    arena_reset(arena);
    assert_int_equal(arena_allocated_bytes(arena), 128);
    arena_free(arena);
}

static void a_buffer_grows_and_gives_its_content_away(void **state)
{
    (void)state;
    struct buffer buffer = {0};
    for (int i = 0; i < 1000; i++)
        buffer_printf(&buffer, "%d,", i);
    assert_int_equal(strlen(buffer_text(&buffer)), buffer.size);
    size_t size;
    char *text = buffer_take(&buffer, &size);
    assert_memory_equal(text, "0,1,2,", 6);
    assert_int_equal(buffer.size, 0);
    free(text);
}

/* Vectors of RFC 3720, appendix B.4, and of the murmur3 reference implementation. */
static void hashes_match_their_standards(void **state)
{
    (void)state;
    uint8_t zeros[32] = {0};
    assert_int_equal(hash_crc32c(0, zeros, sizeof zeros), 0x8A9136AA);
    assert_int_equal(hash_crc32c(0, "123456789", 9), 0xE3069283);
    assert_int_equal(hash_crc32c(hash_crc32c(0, "1234", 4), "56789", 5), 0xE3069283);
    assert_int_equal(hash_murmur3_32("", 0, 0), 0);
    assert_int_equal(hash_murmur3_32("iceberg", 7, 0), 1210000089);
    assert_int_equal(hash_murmur3_32("\x22\0\0\0\0\0\0\0", 8, 0), 2017239379);
    assert_int_not_equal(hash_bytes("abc", 3), hash_bytes("abd", 3));
}

/* Long runs are summed up in lanes: the sum is that of the same bytes a few at a time. */
static void a_checksum_of_many_bytes_is_that_of_its_pieces(void **state)
{
    (void)state;
    enum { BYTES = 20000 };
    uint8_t *bytes = mem_alloc(BYTES);
    for (size_t i = 0; i < BYTES; i++)
        bytes[i] = (uint8_t)(hash_u64(i) >> 13);
    const size_t sizes[] = {0, 1, 3071, 3072, 3073, 6144, 6150, 9215, BYTES - 3};
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        for (size_t start = 0; start < 3; start++) {
            uint32_t expected = 0x1234;
            for (size_t i = 0; i < sizes[k]; i += 7)
                expected = hash_crc32c(expected, bytes + start + i, sizes[k] - i < 7 ? sizes[k] - i : 7);
            assert_int_equal(hash_crc32c(0x1234, bytes + start, sizes[k]), expected);
        }
    }
    free(bytes);
}

static void the_same_seed_gives_the_same_sequence(void **state)
{
    (void)state;
    struct random a, b;
    random_init(&a, 42);
    random_init(&b, 42);
    for (int i = 0; i < 1000; i++) {
        uint64_t value = random_below(&a, 10);
        assert_true(value < 10);
        assert_int_equal(value, random_below(&b, 10));
    }
    struct uuid uuid = uuid_from_random(&a);
    char text[UUID_TEXT_BYTES];
    uuid_format(&uuid, text);
    assert_int_equal(text[14], '4');
    assert_int_equal(strlen(text), 36);
}

static void failpoints_fire_when_they_are_told_to(void **state)
{
    (void)state;
    struct failpoints *failpoints;
    struct error error;
    assert_int_equal(failpoints_create("a/b=error@2;c=error%3", &failpoints, &error), STATUS_OK);
    assert_int_equal(failpoint(failpoints, "a/b", &error), STATUS_OK);
    assert_int_equal(failpoint(failpoints, "a/b", &error), STATUS_IO);
    assert_non_null(strstr(error.message, "a/b"));
    assert_int_equal(failpoint(failpoints, "a/b", &error), STATUS_OK);
    for (int i = 1; i <= 6; i++)
        assert_int_equal(failpoint(failpoints, "c", &error), i % 3 == 0 ? STATUS_IO : STATUS_OK);
    assert_int_equal(failpoint(NULL, "a/b", &error), STATUS_OK);
    failpoints_free(failpoints);
    assert_int_equal(failpoints_create("a=explode", &failpoints, &error), STATUS_INVALID_ARGUMENT);
    assert_int_equal(failpoints_create("a", &failpoints, &error), STATUS_INVALID_ARGUMENT);
}

static int *mem_event(int value)
{
    return mem_dup(&value, sizeof value);
}

static void *push_many(void *context)
{
    for (int i = 0; i < 1000; i++)
        event_queue_push(context, mem_event(i));
    return NULL;
}

static void a_queue_loses_nothing_between_threads(void **state)
{
    (void)state;
    struct event_queue *queue = event_queue_create(free);
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, push_many, queue);
    long sum = 0;
    for (int i = 0; i < 2000; i++) {
        int *event = event_queue_pop(queue, -1);
        sum += *event;
        free(event);
    }
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(sum, 2 * 999 * 1000 / 2);
    assert_null(event_queue_pop(queue, 0));
    event_queue_wake(queue);
    assert_null(event_queue_pop(queue, -1));
    event_queue_close(queue);
    assert_false(event_queue_push(queue, mem_event(1)));
    event_queue_free(queue);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_keeps_its_code_and_gains_context),
        cmocka_unit_test(a_long_message_is_cut_between_characters),
        cmocka_unit_test(an_arena_keeps_what_it_gave_until_reset),
        cmocka_unit_test(a_buffer_grows_and_gives_its_content_away),
        cmocka_unit_test(hashes_match_their_standards),
        cmocka_unit_test(a_checksum_of_many_bytes_is_that_of_its_pieces),
        cmocka_unit_test(the_same_seed_gives_the_same_sequence),
        cmocka_unit_test(failpoints_fire_when_they_are_told_to),
        cmocka_unit_test(a_queue_loses_nothing_between_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
