/*
 * Keyed state by itself: one operator of one subtask, a key and four 8-byte accumulators, accessed in batches
 * of 4,096 as an operator does.
 *
 *   keyed_state [--folder FOLDER] [--backend rocksdb|hashmap] [--keys N] [--memory-mib N] [--updates N]
 *               [--keys-are uniform|zipf] [--seconds N] [--checkpoint-s N] [--rate N]
 *
 * First each key is made once, in no order, then updated --updates times in all, then a first checkpoint is
 * taken. Then updates go on for --seconds without checkpoints, and again as long with one begun every
 * --checkpoint-s, uploaded by a second thread meanwhile; at most --rate a second, so that busy_percent says
 * what the load costs. At last the state is restored from the newest checkpoint. Prints one line of JSON a
 * phase.
 */
#include "taskmanager/state/keyed_state.h"
#include "common/base/hash.h"
#include "common/base/random.h"

#include <getopt.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 4096, KEY_BYTES = 9, KEY_GROUPS = 128 };

struct accumulators {
    uint64_t count, sum, smallest, largest;
};

struct options {
    const char *folder;
    enum state_backend_kind kind;
    uint64_t num_keys, memory_mib, num_updates;
    bool is_zipf;
    double seconds, checkpoint_s, rate;
};

struct bench {
    struct options options;
    struct random random;
    double zipf_zeta, zipf_alpha,
        zipf_eta; /* after Gray et al., "Quickly generating billion-record databases" */
    struct process_context process;
    struct file_io *io;
    struct keyed_state_backend *backend;
    struct keyed_state *state;
    uint8_t key_bytes[BATCH][KEY_BYTES];
    struct bytes_view keys[BATCH];
    uint64_t hashes[BATCH];
    void *values[BATCH];
    /* Checkpoints. */
    uint64_t checkpoint_id;
    struct keyed_state_snapshot *snapshot;
    pthread_t uploader;
    atomic_bool is_uploaded;
    struct arena *arena; /* of the newest handle */
    struct arena *upload_arena;
    struct keyed_state_handle *handle, *uploaded;
    double upload_s, begun_at;
};

static void fail(const char *what, const char *reason)
{
    fprintf(stderr, "keyed_state: %s: %s\n", what, reason);
    exit(1);
}

static void must(enum status status, const struct error *error)
{
    if (status != STATUS_OK)
        fail(status_name(status), error->message);
}

static double seconds_of(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Resident now; the highest was asked of the kernel since the last reset. */
static uint64_t resident_mib(const char *field)
{
    FILE *file = fopen("/proc/self/status", "r");
    char line[256];
    unsigned long long kib = 0;
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, field, strlen(field)) == 0)
            sscanf(line + strlen(field), ": %llu", &kib);
    if (file != NULL)
        fclose(file);
    return kib >> 10;
}

static void prepare_zipf(struct bench *bench)
{
    const double theta = 0.99;
    double n = (double)bench->options.num_keys, zeta2 = 1 + pow(0.5, theta);
    for (uint64_t i = 1; i <= bench->options.num_keys; i++)
        bench->zipf_zeta += 1 / pow((double)i, theta);
    bench->zipf_alpha = 1 / (1 - theta);
    bench->zipf_eta = (1 - pow(2 / n, 1 - theta)) / (1 - zeta2 / bench->zipf_zeta);
}

static uint64_t draw_zipf(struct bench *bench)
{
    double u = random_unit(&bench->random), uz = u * bench->zipf_zeta;
    if (uz < 1)
        return 0;
    if (uz < 1 + pow(0.5, 0.99))
        return 1;
    return (uint64_t)((double)bench->options.num_keys *
                      pow(bench->zipf_eta * u - bench->zipf_eta + 1, bench->zipf_alpha));
}

static uint64_t draw(struct bench *bench)
{
    return bench->options.is_zipf ? draw_zipf(bench) : random_below(&bench->random, bench->options.num_keys);
}

static void set_key(struct bench *bench, uint32_t i, uint64_t number)
{
    uint64_t id = hash_u64(number + 1);
    bench->key_bytes[i][0] = 0;
    memcpy(bench->key_bytes[i] + 1, &id, sizeof id);
    bench->keys[i] = (struct bytes_view){bench->key_bytes[i], KEY_BYTES};
    bench->hashes[i] = hash_bytes(bench->key_bytes[i], KEY_BYTES);
}

