#include "common/plan/codec_internal.h"

#include "common/columnar/vector.h"
#include "common/expression/functions/functions.h"
#include "common/expression/type_rules.h"

#include <string.h>

enum status decode_corrupt(const struct decoder *decoder, const char *what)
{
    return error_set(decoder->error, STATUS_CORRUPT, "The job graph does not hold together: %s.", what);
}

enum status decode_type(const struct decoder *decoder, const MESSAGE(DataType) * message,
                        struct data_type *ret_type)
{
    if (message == NULL || message->kind >= TYPE_KIND_COUNT)
        return decode_corrupt(decoder, "a type is missing or unknown");
    bool decimal = message->kind == TYPE_DECIMAL;
    if (message->precision > 38 || message->scale > message->precision ||
        (decimal && message->precision == 0))
        return decode_corrupt(decoder, "a type's precision or scale is out of bounds");
    *ret_type = (struct data_type){
        .kind = (enum type_kind)message->kind,
        .nullable = message->nullable,
        .precision = (uint8_t)message->precision,
        .scale = (uint8_t)message->scale,
        .fixed_length = message->fixed_length,
        .length = message->length,
    };
    return STATUS_OK;
}

enum status decode_schema(const struct decoder *decoder, const MESSAGE(Schema) * message,
                          const struct schema **ret_schema)
{
    if (message == NULL || message->n_fields > UINT16_MAX)
        return decode_corrupt(decoder, "a schema is missing or too wide");
    struct schema *schema = schema_create((uint32_t)message->n_fields);
    const struct schema *held = plan_job_graph_hold(decoder->graph, schema);
    for (size_t i = 0; i < message->n_fields; i++) {
        struct data_type type = data_type_of(TYPE_NULL);
        enum status status = decode_type(decoder, message->fields[i]->type, &type);
        schema_set_field(schema, (uint32_t)i, message->fields[i]->name, type);
        schema->fields[i].field_id = message->fields[i]->field_id;
        for (size_t rest = i + 1; status != STATUS_OK && rest < message->n_fields; rest++)
            schema_set_field(schema, (uint32_t)rest, "", type);
        if (status != STATUS_OK)
            return status;
    }
    *ret_schema = held;
    return STATUS_OK;
}

struct connector_properties decode_properties(const struct decoder *decoder, MESSAGE(Property) * *items,
                                              size_t count)
{
    struct arena *arena = decoder->graph->arena;
    struct connector_property *properties = arena_calloc(arena, count + 1, sizeof *properties);
    for (size_t i = 0; i < count; i++) {
        properties[i].key = arena_strdup(arena, items[i]->key);
        properties[i].value = arena_strdup(arena, items[i]->value);
    }
    return (struct connector_properties){.items = properties, .count = count};
}

enum status decode_literal(const struct decoder *decoder, const MESSAGE(ExpressionNode) * message,
                           const struct expression **ret_expression)
{
    struct data_type type;
    enum status status = decode_type(decoder, message->type, &type);
    if (status != STATUS_OK)
        return status;
    if (message->kind != EXPRESSION_LITERAL)
        return decode_corrupt(decoder, "a value is no literal");
    union {
        int128_t widest; /* for alignment */
        char bytes[sizeof(int128_t)];
        struct string_value text;
    } value;
    const void *given = NULL;
    if (message->has_value && data_type_is_string(type.kind)) {
        /* protobuf-c has no data for bytes of length 0. */
        const char *text = message->value.len == 0 ? "" : (const char *)message->value.data;
        value.text = string_value_of(text, message->value.len);
        given = &value.text;
    } else if (message->has_value) {
        if (type.kind == TYPE_NULL || message->value.len != data_type_width(type.kind))
            return decode_corrupt(decoder, "a literal's size is not that of its type");
        memcpy(value.bytes, message->value.data, message->value.len);
        given = value.bytes;
    }
    *ret_expression = expression_literal(decoder->graph->arena, type, given);
    return STATUS_OK;
}

/* What the kind demands of its arguments. */
static bool arguments_fit(const MESSAGE(ExpressionNode) * message, const struct function *function)
{
    switch ((enum expression_kind)message->kind) {
    case EXPRESSION_LITERAL:
    case EXPRESSION_COLUMN: return message->num_arguments == 0;
    case EXPRESSION_CALL:
        return function != NULL && message->num_arguments >= function->min_arguments &&
               (function->max_arguments == FUNCTION_VARIADIC ||
                message->num_arguments <= function->max_arguments);
    case EXPRESSION_CAST:
    case EXPRESSION_TRY_CAST: return message->num_arguments == 1;
    case EXPRESSION_AND:
    case EXPRESSION_OR: return message->num_arguments >= 2;
    case EXPRESSION_CASE: return message->num_arguments >= 3 && message->num_arguments % 2 == 1;
    case EXPRESSION_COALESCE: return message->num_arguments >= 1;
    }
    return false;
}

