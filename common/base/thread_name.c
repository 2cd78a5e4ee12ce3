#include "common/base/thread_name.h"

#include <pthread.h>
#include <string.h>

enum { MAX_BYTES = 15 }; /* the kernel's, without the NUL */

void thread_set_name_of(const char *name, const char *suffix)
{
    size_t suffix_size = strnlen(suffix, MAX_BYTES);
    size_t size = strnlen(name, MAX_BYTES - suffix_size + 1);
    if (size > MAX_BYTES - suffix_size)
        size = MAX_BYTES - suffix_size;
    while (size > 0 && ((unsigned char)name[size] & 0xc0) == 0x80) /* no half of a character */
        size--;
    char cut[MAX_BYTES + 1] = "";
    memcpy(cut, name, size);
    memcpy(cut + size, suffix, suffix_size);
    pthread_setname_np(pthread_self(), cut); /* a thread without its name works as well */
}

void thread_set_name(const char *name)
{
    thread_set_name_of(name, "");
}
