#include "taskmanager/exchange/gate_internal.h"

#include "common/base/check.h"
#include "common/columnar/batch_codec.h"

#include <lz4.h>

/* What was taken out of a channel, and what is to be done about it once the mutex is free. */
struct taken {
    struct gate_channel *channel;
    struct exchange_element element;
    uint64_t credits; /* to be told to the producer; 0: none */
};

static struct gate_channel *next_turn(struct input_gate *gate)
{
    struct gate_channel *channel = gate->first_listed;
    if (channel == NULL)
        return NULL;
    gate->first_listed = channel->next_listed;
    if (gate->first_listed == NULL)
        gate->last_listed = NULL;
    channel->is_listed = false;
    return channel;
}

static void wake_producer(struct gate_channel *channel)
{
    /* When half of the room is free, so that the two threads do not wake each other for each element. */
    if (channel->waker.wake == NULL || channel->num_elements > EXCHANGE_CHANNEL_CREDITS / 2)
        return;
    channel->waker.wake(channel->waker.context);
    channel->waker = (struct exchange_waker){0};
}

static void take_element(struct gate_channel *channel, struct taken *taken)
{
    *taken = (struct taken){.channel = channel, .element = channel->elements[channel->first_element]};
    channel->first_element = (channel->first_element + 1) % EXCHANGE_CHANNEL_CREDITS;
    channel->num_elements--;
    atomic_fetch_sub_explicit(&channel->gate->queued, 1, memory_order_relaxed);
    if (channel->end.peer == NULL)
        wake_producer(channel);
    else if (channel_consumer_consume(&channel->credits))
        taken->credits = channel_consumer_grant(&channel->credits);
}

static void list_all(struct input_gate *gate)
{
    for (uint32_t i = 0; i < gate->num_channels; i++)
        gate_list_channel(&gate->channels[i]);
}

/* True when the barrier is complete and goes out. */
static bool take_barrier(struct input_gate *gate, const struct taken *taken, struct gate_element *element)
{
    const struct exchange_barrier *barrier = &taken->element.barrier;
    int64_t now_us = clock_monotonic_us(&gate->hub->options.process->clock);
    int64_t alignment_us = 0;
    enum aligner_verdict verdict = barrier_aligner_take(&gate->aligner, taken->channel->index,
                                                        barrier->checkpoint_id, now_us, &alignment_us);
    if (verdict == ALIGNER_OVERTAKES || verdict == ALIGNER_COMPLETE)
        list_all(gate);
    if (verdict != ALIGNER_COMPLETE)
        return false;
    *element = (struct gate_element){
        .kind = GATE_BARRIER,
        .checkpoint_id = barrier->checkpoint_id,
        .checkpoint_kind = barrier->kind,
        .durable_id = barrier->durable_id,
        .trigger_ms = barrier->trigger_ms,
        .alignment_us = alignment_us,
    };
    return true;
}

/* Watermarks, statuses and ends: what follows for the input lies in gate->output. */
static void take_by_valve(struct input_gate *gate, const struct taken *taken)
{
    struct watermark_valve *valve = &gate->valves[taken->channel->input];
    uint32_t channel = taken->channel->input_channel;
    const struct exchange_element *element = &taken->element;
    gate->output_input = taken->channel->input;
    if (element->kind == ELEMENT_WATERMARK)
        watermark_valve_take(valve, channel, element->watermark_us, &gate->output);
    else if (element->kind == ELEMENT_STATUS)
        watermark_valve_take_status(valve, channel, element->is_idle, &gate->output);
    else
        watermark_valve_take_end(valve, channel, element->how, &gate->output);
}

static bool take_output(struct input_gate *gate, struct gate_element *ret_element)
{
    struct valve_output *output = &gate->output;
    struct gate_element element = {.kind = GATE_EMPTY, .input = gate->output_input};
    if (output->has_watermark) {
        output->has_watermark = false;
        element.kind = GATE_WATERMARK;
        element.watermark_us = output->watermark_us;
    } else if (output->has_status) {
        output->has_status = false;
        element.kind = GATE_STATUS;
        element.is_idle = output->is_idle;
    } else if (output->has_end) {
        output->has_end = false;
        element.kind = GATE_END;
        element.how = output->how;
    }
    if (element.kind == GATE_EMPTY)
        return false;
    *ret_element = element;
    return true;
}

