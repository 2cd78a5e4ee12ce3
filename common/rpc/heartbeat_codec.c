#include "common/rpc/rpc_internal.h"

enum { SCRATCH_BYTES = 4096 };

void rpc_register_encode(const struct rpc_register *message, struct buffer *buffer)
{
    Frazil__Register wire = FRAZIL__REGISTER__INIT;
    wire.taskmanager_id = (char *)message->taskmanager_id;
    wire.address = (char *)message->address;
    wire.data_address = (char *)message->data_address;
    wire.host = (char *)message->host;
    wire.protocol_version = message->protocol_version;
    wire.build_version = (char *)message->build_version;
    wire.num_slots = message->num_slots;
    wire.cpu_cores = message->cpu_cores;
    wire.memory_bytes = message->memory_bytes;
    wire.pid = message->pid;
    rpc_pack(&wire.base, buffer);
}

enum status rpc_register_decode(struct bytes_view bytes, struct arena *arena,
                                struct rpc_register *ret_message, struct error *error)
{
    const Frazil__Register *wire = rpc_unpack(&frazil__register__descriptor, bytes, arena);
    if (wire == NULL)
        return rpc_corrupt("register", error);
    *ret_message = (struct rpc_register){
        .taskmanager_id = wire->taskmanager_id,
        .address = wire->address,
        .data_address = wire->data_address,
        .host = wire->host,
        .protocol_version = wire->protocol_version,
        .build_version = wire->build_version,
        .num_slots = wire->num_slots,
        .cpu_cores = wire->cpu_cores,
        .memory_bytes = wire->memory_bytes,
        .pid = wire->pid,
    };
    return STATUS_OK;
}

void rpc_register_reply_encode(const struct rpc_register_reply *message, struct buffer *buffer)
{
    Frazil__RegisterReply wire = FRAZIL__REGISTER_REPLY__INIT;
    wire.leader_epoch = message->leader_epoch;
    wire.heartbeat_interval_ms = message->heartbeat_interval_ms;
    wire.heartbeat_timeout_ms = message->heartbeat_timeout_ms;
    rpc_pack(&wire.base, buffer);
}

enum status rpc_register_reply_decode(struct bytes_view bytes, struct arena *arena,
                                      struct rpc_register_reply *ret_message, struct error *error)
{
    const Frazil__RegisterReply *wire = rpc_unpack(&frazil__register_reply__descriptor, bytes, arena);
    if (wire == NULL)
        return rpc_corrupt("register reply", error);
    *ret_message = (struct rpc_register_reply){
        .leader_epoch = wire->leader_epoch,
        .heartbeat_interval_ms = wire->heartbeat_interval_ms,
        .heartbeat_timeout_ms = wire->heartbeat_timeout_ms,
    };
    return STATUS_OK;
}

static Frazil__OperatorMetrics *metrics_to_wire(const struct rpc_operator_metrics *metrics,
                                                struct arena *arena)
{
    Frazil__OperatorMetrics *wire = arena_alloc(arena, sizeof *wire);
    frazil__operator_metrics__init(wire);
    wire->node_id = metrics->node_id;
    wire->records_in = metrics->records_in;
    wire->records_out = metrics->records_out;
    wire->bytes_in = metrics->bytes_in;
    wire->bytes_out = metrics->bytes_out;
    wire->dropped_records = metrics->dropped_records;
    wire->failed_records = metrics->failed_records;
    wire->pending_records = metrics->pending_records;
    wire->late_records_dropped = metrics->late_records_dropped;
    wire->watermark_us = metrics->watermark_us;
    wire->state_bytes = metrics->state_bytes;
    return wire;
}

static Frazil__TaskReport *report_to_wire(const struct rpc_task_report *report, struct arena *arena)
{
    Frazil__TaskReport *wire = arena_alloc(arena, sizeof *wire);
    frazil__task_report__init(wire);
    wire->task = rpc_task_id_to_wire(&report->task, arena);
    wire->status = report->status;
    wire->busy_ms = report->busy_ms;
    wire->idle_ms = report->idle_ms;
    wire->backpressured_ms = report->backpressured_ms;
    wire->queued_inputs = report->queued_inputs;
    wire->queued_outputs = report->queued_outputs;
    wire->bytes_received = report->bytes_received;
    wire->bytes_sent = report->bytes_sent;
    wire->n_operators = report->num_operators;
    wire->operators = arena_alloc(arena, report->num_operators * sizeof *wire->operators);
    for (size_t i = 0; i < report->num_operators; i++)
        wire->operators[i] = metrics_to_wire(&report->operators[i], arena);
    return wire;
}