static void update(struct bench *bench, uint32_t count)
{
    struct error error;
    must(keyed_state_access(bench->state, KEYED_CREATE, bench->keys, bench->hashes, NULL, count,
                            bench->values, &error),
         &error);
    for (uint32_t i = 0; i < count; i++) {
        struct accumulators *value = bench->values[i];
        uint64_t number = bench->hashes[i] >> 40;
        value->count++;
        value->sum += number;
        value->smallest = value->count == 1 || number < value->smallest ? number : value->smallest;
        value->largest = number > value->largest ? number : value->largest;
    }
    must(keyed_state_end_batch(bench->state, &error), &error);
}

static void open_state(struct bench *bench, const struct keyed_state_handle *handle)
{
    static char local[512], checkpoints[512];
    snprintf(local, sizeof local, "%s/local", bench->options.folder);
    snprintf(checkpoints, sizeof checkpoints, "%s/checkpoints", bench->options.folder);
    struct keyed_state_options options = {
        .process = &bench->process,
        .operator_name = "bench",
        .kind = bench->options.kind,
        .memory_bytes = bench->options.memory_mib << 20,
        .local_folder = local,
        .io = bench->io,
        .checkpoint_folder = checkpoints,
        .first_key_group = 0,
        .end_key_group = KEY_GROUPS,
        .max_parallelism = KEY_GROUPS,
        .handles = &handle,
        .num_handles = handle != NULL ? 1 : 0,
        .restored_checkpoint_id = bench->checkpoint_id,
    };
    struct keyed_state_descriptor descriptor = {
        "sums", "ROW<BIGINT>", "COUNT, SUM, MIN, MAX", 1, sizeof(struct accumulators), NULL, 0, 0};
    struct error error;
    must(keyed_state_backend_open(&options, &bench->backend, &error), &error);
    must(keyed_state_open(bench->backend, &descriptor, &bench->state, &error), &error);
}

/* What a phase cost. The drawing of keys is the generator's, and not counted. */
struct phase {
    const char *name;
    double wall_s, thread_s, process_s;
    double drawn_wall_s, drawn_s, slept_s;
    uint64_t updates;
};

static struct phase begin_phase(const char *name)
{
    return (struct phase){.name = name,
                          .wall_s = seconds_of(CLOCK_MONOTONIC),
                          .thread_s = seconds_of(CLOCK_THREAD_CPUTIME_ID),
                          .process_s = seconds_of(CLOCK_PROCESS_CPUTIME_ID)};
}

static void end_phase(struct bench *bench, struct phase *phase)
{
    double n = phase->updates > 0 ? (double)phase->updates : 1;
    double whole_s = seconds_of(CLOCK_MONOTONIC) - phase->wall_s;
    phase->wall_s = whole_s - phase->drawn_wall_s - phase->slept_s;
    phase->thread_s = seconds_of(CLOCK_THREAD_CPUTIME_ID) - phase->thread_s - phase->drawn_s;
    phase->process_s = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - phase->process_s - phase->drawn_s;
    printf(
        "{\"phase\": \"%s\", \"updates\": %llu, \"wall_s\": %.2f, \"updates_s\": %.0f, \"thread_us\": %.3f, "
        "\"process_us\": %.3f, \"busy_percent\": %.1f, \"state_mib\": %llu, \"rss_mib\": %llu, \"peak_mib\": "
        "%llu",
        phase->name, (unsigned long long)phase->updates, phase->wall_s, n / phase->wall_s,
        phase->thread_s / n * 1e6, phase->process_s / n * 1e6, 100 * phase->wall_s / whole_s,
        (unsigned long long)keyed_state_backend_bytes(bench->backend) >> 20,
        (unsigned long long)resident_mib("VmRSS"), (unsigned long long)resident_mib("VmHWM"));
}

static void draw_batch(struct bench *bench, struct phase *phase, const uint64_t *numbers, uint32_t count)
{
    double wall = seconds_of(CLOCK_MONOTONIC), cpu = seconds_of(CLOCK_THREAD_CPUTIME_ID);
    for (uint32_t i = 0; i < count; i++)
        set_key(bench, i, numbers != NULL ? numbers[i] : draw(bench));
    phase->drawn_wall_s += seconds_of(CLOCK_MONOTONIC) - wall;
    phase->drawn_s += seconds_of(CLOCK_THREAD_CPUTIME_ID) - cpu;
    phase->updates += count;
}

