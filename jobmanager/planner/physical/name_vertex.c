#include "jobmanager/planner/physical/graph_internal.h"

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

/* A vertex is known again by its first operator. */
void name_vertex(struct arena *arena, struct plan_vertex *vertex)
{
    struct buffer text = {0};
    print_chain(vertex->root, &text);
    vertex->name = arena_strdup(arena, buffer_text(&text));
    buffer_clear(&text);
    buffer_printf(&text, "vertex %s", vertex->root->uid);
    hash_text(&text, vertex->id);
    buffer_free(&text);
}
