#include "common/rpc/rpc_internal.h"

enum { SCRATCH_BYTES = 4096 };

static ProtobufCBinaryData *bytes_list_to_wire(const struct bytes_view *items, size_t count,
                                               struct arena *arena)
{
    ProtobufCBinaryData *wire = arena_alloc(arena, count * sizeof *wire);
    for (size_t i = 0; i < count; i++)
        wire[i] = rpc_bytes_to_wire(items[i]);
    return wire;
}

static Frazil__RestoredOperator *restored_to_wire(const struct rpc_restored_operator *restored,
                                                  struct arena *arena)
{
    Frazil__RestoredOperator *wire = arena_alloc(arena, sizeof *wire);
    frazil__restored_operator__init(wire);
    wire->node_id = restored->node_id;
    wire->n_states = restored->num_states;
    wire->states = bytes_list_to_wire(restored->states, restored->num_states, arena);
    wire->n_keyed_states = restored->num_keyed_states;
    wire->keyed_states = bytes_list_to_wire(restored->keyed_states, restored->num_keyed_states, arena);
    return wire;
}

static Frazil__TaskLocation *location_to_wire(const struct rpc_task_location *location, struct arena *arena)
{
    Frazil__TaskLocation *wire = arena_alloc(arena, sizeof *wire);
    frazil__task_location__init(wire);
    wire->vertex = location->vertex;
    wire->subtask = location->subtask;
    wire->taskmanager_id = (char *)location->taskmanager_id;
    wire->data_address = (char *)location->data_address;
    return wire;
}

void rpc_deploy_encode(const struct rpc_deploy *message, struct buffer *buffer)
{
    struct arena *arena = arena_create(SCRATCH_BYTES);
    Frazil__Deploy wire = FRAZIL__DEPLOY__INIT;
    wire.task = rpc_task_id_to_wire(&message->task, arena);
    wire.slot = message->slot;
    wire.job_graph = rpc_bytes_to_wire(message->job_graph);
    wire.n_locations = message->num_locations;
    wire.locations = arena_alloc(arena, message->num_locations * sizeof *wire.locations);
    for (size_t i = 0; i < message->num_locations; i++)
        wire.locations[i] = location_to_wire(&message->locations[i], arena);
    wire.checkpoint_folder = (char *)message->checkpoint_folder;
    wire.restored_checkpoint_id = message->restored_checkpoint_id;
    wire.n_restored = message->num_restored;
    wire.restored = arena_alloc(arena, message->num_restored * sizeof *wire.restored);
    for (size_t i = 0; i < message->num_restored; i++)
        wire.restored[i] = restored_to_wire(&message->restored[i], arena);
    rpc_pack(&wire.base, buffer);
    arena_free(arena);
}

static const struct bytes_view *bytes_list_from_wire(const ProtobufCBinaryData *wire, size_t count,
                                                     struct arena *arena)
{
    struct bytes_view *items = arena_alloc(arena, count * sizeof *items);
    for (size_t i = 0; i < count; i++)
        items[i] = rpc_bytes_from_wire(wire[i]);
    return items;
}

static struct rpc_restored_operator restored_from_wire(const Frazil__RestoredOperator *wire,
                                                       struct arena *arena)
{
    return (struct rpc_restored_operator){
        .node_id = wire->node_id,
        .states = bytes_list_from_wire(wire->states, wire->n_states, arena),
        .num_states = wire->n_states,
        .keyed_states = bytes_list_from_wire(wire->keyed_states, wire->n_keyed_states, arena),
        .num_keyed_states = wire->n_keyed_states,
    };
}

static const struct rpc_task_location *locations_from_wire(Frazil__TaskLocation *const *wire, size_t count,
                                                           struct arena *arena)
{
    struct rpc_task_location *locations = arena_alloc(arena, count * sizeof *locations);
    for (size_t i = 0; i < count; i++)
        locations[i] = (struct rpc_task_location){wire[i]->vertex, wire[i]->subtask, wire[i]->taskmanager_id,
                                                  wire[i]->data_address};
    return locations;
}

