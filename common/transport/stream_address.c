#include "common/base/check.h"
#include "common/transport/stream_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/un.h>
#include <unistd.h>

enum { LISTEN_BACKLOG = 128, HOST_BYTES = TRANSPORT_ADDRESS_BYTES, PORT_BYTES = 8 };

#define TCP_SCHEME    "tcp://"
#define INPROC_SCHEME "inproc://"

static bool has_scheme(const char *address, const char *scheme)
{
    return strncmp(address, scheme, strlen(scheme)) == 0;
}

/* tcp://host:port, host in brackets when it is an IPv6 address. False: it is not of that form. */
static bool split_tcp(const char *address, char ret_host[HOST_BYTES], char ret_port[PORT_BYTES])
{
    const char *host = address + strlen(TCP_SCHEME);
    const char *colon = strrchr(host, ':');
    if (!has_scheme(address, TCP_SCHEME) || colon == NULL || colon[1] == '\0' ||
        strlen(colon + 1) >= PORT_BYTES || strspn(colon + 1, "0123456789") != strlen(colon + 1))
        return false;
    size_t size = (size_t)(colon - host);
    if (size >= 2 && host[0] == '[' && host[size - 1] == ']') {
        host++;
        size -= 2;
    }
    if (size >= HOST_BYTES)
        return false;
    snprintf(ret_host, HOST_BYTES, "%.*s", (int)size, host);
    snprintf(ret_port, PORT_BYTES, "%s", colon + 1);
    return true;
}

/* A name that only this process uses: the kernel keeps it as long as the socket lives. */
static bool local_address(const char *address, struct sockaddr_un *ret_local, socklen_t *ret_size)
{
    *ret_local = (struct sockaddr_un){.sun_family = AF_UNIX};
    int size = snprintf(ret_local->sun_path + 1, sizeof ret_local->sun_path - 1, "frazil/%d/%s",
                        (int)getpid(), address + strlen(INPROC_SCHEME));
    if (size < 0 || (size_t)size >= sizeof ret_local->sun_path - 1)
        return false;
    *ret_size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)size);
    return true;
}

enum status stream_check_address(const char *address, struct error *error)
{
    char host[HOST_BYTES], port[PORT_BYTES];
    struct sockaddr_un local;
    socklen_t size;
    if (strlen(address) < TRANSPORT_ADDRESS_BYTES &&
        (split_tcp(address, host, port) ||
         (has_scheme(address, INPROC_SCHEME) && local_address(address, &local, &size))))
        return STATUS_OK;
    return error_set(error, STATUS_INVALID_ARGUMENT, "%s is neither tcp://host:port nor inproc://name",
                     address);
}

static int bind_and_listen(int family, const struct sockaddr *address, socklen_t size)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    int on = 1;
    if (family != AF_UNIX)
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, address, size) == 0 && listen(fd, LISTEN_BACKLOG) == 0)
        return fd;
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static struct addrinfo *resolve(const char *host, const char *port, int flags)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = flags};
    struct addrinfo *found = NULL;
    bool is_any = host[0] == '\0' || strcmp(host, "*") == 0;
    return getaddrinfo(is_any ? NULL : host, port, &hints, &found) == 0 ? found : NULL;
}

static enum status listen_failed(const char *address, int reason, struct error *error)
{
    if (reason == EADDRINUSE)
        return error_set(error, STATUS_ALREADY_EXISTS, "cannot listen on %s: the address is in use", address);
    return error_set_errno(error, reason, "cannot listen on %s", address);
}

static int bound_port(int fd)
{
    struct sockaddr_storage bound;
    socklen_t size = sizeof bound;
    CHECK(getsockname(fd, (struct sockaddr *)&bound, &size) == 0);
    return bound.ss_family == AF_INET6 ? ntohs(((struct sockaddr_in6 *)&bound)->sin6_port)
                                       : ntohs(((struct sockaddr_in *)&bound)->sin_port);
}

