#pragma once

#include "common/base/process_context.h"
#include "common/config/configuration.h"
#include "common/transport/transport.h"
#include "jobmanager/dispatcher/dispatcher.h"
#include "jobmanager/gateway/gateway.h"

/*
 * A jobmanager: one that leads, or stands by until it can. The composition root: main.c, `frazil local` and
 * tests run this very code.
 *
 * Configuration, besides that of its parts:
 *   high-availability.type (file), high-availability.storageDir: the folder of job store and election
 *   jobmanager.rpc.address (127.0.0.1), jobmanager.rpc.port (6123): what taskmanagers dial
 *   rest.bind-address (127.0.0.1), rest.port (8081; -1: no REST server)
 */
struct jobmanager;

/* Borrows all three until jobmanager_free. Listens, and stands for election in the background. */
STATUS_MUST_CHECK enum status jobmanager_create(const struct process_context *process,
                                                const struct configuration *configuration,
                                                struct transport *transport,
                                                struct jobmanager **ret_jobmanager, struct error *error);

typedef void jobmanager_failed_callback(void *context, const struct error *error);
/* Called once, from the election's thread, when it cannot go on (at once, when that has happened already).
 * FENCED: a newer leader exists, and the process must end. */
void jobmanager_on_failed(struct jobmanager *jobmanager, jobmanager_failed_callback *callback, void *context);

/* Waits until it leads: TIMEOUT when another one does; or why it failed. deadline_ms -1: for ever. */
STATUS_MUST_CHECK enum status jobmanager_wait_leading(struct jobmanager *jobmanager, int64_t deadline_ms,
                                                      struct error *error);
/* Stops without touching the jobs: the next leader takes them up. */
void jobmanager_free(struct jobmanager *jobmanager);

/* Once it leads; NULL or "" before. */
struct gateway *jobmanager_gateway(const struct jobmanager *jobmanager);
const char *jobmanager_rpc_address(const struct jobmanager *jobmanager);
const char *jobmanager_rest_url(const struct jobmanager *jobmanager); /* "" without a REST server */
