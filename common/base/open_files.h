#pragma once

/* How many files and connections the process may have open. */
unsigned open_files_limit(void);

/* Raises the limit as far as the process may: a subtask that writes by partition and a server keep many open,
 * and the usual 1,024 are a default, no limit. To be called before the process starts anything. */
void open_files_raise_limit(void);
