#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/thread_name.h"
#include "common/transport/stream_internal.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    MAX_CONNECTIONS = 1024,
    READER_STACK_BYTES = 256 * 1024,
    ACCEPT_PAUSE_MS = 50, /* when the process has no descriptors left */
};

struct listener;

/* One connection that came in, and the thread that reads it. */
struct connection {
    struct listener *listener;
    struct connection *next;
    pthread_t thread;
    int fd;
    uint32_t id;
    bool has_ended; /* under the listener's mutex: the thread can be joined */
};

struct listener {
    struct stream_listener base;
    struct stream_receiver receiver;
    char address[TRANSPORT_ADDRESS_BYTES];
    int fd, wake_fd;
    pthread_t thread; /* accepts, and joins the threads that have ended */
    pthread_mutex_t mutex;
    /* Under mutex: */
    bool is_closing;
    struct connection *connections;
    uint32_t num_connections;
    uint32_t last_id;
};

static void *read_connection(void *context)
{
    struct connection *connection = context;
    thread_set_name("stream-reader");
    struct listener *listener = connection->listener;
    struct stream_reader *reader = stream_reader_create(connection->fd);
    struct stream_message *message;
    bool has_begun = stream_reader_begin(reader);
    while (has_begun && (message = stream_reader_next(reader)) != NULL)
        listener->receiver.on_message(listener->receiver.context, connection->id, message);
    stream_reader_free(reader);
    shutdown(connection->fd, SHUT_RDWR);
    pthread_mutex_lock(&listener->mutex);
    bool is_told = has_begun && !listener->is_closing;
    pthread_mutex_unlock(&listener->mutex);
    if (is_told)
        listener->receiver.on_lost(listener->receiver.context, connection->id);
    pthread_mutex_lock(&listener->mutex);
    connection->has_ended = true;
    pthread_mutex_unlock(&listener->mutex);
    stream_wake(listener->wake_fd);
    return NULL;
}

/* Under the mutex. */
static void add_connection(struct listener *listener, int fd)
{
    struct connection *connection = mem_calloc(1, sizeof *connection);
    *connection = (struct connection){
        .listener = listener, .next = listener->connections, .fd = fd, .id = ++listener->last_id};
    pthread_attr_t attributes;
    CHECK(pthread_attr_init(&attributes) == 0);
    CHECK(pthread_attr_setstacksize(&attributes, READER_STACK_BYTES) == 0);
    bool is_started = pthread_create(&connection->thread, &attributes, read_connection, connection) == 0;
    pthread_attr_destroy(&attributes);
    if (!is_started) { /* too many threads: who dialled tries again */
        close(fd);
        free(connection);
        return;
    }
    int on = 1;
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    listener->connections = connection;
    listener->num_connections++;
}

/* Takes all connections that wait; false: there are no descriptors. */
static bool accept_connections(struct listener *listener)
{
    for (;;) {
        int fd = accept4(listener->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
            continue;
        if (fd < 0)
            return errno == EAGAIN;
        pthread_mutex_lock(&listener->mutex);
        if (listener->is_closing || listener->num_connections >= MAX_CONNECTIONS)
            close(fd);
        else
            add_connection(listener, fd);
        pthread_mutex_unlock(&listener->mutex);
    }
}

/* Those whose thread has ended; all: waits for each. */
static void join_connections(struct listener *listener, bool all)
{
    struct connection *ended = NULL;
    pthread_mutex_lock(&listener->mutex);
    for (struct connection **link = &listener->connections; *link != NULL;) {
        struct connection *connection = *link;
        if (!connection->has_ended && !all) {
            link = &connection->next;
            continue;
        }
        *link = connection->next;
        listener->num_connections--;
        shutdown(connection->fd, SHUT_RDWR);
        connection->next = ended;
        ended = connection;
    }
    pthread_mutex_unlock(&listener->mutex);
    while (ended != NULL) {
        struct connection *next = ended->next;
        CHECK(pthread_join(ended->thread, NULL) == 0);
        close(ended->fd);
        free(ended);
        ended = next;
    }
}

static void *accept_main(void *context)
{
    struct listener *listener = context;
    thread_set_name("stream-listener");
    bool has_descriptors = true, is_closing = false;
    while (!is_closing) {
        struct pollfd polled[] = {{.fd = listener->wake_fd, .events = POLLIN},
                                  {.fd = listener->fd, .events = POLLIN}};
        poll(polled, has_descriptors ? 2 : 1, has_descriptors ? -1 : ACCEPT_PAUSE_MS);
        stream_wake_clear(listener->wake_fd);
        join_connections(listener, false);
        has_descriptors = accept_connections(listener);
        pthread_mutex_lock(&listener->mutex);
        is_closing = listener->is_closing;
        pthread_mutex_unlock(&listener->mutex);
    }
    close(listener->fd); /* first, so that nobody who is dropped dials it once more */
    join_connections(listener, true);
    return NULL;
}

static enum status listen_on(struct transport *transport, const char *address,
                             const struct stream_receiver *receiver, struct stream_listener **ret_listener,
                             struct error *error)
{
    struct listener *listener = mem_calloc(1, sizeof *listener);
    enum status status = stream_open_listener(address, &listener->fd, listener->address, error);
    if (status != STATUS_OK) {
        free(listener);
        return status;
    }
    listener->base.ops = transport->ops->stream;
    listener->receiver = *receiver;
    listener->wake_fd = stream_wake_create();
    CHECK(pthread_mutex_init(&listener->mutex, NULL) == 0);
    CHECK(pthread_create(&listener->thread, NULL, accept_main, listener) == 0);
    *ret_listener = &listener->base;
    return STATUS_OK;
}

static const char *listener_address(const struct stream_listener *listener)
{
    return ((const struct listener *)listener)->address;
}

static void listener_free(struct stream_listener *base)
{
    struct listener *listener = (struct listener *)base;
    pthread_mutex_lock(&listener->mutex);
    listener->is_closing = true;
    pthread_mutex_unlock(&listener->mutex);
    stream_wake(listener->wake_fd);
    CHECK(pthread_join(listener->thread, NULL) == 0);
    close(listener->wake_fd);
    pthread_mutex_destroy(&listener->mutex);
    free(listener);
}

const struct stream_ops socket_stream_ops = {
    .listen = listen_on,
    .listener_address = listener_address,
    .listener_free = listener_free,
    .dial = stream_peer_dial,
    .send = stream_peer_send,
    .peer_free = stream_peer_destroy,
};
