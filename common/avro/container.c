#include "common/avro/avro_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/random.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Avro 1.11 specification, "Object Container Files". */
static const uint8_t MAGIC[4] = {'O', 'b', 'j', 1};
enum { BLOCK_BYTES = 64 * 1024, ARENA_BYTES = 8 * 1024 };
/* A block that inflates to more is refused: no writer makes such blocks. */
enum { MAX_BLOCK_BYTES = 256 * 1024 * 1024 };
enum { RAW_DEFLATE_WINDOW = -15 };

struct avro_writer {
    struct arena *arena;
    const struct avro_schema *schema;
    enum avro_codec codec;
    uint8_t sync[AVRO_SYNC_BYTES];
    struct buffer file;
    struct buffer block;
    int64_t block_count;
};

static void put_entry(struct buffer *buffer, const char *key, const void *value, size_t size)
{
    avro_put_bytes(buffer, key, strlen(key));
    avro_put_bytes(buffer, value, size);
}

enum status avro_writer_create(const char *schema_text, const struct avro_metadata *metadata,
                               uint32_t num_metadata, enum avro_codec codec, struct avro_writer **ret_writer,
                               struct error *error)
{
    struct arena *arena = arena_create(ARENA_BYTES);
    const struct avro_schema *schema;
    enum status status = avro_schema_parse(schema_text, strlen(schema_text), arena, &schema, error);
    if (status != STATUS_OK) {
        arena_free(arena);
        return status;
    }
    struct avro_writer *writer = mem_calloc(1, sizeof *writer);
    writer->arena = arena;
    writer->schema = schema;
    writer->codec = codec;
    struct uuid uuid = uuid_generate();
    memcpy(writer->sync, uuid.bytes, sizeof writer->sync);

    buffer_append(&writer->file, MAGIC, sizeof MAGIC);
    avro_put_long(&writer->file, num_metadata + 2);
    put_entry(&writer->file, "avro.schema", schema_text, strlen(schema_text));
    const char *name = codec == AVRO_CODEC_DEFLATE ? "deflate" : "null";
    put_entry(&writer->file, "avro.codec", name, strlen(name));
    for (uint32_t i = 0; i < num_metadata; i++)
        put_entry(&writer->file, metadata[i].key, metadata[i].value.data, metadata[i].value.size);
    avro_put_long(&writer->file, 0);
    buffer_append(&writer->file, writer->sync, sizeof writer->sync);
    *ret_writer = writer;
    return STATUS_OK;
}

void avro_writer_free(struct avro_writer *writer)
{
    if (writer == NULL)
        return;
    buffer_free(&writer->file);
    buffer_free(&writer->block);
    arena_free(writer->arena);
    free(writer);
}

static enum status deflate_block(struct buffer *block, struct buffer *ret_packed, struct error *error)
{
    z_stream stream = {0};
    if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, RAW_DEFLATE_WINDOW, 8, Z_DEFAULT_STRATEGY) !=
        Z_OK)
        return error_set(error, STATUS_INTERNAL, "cannot start deflate");
    buffer_reserve(ret_packed, deflateBound(&stream, block->size));
    stream.next_in = block->data;
    stream.avail_in = (uInt)block->size;
    stream.next_out = ret_packed->data;
    stream.avail_out = (uInt)ret_packed->capacity;
    int result = deflate(&stream, Z_FINISH);
    ret_packed->size = stream.total_out;
    deflateEnd(&stream);
    return result == Z_STREAM_END ? STATUS_OK : error_set(error, STATUS_INTERNAL, "cannot deflate a block");
}

static enum status flush_block(struct avro_writer *writer, struct error *error)
{
    if (writer->block_count == 0)
        return STATUS_OK;
    struct buffer packed = {0};
    struct buffer *content = &writer->block;
    if (writer->codec == AVRO_CODEC_DEFLATE) {
        enum status status = deflate_block(&writer->block, &packed, error);
        if (status != STATUS_OK) {
            buffer_free(&packed);
            return status;
        }
        content = &packed;
    }
    avro_put_long(&writer->file, writer->block_count);
    avro_put_bytes(&writer->file, content->data, content->size);
    buffer_append(&writer->file, writer->sync, sizeof writer->sync);
    buffer_free(&packed);
    buffer_clear(&writer->block);
    writer->block_count = 0;
    return STATUS_OK;
}

