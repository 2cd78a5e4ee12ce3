#include "common/base/check.h"
#include "common/rpc/rpc_internal.h"

#include <stdio.h>
#include <string.h>

enum { RPC_ID_HEX_DIGITS = 32 };

void rpc_pack(const ProtobufCMessage *message, struct buffer *buffer)
{
    size_t size = protobuf_c_message_get_packed_size(message);
    buffer_reserve(buffer, size);
    buffer->size += protobuf_c_message_pack(message, buffer->data + buffer->size);
}

static void *allocate_in_arena(void *arena, size_t size)
{
    return arena_alloc(arena, size);
}

static void free_with_arena(void *arena, void *block)
{
    (void)arena;
    (void)block;
}

void *rpc_unpack(const ProtobufCMessageDescriptor *descriptor, struct bytes_view bytes, struct arena *arena)
{
    ProtobufCAllocator allocator = {allocate_in_arena, free_with_arena, arena};
    return protobuf_c_message_unpack(descriptor, &allocator, bytes.size, bytes.data);
}

enum status rpc_corrupt(const char *message_name, struct error *error)
{
    return error_set(error, STATUS_CORRUPT, "%s message does not parse", message_name);
}

Frazil__TaskId *rpc_task_id_to_wire(const struct rpc_task_id *task, struct arena *arena)
{
    Frazil__TaskId *wire = arena_alloc(arena, sizeof *wire);
    frazil__task_id__init(wire);
    wire->leader_epoch = task->leader_epoch;
    wire->job_id = (char *)task->job_id; /* protobuf-c has no const; packing only reads */
    wire->attempt = task->attempt;
    wire->vertex_id = (char *)task->vertex_id;
    wire->subtask = task->subtask;
    wire->taskmanager_id = (char *)task->taskmanager_id;
    return wire;
}

static bool is_hex_id(const char *text)
{
    return strspn(text, "0123456789abcdef") == RPC_ID_HEX_DIGITS && text[RPC_ID_HEX_DIGITS] == '\0';
}

enum status rpc_task_id_from_wire(const Frazil__TaskId *wire, struct rpc_task_id *ret_task,
                                  struct error *error)
{
    if (wire == NULL || !is_hex_id(wire->job_id) || !is_hex_id(wire->vertex_id) ||
        !is_hex_id(wire->taskmanager_id))
        return error_set(error, STATUS_CORRUPT, "message without a valid task identity");
    *ret_task = (struct rpc_task_id){
        .leader_epoch = wire->leader_epoch,
        .job_id = wire->job_id,
        .attempt = wire->attempt,
        .vertex_id = wire->vertex_id,
        .subtask = wire->subtask,
        .taskmanager_id = wire->taskmanager_id,
    };
    return STATUS_OK;
}

Frazil__Error *rpc_error_to_wire(const struct error *message, struct arena *arena)
{
    if (message->code == STATUS_OK)
        return NULL;
    Frazil__Error *wire = arena_alloc(arena, sizeof *wire);
    frazil__error__init(wire);
    wire->code = message->code;
    wire->domain = message->domain;
    wire->retriable = message->retriable;
    wire->fatal = message->fatal;
    wire->line = message->line;
    wire->column = message->column;
    wire->subtask = message->subtask;
    wire->operator_name = (char *)message->operator_name;
    wire->message = (char *)message->message;
    return wire;
}

struct error rpc_error_from_wire(const Frazil__Error *wire)
{
    struct error result;
    error_clear(&result);
    if (wire == NULL || wire->code == STATUS_OK)
        return result;
    enum status code = wire->code <= STATUS_INTERNAL ? (enum status)wire->code : STATUS_INTERNAL;
    (void)error_set(&result, code, "%s", wire->message);
    result.domain = wire->domain <= ERROR_INTERNAL ? (enum error_domain)wire->domain : ERROR_INTERNAL;
    result.retriable = wire->retriable;
    result.fatal = wire->fatal;
    result.line = wire->line;
    result.column = wire->column;
    result.subtask = wire->subtask;
    snprintf(result.operator_name, sizeof result.operator_name, "%s", wire->operator_name);
    return result;
}

ProtobufCBinaryData rpc_bytes_to_wire(struct bytes_view bytes)
{
    return (ProtobufCBinaryData){.len = bytes.size, .data = (uint8_t *)bytes.data};
}

struct bytes_view rpc_bytes_from_wire(ProtobufCBinaryData bytes)
{
    return (struct bytes_view){.data = bytes.data, .size = bytes.len};
}
