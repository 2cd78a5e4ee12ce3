#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/thread_name.h"
#include "common/transport/stream_internal.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <unistd.h>

enum {
    CONNECT_TIMEOUT_MS = 2000,
    REDIAL_FIRST_MS = 20,
    REDIAL_LAST_MS = 200,
    SENDER_STACK_BYTES = 256 * 1024
};

/* A message that waits for the connection. */
struct pending_send {
    struct pending_send *next;
    struct stream_message *message;
    stream_sent_callback *callback;
    void *callback_context;
};

/*
 * Its thread dials, watches the connection, and writes what could not be written at once. Invariant: when
 * first is not NULL, or there is no connection, only the thread writes; else whoever sends, under mutex.
 */
struct peer {
    struct stream_peer base;
    char address[TRANSPORT_ADDRESS_BYTES];
    stream_peer_callback *on_change;
    void *change_context;
    int wake_fd;
    pthread_t thread;
    pthread_mutex_t mutex;
    /* Under mutex: */
    int fd; /* -1: there is no connection */
    bool is_broken;
    bool is_closing;
    bool is_resolving; /* the thread is in the resolver, which cannot be woken */
    struct pending_send *first, *last;
    size_t sent; /* bytes of first, with its head, that are written */
};

enum write_result { WRITE_DONE, WRITE_BLOCKED, WRITE_BROKEN };

