#include "taskmanager/formats/json/json_decoder.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "taskmanager/formats/json/json_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { SEEN_BITS = 64, TEXT_KEPT_BYTES = 1 << 20 };

const char *json_fail(struct json_decoder *decoder, const char *at, const char *format, ...)
{
    CHECK(at >= decoder->text && at <= decoder->text + decoder->text_size + JSON_PADDING);
    size_t offset = (size_t)(at - decoder->text);
    decoder->failure_offset = offset < decoder->text_size ? offset : decoder->text_size;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(decoder->failure_reason, sizeof decoder->failure_reason, format, arguments);
    va_end(arguments);
    return NULL;
}

#ifdef __SSE2__
/* Whether the first size bytes of two blocks are the same. */
static inline bool blocks_equal(const char *a, const char *b, uint32_t size)
{
    const __m128i *left = (const __m128i *)(const void *)a;
    const __m128i *right = (const __m128i *)(const void *)b;
    __m128i low = _mm_cmpeq_epi8(_mm_loadu_si128(left), _mm_loadu_si128(right));
    __m128i high = _mm_cmpeq_epi8(_mm_loadu_si128(left + 1), _mm_loadu_si128(right + 1));
    uint64_t same = (uint32_t)_mm_movemask_epi8(low) | (uint64_t)_mm_movemask_epi8(high) << 16;
    return (~same & ((UINT64_C(1) << size) - 1)) == 0;
}
#else
static inline bool blocks_equal(const char *a, const char *b, uint32_t size)
{
    return memcmp(a, b, size) == 0;
}
#endif

/* True when what stands at `at` is what the last message had there. */
static inline bool matches(const struct json_expected *expected, const char *at)
{
    if (expected->size <= JSON_BLOCK)
        return expected->size != 0 && blocks_equal(expected->text, at, expected->size);
    return memcmp(expected->text, at, expected->size) == 0;
}

/* The place in the expected order behind this key, or from itself: a field that is missing or new costs only
 * itself. */
static uint32_t resynchronize(const struct json_decoder *decoder, uint32_t from, uint64_t key_hash)
{
    for (uint32_t i = from; i < decoder->num_expected; i++)
        if (decoder->expected[i].key_hash == key_hash && !decoder->expected[i].is_end)
            return i + 1;
    return from;
}

static const char *read_members(struct json_decoder *decoder, uint32_t *ret_members, uint32_t *ret_misses)
{
    const char *at = decoder->text;
    uint32_t next = 0;
    for (uint32_t member = 0;; member++) {
        int32_t column = -1;
        bool is_end = false;
        const struct json_expected *expected = &decoder->expected[next];
        if (next < decoder->num_expected && (member == 0) == (next == 0) && matches(expected, at)) {
            at = json_skip_space(at + expected->size); /* it may have more space than the last one */
            column = expected->column;
            is_end = expected->is_end;
            next++;
        } else {
            uint64_t key_hash = 0;
            at = json_next_member(decoder, at, member == 0, &column, &key_hash, &is_end);
            if (at == NULL)
                return NULL;
            if (!is_end)
                next = resynchronize(decoder, next, key_hash);
            ++*ret_misses;
        }
        *ret_members = member + 1;
        if (is_end)
            return at;
        if (column >= 0) {
            decoder->seen[column / SEEN_BITS] |= UINT64_C(1) << (column % SEEN_BITS);
            at = json_read_value(decoder, at, (uint32_t)column);
        } else {
            at = json_skip_value(decoder, at);
        }
        if (at == NULL)
            return NULL;
    }
}

static bool fill_missing(struct json_decoder *decoder, const char *at)
{
    for (uint32_t word = 0; word < decoder->seen_words; word++) {
        uint64_t missing = decoder->all[word] & ~decoder->seen[word];
        for (; missing != 0; missing &= missing - 1) {
            uint32_t column = word * SEEN_BITS + (uint32_t)__builtin_ctzll(missing);
            if (decoder->config.fail_on_missing_field) {
                json_fail(decoder, at, "field '%s' is missing", decoder->schema->fields[column].name);
                return false;
            }
            if (json_set_null(decoder, at, column, "missing") == NULL)
                return false;
        }
    }
    return true;
}

