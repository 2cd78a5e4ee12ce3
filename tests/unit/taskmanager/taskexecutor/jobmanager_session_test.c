#include "taskmanager/taskexecutor/jobmanager_session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { INTERVAL_MS = 1000, TIMEOUT_MS = 5000 };
static const char address[] = "tcp://127.0.0.1:6123";

static struct jobmanager_session new_session(bool has_folder)
{
    struct jobmanager_session session;
    jobmanager_session_init(&session, has_folder, INTERVAL_MS, TIMEOUT_MS, 0);
    return session;
}

static struct session_command expect(struct jobmanager_session *session, enum session_command_kind kind,
                                     int64_t now_ms)
{
    struct session_command command = jobmanager_session_next(session, now_ms);
    assert_int_equal(command.kind, kind);
    return command;
}

/* Through to REGISTERED at that epoch, first heartbeat sent, all at now_ms. */
static uint64_t register_at(struct jobmanager_session *session, uint64_t epoch, int64_t now_ms)
{
    expect(session, SESSION_COMMAND_RESOLVE, now_ms);
    jobmanager_session_on_resolved(session, address, session->has_folder ? epoch : 0, now_ms);
    struct session_command command = jobmanager_session_next(session, now_ms);
    if (command.kind == SESSION_COMMAND_CONNECT) {
        assert_string_equal(command.address, address);
        command = jobmanager_session_next(session, now_ms);
    }
    assert_int_equal(command.kind, SESSION_COMMAND_REGISTER);
    struct rpc_register_reply reply = {epoch, INTERVAL_MS, TIMEOUT_MS};
    jobmanager_session_on_register_reply(session, command.round, STATUS_OK, &reply, now_ms);
    assert_true(jobmanager_session_is_connected(session, epoch));
    return command.round;
}

static void it_registers_at_once_and_then_beats(void **context)
{
    (void)context;
    struct jobmanager_session session = new_session(false);
    uint64_t round = register_at(&session, 4, 0);
    assert_int_equal(expect(&session, SESSION_COMMAND_HEARTBEAT, 0).round, round);
    expect(&session, SESSION_COMMAND_NONE, 999);
    assert_int_equal(jobmanager_session_deadline_ms(&session), 1000);
    expect(&session, SESSION_COMMAND_HEARTBEAT, 1000);
}

static void a_failed_registration_is_tried_again_soon_and_forever(void **context)
{
    (void)context;
    struct jobmanager_session session = new_session(false);
    expect(&session, SESSION_COMMAND_RESOLVE, 0);
    jobmanager_session_on_resolved(&session, address, 0, 0);
    expect(&session, SESSION_COMMAND_CONNECT, 0);
    int64_t now_ms = 0;
    for (int i = 0; i < 20; i++) {
        uint64_t round = expect(&session, SESSION_COMMAND_REGISTER, now_ms).round;
        expect(&session, SESSION_COMMAND_NONE, now_ms);
        jobmanager_session_on_register_reply(&session, round, STATUS_UNAVAILABLE, NULL, now_ms);
        int64_t next_ms = jobmanager_session_deadline_ms(&session);
        assert_in_range(next_ms - now_ms, 50, i == 0 ? 100 : 500);
        now_ms = next_ms;
    }
}

static void a_silent_leader_costs_the_tasks(void **context)
{
    (void)context;
    struct jobmanager_session session = new_session(false);
    register_at(&session, 4, 0);
    for (int64_t now_ms = 0; now_ms < TIMEOUT_MS; now_ms += INTERVAL_MS)
        expect(&session, SESSION_COMMAND_HEARTBEAT, now_ms);
    struct session_command command = expect(&session, SESSION_COMMAND_CANCEL, TIMEOUT_MS);
    assert_int_equal(command.epoch, 0);
    assert_true(command.is_leader_unheard);
    assert_false(jobmanager_session_is_connected(&session, 4));
    register_at(&session, 4, TIMEOUT_MS);
}

static void an_answer_in_time_keeps_the_tasks(void **context)
{
    (void)context;
    struct jobmanager_session session = new_session(false);
    uint64_t round = register_at(&session, 4, 0);
    expect(&session, SESSION_COMMAND_HEARTBEAT, 0);
    struct rpc_heartbeat_reply reply = {4, true};
    jobmanager_session_on_heartbeat_reply(&session, round, STATUS_OK, &reply, 4900);
    expect(&session, SESSION_COMMAND_HEARTBEAT, TIMEOUT_MS);
    expect(&session, SESSION_COMMAND_NONE, TIMEOUT_MS);
}

static void a_leader_that_forgot_us_has_the_tasks_cancelled(void **context)
{
    (void)context;
    struct jobmanager_session session = new_session(false);
    uint64_t round = register_at(&session, 4, 0);
    struct rpc_heartbeat_reply reply = {5, false};
    jobmanager_session_on_heartbeat_reply(&session, round, STATUS_OK, &reply, 10);
    struct session_command command = expect(&session, SESSION_COMMAND_CANCEL, 10);
    assert_int_equal(command.epoch, 0);
    assert_false(command.is_leader_unheard);
    round = expect(&session, SESSION_COMMAND_REGISTER, 10).round;
    struct rpc_register_reply registered = {5, INTERVAL_MS, TIMEOUT_MS};
    jobmanager_session_on_register_reply(&session, round, STATUS_OK, &registered, 20);
    assert_true(jobmanager_session_is_connected(&session, 5));
}