static bool result_holds(const struct expression *inferred, const struct expression *call)
{
    if (data_type_equal(inferred->type, call->type))
        return true;
    /* BIGINT % INT is an INT over two BIGINTs: the rest is smaller than the divisor was before its cast. */
    bool remainder = strcmp(call->function->name, "%") == 0 || strcmp(call->function->name, "MOD") == 0;
    return remainder && inferred->type.kind == TYPE_BIGINT && call->type.kind == TYPE_INT;
}

/* The kernel of a call trusts its argument types: they must be those that the function asks for. */
static bool call_holds(struct arena *arena, const struct expression *call)
{
    struct error ignored;
    const struct expression *inferred = NULL;
    if (function_call(arena, call->function->name, call->arguments, call->num_arguments, &inferred,
                      &ignored) != STATUS_OK)
        return false;
    if (inferred->kind != EXPRESSION_CALL || inferred->function != call->function ||
        !result_holds(inferred, call))
        return false;
    for (uint32_t i = 0; i < call->num_arguments; i++) {
        if (inferred->arguments[i] != call->arguments[i])
            return false;
    }
    return true;
}

static bool types_hold(struct arena *arena, const struct expression *expression)
{
    const struct expression *const *arguments = expression->arguments;
    uint32_t count = expression->num_arguments;
    switch (expression->kind) {
    case EXPRESSION_CALL: return call_holds(arena, expression);
    case EXPRESSION_CAST:
    case EXPRESSION_TRY_CAST: return type_supports_cast(arguments[0]->type, expression->type);
    case EXPRESSION_CASE:
        for (uint32_t i = 0; i < count; i++) {
            bool condition = i % 2 == 0 && i + 1 < count;
            if (condition ? arguments[i]->type.kind != TYPE_BOOLEAN
                          : !data_type_equal(arguments[i]->type, expression->type))
                return false;
        }
        return true;
    case EXPRESSION_AND:
    case EXPRESSION_OR:
    case EXPRESSION_COALESCE:
        for (uint32_t i = 0; i < count; i++) {
            if (!data_type_equal(arguments[i]->type, expression->type))
                return false;
        }
        return expression->kind == EXPRESSION_COALESCE || expression->type.kind == TYPE_BOOLEAN;
    case EXPRESSION_LITERAL:
    case EXPRESSION_COLUMN: break;
    }
    return true;
}

static enum status decode_operator(const struct decoder *decoder, const MESSAGE(ExpressionNode) * message,
                                   struct data_type type, const struct expression *const *arguments,
                                   const struct expression **ret_expression)
{
    struct arena *arena = decoder->graph->arena;
    const struct function *function =
        message->kind == EXPRESSION_CALL ? function_find(message->function) : NULL;
    if (!arguments_fit(message, function))
        return decode_corrupt(decoder, "an expression is malformed or of an unknown function");
    const struct expression *expression = expression_node(arena, (enum expression_kind)message->kind, type,
                                                          function, arguments, message->num_arguments);
    if (!types_hold(arena, expression))
        return error_set(decoder->error, STATUS_CORRUPT,
                         "The job graph does not hold together: the types of %s do not fit.",
                         function != NULL ? function->name : "a special form");
    *ret_expression = expression;
    return STATUS_OK;
}

static enum status decode_node(const struct decoder *decoder, const MESSAGE(ExpressionNode) * message,
                               const struct schema *input, const struct expression **stack, size_t *depth)
{
    struct arena *arena = decoder->graph->arena;
    if (message->kind >= EXPRESSION_KIND_COUNT || message->num_arguments > *depth)
        return decode_corrupt(decoder, "an expression is malformed");
    const struct expression *expression = NULL;
    struct data_type type;
    enum status status = decode_type(decoder, message->type, &type);
    if (status != STATUS_OK)
        return status;
    if (message->kind == EXPRESSION_LITERAL) {
        status = decode_literal(decoder, message, &expression);
    } else if (message->kind == EXPRESSION_COLUMN) {
        if (message->column >= input->num_fields ||
            !data_type_equal(input->fields[message->column].type, type))
            return decode_corrupt(decoder, "an expression reads a column that is not there");
        expression = expression_column(arena, message->column, type);
    } else {
        const struct expression *const *arguments = stack + *depth - message->num_arguments;
        status = decode_operator(decoder, message, type, arguments, &expression);
    }
    if (status != STATUS_OK)
        return status;
    *depth -= message->kind == EXPRESSION_LITERAL || message->kind == EXPRESSION_COLUMN
                  ? 0
                  : message->num_arguments;
    stack[(*depth)++] = expression;
    return STATUS_OK;
}

enum status decode_expression(const struct decoder *decoder, const MESSAGE(Expression) * message,
                              const struct schema *input, const struct expression **ret_expression)
{
    if (message == NULL || message->n_nodes == 0)
        return decode_corrupt(decoder, "an expression is missing");
    const struct expression **stack = arena_calloc(decoder->graph->arena, message->n_nodes, sizeof *stack);
    size_t depth = 0;
    for (size_t i = 0; i < message->n_nodes; i++) {
        enum status status = decode_node(decoder, message->nodes[i], input, stack, &depth);
        if (status != STATUS_OK)
            return status;
    }
    if (depth != 1)
        return decode_corrupt(decoder, "an expression has no single root");
    *ret_expression = stack[0];
    return STATUS_OK;
}
