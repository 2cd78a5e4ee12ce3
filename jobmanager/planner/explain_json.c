#include "jobmanager/planner/explain_internal.h"

#include <string.h>

static void append_text(const char *text, struct buffer *out)
{
    buffer_append_byte(out, '"');
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\')
            buffer_printf(out, "\\%c", *at);
        else if (*at == '\n')
            buffer_append_text(out, "\\n");
        else if (*at < 0x20)
            buffer_printf(out, "\\u%04x", *at);
        else
            buffer_append_byte(out, *at);
    }
    buffer_append_byte(out, '"');
}

static const char *ship_strategy(const struct physical *exchange)
{
    if (exchange == NULL)
        return "FORWARD";
    return exchange->exchange->partitioning == PLAN_HASH ? "HASH" : "GLOBAL";
}

/* Exchanges and unions are no operators of their own: what stands below them precedes. */
static void append_predecessors(const struct physical *input, const struct physical *exchange, size_t *count,
                                struct buffer *out)
{
    if (input->node != NULL) {
        buffer_append_text(out, *count == 0 ? ",\n    \"predecessors\" : [ {" : ", {");
        buffer_printf(out, "\n      \"id\" : %u,\n      \"ship_strategy\" : \"%s\",", input->node->id,
                      ship_strategy(exchange));
        buffer_append_text(out, "\n      \"side\" : \"second\"\n    }");
        (*count)++;
        return;
    }
    for (size_t i = 0; i < input->input_count; i++)
        append_predecessors(input->inputs[i], input->kind == PHYSICAL_EXCHANGE ? input : exchange, count,
                            out);
}

static void append_node(const struct plan *plan, const struct physical *node, struct buffer *out)
{
    const char *pact = node->input_count == 0        ? "Data Source"
                       : node->kind == PHYSICAL_SINK ? "Data Sink"
                                                     : "Operator";
    struct buffer contents = {0};
    size_t predecessors = 0;
    buffer_printf(&contents, "[%u]:", node->node->id);
    physical_print(node, false, &contents);
    buffer_printf(out, "{\n    \"id\" : %u,\n    \"type\" : ", node->node->id);
    append_text(node->node->name, out);
    buffer_printf(out, ",\n    \"pact\" : \"%s\",\n    \"contents\" : ", pact);
    append_text(buffer_text(&contents), out);
    buffer_printf(out, ",\n    \"parallelism\" : %u",
                  plan->planning.graph->vertices[node->vertex].parallelism);
    for (size_t i = 0; i < node->input_count; i++)
        append_predecessors(node->inputs[i], NULL, &predecessors, out);
    buffer_append_text(out, predecessors > 0 ? " ]\n  }" : "\n  }");
    buffer_free(&contents);
}

void explain_json(const struct plan *plan, struct buffer *out)
{
    bool first = true;
    buffer_append_text(out, "{\n  \"nodes\" : [ ");
    for (size_t i = 0; i < plan->physical.node_count; i++) {
        if (plan->physical.nodes[i]->node == NULL)
            continue;
        buffer_append_text(out, first ? "" : ", ");
        append_node(plan, plan->physical.nodes[i], out);
        first = false;
    }
    buffer_append_text(out, " ]\n}\n");
}
