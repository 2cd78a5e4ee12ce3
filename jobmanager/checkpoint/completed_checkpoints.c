/* The published checkpoints that are kept, and what happens to the files of those that are not. */
#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/mutant.h"
#include "jobmanager/checkpoint/coordinator_internal.h"

#include <stdlib.h>

uint32_t coordinator_num_uncommitted(const struct coordinator *coordinator)
{
    uint32_t count = 0;
    for (size_t i = 0; i < coordinator->num_retained; i++)
        count += !coordinator->retained[i].is_committed;
    return count;
}

void coordinator_retain(struct coordinator *coordinator, const struct checkpoint_metadata *metadata,
                        bool is_committed)
{
    CHECK(coordinator->num_retained < MAX_RETAINED);
    struct retained_checkpoint *retained = &coordinator->retained[coordinator->num_retained++];
    *retained = (struct retained_checkpoint){
        .reference = {metadata->checkpoint_id, metadata->epoch},
        .is_committed = is_committed,
    };
    retained->files = state_files_retain(&coordinator->files, metadata, &retained->num_files);
}

static void discard_retained(struct coordinator *coordinator, struct retained_checkpoint *checkpoint)
{
    struct checkpoint_record *record = coordinator_record(coordinator, checkpoint->reference.checkpoint_id);
    if (record != NULL)
        record->is_discarded = true;
    struct coordinator_discard discard = {
        .reference = checkpoint->reference,
        .claimed_folder = checkpoint->claimed_folder,
    };
    state_files_release(&coordinator->files, checkpoint->files, checkpoint->num_files, &discard.files);
    free(checkpoint->files);
    coordinator->callbacks.discard(coordinator->callbacks.context, &discard);
    path_list_free(&discard.files);
    free(checkpoint->claimed_folder);
}

static bool may_discard(const struct retained_checkpoint *checkpoint)
{
    return checkpoint->is_committed && GUARD(MUTANT_DISCARD_DURING_COPY, checkpoint->savepoint == NULL);
}

void coordinator_subsume(struct coordinator *coordinator)
{
    size_t kept = 0, surplus = 0, num_committed = 0;
    for (size_t i = 0; i < coordinator->num_retained; i++)
        num_committed += may_discard(&coordinator->retained[i]);
    if (num_committed > coordinator->options.num_retained)
        surplus = num_committed - coordinator->options.num_retained;
    for (size_t i = 0; i < coordinator->num_retained; i++) {
        struct retained_checkpoint checkpoint = coordinator->retained[i];
        if (!may_discard(&checkpoint) || surplus == 0) {
            coordinator->retained[kept++] = checkpoint;
            continue;
        }
        surplus--;
        discard_retained(coordinator, &checkpoint);
    }
    coordinator->num_retained = kept;
}

void coordinator_committed(struct coordinator *coordinator, uint64_t checkpoint_id, int64_t now_ms)
{
    for (size_t i = 0; i < coordinator->num_retained; i++) {
        if (coordinator->retained[i].reference.checkpoint_id != checkpoint_id)
            continue;
        coordinator->retained[i].is_committed = true;
        coordinator_begin_copy(coordinator, &coordinator->retained[i]);
    }
    coordinator_note_committed(coordinator, checkpoint_id, now_ms);
    coordinator_subsume(coordinator);
    coordinator_advance(coordinator, now_ms);
}

void coordinator_add_retained(struct coordinator *coordinator, const struct checkpoint_metadata *metadata,
                              bool is_committed)
{
    if (coordinator->num_retained == MAX_RETAINED)
        coordinator_subsume(coordinator);
    if (coordinator->num_retained < MAX_RETAINED)
        coordinator_retain(coordinator, metadata, is_committed);
}

void coordinator_add_claimed(struct coordinator *coordinator, const struct checkpoint_metadata *metadata,
                             const char *folder, bool is_committed)
{
    CHECK(coordinator->num_retained == 0);
    coordinator_retain(coordinator, metadata, is_committed);
    coordinator->retained[0].claimed_folder = mem_strdup(folder);
}

void coordinator_list_kept(const struct coordinator *coordinator,
                           struct checkpoint_reference **ret_references, size_t *ret_num_references,
                           struct path_list *ret_files)
{
    struct checkpoint_reference *references = mem_calloc(coordinator->num_retained + 1, sizeof *references);
    size_t count = 0;
    for (size_t i = 0; i < coordinator->num_retained; i++)
        if (coordinator->retained[i].claimed_folder == NULL)
            references[count++] = coordinator->retained[i].reference;
    *ret_references = references;
    *ret_num_references = count;
    *ret_files = (struct path_list){0};
    state_files_list(&coordinator->files, ret_files);
}

void coordinator_scrap(struct coordinator *coordinator, struct checkpoint_metadata *metadata)
{
    if (metadata->num_keyed_states == 0 && metadata->num_committables == 0)
        return;
    struct path_list files = {0};
    state_files_strangers(&coordinator->files, metadata, &files);
    coordinator->callbacks.scrap(coordinator->callbacks.context, checkpoint_metadata_ref(metadata), &files);
    path_list_free(&files);
}