static bool read_message(struct json_decoder *decoder, const struct format_message *message)
{
    bool is_ascii = json_take_message(decoder, message);
    if (!is_ascii) {
        size_t wrong = json_utf8_validate(decoder->text, decoder->text_size);
        if (wrong < decoder->text_size) {
            json_fail(decoder, decoder->text + wrong, "broken UTF-8");
            return false;
        }
    }
    memset(decoder->seen, 0, decoder->seen_words * sizeof *decoder->seen);
    uint32_t members = 0;
    uint32_t misses = 0;
    const char *end = read_members(decoder, &members, &misses);
    if (end == NULL)
        return false;
    const char *rest = json_skip_space(end);
    if (rest != decoder->text + decoder->text_size) {
        json_fail(decoder, rest, "something stands behind the object");
        return false;
    }
    if (!fill_missing(decoder, end))
        return false;
    if (misses * 4 > members)
        json_learn(decoder);
    return true;
}

/* Room for all texts of the message, each of which may be followed by a block of surplus. */
static char *reserve_text(struct json_decoder *decoder, size_t message_size)
{
    if (decoder->heap == NULL)
        return NULL;
    decoder->out = string_heap_alloc(decoder->heap, message_size + 2 * JSON_BLOCK);
    return decoder->out;
}

static void begin_batch(struct json_decoder *decoder, uint32_t count, struct vector *const *columns)
{
    decoder->columns = columns;
    decoder->row = 0;
    decoder->heap = NULL;
    for (uint32_t i = 0; i < decoder->schema->num_fields; i++) {
        struct vector *vector = columns[i];
        CHECK(vector->encoding == VECTOR_FLAT && vector->length == 0 && vector->capacity >= count);
        CHECK(vector->type.kind == decoder->schema->fields[i].type.kind);
        if (!data_type_is_string(vector->type.kind))
            continue;
        if (decoder->heap == NULL)
            decoder->heap = vector_ensure_heap(vector);
        else if (vector->heap == NULL)
            vector->heap = string_heap_ref(decoder->heap);
        else
            string_heap_keep(vector->heap, decoder->heap);
    }
}

static uint32_t json_decode(struct format_decoder *base, const struct format_message *messages,
                            uint32_t count, struct vector *const *columns, struct format_failures *failures)
{
    struct json_decoder *decoder = (struct json_decoder *)base;
    failures->count = 0;
    begin_batch(decoder, count, columns);
    for (uint32_t i = 0; i < count; i++) {
        char *start = reserve_text(decoder, messages[i].size);
        bool good = read_message(decoder, &messages[i]);
        if (start != NULL)
            string_heap_shrink(decoder->heap, good ? decoder->out : start);
        if (good) {
            decoder->row++;
            continue;
        }
        struct format_failure *failure = format_failures_add(failures, i, decoder->failure_offset);
        memcpy(failure->reason, decoder->failure_reason, sizeof failure->reason);
    }
    for (uint32_t i = 0; i < decoder->schema->num_fields; i++)
        columns[i]->length = decoder->row;
    if (decoder->text_capacity > TEXT_KEPT_BYTES) {
        free(decoder->text);
        buffer_free(&decoder->scratch);
        decoder->text = NULL;
        decoder->text_capacity = 0;
    }
    return decoder->row;
}

static void json_free(struct format_decoder *base)
{
    struct json_decoder *decoder = (struct json_decoder *)base;
    schema_unref(decoder->schema);
    free(decoder->keys);
    free(decoder->seen);
    free(decoder->all);
    free(decoder->expected);
    free(decoder->text);
    buffer_free(&decoder->scratch);
    free(decoder);
}

static const struct format_decoder_ops json_decoder_ops = {
    .decode = json_decode,
    .free = json_free,
};

struct format_decoder *json_decoder_create(const struct schema *schema,
                                           const struct json_format_config *config)
{
    struct json_decoder *decoder = mem_calloc(1, sizeof *decoder);
    decoder->base.ops = &json_decoder_ops;
    decoder->schema = schema_ref(schema);
    decoder->config = *config;
    decoder->seen_words = (schema->num_fields + SEEN_BITS - 1) / SEEN_BITS;
    decoder->seen = mem_calloc(decoder->seen_words + 1, sizeof *decoder->seen);
    decoder->all = mem_calloc(decoder->seen_words + 1, sizeof *decoder->all);
    for (uint32_t i = 0; i < schema->num_fields; i++)
        decoder->all[i / SEEN_BITS] |= UINT64_C(1) << (i % SEEN_BITS);
    decoder->expected = mem_calloc(JSON_EXPECTED_MAX + 1, sizeof *decoder->expected);
    memcpy(decoder->date, "1970-01-01", JSON_DATE_BYTES); /* day 0 */
    json_keys_create(decoder);
    return &decoder->base;
}
