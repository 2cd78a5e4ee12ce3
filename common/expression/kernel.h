#pragma once

#include "common/base/check.h"
#include "common/expression/function.h"

/*
 * Loops for kernels. With one argument a constant only comes with a single row, so that a plain index serves
 * it too; with two, three loops keep the constant out of the inner one.
 */
#define KERNEL_UNARY(call, in_type, out_type, expression)                                                    \
    do {                                                                                                     \
        const in_type *in_ = (call)->arguments[0]->values;                                                   \
        out_type *out_ = (call)->result->values;                                                             \
        for (uint32_t row_ = 0; row_ < (call)->num_rows; row_++) {                                           \
            const in_type a = in_[row_];                                                                     \
            out_[row_] = (expression);                                                                       \
        }                                                                                                    \
    } while (0)

#define KERNEL_BINARY(call, a_type, b_type, out_type, expression)                                            \
    do {                                                                                                     \
        const a_type *a_ = (call)->arguments[0]->values;                                                     \
        const b_type *b_ = (call)->arguments[1]->values;                                                     \
        out_type *out_ = (call)->result->values;                                                             \
        if ((call)->arguments[1]->encoding == VECTOR_CONSTANT) {                                             \
            const b_type b = b_[0];                                                                          \
            for (uint32_t row_ = 0; row_ < (call)->num_rows; row_++) {                                       \
                const a_type a = a_[row_];                                                                   \
                out_[row_] = (expression);                                                                   \
            }                                                                                                \
        } else if ((call)->arguments[0]->encoding == VECTOR_CONSTANT) {                                      \
            const a_type a = a_[0];                                                                          \
            for (uint32_t row_ = 0; row_ < (call)->num_rows; row_++) {                                       \
                const b_type b = b_[row_];                                                                   \
                out_[row_] = (expression);                                                                   \
            }                                                                                                \
        } else {                                                                                             \
            for (uint32_t row_ = 0; row_ < (call)->num_rows; row_++) {                                       \
                const a_type a = a_[row_];                                                                   \
                const b_type b = b_[row_];                                                                   \
                out_[row_] = (expression);                                                                   \
            }                                                                                                \
        }                                                                                                    \
    } while (0)

/* Physical row of an argument: 0 when it is constant. */
static inline uint32_t kernel_row(const struct vector *argument, uint32_t row)
{
    return argument->encoding == VECTOR_CONSTANT ? 0 : row;
}

static inline const struct string_value *kernel_string(const struct kernel_call *call, uint32_t argument,
                                                       uint32_t row)
{
    const struct vector *vector = call->arguments[argument];
    return (const struct string_value *)vector->values + kernel_row(vector, row);
}

static inline int32_t kernel_int(const struct kernel_call *call, uint32_t argument, uint32_t row)
{
    const struct vector *vector = call->arguments[argument];
    return ((const int32_t *)vector->values)[kernel_row(vector, row)];
}

static inline int64_t kernel_bigint(const struct kernel_call *call, uint32_t argument, uint32_t row)
{
    const struct vector *vector = call->arguments[argument];
    return ((const int64_t *)vector->values)[kernel_row(vector, row)];
}

/* For a strict function: whether the row has a result at all. */
static inline bool kernel_is_live(const struct kernel_call *call, uint32_t row)
{
    return call->result->validity == NULL || validity_is_set(call->result->validity, row);
}

/* text may be NULL when size is 0: an empty buffer. */
static inline void kernel_set_string(const struct kernel_call *call, uint32_t row, const char *text,
                                     size_t size)
{
    ((struct string_value *)call->result->values)[row] =
        string_heap_add(vector_ensure_heap(call->result), size == 0 ? "" : text, size);
}

/* Lets views of the result point into the text of an argument. */
static inline void kernel_share_text(const struct kernel_call *call, uint32_t argument)
{
    string_heap_keep(vector_ensure_heap(call->result), call->arguments[argument]->heap);
}

/* CAST and TRY_CAST as entries, so that they run as any other call; not found by name. */
extern const struct function cast_function;
extern const struct function try_cast_function;
