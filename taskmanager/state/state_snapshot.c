#include "taskmanager/state/state_snapshot_internal.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct state_snapshots *state_snapshots_create(const struct keyed_state_options *options,
                                               struct file_io *local_io)
{
    struct state_snapshots *shared = mem_calloc(1, sizeof *shared);
    refcount_init(&shared->refs);
    shared->io = options->io;
    shared->local_io = local_io;
    shared->checkpoint_folder = mem_strdup(options->checkpoint_folder);
    shared->recovery_folder = options->recovery_folder != NULL ? mem_strdup(options->recovery_folder) : NULL;
    state_file_registry_init(&shared->registry);
    pthread_mutex_init(&shared->lock, NULL);
    pthread_cond_init(&shared->idle, NULL);
    return shared;
}

void state_snapshots_unref(struct state_snapshots *shared)
{
    if (shared == NULL || !refcount_drop(&shared->refs))
        return;
    CHECK(shared->first == NULL && shared->num_running == 0);
    state_file_registry_free(&shared->registry);
    pthread_cond_destroy(&shared->idle);
    pthread_mutex_destroy(&shared->lock);
    file_io_free(shared->local_io);
    free(shared->checkpoint_folder);
    free(shared->recovery_folder);
    free(shared);
}

void state_snapshots_add(struct state_snapshots *shared, struct keyed_state_snapshot *snapshot)
{
    refcount_take(&shared->refs);
    snapshot->shared = shared;
    pthread_mutex_lock(&shared->lock);
    snapshot->next = shared->first;
    if (snapshot->next != NULL)
        snapshot->next->previous = snapshot;
    shared->first = snapshot;
    pthread_mutex_unlock(&shared->lock);
}

void state_snapshots_close(struct state_snapshots *shared)
{
    pthread_mutex_lock(&shared->lock);
    shared->is_closed = true;
    for (struct keyed_state_snapshot *snapshot = shared->first; snapshot != NULL; snapshot = snapshot->next)
        atomic_store(&snapshot->is_cancelled, true);
    if (shared->writer != NULL)
        store_writer_wake(shared->writer);
    while (shared->num_running > 0)
        pthread_cond_wait(&shared->idle, &shared->lock);
    shared->writer = NULL;
    pthread_mutex_unlock(&shared->lock);
}

void keyed_state_snapshot_cancel(struct keyed_state_snapshot *snapshot)
{
    struct state_snapshots *shared = snapshot->shared;
    pthread_mutex_lock(&shared->lock);
    atomic_store(&snapshot->is_cancelled, true);
    if (shared->writer != NULL)
        store_writer_wake(shared->writer);
    pthread_mutex_unlock(&shared->lock);
}

void keyed_state_snapshot_free(struct keyed_state_snapshot *snapshot)
{
    if (snapshot == NULL)
        return;
    struct state_snapshots *shared = snapshot->shared;
    pthread_mutex_lock(&shared->lock);
    if (snapshot->link != NULL && !snapshot->is_begun && shared->writer != NULL)
        store_writer_forget_link(shared->writer, snapshot->link);
    if (snapshot->next != NULL)
        snapshot->next->previous = snapshot->previous;
    if (snapshot->previous != NULL)
        snapshot->previous->next = snapshot->next;
    else
        shared->first = snapshot->next;
    pthread_mutex_unlock(&shared->lock);
    if (snapshot->freeze != NULL)
        table_freeze_discard(snapshot->freeze);
    table_freeze_unref(snapshot->freeze);
    store_link_unref(snapshot->link);
    state_file_list_unref(snapshot->base);
    arena_free(snapshot->arena);
    free(snapshot);
    state_snapshots_unref(shared);
}

static const char link_prefix[] = "chk-";

char *state_link_folder(const char *parent, uint64_t checkpoint_id)
{
    struct buffer path = {0};
    buffer_printf(&path, "%s/%s%" PRIu64, parent, link_prefix, checkpoint_id);
    return buffer_take(&path, NULL);
}

struct link_listing {
    uint64_t *ids;
    size_t count;
};

static bool visit_link(void *context, const char *name, bool is_directory)
{
    struct link_listing *listing = context;
    uint64_t id;
    int size = 0;
    if (!is_directory || sscanf(name, "chk-%" SCNu64 "%n", &id, &size) != 1 || name[size] != '\0')
        return true;
    listing->ids = mem_realloc(listing->ids, (listing->count + 1) * sizeof *listing->ids);
    listing->ids[listing->count++] = id;
    return true;
}

void state_links_remove_others(struct file_io *local_io, const char *parent, uint64_t checkpoint_id,
                               bool is_newer_kept)
{
    struct link_listing listing = {0};
    struct error error;
    if (file_io_list(local_io, parent, visit_link, &listing, &error) != STATUS_OK)
        listing.count = 0; /* there is no such folder yet */
    for (size_t i = 0; i < listing.count; i++) {
        if (listing.ids[i] == checkpoint_id || (is_newer_kept && listing.ids[i] > checkpoint_id))
            continue;
        char *folder = state_link_folder(parent, listing.ids[i]);
        folder_remove_if_possible(local_io, folder);
        free(folder);
    }
    free(listing.ids);
}

bool state_file_is_manifest(const char *name)
{
    return strncmp(name, "MANIFEST-", strlen("MANIFEST-")) == 0;
}

static bool ends_with(const char *name, const char *ending)
{
    size_t size = strlen(name), ending_size = strlen(ending);
    return size > ending_size && strcmp(name + size - ending_size, ending) == 0;
}

bool state_file_is_of_store(const char *name)
{
    return state_file_is_manifest(name) || ends_with(name, ".sst");
}

bool state_file_is_private(const char *name)
{
    return state_file_is_manifest(name) || strcmp(name, ROW_LOG_INDEX_NAME) == 0;
}

bool state_file_is_of_log(const char *name)
{
    return ends_with(name, ".table");
}

bool state_file_is_part(const char *name)
{
    return state_file_is_of_store(name) || state_file_is_private(name) || state_file_is_of_log(name);
}
