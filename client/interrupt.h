#pragma once

#include <signal.h>
#include <stdbool.h>

/* Ctrl-C while a statement runs ends the statement, not the program: SIGINT waits until it is asked for. */
struct interrupt_hold {
    sigset_t mask_before;
};

void interrupt_hold(struct interrupt_hold *hold);
/* Forgets what came and was not asked for. */
void interrupt_release(const struct interrupt_hold *hold);
/* True once for each Ctrl-C that came. */
bool interrupt_came(void);
