#include "common/expression/expression_program.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/expression/program_internal.h"
#include "common/expression/truth.h"

#include <stdlib.h>

struct expression_program {
    struct arena *arena;
    struct block *block;  /* the roots */
    struct block *blocks; /* all, linked by next */
    struct clock clock;
    const struct time_zone *zone;
    bool is_pick; /* every root is a bare column */
};

enum { ARENA_BLOCK_BYTES = 2048 };

/* The trees as they are. */
static struct expression_program *compile_plain(const struct expression *const *roots, uint32_t num_roots,
                                                struct clock clock, const struct time_zone *zone)
{
    CHECK(zone != NULL);
    struct expression_program *program = mem_calloc(1, sizeof *program);
    program->arena = arena_create(ARENA_BLOCK_BYTES);
    program->clock = clock;
    program->zone = zone;
    program->block = block_compile(program->arena, &program->blocks, roots, num_roots);
    program->is_pick = true;
    for (uint32_t i = 0; i < num_roots; i++)
        program->is_pick &= roots[i]->kind == EXPRESSION_COLUMN;
    return program;
}

static enum status evaluate_plain(struct arena *arena, const struct expression *expression,
                                  struct clock clock, const struct time_zone *zone,
                                  const struct expression **ret_literal, struct error *error)
{
    struct expression_program *program = compile_plain(&expression, 1, clock, zone);
    struct schema *schema = schema_create(0);
    struct record_batch *batch = record_batch_create(schema, 1);
    struct vector *vector;
    enum status status = expression_program_evaluate(program, batch, &vector, error);
    if (status == STATUS_OK) {
        const void *value = vector_is_null(vector, 0) ? NULL : vector_value(vector, 0);
        *ret_literal = expression_literal(arena, expression->type, value);
        vector_unref(vector);
    }
    record_batch_free(batch);
    schema_unref(schema);
    expression_program_free(program);
    return status;
}

/* Replaces what is constant by its value. What fails stays: it is an error only when a row needs it. */
static const struct expression *fold(struct arena *arena, const struct expression *expression,
                                     struct clock clock, const struct time_zone *zone)
{
    if (expression->num_arguments == 0)
        return expression;
    struct error error;
    const struct expression *literal;
    if (expression_is_constant(expression) && expression_is_deterministic(expression) &&
        evaluate_plain(arena, expression, clock, zone, &literal, &error) == STATUS_OK)
        return literal;
    const struct expression **arguments = arena_alloc(arena, expression->num_arguments * sizeof *arguments);
    for (uint32_t i = 0; i < expression->num_arguments; i++)
        arguments[i] = fold(arena, expression->arguments[i], clock, zone);
    return expression_node(arena, expression->kind, expression->type, expression->function, arguments,
                           expression->num_arguments);
}

struct expression_program *expression_program_compile(const struct expression *const *roots,
                                                      uint32_t num_roots, struct clock clock,
                                                      const struct time_zone *zone)
{
    struct arena *arena = arena_create(ARENA_BLOCK_BYTES);
    const struct expression **folded = arena_alloc(arena, (num_roots + 1) * sizeof *folded);
    for (uint32_t i = 0; i < num_roots; i++)
        folded[i] = fold(arena, roots[i], clock, zone);
    struct expression_program *program = compile_plain(folded, num_roots, clock, zone);
    arena_free(arena);
    return program;
}

void expression_program_free(struct expression_program *program)
{
    if (program == NULL)
        return;
    for (struct block *block = program->blocks; block != NULL; block = block->next)
        for (uint32_t i = 0; i < block->num_instructions; i++)
            vector_unref(block->instructions[i].literal);
    arena_free(program->arena);
    free(program);
}

static struct vector *load_column(const struct instruction *instruction, const struct frame *frame)
{
    CHECK(instruction->column < frame->batch->schema->num_fields);
    struct vector *column = frame->batch->columns[instruction->column];
    if (column->type.kind == TYPE_NULL)
        return vector_create_constant(instruction->type, NULL, 1);
    CHECK(column->type.kind == instruction->type.kind);
    if (frame->rows == NULL)
        return vector_ref(column);
    return vector_gather(column, frame->rows, frame->num_rows);
}

