#include "common/base/check.h"
#include "common/base/open_files.h"
#include "common/base/orderly_end.h"
#include "common/base/process_context.h"
#include "common/config/configuration.h"
#include "common/transport/transport.h"
#include "taskmanager/taskmanager.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Few malloc arenas: each holds on to its peak, and a subtask is one thread. */
enum { MALLOC_ARENAS = 4 };

/* Batches and frames of some 100 KB come and go all the time. What they free is kept for the next ones: to
 * give it back to the kernel and to take it anew costs a page fault every 4 KiB. */
enum { MALLOC_MMAP_BYTES = 1 << 20, MALLOC_KEPT_BYTES = 8 << 20 };

/* Threads inherit the mask, so that the signals come to the main thread alone. */
static void block_signals(sigset_t *ret_signals)
{
    sigemptyset(ret_signals);
    sigaddset(ret_signals, SIGTERM);
    sigaddset(ret_signals, SIGINT);
    CHECK(pthread_sigmask(SIG_BLOCK, ret_signals, NULL) == 0);
    signal(SIGPIPE, SIG_IGN);
}

/* Who started the process starts it again; the jobmanager goes on without it meanwhile. */
static void end_now(void *context)
{
    (void)context;
    _exit(EXIT_NOT_IN_ORDER);
}

static enum status run(const struct process_context *process, const struct configuration *configuration,
                       const sigset_t *signals, struct error *error)
{
    struct transport *transport = nng_transport_create();
    struct taskmanager *taskmanager = NULL;
    enum status status = taskmanager_create(process, configuration, transport, &taskmanager, error);
    if (status == STATUS_OK)
        taskmanager_on_stuck(taskmanager, end_now, NULL);
    if (status == STATUS_OK)
        status = taskmanager_start(taskmanager, error);
    if (status == STATUS_OK) {
        log_line(process->log, LOG_INFO, "taskmanager", "started taskmanager %s, pid %d",
                 taskmanager_id(taskmanager), (int)getpid());
        int signal_number;
        CHECK(sigwait(signals, &signal_number) == 0);
        log_line(process->log, LOG_INFO, "taskmanager", "stopping on signal %d", signal_number);
        orderly_end_begin();
    }
    taskmanager_free(taskmanager);
    transport_free(transport);
    return status;
}

int main(int argc, char **argv)
{
    mallopt(M_ARENA_MAX, MALLOC_ARENAS);
    mallopt(M_MMAP_THRESHOLD, MALLOC_MMAP_BYTES);
    mallopt(M_TRIM_THRESHOLD, MALLOC_KEPT_BYTES);
    open_files_raise_limit();
    sigset_t signals;
    block_signals(&signals);
    struct process_context process = {.clock = clock_system()};
    process.log = logger_create(STDERR_FILENO, LOG_INFO, process.clock);
    struct configuration *configuration = configuration_create();
    struct error error;
    error_clear(&error);
    enum status status = failpoints_create(getenv("FRAZIL_FAILPOINTS"), &process.failpoints, &error);
    if (status == STATUS_OK)
        status = configuration_load_arguments(configuration, argc, argv, &error);
    if (status == STATUS_OK)
        status = run(&process, configuration, &signals, &error);
    if (status != STATUS_OK)
        log_line(process.log, LOG_ERROR, "taskmanager", "cannot run: %s", error.message);
    configuration_free(configuration);
    failpoints_free(process.failpoints);
    logger_free(process.log);
    return status == STATUS_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
