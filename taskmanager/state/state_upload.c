#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/random.h"
#include "taskmanager/state/state_snapshot_internal.h"

#include <stdlib.h>
#include <string.h>

/* One upload. Files of rows go to "shared", which other checkpoints may refer to, what is of this one alone
 * to "private"; both are in the checkpoint folder, `folder`, that paths in the handle are relative to. */
struct upload {
    struct keyed_state_snapshot *snapshot;
    struct state_snapshots *shared;
    const char *folder;
    struct state_file_list *files;
    uint64_t new_bytes;
};

/* Where a file goes that the store calls `name`: a name that is never used again. In arena. */
static const char *new_path(const struct upload *upload, bool is_shared, const char *ending)
{
    struct uuid uuid = uuid_generate();
    char id[UUID_TEXT_BYTES];
    uuid_format(&uuid, id);
    const char *parent = is_shared ? "shared/" : "private/";
    return arena_printf(upload->snapshot->arena, "%s%s.%s", parent, id, ending);
}

static void add_new(struct upload *upload, const char *path, const char *name, struct file_digest digest,
                    bool is_shared)
{
    struct keyed_state_file file = {path, name, digest.size_bytes, digest.checksum, is_shared};
    state_file_list_add(upload->files, &file, true);
    upload->new_bytes += digest.size_bytes;
}

static const char *ending_of(const char *name)
{
    if (state_file_is_manifest(name))
        return "manifest";
    const char *dot = strrchr(name, '.');
    return dot != NULL ? dot + 1 : "index";
}

static enum status upload_file(struct upload *upload, const char *link_folder, const char *name,
                               struct error *error)
{
    struct keyed_state_snapshot *snapshot = upload->snapshot;
    struct state_snapshots *shared = upload->shared;
    char *source = state_file_path(link_folder, name);
    struct file_status local;
    enum status status = file_io_stat(shared->local_io, source, &local, error);
    const struct keyed_state_file *known =
        status == STATUS_OK ? state_file_list_find_shared(snapshot->base, name, local.size) : NULL;
    bool is_shared = !state_file_is_private(name);
    if (known != NULL && is_shared) {
        state_file_list_add(upload->files, known, false);
    } else if (status == STATUS_OK) {
        const char *path = new_path(upload, is_shared, ending_of(name));
        char *target = state_file_path(upload->folder, path);
        struct file_transfer transfer = {
            .from = shared->local_io,
            .to = shared->io,
            .is_durable = true,
            .may_link = state_file_is_of_log(name),
            .cancel = &snapshot->is_cancelled,
        };
        struct file_digest digest;
        status = file_transfer_copy(&transfer, source, target, &digest, error);
        if (status == STATUS_OK)
            add_new(upload, path, name, digest, is_shared);
        free(target);
    }
    free(source);
    return status;
}

struct name_listing {
    struct arena *arena;
    const char **names;
    size_t count;
};

static bool visit_name(void *context, const char *name, bool is_directory)
{
    struct name_listing *listing = context;
    if (is_directory || !state_file_is_part(name))
        return true;
    listing->names = mem_realloc(listing->names, (listing->count + 1) * sizeof *listing->names);
    listing->names[listing->count++] = arena_strdup(listing->arena, name);
    return true;
}

static enum status upload_store(struct upload *upload, struct error *error)
{
    struct keyed_state_snapshot *snapshot = upload->snapshot;
    struct store_link *link = snapshot->link;
    enum status status =
        store_writer_await_link(upload->shared->writer, link, &snapshot->is_cancelled, error);
    struct name_listing listing = {.arena = snapshot->arena};
    if (status == STATUS_OK)
        status = file_io_list(upload->shared->local_io, link->folder, visit_name, &listing, error);
    for (size_t i = 0; i < listing.count && status == STATUS_OK; i++)
        status = upload_file(upload, link->folder, listing.names[i], error);
    free(listing.names);
    return status;
}

static enum status upload_tables(struct upload *upload, struct error *error)
{
    struct keyed_state_snapshot *snapshot = upload->snapshot;
    const char *path = new_path(upload, false, "table");
    char *target = state_file_path(upload->folder, path);
    struct digested_output *output;
    struct file_digest digest;
    enum status status = digested_output_open(upload->shared->io, target, &output, error);
    if (status == STATUS_OK) {
        status = table_freeze_write(snapshot->freeze, output, &snapshot->is_cancelled, error);
        if (status == STATUS_OK)
            status = digested_output_close(output, true, &digest, error);
        else
            digested_output_abort(output);
    }
    if (status == STATUS_OK)
        add_new(upload, path, "tables", digest, false);
    free(target);
    return status;
}