enum status avro_writer_append(struct avro_writer *writer, const struct avro_value *value,
                               struct error *error)
{
    size_t before = writer->block.size;
    enum status status = avro_encode(writer->schema, value, &writer->block, error);
    if (status != STATUS_OK) {
        writer->block.size = before;
        return status;
    }
    writer->block_count++;
    return writer->block.size >= BLOCK_BYTES ? flush_block(writer, error) : STATUS_OK;
}

enum status avro_writer_finish(struct avro_writer *writer, struct buffer *buffer, struct error *error)
{
    enum status status = flush_block(writer, error);
    if (status != STATUS_OK)
        return status;
    buffer_append(buffer, writer->file.data, writer->file.size);
    buffer_clear(&writer->file);
    return STATUS_OK;
}

struct avro_reader {
    struct arena *arena;
    const struct avro_schema *schema;
    struct avro_metadata *metadata;
    uint32_t num_metadata;
    enum avro_codec codec;
    const uint8_t *sync;
    struct bytes_view rest;  /* blocks not begun */
    struct bytes_view block; /* values not read of the present one */
    struct buffer inflated;
    int64_t block_count;
};

static enum status corrupt(struct error *error, const char *what)
{
    return error_set(error, STATUS_CORRUPT, "not an Avro file: %s", what);
}

static enum status read_header_block(struct avro_reader *reader, int64_t count, struct error *error)
{
    if (count < 0) {
        int64_t ignored;
        if (count == INT64_MIN || !avro_take_long(&reader->rest, &ignored))
            return corrupt(error, "its header ends early");
        count = -count;
    }
    if ((uint64_t)count > reader->rest.size)
        return corrupt(error, "its header ends early");
    size_t total = reader->num_metadata + (size_t)count;
    reader->metadata =
        arena_grow(reader->arena, reader->metadata, reader->num_metadata * sizeof *reader->metadata,
                   total * sizeof *reader->metadata);
    for (int64_t i = 0; i < count; i++) {
        struct bytes_view key;
        struct avro_metadata *entry = &reader->metadata[reader->num_metadata];
        if (!avro_take_bytes(&reader->rest, &key) || !avro_take_bytes(&reader->rest, &entry->value))
            return corrupt(error, "its header ends early");
        entry->key = arena_strndup(reader->arena, (const char *)key.data, key.size);
        reader->num_metadata++;
    }
    return STATUS_OK;
}

static enum status read_header(struct avro_reader *reader, struct error *error)
{
    if (reader->rest.size < sizeof MAGIC || memcmp(reader->rest.data, MAGIC, sizeof MAGIC) != 0)
        return corrupt(error, "it does not start with Obj and 1");
    reader->rest.data += sizeof MAGIC;
    reader->rest.size -= sizeof MAGIC;
    for (;;) {
        int64_t count;
        if (!avro_take_long(&reader->rest, &count))
            return corrupt(error, "its header ends early");
        if (count == 0)
            break;
        enum status status = read_header_block(reader, count, error);
        if (status != STATUS_OK)
            return status;
    }
    if (reader->rest.size < AVRO_SYNC_BYTES)
        return corrupt(error, "its header ends early");
    reader->sync = reader->rest.data;
    reader->rest.data += AVRO_SYNC_BYTES;
    reader->rest.size -= AVRO_SYNC_BYTES;

    struct bytes_view codec = avro_reader_metadata(reader, "avro.codec");
    if (codec.size == 7 && memcmp(codec.data, "deflate", 7) == 0)
        reader->codec = AVRO_CODEC_DEFLATE;
    else if (codec.data != NULL && !(codec.size == 4 && memcmp(codec.data, "null", 4) == 0))
        return error_set(error, STATUS_UNSUPPORTED,
                         "Avro codec '%.*s' is not supported (null and deflate are)",
                         (int)(codec.size < 100 ? codec.size : 100), (const char *)codec.data);
    struct bytes_view schema = avro_reader_metadata(reader, "avro.schema");
    if (schema.data == NULL)
        return corrupt(error, "its header has no schema");
    return avro_schema_parse((const char *)schema.data, schema.size, reader->arena, &reader->schema, error);
}

