#include "common/expression/aggregates/aggregate_set_internal.h"
#include "common/expression/aggregates/value_set.h"

static struct buffer *buffer_at(const struct aggregate_set *set, void *state, uint32_t index)
{
    return (struct buffer *)((uint8_t *)state + set->buffers[index]);
}

static const struct buffer *const_buffer_at(const struct aggregate_set *set, const void *state,
                                            uint32_t index)
{
    return (const struct buffer *)((const uint8_t *)state + set->buffers[index]);
}

enum status aggregate_set_merge(struct aggregate_set *set, void *target, const void *source,
                                struct error *error)
{
    enum status status = STATUS_OK;
    for (uint32_t s = 0; s < set->num_slots && status == STATUS_OK; s++) {
        const struct aggregate_slot *slot = &set->slots[s];
        void *to = (uint8_t *)target + slot->offset;
        const void *from = (const uint8_t *)source + slot->offset;
        status = slot->distinct != NULL ? distinct_values_merge(slot, to, from, error)
                                        : slot->kernel->merge(slot, to, from, error);
    }
    return status;
}

void aggregate_set_pack(const struct aggregate_set *set, const void *state, struct buffer *out)
{
    size_t start = out->size;
    buffer_append(out, state, set->size);
    for (uint32_t i = 0; i < set->num_buffers; i++)
        memset(out->data + start + set->buffers[i], 0, sizeof(struct buffer));
    for (uint32_t i = 0; i < set->num_buffers; i++) {
        const struct buffer *content = const_buffer_at(set, state, i);
        buffer_append_le32(out, (uint32_t)content->size);
        buffer_append(out, content->data, content->size);
    }
}

/* Lays set->unpacked out over the bytes; false when they do not fit. */
static bool unpack(struct aggregate_set *set, struct bytes_view packed)
{
    if (packed.size < set->size)
        return false;
    memcpy(set->unpacked, packed.data, set->size);
    size_t offset = set->size;
    for (uint32_t i = 0; i < set->num_buffers; i++) {
        uint32_t size;
        if (packed.size - offset < sizeof size)
            return false;
        memcpy(&size, packed.data + offset, sizeof size);
        offset += sizeof size;
        if (packed.size - offset < size)
            return false;
        uint8_t *content = (uint8_t *)(uintptr_t)packed.data + offset;
        *buffer_at(set, set->unpacked, i) = (struct buffer){content, size, size};
        offset += size;
    }
    return offset == packed.size;
}

static bool is_sound(const struct aggregate_slot *slot, const void *accumulator)
{
    if (slot->distinct != NULL)
        return value_set_is_sound((const struct buffer *)accumulator - 1);
    return slot->kernel->is_sound == NULL || slot->kernel->is_sound(slot, accumulator);
}

enum status aggregate_set_merge_packed(struct aggregate_set *set, void *target, struct bytes_view packed,
                                       struct error *error)
{
    bool fits = unpack(set, packed);
    for (uint32_t s = 0; s < set->num_slots && fits; s++)
        fits = is_sound(&set->slots[s], (const uint8_t *)set->unpacked + set->slots[s].offset);
    if (!fits)
        return error_set(error, STATUS_CORRUPT, "packed accumulators of %zu bytes do not hold together",
                         packed.size);
    return aggregate_set_merge(set, target, set->unpacked, error);
}

void aggregate_set_clear(const struct aggregate_set *set, void *state)
{
    for (uint32_t i = 0; i < set->num_buffers; i++)
        buffer_free(buffer_at(set, state, i));
    memset(state, 0, set->size);
}

size_t aggregate_set_heap_bytes(const struct aggregate_set *set, const void *state)
{
    size_t bytes = 0;
    for (uint32_t i = 0; i < set->num_buffers; i++)
        bytes += const_buffer_at(set, state, i)->capacity;
    return bytes;
}
