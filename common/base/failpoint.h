#pragma once

#include "common/base/status.h"

/*
 * Named places at which a fault can be injected; compiled in, off by default. A specification is a list
 * separated by
 * ';' of name=action, action one of
 *   kill          SIGKILL to the own process
 *   stop          SIGSTOP to the own process
 *   error         the call fails with STATUS_IO
 *   sleep(ms)     the calling thread waits
 * optionally followed by '@n' (only the n-th hit, from 1) or '%n' (every n-th hit), for example
 *   committer/after_metadata_write=kill@3;checkpoint/store=error%5
 *
 * What is no error is said on standard error, with the name, just before it happens.
 */
struct failpoints;

/* specification NULL or "": all off. */
STATUS_MUST_CHECK enum status failpoints_create(const char *specification, struct failpoints **ret_failpoints,
                                                struct error *error);
void failpoints_free(struct failpoints *failpoints);

/* One hit. failpoints may be NULL. Thread safe. */
STATUS_MUST_CHECK enum status failpoint(struct failpoints *failpoints, const char *name, struct error *error);
