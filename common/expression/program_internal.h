#pragma once

#include "common/base/arena.h"
#include "common/columnar/record_batch.h"
#include "common/expression/function.h"

/*
 * A block is a straight list of instructions; instruction i writes register i. The arguments that only some
 * rows need stand in blocks of their own, run over those rows alone.
 */
enum opcode {
    OPCODE_COLUMN,
    OPCODE_LITERAL,
    OPCODE_CALL,
    OPCODE_AND,
    OPCODE_OR,
    OPCODE_CASE,
    OPCODE_COALESCE
};

struct block;

struct operand {
    uint32_t index;     /* register of the same block */
    struct block *lazy; /* when not NULL: its only root instead */
};

struct instruction {
    enum opcode opcode;
    struct data_type type;
    uint32_t column;                 /* COLUMN */
    struct vector *literal;          /* LITERAL: a constant of length 1, owned */
    const struct function *function; /* CALL */
    uint32_t num_operands;
    struct operand *operands;
};

struct block {
    uint32_t num_instructions;
    uint32_t num_roots;
    struct instruction *instructions;
    struct vector **registers; /* owned references while the block runs, else NULL */
    uint32_t *roots;           /* registers */
    struct block *next;        /* all blocks of the program */
};

/* What a block runs over: rows of a batch, all of them when rows is NULL. */
struct frame {
    const struct record_batch *batch;
    const uint32_t *rows;
    uint32_t num_rows;
    const struct expression_environment *environment;
};

struct block *block_compile(struct arena *arena, struct block **all, const struct expression *const *roots,
                            uint32_t num_roots);
/* Fills the registers; on failure they are empty again. */
enum status block_run(struct block *block, const struct frame *frame, struct error *error);
void block_clear(struct block *block);

/* Flat of frame->num_rows, or a constant (of any length). */
enum status instruction_call(const struct instruction *instruction, struct vector *const *registers,
                             const struct frame *frame, struct vector **ret_vector, struct error *error);
/* AND, OR, CASE, COALESCE. */
enum status instruction_branch(const struct instruction *instruction, struct vector *const *registers,
                               const struct frame *frame, struct vector **ret_vector, struct error *error);
