#include "jobmanager/job_store/job_store_internal.h"

#include "common/base/memory.h"
#include "common/base/random.h"

#include <stdlib.h>
#include <string.h>

enum { DEFAULT_TAKEOVER_MS = 5000 };

enum status job_store_open(const struct job_store_options *options, struct job_store **ret_store,
                           struct error *error)
{
    struct file_io *io;
    enum status status = file_io_for_uri(options->folder, &io, error);
    if (status != STATUS_OK)
        return error_prefix(error, "high-availability.storageDir");
    struct buffer folder = {0};
    buffer_printf(&folder, "%s/epochs", options->folder);
    status = file_io_make_directories(io, buffer_text(&folder), error);
    buffer_clear(&folder);
    buffer_printf(&folder, "%s/jobs/%s", options->folder, options->name_space);
    if (status == STATUS_OK)
        status = file_io_make_directories(io, buffer_text(&folder), error);
    buffer_free(&folder);
    if (status != STATUS_OK) {
        file_io_free(io);
        return error_prefix(error, "high-availability.storageDir %s is not usable", options->folder);
    }
    struct job_store *store = mem_calloc(1, sizeof *store);
    store->process = options->process;
    store->io = io;
    store->folder = mem_strdup(options->folder);
    const char *path = options->folder;
    if (strncmp(path, "file:", 5) == 0)
        path += strncmp(path, "file://", 7) == 0 ? 7 : 5;
    store->path = mem_strdup(path);
    store->name_space = mem_strdup(options->name_space);
    store->takeover_ms = options->takeover_ms > 0 ? options->takeover_ms : DEFAULT_TAKEOVER_MS;
    store->lock_fd = -1;
    struct uuid id = uuid_generate();
    uuid_format_hex(&id, store->leader_id);
    *ret_store = store;
    return STATUS_OK;
}

void job_store_free(struct job_store *store)
{
    if (store == NULL)
        return;
    job_store_drop_lead(store);
    file_io_free(store->io);
    free(store->folder);
    free(store->path);
    free(store->name_space);
    free(store);
}

uint64_t job_store_epoch(const struct job_store *store)
{
    return store->epoch;
}

const char *job_store_name_space(const struct job_store *store)
{
    return store->name_space;
}

void job_store_path(const struct job_store *store, const char *job_id, const char *name, struct buffer *path)
{
    buffer_clear(path);
    buffer_printf(path, "%s/jobs/%s/%s", store->folder, store->name_space, job_id);
    if (name != NULL)
        buffer_printf(path, "/%s", name);
}