/* Makes the names of what was written durable. */
static enum status sync_folders(const struct upload *upload, struct error *error)
{
    static const char *const parents[] = {"shared", "private"};
    struct file_io *io = upload->shared->io;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < 2 && status == STATUS_OK; i++) {
        bool is_used = false;
        for (size_t k = 0; k < upload->files->count; k++)
            is_used |= upload->files->is_new[k] && upload->files->files[k].is_shared == (i == 0);
        char *folder = state_file_path(upload->folder, parents[i]);
        if (is_used)
            status = file_io_sync_directory(io, folder, error);
        free(folder);
    }
    return status;
}

static struct keyed_state_handle *make_handle(const struct upload *upload, struct arena *arena)
{
    struct keyed_state_handle handle = upload->snapshot->head;
    handle.files = upload->files->files;
    handle.num_files = upload->files->count;
    for (size_t i = 0; i < handle.num_files; i++)
        handle.size_bytes += handle.files[i].size_bytes;
    handle.incremental_bytes = upload->new_bytes;
    return keyed_state_handle_copy(&handle, arena);
}

/* The linked folder is a copy for recovery, or has served. */
static void drop_links(const struct upload *upload, enum status status)
{
    const struct state_snapshots *shared = upload->shared;
    const struct store_link *link = upload->snapshot->link;
    if (link != NULL && (status != STATUS_OK || shared->recovery_folder == NULL))
        store_writer_forget_link(shared->writer, upload->snapshot->link);
}

static enum status upload_all(struct upload *upload, struct error *error)
{
    enum status status = STATUS_OK;
    if (upload->snapshot->link != NULL)
        status = upload_store(upload, error);
    else if (upload->snapshot->freeze != NULL)
        status = upload_tables(upload, error);
    if (status == STATUS_OK && upload->new_bytes > 0)
        status = sync_folders(upload, error);
    return status;
}

/* Whoever gives up the checkpoint either comes before this, or finds the files in the registry. */
static enum status hand_over(const struct upload *upload, struct error *error)
{
    struct state_snapshots *shared = upload->shared;
    enum status status = STATUS_OK;
    pthread_mutex_lock(&shared->lock);
    if (atomic_load(&upload->snapshot->is_cancelled))
        status = error_set(error, STATUS_CANCELLED, "the checkpoint was given up");
    else
        state_file_registry_add(&shared->registry, state_file_list_ref(upload->files));
    pthread_mutex_unlock(&shared->lock);
    return status;
}

/* An upload is under way only while the backend is there. */
static bool begin(struct state_snapshots *shared)
{
    pthread_mutex_lock(&shared->lock);
    bool is_open = !shared->is_closed;
    shared->num_running += is_open;
    pthread_mutex_unlock(&shared->lock);
    return is_open;
}

static void end(struct state_snapshots *shared)
{
    pthread_mutex_lock(&shared->lock);
    shared->num_running--;
    pthread_cond_broadcast(&shared->idle);
    pthread_mutex_unlock(&shared->lock);
}

enum status keyed_state_snapshot_upload(struct keyed_state_snapshot *snapshot, struct arena *arena,
                                        struct keyed_state_handle **ret_handle, struct error *error)
{
    struct upload upload = {
        .snapshot = snapshot,
        .shared = snapshot->shared,
        .folder = snapshot->shared->checkpoint_folder,
    };
    if (!begin(upload.shared))
        return error_set(error, STATUS_CANCELLED, "the task ended");
    snapshot->is_begun = true;
    upload.files = state_file_list_create(snapshot->checkpoint_id, upload.folder);
    enum status status = upload_all(&upload, error);
    if (status == STATUS_OK)
        status = hand_over(&upload, error);
    drop_links(&upload, status);
    if (status == STATUS_OK) {
        *ret_handle = make_handle(&upload, arena);
    } else {
        state_file_list_remove_new(upload.files, upload.shared->io);
        error_prefix(error, "cannot upload keyed state");
        error->retriable = true; /* the next checkpoint may succeed */
    }
    state_file_list_unref(upload.files);
    end(upload.shared);
    return status;
}
