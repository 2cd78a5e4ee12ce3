#include "common/expression/expression.h"

#include "common/base/check.h"
#include "common/expression/function.h"
#include "common/expression/type_rules.h"
#include "common/expression/value_format.h"

static uint32_t count_characters(const char *text, size_t size)
{
    uint32_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += ((uint8_t)text[i] & 0xC0) != 0x80;
    return count;
}

static struct expression *create(struct arena *arena, enum expression_kind kind, struct data_type type)
{
    struct expression *expression = arena_calloc(arena, 1, sizeof *expression);
    expression->kind = kind;
    expression->type = type;
    return expression;
}

const struct expression *expression_literal(struct arena *arena, struct data_type type, const void *value)
{
    struct expression *literal = create(arena, EXPRESSION_LITERAL, type);
    literal->type.nullable = value == NULL;
    if (value == NULL || type.kind == TYPE_NULL)
        return literal;
    if (data_type_is_string(type.kind)) {
        const struct string_value *text = value;
        struct string_value copy = string_value_of(arena_strndup(arena, text->data, text->size), text->size);
        literal->value = arena_dup(arena, &copy, sizeof copy);
    } else {
        literal->value = arena_dup(arena, value, data_type_width(type.kind));
    }
    return literal;
}

const struct expression *expression_literal_boolean(struct arena *arena, bool value)
{
    uint8_t byte = value;
    return expression_literal(arena, data_type_of(TYPE_BOOLEAN), &byte);
}

const struct expression *expression_literal_int(struct arena *arena, int32_t value)
{
    return expression_literal(arena, data_type_of(TYPE_INT), &value);
}

const struct expression *expression_literal_bigint(struct arena *arena, int64_t value)
{
    return expression_literal(arena, data_type_of(TYPE_BIGINT), &value);
}

const struct expression *expression_literal_string(struct arena *arena, const char *text, size_t size)
{
    struct data_type type = data_type_of(TYPE_STRING);
    type.fixed_length = true;
    type.length = count_characters(text, size);
    struct string_value value = string_value_of(text, size);
    return expression_literal(arena, type, &value);
}

const struct expression *expression_literal_null(struct arena *arena)
{
    return expression_literal(arena, data_type_of(TYPE_NULL), NULL);
}

const struct expression *expression_column(struct arena *arena, uint32_t column, struct data_type type)
{
    struct expression *expression = create(arena, EXPRESSION_COLUMN, type);
    expression->column = column;
    return expression;
}

static bool has_valid_shape(enum expression_kind kind, const struct function *function,
                            uint32_t num_arguments)
{
    switch (kind) {
    case EXPRESSION_LITERAL:
    case EXPRESSION_COLUMN: return false; /* they have makers of their own */
    case EXPRESSION_CALL: return function != NULL;
    case EXPRESSION_CAST:
    case EXPRESSION_TRY_CAST: return num_arguments == 1;
    case EXPRESSION_AND:
    case EXPRESSION_OR: return num_arguments >= 2;
    case EXPRESSION_CASE: return num_arguments >= 3 && num_arguments % 2 == 1;
    case EXPRESSION_COALESCE: return num_arguments >= 1;
    }
    return false;
}

const struct expression *expression_node(struct arena *arena, enum expression_kind kind,
                                         struct data_type type, const struct function *function,
                                         const struct expression *const *arguments, uint32_t num_arguments)
{
    CHECK(has_valid_shape(kind, function, num_arguments));
    struct expression *expression = create(arena, kind, type);
    expression->function = function;
    expression->num_arguments = num_arguments;
    expression->arguments = arena_dup(arena, arguments, num_arguments * sizeof *arguments);
    return expression;
}

enum status expression_cast(struct arena *arena, const struct expression *argument, struct data_type type,
                            bool try_cast, const struct expression **ret_expression, struct error *error)
{
    struct data_type from = argument->type;
    if (!type_supports_cast(from, type)) {
        struct buffer text = {0};
        buffer_append_text(&text, "Cast function cannot convert value of type ");
        data_type_format(data_type_not_null(from), &text);
        buffer_append_text(&text, " to type ");
        data_type_format(type, &text);
        enum status status = error_set(error, STATUS_INVALID_ARGUMENT, "%s", buffer_text(&text));
        buffer_free(&text);
        return status;
    }
    if (argument->kind == EXPRESSION_LITERAL && argument->value == NULL) {
        *ret_expression = expression_literal(arena, type, NULL);
        return STATUS_OK;
    }
    bool same_text = from.length == type.length && from.fixed_length == type.fixed_length;
    if (data_type_equal(from, type) && same_text) {
        *ret_expression = argument;
        return STATUS_OK;
    }
    type.nullable = from.nullable || try_cast || type.kind == TYPE_DECIMAL;
    *ret_expression =
        expression_node(arena, try_cast ? EXPRESSION_TRY_CAST : EXPRESSION_CAST, type, NULL, &argument, 1);
    return STATUS_OK;
}

static const struct expression *rebuild(struct arena *arena, const struct expression *expression,
                                        const uint32_t *map, const struct expression *const *replacements)
{
    if (expression->kind == EXPRESSION_COLUMN)
        return replacements != NULL ? replacements[expression->column]
                                    : expression_column(arena, map[expression->column], expression->type);
    bool changed = false;
    const struct expression **arguments = NULL;
    if (expression->num_arguments > 0)
        arguments = arena_alloc(arena, expression->num_arguments * sizeof(struct expression *));
    for (uint32_t i = 0; i < expression->num_arguments; i++) {
        arguments[i] = rebuild(arena, expression->arguments[i], map, replacements);
        changed |= arguments[i] != expression->arguments[i];
    }
    if (!changed)
        return expression;
    struct expression *copy = arena_dup(arena, expression, sizeof *expression);
    copy->arguments = arguments;
    return copy;
}