static void load(struct bench *bench)
{
    struct phase phase = begin_phase("load");
    for (uint64_t begin = 0; begin < bench->options.num_keys; begin += BATCH) {
        uint64_t numbers[BATCH];
        uint32_t count = 0;
        for (uint64_t i = begin; i < begin + BATCH && i < bench->options.num_keys; i++)
            numbers[count++] = i;
        draw_batch(bench, &phase, numbers, count);
        update(bench, count);
    }
    end_phase(bench, &phase);
    printf("}\n");
}

static void warm_up(struct bench *bench)
{
    struct phase phase = begin_phase("updates");
    while (phase.updates < bench->options.num_updates) {
        draw_batch(bench, &phase, NULL, BATCH);
        update(bench, BATCH);
    }
    end_phase(bench, &phase);
    printf("}\n");
}

static void *upload(void *context)
{
    struct bench *bench = context;
    struct error error;
    double begin = seconds_of(CLOCK_MONOTONIC);
    bench->upload_arena = arena_create(1 << 16);
    must(keyed_state_snapshot_upload(bench->snapshot, bench->upload_arena, &bench->uploaded, &error), &error);
    bench->upload_s = seconds_of(CLOCK_MONOTONIC) - begin;
    atomic_store(&bench->is_uploaded, true);
    return NULL;
}

/* The freeze's duration. */
static double begin_checkpoint(struct bench *bench)
{
    struct error error;
    bench->begun_at = seconds_of(CLOCK_MONOTONIC);
    must(keyed_state_backend_freeze(bench->backend, ++bench->checkpoint_id, &bench->snapshot, &error),
         &error);
    double freeze_s = seconds_of(CLOCK_MONOTONIC) - bench->begun_at;
    atomic_store(&bench->is_uploaded, false);
    if (pthread_create(&bench->uploader, NULL, upload, bench) != 0)
        fail("upload", "no thread");
    return freeze_s;
}

static void end_checkpoint(struct bench *bench)
{
    pthread_join(bench->uploader, NULL);
    keyed_state_snapshot_free(bench->snapshot);
    bench->snapshot = NULL;
    for (size_t i = 0; bench->handle != NULL && i < bench->handle->num_files;
         i++) { /* as the jobmanager does */
        bool is_kept = false;
        for (size_t k = 0; k < bench->uploaded->num_files && !is_kept; k++)
            is_kept = strcmp(bench->uploaded->files[k].path, bench->handle->files[i].path) == 0;
        char path[1024];
        snprintf(path, sizeof path, "%s/checkpoints/%s", bench->options.folder, bench->handle->files[i].path);
        if (!is_kept)
            unlink(path);
    }
    arena_free(bench->arena);
    bench->arena = bench->upload_arena;
    bench->handle = bench->uploaded;
    keyed_state_backend_completed(bench->backend, bench->checkpoint_id);
}

static void take_first_checkpoint(struct bench *bench)
{
    double freeze_s = begin_checkpoint(bench);
    end_checkpoint(bench);
    printf("{\"phase\": \"first checkpoint\", \"freeze_ms\": %.1f, \"upload_ms\": %.1f, \"mib\": %llu, "
           "\"bytes_a_key\": "
           "%.1f}\n",
           freeze_s * 1e3, bench->upload_s * 1e3, (unsigned long long)bench->handle->size_bytes >> 20,
           (double)bench->handle->size_bytes / (double)bench->options.num_keys);
}

struct checkpoint_figures {
    uint32_t count;
    double freeze_s, freeze_max_s, duration_s, duration_max_s;
    uint64_t new_bytes;
};

static void note_end(struct bench *bench, struct checkpoint_figures *figures)
{
    double duration_s = seconds_of(CLOCK_MONOTONIC) - bench->begun_at;
    end_checkpoint(bench);
    figures->count++;
    figures->duration_s += duration_s;
    figures->duration_max_s = duration_s > figures->duration_max_s ? duration_s : figures->duration_max_s;
    figures->new_bytes += bench->handle->incremental_bytes;
}

