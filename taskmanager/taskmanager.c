#include "taskmanager/taskmanager.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/random.h"
#include "taskmanager/taskexecutor/task_environment.h"
#include "taskmanager/taskexecutor/task_executor.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct taskmanager {
    struct task_executor *executor;
};

/* What the configuration says, checked. */
struct settings {
    int64_t num_slots;
    int64_t rpc_port;
    int64_t data_port;
    bool compresses_data;
    int64_t jobmanager_port;
    int64_t heartbeat_interval_ms;
    int64_t heartbeat_timeout_ms;
    int64_t cancellation_timeout_ms;
    const char *host;
    const char *bind_host;
    const char *jobmanager_host;
    const char *folder;
    const char *temporary_folder;
    uint64_t managed_memory_bytes;
    enum state_backend_kind state_backend;
    bool recovers_locally;
};

static enum status read_state_settings(const struct configuration *configuration, struct settings *settings,
                                       struct error *error)
{
    const uint64_t default_bytes = UINT64_C(512) << 20;
    const char *backend = configuration_text(configuration, "state.backend.type", "rocksdb");
    settings->temporary_folder = configuration_text(configuration, "io.tmp.dirs", "/tmp");
    if (strpbrk(settings->temporary_folder, ",:|") != NULL)
        return error_set(error, STATUS_INVALID_ARGUMENT, "io.tmp.dirs is one folder, not a list: '%s'",
                         settings->temporary_folder);
    if (!task_environment_find_backend(backend, &settings->state_backend))
        return error_set(error, STATUS_INVALID_ARGUMENT, "state.backend.type is rocksdb or hashmap, not '%s'",
                         backend);
    enum status status = configuration_memory_bytes(configuration, "taskmanager.memory.managed.size",
                                                    default_bytes, &settings->managed_memory_bytes, error);
    if (status == STATUS_OK)
        status = configuration_boolean(configuration, "execution.state-recovery.from-local", true,
                                       &settings->recovers_locally, error);
    return status;
}

static enum status read_codec(const struct configuration *configuration, struct settings *settings,
                              struct error *error)
{
    const char *codec = configuration_text(configuration, "taskmanager.network.compression.codec", "NONE");
    settings->compresses_data = strcasecmp(codec, "LZ4") == 0;
    if (!settings->compresses_data && strcasecmp(codec, "NONE") != 0)
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "taskmanager.network.compression.codec is NONE or LZ4, not '%s'", codec);
    return STATUS_OK;
}

static enum status read_settings(const struct configuration *configuration, struct settings *settings,
                                 struct error *error)
{
    enum { SLOTS_MAX = 1024, PORT_MAX = 65535, JOBMANAGER_PORT = 6123 };
    settings->host = configuration_text(configuration, "taskmanager.host", "127.0.0.1");
    settings->bind_host = configuration_text(configuration, "taskmanager.bind-host", settings->host);
    settings->jobmanager_host = configuration_text(configuration, "jobmanager.rpc.address", "127.0.0.1");
    settings->folder = configuration_text(configuration, "high-availability.storageDir", NULL);
    enum status status = configuration_integer(configuration, "taskmanager.numberOfTaskSlots", 1, 1,
                                               SLOTS_MAX, &settings->num_slots, error);
    if (status == STATUS_OK)
        status = configuration_integer(configuration, "taskmanager.rpc.port", 0, 0, PORT_MAX,
                                       &settings->rpc_port, error);
    if (status == STATUS_OK)
        status = configuration_integer(configuration, "taskmanager.data.port", 0, 0, PORT_MAX,
                                       &settings->data_port, error);
    if (status == STATUS_OK)
        status = configuration_integer(configuration, "jobmanager.rpc.port", JOBMANAGER_PORT, 1, PORT_MAX,
                                       &settings->jobmanager_port, error);
    if (status == STATUS_OK)
        status = configuration_duration_ms(configuration, "heartbeat.interval", 1000,
                                           &settings->heartbeat_interval_ms, error);
    if (status == STATUS_OK)
        status = configuration_duration_ms(configuration, "heartbeat.timeout", 5000,
                                           &settings->heartbeat_timeout_ms, error);
    if (status == STATUS_OK)
        status = configuration_duration_ms(configuration, "task.cancellation.timeout", 30000,
                                           &settings->cancellation_timeout_ms, error);
    if (status == STATUS_OK)
        status = read_codec(configuration, settings, error);
    if (status == STATUS_OK)
        status = read_state_settings(configuration, settings, error);
    if (status == STATUS_OK && (settings->heartbeat_interval_ms < 1 ||
                                settings->heartbeat_timeout_ms <= settings->heartbeat_interval_ms))
        return error_set(error, STATUS_INVALID_ARGUMENT,
                         "heartbeat.timeout must be longer than heartbeat.interval, which must be positive");
    return status;
}

