#include "taskmanager/state/table_freeze_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/state/row_codec_internal.h"
#include "taskmanager/state/table_file_internal.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* A chunk that is not encoded yet; NULL once it is. */
struct frozen_chunk {
    struct row_chunk *chunk;
    uint32_t table;
};

/* Everything is guarded by the lock, but for a chunk's is_frozen, which the subtask may read without: only a
 * cleared mark is acted upon. */
struct table_freeze {
    struct refcount refs;
    pthread_mutex_t lock;
    struct frozen_table *tables;
    char **names;
    size_t num_tables;
    struct frozen_chunk *chunks;
    size_t num_chunks, num_left;
    size_t next; /* for the writer to encode */
    bool is_discarded;
    struct buffer early; /* blocks that the subtask encoded */
};

static void freeze_table(struct table_freeze *freeze, uint32_t index, size_t *capacity)
{
    const struct row_table *table = freeze->tables[index].table;
    for (struct row_partition *partition = NULL;
         (partition = row_table_next_partition(table, partition)) != NULL;) {
        partition->open = NULL;
        for (struct row_chunk *chunk = partition->newest; chunk != NULL; chunk = chunk->next) {
            if (freeze->num_chunks == *capacity) {
                *capacity = *capacity == 0 ? 64 : *capacity * 2;
                freeze->chunks = mem_realloc(freeze->chunks, *capacity * sizeof *freeze->chunks);
            }
            chunk->frozen_index = (uint32_t)freeze->num_chunks;
            freeze->chunks[freeze->num_chunks++] = (struct frozen_chunk){chunk, index};
            atomic_store_explicit(&chunk->is_frozen, true, memory_order_relaxed);
        }
    }
}

struct table_freeze *table_freeze_begin(const struct frozen_table *tables, size_t count)
{
    struct table_freeze *freeze = mem_calloc(1, sizeof *freeze);
    refcount_init(&freeze->refs);
    pthread_mutex_init(&freeze->lock, NULL);
    freeze->tables = mem_dup(tables, count * sizeof *tables);
    freeze->num_tables = count;
    freeze->names = mem_calloc(count, sizeof *freeze->names);
    size_t capacity = 0;
    for (size_t i = 0; i < count; i++) {
        freeze->names[i] = mem_strdup(tables[i].name);
        freeze_table(freeze, (uint32_t)i, &capacity);
    }
    CHECK(freeze->num_chunks < UINT32_MAX);
    freeze->num_left = freeze->num_chunks;
    return freeze;
}

struct table_freeze *table_freeze_ref(struct table_freeze *freeze)
{
    refcount_take(&freeze->refs);
    return freeze;
}

void table_freeze_unref(struct table_freeze *freeze)
{
    if (freeze == NULL || !refcount_drop(&freeze->refs))
        return;
    CHECK(freeze->num_left == 0 || freeze->is_discarded);
    for (size_t i = 0; i < freeze->num_tables; i++)
        free(freeze->names[i]);
    free(freeze->names);
    free(freeze->tables);
    free(freeze->chunks);
    buffer_free(&freeze->early);
    pthread_mutex_destroy(&freeze->lock);
    free(freeze);
}

static void append_row(const struct row_table *table, const struct row *row, struct buffer *out)
{
    size_t value_size = row_value_encoded_size(table, row);
    size_t key_size = ROW_KEY_PREFIX_BYTES + (size_t)row->key_size;
    buffer_append_le32(out, (uint32_t)key_size);
    buffer_append_le32(out, (uint32_t)value_size);
    buffer_reserve(out, key_size + value_size);
    uint8_t *at = out->data + out->size;
    row_key_encode(table, row, at);
    row_value_encode(table, row, at + key_size);
    out->size += key_size + value_size;
}

/* With the lock held. */
static void encode(struct table_freeze *freeze, struct frozen_chunk *frozen, struct buffer *out)
{
    struct row_chunk *chunk = frozen->chunk;
    const struct row_table *table = freeze->tables[frozen->table].table;
    if (!freeze->is_discarded) {
        size_t head = out->size;
        uint32_t num_rows = 0;
        table_file_append_block_head(out, frozen->table, 0, 0);
        for (uint32_t offset = ROW_CHUNK_HEAD_BYTES; offset < chunk->used;) {
            const struct row *row = row_at(chunk, offset);
            offset += (uint32_t)row_size(table, row->key_size);
            if ((row->flags & ROW_DEAD) != 0)
                continue;
            append_row(table, row, out);
            num_rows++;
        }
        size_t end = out->size;
        out->size = head; /* now that it is known what the block holds */
        table_file_append_block_head(out, frozen->table, num_rows, end - head - TABLE_FILE_BLOCK_HEAD_BYTES);
        out->size = num_rows > 0 ? end : head;
    }
    atomic_store_explicit(&chunk->is_frozen, false, memory_order_release);
    frozen->chunk = NULL;
    freeze->num_left--;
}

