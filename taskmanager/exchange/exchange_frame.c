#include "taskmanager/exchange/exchange_frame.h"

#include "common/base/check.h"
#include "common/base/hash.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are written as they lie in memory");

enum {
    FRAME_MAGIC = 0x585A5246, /* "FRZX" */
    AT_CHECKSUM = 4,
    AT_CHECKED = 8,
    AT_VERSION = 8,
    AT_KIND = 10,
    AT_FLAGS = 11,
    AT_PAYLOAD_BYTES = 12,
    AT_UNPACKED_BYTES = 16,
    AT_NUMBER = 20,
    AT_EPOCH = 28,
    AT_ATTEMPT = 36,
    AT_EDGE = 40,
    AT_FROM = 44,
    AT_TO = 48,
    AT_JOB = 52,
    AT_SENDER = 84,
    AT_RECEIVER = 116,
    ID_BYTES = EXCHANGE_ID_BYTES - 1,
    BARRIER_BYTES = 28,
};

static void put_u16(uint8_t *target, uint16_t value)
{
    memcpy(target, &value, sizeof value);
}

static void put_u32(uint8_t *target, uint32_t value)
{
    memcpy(target, &value, sizeof value);
}

static void put_u64(uint8_t *target, uint64_t value)
{
    memcpy(target, &value, sizeof value);
}

static void put_id(uint8_t *target, const char *id)
{
    size_t size = strlen(id);
    CHECK(size <= ID_BYTES);
    memset(target, 0, ID_BYTES);
    memcpy(target, id, size);
}