const struct expression *expression_map_columns(struct arena *arena, const struct expression *expression,
                                                const uint32_t *map)
{
    return rebuild(arena, expression, map, NULL);
}

const struct expression *expression_substitute(struct arena *arena, const struct expression *expression,
                                               const struct expression *const *replacements)
{
    return rebuild(arena, expression, NULL, replacements);
}

void expression_mark_columns(const struct expression *expression, bool *used)
{
    if (expression->kind == EXPRESSION_COLUMN)
        used[expression->column] = true;
    for (uint32_t i = 0; i < expression->num_arguments; i++)
        expression_mark_columns(expression->arguments[i], used);
}

static bool literal_equal(const struct expression *a, const struct expression *b)
{
    if (a->value == NULL || b->value == NULL)
        return a->value == b->value;
    if (data_type_is_string(a->type.kind))
        return string_value_equal(a->value, b->value);
    return memcmp(a->value, b->value, data_type_width(a->type.kind)) == 0;
}

bool expression_equal(const struct expression *a, const struct expression *b)
{
    if (a == b)
        return true;
    if (a->kind != b->kind || !data_type_equal(a->type, b->type) || a->type.length != b->type.length ||
        a->type.fixed_length != b->type.fixed_length || a->column != b->column ||
        a->function != b->function || a->num_arguments != b->num_arguments)
        return false;
    if (a->kind == EXPRESSION_LITERAL)
        return literal_equal(a, b);
    for (uint32_t i = 0; i < a->num_arguments; i++)
        if (!expression_equal(a->arguments[i], b->arguments[i]))
            return false;
    return true;
}

bool expression_is_deterministic(const struct expression *expression)
{
    if (expression->kind == EXPRESSION_CALL && (expression->function->flags & FUNCTION_NONDETERMINISTIC) != 0)
        return false;
    for (uint32_t i = 0; i < expression->num_arguments; i++)
        if (!expression_is_deterministic(expression->arguments[i]))
            return false;
    return true;
}

static bool is_nonzero_literal(const struct expression *expression)
{
    while (expression->kind == EXPRESSION_CAST && data_type_is_numeric(expression->arguments[0]->type.kind))
        expression = expression->arguments[0];
    if (expression->kind != EXPRESSION_LITERAL || expression->value == NULL)
        return false;
    static const int128_t zero = 0;
    return memcmp(expression->value, &zero, data_type_width(expression->type.kind)) != 0;
}

static bool call_can_fail(const struct expression *call)
{
    if ((call->function->flags & FUNCTION_CAN_FAIL) != 0)
        return true;
    if ((call->function->flags & FUNCTION_DIVIDES) == 0)
        return false;
    enum type_kind kind = call->arguments[1]->type.kind;
    return kind != TYPE_DOUBLE && kind != TYPE_FLOAT && !is_nonzero_literal(call->arguments[1]);
}

bool expression_can_fail(const struct expression *expression)
{
    if (expression->kind == EXPRESSION_CALL && call_can_fail(expression))
        return true;
    if (expression->kind == EXPRESSION_CAST &&
        type_cast_can_fail(expression->arguments[0]->type, expression->type))
        return true;
    for (uint32_t i = 0; i < expression->num_arguments; i++)
        if (expression_can_fail(expression->arguments[i]))
            return true;
    return false;
}

bool expression_is_constant(const struct expression *expression)
{
    if (expression->kind == EXPRESSION_COLUMN)
        return false;
    for (uint32_t i = 0; i < expression->num_arguments; i++)
        if (!expression_is_constant(expression->arguments[i]))
            return false;
    return true;
}

static void format_literal(const struct expression *literal, struct buffer *buffer)
{
    if (literal->value == NULL) {
        buffer_append_text(buffer, "null");
        return;
    }
    bool quoted = data_type_is_string(literal->type.kind);
    buffer_append_text(buffer, quoted ? "'" : "");
    value_format(VALUE_SQL, literal->type, literal->value, NULL, buffer);
    buffer_append_text(buffer, quoted ? "'" : "");
}

static const char *node_name(const struct expression *expression)
{
    switch (expression->kind) {
    case EXPRESSION_CALL:
        return expression->function->symbol != NULL ? expression->function->symbol
                                                    : expression->function->name;
    case EXPRESSION_CAST: return "CAST";
    case EXPRESSION_TRY_CAST: return "TRY_CAST";
    case EXPRESSION_AND: return "AND";
    case EXPRESSION_OR: return "OR";
    case EXPRESSION_CASE: return "CASE";
    case EXPRESSION_COALESCE: return "COALESCE";
    default: return "";
    }
}

void expression_format(const struct expression *expression, const struct schema *schema,
                       struct buffer *buffer)
{
    if (expression->kind == EXPRESSION_LITERAL) {
        format_literal(expression, buffer);
        return;
    }
    if (expression->kind == EXPRESSION_COLUMN) {
        if (schema != NULL && expression->column < schema->num_fields)
            buffer_append_text(buffer, schema->fields[expression->column].name);
        else
            buffer_printf(buffer, "$%u", expression->column);
        return;
    }
    buffer_printf(buffer, "%s(", node_name(expression));
    for (uint32_t i = 0; i < expression->num_arguments; i++) {
        buffer_append_text(buffer, i == 0 ? "" : ", ");
        expression_format(expression->arguments[i], schema, buffer);
    }
    if (expression->kind == EXPRESSION_CAST || expression->kind == EXPRESSION_TRY_CAST) {
        buffer_append_text(buffer, " AS ");
        struct data_type type = expression->type;
        type.nullable = true; /* so that NOT NULL is not written */
        data_type_format(type, buffer);
    }
    buffer_append_byte(buffer, ')');
}
