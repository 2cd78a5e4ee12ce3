#include "taskmanager/state/row_table.h"

#include "common/base/hash.h"
#include "common/base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { NUM_KEYS = 400, NUM_NAMESPACES = 5, FIRST_KEY_GROUP = 3, END_KEY_GROUP = 7, BATCH = 300 };

/* A value of the test: a number, and a buffer of as many bytes as its last digit says. */
struct counted {
    uint64_t count;
    struct buffer text;
};
static const uint32_t text_offset[] = {offsetof(struct counted, text)};
static const struct row_layout layout = {sizeof(struct counted), text_offset, 1};

/* What the table must hold: 0 is absent. */
struct model {
    uint64_t counts[NUM_NAMESPACES][NUM_KEYS];
};

static const int64_t namespaces[NUM_NAMESPACES] = {-7, 0, 1, 1000000000000, INT64_MAX};

/* Keys of all lengths, so that rows are of many sizes; key 0 is empty. */
static struct bytes_view key_of(uint32_t key, char text[512])
{
    memset(text, 'a' + (int)(key % 20), 512);
    if (key == 0)
        return (struct bytes_view){(const uint8_t *)text, 0};
    int size = snprintf(text, 512, "%u", key);
    text[size] = '.';
    size_t length = (size_t)size + 1 + (key % 7 == 0 ? key : key % 23);
    return (struct bytes_view){(const uint8_t *)text, length > 500 ? 500 : length};
}

static uint32_t key_group_of(uint32_t key)
{
    return FIRST_KEY_GROUP + key % (END_KEY_GROUP - FIRST_KEY_GROUP);
}

static uint32_t number_of(struct bytes_view key)
{
    return key.size == 0 ? 0 : (uint32_t)strtoul((const char *)key.data, NULL, 10);
}

static uint32_t namespace_number(int64_t namespace_)
{
    for (uint32_t i = 0; i < NUM_NAMESPACES; i++)
        if (namespaces[i] == namespace_)
            return i;
    fail();
    return 0;
}

struct batch {
    char texts[BATCH][512];
    struct bytes_view keys[BATCH];
    uint64_t hashes[BATCH];
    int64_t spaces[BATCH];
    uint32_t key_groups[BATCH];
    uint32_t key_numbers[BATCH], space_numbers[BATCH];
    void *values[BATCH];
    struct row_keys columns;
};

static void draw(struct batch *batch, struct random *random)
{
    uint32_t count = 1 + (uint32_t)random_below(random, BATCH);
    for (uint32_t i = 0; i < count; i++) {
        batch->key_numbers[i] = (uint32_t)random_below(random, NUM_KEYS);
        batch->space_numbers[i] = (uint32_t)random_below(random, NUM_NAMESPACES);
        batch->keys[i] = key_of(batch->key_numbers[i], batch->texts[i]);
        batch->hashes[i] = hash_bytes(batch->keys[i].data, batch->keys[i].size);
        batch->spaces[i] = namespaces[batch->space_numbers[i]];
        batch->key_groups[i] = key_group_of(batch->key_numbers[i]);
    }
    batch->columns = (struct row_keys){batch->keys, batch->hashes, batch->spaces, batch->key_groups, count};
}

static void check_value(const struct model *model, const struct row_table *table, const void *value)
{
    struct bytes_view key = row_table_key(table, value);
    uint32_t number = number_of(key), space = namespace_number(row_table_namespace(table, value));
    char text[512];
    struct bytes_view expected = key_of(number, text);
    assert_int_equal(key.size, expected.size);
    assert_memory_equal(key.data, expected.data, key.size);
    assert_int_equal(row_table_key_group(table, value), key_group_of(number));
    const struct counted *counted = value;
    assert_int_equal(counted->count, model->counts[space][number]);
    assert_int_equal(counted->text.size, counted->count % 10);
    for (size_t i = 0; i < counted->text.size; i++)
        assert_int_equal(counted->text.data[i], number % 256);
}

static void create_some(struct row_table *table, struct model *model, struct batch *batch)
{
    row_table_find_or_create(table, &batch->columns, batch->values);
    for (uint32_t i = 0; i < batch->columns.count; i++) {
        struct counted *counted = batch->values[i];
        uint64_t *count = &model->counts[batch->space_numbers[i]][batch->key_numbers[i]];
        assert_int_equal(counted->count, *count);
        counted->count = ++*count;
        buffer_clear(&counted->text);
        for (uint64_t k = 0; k < counted->count % 10; k++)
            buffer_append_byte(&counted->text, (uint8_t)batch->key_numbers[i]);
    }
    row_table_account(table, batch->values, batch->columns.count);
}

