#pragma once

#include "common/base/arena.h"
#include "common/rpc/messages.h"
#include "proto/barrier.pb-c.h"
#include "proto/error.pb-c.h"
#include "proto/heartbeat.pb-c.h"
#include "proto/task_deployment.pb-c.h"

/* Packing of one message with what it shares with others; wire structs point into the message and into arena.
 */
void rpc_pack(const ProtobufCMessage *message, struct buffer *buffer);
/* Everything unpacked lives in arena. NULL when the bytes do not parse. */
void *rpc_unpack(const ProtobufCMessageDescriptor *descriptor, struct bytes_view bytes, struct arena *arena);
enum status rpc_corrupt(const char *message_name, struct error *error);

Frazil__TaskId *rpc_task_id_to_wire(const struct rpc_task_id *task, struct arena *arena);
/* Refuses ids that are missing or not of their form. */
STATUS_MUST_CHECK enum status rpc_task_id_from_wire(const Frazil__TaskId *wire, struct rpc_task_id *ret_task,
                                                    struct error *error);
Frazil__Error *rpc_error_to_wire(const struct error *message, struct arena *arena);
struct error rpc_error_from_wire(const Frazil__Error *wire);
ProtobufCBinaryData rpc_bytes_to_wire(struct bytes_view bytes);
struct bytes_view rpc_bytes_from_wire(ProtobufCBinaryData bytes);
