#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/expression/program_internal.h"

#include <stdlib.h>

static bool is_strict(const struct function *function)
{
    return (function->flags & FUNCTION_NULL_AWARE) == 0;
}

static bool cannot_fail(const struct instruction *instruction)
{
    return (instruction->function->flags & (FUNCTION_CAN_FAIL | FUNCTION_DIVIDES)) == 0;
}

static void intersect_validity(struct vector *result, const struct vector *argument)
{
    if (argument->validity == NULL || argument->encoding == VECTOR_CONSTANT)
        return;
    size_t words = validity_words(result->length);
    if (result->validity == NULL) {
        memcpy(vector_ensure_validity(result), argument->validity, words * sizeof(uint64_t));
        return;
    }
    for (size_t i = 0; i < words; i++)
        result->validity[i] &= argument->validity[i];
}

/* The kernel over num_rows rows; arguments are flat of that length or constants. */
static enum status run_kernel(const struct instruction *instruction, struct vector *const *arguments,
                              uint32_t num_rows, const struct frame *frame, struct vector **ret_vector,
                              struct error *error)
{
    struct vector *result = vector_create(instruction->type, num_rows);
    result->length = num_rows;
    if (is_strict(instruction->function))
        for (uint32_t i = 0; i < instruction->num_operands; i++)
            intersect_validity(result, arguments[i]);
    struct kernel_call call = {.environment = frame->environment,
                               .arguments = arguments,
                               .num_arguments = instruction->num_operands,
                               .num_rows = num_rows,
                               .result = result};
    enum status status = instruction->function->kernel(&call, error);
    if (status != STATUS_OK) {
        vector_unref(result);
        return status;
    }
    *ret_vector = result;
    return STATUS_OK;
}

static enum status run_constant(const struct instruction *instruction, struct vector *const *arguments,
                                const struct frame *frame, struct vector **ret_vector, struct error *error)
{
    struct vector *result;
    enum status status = run_kernel(instruction, arguments, 1, frame, &result, error);
    if (status != STATUS_OK)
        return status;
    result->encoding = VECTOR_CONSTANT;
    *ret_vector = result;
    return STATUS_OK;
}

/* Works on the distinct values alone, and looks the rows up in the result. */
static enum status run_dictionary(const struct instruction *instruction, struct vector **arguments,
                                  uint32_t position, const struct frame *frame, struct vector **ret_vector,
                                  struct error *error)
{
    struct vector *encoded = arguments[position];
    struct vector *distinct;
    arguments[position] = encoded->dictionary;
    enum status status =
        run_kernel(instruction, arguments, encoded->dictionary->length, frame, &distinct, error);
    arguments[position] = encoded;
    if (status != STATUS_OK)
        return status;
    struct vector *result;
    if (data_type_is_string(instruction->type.kind) && distinct->validity == NULL) {
        result = vector_create_dictionary(vector_ref(distinct), frame->num_rows);
        memcpy(result->indices, encoded->indices, frame->num_rows * sizeof *result->indices);
    } else {
        result = vector_gather(distinct, encoded->indices, frame->num_rows);
    }
    vector_unref(distinct);
    intersect_validity(result, encoded);
    *ret_vector = result;
    return STATUS_OK;
}

/* What the arguments of a call look like. */
struct argument_shape {
    uint32_t constants;
    uint32_t dictionaries;
    uint32_t dictionary; /* position of the last one */
    bool null_constant;
};

static struct argument_shape shape_of(struct vector *const *arguments, uint32_t count)
{
    struct argument_shape shape = {0};
    for (uint32_t i = 0; i < count; i++) {
        if (arguments[i]->encoding == VECTOR_CONSTANT) {
            shape.constants++;
            shape.null_constant |= vector_is_null(arguments[i], 0);
        } else if (arguments[i]->encoding == VECTOR_DICTIONARY) {
            shape.dictionaries++;
            shape.dictionary = i;
        }
    }
    return shape;
}

static enum status run_flat(const struct instruction *instruction, struct vector **arguments,
                            const struct frame *frame, struct vector **ret_vector, struct error *error)
{
    uint32_t count = instruction->num_operands;
    for (uint32_t i = 0; i < count; i++)
        arguments[i] = arguments[i]->encoding == VECTOR_DICTIONARY ? vector_flatten(arguments[i])
                                                                   : vector_ref(arguments[i]);
    enum status status = run_kernel(instruction, arguments, frame->num_rows, frame, ret_vector, error);
    for (uint32_t i = 0; i < count; i++)
        vector_unref(arguments[i]);
    return status;
}

enum status instruction_call(const struct instruction *instruction, struct vector *const *registers,
                             const struct frame *frame, struct vector **ret_vector, struct error *error)
{
    enum { FEW = 8 };
    struct vector *few[FEW];
    uint32_t count = instruction->num_operands;
    struct vector **arguments = count <= FEW ? few : mem_alloc(count * sizeof *arguments);
    for (uint32_t i = 0; i < count; i++)
        arguments[i] = registers[instruction->operands[i].index];
    struct argument_shape shape = shape_of(arguments, count);
    enum status status = STATUS_OK;
    if (is_strict(instruction->function) && shape.null_constant)
        *ret_vector = vector_create_constant(instruction->type, NULL, 1);
    else if (shape.constants == count)
        status = run_constant(instruction, arguments, frame, ret_vector, error);
    else if (shape.dictionaries == 1 && shape.constants == count - 1 && is_strict(instruction->function) &&
             cannot_fail(instruction) && arguments[shape.dictionary]->dictionary->length < frame->num_rows)
        status = run_dictionary(instruction, arguments, shape.dictionary, frame, ret_vector, error);
    else
        status = run_flat(instruction, arguments, frame, ret_vector, error);
    if (arguments != few)
        free(arguments);
    return status;
}
