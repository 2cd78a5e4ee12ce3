#pragma once

#include "common/base/buffer.h"
#include "common/transport/stream_transport.h"
#include "taskmanager/exchange/channel_key.h"
#include "taskmanager/exchange/exchange_element.h"

/*
 * What travels between two taskmanagers: a head of FRAME_HEAD_BYTES, little endian, then the payload.
 *
 *   0 u32 magic, 4 u32 CRC-32C of all that follows, 8 u16 version, 10 u8 kind, 11 u8 flags,
 *   12 u32 payload bytes, 16 u32 payload bytes before compression,
 *   20 u64 number, 28 u64 leader epoch, 36 u32 attempt, 40 u32 edge, 44 u32 from, 48 u32 to,
 *   52 job, 84 sender, 116 receiver: ids of up to 32 bytes, padded with zeros
 *
 * sender and receiver are incarnations of taskmanagers.
 */
enum { FRAME_HEAD_BYTES = 148, FRAME_VERSION = 1, FRAME_ADDRESS_BYTES = TRANSPORT_ADDRESS_BYTES };

enum frame_kind {
    FRAME_HEARTBEAT = 1,   /* no channel's; number 1: the sender has channels with the receiver; payload: its
                              address */
    FRAME_ANNOUNCEMENT,    /* producer: number elements were sent */
    FRAME_CREDIT,          /* consumer: elements up to number may be sent */
    FRAME_PRODUCER_FAILED, /* payload: the reason */
    FRAME_CONSUMER_FAILED,
    /* Elements; number is theirs. */
    FRAME_BATCH,     /* payload: batch_codec.h */
    FRAME_WATERMARK, /* i64 */
    FRAME_STATUS,    /* u8 idle */
    FRAME_BARRIER,   /* u64 checkpoint, u64 durable, i64 trigger_ms, u32 kind */
    FRAME_END,       /* u8 enum end_of_input */
};

enum frame_flag { FRAME_IS_LZ4 = 1 };

struct frame_head {
    enum frame_kind kind;
    uint8_t flags;
    uint32_t payload_bytes;
    uint32_t unpacked_bytes;
    uint64_t number;
    struct channel_key channel;
    char sender[EXCHANGE_ID_BYTES];
    char receiver[EXCHANGE_ID_BYTES];
};

/* A message with room for the payload behind the head. */
struct stream_message *exchange_frame_create(size_t payload_bytes);
/* Writes the head, whose sizes it fills in, in front of the payload that is in message, and the checksum. */
void exchange_frame_seal(struct stream_message *message, struct frame_head *head);
/* Verifies all of it but the payload's content. */
STATUS_MUST_CHECK enum status exchange_frame_open(struct stream_message *message, struct frame_head *ret_head,
                                                  struct bytes_view *ret_payload, struct error *error);

/* A frame of an element that is no batch; head has everything but its kind. */
struct stream_message *exchange_frame_create_element(const struct exchange_element *element,
                                                     struct frame_head *head);
/* The element, but for its batch: a payload that does not fit its kind is STATUS_CORRUPT. */
STATUS_MUST_CHECK enum status exchange_frame_read_element(const struct frame_head *head,
                                                          struct bytes_view payload,
                                                          struct exchange_element *ret_element,
                                                          struct error *error);
