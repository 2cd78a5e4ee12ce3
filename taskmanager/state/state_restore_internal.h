#pragma once

#include "taskmanager/state/keyed_state_internal.h"

/* state_restore.c: makes the backend's store, with what is restored in it, or, without a store, the sources
 * that states take their rows from when they are opened. */
STATUS_MUST_CHECK enum status keyed_state_backend_restore(struct keyed_state_backend *backend,
                                                          const struct keyed_state_options *options,
                                                          struct error *error);
/* Brings what was restored into the table of a state that is being opened: its rows, or its partitions, when
 * the store has the rows. */
STATUS_MUST_CHECK enum status keyed_state_restore_rows(struct keyed_state *state, struct error *error);
/* No state is opened any more. */
void keyed_state_backend_end_restore(struct keyed_state_backend *backend);

/* The signature that a state was restored with; NULL: it is new. */
const struct keyed_state_signature *keyed_state_restored(const struct keyed_state_backend *backend,
                                                         const char *name);
