#pragma once

#include "common/base/process_context.h"
#include "common/config/configuration.h"
#include "common/transport/transport.h"

/*
 * A taskmanager: slots that run subtasks for the leading jobmanager. The composition root of the
 * taskmanager's side: main.c, `frazil local` and tests run this very code.
 *
 * Configuration:
 *   taskmanager.numberOfTaskSlots (1)
 *   taskmanager.host (127.0.0.1), taskmanager.bind-host (taskmanager.host), taskmanager.rpc.port (0: any)
 *   taskmanager.data.port (0: any): rows between taskmanagers; taskmanager.network.compression.codec (NONE,
 * LZ4) jobmanager.rpc.address (127.0.0.1), jobmanager.rpc.port (6123) high-availability.storageDir: when set,
 * the leader is found there instead io.tmp.dirs (/tmp): one folder, for working files of keyed state
 *   taskmanager.memory.managed.size (512 mb): of keyed state in all slots, at most; nothing is reserved
 *   state.backend.type (rocksdb), for jobs that do not say
 *   execution.state-recovery.from-local (true): copies of keyed state are kept for a quick restart
 *   task.cancellation.timeout (30 s, 0: none): in which a task must end that was told to
 *   heartbeat.interval (1 s), heartbeat.timeout (5 s): until the jobmanager says its own
 * An address that holds "://" (jobmanager.rpc.address, taskmanager.host) is taken as it is: inproc://name.
 */
struct taskmanager;

/* Borrows all three until taskmanager_free. */
STATUS_MUST_CHECK enum status taskmanager_create(const struct process_context *process,
                                                 const struct configuration *configuration,
                                                 struct transport *transport,
                                                 struct taskmanager **ret_taskmanager, struct error *error);
/* Before the start. The callback is called once, from any thread, when the process must end since a task does
 * not; an end in order would wait for that task. */
typedef void taskmanager_stuck_callback(void *context);
void taskmanager_on_stuck(struct taskmanager *taskmanager, taskmanager_stuck_callback *callback,
                          void *context);
/* Listens, and registers in the background, again and again until a jobmanager answers. */
STATUS_MUST_CHECK enum status taskmanager_start(struct taskmanager *taskmanager, struct error *error);
/* Cancels all tasks and waits for their end. Any thread, once. */
void taskmanager_stop(struct taskmanager *taskmanager);
void taskmanager_free(struct taskmanager *taskmanager); /* stops first */

const char *taskmanager_id(const struct taskmanager *taskmanager);
