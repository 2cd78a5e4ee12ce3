#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/checkpoint_format/checkpoint_metadata.h"
#include "proto/checkpoint.pb-c.h"

#include <stdlib.h>
#include <string.h>
#include <xxhash.h>

enum { FORMAT_VERSION = 2, MAGIC_BYTES = 8, HEADER_BYTES = MAGIC_BYTES + 4 + 8, TRAILER_BYTES = 8 };
static const char magic[MAGIC_BYTES + 1] = "FRZCKPT1";

static ProtobufCBinaryData binary(struct bytes_view bytes)
{
    return (ProtobufCBinaryData){.len = bytes.size, .data = (uint8_t *)(uintptr_t)bytes.data};
}

static char *text(const char *string)
{
    return (char *)(uintptr_t)(string == NULL ? "" : string);
}

static Frazil__Checkpoint__Operator *owner_to_wire(const struct checkpoint_operator *owner,
                                                   struct arena *arena)
{
    Frazil__Checkpoint__Operator *item = arena_alloc(arena, sizeof *item);
    frazil__checkpoint__operator__init(item);
    item->uid = text(owner->uid);
    item->name = text(owner->name);
    item->node_id = owner->node_id;
    return item;
}

static void fill_states(const struct checkpoint_metadata *metadata, struct arena *arena,
                        Frazil__Checkpoint__Metadata *message)
{
    message->n_states = metadata->num_states;
    message->states = arena_calloc(arena, metadata->num_states + 1, sizeof *message->states);
    for (size_t i = 0; i < metadata->num_states; i++) {
        const struct checkpoint_operator_state *state = &metadata->states[i];
        Frazil__Checkpoint__OperatorState *item = arena_alloc(arena, sizeof *item);
        frazil__checkpoint__operator_state__init(item);
        item->owner = owner_to_wire(&state->owner, arena);
        item->subtask = state->subtask;
        item->state = binary(state->state);
        message->states[i] = item;
    }
}

static void fill_keyed_states(const struct checkpoint_metadata *metadata, struct arena *arena,
                              Frazil__Checkpoint__Metadata *message)
{
    message->n_keyed_states = metadata->num_keyed_states;
    message->keyed_states =
        arena_calloc(arena, metadata->num_keyed_states + 1, sizeof *message->keyed_states);
    struct buffer bytes = {0};
    for (size_t i = 0; i < metadata->num_keyed_states; i++) {
        const struct checkpoint_keyed_state *state = &metadata->keyed_states[i];
        Frazil__Checkpoint__KeyedOperatorState *item = arena_alloc(arena, sizeof *item);
        frazil__checkpoint__keyed_operator_state__init(item);
        buffer_clear(&bytes);
        keyed_state_handle_encode(state->handle, &bytes);
        item->owner = owner_to_wire(&state->owner, arena);
        item->subtask = state->subtask;
        item->handle.data = arena_dup(arena, bytes.data, bytes.size);
        item->handle.len = bytes.size;
        message->keyed_states[i] = item;
    }
    buffer_free(&bytes);
}

static void fill_committables(const struct checkpoint_metadata *metadata, struct arena *arena,
                              Frazil__Checkpoint__Metadata *message)
{
    message->n_committables = metadata->num_committables;
    message->committables =
        arena_calloc(arena, metadata->num_committables + 1, sizeof *message->committables);
    for (size_t i = 0; i < metadata->num_committables; i++) {
        const struct checkpoint_committable *committable = &metadata->committables[i];
        Frazil__Checkpoint__Committable *item = arena_alloc(arena, sizeof *item);
        frazil__checkpoint__committable__init(item);
        item->owner = owner_to_wire(&committable->owner, arena);
        item->sink_id = committable->sink_id;
        item->subtask = committable->subtask;
        item->content = binary(committable->content);
        message->committables[i] = item;
    }
    message->n_uncommitted = metadata->num_uncommitted;
    message->uncommitted = arena_calloc(arena, metadata->num_uncommitted + 1, sizeof *message->uncommitted);
    for (size_t i = 0; i < metadata->num_uncommitted; i++) {
        Frazil__Checkpoint__Reference *item = arena_alloc(arena, sizeof *item);
        frazil__checkpoint__reference__init(item);
        item->checkpoint_id = metadata->uncommitted[i].checkpoint_id;
        item->epoch = metadata->uncommitted[i].epoch;
        message->uncommitted[i] = item;
    }
}

