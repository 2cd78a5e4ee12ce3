#include "common/rpc/rpc_internal.h"

enum { SCRATCH_BYTES = 4096 };

void rpc_trigger_checkpoint_encode(const struct rpc_trigger_checkpoint *message, struct buffer *buffer)
{
    struct arena *arena = arena_create(SCRATCH_BYTES);
    Frazil__TriggerCheckpoint wire = FRAZIL__TRIGGER_CHECKPOINT__INIT;
    wire.task = rpc_task_id_to_wire(&message->task, arena);
    wire.checkpoint_id = message->checkpoint_id;
    wire.kind = message->kind;
    wire.is_drain = message->is_drain;
    wire.durable_id = message->durable_id;
    wire.timestamp_ms = message->timestamp_ms;
    rpc_pack(&wire.base, buffer);
    arena_free(arena);
}

enum status rpc_trigger_checkpoint_decode(struct bytes_view bytes, struct arena *arena,
                                          struct rpc_trigger_checkpoint *ret_message, struct error *error)
{
    const Frazil__TriggerCheckpoint *wire = rpc_unpack(&frazil__trigger_checkpoint__descriptor, bytes, arena);
    if (wire == NULL || wire->kind > RPC_SAVEPOINT_STOP)
        return rpc_corrupt("trigger checkpoint", error);
    struct rpc_trigger_checkpoint message = {
        .checkpoint_id = wire->checkpoint_id,
        .kind = (enum rpc_checkpoint_kind)wire->kind,
        .is_drain = wire->is_drain,
        .durable_id = wire->durable_id,
        .timestamp_ms = wire->timestamp_ms,
    };
    enum status status = rpc_task_id_from_wire(wire->task, &message.task, error);
    if (status == STATUS_OK)
        *ret_message = message;
    return status;
}

static Frazil__OperatorBytes **states_to_wire(const struct rpc_operator_bytes *states, size_t count,
                                              struct arena *arena)
{
    Frazil__OperatorBytes **wire = arena_alloc(arena, count * sizeof(*wire));
    for (size_t i = 0; i < count; i++) {
        wire[i] = arena_alloc(arena, sizeof *wire[i]);
        frazil__operator_bytes__init(wire[i]);
        wire[i]->node_id = states[i].node_id;
        wire[i]->bytes = rpc_bytes_to_wire(states[i].bytes);
    }
    return wire;
}

static const struct rpc_operator_bytes *states_from_wire(Frazil__OperatorBytes *const *wire, size_t count,
                                                         struct arena *arena)
{
    struct rpc_operator_bytes *states = arena_alloc(arena, count * sizeof *states);
    for (size_t i = 0; i < count; i++)
        states[i] = (struct rpc_operator_bytes){wire[i]->node_id, rpc_bytes_from_wire(wire[i]->bytes)};
    return states;
}

static Frazil__Committable **committables_to_wire(const struct rpc_committable *committables, size_t count,
                                                  struct arena *arena)
{
    Frazil__Committable **wire = arena_alloc(arena, count * sizeof(*wire));
    for (size_t i = 0; i < count; i++) {
        wire[i] = arena_alloc(arena, sizeof *wire[i]);
        frazil__committable__init(wire[i]);
        wire[i]->sink_id = committables[i].sink_id;
        wire[i]->bytes = rpc_bytes_to_wire(committables[i].bytes);
    }
    return wire;
}

static const struct rpc_committable *committables_from_wire(Frazil__Committable *const *wire, size_t count,
                                                            struct arena *arena)
{
    struct rpc_committable *committables = arena_alloc(arena, count * sizeof *committables);
    for (size_t i = 0; i < count; i++)
        committables[i] = (struct rpc_committable){wire[i]->sink_id, rpc_bytes_from_wire(wire[i]->bytes)};
    return committables;
}

void rpc_acknowledge_encode(const struct rpc_acknowledge *message, struct buffer *buffer)
{
    struct arena *arena = arena_create(SCRATCH_BYTES);
    Frazil__Acknowledge wire = FRAZIL__ACKNOWLEDGE__INIT;
    wire.task = rpc_task_id_to_wire(&message->task, arena);
    wire.checkpoint_id = message->checkpoint_id;
    wire.is_end_of_input = message->is_end_of_input;
    wire.n_states = message->num_states;
    wire.states = states_to_wire(message->states, message->num_states, arena);
    wire.n_keyed_states = message->num_keyed_states;
    wire.keyed_states = states_to_wire(message->keyed_states, message->num_keyed_states, arena);
    wire.n_committables = message->num_committables;
    wire.committables = committables_to_wire(message->committables, message->num_committables, arena);
    wire.sync_duration_ms = message->sync_duration_ms;
    wire.async_duration_ms = message->async_duration_ms;
    wire.alignment_ms = message->alignment_ms;
    wire.start_delay_ms = message->start_delay_ms;
    wire.aligned_bytes = message->aligned_bytes;
    rpc_pack(&wire.base, buffer);
    arena_free(arena);
}

