#include "common/base/check.h"
#include "common/expression/expression_program.h"
#include "common/expression/kernel.h"
#include "common/expression/program_internal.h"

struct builder {
    struct arena *arena;
    struct block **all;
    struct block *block;
    const struct expression **sources; /* of the block's instructions, to find equal subtrees */
    uint32_t capacity;
};

static uint32_t add_expression(struct builder *builder, const struct expression *expression);

static enum opcode opcode_of(enum expression_kind kind)
{
    switch (kind) {
    case EXPRESSION_LITERAL: return OPCODE_LITERAL;
    case EXPRESSION_COLUMN: return OPCODE_COLUMN;
    case EXPRESSION_CALL:
    case EXPRESSION_CAST:
    case EXPRESSION_TRY_CAST: return OPCODE_CALL;
    case EXPRESSION_AND: return OPCODE_AND;
    case EXPRESSION_OR: return OPCODE_OR;
    case EXPRESSION_CASE: return OPCODE_CASE;
    case EXPRESSION_COALESCE: return OPCODE_COALESCE;
    }
    CHECK(false);
    return OPCODE_CALL;
}

static const struct function *function_of(const struct expression *expression)
{
    if (expression->kind == EXPRESSION_CAST)
        return &cast_function;
    return expression->kind == EXPRESSION_TRY_CAST ? &try_cast_function : expression->function;
}

/* The first argument of a branching form is needed for every row; of the others only a failing one must be
 * kept from the rows that do not need it, the rest is cheaper without a selection. */
static bool is_lazy(const struct expression *expression, uint32_t argument)
{
    return opcode_of(expression->kind) >= OPCODE_AND && argument > 0 &&
           expression_can_fail(expression->arguments[argument]);
}

static struct operand *add_operands(struct builder *builder, const struct expression *expression)
{
    struct operand *operands = arena_calloc(builder->arena, expression->num_arguments, sizeof *operands);
    for (uint32_t i = 0; i < expression->num_arguments; i++) {
        if (is_lazy(expression, i))
            operands[i].lazy = block_compile(builder->arena, builder->all, &expression->arguments[i], 1);
        else
            operands[i].index = add_expression(builder, expression->arguments[i]);
    }
    return operands;
}

static uint32_t append_instruction(struct builder *builder, const struct expression *source,
                                   const struct instruction *instruction)
{
    struct block *block = builder->block;
    uint32_t count = block->num_instructions;
    if (count == builder->capacity) {
        uint32_t capacity = count == 0 ? 8 : count * 2;
        block->instructions = arena_grow(builder->arena, block->instructions, count * sizeof *instruction,
                                         capacity * sizeof *instruction);
        builder->sources = arena_grow(builder->arena, builder->sources, count * sizeof(struct expression *),
                                      capacity * sizeof(struct expression *));
        builder->capacity = capacity;
    }
    block->instructions[count] = *instruction;
    builder->sources[count] = source;
    return block->num_instructions++;
}

static uint32_t add_expression(struct builder *builder, const struct expression *expression)
{
    for (uint32_t i = 0; i < builder->block->num_instructions; i++)
        if (expression_equal(builder->sources[i], expression))
            return i;
    struct instruction instruction = {.opcode = opcode_of(expression->kind),
                                      .type = expression->type,
                                      .column = expression->column,
                                      .num_operands = expression->num_arguments};
    if (instruction.opcode == OPCODE_CALL)
        instruction.function = function_of(expression);
    if (instruction.opcode == OPCODE_LITERAL)
        instruction.literal = vector_create_constant(expression->type, expression->value, 1);
    instruction.operands = add_operands(builder, expression);
    return append_instruction(builder, expression, &instruction);
}

struct block *block_compile(struct arena *arena, struct block **all, const struct expression *const *roots,
                            uint32_t num_roots)
{
    struct block *block = arena_calloc(arena, 1, sizeof *block);
    struct builder builder = {.arena = arena, .all = all, .block = block};
    block->next = *all;
    *all = block;
    block->num_roots = num_roots;
    block->roots = arena_calloc(arena, num_roots, sizeof *block->roots);
    for (uint32_t i = 0; i < num_roots; i++)
        block->roots[i] = add_expression(&builder, roots[i]);
    block->registers = arena_calloc(arena, block->num_instructions, sizeof(struct vector *));
    return block;
}
