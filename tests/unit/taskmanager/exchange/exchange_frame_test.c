#include "taskmanager/exchange/exchange_frame.h"

#include "common/base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct frame_head sample_head(enum frame_kind kind)
{
    return (struct frame_head){
        .kind = kind,
        .number = 0x1122334455667788,
        .channel = {.leader_epoch = 5,
                    .job_id = "0123456789abcdef0123456789abcdef",
                    .attempt = 6,
                    .edge = 7,
                    .from = 8,
                    .to = 9},
        .sender = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        .receiver = "b", /* shorter ones are padded */
    };
}

static struct stream_message *sample_frame(enum frame_kind kind, const char *text)
{
    struct frame_head head = sample_head(kind);
    struct stream_message *message = exchange_frame_create(strlen(text));
    memcpy(stream_message_bytes(message) + FRAME_HEAD_BYTES, text, strlen(text));
    exchange_frame_seal(message, &head);
    return message;
}

static void a_head_comes_back(void **state)
{
    (void)state;
    struct stream_message *message = sample_frame(FRAME_CONSUMER_FAILED, "because");
    struct frame_head head, expected = sample_head(FRAME_CONSUMER_FAILED);
    struct bytes_view payload;
    struct error error;
    assert_int_equal(exchange_frame_open(message, &head, &payload, &error), STATUS_OK);
    assert_int_equal(head.kind, expected.kind);
    assert_int_equal(head.number, expected.number);
    assert_true(channel_key_equal(&head.channel, &expected.channel));
    assert_string_equal(head.sender, expected.sender);
    assert_string_equal(head.receiver, expected.receiver);
    assert_int_equal(payload.size, 7);
    assert_memory_equal(payload.data, "because", 7);
    stream_message_free(message);
}

static struct exchange_element round_trip(const struct exchange_element *element)
{
    struct frame_head head = sample_head(FRAME_BATCH);
    struct stream_message *message = exchange_frame_create_element(element, &head);
    struct bytes_view payload;
    struct error error;
    struct exchange_element read = {0};
    assert_int_equal(exchange_frame_open(message, &head, &payload, &error), STATUS_OK);
    assert_int_equal(exchange_frame_read_element(&head, payload, &read, &error), STATUS_OK);
    assert_int_equal(read.kind, element->kind);
    stream_message_free(message);
    return read;
}

static void elements_come_back(void **state)
{
    (void)state;
    struct exchange_element element = {.kind = ELEMENT_WATERMARK, .watermark_us = WATERMARK_MAX};
    assert_true(round_trip(&element).watermark_us == WATERMARK_MAX);
    element = (struct exchange_element){.kind = ELEMENT_WATERMARK, .watermark_us = -5};
    assert_int_equal(round_trip(&element).watermark_us, -5);
    element = (struct exchange_element){.kind = ELEMENT_STATUS, .is_idle = true};
    assert_true(round_trip(&element).is_idle);
    element.is_idle = false;
    assert_false(round_trip(&element).is_idle);
    element = (struct exchange_element){.kind = ELEMENT_END, .how = INPUT_STOPPED};
    assert_int_equal(round_trip(&element).how, INPUT_STOPPED);
    element = (struct exchange_element){
        .kind = ELEMENT_BARRIER,
        .barrier = {.checkpoint_id = 1, .kind = 3, .durable_id = UINT64_MAX, .trigger_ms = -1}};
    struct exchange_element read = round_trip(&element);
    assert_int_equal(read.barrier.checkpoint_id, 1);
    assert_int_equal(read.barrier.kind, 3);
    assert_true(read.barrier.durable_id == UINT64_MAX);
    assert_int_equal(read.barrier.trigger_ms, -1);
}

static void every_flipped_bit_is_found(void **state)
{
    (void)state;
    struct stream_message *message = sample_frame(FRAME_BATCH, "some rows");
    uint8_t *bytes = stream_message_bytes(message);
    struct frame_head head;
    struct bytes_view payload;
    struct error error;
    for (size_t bit = 0; bit < 8 * stream_message_size(message); bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(exchange_frame_open(message, &head, &payload, &error), STATUS_CORRUPT);
        bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    assert_int_equal(exchange_frame_open(message, &head, &payload, &error), STATUS_OK);
    while (stream_message_size(message) > 0) {
        stream_message_cut(message, stream_message_size(message) - 1);
        assert_int_equal(exchange_frame_open(message, &head, &payload, &error), STATUS_CORRUPT);
    }
    stream_message_free(message);
}

/* The checksum is right, the content is not. */
static void heads_that_do_not_hold_are_refused(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        uint8_t value;
    } faults[] = {
        {8, 2} /* version */, {10, 0} /* kind */, {10, 11} /* kind */,   {11, 2} /* flags */,
        {12, 3} /* size */,   {16, 3} /* size */, {19, 0xFF} /* size */,
    };
    struct frame_head head;
    struct bytes_view payload;
    struct error error;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        struct stream_message *message = sample_frame(FRAME_BATCH, "some rows");
        uint8_t *bytes = stream_message_bytes(message);
        bytes[faults[i].at] = faults[i].value;
        uint32_t crc = hash_crc32c(0, bytes + 8, stream_message_size(message) - 8);
        memcpy(bytes + 4, &crc, sizeof crc);
        assert_int_equal(exchange_frame_open(message, &head, &payload, &error), STATUS_CORRUPT);
        stream_message_free(message);
    }
}

static void payloads_that_do_not_fit_are_refused(void **state)
{
    (void)state;
    static const struct {
        enum frame_kind kind;
        const char *bytes;
        size_t size;
    } payloads[] = {
        {FRAME_WATERMARK, "1234567", 7}, {FRAME_STATUS, "\2", 1},
        {FRAME_STATUS, "", 0},           {FRAME_END, "\2", 1},
        {FRAME_BARRIER, "1234", 4},      {FRAME_BARRIER, "\0\0\0\0\0\0\0\0aaaaaaaaaaaaaaaaaaaa", 28},
    };
    for (size_t i = 0; i < sizeof payloads / sizeof payloads[0]; i++) {
        struct frame_head head = sample_head(payloads[i].kind);
        struct exchange_element element;
        struct error error;
        assert_int_equal(exchange_frame_read_element(
                             &head, (struct bytes_view){(const uint8_t *)payloads[i].bytes, payloads[i].size},
                             &element, &error),
                         STATUS_CORRUPT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_head_comes_back),
        cmocka_unit_test(elements_come_back),
        cmocka_unit_test(every_flipped_bit_is_found),
        cmocka_unit_test(heads_that_do_not_hold_are_refused),
        cmocka_unit_test(payloads_that_do_not_fit_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
