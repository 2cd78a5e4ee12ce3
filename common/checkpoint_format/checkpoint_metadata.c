#include "common/checkpoint_format/checkpoint_metadata.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>

struct checkpoint_metadata *checkpoint_metadata_create(void)
{
    struct checkpoint_metadata *metadata = mem_calloc(1, sizeof *metadata);
    refcount_init(&metadata->refs);
    metadata->arena = arena_create(4096);
    metadata->name_space = metadata->job_id = metadata->lineage = metadata->savepoint_folder = "";
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
    free(metadata->keyed_states);
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

static struct checkpoint_operator copy_owner(struct checkpoint_metadata *metadata,
                                             const struct checkpoint_operator *owner)
{
    return (struct checkpoint_operator){
        .uid = arena_strdup(metadata->arena, owner->uid),
        .name = arena_strdup(metadata->arena, owner->name),
        .node_id = owner->node_id,
    };
}

void checkpoint_metadata_add_state(struct checkpoint_metadata *metadata,
                                   const struct checkpoint_operator_state *state)
{
    CHECK(refcount_is_unique(&metadata->refs));
    metadata->states = grow(metadata->states, metadata->num_states, sizeof *metadata->states);
    metadata->states[metadata->num_states++] = (struct checkpoint_operator_state){
        .owner = copy_owner(metadata, &state->owner),
        .subtask = state->subtask,
        .state = copy(metadata, state->state),
    };
}

void checkpoint_metadata_add_keyed_state(struct checkpoint_metadata *metadata,
                                         const struct checkpoint_keyed_state *state)
{
    CHECK(refcount_is_unique(&metadata->refs));
    metadata->keyed_states =
        grow(metadata->keyed_states, metadata->num_keyed_states, sizeof *metadata->keyed_states);
    metadata->keyed_states[metadata->num_keyed_states++] = (struct checkpoint_keyed_state){
        .owner = copy_owner(metadata, &state->owner),
        .subtask = state->subtask,
        .handle = keyed_state_handle_copy(state->handle, metadata->arena),
    };
}

void checkpoint_metadata_add_committable(struct checkpoint_metadata *metadata,
                                         const struct checkpoint_committable *committable)
{
    CHECK(refcount_is_unique(&metadata->refs));
    metadata->committables =
        grow(metadata->committables, metadata->num_committables, sizeof *metadata->committables);
    metadata->committables[metadata->num_committables++] = (struct checkpoint_committable){
        .owner = copy_owner(metadata, &committable->owner),
        .sink_id = committable->sink_id,
        .subtask = committable->subtask,
        .content = copy(metadata, committable->content),
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

void checkpoint_metadata_set_slots(struct checkpoint_metadata *metadata, const struct checkpoint_slot *slots,
                                   size_t num_slots)
{
    struct checkpoint_slot *copied = arena_dup(metadata->arena, slots, num_slots * sizeof *slots);
    for (size_t i = 0; i < num_slots; i++)
        copied[i].taskmanager_id = arena_strdup(metadata->arena, slots[i].taskmanager_id);
    metadata->slots = copied;
    metadata->num_slots = num_slots;
}

static int compare_places(uint32_t node_a, uint32_t subtask_a, uint32_t node_b, uint32_t subtask_b)
{
    if (node_a != node_b)
        return node_a < node_b ? -1 : 1;
    return subtask_a < subtask_b ? -1 : subtask_a > subtask_b;
}

static int compare_states(const void *left, const void *right)
{
    const struct checkpoint_operator_state *a = left, *b = right;
    return compare_places(a->owner.node_id, a->subtask, b->owner.node_id, b->subtask);
}

static int compare_keyed_states(const void *left, const void *right)
{
    const struct checkpoint_keyed_state *a = left, *b = right;
    return compare_places(a->owner.node_id, a->subtask, b->owner.node_id, b->subtask);
}

static int compare_committables(const void *left, const void *right)
{
    const struct checkpoint_committable *a = left, *b = right;
    return compare_places(a->sink_id, a->subtask, b->sink_id, b->subtask);
}

void checkpoint_metadata_sort(struct checkpoint_metadata *metadata)
{
    CHECK(refcount_is_unique(&metadata->refs));
    if (metadata->num_states > 1)
        qsort(metadata->states, metadata->num_states, sizeof *metadata->states, compare_states);
    if (metadata->num_keyed_states > 1)
        qsort(metadata->keyed_states, metadata->num_keyed_states, sizeof *metadata->keyed_states,
              compare_keyed_states);
    if (metadata->num_committables > 1)
        qsort(metadata->committables, metadata->num_committables, sizeof *metadata->committables,
              compare_committables);
}

static uint64_t list_state_bytes(const struct checkpoint_metadata *metadata)
{
    uint64_t size = 0;
    for (size_t i = 0; i < metadata->num_states; i++)
        size += metadata->states[i].state.size;
    return size;
}

uint64_t checkpoint_metadata_state_bytes(const struct checkpoint_metadata *metadata)
{
    uint64_t size = list_state_bytes(metadata);
    for (size_t i = 0; i < metadata->num_keyed_states; i++)
        size += metadata->keyed_states[i].handle->size_bytes;
    return size;
}

uint64_t checkpoint_metadata_incremental_bytes(const struct checkpoint_metadata *metadata)
{
    uint64_t size = list_state_bytes(metadata);
    for (size_t i = 0; i < metadata->num_keyed_states; i++)
        size += metadata->keyed_states[i].handle->incremental_bytes;
    return size;
}
