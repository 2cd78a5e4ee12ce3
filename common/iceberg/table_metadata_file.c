/* Table metadata as the bytes of its file: JSON, perhaps gzipped. */
#include "common/iceberg/table_metadata.h"

#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { GZIP_WINDOW = 15 + 16, INFLATE_STEP_BYTES = 1 << 20 };
/* Metadata that inflates to more is refused. */
enum { MAX_METADATA_BYTES = 1 << 30 };

static enum status gunzip(struct bytes_view bytes, struct buffer *text, struct error *error)
{
    z_stream stream = {0};
    if (bytes.size > UINT_MAX || inflateInit2(&stream, GZIP_WINDOW) != Z_OK)
        return error_set(error, STATUS_CORRUPT, "table metadata: cannot start gzip");
    stream.next_in = (Bytef *)(uintptr_t)bytes.data;
    stream.avail_in = (uInt)bytes.size;
    int result = Z_OK;
    while (result == Z_OK && text->size < MAX_METADATA_BYTES) {
        buffer_reserve(text, INFLATE_STEP_BYTES);
        stream.next_out = text->data + text->size;
        stream.avail_out = INFLATE_STEP_BYTES;
        result = inflate(&stream, Z_NO_FLUSH);
        text->size += INFLATE_STEP_BYTES - stream.avail_out;
    }
    inflateEnd(&stream);
    return result == Z_STREAM_END
               ? STATUS_OK
               : error_set(error, STATUS_CORRUPT, "table metadata: its gzip data is damaged");
}

enum status iceberg_table_metadata_parse(struct bytes_view bytes,
                                         struct iceberg_table_metadata **ret_metadata, struct error *error)
{
    struct buffer text = {0};
    enum status status = STATUS_OK;
    if (bytes.size > 2 && bytes.data[0] == 0x1F && bytes.data[1] == 0x8B) {
        status = gunzip(bytes, &text, error);
        bytes = buffer_view(&text);
    }
    if (status == STATUS_OK) {
        json_error_t reason;
        json_t *document = json_loadb((const char *)bytes.data, bytes.size, 0, &reason);
        if (document == NULL)
            status = error_set(error, STATUS_CORRUPT, "table metadata is no valid JSON: %s", reason.text);
        else
            status = iceberg_table_metadata_from_json(document, ret_metadata, error);
        json_decref(document);
    }
    buffer_free(&text);
    return status;
}

static enum status gzip_text(const char *text, size_t size, struct buffer *buffer, struct error *error)
{
    z_stream stream = {0};
    if (size > UINT_MAX ||
        deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return error_set(error, STATUS_INTERNAL, "table metadata: cannot start gzip");
    size_t bound = deflateBound(&stream, size);
    buffer_reserve(buffer, bound);
    stream.next_in = (Bytef *)(uintptr_t)text;
    stream.avail_in = (uInt)size;
    stream.next_out = buffer->data + buffer->size;
    stream.avail_out = (uInt)bound;
    int result = deflate(&stream, Z_FINISH);
    buffer->size += stream.total_out;
    deflateEnd(&stream);
    return result == Z_STREAM_END ? STATUS_OK
                                  : error_set(error, STATUS_INTERNAL, "table metadata: gzip failed");
}

enum status iceberg_table_metadata_write(const struct iceberg_table_metadata *metadata, bool gzip,
                                         struct buffer *buffer, struct error *error)
{
    char *text = json_dumps(metadata->document, JSON_COMPACT);
    if (text == NULL)
        return error_set(error, STATUS_INTERNAL, "table metadata cannot be written as JSON");
    size_t size = strlen(text);
    enum status status = STATUS_OK;
    if (gzip)
        status = gzip_text(text, size, buffer, error);
    else
        buffer_append(buffer, text, size);
    free(text);
    return status;
}
