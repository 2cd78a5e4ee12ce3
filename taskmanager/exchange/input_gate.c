#include "taskmanager/exchange/gate_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>

/* Calls visit for each channel that leads into the subtask, in the order of the edges. */
static void visit_channels(const struct exchange_end *end,
                           void (*visit)(const struct plan_edge *edge, uint32_t edge_index, uint32_t from,
                                         void *context),
                           void *context)
{
    for (uint32_t e = 0; e < end->graph->edge_count; e++) {
        const struct plan_edge *edge = &end->graph->edges[e];
        uint32_t first, count;
        if (edge->to != end->vertex)
            continue;
        exchange_edge_range(end->graph, edge, end->vertex, end->subtask, &first, &count);
        for (uint32_t from = first; from < first + count; from++)
            visit(edge, e, from, context);
    }
}

static void count_channel(const struct plan_edge *edge, uint32_t edge_index, uint32_t from, void *context)
{
    (void)edge_index;
    (void)from;
    struct input_gate *gate = context;
    gate->num_channels++;
    if (edge->input >= gate->num_inputs)
        gate->num_inputs = edge->input + 1;
}

struct channel_setup {
    struct input_gate *gate;
    const struct exchange_end *end;
    uint32_t next;
    uint32_t *input_channels; /* so far, by input */
};

static void set_up_channel(const struct plan_edge *edge, uint32_t edge_index, uint32_t from, void *context)
{
    struct channel_setup *setup = context;
    struct gate_channel *channel = &setup->gate->channels[setup->next];
    channel->end.key = exchange_end_key(setup->end, edge_index, from, setup->end->subtask);
    channel->gate = setup->gate;
    channel->schema = edge->schema;
    channel->index = setup->next++;
    channel->input = edge->input;
    channel->input_channel = setup->input_channels[edge->input]++;
    channel->credits.window = EXCHANGE_CHANNEL_CREDITS;
}

static struct input_gate *create_gate(struct exchange_hub *hub, const struct exchange_end *end)
{
    struct input_gate *gate = mem_calloc(1, sizeof *gate);
    refcount_init(&gate->refs);
    gate->hub = hub;
    gate->wake = end->wake;
    gate->wake_context = end->wake_context;
    CHECK(pthread_mutex_init(&gate->mutex, NULL) == 0);
    visit_channels(end, count_channel, gate);
    CHECK(gate->num_channels > 0);
    gate->channels = mem_calloc(gate->num_channels, sizeof *gate->channels);
    barrier_aligner_init(&gate->aligner, gate->num_channels);
    struct channel_setup setup = {.gate = gate, .end = end};
    setup.input_channels = mem_calloc(gate->num_inputs, sizeof(uint32_t));
    visit_channels(end, set_up_channel, &setup);
    gate->valves = mem_calloc(gate->num_inputs, sizeof *gate->valves);
    for (uint32_t i = 0; i < gate->num_inputs; i++) {
        CHECK(setup.input_channels[i] > 0);
        watermark_valve_init(&gate->valves[i], setup.input_channels[i]);
    }
    free(setup.input_channels);
    return gate;
}

/* Under the hub's mutex: the channel can be found, and its producer, if it is there, finds it. */
static enum status open_channel(struct gate_channel *channel, const struct exchange_end *end,
                                struct error *error)
{
    struct exchange_hub *hub = channel->gate->hub;
    const struct plan_edge *edge = &end->graph->edges[channel->end.key.edge];
    enum status status = hub_locate(hub, end, edge->from, channel->end.key.from, &channel->end.peer, error);
    if (status != STATUS_OK)
        return status;
    if (!channel_map_add(&hub->consumers, &channel->end)) {
        hub_release_peer(channel->end.peer);
        return error_set(error, STATUS_ALREADY_EXISTS, "subtask %u of vertex %u has a gate already",
                         end->subtask, end->vertex);
    }
    channel->is_open = true;
    if (channel->end.peer != NULL) {
        gate_channel_tell_credits(channel, channel_consumer_grant(&channel->credits));
        return STATUS_OK;
    }
    struct channel_end *producer = channel_map_find(&hub->producers, &channel->end.key);
    if (producer != NULL)
        writer_channel_connect(writer_channel_of(producer), channel);
    return STATUS_OK;
}

enum status input_gate_create(struct exchange_hub *hub, const struct exchange_end *end,
                              struct input_gate **ret_gate, struct error *error)
{
    struct input_gate *gate = create_gate(hub, end);
    enum status status = STATUS_OK;
    pthread_mutex_lock(&hub->mutex);
    for (uint32_t i = 0; status == STATUS_OK && i < gate->num_channels; i++)
        status = open_channel(&gate->channels[i], end, error);
    pthread_mutex_unlock(&hub->mutex);
    if (status != STATUS_OK) {
        input_gate_free(gate);
        return status;
    }
    *ret_gate = gate;
    return STATUS_OK;
}

void input_gate_free(struct input_gate *gate)
{
    if (gate == NULL)
        return;
    pthread_mutex_lock(&gate->hub->mutex);
    for (uint32_t i = 0; i < gate->num_channels; i++) {
        if (!gate->channels[i].is_open)
            continue;
        channel_map_remove(&gate->hub->consumers, &gate->channels[i].end);
        hub_release_peer(gate->channels[i].end.peer);
    }
    pthread_mutex_unlock(&gate->hub->mutex);
    pthread_mutex_lock(&gate->mutex);
    gate->is_closed = true;
    for (uint32_t i = 0; i < gate->num_channels; i++) {
        struct gate_channel *channel = &gate->channels[i];
        for (; channel->num_elements > 0; channel->num_elements--) {
            exchange_element_free(&channel->elements[channel->first_element]);
            channel->first_element = (channel->first_element + 1) % EXCHANGE_CHANNEL_CREDITS;
        }
    }
    pthread_mutex_unlock(&gate->mutex);
    gate_unref(gate);
}

void gate_unref(struct input_gate *gate)
{
    if (!refcount_drop(&gate->refs))
        return;
    for (uint32_t i = 0; i < gate->num_inputs; i++)
        watermark_valve_free(&gate->valves[i]);
    barrier_aligner_free(&gate->aligner);
    buffer_free(&gate->unpacked);
    free(gate->valves);
    free(gate->channels);
    pthread_mutex_destroy(&gate->mutex);
    free(gate);
}

uint32_t input_gate_num_inputs(const struct input_gate *gate)
{
    return gate->num_inputs;
}

uint32_t input_gate_queued(const struct input_gate *gate)
{
    return atomic_load_explicit(&gate->queued, memory_order_relaxed);
}

uint64_t input_gate_bytes(const struct input_gate *gate)
{
    return atomic_load_explicit(&gate->bytes, memory_order_relaxed);
}
