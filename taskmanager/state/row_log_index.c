#include "taskmanager/state/row_log_internal.h"

#include "common/base/arena.h"

#include <stdlib.h>
#include <string.h>

enum { MAGIC_BYTES = 8, PARTITION_BYTES = 16, MIN_NAMED_BYTES = 8 };
static const char magic[] = "FRZLOGX1";

int row_log_partition_compare(const void *left, const void *right)
{
    const struct row_log_partition *a = left, *b = right;
    if (a->key_group != b->key_group)
        return a->key_group < b->key_group ? -1 : 1;
    return a->namespace_ < b->namespace_ ? -1 : a->namespace_ > b->namespace_;
}

static void append_name(struct buffer *out, const char *name)
{
    buffer_append_le32(out, (uint32_t)strlen(name));
    buffer_append_text(out, name);
}

void row_log_index_encode(const struct row_log_index *index, struct buffer *out)
{
    buffer_append(out, magic, MAGIC_BYTES);
    buffer_append_le32(out, index->num_files);
    for (uint32_t i = 0; i < index->num_files; i++) {
        buffer_append_le32(out, index->files[i].number);
        append_name(out, index->files[i].name);
    }
    buffer_append_le32(out, index->num_states);
    for (uint32_t i = 0; i < index->num_states; i++) {
        const struct row_log_state *state = &index->states[i];
        append_name(out, state->name);
        buffer_append_le32(out, state->num_partitions);
        for (uint32_t k = 0; k < state->num_partitions; k++) {
            buffer_append_le32(out, state->partitions[k].key_group);
            buffer_append_le64(out, (uint64_t)state->partitions[k].namespace_);
            buffer_append_le32(out, state->partitions[k].first_file);
        }
    }
}

/* Reads on from `at`; once something is missing, everything is 0 and is_short is set. */
struct index_reader {
    struct bytes_view bytes;
    size_t at;
    struct arena *arena;
    bool is_short;
};

static uint64_t read_number(struct index_reader *reader, unsigned size)
{
    reader->is_short |= reader->bytes.size - reader->at < size;
    uint64_t value = 0;
    for (unsigned i = 0; i < size && !reader->is_short; i++)
        value |= (uint64_t)reader->bytes.data[reader->at++] << 8 * i;
    return value;
}

static const char *read_name(struct index_reader *reader)
{
    size_t size = read_number(reader, 4);
    reader->is_short |= reader->bytes.size - reader->at < size;
    if (reader->is_short)
        return "";
    const char *name = arena_strndup(reader->arena, (const char *)reader->bytes.data + reader->at, size);
    reader->at += size;
    return name;
}

/* Of things of which each takes so many bytes at least. */
static uint32_t read_count(struct index_reader *reader, size_t least_bytes)
{
    uint64_t count = read_number(reader, 4);
    reader->is_short |= (reader->bytes.size - reader->at) / least_bytes < count;
    return reader->is_short ? 0 : (uint32_t)count;
}

static void read_state(struct index_reader *reader, struct row_log_state *state)
{
    state->name = read_name(reader);
    state->num_partitions = read_count(reader, PARTITION_BYTES);
    state->partitions =
        arena_calloc(reader->arena, (size_t)state->num_partitions + 1, sizeof *state->partitions);
    for (uint32_t i = 0; i < state->num_partitions; i++) {
        state->partitions[i].key_group = (uint32_t)read_number(reader, 4);
        state->partitions[i].namespace_ = (int64_t)read_number(reader, 8);
        state->partitions[i].first_file = (uint32_t)read_number(reader, 4);
    }
}

static bool is_ascending(const struct row_log_index *index)
{
    for (uint32_t i = 0; i < index->num_states; i++) {
        const struct row_log_state *state = &index->states[i];
        for (uint32_t k = 1; k < state->num_partitions; k++)
            if (row_log_partition_compare(&state->partitions[k - 1], &state->partitions[k]) >= 0)
                return false;
    }
    return true;
}

enum status row_log_index_parse(struct bytes_view bytes, struct arena *arena,
                                struct row_log_index **ret_index, struct error *error)
{
    if (bytes.size < MAGIC_BYTES || memcmp(bytes.data, magic, MAGIC_BYTES) != 0)
        return error_set(error, STATUS_CORRUPT, "it is no index of resident state");
    struct index_reader reader = {.bytes = bytes, .at = MAGIC_BYTES, .arena = arena};
    struct row_log_index *index = arena_calloc(arena, 1, sizeof *index);
    index->num_files = read_count(&reader, MIN_NAMED_BYTES);
    index->files = arena_calloc(arena, (size_t)index->num_files + 1, sizeof *index->files);
    for (uint32_t i = 0; i < index->num_files; i++) {
        index->files[i].number = (uint32_t)read_number(&reader, 4);
        index->files[i].name = read_name(&reader);
    }
    index->num_states = read_count(&reader, MIN_NAMED_BYTES);
    index->states = arena_calloc(arena, (size_t)index->num_states + 1, sizeof *index->states);
    for (uint32_t i = 0; i < index->num_states; i++)
        read_state(&reader, &index->states[i]);
    if (reader.is_short)
        return error_set(error, STATUS_CORRUPT, "it ends early");
    if (reader.at != bytes.size)
        return error_set(error, STATUS_CORRUPT, "there are bytes behind its end");
    if (!is_ascending(index))
        return error_set(error, STATUS_CORRUPT, "its partitions are in no order");
    *ret_index = index;
    return STATUS_OK;
}

const struct row_log_state *row_log_index_state(const struct row_log_index *index, const char *name)
{
    for (uint32_t i = 0; i < index->num_states; i++)
        if (strcmp(index->states[i].name, name) == 0)
            return &index->states[i];
    return NULL;
}

const struct row_log_partition *row_log_state_find(const struct row_log_state *state, uint32_t key_group,
                                                   int64_t namespace_)
{
    struct row_log_partition wanted = {.key_group = key_group, .namespace_ = namespace_};
    return state->num_partitions == 0 ? NULL
                                      : bsearch(&wanted, state->partitions, state->num_partitions,
                                                sizeof wanted, row_log_partition_compare);
}