static enum status listen_tcp(const char *address, const char *host, const char *port, int *ret_fd,
                              struct error *error)
{
    struct addrinfo *found = resolve(host, port, AI_PASSIVE);
    if (found == NULL)
        return error_set(error, STATUS_INVALID_ARGUMENT, "cannot listen on %s: the host is not known",
                         address);
    int fd = -1;
    for (struct addrinfo *one = found; fd < 0 && one != NULL; one = one->ai_next)
        fd = bind_and_listen(one->ai_family, one->ai_addr, one->ai_addrlen);
    int reason = errno;
    freeaddrinfo(found);
    if (fd < 0)
        return listen_failed(address, reason, error);
    *ret_fd = fd;
    return STATUS_OK;
}

enum status stream_open_listener(const char *address, int *ret_fd, char ret_address[TRANSPORT_ADDRESS_BYTES],
                                 struct error *error)
{
    enum status status = stream_check_address(address, error);
    if (status != STATUS_OK)
        return status;
    char host[HOST_BYTES], port[PORT_BYTES];
    if (split_tcp(address, host, port)) {
        status = listen_tcp(address, host, port, ret_fd, error);
        if (status == STATUS_OK)
            snprintf(ret_address, TRANSPORT_ADDRESS_BYTES, "%.*s:%d", (int)(strrchr(address, ':') - address),
                     address, bound_port(*ret_fd));
        return status;
    }
    struct sockaddr_un local;
    socklen_t size;
    CHECK(local_address(address, &local, &size));
    int fd = bind_and_listen(AF_UNIX, (const struct sockaddr *)&local, size);
    if (fd < 0)
        return listen_failed(address, errno, error);
    *ret_fd = fd;
    snprintf(ret_address, TRANSPORT_ADDRESS_BYTES, "%s", address);
    return STATUS_OK;
}

/* Until the connection is made or refused. */
static bool wait_connected(int fd, int wake_fd, int timeout_ms)
{
    struct pollfd polled[] = {{.fd = fd, .events = POLLOUT}, {.fd = wake_fd, .events = POLLIN}};
    int ready;
    do
        ready = poll(polled, 2, timeout_ms);
    while (ready < 0 && errno == EINTR);
    int failure = 0;
    socklen_t size = sizeof failure;
    return ready > 0 && polled[0].revents != 0 &&
           getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &size) == 0 && failure == 0;
}

static int connect_to(int family, const struct sockaddr *address, socklen_t size, int wake_fd, int timeout_ms)
{
    int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    int on = 1;
    if (family != AF_UNIX) {
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    }
    if (connect(fd, address, size) == 0 || (errno == EINPROGRESS && wait_connected(fd, wake_fd, timeout_ms)))
        return fd;
    close(fd);
    return -1;
}

struct addrinfo *stream_resolve(const char *address)
{
    char host[HOST_BYTES], port[PORT_BYTES];
    return split_tcp(address, host, port) ? resolve(host, port, 0) : NULL;
}

int stream_connect(const char *address, const struct addrinfo *found, int wake_fd, int timeout_ms)
{
    int fd = -1;
    for (const struct addrinfo *one = found; fd < 0 && one != NULL; one = one->ai_next)
        fd = connect_to(one->ai_family, one->ai_addr, one->ai_addrlen, wake_fd, timeout_ms);
    struct sockaddr_un local;
    socklen_t size;
    if (has_scheme(address, INPROC_SCHEME) && local_address(address, &local, &size))
        fd = connect_to(AF_UNIX, (const struct sockaddr *)&local, size, wake_fd, timeout_ms);
    return fd;
}

int stream_wake_create(void)
{
    int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    CHECK(fd >= 0);
    return fd;
}

void stream_wake(int wake_fd)
{
    uint64_t one = 1;
    /* It is full only when somebody woke it many times already. */
    (void)!write(wake_fd, &one, sizeof one);
}

void stream_wake_clear(int wake_fd)
{
    uint64_t count;
    (void)!read(wake_fd, &count, sizeof count);
}
