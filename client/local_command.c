#include "client/client_internal.h"
#include "client/local_session.h"

#include "common/base/open_files.h"
#include "common/base/process_context.h"
#include "common/transport/transport.h"
#include "jobmanager/jobmanager.h"
#include "taskmanager/taskmanager.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LEAD_DEADLINE_MS = 10000 };

/* A whole cluster inside this process: one jobmanager, one taskmanager, over inproc. Everything it writes for
 * itself is in one folder that goes with it. */
struct local_cluster {
    struct process_context process;
    struct configuration *configuration;
    struct transport *transport;
    struct jobmanager *jobmanager;
    struct taskmanager *taskmanager;
    char folder[64];
};

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info, (void)kind, (void)place;
    return remove(path);
}

static void set_default(struct configuration *configuration, const char *key, const char *value)
{
    if (configuration_text(configuration, key, NULL) == NULL)
        configuration_set(configuration, key, value);
}

static void configure(struct local_cluster *cluster, const struct client_options *options)
{
    cluster->configuration = configuration_copy(options->variables);
    char text[128];
    snprintf(text, sizeof text, "inproc://frazil-%d", (int)getpid());
    configuration_set(cluster->configuration, "jobmanager.rpc.address", text);
    snprintf(text, sizeof text, "inproc://frazil-%d-taskmanager", (int)getpid());
    configuration_set(cluster->configuration, "taskmanager.host", text);
    configuration_set(cluster->configuration, "rest.enabled", "false");
    snprintf(text, sizeof text, "file://%s/ha", cluster->folder);
    configuration_set(cluster->configuration, "high-availability.storageDir", text);
    snprintf(text, sizeof text, "file://%s/checkpoints", cluster->folder);
    set_default(cluster->configuration, "execution.checkpointing.dir", text);
    set_default(cluster->configuration, "taskmanager.numberOfTaskSlots", "8");
}

static enum status start(struct local_cluster *cluster, struct error *error)
{
    enum status status = failpoints_create(getenv("FRAZIL_FAILPOINTS"), &cluster->process.failpoints, error);
    if (status != STATUS_OK)
        return status;
    cluster->transport = nng_transport_create();
    status = jobmanager_create(&cluster->process, cluster->configuration, cluster->transport,
                               &cluster->jobmanager, error);
    if (status == STATUS_OK)
        status = jobmanager_wait_leading(cluster->jobmanager, LEAD_DEADLINE_MS, error);
    if (status == STATUS_OK)
        status = taskmanager_create(&cluster->process, cluster->configuration, cluster->transport,
                                    &cluster->taskmanager, error);
    if (status == STATUS_OK)
        status = taskmanager_start(cluster->taskmanager, error);
    return status;
}

static void stop(struct local_cluster *cluster)
{
    taskmanager_free(cluster->taskmanager);
    jobmanager_free(cluster->jobmanager);
    transport_free(cluster->transport);
    configuration_free(cluster->configuration);
    failpoints_free(cluster->process.failpoints);
    logger_free(cluster->process.log);
    nftw(cluster->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static enum status run(struct local_cluster *cluster, const struct client_options *options,
                       struct error *error)
{
    struct sql_session *session;
    enum status status = local_session_open(jobmanager_gateway(cluster->jobmanager), &session, error);
    if (status != STATUS_OK)
        return status;
    status = script_run_file(session, options->script, options->variables, stdout, error);
    session->ops->free(session);
    return status;
}

int local_command(const struct client_options *options)
{
    struct local_cluster cluster = {.process.clock = clock_system()};
    const char *root = getenv("TMPDIR");
    snprintf(cluster.folder, sizeof cluster.folder, "%.40s/frazil-XXXXXX", root != NULL ? root : "/tmp");
    if (mkdtemp(cluster.folder) == NULL) {
        fprintf(stderr, "frazil: cannot make a folder in %s\n", root != NULL ? root : "/tmp");
        return 1;
    }
    if (getenv("FRAZIL_LOG") != NULL) /* what fails is shown as the statement's error */
        cluster.process.log = logger_create(STDERR_FILENO, LOG_INFO, cluster.process.clock);
    open_files_raise_limit();
    configure(&cluster, options);
    struct error error;
    enum status status = start(&cluster, &error);
    if (status == STATUS_OK)
        status = run(&cluster, options, &error);
    if (status != STATUS_OK)
        client_print_error(&error);
    stop(&cluster);
    return status == STATUS_OK ? 0 : 1;
}
