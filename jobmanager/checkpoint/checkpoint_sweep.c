#include "jobmanager/checkpoint/checkpoint_sweep.h"

#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

struct entry {
    char *path; /* relative to the job's folder */
    bool is_directory;
};

struct listing {
    struct entry *items;
    size_t count;
    const char *parent; /* of what is being visited, "" or "shared/" */
};

static bool visit(void *context, const char *name, bool is_directory)
{
    struct listing *listing = context;
    struct buffer path = {0};
    buffer_printf(&path, "%s%s", listing->parent, name);
    listing->items = mem_realloc(listing->items, (listing->count + 1) * sizeof *listing->items);
    listing->items[listing->count++] = (struct entry){buffer_take(&path, NULL), is_directory};
    return true;
}

static void free_listing(struct listing *listing)
{
    for (size_t i = 0; i < listing->count; i++)
        free(listing->items[i].path);
    free(listing->items);
}

/* Folders are listed as they come up, the job's own first. */
static enum status list_all(const struct checkpoint_sweep *sweep, struct listing *listing,
                            struct error *error)
{
    listing->parent = "";
    enum status status = file_io_list(sweep->io, sweep->job_folder, visit, listing, error);
    for (size_t i = 0; i < listing->count && status == STATUS_OK; i++) {
        if (!listing->items[i].is_directory)
            continue;
        struct buffer folder = {0}, parent = {0};
        buffer_printf(&folder, "%s/%s", sweep->job_folder, listing->items[i].path);
        buffer_printf(&parent, "%s/", listing->items[i].path);
        listing->parent = buffer_text(&parent);
        status = file_io_list(sweep->io, buffer_text(&folder), visit, listing, error);
        buffer_free(&folder);
        buffer_free(&parent);
    }
    return status;
}

static int compare_texts(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

static bool is_kept_reference(const struct checkpoint_sweep *sweep, struct checkpoint_reference reference)
{
    for (size_t i = 0; i < sweep->num_references; i++)
        if (sweep->references[i].checkpoint_id == reference.checkpoint_id &&
            sweep->references[i].epoch == reference.epoch)
            return true;
    return false;
}

/* What stands in the folder of a checkpoint belongs to it; the rest is kept by name. */
static bool is_kept(const struct checkpoint_sweep *sweep, char *const *kept, const char *path)
{
    struct checkpoint_reference reference;
    if (checkpoint_reference_parse(path, &reference))
        return reference.epoch > sweep->epoch || is_kept_reference(sweep, reference);
    return sweep->files->count > 0 &&
           bsearch(&path, kept, sweep->files->count, sizeof *kept, compare_texts) != NULL;
}

static enum status remove_entry(const struct checkpoint_sweep *sweep, const struct entry *entry,
                                struct error *error)
{
    struct buffer path = {0};
    buffer_printf(&path, "%s/%s", sweep->job_folder, entry->path);
    enum status status = file_io_delete(sweep->io, buffer_text(&path), error);
    buffer_free(&path);
    return status;
}

static enum status remove_strangers(const struct checkpoint_sweep *sweep, const struct listing *listing,
                                    size_t *num_removed, struct error *error)
{
    size_t count = sweep->files->count;
    char **kept = mem_dup(sweep->files->items, count * sizeof *kept);
    if (count > 1)
        qsort(kept, count, sizeof *kept, compare_texts);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < listing->count && status == STATUS_OK; i++) {
        const struct entry *entry = &listing->items[i];
        if (entry->is_directory || is_kept(sweep, kept, entry->path))
            continue;
        status = remove_entry(sweep, entry, error);
        *num_removed += status == STATUS_OK;
    }
    free(kept);
    return status;
}

/* Folders that are named after a checkpoint and an epoch up to this one are nobody else's. */
static enum status remove_folders(const struct checkpoint_sweep *sweep, const struct listing *listing,
                                  struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < listing->count && status == STATUS_OK; i++) {
        const struct entry *entry = &listing->items[i];
        struct checkpoint_reference reference;
        if (!entry->is_directory || !checkpoint_reference_parse(entry->path, &reference) ||
            reference.epoch > sweep->epoch || is_kept_reference(sweep, reference))
            continue;
        status = checkpoint_delete(sweep->io, sweep->job_folder, reference, error);
    }
    return status;
}

enum status checkpoint_sweep(const struct checkpoint_sweep *sweep, size_t *ret_num_removed,
                             struct error *error)
{
    struct listing listing = {0};
    size_t num_removed = 0;
    enum status status = list_all(sweep, &listing, error);
    if (status == STATUS_NOT_FOUND && listing.count == 0)
        status = STATUS_OK;
    else if (status == STATUS_OK)
        status = sweep->check_lead(sweep->context, error);
    if (status == STATUS_OK)
        status = remove_strangers(sweep, &listing, &num_removed, error);
    if (status == STATUS_OK)
        status = remove_folders(sweep, &listing, error);
    free_listing(&listing);
    if (status == STATUS_OK)
        *ret_num_removed = num_removed;
    else
        error_prefix(error, "cannot remove what no checkpoint refers to from %s", sweep->job_folder);
    return status;
}
