#include "common/plan/codec_internal.h"

#include <string.h>

static int count_payloads(const MESSAGE(Node) * message)
{
    return (message->source != NULL) + (message->calc != NULL) + (message->sink != NULL) +
           (message->window_table_function != NULL) + (message->window_aggregate != NULL) +
           (message->group_aggregate != NULL) + (message->deduplicate != NULL) + (message->top_n != NULL);
}

/* input: the rows that the node takes; NULL for a source. */
static enum status decode_payload(const struct decoder *decoder, const MESSAGE(Node) * message,
                                  const struct schema *input, struct plan_node *node)
{
    if (count_payloads(message) != 1 || (message->source != NULL) != (input == NULL))
        return decode_corrupt(decoder, "a node is nothing, several things, or in the wrong place");
    const struct schema *schema = node->schema;
    if (message->source != NULL) {
        node->kind = PLAN_SOURCE;
        return decode_source(decoder, message->source, schema, &node->source);
    }
    if (message->calc != NULL) {
        node->kind = PLAN_CALC;
        return decode_calc(decoder, message->calc, input, schema, &node->calc);
    }
    if (message->window_table_function != NULL) {
        node->kind = PLAN_WINDOW_TABLE_FUNCTION;
        return decode_window_table_function(decoder, message->window_table_function, input, schema,
                                            &node->window_table_function);
    }
    if (message->window_aggregate != NULL) {
        node->kind = PLAN_WINDOW_AGGREGATE;
        return decode_window_aggregate(decoder, message->window_aggregate, input, schema,
                                       &node->window_aggregate);
    }
    if (message->group_aggregate != NULL) {
        node->kind = PLAN_GROUP_AGGREGATE;
        return decode_group_aggregate(decoder, message->group_aggregate, input, schema,
                                      &node->group_aggregate);
    }
    if (message->deduplicate != NULL) {
        node->kind = PLAN_DEDUPLICATE;
        return decode_deduplicate(decoder, message->deduplicate, input, schema, &node->deduplicate);
    }
    if (message->top_n != NULL) {
        node->kind = PLAN_TOP_N;
        return decode_top_n(decoder, message->top_n, input, schema, &node->top_n);
    }
    node->kind = PLAN_SINK;
    if (!decode_same_kinds(schema, input))
        return decode_corrupt(decoder, "a sink takes other rows than it is given");
    return decode_sink(decoder, message->sink, schema, &node->sink);
}

static void link_children(struct arena *arena, const MESSAGE(Vertex) * message, struct plan_node *nodes)
{
    for (size_t i = 1; i < message->n_nodes; i++)
        nodes[message->nodes[i]->parent].child_count++;
    for (size_t i = 0; i < message->n_nodes; i++) {
        const struct plan_node **children = arena_calloc(arena, nodes[i].child_count + 1, sizeof *children);
        size_t count = 0;
        for (size_t j = i + 1; j < message->n_nodes && count < nodes[i].child_count; j++) {
            if (message->nodes[j]->parent == i)
                children[count++] = &nodes[j];
        }
        nodes[i].children = children;
    }
}

/* The rows that node i of a vertex takes: its parent's, or, of the first node, those of the edges. */
static enum status input_of(const struct decoder *decoder, const MESSAGE(Vertex) * message, size_t i,
                            const struct plan_node *nodes, const struct schema *edge_schema,
                            const struct schema **ret_input)
{
    const struct schema *input = edge_schema;
    if (i > 0) {
        const struct plan_node *parent = &nodes[message->nodes[i]->parent];
        if (parent->kind == PLAN_SINK)
            return decode_corrupt(decoder, "a node stands behind a sink");
        input = parent->schema;
    }
    *ret_input = input;
    return STATUS_OK;
}

/* edge_schema: of the rows that edges bring; NULL when there are none. */
enum status decode_vertex(const struct decoder *decoder, const MESSAGE(Vertex) * message,
                          const struct schema *edge_schema, struct plan_vertex *vertex)
{
    enum { NODES_MAX = 100000 };
    struct arena *arena = decoder->graph->arena;
    if (strlen(message->id) != VERTEX_ID_BYTES - 1 || message->n_nodes == 0 || message->n_nodes > NODES_MAX ||
        message->parallelism == 0)
        return decode_corrupt(decoder, "a vertex lacks its id, nodes or parallelism");
    struct plan_node *nodes = arena_calloc(arena, message->n_nodes, sizeof *nodes);
    for (size_t i = 0; i < message->n_nodes; i++) {
        const MESSAGE(Node) *node = message->nodes[i];
        if (i > 0 && node->parent >= i)
            return decode_corrupt(decoder, "a node stands before its parent");
        if (strlen(node->uid) != PLAN_UID_BYTES - 1)
            return decode_corrupt(decoder, "a node's uid is no hexadecimal number of 128 bits");
        nodes[i].id = node->id;
        nodes[i].name = arena_strdup(arena, node->name);
        memcpy(nodes[i].uid, node->uid, PLAN_UID_BYTES);
        nodes[i].changelog = (uint8_t)node->changelog;
        const struct schema *input = NULL;
        enum status status = decode_schema(decoder, node->schema, &nodes[i].schema);
        if (status == STATUS_OK)
            status = input_of(decoder, message, i, nodes, edge_schema, &input);
        if (status == STATUS_OK)
            status = decode_payload(decoder, node, input, &nodes[i]);
        if (status != STATUS_OK)
            return status;
    }
    link_children(arena, message, nodes);
    memcpy(vertex->id, message->id, VERTEX_ID_BYTES);
    vertex->name = arena_strdup(arena, message->name);
    vertex->parallelism = message->parallelism;
    vertex->root = &nodes[0];
    return STATUS_OK;
}
