#include "common/plan/codec_internal.h"

#include "common/expression/function.h"

MESSAGE(DataType) * encode_type(struct arena *arena, struct data_type type)
{
    MESSAGE(DataType) *message = arena_alloc(arena, sizeof *message);
    frazil__job_graph__data_type__init(message);
    message->kind = type.kind;
    message->nullable = type.nullable;
    message->precision = type.precision;
    message->scale = type.scale;
    message->fixed_length = type.fixed_length;
    message->length = type.length;
    return message;
}

MESSAGE(Schema) * encode_schema(struct arena *arena, const struct schema *schema)
{
    MESSAGE(Schema) *message = arena_alloc(arena, sizeof *message);
    frazil__job_graph__schema__init(message);
    message->n_fields = schema->num_fields;
    message->fields = arena_calloc(arena, schema->num_fields + 1, sizeof *message->fields);
    for (uint32_t i = 0; i < schema->num_fields; i++) {
        MESSAGE(Field) *field = arena_alloc(arena, sizeof *field);
        frazil__job_graph__field__init(field);
        field->name = schema->fields[i].name;
        field->type = encode_type(arena, schema->fields[i].type);
        field->field_id = schema->fields[i].field_id;
        message->fields[i] = field;
    }
    return message;
}

MESSAGE(Property) * *encode_properties(struct arena *arena, const struct connector_properties *properties)
{
    MESSAGE(Property) **messages = arena_calloc(arena, properties->count + 1, sizeof *messages);
    for (size_t i = 0; i < properties->count; i++) {
        messages[i] = arena_alloc(arena, sizeof *messages[i]);
        frazil__job_graph__property__init(messages[i]);
        messages[i]->key = (char *)properties->items[i].key;
        messages[i]->value = (char *)properties->items[i].value;
    }
    return messages;
}

static ProtobufCBinaryData encode_value(const struct expression *literal)
{
    if (data_type_is_string(literal->type.kind)) {
        const struct string_value *text = literal->value;
        return (ProtobufCBinaryData){.data = (uint8_t *)text->data, .len = text->size};
    }
    return (ProtobufCBinaryData){.data = (uint8_t *)literal->value,
                                 .len = data_type_width(literal->type.kind)};
}

MESSAGE(ExpressionNode) * encode_expression_node(struct arena *arena, const struct expression *expression)
{
    MESSAGE(ExpressionNode) *message = arena_alloc(arena, sizeof *message);
    frazil__job_graph__expression_node__init(message);
    message->kind = expression->kind;
    message->type = encode_type(arena, expression->type);
    message->column = expression->column;
    message->num_arguments = expression->num_arguments;
    if (expression->kind == EXPRESSION_CALL)
        message->function = (char *)expression->function->name;
    message->has_value = expression->kind == EXPRESSION_LITERAL && expression->value != NULL;
    if (message->has_value)
        message->value = encode_value(expression);
    return message;
}

static size_t count_nodes(const struct expression *expression)
{
    size_t count = 1;
    for (uint32_t i = 0; i < expression->num_arguments; i++)
        count += count_nodes(expression->arguments[i]);
    return count;
}

static void append_nodes(struct arena *arena, const struct expression *expression,
                         MESSAGE(Expression) * message)
{
    for (uint32_t i = 0; i < expression->num_arguments; i++)
        append_nodes(arena, expression->arguments[i], message);
    message->nodes[message->n_nodes++] = encode_expression_node(arena, expression);
}

MESSAGE(Expression) * encode_expression(struct arena *arena, const struct expression *expression)
{
    MESSAGE(Expression) *message = arena_alloc(arena, sizeof *message);
    frazil__job_graph__expression__init(message);
    message->nodes = arena_calloc(arena, count_nodes(expression), sizeof *message->nodes);
    append_nodes(arena, expression, message);
    return message;
}
