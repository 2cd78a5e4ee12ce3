#include "common/transport/transport.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* What a reply brought, with a way to wait for it. */
struct outcome {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    int replies;
    enum status status;
    char text[256];
    int lost_events;
};

static struct outcome outcome_create(void)
{
    struct outcome outcome = {.status = STATUS_OK};
    pthread_mutex_init(&outcome.mutex, NULL);
    pthread_cond_init(&outcome.changed, NULL);
    return outcome;
}

static void on_reply(void *context, enum status status, struct bytes_view payload, const struct error *error)
{
    struct outcome *outcome = context;
    pthread_mutex_lock(&outcome->mutex);
    outcome->replies++;
    outcome->status = status;
    snprintf(outcome->text, sizeof outcome->text, "%.*s",
             status == STATUS_OK ? (int)payload.size : (int)sizeof outcome->text - 1,
             status == STATUS_OK ? (const char *)payload.data : error->message);
    pthread_cond_broadcast(&outcome->changed);
    pthread_mutex_unlock(&outcome->mutex);
}

static void on_change(void *context, bool is_lost)
{
    struct outcome *outcome = context;
    pthread_mutex_lock(&outcome->mutex);
    outcome->lost_events += is_lost ? 1 : 100;
    pthread_cond_broadcast(&outcome->changed);
    pthread_mutex_unlock(&outcome->mutex);
}

static void wait_replies(struct outcome *outcome, int replies)
{
    pthread_mutex_lock(&outcome->mutex);
    while (outcome->replies < replies)
        pthread_cond_wait(&outcome->changed, &outcome->mutex);
    pthread_mutex_unlock(&outcome->mutex);
}

static void wait_lost_events(struct outcome *outcome, int events)
{
    pthread_mutex_lock(&outcome->mutex);
    while (outcome->lost_events < events)
        pthread_cond_wait(&outcome->changed, &outcome->mutex);
    pthread_mutex_unlock(&outcome->mutex);
}

static struct bytes_view view(const char *text)
{
    return (struct bytes_view){(const uint8_t *)text, strlen(text)};
}

enum { METHOD_ECHO = 1, METHOD_FAIL = 2, METHOD_KEEP = 3 };

/* Answers at once, with an error, or never within the test. */
static void handle(void *context, struct transport_request *request, uint16_t method,
                   struct bytes_view payload)
{
    struct error error;
    if (method == METHOD_ECHO) {
        transport_request_reply(request, STATUS_OK, payload, NULL);
    } else if (method == METHOD_FAIL) {
        enum status status = error_set(&error, STATUS_FENCED, "epoch 3 is over");
        transport_request_reply(request, status, (struct bytes_view){0}, &error);
    } else {
        *(struct transport_request **)context = request;
    }
}

static void run_on(const char *address)
{
    struct error error;
    struct transport *transport = nng_transport_create();
    struct transport_request *kept = NULL;
    struct transport_server *server;
    assert_int_equal(transport_listen(transport, address, handle, &kept, &server, &error), STATUS_OK);
    struct outcome outcome = outcome_create();
    struct transport_peer *peer;
    assert_int_equal(
        transport_dial(transport, transport_server_address(server), on_change, &outcome, &peer, &error),
        STATUS_OK);

    transport_call(peer, METHOD_ECHO, view("hello"), 5000, on_reply, &outcome);
    wait_replies(&outcome, 1);
    assert_int_equal(outcome.status, STATUS_OK);
    assert_string_equal(outcome.text, "hello");

    transport_call(peer, METHOD_FAIL, view(""), 5000, on_reply, &outcome);
    wait_replies(&outcome, 2);
    assert_int_equal(outcome.status, STATUS_FENCED);
    assert_string_equal(outcome.text, "epoch 3 is over");

    transport_call(peer, METHOD_KEEP, view("x"), 50, on_reply, &outcome);
    wait_replies(&outcome, 3);
    assert_int_equal(outcome.status, STATUS_TIMEOUT);
    transport_request_reply(kept, STATUS_OK, view("too late"), NULL);

    for (int i = 0; i < 200; i++)
        transport_call(peer, METHOD_ECHO, view("many"), 5000, on_reply, &outcome);
    wait_replies(&outcome, 203);
    assert_int_equal(outcome.status, STATUS_OK);

    transport_peer_free(peer);
    transport_server_free(server);
    transport_free(transport);
}

static void calls_are_answered_over_tcp(void **state)
{
    (void)state;
    run_on("tcp://127.0.0.1:0");
}

static void calls_are_answered_in_one_process(void **state)
{
    (void)state;
    run_on("inproc://nng_transport_test");
}

static void a_lost_server_is_reported_once_and_its_return_too(void **state)
{
    (void)state;
    struct error error;
    struct transport *transport = nng_transport_create();
    struct transport_request *kept = NULL;
    struct transport_server *server;
    assert_int_equal(transport_listen(transport, "tcp://127.0.0.1:0", handle, &kept, &server, &error),
                     STATUS_OK);
    char address[TRANSPORT_ADDRESS_BYTES];
    snprintf(address, sizeof address, "%s", transport_server_address(server));
    struct outcome outcome = outcome_create();
    struct transport_peer *peer;
    assert_int_equal(transport_dial(transport, address, on_change, &outcome, &peer, &error), STATUS_OK);
    transport_call(peer, METHOD_ECHO, view("hello"), 5000, on_reply, &outcome);
    wait_replies(&outcome, 1);

    transport_server_free(server);
    wait_lost_events(&outcome, 1);
    assert_int_equal(transport_listen(transport, address, handle, &kept, &server, &error), STATUS_OK);
    wait_lost_events(&outcome, 101);
    transport_call(peer, METHOD_ECHO, view("again"), 5000, on_reply, &outcome);
    wait_replies(&outcome, 2);
    assert_string_equal(outcome.text, "again");

    transport_peer_free(peer);
    transport_server_free(server);
    transport_free(transport);
}

static void calls_under_way_end_with_the_peer(void **state)
{
    (void)state;
    struct error error;
    struct transport *transport = nng_transport_create();
    struct outcome outcome = outcome_create();
    struct transport_peer *peer;
    assert_int_equal(transport_dial(transport, "tcp://127.0.0.1:1", NULL, NULL, &peer, &error), STATUS_OK);
    for (int i = 0; i < 10; i++)
        transport_call(peer, METHOD_ECHO, view("x"), 60000, on_reply, &outcome);
    transport_peer_free(peer);
    assert_int_equal(outcome.replies, 10);
    assert_int_equal(outcome.status, STATUS_CANCELLED);
    transport_free(transport);
}

static void a_port_in_use_is_named(void **state)
{
    (void)state;
    struct error error;
    struct transport *transport = nng_transport_create();
    struct transport_request *kept = NULL;
    struct transport_server *server, *second;
    assert_int_equal(transport_listen(transport, "tcp://127.0.0.1:0", handle, &kept, &server, &error),
                     STATUS_OK);
    assert_int_equal(
        transport_listen(transport, transport_server_address(server), handle, &kept, &second, &error),
        STATUS_ALREADY_EXISTS);
    assert_non_null(strstr(error.message, transport_server_address(server)));
    transport_server_free(server);
    transport_free(transport);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_are_answered_over_tcp),
        cmocka_unit_test(calls_are_answered_in_one_process),
        cmocka_unit_test(a_lost_server_is_reported_once_and_its_return_too),
        cmocka_unit_test(calls_under_way_end_with_the_peer),
        cmocka_unit_test(a_port_in_use_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
