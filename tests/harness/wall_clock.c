/* A wall clock that somebody sets, for one process: to be preloaded. It differs from the true one by what the
 * file that WALL_CLOCK_FILE names says at the moment, as a whole number of microseconds in 8 bytes. As with
 * the kernel's, what waits for a time of day looks again when the clock is set, what waits for a span does
 * not notice. The other clocks stay as they are. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_AGAIN_US = 20000, MICROS = 1000000 };

static const volatile int64_t *offset_us;

__attribute__((constructor)) static void find_file(void)
{
    const char *path = getenv("WALL_CLOCK_FILE");
    int file = path == NULL ? -1 : open(path, O_RDONLY | O_CLOEXEC);
    void *map = file < 0 ? MAP_FAILED : mmap(NULL, sizeof *offset_us, PROT_READ, MAP_SHARED, file, 0);
    if (map == MAP_FAILED)
        abort();
    offset_us = map;
    close(file);
}

static int64_t true_us(clockid_t id)
{
    struct timespec now;
    syscall(SYS_clock_gettime, id, &now);
    return (int64_t)now.tv_sec * MICROS + now.tv_nsec / 1000;
}

static int64_t set_us(void)
{
    return true_us(CLOCK_REALTIME) + (offset_us == NULL ? 0 : *offset_us);
}

static struct timespec time_of(int64_t us)
{
    return (struct timespec){us / MICROS, us % MICROS * 1000};
}

int clock_gettime(clockid_t id, struct timespec *now)
{
    if (id != CLOCK_REALTIME && id != CLOCK_REALTIME_COARSE)
        return (int)syscall(SYS_clock_gettime, id, now);
    *now = time_of(set_us());
    return 0;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    int64_t us = set_us();
    *now = (struct timeval){us / MICROS, us % MICROS};
    return 0;
}

time_t time(time_t *now)
{
    time_t seconds = set_us() / MICROS;
    if (now != NULL)
        *now = seconds;
    return seconds;
}

int timespec_get(struct timespec *now, int base)
{
    *now = time_of(set_us());
    return base;
}

/* The next moment by the true clock to look again; false when the time has come. */
static int next_look(const struct timespec *deadline, struct timespec *ret_look)
{
    int64_t left_us = (int64_t)deadline->tv_sec * MICROS + deadline->tv_nsec / 1000 - set_us();
    *ret_look = time_of(true_us(CLOCK_REALTIME) + (left_us < LOOK_AGAIN_US ? left_us : LOOK_AGAIN_US));
    return left_us > 0;
}

/* glibc keeps the clock of a condition in this bit. */
static int is_monotonic(const pthread_cond_t *condition)
{
    return (condition->__data.__wrefs & 2u) != 0;
}

typedef int wait_function(pthread_cond_t *condition, pthread_mutex_t *mutex, const struct timespec *deadline);

int pthread_cond_timedwait(pthread_cond_t *restrict condition, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict deadline)
{
    wait_function *wait = (wait_function *)dlsym(RTLD_NEXT, "pthread_cond_timedwait");
    if (is_monotonic(condition))
        return wait(condition, mutex, deadline);
    struct timespec look;
    while (next_look(deadline, &look)) {
        int result = wait(condition, mutex, &look);
        if (result != ETIMEDOUT)
            return result;
    }
    return ETIMEDOUT;
}

int cnd_timedwait(cnd_t *restrict condition, mtx_t *restrict mutex, const struct timespec *restrict deadline)
{
    int (*wait)(cnd_t *, mtx_t *, const struct timespec *) =
        (int (*)(cnd_t *, mtx_t *, const struct timespec *))dlsym(RTLD_NEXT, "cnd_timedwait");
    struct timespec look;
    while (next_look(deadline, &look)) {
        int result = wait(condition, mutex, &look);
        if (result != thrd_timedout)
            return result;
    }
    return thrd_timedout;
}

int pthread_timedjoin_np(pthread_t thread, void **value, const struct timespec *deadline)
{
    int (*join)(pthread_t, void **, const struct timespec *) =
        (int (*)(pthread_t, void **, const struct timespec *))dlsym(RTLD_NEXT, "pthread_timedjoin_np");
    struct timespec look;
    while (next_look(deadline, &look)) {
        int result = join(thread, value, &look);
        if (result != ETIMEDOUT)
            return result;
    }
    return ETIMEDOUT;
}