enum status rpc_deploy_decode(struct bytes_view bytes, struct arena *arena, struct rpc_deploy *ret_message,
                              struct error *error)
{
    const Frazil__Deploy *wire = rpc_unpack(&frazil__deploy__descriptor, bytes, arena);
    if (wire == NULL)
        return rpc_corrupt("deploy", error);
    struct rpc_restored_operator *restored = arena_alloc(arena, wire->n_restored * sizeof *restored);
    for (size_t i = 0; i < wire->n_restored; i++)
        restored[i] = restored_from_wire(wire->restored[i], arena);
    struct rpc_deploy message = {
        .slot = wire->slot,
        .job_graph = rpc_bytes_from_wire(wire->job_graph),
        .locations = locations_from_wire(wire->locations, wire->n_locations, arena),
        .num_locations = wire->n_locations,
        .checkpoint_folder = wire->checkpoint_folder,
        .restored_checkpoint_id = wire->restored_checkpoint_id,
        .restored = restored,
        .num_restored = wire->n_restored,
    };
    enum status status = rpc_task_id_from_wire(wire->task, &message.task, error);
    if (status == STATUS_OK)
        *ret_message = message;
    return status;
}

void rpc_cancel_task_encode(const struct rpc_cancel_task *message, struct buffer *buffer)
{
    struct arena *arena = arena_create(SCRATCH_BYTES);
    Frazil__CancelTask wire = FRAZIL__CANCEL_TASK__INIT;
    wire.task = rpc_task_id_to_wire(&message->task, arena);
    rpc_pack(&wire.base, buffer);
    arena_free(arena);
}

enum status rpc_cancel_task_decode(struct bytes_view bytes, struct arena *arena,
                                   struct rpc_cancel_task *ret_message, struct error *error)
{
    const Frazil__CancelTask *wire = rpc_unpack(&frazil__cancel_task__descriptor, bytes, arena);
    if (wire == NULL)
        return rpc_corrupt("cancel task", error);
    return rpc_task_id_from_wire(wire->task, &ret_message->task, error);
}

void rpc_task_state_encode(const struct rpc_task_state *message, struct buffer *buffer)
{
    struct arena *arena = arena_create(SCRATCH_BYTES);
    Frazil__TaskState wire = FRAZIL__TASK_STATE__INIT;
    wire.task = rpc_task_id_to_wire(&message->task, arena);
    wire.status = message->status;
    wire.error = rpc_error_to_wire(&message->error, arena);
    rpc_pack(&wire.base, buffer);
    arena_free(arena);
}

enum status rpc_task_state_decode(struct bytes_view bytes, struct arena *arena,
                                  struct rpc_task_state *ret_message, struct error *error)
{
    const Frazil__TaskState *wire = rpc_unpack(&frazil__task_state__descriptor, bytes, arena);
    if (wire == NULL || wire->status > RPC_TASK_FAILED)
        return rpc_corrupt("task state", error);
    struct rpc_task_state message = {
        .status = (enum rpc_task_status)wire->status,
        .error = rpc_error_from_wire(wire->error),
    };
    enum status status = rpc_task_id_from_wire(wire->task, &message.task, error);
    if (status == STATUS_OK)
        *ret_message = message;
    return status;
}

void rpc_collect_encode(const struct rpc_collect *message, struct buffer *buffer)
{
    struct arena *arena = arena_create(SCRATCH_BYTES);
    Frazil__Collect wire = FRAZIL__COLLECT__INIT;
    wire.task = rpc_task_id_to_wire(&message->task, arena);
    wire.sink_id = message->sink_id;
    wire.sequence = message->sequence;
    wire.rows = rpc_bytes_to_wire(message->rows);
    wire.num_rows = message->num_rows;
    rpc_pack(&wire.base, buffer);
    arena_free(arena);
}

enum status rpc_collect_decode(struct bytes_view bytes, struct arena *arena, struct rpc_collect *ret_message,
                               struct error *error)
{
    const Frazil__Collect *wire = rpc_unpack(&frazil__collect__descriptor, bytes, arena);
    if (wire == NULL)
        return rpc_corrupt("collect", error);
    struct rpc_collect message = {
        .sink_id = wire->sink_id,
        .sequence = wire->sequence,
        .rows = rpc_bytes_from_wire(wire->rows),
        .num_rows = wire->num_rows,
    };
    enum status status = rpc_task_id_from_wire(wire->task, &message.task, error);
    if (status == STATUS_OK)
        *ret_message = message;
    return status;
}
