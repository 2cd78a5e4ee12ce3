#pragma once

#include "tests/unit/taskmanager/taskexecutor/scripted_parts.h"

/* The gate is the script itself. */
static inline enum status create_gate(struct exchange_hub *hub, const struct exchange_end *end,
                                      struct input_gate **ret_gate, struct error *error)
{
    (void)hub;
    (void)error;
    assert_int_equal(end->vertex, 0);
    assert_int_equal(end->subtask, 0);
    note(0, "open");
    script->wake = end->wake;
    script->wake_context = end->wake_context;
    *ret_gate = (struct input_gate *)script;
    return STATUS_OK;
}

static inline void free_gate(struct input_gate *gate)
{
    (void)gate;
    note(0, "close");
}

static inline enum gate_element_kind poll_gate(struct input_gate *gate, struct gate_element *ret_element,
                                               struct error *error)
{
    (void)gate;
    pthread_mutex_lock(&script->mutex);
    *ret_element = (struct gate_element){.kind = GATE_EMPTY};
    if (script->next_element < script->num_elements)
        *ret_element = script->elements[script->next_element++];
    pthread_mutex_unlock(&script->mutex);
    if (ret_element->kind == GATE_FAILED)
        error_set(error, STATUS_UNAVAILABLE, "scripted");
    return ret_element->kind;
}

static inline void abort_alignment(struct input_gate *gate, uint64_t checkpoint_id)
{
    (void)gate;
    note_number(0, "abort", (int64_t)checkpoint_id);
}

static inline uint32_t gate_inputs(const struct input_gate *gate)
{
    (void)gate;
    return script->num_inputs;
}

static inline uint32_t gate_queued(const struct input_gate *gate)
{
    (void)gate;
    pthread_mutex_lock(&script->mutex);
    uint32_t count = script->num_elements - script->next_element;
    pthread_mutex_unlock(&script->mutex);
    return count;
}

static inline uint64_t gate_bytes(const struct input_gate *gate)
{
    (void)gate;
    return 1000;
}

static inline struct operator*
    create_writer(struct exchange_hub *hub, const struct exchange_end *end, uint32_t edge)
{
    (void)hub;
    assert_int_equal(end->graph->edges[edge].from, end->vertex);
    struct part *part = mem_calloc(1, sizeof *part);
    part->base.ops = &writer_ops;
    part->id = WRITER + edge;
    return &part->base;
}

static inline void set_barrier(struct operator* writer, const struct exchange_barrier *barrier)
{
    assert_int_equal(barrier->trigger_ms, 77);
    assert_int_equal(barrier->durable_id, 4);
    note_number(((struct part *)writer)->id, "barrier", (int64_t)barrier->checkpoint_id);
}

static const struct exchange_functions exchange = {
    .create_gate = create_gate,
    .free_gate = free_gate,
    .poll_gate = poll_gate,
    .abort_alignment = abort_alignment,
    .num_inputs = gate_inputs,
    .num_queued = gate_queued,
    .num_bytes = gate_bytes,
    .create_writer = create_writer,
    .set_barrier = set_barrier,
};
