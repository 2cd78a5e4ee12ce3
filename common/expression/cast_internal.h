#pragma once

#include "common/expression/kernel.h"

/* The families of casts; each takes the call of the cast. None fails but those from STRING. */
void cast_number(const struct kernel_call *call);   /* numbers and BOOLEAN among each other */
void cast_temporal(const struct kernel_call *call); /* DATE, TIMESTAMP, TIMESTAMP_LTZ among each other */
void cast_to_string(const struct kernel_call *call);
void cast_string_length(const struct kernel_call *call); /* STRING to STRING, BYTES to BYTES */
/* With try_cast, NULL instead of the error. */
enum status cast_from_string(const struct kernel_call *call, bool try_cast, struct error *error);