enum status rpc_acknowledge_decode(struct bytes_view bytes, struct arena *arena,
                                   struct rpc_acknowledge *ret_message, struct error *error)
{
    const Frazil__Acknowledge *wire = rpc_unpack(&frazil__acknowledge__descriptor, bytes, arena);
    if (wire == NULL)
        return rpc_corrupt("acknowledge", error);
    struct rpc_acknowledge message = {
        .checkpoint_id = wire->checkpoint_id,
        .is_end_of_input = wire->is_end_of_input,
        .states = states_from_wire(wire->states, wire->n_states, arena),
        .num_states = wire->n_states,
        .keyed_states = states_from_wire(wire->keyed_states, wire->n_keyed_states, arena),
        .num_keyed_states = wire->n_keyed_states,
        .committables = committables_from_wire(wire->committables, wire->n_committables, arena),
        .num_committables = wire->n_committables,
        .sync_duration_ms = wire->sync_duration_ms,
        .async_duration_ms = wire->async_duration_ms,
        .alignment_ms = wire->alignment_ms,
        .start_delay_ms = wire->start_delay_ms,
        .aligned_bytes = wire->aligned_bytes,
    };
    enum status status = rpc_task_id_from_wire(wire->task, &message.task, error);
    if (status == STATUS_OK)
        *ret_message = message;
    return status;
}

void rpc_decline_encode(const struct rpc_decline *message, struct buffer *buffer)
{
    struct arena *arena = arena_create(SCRATCH_BYTES);
    Frazil__Decline wire = FRAZIL__DECLINE__INIT;
    wire.task = rpc_task_id_to_wire(&message->task, arena);
    wire.checkpoint_id = message->checkpoint_id;
    wire.error = rpc_error_to_wire(&message->error, arena);
    wire.n_committables = message->num_committables;
    wire.committables = committables_to_wire(message->committables, message->num_committables, arena);
    rpc_pack(&wire.base, buffer);
    arena_free(arena);
}

enum status rpc_decline_decode(struct bytes_view bytes, struct arena *arena, struct rpc_decline *ret_message,
                               struct error *error)
{
    const Frazil__Decline *wire = rpc_unpack(&frazil__decline__descriptor, bytes, arena);
    if (wire == NULL)
        return rpc_corrupt("decline", error);
    struct rpc_decline message = {
        .checkpoint_id = wire->checkpoint_id,
        .error = rpc_error_from_wire(wire->error),
        .committables = committables_from_wire(wire->committables, wire->n_committables, arena),
        .num_committables = wire->n_committables,
    };
    enum status status = rpc_task_id_from_wire(wire->task, &message.task, error);
    if (status == STATUS_OK)
        *ret_message = message;
    return status;
}

void rpc_notify_checkpoint_encode(const struct rpc_notify_checkpoint *message, struct buffer *buffer)
{
    struct arena *arena = arena_create(SCRATCH_BYTES);
    Frazil__NotifyCheckpoint wire = FRAZIL__NOTIFY_CHECKPOINT__INIT;
    wire.task = rpc_task_id_to_wire(&message->task, arena);
    wire.checkpoint_id = message->checkpoint_id;
    wire.is_aborted = message->is_aborted;
    wire.is_final = message->is_final;
    rpc_pack(&wire.base, buffer);
    arena_free(arena);
}

enum status rpc_notify_checkpoint_decode(struct bytes_view bytes, struct arena *arena,
                                         struct rpc_notify_checkpoint *ret_message, struct error *error)
{
    const Frazil__NotifyCheckpoint *wire = rpc_unpack(&frazil__notify_checkpoint__descriptor, bytes, arena);
    if (wire == NULL)
        return rpc_corrupt("notify checkpoint", error);
    struct rpc_notify_checkpoint message = {
        .checkpoint_id = wire->checkpoint_id,
        .is_aborted = wire->is_aborted,
        .is_final = wire->is_final,
    };
    enum status status = rpc_task_id_from_wire(wire->task, &message.task, error);
    if (status == STATUS_OK)
        *ret_message = message;
    return status;
}