static void find_some(struct row_table *table, const struct model *model, struct batch *batch)
{
    row_table_find(table, &batch->columns, batch->values);
    for (uint32_t i = 0; i < batch->columns.count; i++) {
        uint64_t count = model->counts[batch->space_numbers[i]][batch->key_numbers[i]];
        assert_int_equal(batch->values[i] != NULL, count > 0);
        if (count > 0)
            check_value(model, table, batch->values[i]);
    }
}

static void remove_some(struct row_table *table, struct model *model, struct batch *batch)
{
    batch->columns.count = 1;
    for (uint32_t i = 0; i < 100; i++) {
        row_table_find(table, &batch->columns, batch->values);
        uint64_t *count = &model->counts[batch->space_numbers[0]][batch->key_numbers[0]];
        assert_int_equal(batch->values[0] != NULL, *count > 0);
        if (batch->values[0] != NULL)
            row_table_remove(table, batch->values[0]);
        *count = 0;
        batch->key_numbers[0] = (batch->key_numbers[0] + 1) % NUM_KEYS;
        batch->keys[0] = key_of(batch->key_numbers[0], batch->texts[0]);
        batch->hashes[0] = hash_bytes(batch->keys[0].data, batch->keys[0].size);
        batch->key_groups[0] = key_group_of(batch->key_numbers[0]);
    }
}

static void check_walk(struct row_walk *walk, const struct model *model, struct row_table *table,
                       uint64_t expected, uint32_t step)
{
    bool *seen = calloc((size_t)NUM_NAMESPACES * NUM_KEYS, 1);
    void *values[64];
    uint64_t total = 0;
    for (uint32_t count; (count = row_table_walk_next(walk, values, step)) > 0; total += count) {
        for (uint32_t i = 0; i < count; i++) {
            check_value(model, table, values[i]);
            uint32_t id = namespace_number(row_table_namespace(table, values[i])) * NUM_KEYS +
                          number_of(row_table_key(table, values[i]));
            assert_false(seen[id]);
            seen[id] = true;
        }
        row_table_settle(table);
    }
    row_table_walk_end(walk);
    assert_int_equal(total, expected);
    free(seen);
}

static void walk_all(struct row_table *table, const struct model *model, uint32_t step)
{
    uint64_t expected = 0;
    for (uint32_t space = 0; space < NUM_NAMESPACES; space++)
        for (uint32_t key = 0; key < NUM_KEYS; key++)
            expected += model->counts[space][key] > 0;
    assert_int_equal(row_table_count(table), expected);
    struct row_walk walk;
    row_table_walk_all(table, &walk);
    check_walk(&walk, model, table, expected, step);
}

static void walk_one(struct row_table *table, const struct model *model, uint32_t key_group, uint32_t space,
                     uint32_t step)
{
    uint64_t expected = 0;
    for (uint32_t key = 0; key < NUM_KEYS; key++)
        expected += model->counts[space][key] > 0 && key_group_of(key) == key_group;
    struct row_walk walk;
    row_table_walk(table, key_group, namespaces[space], &walk);
    check_walk(&walk, model, table, expected, step);
}

static void check_namespaces(const struct row_table *table, const struct model *model)
{
    int64_t from = INT64_MIN;
    for (uint32_t space = 0; space < NUM_NAMESPACES; space++) {
        uint64_t rows = 0;
        for (uint32_t key = 0; key < NUM_KEYS; key++)
            rows += model->counts[space][key];
        if (rows == 0)
            continue;
        int64_t found = 0;
        assert_true(row_table_next_namespace(table, from, &found));
        assert_int_equal(found, namespaces[space]);
        if (found == INT64_MAX)
            return;
        from = found + 1;
    }
    int64_t found = 5;
    assert_false(row_table_next_namespace(table, from, &found));
    assert_int_equal(found, 5);
}

static void the_table_is_a_map(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct random random;
        random_init(&random, seed);
        struct row_table *table = row_table_create(&layout, FIRST_KEY_GROUP, END_KEY_GROUP);
        struct model *model = calloc(1, sizeof *model);
        struct batch *batch = malloc(sizeof *batch);
        for (int round = 0; round < 400; round++) {
            draw(batch, &random);
            uint64_t kind = random_below(&random, 100);
            if (kind < 40)
                create_some(table, model, batch);
            else if (kind < 60)
                find_some(table, model, batch);
            else if (kind < 80)
                remove_some(table, model, batch);
            else if (kind < 88)
                row_table_settle(table);
            else if (kind < 92)
                walk_all(table, model, 1 + (uint32_t)random_below(&random, 64));
            else if (kind < 99)
                walk_one(table, model, batch->key_groups[0], batch->space_numbers[0],
                         1 + (uint32_t)random_below(&random, 64));
            else if (round % 3 == 0) {
                row_table_clear(table);
                memset(model, 0, sizeof *model);
            }
        }
        row_table_settle(table);
        walk_all(table, model, 64);
        check_namespaces(table, model);
        row_table_free(table);
        free(model);
        free(batch);
    }
}

