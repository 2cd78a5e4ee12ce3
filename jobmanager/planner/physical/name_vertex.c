#include "jobmanager/planner/physical/graph_internal.h"

#include "common/base/hash.h"

#include <stdio.h>

/* a -> b -> c, and a -> (b -> c, d -> e) where a node has several children. */
static void print_chain(const struct plan_node *node, struct buffer *out)
{
    buffer_append_text(out, node->name);
    if (node->child_count == 0)
        return;
    buffer_append_text(out, node->child_count > 1 ? " -> (" : " -> ");
    for (size_t i = 0; i < node->child_count; i++) {
        buffer_append_text(out, i > 0 ? ", " : "");
        print_chain(node->children[i], out);
    }
    buffer_append_text(out, node->child_count > 1 ? ")" : "");
}

/* The same plan gives the same ids, so that a job's state can be found again. */
void name_vertex(struct arena *arena, struct plan_vertex *vertex, size_t index)
{
    struct buffer text = {0};
    print_chain(vertex->root, &text);
    vertex->name = arena_strdup(arena, buffer_text(&text));
    buffer_printf(&text, "#%zu %s", index,
                  vertex->root->kind == PLAN_SOURCE ? vertex->root->source->table : "");
    for (uint32_t i = 0; i < 4; i++)
        snprintf(vertex->id + i * 8, 9, "%08x", hash_murmur3_32(text.data, text.size, i + 1));
    buffer_free(&text);
}
