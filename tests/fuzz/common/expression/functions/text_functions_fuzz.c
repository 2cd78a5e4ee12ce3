#include "common/expression/expression_program.h"
#include "common/expression/functions/functions.h"
#include "common/expression/time_zone_rules.h"
#include "common/expression/value_parse.h"

#include <stdlib.h>

enum { BLOCK_BYTES = 4096, MAX_TEXTS = 3 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int64_t no_time(void *context)
{
    (void)context;
    return 0;
}

struct input {
    struct arena *arena;
    struct time_zone *zone;
    struct clock clock;
    const struct expression *texts[MAX_TEXTS];
    uint32_t num_texts;
};

static void evaluate(struct input *input, const struct expression *expression)
{
    struct error error;
    const struct expression *literal;
    if (expression_evaluate_constant(input->arena, expression, input->clock, input->zone, &literal, &error) !=
        STATUS_OK)
        return;
    if (literal->value == NULL || literal->type.kind != TYPE_STRING)
        return;
    /* touch every byte of the result */
    uint8_t sum = 0;
    const struct string_value *text = literal->value;
    for (uint32_t i = 0; i < text->size; i++)
        sum = (uint8_t)(sum + text->data[i]);
    if (sum == 1)
        (void)expression_is_constant(literal);
}

static void call(struct input *input, const char *name, uint32_t count)
{
    struct error error;
    const struct expression *expression;
    if (count <= input->num_texts &&
        function_call(input->arena, name, input->texts, count, &expression, &error) == STATUS_OK)
        evaluate(input, expression);
}

static void cast_to_everything(struct input *input)
{
    for (int kind = TYPE_BOOLEAN; kind < TYPE_KIND_COUNT; kind++) {
        struct error error;
        const struct expression *expression, *back;
        if (expression_cast(input->arena, input->texts[0], data_type_of((enum type_kind)kind), false,
                            &expression, &error) == STATUS_OK &&
            expression_cast(input->arena, expression, data_type_of(TYPE_STRING), false, &back, &error) ==
                STATUS_OK)
            evaluate(input, back);
    }
}

/* Up to three texts, separated by NUL, through every function that reads the inside of texts; and the whole
 * as a time zone's file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        const char *name;
        uint32_t count;
    } calls[] = {{"JSON_VALUE", 2},   {"LIKE", 2},        {"LIKE", 3},       {"TO_TIMESTAMP", 1},
                 {"TO_TIMESTAMP", 2}, {"DATE_FORMAT", 2}, {"TO_DATE", 2},    {"UPPER", 1},
                 {"LOWER", 1},        {"TRIM", 2},        {"REPLACE", 3},    {"UNIX_TIMESTAMP", 2},
                 {"CONCAT", 3},       {"POSITION", 2},    {"CHAR_LENGTH", 1}};
    struct input input = {.arena = arena_create(BLOCK_BYTES),
                          .zone = time_zone_create_fixed(0),
                          .clock = {.wall_us = no_time, .monotonic_us = no_time}};
    const char *at = (const char *)data;
    const char *end = at + size;
    while (input.num_texts < MAX_TEXTS) {
        const char *stop = at < end ? memchr(at, 0, (size_t)(end - at)) : NULL;
        size_t length = (size_t)((stop != NULL ? stop : end) - at);
        input.texts[input.num_texts++] = expression_literal_string(input.arena, at, length);
        if (stop == NULL)
            break;
        at = stop + 1;
    }
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        call(&input, calls[i].name, calls[i].count);
    cast_to_everything(&input);
    arena_free(input.arena);
    time_zone_free(input.zone);

    struct error error;
    struct time_zone_rules *rules;
    if (time_zone_rules_parse(data, size, &rules, &error) == STATUS_OK) {
        int64_t from_s, until_s;
        (void)time_zone_rules_offset(rules, INT64_C(4000000000), &from_s, &until_s);
        (void)time_zone_rules_offset(rules, INT64_MIN / 2, &from_s, &until_s);
        time_zone_rules_free(rules);
    }
    return 0;
}
