#pragma once

#include "common/expression/functions/functions.h"

/* What a call is made of while it is built. */
struct call_builder {
    struct arena *arena;
    const char *name;
    const struct expression *const *arguments;
    uint32_t num_arguments;
};

typedef enum status build_form(const struct call_builder *call, const struct expression **ret_expression,
                               struct error *error);

/* Names that are no entries of the function table but made of expression kinds or other functions. */
struct special_form {
    const char *name;
    build_form *build;
};

const struct special_form *special_form_find(const char *name);
const struct special_form *special_form_table(uint32_t *ret_count);
/* "Invalid number of arguments to function 'X'. Was expecting 2 arguments, got 3" */
enum status refuse_argument_count(const char *name, const char *wanted, uint32_t given, struct error *error);
