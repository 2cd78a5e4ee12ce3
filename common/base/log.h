#pragma once

#include "common/base/clock.h"
#include "common/base/status.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/*
 * Structured log lines of a process, one a line on a file descriptor, written whole: time, level, component,
 * message, then key=value pairs that the caller formats into the message. Thread safe. Only the process parts
 * (jobmanager, taskmanager, client) log: modules under common/ return errors.
 */
struct logger;

struct logger *logger_create(int file_descriptor, enum log_level minimum, struct clock clock);
void logger_free(struct logger *logger);
/* logger may be NULL: nothing is written. */
void log_line(struct logger *logger, enum log_level level, const char *component, const char *format, ...)
    PRINTF_LIKE(4, 5);