static uint16_t get_u16(const uint8_t *bytes)
{
    uint16_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static uint32_t get_u32(const uint8_t *bytes)
{
    uint32_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static uint64_t get_u64(const uint8_t *bytes)
{
    uint64_t value;
    memcpy(&value, bytes, sizeof value);
    return value;
}

static void get_id(const uint8_t *bytes, char ret_id[EXCHANGE_ID_BYTES])
{
    memcpy(ret_id, bytes, ID_BYTES);
    ret_id[ID_BYTES] = '\0';
}

struct stream_message *exchange_frame_create(size_t payload_bytes)
{
    return stream_message_create(FRAME_HEAD_BYTES + payload_bytes);
}

void exchange_frame_seal(struct stream_message *message, struct frame_head *head)
{
    uint8_t *bytes = stream_message_bytes(message);
    size_t size = stream_message_size(message);
    head->payload_bytes = (uint32_t)(size - FRAME_HEAD_BYTES);
    if ((head->flags & FRAME_IS_LZ4) == 0)
        head->unpacked_bytes = head->payload_bytes;
    put_u32(bytes, FRAME_MAGIC);
    put_u16(bytes + AT_VERSION, FRAME_VERSION);
    bytes[AT_KIND] = (uint8_t)head->kind;
    bytes[AT_FLAGS] = head->flags;
    put_u32(bytes + AT_PAYLOAD_BYTES, head->payload_bytes);
    put_u32(bytes + AT_UNPACKED_BYTES, head->unpacked_bytes);
    put_u64(bytes + AT_NUMBER, head->number);
    put_u64(bytes + AT_EPOCH, head->channel.leader_epoch);
    put_u32(bytes + AT_ATTEMPT, head->channel.attempt);
    put_u32(bytes + AT_EDGE, head->channel.edge);
    put_u32(bytes + AT_FROM, head->channel.from);
    put_u32(bytes + AT_TO, head->channel.to);
    put_id(bytes + AT_JOB, head->channel.job_id);
    put_id(bytes + AT_SENDER, head->sender);
    put_id(bytes + AT_RECEIVER, head->receiver);
    put_u32(bytes + AT_CHECKSUM, hash_crc32c(0, bytes + AT_CHECKED, size - AT_CHECKED));
}

enum status exchange_frame_open(struct stream_message *message, struct frame_head *ret_head,
                                struct bytes_view *ret_payload, struct error *error)
{
    const uint8_t *bytes = stream_message_bytes(message);
    size_t size = stream_message_size(message);
    if (size < FRAME_HEAD_BYTES || get_u32(bytes) != FRAME_MAGIC)
        return error_set(error, STATUS_CORRUPT, "message of %zu bytes is no frame", size);
    if (get_u32(bytes + AT_CHECKSUM) != hash_crc32c(0, bytes + AT_CHECKED, size - AT_CHECKED))
        return error_set(error, STATUS_CORRUPT, "frame of %zu bytes with a wrong checksum", size);
    if (get_u16(bytes + AT_VERSION) != FRAME_VERSION)
        return error_set(error, STATUS_CORRUPT, "frame of version %u, not %d", get_u16(bytes + AT_VERSION),
                         FRAME_VERSION);
    struct frame_head head = {
        .kind = (enum frame_kind)bytes[AT_KIND],
        .flags = bytes[AT_FLAGS],
        .payload_bytes = get_u32(bytes + AT_PAYLOAD_BYTES),
        .unpacked_bytes = get_u32(bytes + AT_UNPACKED_BYTES),
        .number = get_u64(bytes + AT_NUMBER),
        .channel = {.leader_epoch = get_u64(bytes + AT_EPOCH),
                    .attempt = get_u32(bytes + AT_ATTEMPT),
                    .edge = get_u32(bytes + AT_EDGE),
                    .from = get_u32(bytes + AT_FROM),
                    .to = get_u32(bytes + AT_TO)},
    };
    bool is_packed = (head.flags & FRAME_IS_LZ4) != 0;
    if (head.payload_bytes != size - FRAME_HEAD_BYTES || head.kind < FRAME_HEARTBEAT ||
        head.kind > FRAME_END || (head.flags & ~FRAME_IS_LZ4) != 0 ||
        (is_packed && head.kind != FRAME_BATCH) || head.unpacked_bytes > TRANSPORT_MAX_MESSAGE_BYTES ||
        (!is_packed && head.unpacked_bytes != head.payload_bytes))
        return error_set(error, STATUS_CORRUPT, "frame of kind %d whose head does not hold together",
                         bytes[AT_KIND]);
    get_id(bytes + AT_JOB, head.channel.job_id);
    get_id(bytes + AT_SENDER, head.sender);
    get_id(bytes + AT_RECEIVER, head.receiver);
    *ret_head = head;
    *ret_payload = (struct bytes_view){bytes + FRAME_HEAD_BYTES, head.payload_bytes};
    return STATUS_OK;
}

/* The kinds of elements follow each other as those of frames do. */
static enum frame_kind kind_of(enum element_kind kind)
{
    return (enum frame_kind)(FRAME_BATCH + (int)kind);
}

static size_t element_bytes(enum element_kind kind)
{
    switch (kind) {
    case ELEMENT_WATERMARK: return sizeof(int64_t);
    case ELEMENT_BARRIER: return BARRIER_BYTES;
    case ELEMENT_STATUS:
    case ELEMENT_END: return 1;
    case ELEMENT_BATCH: break;
    }
    CHECK(false);
    return 0;
}

struct stream_message *exchange_frame_create_element(const struct exchange_element *element,
                                                     struct frame_head *head)
{
    struct stream_message *message = exchange_frame_create(element_bytes(element->kind));
    uint8_t *target = stream_message_bytes(message) + FRAME_HEAD_BYTES;
    switch (element->kind) {
    case ELEMENT_WATERMARK: put_u64(target, (uint64_t)element->watermark_us); break;
    case ELEMENT_STATUS: *target = element->is_idle; break;
    case ELEMENT_BARRIER:
        put_u64(target, element->barrier.checkpoint_id);
        put_u64(target + 8, element->barrier.durable_id);
        put_u64(target + 16, (uint64_t)element->barrier.trigger_ms);
        put_u32(target + 24, element->barrier.kind);
        break;
    case ELEMENT_END: *target = (uint8_t)element->how; break;
    case ELEMENT_BATCH: break;
    }
    head->kind = kind_of(element->kind);
    head->flags = 0;
    exchange_frame_seal(message, head);
    return message;
}

enum status exchange_frame_read_element(const struct frame_head *head, struct bytes_view payload,
                                        struct exchange_element *ret_element, struct error *error)
{
    struct exchange_element element = {.kind = (enum element_kind)(head->kind - FRAME_BATCH),
                                       .bytes = FRAME_HEAD_BYTES + payload.size};
    if (head->flags & FRAME_IS_LZ4)
        element.unpacked_bytes = head->unpacked_bytes;
    CHECK(head->kind >= FRAME_BATCH && head->kind <= FRAME_END);
    bool holds = element.kind == ELEMENT_BATCH || payload.size == element_bytes(element.kind);
    if (holds && element.kind == ELEMENT_WATERMARK) {
        element.watermark_us = (int64_t)get_u64(payload.data);
    } else if (holds && element.kind == ELEMENT_STATUS) {
        holds = payload.data[0] <= 1;
        element.is_idle = payload.data[0] == 1;
    } else if (holds && element.kind == ELEMENT_END) {
        holds = payload.data[0] <= INPUT_STOPPED;
        element.how = payload.data[0] == INPUT_STOPPED ? INPUT_STOPPED : INPUT_FINISHED;
    } else if (holds && element.kind == ELEMENT_BARRIER) {
        element.barrier = (struct exchange_barrier){
            .checkpoint_id = get_u64(payload.data),
            .durable_id = get_u64(payload.data + 8),
            .trigger_ms = (int64_t)get_u64(payload.data + 16),
            .kind = get_u32(payload.data + 24),
        };
        holds = element.barrier.checkpoint_id > 0;
    }
    if (!holds)
        return error_set(error, STATUS_CORRUPT, "element of kind %d in a frame of %zu bytes does not hold",
                         (int)element.kind, payload.size);
    *ret_element = element;
    return STATUS_OK;
}
