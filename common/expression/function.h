#pragma once

#include "common/columnar/vector.h"
#include "common/expression/expression.h"
#include "common/expression/time_zone.h"

/* What an evaluation may ask of the world. */
struct expression_environment {
    int64_t now_us;               /* wall clock, read once for each batch */
    const struct time_zone *zone; /* of the session, never NULL */
};

/*
 * One kernel call over dense rows. Arguments are flat vectors of num_rows, or constants. result is flat with
 * room for num_rows and its length set; for a strict function its validity is already the intersection of the
 * arguments', and a kernel clears more bits where it yields NULL. The values of null rows are unspecified:
 * a kernel neither fails on them nor follows their string pointers.
 */
struct kernel_call {
    const struct expression_environment *environment;
    struct vector *const *arguments;
    uint32_t num_arguments;
    uint32_t num_rows;
    struct vector *result;
};

typedef enum status function_kernel(const struct kernel_call *call, struct error *error);

/* What inference works on. A callback replaces argument types by those that it wants (the caller then adds
 * casts) and sets the result; whether the result is nullable is set by the caller after. */
struct function_types {
    const struct function *function;
    struct data_type *arguments;
    const struct expression *const *values; /* the arguments themselves, to look at literals; may be NULL */
    uint32_t num_arguments;
    struct data_type result;
};

typedef enum status function_infer_types(struct function_types *types, struct error *error);

enum function_flags {
    FUNCTION_CAN_FAIL = 1,         /* a call may end in an error: only made for rows that need it */
    FUNCTION_NULL_AWARE = 2,       /* not strict: the kernel sees nulls and sets validity by itself */
    FUNCTION_NONDETERMINISTIC = 4, /* depends on the environment's clock; constant within a batch */
    FUNCTION_NEVER_NULL = 8,       /* the result is never NULL */
    FUNCTION_MAY_BE_NULL = 16,     /* the result may be NULL though no argument is */
    FUNCTION_DIVIDES = 32,         /* fails where the second argument is zero, unless it is floating */
    FUNCTION_UNNAMED = 64,         /* what a form of the language means; nobody calls it by its name */
};

/* One SQL function or operator; entries are const and stand in functions/function_table.c. */
struct function {
    const char *name;   /* upper case; stable: plans refer to it */
    const char *symbol; /* how an operator is written in plans and messages, or NULL */
    uint8_t min_arguments;
    uint8_t max_arguments; /* FUNCTION_VARIADIC: any number */
    uint8_t flags;
    /* Without infer: the types of the arguments, the last one repeated, out of STRING INT BIGINT DOUBLE
     * BOOLEAN ANY, and of the result. */
    const char *parameters;
    enum type_kind result;
    function_infer_types *infer;
    function_kernel *kernel;
};
enum { FUNCTION_VARIADIC = 255 };
