#pragma once

/* A process that was told to end does so in order, but not at any price: work that waits for a file system
 * which gives no answer cannot be broken off. Enough for what can end, and less than who started the process
 * waits before it kills it. */
enum { ORDERLY_END_TIMEOUT_S = 8, EXIT_NOT_IN_ORDER = 4 };

/* From now on the process ends after the timeout at the latest, by itself with EXIT_NOT_IN_ORDER. To be
 * called when nobody is to be asked to end any more, and once; SIGALRM is taken for it. Nothing that is
 * durable depends on an end in order. */
void orderly_end_begin(void);