enum status avro_reader_create(struct bytes_view bytes, struct avro_reader **ret_reader, struct error *error)
{
    struct avro_reader *reader = mem_calloc(1, sizeof *reader);
    reader->arena = arena_create(ARENA_BYTES);
    reader->rest = bytes;
    enum status status = read_header(reader, error);
    if (status != STATUS_OK)
        avro_reader_free(reader);
    else
        *ret_reader = reader;
    return status;
}

void avro_reader_free(struct avro_reader *reader)
{
    if (reader == NULL)
        return;
    buffer_free(&reader->inflated);
    arena_free(reader->arena);
    free(reader);
}

const struct avro_schema *avro_reader_schema(const struct avro_reader *reader)
{
    return reader->schema;
}

struct bytes_view avro_reader_metadata(const struct avro_reader *reader, const char *key)
{
    for (uint32_t i = 0; i < reader->num_metadata; i++)
        if (strcmp(reader->metadata[i].key, key) == 0)
            return reader->metadata[i].value;
    return (struct bytes_view){NULL, 0};
}

static enum status inflate_block(struct avro_reader *reader, struct bytes_view packed, struct error *error)
{
    z_stream stream = {0};
    if (packed.size > UINT_MAX || inflateInit2(&stream, RAW_DEFLATE_WINDOW) != Z_OK)
        return corrupt(error, "a block is too large");
    stream.next_in = (Bytef *)(uintptr_t)packed.data;
    stream.avail_in = (uInt)packed.size;
    buffer_clear(&reader->inflated);
    int result = Z_OK;
    while (result == Z_OK && reader->inflated.size < MAX_BLOCK_BYTES) {
        buffer_reserve(&reader->inflated, BLOCK_BYTES);
        size_t room = reader->inflated.capacity - reader->inflated.size;
        stream.next_out = reader->inflated.data + reader->inflated.size;
        stream.avail_out = (uInt)(room < MAX_BLOCK_BYTES ? room : MAX_BLOCK_BYTES);
        uInt offered = stream.avail_out;
        result = inflate(&stream, Z_NO_FLUSH);
        reader->inflated.size += offered - stream.avail_out;
    }
    inflateEnd(&stream);
    if (result != Z_STREAM_END)
        return corrupt(error, "a block does not inflate");
    reader->block = buffer_view(&reader->inflated);
    return STATUS_OK;
}

static enum status next_block(struct avro_reader *reader, struct error *error)
{
    struct bytes_view content;
    if (!avro_take_long(&reader->rest, &reader->block_count) || reader->block_count < 0 ||
        !avro_take_bytes(&reader->rest, &content) || reader->rest.size < AVRO_SYNC_BYTES)
        return corrupt(error, "a block ends early");
    if (memcmp(reader->rest.data, reader->sync, AVRO_SYNC_BYTES) != 0)
        return corrupt(error, "a block does not end with the sync marker");
    reader->rest.data += AVRO_SYNC_BYTES;
    reader->rest.size -= AVRO_SYNC_BYTES;
    reader->block = content;
    return reader->codec == AVRO_CODEC_DEFLATE ? inflate_block(reader, content, error) : STATUS_OK;
}

enum status avro_reader_next(struct avro_reader *reader, struct arena *arena, struct avro_value *ret_value,
                             struct error *error)
{
    while (reader->block_count == 0) {
        if (reader->block.size != 0)
            return corrupt(error, "a block is longer than its values");
        if (reader->rest.size == 0)
            return error_set(error, STATUS_NOT_FOUND, "end of file");
        enum status status = next_block(reader, error);
        if (status != STATUS_OK)
            return status;
        /* The values shall outlive the reader and its bytes. */
        if (reader->block_count > 0 && reader->block.size > 0)
            reader->block.data = arena_dup(arena, reader->block.data, reader->block.size);
    }
    if (reader->block.size == 0 && reader->block_count > 1 << 20)
        return corrupt(error, "a block has more values than bytes");
    struct avro_value value;
    enum status status = avro_decode(reader->schema, &reader->block, arena, &value, error);
    if (status != STATUS_OK)
        return status;
    reader->block_count--;
    *ret_value = value;
    return STATUS_OK;
}