static void an_answer_to_what_was_before_the_last_registration_is_void(void **context)
{
    (void)context;
    struct jobmanager_session session = new_session(false);
    uint64_t old_round = register_at(&session, 4, 0);
    struct rpc_heartbeat_reply forgotten = {4, false};
    jobmanager_session_on_heartbeat_reply(&session, old_round, STATUS_OK, &forgotten, 10);
    expect(&session, SESSION_COMMAND_CANCEL, 10);
    uint64_t round = expect(&session, SESSION_COMMAND_REGISTER, 10).round;
    struct rpc_register_reply registered = {4, INTERVAL_MS, TIMEOUT_MS};
    jobmanager_session_on_register_reply(&session, round, STATUS_OK, &registered, 20);
    expect(&session, SESSION_COMMAND_HEARTBEAT, 20);
    jobmanager_session_on_heartbeat_reply(&session, old_round, STATUS_OK, &forgotten, 30);
    expect(&session, SESSION_COMMAND_NONE, 30);
    assert_true(jobmanager_session_is_connected(&session, 4));
}

static void a_new_leader_in_the_folder_is_found_while_the_old_one_is_silent(void **context)
{
    (void)context;
    struct jobmanager_session session = new_session(true);
    uint64_t round = register_at(&session, 4, 0);
    expect(&session, SESSION_COMMAND_HEARTBEAT, 0);
    jobmanager_session_on_heartbeat_reply(&session, round, STATUS_TIMEOUT, NULL, 600);
    expect(&session, SESSION_COMMAND_RESOLVE, 600);
    jobmanager_session_on_resolved(&session, address, 4, 600); /* still the old one */
    assert_true(jobmanager_session_is_connected(&session, 4));
    jobmanager_session_on_connection(&session, true, 700);
    expect(&session, SESSION_COMMAND_NONE, 700);
    expect(&session, SESSION_COMMAND_HEARTBEAT, 1100);
    expect(&session, SESSION_COMMAND_RESOLVE, 1100);
    jobmanager_session_on_resolved(&session, "tcp://127.0.0.1:7000", 5, 1100);
    assert_string_equal(expect(&session, SESSION_COMMAND_CONNECT, 1100).address, "tcp://127.0.0.1:7000");
    round = expect(&session, SESSION_COMMAND_REGISTER, 1100).round;
    struct rpc_register_reply registered = {5, INTERVAL_MS, TIMEOUT_MS};
    jobmanager_session_on_register_reply(&session, round, STATUS_OK, &registered, 1110);
    struct session_command command = expect(&session, SESSION_COMMAND_CANCEL, 1110);
    assert_int_equal(command.epoch, 5); /* all but those of the new leader */
}

static void a_leader_of_an_older_epoch_is_refused(void **context)
{
    (void)context;
    struct jobmanager_session session = new_session(true);
    assert_true(jobmanager_session_admit(&session, 9, 0));
    expect(&session, SESSION_COMMAND_RESOLVE, 0);
    jobmanager_session_on_resolved(&session, address, 8, 0); /* a folder not yet up to date */
    expect(&session, SESSION_COMMAND_NONE, 0);
    int64_t now_ms = jobmanager_session_deadline_ms(&session);
    expect(&session, SESSION_COMMAND_RESOLVE, now_ms);
    jobmanager_session_on_resolved(&session, address, 9, now_ms);
    expect(&session, SESSION_COMMAND_CONNECT, now_ms);
    uint64_t round = expect(&session, SESSION_COMMAND_REGISTER, now_ms).round;
    struct rpc_register_reply stale = {8, INTERVAL_MS, TIMEOUT_MS};
    jobmanager_session_on_register_reply(&session, round, STATUS_OK, &stale, now_ms);
    assert_false(jobmanager_session_is_connected(&session, 8));
    assert_int_equal(session.phase, SESSION_RESOLVING);
}

static void requests_are_admitted_by_epoch(void **context)
{
    (void)context;
    struct jobmanager_session session = new_session(true);
    register_at(&session, 4, 0);
    assert_false(jobmanager_session_admit(&session, 3, 1));
    assert_false(jobmanager_session_admit(&session, 0, 1));
    assert_true(jobmanager_session_admit(&session, 4, 1));
    assert_true(jobmanager_session_admit(&session, 6, 1));
    assert_false(jobmanager_session_admit(&session, 4, 1));
    assert_int_equal(expect(&session, SESSION_COMMAND_CANCEL, 1).epoch, 6);
    expect(&session, SESSION_COMMAND_RESOLVE, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_registers_at_once_and_then_beats),
        cmocka_unit_test(a_failed_registration_is_tried_again_soon_and_forever),
        cmocka_unit_test(a_silent_leader_costs_the_tasks),
        cmocka_unit_test(an_answer_in_time_keeps_the_tasks),
        cmocka_unit_test(a_leader_that_forgot_us_has_the_tasks_cancelled),
        cmocka_unit_test(an_answer_to_what_was_before_the_last_registration_is_void),
        cmocka_unit_test(a_new_leader_in_the_folder_is_found_while_the_old_one_is_silent),
        cmocka_unit_test(a_leader_of_an_older_epoch_is_refused),
        cmocka_unit_test(requests_are_admitted_by_epoch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
