#include "common/parquet/compression.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <lz4.h>
#include <snappy-c.h>
#include <zlib.h>
#include <zstd.h>

enum { TEXT_BYTES = 100000 };

static size_t decompress(enum parquet_codec codec, const struct buffer *compressed, char *text)
{
    size_t size = TEXT_BYTES;
    switch (codec) {
    case PARQUET_UNCOMPRESSED: memcpy(text, compressed->data, compressed->size); return compressed->size;
    case PARQUET_SNAPPY:
        assert_int_equal(snappy_uncompress((const char *)compressed->data, compressed->size, text, &size),
                         SNAPPY_OK);
        return size;
    case PARQUET_ZSTD: return ZSTD_decompress(text, TEXT_BYTES, compressed->data, compressed->size);
    case PARQUET_LZ4_RAW:
        return (size_t)LZ4_decompress_safe((const char *)compressed->data, text, (int)compressed->size,
                                           TEXT_BYTES);
    case PARQUET_GZIP: {
        z_stream stream = {.next_in = compressed->data,
                           .avail_in = (uInt)compressed->size,
                           .next_out = (Bytef *)text,
                           .avail_out = TEXT_BYTES};
        assert_int_equal(inflateInit2(&stream, 15 + 16), Z_OK);
        assert_int_equal(inflate(&stream, Z_FINISH), Z_STREAM_END);
        inflateEnd(&stream);
        return TEXT_BYTES - stream.avail_out;
    }
    }
    return 0;
}

static void every_codec_comes_back_page_after_page(void **state)
{
    (void)state;
    static const char *const names[] = {"zstd", "gzip", "SNAPPY", "lz4", "uncompressed"};
    char *text = malloc(TEXT_BYTES), *read = malloc(TEXT_BYTES);
    for (size_t i = 0; i < TEXT_BYTES; i++)
        text[i] = (char)('a' + i % 7);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        enum parquet_codec codec;
        assert_true(parquet_codec_parse(names[i], &codec));
        struct error error;
        struct parquet_compressor *compressor;
        assert_int_equal(parquet_compressor_create(codec, PARQUET_DEFAULT_LEVEL, &compressor, &error),
                         STATUS_OK);
        assert_int_equal(parquet_compressor_codec(compressor), codec);
        static const size_t sizes[] = {TEXT_BYTES, 1, 0, 5000};
        for (size_t k = 0; k < sizeof sizes / sizeof *sizes; k++) {
            struct buffer compressed = {0};
            assert_int_equal(parquet_compress(compressor,
                                              (struct bytes_view){(const uint8_t *)text, sizes[k]},
                                              &compressed, &error),
                             STATUS_OK);
            if (sizes[k] > 0) {
                assert_int_equal(decompress(codec, &compressed, read), sizes[k]);
                assert_memory_equal(read, text, sizes[k]);
            }
            buffer_free(&compressed);
        }
        parquet_compressor_free(compressor);
    }
    free(text);
    free(read);
}

static void unknown_codecs_and_levels_are_refused(void **state)
{
    (void)state;
    enum parquet_codec codec;
    assert_false(parquet_codec_parse("brotli", &codec));
    struct parquet_compressor *compressor;
    struct error error;
    assert_int_equal(parquet_compressor_create(PARQUET_ZSTD, 23, &compressor, &error),
                     STATUS_INVALID_ARGUMENT);
    assert_int_equal(parquet_compressor_create(PARQUET_GZIP, 10, &compressor, &error),
                     STATUS_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_codec_comes_back_page_after_page),
        cmocka_unit_test(unknown_codecs_and_levels_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
