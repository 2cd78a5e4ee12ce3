#include "common/transport/stream_transport.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MANY = 2000 };

/* What came, with a way to wait for it. */
struct inbox {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    uint32_t numbers[2 * MANY];
    uint32_t connections[2 * MANY];
    size_t sizes[2 * MANY];
    size_t received;
    size_t lost;
    uint32_t lost_connection;
};

struct outbox {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    size_t sent, cancelled;
    size_t connected, disconnected;
};

static void take_message(void *context, uint32_t connection, struct stream_message *message)
{
    struct inbox *inbox = context;
    pthread_mutex_lock(&inbox->mutex);
    memcpy(&inbox->numbers[inbox->received], stream_message_bytes(message), sizeof(uint32_t));
    inbox->sizes[inbox->received] = stream_message_size(message);
    inbox->connections[inbox->received++] = connection;
    pthread_cond_broadcast(&inbox->changed);
    pthread_mutex_unlock(&inbox->mutex);
    stream_message_free(message);
}

static void take_loss(void *context, uint32_t connection)
{
    struct inbox *inbox = context;
    pthread_mutex_lock(&inbox->mutex);
    inbox->lost++;
    inbox->lost_connection = connection;
    pthread_cond_broadcast(&inbox->changed);
    pthread_mutex_unlock(&inbox->mutex);
}

static void on_sent(void *context, enum status status)
{
    struct outbox *outbox = context;
    pthread_mutex_lock(&outbox->mutex);
    *(status == STATUS_OK ? &outbox->sent : &outbox->cancelled) += 1;
    pthread_cond_broadcast(&outbox->changed);
    pthread_mutex_unlock(&outbox->mutex);
}

static void on_change(void *context, bool is_connected)
{
    struct outbox *outbox = context;
    pthread_mutex_lock(&outbox->mutex);
    *(is_connected ? &outbox->connected : &outbox->disconnected) += 1;
    pthread_cond_broadcast(&outbox->changed);
    pthread_mutex_unlock(&outbox->mutex);
}

static struct inbox *inbox_create(void)
{
    struct inbox *inbox = calloc(1, sizeof *inbox);
    assert_non_null(inbox);
    pthread_mutex_init(&inbox->mutex, NULL);
    pthread_cond_init(&inbox->changed, NULL);
    return inbox;
}

static struct outbox *outbox_create(void)
{
    struct outbox *outbox = calloc(1, sizeof *outbox);
    assert_non_null(outbox);
    pthread_mutex_init(&outbox->mutex, NULL);
    pthread_cond_init(&outbox->changed, NULL);
    return outbox;
}

static void wait_for(pthread_mutex_t *mutex, pthread_cond_t *changed, const size_t *value, size_t at_least)
{
    pthread_mutex_lock(mutex);
    while (*value < at_least)
        pthread_cond_wait(changed, mutex);
    pthread_mutex_unlock(mutex);
}

static struct stream_listener *listen_on(struct transport *transport, const char *address,
                                         struct inbox *inbox)
{
    struct stream_receiver receiver = {take_message, take_loss, inbox};
    struct stream_listener *listener = NULL;
    struct error error;
    assert_int_equal(stream_listen(transport, address, &receiver, &listener, &error), STATUS_OK);
    return listener;
}

static struct stream_peer *dial(struct transport *transport, const char *address, struct outbox *outbox)
{
    struct stream_peer *peer = NULL;
    struct error error;
    assert_int_equal(stream_dial(transport, address, on_change, outbox, &peer, &error), STATUS_OK);
    return peer;
}

static void send_number(struct stream_peer *peer, uint32_t number, size_t size, struct outbox *outbox)
{
    struct stream_message *message = stream_message_create(size + 10);
    memset(stream_message_bytes(message), 0, size);
    memcpy(stream_message_bytes(message), &number, sizeof number);
    stream_message_cut(message, size);
    stream_send(peer, message, on_sent, outbox);
}

static void run_on(const char *address)
{
    struct transport *transport = nng_transport_create();
    struct inbox *inbox = inbox_create();
    struct outbox *outbox = outbox_create();
    struct stream_listener *listener = listen_on(transport, address, inbox);
    struct stream_peer *peers[2];
    for (int i = 0; i < 2; i++)
        peers[i] = dial(transport, stream_listener_address(listener), outbox);
    for (uint32_t i = 0; i < MANY; i++)
        for (int p = 0; p < 2; p++)
            send_number(peers[p], i, i % 100 == 0 ? 300000 : 4 + i, outbox);
    wait_for(&inbox->mutex, &inbox->changed, &inbox->received, (size_t)2 * MANY);
    wait_for(&outbox->mutex, &outbox->changed, &outbox->sent, (size_t)2 * MANY);
    /* Each connection in its order, each message with its size. */
    uint32_t next[2] = {0, 0};
    for (size_t i = 0; i < (size_t)2 * MANY; i++) {
        int p = inbox->connections[i] != inbox->connections[0];
        uint32_t number = inbox->numbers[i];
        assert_int_equal(number, next[p]++);
        assert_int_equal(inbox->sizes[i], number % 100 == 0 ? 300000 : 4 + number);
    }
    assert_int_equal(next[1], MANY);
    stream_peer_free(peers[0]);
    wait_for(&inbox->mutex, &inbox->changed, &inbox->lost, 1);
    stream_peer_free(peers[1]);
    stream_listener_free(listener);
    transport_free(transport);
    assert_int_equal(outbox->cancelled, 0);
    free(inbox);
    free(outbox);
}

static void messages_keep_their_order_over_tcp(void **state)
{
    (void)state;
    run_on("tcp://127.0.0.1:0");
}

static void messages_keep_their_order_in_one_process(void **state)
{
    (void)state;
    run_on("inproc://stream_transport_test");
}

