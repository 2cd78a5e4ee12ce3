#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/open_files.h"
#include "jobmanager/rest/rest_call_internal.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum status resolve(const char *host, uint16_t port, struct sockaddr_in *ret_address,
                           struct error *error)
{
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found;
    int result = getaddrinfo(host, NULL, &hints, &found);
    if (result != 0)
        return error_set(error, STATUS_INVALID_ARGUMENT, "rest.bind-address '%s': %s", host,
                         gai_strerror(result));
    memcpy(ret_address, found->ai_addr, sizeof *ret_address);
    ret_address->sin_port = htons(port);
    freeaddrinfo(found);
    return STATUS_OK;
}

/* Clients, slow ones above all, leave half of the files to those who store checkpoints. */
static unsigned max_connections(void)
{
    unsigned half = open_files_limit() / 2;
    return half < REST_MAX_CONNECTIONS ? half : REST_MAX_CONNECTIONS;
}

static enum status listen_on(struct rest_server *server, const struct sockaddr_in *address, const char *host,
                             struct error *error)
{
    /* Not by epoll: that forgets clients which leave in the middle of a request until their timeout, and
     * meanwhile they hold the places of others. */
    unsigned flags = MHD_USE_POLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
    errno = 0;
    server->daemon =
        MHD_start_daemon(flags, 0, NULL, NULL, rest_on_request, server, MHD_OPTION_SOCK_ADDR, address,
                         MHD_OPTION_NOTIFY_COMPLETED, rest_on_completed, server, MHD_OPTION_CONNECTION_LIMIT,
                         max_connections(), MHD_OPTION_CONNECTION_TIMEOUT,
                         (unsigned)REST_CONNECTION_TIMEOUT_S, MHD_OPTION_END);
    if (server->daemon == NULL && errno == EADDRINUSE)
        return error_set(error, STATUS_ALREADY_EXISTS,
                         "port %u on %s is in use by another process: stop it, or choose another rest.port",
                         (unsigned)ntohs(address->sin_port), host);
    if (server->daemon == NULL)
        return error_set_errno(error, errno != 0 ? errno : EIO, "cannot listen on %s:%u (rest.port)", host,
                               (unsigned)ntohs(address->sin_port));
    const union MHD_DaemonInfo *bound = MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT);
    snprintf(server->url, sizeof server->url, "http://%s:%u", host, (unsigned)bound->port);
    return STATUS_OK;
}

static void server_destroy(struct rest_server *server)
{
    pthread_cond_destroy(&server->changed);
    pthread_mutex_destroy(&server->mutex);
    free(server);
}

enum status rest_server_create(const struct rest_options *options, struct rest_server **ret_server,
                               struct error *error)
{
    const char *host = configuration_text(options->configuration, "rest.bind-address", "127.0.0.1");
    int64_t port;
    struct sockaddr_in address;
    enum status status =
        configuration_integer(options->configuration, "rest.port", 8081, 0, UINT16_MAX, &port, error);
    if (status == STATUS_OK)
        status = resolve(host, (uint16_t)port, &address, error);
    if (status != STATUS_OK)
        return status;
    struct rest_server *server = mem_calloc(1, sizeof *server);
    server->options = *options;
    CHECK(pthread_mutex_init(&server->mutex, NULL) == 0 && pthread_cond_init(&server->changed, NULL) == 0);
    status = listen_on(server, &address, host, error);
    if (status != STATUS_OK) {
        server_destroy(server);
        return status;
    }
    *ret_server = server;
    return STATUS_OK;
}

const char *rest_server_url(const struct rest_server *server)
{
    return server->url;
}

void rest_server_free(struct rest_server *server)
{
    if (server == NULL)
        return;
    MHD_socket listener = MHD_quiesce_daemon(server->daemon);
    pthread_mutex_lock(&server->mutex);
    while (server->num_deferred > 0) /* each is answered by the gateway or the dispatcher, which still run */
        pthread_cond_wait(&server->changed, &server->mutex);
    pthread_mutex_unlock(&server->mutex);
    MHD_stop_daemon(server->daemon);
    if (listener != MHD_INVALID_SOCKET)
        close(listener);
    server_destroy(server);
}