static void fill_slots(const struct checkpoint_metadata *metadata, struct arena *arena,
                       Frazil__Checkpoint__Metadata *message)
{
    message->n_slots = metadata->num_slots;
    message->slots = arena_calloc(arena, metadata->num_slots + 1, sizeof *message->slots);
    for (size_t i = 0; i < metadata->num_slots; i++) {
        Frazil__Checkpoint__Slot *item = arena_alloc(arena, sizeof *item);
        frazil__checkpoint__slot__init(item);
        item->taskmanager_id = text(metadata->slots[i].taskmanager_id);
        item->slot = metadata->slots[i].slot;
        message->slots[i] = item;
    }
}

void checkpoint_metadata_encode(const struct checkpoint_metadata *metadata, struct buffer *out)
{
    struct arena *arena = arena_create(4096);
    Frazil__Checkpoint__Metadata message;
    frazil__checkpoint__metadata__init(&message);
    message.name_space = text(metadata->name_space);
    message.job_id = text(metadata->job_id);
    message.lineage = text(metadata->lineage);
    message.epoch = metadata->epoch;
    message.checkpoint_id = metadata->checkpoint_id;
    message.attempt = metadata->attempt;
    message.max_parallelism = metadata->max_parallelism;
    message.is_final = metadata->is_final;
    message.is_drained = metadata->is_drained;
    message.is_savepoint = metadata->is_savepoint;
    message.savepoint_folder = text(metadata->savepoint_folder);
    message.trigger_ms = metadata->trigger_ms;
    message.completed_ms = metadata->completed_ms;
    fill_states(metadata, arena, &message);
    fill_keyed_states(metadata, arena, &message);
    fill_committables(metadata, arena, &message);
    fill_slots(metadata, arena, &message);
    size_t size = frazil__checkpoint__metadata__get_packed_size(&message);
    size_t start = out->size;
    buffer_append(out, magic, MAGIC_BYTES);
    buffer_append_le32(out, FORMAT_VERSION);
    buffer_append_le64(out, size);
    buffer_reserve(out, size);
    CHECK(frazil__checkpoint__metadata__pack(&message, out->data + out->size) == size);
    out->size += size;
    buffer_append_le64(out, XXH3_64bits(out->data + start, out->size - start));
    arena_free(arena);
}

static uint64_t little_endian(const uint8_t *data, size_t size)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value |= (uint64_t)data[i] << (8 * i);
    return value;
}

static enum status check_envelope(struct bytes_view bytes, struct error *error)
{
    if (bytes.size < HEADER_BYTES + TRAILER_BYTES || memcmp(bytes.data, magic, MAGIC_BYTES) != 0)
        return error_set(error, STATUS_CORRUPT, "not a checkpoint's metadata: %zu bytes", bytes.size);
    uint64_t version = little_endian(bytes.data + MAGIC_BYTES, 4);
    uint64_t payload = little_endian(bytes.data + MAGIC_BYTES + 4, 8);
    if (payload != bytes.size - HEADER_BYTES - TRAILER_BYTES)
        return error_set(error, STATUS_CORRUPT, "truncated: %zu bytes where %llu are announced", bytes.size,
                         (unsigned long long)payload + HEADER_BYTES + TRAILER_BYTES);
    uint64_t checksum = little_endian(bytes.data + bytes.size - TRAILER_BYTES, TRAILER_BYTES);
    if (checksum != XXH3_64bits(bytes.data, bytes.size - TRAILER_BYTES))
        return error_set(error, STATUS_CORRUPT, "the checksum does not match");
    if (version == 0 || version > FORMAT_VERSION)
        return error_set(error, STATUS_UNSUPPORTED, "version %llu of the checkpoint format is not known here",
                         (unsigned long long)version);
    return STATUS_OK;
}

static struct bytes_view view(ProtobufCBinaryData data)
{
    return (struct bytes_view){.data = data.data, .size = data.len};
}

/* node_id: what version 1 has in its place. */
static struct checkpoint_operator owner_from_wire(const Frazil__Checkpoint__Operator *owner, uint32_t node_id)
{
    if (owner == NULL)
        return (struct checkpoint_operator){.uid = "", .name = "", .node_id = node_id};
    return (struct checkpoint_operator){.uid = owner->uid, .name = owner->name, .node_id = owner->node_id};
}