static void a_lost_connection_is_told_and_made_again(void **state)
{
    (void)state;
    struct transport *transport = nng_transport_create();
    struct inbox *inbox = inbox_create();
    struct outbox *outbox = outbox_create();
    struct stream_listener *listener = listen_on(transport, "tcp://127.0.0.1:0", inbox);
    char address[TRANSPORT_ADDRESS_BYTES];
    snprintf(address, sizeof address, "%s", stream_listener_address(listener));
    struct stream_peer *peer = dial(transport, address, outbox);
    send_number(peer, 76, 4, outbox);
    wait_for(&inbox->mutex, &inbox->changed, &inbox->received, 1);
    wait_for(&outbox->mutex, &outbox->changed, &outbox->connected, 1);
    stream_listener_free(listener);
    wait_for(&outbox->mutex, &outbox->changed, &outbox->disconnected, 1);
    send_number(peer, 77, 4, outbox); /* waits for the next connection */
    listener = listen_on(transport, address, inbox);
    wait_for(&inbox->mutex, &inbox->changed, &inbox->received, 2);
    assert_int_equal(inbox->numbers[1], 77);
    stream_peer_free(peer);
    wait_for(&inbox->mutex, &inbox->changed, &inbox->lost, 1);
    assert_int_equal(inbox->lost_connection, inbox->connections[1]);
    stream_listener_free(listener);
    transport_free(transport);
    free(inbox);
    free(outbox);
}

/* Connects and sends bytes that are not ours; true: the connection is ended for it. */
static bool is_turned_away(const char *address, const void *bytes, size_t size)
{
    struct sockaddr_in target = {.sin_family = AF_INET,
                                 .sin_port = htons((uint16_t)atoi(strrchr(address, ':') + 1)),
                                 .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&target, sizeof target), 0);
    assert_int_equal(send(fd, bytes, size, MSG_NOSIGNAL), size);
    char answer;
    ssize_t count = recv(fd, &answer, 1, 0);
    close(fd);
    return count <= 0;
}

static void strangers_are_turned_away(void **state)
{
    (void)state;
    struct transport *transport = nng_transport_create();
    struct inbox *inbox = inbox_create();
    struct outbox *outbox = outbox_create();
    struct stream_listener *listener = listen_on(transport, "tcp://127.0.0.1:0", inbox);
    const char *address = stream_listener_address(listener);
    static const char request[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
    static const char too_large[] = "FRZSTRM1\xFF\xFF\xFF\x7F";
    assert_true(is_turned_away(address, request, sizeof request - 1));
    assert_true(is_turned_away(address, too_large, sizeof too_large - 1));
    struct stream_peer *peer = dial(transport, address, outbox);
    send_number(peer, 5, 4, outbox);
    wait_for(&inbox->mutex, &inbox->changed, &inbox->received, 1);
    assert_int_equal(inbox->numbers[0], 5);
    stream_peer_free(peer);
    stream_listener_free(listener);
    transport_free(transport);
    free(inbox);
    free(outbox);
}

static void what_waits_when_a_peer_is_freed_is_cancelled(void **state)
{
    (void)state;
    struct transport *transport = nng_transport_create();
    struct outbox *outbox = outbox_create();
    struct stream_peer *peer = dial(transport, "tcp://127.0.0.1:1", outbox); /* nobody is there */
    for (uint32_t i = 0; i < 5; i++)
        send_number(peer, i, 100, outbox);
    stream_peer_free(peer);
    assert_int_equal(outbox->sent + outbox->cancelled, 5);
    assert_true(outbox->cancelled > 0);
    assert_int_equal(outbox->connected, 0);
    transport_free(transport);
    free(outbox);
}

/* A name may take the resolver long: nobody waits for it. */
static void a_peer_that_is_being_looked_up_is_freed(void **state)
{
    (void)state;
    struct transport *transport = nng_transport_create();
    struct outbox *outbox = outbox_create();
    for (int i = 0; i < 20; i++) {
        struct stream_peer *peer = dial(transport, "tcp://no-such-host.invalid:5", outbox);
        send_number(peer, 1, 10, outbox);
        if (i % 2 == 0)
            usleep(1000);
        stream_peer_free(peer);
        assert_int_equal(outbox->cancelled, i + 1);
    }
    assert_int_equal(outbox->connected, 0);
    transport_free(transport);
    free(outbox);
}

static void an_address_in_use_is_refused(void **state)
{
    (void)state;
    struct transport *transport = nng_transport_create();
    struct inbox *inbox = inbox_create();
    struct stream_listener *listener = listen_on(transport, "tcp://127.0.0.1:0", inbox);
    struct stream_receiver receiver = {take_message, take_loss, inbox};
    struct stream_listener *second = NULL;
    struct error error;
    assert_int_equal(stream_listen(transport, stream_listener_address(listener), &receiver, &second, &error),
                     STATUS_ALREADY_EXISTS);
    assert_null(second);
    struct stream_peer *peer = NULL;
    assert_int_equal(stream_dial(transport, "nowhere://x", NULL, NULL, &peer, &error),
                     STATUS_INVALID_ARGUMENT);
    assert_null(peer);
    stream_listener_free(listener);
    transport_free(transport);
    free(inbox);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_keep_their_order_over_tcp),
        cmocka_unit_test(messages_keep_their_order_in_one_process),
        cmocka_unit_test(a_lost_connection_is_told_and_made_again),
        cmocka_unit_test(strangers_are_turned_away),
        cmocka_unit_test(what_waits_when_a_peer_is_freed_is_cancelled),
        cmocka_unit_test(a_peer_that_is_being_looked_up_is_freed),
        cmocka_unit_test(an_address_in_use_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
