#include "common/base/log.h"

#include "common/base/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct logger {
    int file_descriptor;
    enum log_level minimum;
    struct clock clock;
};

enum { LOG_LINE_BYTES = 4096 };

struct logger *logger_create(int file_descriptor, enum log_level minimum, struct clock clock)
{
    struct logger *logger = mem_alloc(sizeof *logger);
    *logger = (struct logger){file_descriptor, minimum, clock};
    return logger;
}

void logger_free(struct logger *logger)
{
    free(logger);
}

static int format_head(char *line, size_t size, struct logger *logger, enum log_level level,
                       const char *component)
{
    static const char *const names[] = {"DEBUG", "INFO ", "WARN ", "ERROR"};
    int64_t now_us = clock_wall_us(&logger->clock);
    time_t seconds = (time_t)(now_us / 1000000);
    struct tm parts;
    gmtime_r(&seconds, &parts);
    char time_text[32];
    strftime(time_text, sizeof time_text, "%Y-%m-%dT%H:%M:%S", &parts);
    return snprintf(line, size, "%s.%03dZ %s %-20s ", time_text, (int)(now_us % 1000000 / 1000), names[level],
                    component);
}

void log_line(struct logger *logger, enum log_level level, const char *component, const char *format, ...)
{
    if (logger == NULL || level < logger->minimum)
        return;
    char line[LOG_LINE_BYTES];
    size_t size = (size_t)format_head(line, sizeof line, logger, level, component);
    va_list arguments;
    va_start(arguments, format);
    int body = vsnprintf(line + size, sizeof line - size - 1, format, arguments);
    va_end(arguments);
    if (body > 0)
        size += (size_t)body < sizeof line - size - 1 ? (size_t)body : sizeof line - size - 2;
    for (size_t i = 0; i < size; i++) /* one event is one line, whatever the message holds */
        if (line[i] == '\n' || line[i] == '\r')
            line[i] = ' ';
    line[size++] = '\n';
    ssize_t ignored = write(logger->file_descriptor, line, size); /* a full log disk must not stop the job */
    (void)ignored;
}