static void take_states(const Frazil__Checkpoint__Metadata *message, struct checkpoint_metadata *metadata)
{
    for (size_t i = 0; i < message->n_states; i++) {
        const Frazil__Checkpoint__OperatorState *item = message->states[i];
        struct checkpoint_operator_state state = {
            .owner = owner_from_wire(item->owner, item->node_id),
            .subtask = item->subtask,
            .state = view(item->state),
        };
        checkpoint_metadata_add_state(metadata, &state);
    }
    for (size_t i = 0; i < message->n_committables; i++) {
        const Frazil__Checkpoint__Committable *item = message->committables[i];
        struct checkpoint_committable committable = {
            .owner = owner_from_wire(item->owner, 0),
            .sink_id = item->sink_id,
            .subtask = item->subtask,
            .content = view(item->content),
        };
        checkpoint_metadata_add_committable(metadata, &committable);
    }
    for (size_t i = 0; i < message->n_uncommitted; i++)
        checkpoint_metadata_add_uncommitted(metadata, (struct checkpoint_reference){
                                                          message->uncommitted[i]->checkpoint_id,
                                                          message->uncommitted[i]->epoch,
                                                      });
}

static void take_slots(const Frazil__Checkpoint__Metadata *message, struct checkpoint_metadata *metadata)
{
    struct checkpoint_slot *slots = arena_calloc(metadata->arena, message->n_slots + 1, sizeof *slots);
    for (size_t i = 0; i < message->n_slots; i++)
        slots[i] = (struct checkpoint_slot){message->slots[i]->taskmanager_id, message->slots[i]->slot};
    checkpoint_metadata_set_slots(metadata, slots, message->n_slots);
}

static enum status take_keyed_states(const Frazil__Checkpoint__Metadata *message,
                                     struct checkpoint_metadata *metadata, struct error *error)
{
    struct arena *arena = arena_create(4096);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < message->n_keyed_states && status == STATUS_OK; i++) {
        const Frazil__Checkpoint__KeyedOperatorState *item = message->keyed_states[i];
        struct keyed_state_handle *handle;
        status = keyed_state_handle_decode(view(item->handle), arena, &handle, error);
        if (status != STATUS_OK)
            break;
        struct checkpoint_keyed_state state = {
            .owner = owner_from_wire(item->owner, 0),
            .subtask = item->subtask,
            .handle = handle,
        };
        checkpoint_metadata_add_keyed_state(metadata, &state);
    }
    arena_free(arena);
    return status;
}

static struct checkpoint_metadata *from_message(const Frazil__Checkpoint__Metadata *message)
{
    struct checkpoint_metadata *metadata = checkpoint_metadata_create();
    metadata->name_space = arena_strdup(metadata->arena, message->name_space);
    metadata->job_id = arena_strdup(metadata->arena, message->job_id);
    metadata->lineage = arena_strdup(metadata->arena, message->lineage);
    metadata->epoch = message->epoch;
    metadata->checkpoint_id = message->checkpoint_id;
    metadata->attempt = message->attempt;
    metadata->max_parallelism = message->max_parallelism;
    metadata->is_final = message->is_final;
    metadata->is_drained = message->is_drained;
    metadata->is_savepoint = message->is_savepoint;
    metadata->savepoint_folder = arena_strdup(metadata->arena, message->savepoint_folder);
    metadata->trigger_ms = message->trigger_ms;
    metadata->completed_ms = message->completed_ms;
    take_states(message, metadata);
    take_slots(message, metadata);
    return metadata;
}

enum status checkpoint_metadata_decode(struct bytes_view bytes, struct checkpoint_metadata **ret_metadata,
                                       struct error *error)
{
    enum status status = check_envelope(bytes, error);
    if (status != STATUS_OK)
        return status;
    Frazil__Checkpoint__Metadata *message = frazil__checkpoint__metadata__unpack(
        NULL, bytes.size - HEADER_BYTES - TRAILER_BYTES, bytes.data + HEADER_BYTES);
    if (message == NULL)
        return error_set(error, STATUS_CORRUPT, "the payload does not parse");
    struct checkpoint_metadata *metadata = from_message(message);
    metadata->size_bytes = bytes.size;
    status = take_keyed_states(message, metadata, error);
    frazil__checkpoint__metadata__free_unpacked(message, NULL);
    if (status == STATUS_OK)
        *ret_metadata = metadata;
    else
        checkpoint_metadata_unref(metadata);
    return status;
}
