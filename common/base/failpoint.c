#include "common/base/failpoint.h"

#include "common/base/memory.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum failpoint_action { ACTION_KILL, ACTION_STOP, ACTION_ERROR, ACTION_SLEEP };

struct failpoint_entry {
    char *name;
    enum failpoint_action action;
    unsigned sleep_ms;
    unsigned only;  /* 0: every hit */
    unsigned every; /* 0: not periodic */
    atomic_uint hits;
};

struct failpoints {
    struct failpoint_entry *entries;
    size_t count;
};

static enum status parse_action(const char *text, struct failpoint_entry *entry, struct error *error)
{
    char word[16] = "";
    int used = 0;
    sscanf(text, "%15[a-z]%n", word, &used);
    const char *rest = text + used;
    if (strcmp(word, "kill") == 0) {
        entry->action = ACTION_KILL;
    } else if (strcmp(word, "stop") == 0) {
        entry->action = ACTION_STOP;
    } else if (strcmp(word, "error") == 0) {
        entry->action = ACTION_ERROR;
    } else if (strcmp(word, "sleep") == 0 && sscanf(rest, "(%u)%n", &entry->sleep_ms, &used) == 1) {
        entry->action = ACTION_SLEEP;
        rest += used;
    } else {
        return error_set(error, STATUS_INVALID_ARGUMENT, "failpoint '%s': unknown action '%s'", entry->name,
                         text);
    }
    if (*rest == '@')
        entry->only = (unsigned)strtoul(rest + 1, NULL, 10);
    else if (*rest == '%')
        entry->every = (unsigned)strtoul(rest + 1, NULL, 10);
    else if (*rest != '\0')
        return error_set(error, STATUS_INVALID_ARGUMENT, "failpoint '%s': unexpected '%s'", entry->name,
                         rest);
    return STATUS_OK;
}

static enum status parse_entry(struct failpoints *failpoints, char *text, struct error *error)
{
    char *equals = strchr(text, '=');
    if (equals == NULL)
        return error_set(error, STATUS_INVALID_ARGUMENT, "failpoint '%s' has no action", text);
    *equals = '\0';
    failpoints->entries =
        mem_realloc(failpoints->entries, (failpoints->count + 1) * sizeof *failpoints->entries);
    struct failpoint_entry *entry = &failpoints->entries[failpoints->count++];
    memset(entry, 0, sizeof *entry);
    entry->name = mem_strdup(text);
    return parse_action(equals + 1, entry, error);
}

enum status failpoints_create(const char *specification, struct failpoints **ret_failpoints,
                              struct error *error)
{
    struct failpoints *failpoints = mem_calloc(1, sizeof *failpoints);
    char *text = mem_strdup(specification != NULL ? specification : "");
    char *rest = text;
    enum status status = STATUS_OK;
    for (char *item; status == STATUS_OK && (item = strsep(&rest, ";")) != NULL;)
        if (*item != '\0')
            status = parse_entry(failpoints, item, error);
    free(text);
    if (status != STATUS_OK) {
        failpoints_free(failpoints);
        return status;
    }
    *ret_failpoints = failpoints;
    return STATUS_OK;
}

void failpoints_free(struct failpoints *failpoints)
{
    if (failpoints == NULL)
        return;
    for (size_t i = 0; i < failpoints->count; i++)
        free(failpoints->entries[i].name);
    free(failpoints->entries);
    free(failpoints);
}

/* Said at once, so that who injects a fault knows that its time has come. */
static void announce(const struct failpoint_entry *entry)
{
    dprintf(STDERR_FILENO, "failpoint %s\n", entry->name);
}

static enum status act(const struct failpoint_entry *entry, struct error *error)
{
    if (entry->action != ACTION_ERROR)
        announce(entry);
    switch (entry->action) {
    case ACTION_KILL: kill(getpid(), SIGKILL); break;
    case ACTION_STOP: kill(getpid(), SIGSTOP); break;
    case ACTION_ERROR: return error_set(error, STATUS_IO, "injected by failpoint %s", entry->name);
    case ACTION_SLEEP: {
        struct timespec wait = {entry->sleep_ms / 1000, (long)(entry->sleep_ms % 1000) * 1000000};
        nanosleep(&wait, NULL);
        break;
    }
    }
    return STATUS_OK;
}

enum status failpoint(struct failpoints *failpoints, const char *name, struct error *error)
{
    if (failpoints == NULL)
        return STATUS_OK;
    for (size_t i = 0; i < failpoints->count; i++) {
        struct failpoint_entry *entry = &failpoints->entries[i];
        if (strcmp(entry->name, name) != 0)
            continue;
        unsigned hit = atomic_fetch_add(&entry->hits, 1) + 1;
        if ((entry->only != 0 && hit != entry->only) || (entry->every != 0 && hit % entry->every != 0))
            continue;
        enum status status = act(entry, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}