void table_freeze_before_write(struct table_freeze *freeze, struct row_chunk *chunk)
{
    if (!atomic_load_explicit(&chunk->is_frozen, memory_order_acquire))
        return;
    pthread_mutex_lock(&freeze->lock);
    struct frozen_chunk *frozen = &freeze->chunks[chunk->frozen_index];
    if (frozen->chunk != NULL)
        encode(freeze, frozen, &freeze->early);
    pthread_mutex_unlock(&freeze->lock);
}

void table_freeze_finish(struct table_freeze *freeze)
{
    pthread_mutex_lock(&freeze->lock);
    for (size_t i = 0; i < freeze->num_chunks; i++)
        if (freeze->chunks[i].chunk != NULL)
            encode(freeze, &freeze->chunks[i], &freeze->early);
    pthread_mutex_unlock(&freeze->lock);
}

void table_freeze_discard(struct table_freeze *freeze)
{
    pthread_mutex_lock(&freeze->lock);
    freeze->is_discarded = true;
    buffer_free(&freeze->early);
    pthread_mutex_unlock(&freeze->lock);
}

bool table_freeze_is_over(struct table_freeze *freeze)
{
    pthread_mutex_lock(&freeze->lock);
    bool is_over = freeze->num_left == 0 || freeze->is_discarded;
    pthread_mutex_unlock(&freeze->lock);
    return is_over;
}

size_t table_freeze_bytes(struct table_freeze *freeze)
{
    pthread_mutex_lock(&freeze->lock);
    size_t bytes = freeze->early.capacity + freeze->num_chunks * sizeof *freeze->chunks;
    pthread_mutex_unlock(&freeze->lock);
    return bytes;
}

/* Blocks of the next chunk, and of those that the subtask encoded; false: there are no more. */
static bool next_blocks(struct table_freeze *freeze, struct buffer *blocks, struct buffer *early)
{
    buffer_clear(blocks);
    pthread_mutex_lock(&freeze->lock);
    while (freeze->next < freeze->num_chunks && freeze->chunks[freeze->next].chunk == NULL)
        freeze->next++;
    bool has_more = freeze->next < freeze->num_chunks;
    if (has_more)
        encode(freeze, &freeze->chunks[freeze->next++], blocks);
    *early = freeze->early;
    freeze->early = (struct buffer){0};
    pthread_mutex_unlock(&freeze->lock);
    return has_more || early->size > 0;
}

static enum status write_head(const struct table_freeze *freeze, struct digested_output *output,
                              struct error *error)
{
    struct buffer head = {0};
    table_file_append_head(&head, (const char *const *)freeze->names, (uint32_t)freeze->num_tables);
    enum status status = digested_output_write(output, head.data, head.size, error);
    buffer_free(&head);
    return status;
}

enum status table_freeze_write(struct table_freeze *freeze, struct digested_output *output,
                               const atomic_bool *cancel, struct error *error)
{
    struct buffer blocks = {0}, early = {0};
    enum status status = write_head(freeze, output, error);
    while (status == STATUS_OK && next_blocks(freeze, &blocks, &early)) {
        if (atomic_load(cancel))
            status = error_set(error, STATUS_CANCELLED, "the checkpoint was given up");
        if (status == STATUS_OK && early.size > 0)
            status = digested_output_write(output, early.data, early.size, error);
        if (status == STATUS_OK && blocks.size > 0)
            status = digested_output_write(output, blocks.data, blocks.size, error);
        buffer_free(&early);
    }
    buffer_clear(&blocks);
    table_file_append_block_head(&blocks, TABLE_FILE_END, 0, 0);
    if (status == STATUS_OK)
        status = digested_output_write(output, blocks.data, blocks.size, error);
    buffer_free(&blocks);
    return status;
}