void rpc_heartbeat_encode(const struct rpc_heartbeat *message, struct buffer *buffer)
{
    struct arena *arena = arena_create(SCRATCH_BYTES);
    Frazil__Heartbeat wire = FRAZIL__HEARTBEAT__INIT;
    wire.leader_epoch = message->leader_epoch;
    wire.taskmanager_id = (char *)message->taskmanager_id;
    wire.num_free_slots = message->num_free_slots;
    wire.resident_bytes = message->resident_bytes;
    wire.cpu_ms = message->cpu_ms;
    wire.n_reports = message->num_reports;
    wire.reports = arena_alloc(arena, message->num_reports * sizeof *wire.reports);
    for (size_t i = 0; i < message->num_reports; i++)
        wire.reports[i] = report_to_wire(&message->reports[i], arena);
    rpc_pack(&wire.base, buffer);
    arena_free(arena);
}

static struct rpc_operator_metrics metrics_from_wire(const Frazil__OperatorMetrics *wire)
{
    return (struct rpc_operator_metrics){
        .node_id = wire->node_id,
        .records_in = wire->records_in,
        .records_out = wire->records_out,
        .bytes_in = wire->bytes_in,
        .bytes_out = wire->bytes_out,
        .dropped_records = wire->dropped_records,
        .failed_records = wire->failed_records,
        .pending_records = wire->pending_records,
        .late_records_dropped = wire->late_records_dropped,
        .watermark_us = wire->watermark_us,
        .state_bytes = wire->state_bytes,
    };
}

static enum status report_from_wire(const Frazil__TaskReport *wire, struct arena *arena,
                                    struct rpc_task_report *ret_report, struct error *error)
{
    struct rpc_task_report report = {
        .busy_ms = wire->busy_ms,
        .idle_ms = wire->idle_ms,
        .backpressured_ms = wire->backpressured_ms,
        .queued_inputs = wire->queued_inputs,
        .queued_outputs = wire->queued_outputs,
        .bytes_received = wire->bytes_received,
        .bytes_sent = wire->bytes_sent,
        .num_operators = wire->n_operators,
    };
    if (wire->status > RPC_TASK_FAILED)
        return rpc_corrupt("heartbeat", error);
    report.status = (enum rpc_task_status)wire->status;
    struct rpc_operator_metrics *operators = arena_alloc(arena, wire->n_operators * sizeof *operators);
    for (size_t i = 0; i < wire->n_operators; i++)
        operators[i] = metrics_from_wire(wire->operators[i]);
    report.operators = operators;
    enum status status = rpc_task_id_from_wire(wire->task, &report.task, error);
    if (status == STATUS_OK)
        *ret_report = report;
    return status;
}

enum status rpc_heartbeat_decode(struct bytes_view bytes, struct arena *arena,
                                 struct rpc_heartbeat *ret_message, struct error *error)
{
    const Frazil__Heartbeat *wire = rpc_unpack(&frazil__heartbeat__descriptor, bytes, arena);
    if (wire == NULL)
        return rpc_corrupt("heartbeat", error);
    struct rpc_task_report *reports = arena_alloc(arena, wire->n_reports * sizeof *reports);
    for (size_t i = 0; i < wire->n_reports; i++) {
        enum status status = report_from_wire(wire->reports[i], arena, &reports[i], error);
        if (status != STATUS_OK)
            return status;
    }
    *ret_message = (struct rpc_heartbeat){
        .leader_epoch = wire->leader_epoch,
        .taskmanager_id = wire->taskmanager_id,
        .num_free_slots = wire->num_free_slots,
        .resident_bytes = wire->resident_bytes,
        .cpu_ms = wire->cpu_ms,
        .reports = reports,
        .num_reports = wire->n_reports,
    };
    return STATUS_OK;
}

void rpc_heartbeat_reply_encode(const struct rpc_heartbeat_reply *message, struct buffer *buffer)
{
    Frazil__HeartbeatReply wire = FRAZIL__HEARTBEAT_REPLY__INIT;
    wire.leader_epoch = message->leader_epoch;
    wire.is_known = message->is_known;
    rpc_pack(&wire.base, buffer);
}

enum status rpc_heartbeat_reply_decode(struct bytes_view bytes, struct arena *arena,
                                       struct rpc_heartbeat_reply *ret_message, struct error *error)
{
    const Frazil__HeartbeatReply *wire = rpc_unpack(&frazil__heartbeat_reply__descriptor, bytes, arena);
    if (wire == NULL)
        return rpc_corrupt("heartbeat reply", error);
    *ret_message = (struct rpc_heartbeat_reply){wire->leader_epoch, wire->is_known};
    return STATUS_OK;
}
