#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/base/memory.h"
#include "taskmanager/formats/json/json_internal.h"

#include <string.h>

uint64_t json_key_hash(const char *key, size_t size)
{
    return hash_bytes(key, size);
}

static uint32_t key_slot(const struct json_decoder *decoder, const char *key, size_t size, uint64_t hash)
{
    uint32_t slot = (uint32_t)hash & decoder->key_mask;
    for (; decoder->keys[slot].column >= 0; slot = (slot + 1) & decoder->key_mask) {
        if (decoder->keys[slot].hash != hash)
            continue;
        const char *name = decoder->schema->fields[decoder->keys[slot].column].name;
        if (strlen(name) == size && memcmp(name, key, size) == 0)
            break;
    }
    return slot;
}

void json_keys_create(struct json_decoder *decoder)
{
    uint32_t slots = 8;
    while (slots < decoder->schema->num_fields * 2)
        slots *= 2;
    decoder->keys = mem_alloc(slots * sizeof *decoder->keys);
    decoder->key_mask = slots - 1;
    for (uint32_t i = 0; i < slots; i++)
        decoder->keys[i] = (struct json_key){.hash = 0, .column = -1};
    for (uint32_t i = 0; i < decoder->schema->num_fields; i++) {
        const char *name = decoder->schema->fields[i].name;
        uint64_t hash = json_key_hash(name, strlen(name));
        uint32_t slot = key_slot(decoder, name, strlen(name), hash);
        CHECK(decoder->keys[slot].column < 0);
        decoder->keys[slot] = (struct json_key){.hash = hash, .column = (int32_t)i};
    }
}

/* at is at the opening quote of a key. */
static const char *read_key(struct json_decoder *decoder, const char *at, int32_t *ret_column,
                            uint64_t *ret_key_hash)
{
    if (*at != '"')
        return json_fail(decoder, at, "a field name in quotes is missing");
    const char *key = at + 1;
    const char *end = json_skip_string(decoder, key);
    if (end == NULL)
        return NULL;
    size_t size = (size_t)(end - 1 - key);
    if (memchr(key, '\\', size) != NULL) {
        if (json_scratch_string(decoder, at) == NULL)
            return NULL;
        key = (const char *)decoder->scratch.data;
        size = decoder->scratch.size;
    }
    *ret_key_hash = json_key_hash(key, size);
    *ret_column = decoder->keys[key_slot(decoder, key, size, *ret_key_hash)].column;
    return end;
}

const char *json_next_member(struct json_decoder *decoder, const char *at, bool is_first, int32_t *ret_column,
                             uint64_t *ret_key_hash, bool *ret_is_end)
{
    at = json_skip_space(at);
    if (is_first && *at != '{')
        return json_fail(decoder, at, decoder->text_size == 0 ? "the message is empty" : "no object of JSON");
    if (is_first)
        at = json_skip_space(at + 1);
    *ret_is_end = *at == '}';
    if (*ret_is_end)
        return at + 1;
    if (!is_first) {
        if (*at != ',')
            return json_fail(decoder, at, "',' or '}' is missing");
        at = json_skip_space(at + 1);
    }
    at = read_key(decoder, at, ret_column, ret_key_hash);
    if (at == NULL)
        return NULL;
    at = json_skip_space(at);
    if (*at != ':')
        return json_fail(decoder, at, "':' is missing behind a field name");
    return json_skip_space(at + 1);
}

/* The message under way was read without an error: its sequence of keys is what the next one should have. */
void json_learn(struct json_decoder *decoder)
{
    const char *at = decoder->text;
    decoder->num_expected = 0;
    for (bool is_end = false; !is_end && decoder->num_expected < JSON_EXPECTED_MAX;) {
        struct json_expected *expected = &decoder->expected[decoder->num_expected];
        *expected = (struct json_expected){.column = -1};
        const char *value = json_next_member(decoder, at, decoder->num_expected == 0, &expected->column,
                                             &expected->key_hash, &is_end);
        CHECK(value != NULL);
        size_t size = (size_t)(value - at);
        if (size <= sizeof expected->text) {
            memcpy(expected->text, at, size);
            expected->size = (uint32_t)size;
        }
        expected->is_end = is_end;
        decoder->num_expected++;
        if (!is_end) {
            at = json_skip_value(decoder, value);
            CHECK(at != NULL);
        }
    }
}