static enum status run_instruction(const struct instruction *instruction, struct vector *const *registers,
                                   const struct frame *frame, struct vector **ret_vector, struct error *error)
{
    switch (instruction->opcode) {
    case OPCODE_COLUMN: *ret_vector = load_column(instruction, frame); return STATUS_OK;
    case OPCODE_LITERAL: *ret_vector = vector_ref(instruction->literal); return STATUS_OK;
    case OPCODE_CALL: return instruction_call(instruction, registers, frame, ret_vector, error);
    default: return instruction_branch(instruction, registers, frame, ret_vector, error);
    }
}

void block_clear(struct block *block)
{
    for (uint32_t i = 0; i < block->num_instructions; i++) {
        vector_unref(block->registers[i]);
        block->registers[i] = NULL;
    }
}

enum status block_run(struct block *block, const struct frame *frame, struct error *error)
{
    for (uint32_t i = 0; i < block->num_instructions; i++) {
        enum status status =
            run_instruction(&block->instructions[i], block->registers, frame, &block->registers[i], error);
        if (status != STATUS_OK) {
            block_clear(block);
            return status;
        }
    }
    return STATUS_OK;
}

/* Without rows nothing is evaluated, so that nothing can fail. */
static void empty_columns(const struct expression_program *program, struct vector **ret_columns)
{
    const struct block *block = program->block;
    for (uint32_t i = 0; i < block->num_roots; i++)
        ret_columns[i] = vector_create(block->instructions[block->roots[i]].type, 0);
}

static struct vector *root_column(const struct block *block, uint32_t root, uint32_t num_rows)
{
    struct vector *vector = block->registers[block->roots[root]];
    if (vector->length == num_rows)
        return vector_ref(vector);
    CHECK(vector->encoding == VECTOR_CONSTANT);
    return vector_gather(vector, NULL, num_rows);
}

static enum status run(struct expression_program *program, const struct record_batch *batch,
                       const uint32_t *rows, uint32_t num_rows, struct error *error)
{
    struct expression_environment environment = {.now_us = clock_wall_us(&program->clock),
                                                 .zone = program->zone};
    struct frame frame = {.batch = batch, .rows = rows, .num_rows = num_rows, .environment = &environment};
    return block_run(program->block, &frame, error);
}

enum status expression_program_evaluate_rows(struct expression_program *program,
                                             const struct record_batch *batch, const uint32_t *rows,
                                             uint32_t num_rows, struct vector **ret_columns,
                                             struct error *error)
{
    struct block *block = program->block;
    CHECK(rows != NULL || num_rows == batch->num_rows);
    if (num_rows == 0 && !program->is_pick) {
        empty_columns(program, ret_columns);
        return STATUS_OK;
    }
    enum status status = run(program, batch, rows, num_rows, error);
    if (status != STATUS_OK)
        return status;
    for (uint32_t i = 0; i < block->num_roots; i++)
        ret_columns[i] = root_column(block, i, num_rows);
    block_clear(block);
    return STATUS_OK;
}

enum status expression_program_evaluate(struct expression_program *program, const struct record_batch *batch,
                                        struct vector **ret_columns, struct error *error)
{
    return expression_program_evaluate_rows(program, batch, NULL, batch->num_rows, ret_columns, error);
}

enum status expression_program_filter(struct expression_program *program, const struct record_batch *batch,
                                      uint32_t *ret_rows, uint32_t *ret_count, struct error *error)
{
    struct block *block = program->block;
    CHECK(block->num_roots == 1);
    if (batch->num_rows == 0) {
        *ret_count = 0;
        return STATUS_OK;
    }
    enum status status = run(program, batch, NULL, batch->num_rows, error);
    if (status != STATUS_OK)
        return status;
    size_t words = validity_words(batch->num_rows);
    uint64_t *bits = mem_alloc(words * 2 * sizeof *bits);
    truth_of_vector(block->registers[block->roots[0]], batch->num_rows, bits, bits + words);
    *ret_count = truth_rows(bits, batch->num_rows, ret_rows);
    free(bits);
    block_clear(block);
    return STATUS_OK;
}

enum status expression_evaluate_constant(struct arena *arena, const struct expression *expression,
                                         struct clock clock, const struct time_zone *zone,
                                         const struct expression **ret_literal, struct error *error)
{
    CHECK(expression_is_constant(expression));
    return evaluate_plain(arena, expression, clock, zone, ret_literal, error);
}