/* A key larger than a page has a row as any other. */
static void keys_may_be_large(void **state)
{
    (void)state;
    struct row_layout plain = {8, NULL, 0};
    struct row_table *table = row_table_create(&plain, 0, 1);
    uint8_t *bytes = calloc(1, 300000);
    for (uint32_t i = 0; i < 20; i++) {
        struct bytes_view key = {bytes, 1000 + i * 14000};
        bytes[0] = (uint8_t)i;
        uint64_t hash = hash_bytes(key.data, key.size);
        struct row_keys keys = {&key, &hash, NULL, NULL, 1};
        void *value;
        row_table_find_or_create(table, &keys, &value);
        *(uint64_t *)value = i;
    }
    for (uint32_t i = 0; i < 20; i++) {
        struct bytes_view key = {bytes, 1000 + i * 14000};
        bytes[0] = (uint8_t)i;
        uint64_t hash = hash_bytes(key.data, key.size);
        struct row_keys keys = {&key, &hash, NULL, NULL, 1};
        void *value;
        row_table_find(table, &keys, &value);
        assert_non_null(value);
        assert_int_equal(*(uint64_t *)value, i);
        assert_int_equal(row_table_key(table, value).size, key.size);
        if (i % 2 == 0)
            row_table_remove(table, value);
    }
    size_t before = row_table_bytes(table);
    row_table_settle(table);
    assert_true(row_table_bytes(table) < before - 1000000);
    assert_int_equal(row_table_count(table), 10);
    row_table_free(table);
    free(bytes);
}

/* Memory is what rows need: it grows with them, their buffers count, and it comes back. */
static void memory_is_accounted_for(void **state)
{
    (void)state;
    enum { ROWS = 100000 };
    struct row_table *table = row_table_create(&layout, 0, 1);
    void **values = malloc(ROWS * sizeof *values);
    size_t empty = row_table_bytes(table);
    for (uint32_t i = 0; i < ROWS; i++) {
        uint8_t bytes[8] = {0};
        memcpy(bytes, &i, sizeof i);
        struct bytes_view key = {bytes, sizeof bytes};
        uint64_t hash = hash_bytes(bytes, sizeof bytes);
        struct row_keys keys = {&key, &hash, NULL, NULL, 1};
        row_table_find_or_create(table, &keys, &values[i]);
    }
    size_t full = row_table_bytes(table);
    assert_true(full - empty > ROWS * (sizeof(struct counted) + 8));
    assert_true(full - empty < ROWS * (sizeof(struct counted) + 8 + 50) + 2000000);
    for (uint32_t i = 0; i < ROWS; i++)
        buffer_reserve(&((struct counted *)values[i])->text, 100);
    row_table_account(table, values, ROWS);
    assert_int_equal(row_table_bytes(table), full + 100 * ROWS);
    for (uint32_t i = 0; i < ROWS; i++)
        row_table_remove(table, values[i]);
    row_table_settle(table);
    assert_true(row_table_bytes(table) < empty + 4000000);
    row_table_free(table);
    free(values);
}

/* A row that is walked over may be removed at once, also the last of its partition. */
static void walked_rows_may_be_removed(void **state)
{
    (void)state;
    struct row_layout plain = {8, NULL, 0};
    struct row_table *table = row_table_create(&plain, 0, 1);
    for (uint32_t i = 0; i < 5000; i++) {
        struct bytes_view key = {(const uint8_t *)&i, sizeof i};
        uint64_t hash = hash_bytes(&i, sizeof i);
        struct row_keys keys = {&key, &hash, NULL, NULL, 1};
        void *value;
        row_table_find_or_create(table, &keys, &value);
    }
    struct row_walk walk;
    row_table_walk(table, 0, 0, &walk);
    uint32_t total = 0;
    void *values[100];
    for (uint32_t count; (count = row_table_walk_next(&walk, values, 100)) > 0; total += count) {
        for (uint32_t i = 0; i < count; i++)
            row_table_remove(table, values[i]);
        row_table_settle(table);
    }
    row_table_walk_end(&walk);
    assert_int_equal(total, 5000);
    assert_int_equal(row_table_count(table), 0);
    row_table_free(table);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_a_map),
        cmocka_unit_test(keys_may_be_large),
        cmocka_unit_test(memory_is_accounted_for),
        cmocka_unit_test(walked_rows_may_be_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
