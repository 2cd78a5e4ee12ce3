#include "common/base/orderly_end.h"

#include "common/base/check.h"

#include <signal.h>
#include <unistd.h>

/* In a signal's handler: no more than what may be called there. */
static void end_now(int number)
{
    static const char message[] = "the end in order takes too long: some work does not end, perhaps since a "
                                  "file system gives no answer; ending without it\n";
    (void)number;
    ssize_t written = write(STDERR_FILENO, message, sizeof message - 1);
    (void)written;
    _exit(EXIT_NOT_IN_ORDER);
}

void orderly_end_begin(void)
{
    struct sigaction action = {.sa_handler = end_now};
    sigset_t alarms;
    CHECK(sigaction(SIGALRM, &action, NULL) == 0);
    sigemptyset(&alarms);
    sigaddset(&alarms, SIGALRM);
    CHECK(pthread_sigmask(SIG_UNBLOCK, &alarms, NULL) == 0);
    alarm(ORDERLY_END_TIMEOUT_S);
}
