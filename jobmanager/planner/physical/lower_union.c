#include "jobmanager/planner/physical/physical_internal.h"

static void append_input(struct lowering *lowering, struct physical *node, struct physical ***inputs,
                         size_t *count)
{
    if (node->kind == PHYSICAL_UNION) {
        for (size_t i = 0; i < node->input_count; i++)
            append_input(lowering, node->inputs[i], inputs, count);
        return;
    }
    size_t size = *count * sizeof **inputs;
    *inputs = arena_grow(lowering->arena, (const void *)*inputs, size, size + sizeof **inputs);
    (*inputs)[(*count)++] = node;
}

/* What is wanted of the union is wanted of each of its inputs. */
enum status lower_union(struct lowering *lowering, const struct relation *relation, struct wanted wanted,
                        struct physical **ret_node)
{
    struct physical **inputs = NULL;
    size_t count = 0;
    for (size_t i = 0; i < relation->input_count; i++) {
        struct physical *node = NULL;
        TRY(lower(lowering, relation->inputs[i], wanted, &node));
        append_input(lowering, node, &inputs, &count);
    }
    return physical_create(lowering, PHYSICAL_UNION, wanted.output, inputs, count, ret_node);
}