/* The next element of the next channel: FAILED, EMPTY, a BARRIER that goes out; else BATCH, whatever *taken
 * is. */
static enum gate_element_kind take_turn(struct input_gate *gate, struct taken *taken,
                                        struct gate_element *barrier, struct error *error)
{
    enum gate_element_kind kind = GATE_BATCH;
    pthread_mutex_lock(&gate->mutex);
    struct gate_channel *channel = gate->has_failed ? NULL : next_turn(gate);
    if (gate->has_failed) {
        *error = gate->failure;
        kind = GATE_FAILED;
    } else if (channel == NULL) {
        gate->is_waiting = true;
        kind = GATE_EMPTY;
    } else {
        take_element(channel, taken);
        if (taken->element.kind == ELEMENT_BARRIER && take_barrier(gate, taken, barrier))
            kind = GATE_BARRIER;
        gate_list_channel(channel);
    }
    pthread_mutex_unlock(&gate->mutex);
    return kind;
}

static enum status unpack(struct input_gate *gate, const struct exchange_element *element,
                          struct bytes_view *payload, struct error *error)
{
    buffer_clear(&gate->unpacked);
    buffer_reserve(&gate->unpacked, element->unpacked_bytes);
    int size = LZ4_decompress_safe((const char *)payload->data, (char *)gate->unpacked.data,
                                   (int)payload->size, (int)element->unpacked_bytes);
    if (size < 0 || (uint32_t)size != element->unpacked_bytes)
        return error_set(error, STATUS_CORRUPT, "frame of %zu bytes does not decompress", payload->size);
    gate->unpacked.size = element->unpacked_bytes;
    *payload = buffer_view(&gate->unpacked);
    return STATUS_OK;
}

static enum status decode_frame(struct input_gate *gate, const struct taken *taken,
                                struct record_batch **ret_batch, struct error *error)
{
    struct stream_message *frame = taken->element.frame;
    struct bytes_view payload = {stream_message_bytes(frame) + FRAME_HEAD_BYTES,
                                 stream_message_size(frame) - FRAME_HEAD_BYTES};
    enum status status = STATUS_OK;
    if (taken->element.unpacked_bytes > 0)
        status = unpack(gate, &taken->element, &payload, error);
    if (status == STATUS_OK)
        status = batch_decode(taken->channel->schema, payload, ret_batch, error);
    stream_message_free(frame);
    return status;
}

/* False: the frame did not hold a batch, and the gate has failed. */
static bool take_batch(struct input_gate *gate, const struct taken *taken, struct gate_element *element)
{
    *element = (struct gate_element){
        .kind = GATE_BATCH, .input = taken->channel->input, .batch = taken->element.batch};
    if (element->batch != NULL)
        return true;
    struct error error;
    if (decode_frame(gate, taken, &element->batch, &error) == STATUS_OK)
        return true;
    pthread_mutex_lock(&gate->hub->mutex);
    hub_fail_consumer(gate->hub, &taken->channel->end, &error, true);
    pthread_mutex_unlock(&gate->hub->mutex);
    return false;
}

enum gate_element_kind input_gate_poll(struct input_gate *gate, struct gate_element *ret_element,
                                       struct error *error)
{
    bool has_element = take_output(gate, ret_element);
    while (!has_element) {
        struct taken taken = {0};
        enum gate_element_kind kind = take_turn(gate, &taken, ret_element, error);
        if (taken.credits > 0)
            gate_channel_tell_credits(taken.channel, taken.credits);
        if (kind != GATE_BATCH)
            return kind;
        if (taken.element.kind == ELEMENT_BATCH) {
            has_element = take_batch(gate, &taken, ret_element);
        } else if (taken.element.kind != ELEMENT_BARRIER) {
            take_by_valve(gate, &taken);
            has_element = take_output(gate, ret_element);
        }
    }
    return ret_element->kind;
}

void input_gate_abort_alignment(struct input_gate *gate, uint64_t checkpoint_id)
{
    pthread_mutex_lock(&gate->mutex);
    if (barrier_aligner_abort(&gate->aligner, checkpoint_id)) {
        list_all(gate);
        if (gate->first_listed != NULL)
            gate_wake(gate);
    }
    pthread_mutex_unlock(&gate->mutex);
}
