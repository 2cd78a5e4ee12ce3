#include "taskmanager/taskmanager.h"

#include "common/filesystem/file_io.h"
#include "common/leader_record/leader_record.h"
#include "tests/unit/taskmanager/taskexecutor/fake_jobmanager.h"

#include <unistd.h>

struct fixture {
    struct process_context process;
    struct transport *transport;
    struct configuration *configuration;
    struct taskmanager *taskmanager;
    struct file_io *io;
    char folder[64];
};

static int set_up(void **context)
{
    struct fixture *fixture = mem_calloc(1, sizeof *fixture);
    fixture->process.clock = clock_system();
    fixture->transport = nng_transport_create();
    fixture->configuration = configuration_create();
    fixture->io = local_file_io_create();
    snprintf(fixture->folder, sizeof fixture->folder, "%s", "/tmp/frazil-taskmanager-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    *context = fixture;
    return 0;
}

static int tear_down(void **context)
{
    struct fixture *fixture = *context;
    struct error error;
    taskmanager_free(fixture->taskmanager);
    transport_free(fixture->transport);
    configuration_free(fixture->configuration);
    assert_int_equal(file_io_delete_directory(fixture->io, fixture->folder, &error), STATUS_OK);
    file_io_free(fixture->io);
    free(fixture);
    return 0;
}

static enum status create(struct fixture *fixture, struct error *error)
{
    return taskmanager_create(&fixture->process, fixture->configuration, fixture->transport,
                              &fixture->taskmanager, error);
}

static void a_wrong_setting_is_an_error_that_names_the_key(void **context)
{
    struct fixture *fixture = *context;
    struct error error;
    configuration_set(fixture->configuration, "taskmanager.numberOfTaskSlots", "none");
    assert_int_equal(create(fixture, &error), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "taskmanager.numberOfTaskSlots"));
    configuration_set(fixture->configuration, "taskmanager.numberOfTaskSlots", "2");
    configuration_set(fixture->configuration, "heartbeat.interval", "10 s");
    assert_int_equal(create(fixture, &error), STATUS_INVALID_ARGUMENT);
    assert_non_null(strstr(error.message, "heartbeat.timeout"));
}

static void ignore_request(void *context, struct transport_request *request, uint16_t method,
                           struct bytes_view payload)
{
    (void)context;
    (void)method;
    transport_request_reply(request, STATUS_OK, payload, NULL);
}

static void a_port_in_use_is_an_error_that_names_it(void **context)
{
    struct fixture *fixture = *context;
    struct transport_server *server;
    struct error error;
    assert_int_equal(
        transport_listen(fixture->transport, "tcp://127.0.0.1:0", ignore_request, NULL, &server, &error),
        STATUS_OK);
    const char *port = strrchr(transport_server_address(server), ':') + 1;
    configuration_set(fixture->configuration, "taskmanager.rpc.port", port);
    assert_int_equal(create(fixture, &error), STATUS_OK);
    assert_int_not_equal(taskmanager_start(fixture->taskmanager, &error), STATUS_OK);
    assert_non_null(strstr(error.message, port));
    assert_non_null(strstr(error.message, "taskmanager.rpc.port"));
    transport_server_free(server);
}

static void it_registers_with_the_jobmanager_at_the_address(void **context)
{
    struct fixture *fixture = *context;
    struct fake_jobmanager jobmanager;
    struct error error;
    fake_jobmanager_start(&jobmanager, fixture->transport);
    configuration_set(fixture->configuration, "jobmanager.rpc.address", jobmanager.address);
    assert_int_equal(create(fixture, &error), STATUS_OK);
    assert_int_equal(taskmanager_start(fixture->taskmanager, &error), STATUS_OK);
    fake_wait_registered(&jobmanager, 1);
    assert_string_equal(jobmanager.taskmanager_id, taskmanager_id(fixture->taskmanager));
    taskmanager_stop(fixture->taskmanager);
    fake_jobmanager_stop(&jobmanager);
}

static void publish_leader(struct fixture *fixture, const struct fake_jobmanager *jobmanager)
{
    struct leader_record record = {.epoch = jobmanager->epoch,
                                   .leader_id = "0123456789abcdef0123456789abcdef"};
    struct error error;
    snprintf(record.rpc_address, sizeof record.rpc_address, "%s", jobmanager->address);
    assert_int_equal(leader_record_publish(fixture->io, fixture->folder, &record, &error), STATUS_OK);
}

static void it_follows_the_leader_of_the_folder(void **context)
{
    struct fixture *fixture = *context;
    struct fake_jobmanager first, second;
    struct error error;
    fake_jobmanager_start(&first, fixture->transport);
    fake_jobmanager_start(&second, fixture->transport);
    first.heartbeat_timeout_ms = 400;
    second.epoch = 4;
    configuration_set(fixture->configuration, "taskmanager.host", "inproc://taskmanager-of-the-folder");
    configuration_set(fixture->configuration, "high-availability.storageDir", fixture->folder);
    assert_int_equal(create(fixture, &error), STATUS_OK);
    assert_int_equal(taskmanager_start(fixture->taskmanager, &error), STATUS_OK);
    publish_leader(fixture, &first); /* it started before there was a leader */
    fake_wait_registered(&first, 1);
    publish_leader(fixture, &second);
    pthread_mutex_lock(&first.mutex);
    first.is_silent = true;
    pthread_mutex_unlock(&first.mutex);
    fake_wait_registered(&second, 1);
    assert_string_equal(first.taskmanager_id, second.taskmanager_id);
    taskmanager_stop(fixture->taskmanager);
    fake_jobmanager_stop(&first);
    fake_jobmanager_stop(&second);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_wrong_setting_is_an_error_that_names_the_key, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_port_in_use_is_an_error_that_names_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_registers_with_the_jobmanager_at_the_address, set_up, tear_down),
        cmocka_unit_test_setup_teardown(it_follows_the_leader_of_the_folder, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
