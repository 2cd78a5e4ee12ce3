#pragma once

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* Condition variables that are waited for with a deadline on the monotonic clock, which nobody sets. */
void timed_condition_init(pthread_cond_t *condition);
/* For pthread_cond_timedwait on such a condition: wait_ms (not negative) from now. */
struct timespec timed_condition_deadline(int64_t wait_ms);
