#include "jobmanager/checkpoint/checkpoint_finder.h"

#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

void found_checkpoints_free(struct found_checkpoints *found)
{
    checkpoint_metadata_unref(found->latest);
    for (size_t i = 0; i < found->num_uncommitted; i++)
        checkpoint_metadata_unref(found->uncommitted[i]);
    free(found->uncommitted);
    for (size_t i = 0; i < found->num_references && found->metadata != NULL; i++)
        checkpoint_metadata_unref(found->metadata[i]);
    free(found->metadata);
    free(found->references);
    free(found->folder);
    checkpoint_metadata_unref(found->claimed);
    free(found->claimed_folder);
    *found = (struct found_checkpoints){0};
}

/* One that is gone was committed and subsumed since `latest` was written. */
static enum status read_uncommitted(struct file_io *io, const char *job_folder,
                                    struct found_checkpoints *found, struct error *error)
{
    const struct checkpoint_metadata *latest = found->latest;
    found->uncommitted = mem_calloc(latest->num_uncommitted + 1, sizeof(void *));
    for (size_t i = 0; i < latest->num_uncommitted; i++) {
        struct checkpoint_metadata *metadata;
        struct error failure;
        enum status status = checkpoint_read(io, job_folder, latest->uncommitted[i], &metadata, &failure);
        if (status == STATUS_OK) {
            found->uncommitted[found->num_uncommitted++] = metadata;
        } else if (status != STATUS_NOT_FOUND) {
            *error = failure;
            return status;
        }
    }
    return STATUS_OK;
}

static void pass_id(struct found_checkpoints *found, uint64_t used_id)
{
    if (used_id >= found->next_id)
        found->next_id = used_id + 1;
}

/* What the paths of its files are relative to: a savepoint keeps them itself. */
static char *base_of(const char *path, const struct checkpoint_metadata *metadata)
{
    char *folder = checkpoint_folder_of(path);
    if (metadata->is_savepoint)
        return folder;
    char *job_folder = file_path_parent(folder);
    free(folder);
    return job_folder;
}

static enum status restore_other(const struct checkpoint_search *search, struct found_checkpoints *found,
                                 struct error *error)
{
    const char *path = search->restore_path;
    enum status status = checkpoint_read_path(search->io, path, &found->latest, error);
    if (status != STATUS_OK)
        return status;
    pass_id(found, found->latest->checkpoint_id);
    found->folder = base_of(path, found->latest);
    found->is_settled = search->is_new_lineage;
    return found->is_settled ? STATUS_OK : read_uncommitted(search->io, found->folder, found, error);
}

/* The newest one counts: it must be whole. Of the older ones, which are only kept, one may be damaged, or be
 * gone by the hand of an older leader. */
static enum status read_all(const struct checkpoint_search *search, struct found_checkpoints *found,
                            struct error *error)
{
    for (size_t i = 0; i < found->num_references; i++) {
        bool is_newest = i == found->num_references - 1;
        struct error failure;
        enum status status = checkpoint_read(search->io, search->job_folder, found->references[i],
                                             &found->metadata[i], &failure);
        bool may_lack = status == STATUS_NOT_FOUND || status == STATUS_CORRUPT;
        if (status != STATUS_OK && (is_newest || !may_lack)) {
            *error = failure;
            return status;
        }
    }
    found->latest = checkpoint_metadata_ref(found->metadata[found->num_references - 1]);
    return STATUS_OK;
}

static enum status find_own(const struct checkpoint_search *search, struct found_checkpoints *found,
                            struct error *error)
{
    enum status status =
        checkpoint_list(search->io, search->job_folder, &found->references, &found->num_references, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < found->num_references; i++)
        pass_id(found, found->references[i].checkpoint_id);
    found->num_references = checkpoint_line_filter(found->references, found->num_references, search->records,
                                                   search->num_records);
    found->metadata = mem_calloc(found->num_references + 1, sizeof(void *));
    if (found->num_references == 0)
        return STATUS_OK;
    found->is_own = true;
    status = read_all(search, found, error);
    return status == STATUS_OK ? read_uncommitted(search->io, search->job_folder, found, error) : status;
}

/* It is removed once newer ones take its place: until then it stands where it was. */
static enum status find_claimed(const struct checkpoint_search *search, struct found_checkpoints *found,
                                struct error *error)
{
    struct error failure;
    enum status status = checkpoint_read_path(search->io, search->restore_path, &found->claimed, &failure);
    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    if (status != STATUS_OK) {
        *error = failure;
        return status;
    }
    found->claimed_folder = checkpoint_folder_of(search->restore_path);
    if (found->is_own)
        found->folder = base_of(search->restore_path, found->claimed);
    return STATUS_OK;
}

enum status checkpoint_find(const struct checkpoint_search *search, struct found_checkpoints *ret_found,
                            struct error *error)
{
    struct found_checkpoints found = {.next_id = search->reserved_until > 0 ? search->reserved_until : 1};
    enum status status = search->job_folder == NULL ? STATUS_OK : find_own(search, &found, error);
    if (status == STATUS_OK && !found.is_own && search->restore_path != NULL)
        status = restore_other(search, &found, error);
    if (status == STATUS_OK && search->claims_restored && search->restore_path != NULL)
        status = find_claimed(search, &found, error);
    if (status == STATUS_OK)
        *ret_found = found;
    else
        found_checkpoints_free(&found);
    return status;
}
