#include "common/checkpoint_format/checkpoint_metadata.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>

struct checkpoint_metadata *checkpoint_metadata_create(void)
{
    struct checkpoint_metadata *metadata = mem_calloc(1, sizeof *metadata);
    refcount_init(&metadata->refs);
    metadata->arena = arena_create(4096);
    return metadata;
}

struct checkpoint_metadata *checkpoint_metadata_ref(struct checkpoint_metadata *metadata)
{
    refcount_take(&metadata->refs);
    return metadata;
}

void checkpoint_metadata_unref(struct checkpoint_metadata *metadata)
{
    if (metadata == NULL || !refcount_drop(&metadata->refs))
        return;
    free(metadata->states);
    free(metadata->committables);
    free(metadata->uncommitted);
    arena_free(metadata->arena);
    free(metadata);
}

/* Room for one more item: arrays double at powers of two. */
static void *grow(void *items, size_t count, size_t item_size)
{
    if ((count & (count - 1)) != 0)
        return items;
    return mem_realloc(items, (count == 0 ? 1 : 2 * count) * item_size);
}

static struct bytes_view copy(struct checkpoint_metadata *metadata, struct bytes_view bytes)
{
    struct bytes_view copied = {.size = bytes.size};
    if (bytes.size > 0)
        copied.data = arena_dup(metadata->arena, bytes.data, bytes.size);
    return copied;
}

void checkpoint_metadata_add_state(struct checkpoint_metadata *metadata, const char *vertex_id,
                                   uint32_t subtask, uint32_t node_id, struct bytes_view state)
{
    CHECK(refcount_is_unique(&metadata->refs));
    metadata->states = grow(metadata->states, metadata->num_states, sizeof *metadata->states);
    metadata->states[metadata->num_states++] = (struct checkpoint_operator_state){
        .vertex_id = arena_strdup(metadata->arena, vertex_id),
        .subtask = subtask,
        .node_id = node_id,
        .state = copy(metadata, state),
    };
}

void checkpoint_metadata_add_committable(struct checkpoint_metadata *metadata, uint32_t sink_id,
                                         uint32_t subtask, struct bytes_view content)
{
    CHECK(refcount_is_unique(&metadata->refs));
    metadata->committables =
        grow(metadata->committables, metadata->num_committables, sizeof *metadata->committables);
    metadata->committables[metadata->num_committables++] = (struct checkpoint_committable){
        .sink_id = sink_id,
        .subtask = subtask,
        .content = copy(metadata, content),
    };
}

void checkpoint_metadata_add_uncommitted(struct checkpoint_metadata *metadata,
                                         struct checkpoint_reference reference)
{
    CHECK(refcount_is_unique(&metadata->refs));
    metadata->uncommitted =
        grow(metadata->uncommitted, metadata->num_uncommitted, sizeof *metadata->uncommitted);
    metadata->uncommitted[metadata->num_uncommitted++] = reference;
}
