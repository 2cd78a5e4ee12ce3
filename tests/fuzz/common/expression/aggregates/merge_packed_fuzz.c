#include "common/base/check.h"
#include "common/expression/aggregates/aggregates.h"

#include <stdlib.h>

enum { MAX_CALLS = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every function over a number, a decimal or a text. */
static uint32_t make_calls(enum type_kind kind, bool is_distinct, struct aggregate_call *calls,
                           struct data_type *type, uint32_t *column)
{
    const struct aggregate_function *function;
    uint32_t count = 0;
    *column = 0;
    for (uint32_t i = 0; (function = aggregate_function_at(i)) != NULL; i++) {
        struct error error;
        struct data_type wanted = data_type_of(kind);
        struct aggregate_call call = {.function = function,
                                      .arguments = column,
                                      .argument_types = type,
                                      .num_arguments = 1,
                                      .filter = -1,
                                      .is_distinct = is_distinct};
        bool fits = aggregate_infer(function, &wanted, 1, false, false, &call.result, &error) == STATUS_OK;
        if (fits && wanted.kind == kind)
            calls[count++] = call;
    }
    *type = data_type_of(kind);
    return count;
}

/* Accumulators as another taskmanager sends them: the first byte picks the set. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum type_kind kinds[] = {TYPE_BIGINT, TYPE_DECIMAL, TYPE_STRING, TYPE_DOUBLE,
                                           TYPE_INT,    TYPE_BOOLEAN, TYPE_FLOAT,  TYPE_TIMESTAMP};
    if (size == 0)
        return 0;
    struct aggregate_call calls[MAX_CALLS];
    struct data_type type;
    uint32_t column;
    uint32_t count = make_calls(kinds[data[0] % 8], (data[0] & 64) != 0, calls, &type, &column);
    CHECK(count < MAX_CALLS);
    struct aggregate_set *set = aggregate_set_create(calls, count, (data[0] & 128) != 0);
    struct error error;
    void *state = calloc(1, aggregate_set_size(set));
    struct bytes_view bytes = {data + 1, size - 1};
    for (int times = 0; times < 2; times++)
        if (aggregate_set_merge_packed(set, state, bytes, &error) == STATUS_OK) {
            struct vector *columns[MAX_CALLS];
            CHECK(aggregate_set_finish(set, &state, 1, columns, &error) == STATUS_OK);
            for (uint32_t i = 0; i < count; i++)
                vector_unref(columns[i]);
            struct buffer packed = {0};
            aggregate_set_pack(set, state, &packed);
            void *copy = calloc(1, aggregate_set_size(set));
            /* a bad value that a set has no more of is not looked at before it comes back */
            CHECK(aggregate_set_merge_packed(set, copy, buffer_view(&packed), &error) == STATUS_OK ||
                  (data[0] & 64) != 0);
            aggregate_set_clear(set, copy);
            free(copy);
            buffer_free(&packed);
        }
    aggregate_set_clear(set, state);
    free(state);
    aggregate_set_free(set);
    return 0;
}
