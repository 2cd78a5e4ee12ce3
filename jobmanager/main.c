#include "common/base/open_files.h"
#include "common/base/orderly_end.h"
#include "jobmanager/jobmanager.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, EXIT_FENCED = 3 };

/* Each arena holds on to its peak: with one a worker, a long table history is paid for several times. */
enum { MALLOC_ARENAS = 1 };

/* The main thread waits for a signal; a jobmanager that cannot go on sends it one. */
struct process {
    struct process_context context;
    struct configuration *configuration;
    struct transport *transport;
    struct jobmanager *jobmanager;
};

static void on_failed(void *context, const struct error *error)
{
    (void)context;
    /* A fenced leader must have no effect any more, not even by an orderly end. */
    if (error->code == STATUS_FENCED)
        _exit(EXIT_FENCED);
    kill(getpid(), SIGUSR1);
}

static enum status start(struct process *process, int argc, char **argv, struct error *error)
{
    enum status status = failpoints_create(getenv("FRAZIL_FAILPOINTS"), &process->context.failpoints, error);
    process->configuration = configuration_create();
    if (status == STATUS_OK)
        status = configuration_load_arguments(process->configuration, argc, argv, error);
    if (status != STATUS_OK)
        return status;
    process->transport = nng_transport_create();
    status = jobmanager_create(&process->context, process->configuration, process->transport,
                               &process->jobmanager, error);
    if (status == STATUS_OK)
        jobmanager_on_failed(process->jobmanager, on_failed, process);
    return status;
}

static void stop(struct process *process)
{
    jobmanager_free(process->jobmanager);
    if (process->transport != NULL)
        transport_free(process->transport);
    configuration_free(process->configuration);
    failpoints_free(process->context.failpoints);
    logger_free(process->context.log);
}

int main(int argc, char **argv)
{
    mallopt(M_ARENA_MAX, MALLOC_ARENAS);
    open_files_raise_limit();
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);

    struct process process = {.context.clock = clock_system()};
    process.context.log = logger_create(STDERR_FILENO, LOG_INFO, process.context.clock);
    struct error error;
    if (start(&process, argc, argv, &error) != STATUS_OK) {
        fprintf(stderr, "jobmanager: %s\n", error.message);
        stop(&process);
        return EXIT_USAGE;
    }
    int number = 0;
    sigwait(&signals, &number);
    log_line(process.context.log, LOG_INFO, "jobmanager", "stopping signal=%d", number);
    orderly_end_begin();
    stop(&process);
    return number == SIGUSR1 ? EXIT_FAILURE : EXIT_SUCCESS;
}
