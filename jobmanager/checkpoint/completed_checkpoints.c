/* What is kept of checkpoints: the published ones, and the history for observers. */
#include "common/base/check.h"
#include "jobmanager/checkpoint/coordinator_internal.h"

#include <string.h>

void coordinator_add_record(struct coordinator *coordinator, int64_t now_ms)
{
    struct checkpoint_record *record =
        &coordinator->history[coordinator->num_history++ % COORDINATOR_HISTORY];
    *record = (struct checkpoint_record){
        .checkpoint_id = coordinator->metadata->checkpoint_id,
        .epoch = coordinator->options.epoch,
        .is_final = coordinator->is_final,
        .trigger_ms = now_ms,
        .latest_ack_ms = -1,
        .durable_ms = -1,
        .committed_ms = -1,
        .ended_ms = -1,
    };
}

struct checkpoint_record *coordinator_record(struct coordinator *coordinator, uint64_t checkpoint_id)
{
    size_t size = coordinator_history_size(coordinator);
    for (size_t i = 0; i < size; i++) {
        struct checkpoint_record *record =
            &coordinator->history[(coordinator->num_history - 1 - i) % COORDINATOR_HISTORY];
        if (record->checkpoint_id == checkpoint_id)
            return record;
    }
    return NULL;
}

uint32_t coordinator_num_uncommitted(const struct coordinator *coordinator)
{
    uint32_t count = 0;
    for (size_t i = 0; i < coordinator->num_retained; i++)
        count += !coordinator->retained[i].is_committed;
    return count;
}

void coordinator_retain(struct coordinator *coordinator, struct checkpoint_reference reference,
                        bool is_committed)
{
    CHECK(coordinator->num_retained < MAX_RETAINED);
    coordinator->retained[coordinator->num_retained++] =
        (struct retained_checkpoint){.reference = reference, .is_committed = is_committed};
}

void coordinator_subsume(struct coordinator *coordinator)
{
    size_t kept = 0, surplus = 0, num_committed = 0;
    for (size_t i = 0; i < coordinator->num_retained; i++)
        num_committed += coordinator->retained[i].is_committed;
    if (num_committed > coordinator->options.num_retained)
        surplus = num_committed - coordinator->options.num_retained;
    for (size_t i = 0; i < coordinator->num_retained; i++) {
        struct retained_checkpoint checkpoint = coordinator->retained[i];
        if (!checkpoint.is_committed || surplus == 0) {
            coordinator->retained[kept++] = checkpoint;
            continue;
        }
        surplus--;
        struct checkpoint_record *record =
            coordinator_record(coordinator, checkpoint.reference.checkpoint_id);
        if (record != NULL)
            record->is_discarded = true;
        coordinator->callbacks.discard(coordinator->callbacks.context, checkpoint.reference);
    }
    coordinator->num_retained = kept;
}

void coordinator_add_retained(struct coordinator *coordinator, struct checkpoint_reference reference,
                              bool is_committed)
{
    if (coordinator->num_retained == MAX_RETAINED)
        coordinator_subsume(coordinator);
    if (coordinator->num_retained < MAX_RETAINED)
        coordinator_retain(coordinator, reference, is_committed);
}

size_t coordinator_history_size(const struct coordinator *coordinator)
{
    return coordinator->num_history < COORDINATOR_HISTORY ? coordinator->num_history : COORDINATOR_HISTORY;
}

const struct checkpoint_record *coordinator_history_at(const struct coordinator *coordinator, size_t index)
{
    CHECK(index < coordinator_history_size(coordinator));
    return &coordinator->history[(coordinator->num_history - 1 - index) % COORDINATOR_HISTORY];
}

struct coordinator_counts coordinator_counts(const struct coordinator *coordinator)
{
    return coordinator->counts;
}

void coordinator_count_restore(struct coordinator *coordinator, int64_t now_ms)
{
    coordinator->counts.restored++;
    coordinator->restored_ms = now_ms;
}

int64_t coordinator_restored_ms(const struct coordinator *coordinator)
{
    return coordinator->restored_ms;
}
