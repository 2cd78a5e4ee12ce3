#pragma once

#include "common/base/process_context.h"
#include "common/config/configuration.h"
#include "common/transport/transport.h"

/*
 * The composition root of a jobmanager: job store and election, dispatcher, gateway and REST. main.c, `frazil
 * local` and tests run this very code. It leads at once when nobody else does; else it stands by.
 *
 * Configuration besides what the parts document: high-availability.storageDir (required),
 * high-availability.type (file), frazil.namespace (default), rest.port (8081; -1: no REST server).
 */
struct jobmanager;

/* The three are borrowed. OK when it leads, or stands by since another one does: then it takes over in the
 * background. */
STATUS_MUST_CHECK enum status jobmanager_create(const struct process_context *process,
                                                const struct configuration *configuration,
                                                struct transport *transport,
                                                struct jobmanager **ret_jobmanager, struct error *error);
/* Called once, from a thread of the jobmanager, when it cannot go on: fenced by a newer leader, or its start
 * as the leader failed. The process must exit. Called at once when that has happened already. */
typedef void jobmanager_failed_callback(void *context, const struct error *error);
void jobmanager_on_failed(struct jobmanager *jobmanager, jobmanager_failed_callback *callback, void *context);
/* Waits until it leads and serves: TIMEOUT while another one does (deadline_ms -1: no deadline). */
STATUS_MUST_CHECK enum status jobmanager_wait_leading(struct jobmanager *jobmanager, int64_t deadline_ms,
                                                      struct error *error);
/* Orderly: jobs are left as they are for the next leader. */
void jobmanager_free(struct jobmanager *jobmanager);

/* Only once it leads: */
struct dispatcher;
struct gateway;
struct dispatcher *jobmanager_dispatcher(const struct jobmanager *jobmanager);
struct gateway *jobmanager_gateway(const struct jobmanager *jobmanager);
const char *jobmanager_rpc_address(const struct jobmanager *jobmanager);
const char *jobmanager_rest_url(const struct jobmanager *jobmanager); /* "" without REST */