/* Writes the message from *sent on, as far as it goes without waiting. */
static enum write_result write_some(int fd, const struct stream_message *message, size_t *sent)
{
    uint32_t head = (uint32_t)message->size;
    size_t total = STREAM_HEAD_BYTES + message->size;
    while (*sent < total) {
        struct iovec parts[2];
        int count = 0;
        if (*sent < STREAM_HEAD_BYTES)
            parts[count++] = (struct iovec){(uint8_t *)&head + *sent, STREAM_HEAD_BYTES - *sent};
        size_t done = *sent < STREAM_HEAD_BYTES ? 0 : *sent - STREAM_HEAD_BYTES;
        parts[count++] = (struct iovec){(void *)(uintptr_t)(message->bytes + done), message->size - done};
        struct msghdr header = {.msg_iov = parts, .msg_iovlen = (size_t)count};
        ssize_t written = sendmsg(fd, &header, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno == EAGAIN ? WRITE_BLOCKED : WRITE_BROKEN;
        *sent += (size_t)written;
    }
    return WRITE_DONE;
}

/* Frees the message. */
static void finish(struct stream_message *message, stream_sent_callback *callback, void *context,
                   enum status status)
{
    stream_message_free(message);
    if (callback != NULL)
        callback(context, status);
}

/* Under the mutex. */
static struct pending_send *take_first(struct peer *peer)
{
    struct pending_send *first = peer->first;
    peer->first = first->next;
    if (peer->first == NULL)
        peer->last = NULL;
    peer->sent = 0;
    return first;
}

static void finish_pending(struct pending_send *pending, enum status status)
{
    finish(pending->message, pending->callback, pending->callback_context, status);
    free(pending);
}

static void add_pending(struct peer *peer, struct stream_message *message, stream_sent_callback *callback,
                        void *context)
{
    struct pending_send *pending = mem_alloc(sizeof *pending);
    *pending = (struct pending_send){NULL, message, callback, context};
    if (peer->last == NULL)
        peer->first = pending;
    else
        peer->last->next = pending;
    peer->last = pending;
}

void stream_peer_send(struct stream_peer *base, struct stream_message *message,
                      stream_sent_callback *callback, void *context)
{
    struct peer *peer = (struct peer *)base;
    CHECK(message->size <= TRANSPORT_MAX_MESSAGE_BYTES);
    enum write_result result = WRITE_BLOCKED;
    pthread_mutex_lock(&peer->mutex);
    CHECK(!peer->is_closing);
    if (peer->fd >= 0 && !peer->is_broken && peer->first == NULL) {
        size_t sent = 0;
        result = write_some(peer->fd, message, &sent);
        peer->sent = result == WRITE_BLOCKED ? sent : 0;
        peer->is_broken = result == WRITE_BROKEN;
    }
    if (result == WRITE_BLOCKED)
        add_pending(peer, message, callback, context);
    bool wakes = result != WRITE_DONE && peer->fd >= 0; /* who dials looks by itself */
    pthread_mutex_unlock(&peer->mutex);
    if (wakes)
        stream_wake(peer->wake_fd);
    if (result != WRITE_BLOCKED)
        finish(message, callback, context, result == WRITE_DONE ? STATUS_OK : STATUS_UNAVAILABLE);
}

static bool is_closing(struct peer *peer)
{
    pthread_mutex_lock(&peer->mutex);
    bool result = peer->is_closing;
    pthread_mutex_unlock(&peer->mutex);
    return result;
}

/* False: the peer is being freed. */
static bool set_resolving(struct peer *peer, bool is_resolving)
{
    pthread_mutex_lock(&peer->mutex);
    bool goes_on = !peer->is_closing;
    /* Who frees the peer meanwhile leaves it to this thread, and must find that it may. */
    if (goes_on)
        peer->is_resolving = is_resolving;
    pthread_mutex_unlock(&peer->mutex);
    return goes_on;
}

enum dial_result { DIAL_CONNECTED, DIAL_CLOSING, DIAL_ABANDONED };

/* Dials until there is a connection. ABANDONED: the peer was freed while this thread was in the resolver; the
 * rest is this thread's. */
static enum dial_result dial(struct peer *peer, int *ret_fd)
{
    int pause_ms = REDIAL_FIRST_MS;
    while (set_resolving(peer, true)) {
        struct addrinfo *found = stream_resolve(peer->address);
        int fd = -1;
        stream_wake_clear(peer->wake_fd);
        bool goes_on = set_resolving(peer, false);
        if (goes_on)
            fd = stream_connect(peer->address, found, peer->wake_fd, CONNECT_TIMEOUT_MS);
        if (found != NULL)
            freeaddrinfo(found);
        if (!goes_on)
            return DIAL_ABANDONED;
        /* So small a piece always fits into a new socket. */
        if (fd >= 0 && send(fd, STREAM_PREFACE, STREAM_PREFACE_BYTES, MSG_NOSIGNAL) == STREAM_PREFACE_BYTES) {
            *ret_fd = fd;
            return DIAL_CONNECTED;
        }
        if (fd >= 0)
            close(fd);
        struct pollfd woken = {.fd = peer->wake_fd, .events = POLLIN};
        poll(&woken, 1, pause_ms);
        pause_ms = 2 * pause_ms < REDIAL_LAST_MS ? 2 * pause_ms : REDIAL_LAST_MS;
    }
    return DIAL_CLOSING;
}

/* Writes what is pending, as far as it goes. False: the connection is broken. */
static bool write_pending(struct peer *peer, int fd, bool *ret_is_blocked)
{
    enum write_result result = WRITE_DONE;
    pthread_mutex_lock(&peer->mutex);
    while (peer->first != NULL && !peer->is_broken && result == WRITE_DONE) {
        result = write_some(fd, peer->first->message, &peer->sent);
        if (result != WRITE_DONE)
            break;
        struct pending_send *done = take_first(peer);
        pthread_mutex_unlock(&peer->mutex);
        finish_pending(done, STATUS_OK);
        pthread_mutex_lock(&peer->mutex);
    }
    peer->is_broken |= result == WRITE_BROKEN;
    bool is_broken = peer->is_broken;
    pthread_mutex_unlock(&peer->mutex);
    *ret_is_blocked = result == WRITE_BLOCKED;
    return !is_broken;
}

/* Until the connection is broken or the peer is being freed. */
static void serve_connection(struct peer *peer, int fd)
{
    bool is_blocked = false;
    while (!is_closing(peer) && write_pending(peer, fd, &is_blocked)) {
        struct pollfd polled[] = {
            {.fd = peer->wake_fd, .events = POLLIN},
            {.fd = fd, .events = (short)(POLLIN | POLLRDHUP | (is_blocked ? POLLOUT : 0))}};
        poll(polled, 2, -1);
        stream_wake_clear(peer->wake_fd);
        if (polled[1].revents & ~POLLOUT)
            return; /* nothing is ever sent this way: the other side has closed */
    }
}

/* Takes the connection down. What was half written is lost; what was not begun waits for the next one. */
static void drop_connection(struct peer *peer)
{
    struct pending_send *lost = NULL;
    pthread_mutex_lock(&peer->mutex);
    int fd = peer->fd;
    peer->fd = -1;
    peer->is_broken = false;
    if (peer->sent > 0)
        lost = take_first(peer);
    pthread_mutex_unlock(&peer->mutex);
    close(fd);
    if (lost != NULL)
        finish_pending(lost, STATUS_UNAVAILABLE);
}

static void peer_free(struct peer *peer)
{
    close(peer->wake_fd);
    pthread_mutex_destroy(&peer->mutex);
    free(peer);
}

static void *peer_main(void *context)
{
    struct peer *peer = context;
    thread_set_name("stream-sender");
    int fd = -1;
    enum dial_result result;
    while ((result = dial(peer, &fd)) == DIAL_CONNECTED) {
        if (peer->on_change != NULL)
            peer->on_change(peer->change_context, true);
        pthread_mutex_lock(&peer->mutex);
        peer->fd = fd;
        pthread_mutex_unlock(&peer->mutex);
        serve_connection(peer, fd);
        drop_connection(peer);
        if (peer->on_change != NULL && !is_closing(peer))
            peer->on_change(peer->change_context, false);
    }
    if (result == DIAL_ABANDONED)
        peer_free(peer);
    return NULL;
}

enum status stream_peer_dial(struct transport *transport, const char *address,
                             stream_peer_callback *on_change, void *context, struct stream_peer **ret_peer,
                             struct error *error)
{
    enum status status = stream_check_address(address, error);
    if (status != STATUS_OK)
        return status;
    struct peer *peer = mem_calloc(1, sizeof *peer);
    peer->base.ops = transport->ops->stream;
    snprintf(peer->address, sizeof peer->address, "%s", address);
    peer->on_change = on_change;
    peer->change_context = context;
    peer->fd = -1;
    peer->wake_fd = stream_wake_create();
    CHECK(pthread_mutex_init(&peer->mutex, NULL) == 0);
    pthread_attr_t attributes;
    CHECK(pthread_attr_init(&attributes) == 0);
    CHECK(pthread_attr_setstacksize(&attributes, SENDER_STACK_BYTES) == 0);
    CHECK(pthread_create(&peer->thread, &attributes, peer_main, peer) == 0);
    pthread_attr_destroy(&attributes);
    *ret_peer = &peer->base;
    return STATUS_OK;
}

void stream_peer_destroy(struct stream_peer *base)
{
    struct peer *peer = (struct peer *)base;
    pthread_t thread = peer->thread;
    pthread_mutex_lock(&peer->mutex);
    peer->is_closing = true;
    bool is_resolving = peer->is_resolving;
    struct pending_send *pending = peer->first;
    peer->first = peer->last = NULL;
    peer->sent = 0;
    pthread_mutex_unlock(&peer->mutex);
    if (is_resolving) { /* it calls nobody back any more, and frees the peer */
        CHECK(pthread_detach(thread) == 0);
    } else {
        stream_wake(peer->wake_fd);
        CHECK(pthread_join(thread, NULL) == 0);
        peer_free(peer);
    }
    while (pending != NULL) {
        struct pending_send *next = pending->next;
        finish_pending(pending, STATUS_CANCELLED);
        pending = next;
    }
}
