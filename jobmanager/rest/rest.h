#pragma once

#include "common/base/process_context.h"
#include "common/config/configuration.h"
#include "jobmanager/dispatcher/dispatcher.h"
#include "jobmanager/gateway/gateway.h"

/* REST API and SQL gateway on `rest.bind-address` (127.0.0.1) and `rest.port` (8081), one thread. */
struct rest_server;

struct rest_options {
    const struct process_context *process;     /* borrowed, as all of these */
    const struct configuration *configuration; /* secrets in it are never shown */
    struct dispatcher *dispatcher;
    struct gateway *gateway;
};

/* Listens at once. ALREADY_EXISTS names a port in use. */
STATUS_MUST_CHECK enum status rest_server_create(const struct rest_options *options,
                                                 struct rest_server **ret_server, struct error *error);
/* http://host:port, with the port that was chosen when 0 was asked for. */
const char *rest_server_url(const struct rest_server *server);
/* Requests under way are answered first; call it before the gateway and the dispatcher are freed. */
void rest_server_free(struct rest_server *server);
