#include "client/interrupt.h"

#include <stddef.h>
#include <time.h>

static sigset_t interrupts(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    return set;
}

void interrupt_hold(struct interrupt_hold *hold)
{
    sigset_t set = interrupts();
    sigprocmask(SIG_BLOCK, &set, &hold->mask_before);
}

bool interrupt_came(void)
{
    sigset_t set = interrupts();
    return sigtimedwait(&set, NULL, &(struct timespec){0}) == SIGINT;
}

void interrupt_release(const struct interrupt_hold *hold)
{
    while (interrupt_came())
        continue;
    sigprocmask(SIG_SETMASK, &hold->mask_before, NULL);
}