static void run(struct bench *bench, const char *name, double checkpoint_s)
{
    struct phase phase = begin_phase(name);
    struct checkpoint_figures figures = {0};
    double begin = seconds_of(CLOCK_MONOTONIC), next = begin + checkpoint_s, now;
    while ((now = seconds_of(CLOCK_MONOTONIC)) < begin + bench->options.seconds) {
        if (bench->snapshot != NULL && atomic_load(&bench->is_uploaded))
            note_end(bench, &figures);
        if (checkpoint_s > 0 && now >= next && bench->snapshot == NULL) {
            double freeze_s = begin_checkpoint(bench);
            figures.freeze_s += freeze_s;
            figures.freeze_max_s = freeze_s > figures.freeze_max_s ? freeze_s : figures.freeze_max_s;
            next += checkpoint_s;
        }
        draw_batch(bench, &phase, NULL, BATCH);
        update(bench, BATCH);
        double ahead_s = bench->options.rate > 0 ? (double)phase.updates / bench->options.rate -
                                                       (seconds_of(CLOCK_MONOTONIC) - begin)
                                                 : 0;
        if (ahead_s > 0.001) {
            usleep((useconds_t)(ahead_s * 1e6));
            phase.slept_s += ahead_s;
        }
    }
    end_phase(bench, &phase);
    if (bench->snapshot != NULL)
        note_end(bench, &figures);
    double n = figures.count > 0 ? figures.count : 1;
    if (checkpoint_s > 0)
        printf(", \"checkpoints\": %u, \"freeze_ms\": %.1f, \"freeze_max_ms\": %.1f, \"duration_ms\": %.0f, "
               "\"duration_max_ms\": %.0f, \"new_mib\": %.1f",
               figures.count, figures.freeze_s / n * 1e3, figures.freeze_max_s * 1e3,
               figures.duration_s / n * 1e3, figures.duration_max_s * 1e3,
               (double)figures.new_bytes / n / 1048576);
    printf("}\n");
}

static void restore(struct bench *bench)
{
    keyed_state_backend_close(bench->backend);
    double begin = seconds_of(CLOCK_MONOTONIC);
    open_state(bench, bench->handle);
    printf("{\"phase\": \"restore\", \"ms\": %.1f, \"mib\": %llu}\n",
           (seconds_of(CLOCK_MONOTONIC) - begin) * 1e3, (unsigned long long)bench->handle->size_bytes >> 20);
}

static struct options parse(int argc, char **argv)
{
    struct options options = {
        "/tmp/frazil-bench-state", STATE_BACKEND_ROCKSDB, 10000000, 2048, 10000000, false, 10, 10, 0};
    static const struct option names[] = {
        {"folder", required_argument, NULL, 'f'},  {"backend", required_argument, NULL, 'b'},
        {"keys", required_argument, NULL, 'k'},    {"memory-mib", required_argument, NULL, 'm'},
        {"updates", required_argument, NULL, 'u'}, {"keys-are", required_argument, NULL, 'd'},
        {"seconds", required_argument, NULL, 's'}, {"checkpoint-s", required_argument, NULL, 'c'},
        {"rate", required_argument, NULL, 'r'},    {NULL, 0, NULL, 0},
    };
    for (int c; (c = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        switch (c) {
        case 'f': options.folder = optarg; break;
        case 'b':
            options.kind = strcmp(optarg, "hashmap") == 0 ? STATE_BACKEND_HASHMAP : STATE_BACKEND_ROCKSDB;
            break;
        case 'k': options.num_keys = strtoull(optarg, NULL, 10); break;
        case 'm': options.memory_mib = strtoull(optarg, NULL, 10); break;
        case 'u': options.num_updates = strtoull(optarg, NULL, 10); break;
        case 'd': options.is_zipf = strcmp(optarg, "zipf") == 0; break;
        case 's': options.seconds = strtod(optarg, NULL); break;
        case 'c': options.checkpoint_s = strtod(optarg, NULL); break;
        case 'r': options.rate = strtod(optarg, NULL); break;
        default: fail("usage", "see the beginning of bench/keyed_state.c");
        }
    }
    return options;
}

int main(int argc, char **argv)
{
    static struct bench bench;
    bench.options = parse(argc, argv);
    random_init(&bench.random, 1);
    bench.process.clock = clock_system();
    bench.io = local_file_io_create();
    struct error error;
    must(file_io_delete_directory(bench.io, bench.options.folder, &error), &error);
    if (bench.options.is_zipf)
        prepare_zipf(&bench);
    open_state(&bench, NULL);
    load(&bench);
    warm_up(&bench);
    take_first_checkpoint(&bench);
    run(&bench, "without checkpoints", 0);
    run(&bench, "with checkpoints", bench.options.checkpoint_s);
    restore(&bench);
    keyed_state_backend_close(bench.backend);
    must(file_io_delete_directory(bench.io, bench.options.folder, &error), &error);
    arena_free(bench.arena);
    file_io_free(bench.io);
    return 0;
}
