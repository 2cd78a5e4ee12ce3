#pragma once

/*
 * What top -H and perf call the calling thread: 15 bytes, so a longer name loses its end. A thread that
 * never says has the name of the one that started it.
 */
void thread_set_name(const char *name);
/* As name and suffix in one, of which the name loses its end first: the suffix tells one from another. */
void thread_set_name_of(const char *name, const char *suffix);
