#pragma once

#include <stdint.h>

/*
 * What top -H and perf call the calling thread: 15 bytes, so a longer name loses its end. A thread that
 * never says has the name of the one that started it.
 */
void thread_set_name(const char *name);
/* For one of several: "name#number", of which the number stays whole. */
void thread_set_numbered_name(const char *name, uint32_t number);
