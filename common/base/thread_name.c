#include "common/base/thread_name.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { NAME_BYTES = 16 }; /* the kernel's, with the NUL */

static void set(const char *name, const char *suffix)
{
    size_t room = NAME_BYTES - 1 - strlen(suffix);
    size_t size = strnlen(name, room + 1);
    if (size > room)
        size = room;
    while (size > 0 && ((unsigned char)name[size] & 0xc0) == 0x80) /* no half of a character */
        size--;
    char cut[NAME_BYTES];
    snprintf(cut, sizeof cut, "%.*s%s", (int)size, name, suffix);
    pthread_setname_np(pthread_self(), cut); /* a thread without its name works as well */
}

void thread_set_name(const char *name)
{
    set(name, "");
}

void thread_set_numbered_name(const char *name, uint32_t number)
{
    char suffix[NAME_BYTES];
    snprintf(suffix, sizeof suffix, "#%u", number);
    set(name, suffix);
}