/* host may be a whole address. */
static void append_address(struct buffer *address, const char *host, int64_t port)
{
    if (strstr(host, "://") != NULL)
        buffer_append_text(address, host);
    else
        buffer_printf(address, "tcp://%s:%" PRId64, host, port);
}

static void append_name_of_its_own(struct buffer *address)
{
    struct uuid uuid = uuid_generate();
    char name[UUID_TEXT_BYTES];
    uuid_format(&uuid, name);
    buffer_printf(address, "inproc://taskmanager-%s", name);
}

static bool is_in_process(const char *host)
{
    return strncmp(host, "inproc://", 9) == 0;
}

/* Where there is no network, each taskmanager listens under a name of its own, unless it was given one. */
static void append_listen_address(struct buffer *address, const struct settings *settings,
                                  const struct configuration *configuration)
{
    if (is_in_process(settings->jobmanager_host) &&
        configuration_text(configuration, "taskmanager.host", NULL) == NULL)
        append_name_of_its_own(address);
    else
        append_address(address, settings->bind_host, settings->rpc_port);
}

static void append_data_address(struct buffer *address, const struct settings *settings,
                                const struct configuration *configuration)
{
    if (is_in_process(settings->bind_host) ||
        (is_in_process(settings->jobmanager_host) &&
         configuration_text(configuration, "taskmanager.host", NULL) == NULL))
        append_name_of_its_own(address);
    else
        append_address(address, settings->bind_host, settings->data_port);
}

enum status taskmanager_create(const struct process_context *process,
                               const struct configuration *configuration, struct transport *transport,
                               struct taskmanager **ret_taskmanager, struct error *error)
{
    CHECK(process != NULL && configuration != NULL && transport != NULL);
    struct settings settings = {0};
    enum status status = read_settings(configuration, &settings, error);
    if (status != STATUS_OK)
        return status;
    struct buffer listen_address = {0};
    struct buffer data_address = {0};
    struct buffer jobmanager_address = {0};
    append_listen_address(&listen_address, &settings, configuration);
    append_data_address(&data_address, &settings, configuration);
    append_address(&jobmanager_address, settings.jobmanager_host, settings.jobmanager_port);
    struct task_executor_options options = {
        .process = process,
        .transport = transport,
        .factory = operator_factory_shipped(),
        .num_slots = (uint32_t)settings.num_slots,
        .listen_address = buffer_text(&listen_address),
        .data_address = buffer_text(&data_address),
        .compresses_data = settings.compresses_data,
        .host = settings.host,
        .jobmanager_address = buffer_text(&jobmanager_address),
        .folder = settings.folder,
        .heartbeat_interval_ms = settings.heartbeat_interval_ms,
        .heartbeat_timeout_ms = settings.heartbeat_timeout_ms,
        .temporary_folder = settings.temporary_folder,
        .managed_memory_bytes = settings.managed_memory_bytes,
        .state_backend = settings.state_backend,
        .recovers_locally = settings.recovers_locally,
        .cancellation_timeout_ms = settings.cancellation_timeout_ms,
    };
    struct taskmanager *taskmanager = mem_calloc(1, sizeof *taskmanager);
    taskmanager->executor = task_executor_create(&options);
    buffer_free(&listen_address);
    buffer_free(&data_address);
    buffer_free(&jobmanager_address);
    *ret_taskmanager = taskmanager;
    return STATUS_OK;
}

void taskmanager_on_stuck(struct taskmanager *taskmanager, taskmanager_stuck_callback *callback,
                          void *context)
{
    task_executor_on_stuck(taskmanager->executor, callback, context);
}

enum status taskmanager_start(struct taskmanager *taskmanager, struct error *error)
{
    return task_executor_start(taskmanager->executor, error);
}

void taskmanager_stop(struct taskmanager *taskmanager)
{
    task_executor_stop(taskmanager->executor);
}

void taskmanager_free(struct taskmanager *taskmanager)
{
    if (taskmanager == NULL)
        return;
    task_executor_free(taskmanager->executor);
    free(taskmanager);
}

const char *taskmanager_id(const struct taskmanager *taskmanager)
{
    return task_executor_id(taskmanager->executor);
}
