#include "taskmanager/exchange/barrier_aligner.h"

#include "common/base/check.h"
#include "common/base/memory.h"
#include "common/base/mutant.h"

#include <stdlib.h>
#include <string.h>

void barrier_aligner_init(struct barrier_aligner *aligner, uint32_t num_channels)
{
    *aligner = (struct barrier_aligner){.num_channels = num_channels};
    aligner->has_given = mem_calloc(num_channels, sizeof *aligner->has_given);
}

void barrier_aligner_free(struct barrier_aligner *aligner)
{
    free(aligner->has_given);
    *aligner = (struct barrier_aligner){0};
}

static void settle(struct barrier_aligner *aligner)
{
    aligner->settled_id = aligner->checkpoint_id;
    aligner->checkpoint_id = 0;
    aligner->num_given = 0;
    memset(aligner->has_given, 0, aligner->num_channels * sizeof *aligner->has_given);
}

enum aligner_verdict barrier_aligner_take(struct barrier_aligner *aligner, uint32_t channel,
                                          uint64_t checkpoint_id, int64_t now_us, int64_t *ret_alignment_us)
{
    CHECK(channel < aligner->num_channels && checkpoint_id > 0);
    CHECK(barrier_aligner_may_read(aligner, channel));
    if (checkpoint_id <= aligner->settled_id || checkpoint_id < aligner->checkpoint_id)
        return ALIGNER_IGNORED;
    bool overtakes = aligner->checkpoint_id != 0 && checkpoint_id > aligner->checkpoint_id;
    if (overtakes && !GUARD(MUTANT_OVERTAKEN_BARRIER, false))
        settle(aligner);
    if (aligner->checkpoint_id == 0)
        aligner->started_us = now_us;
    aligner->checkpoint_id = checkpoint_id;
    aligner->has_given[channel] = true;
    aligner->num_given++;
    uint32_t missing = aligner->num_channels - aligner->num_given;
    if (missing > 1 || (missing == 1 && !GUARD(MUTANT_INCOMPLETE_ALIGNMENT, false)))
        return overtakes ? ALIGNER_OVERTAKES : ALIGNER_WAITS;
    *ret_alignment_us = now_us - aligner->started_us;
    settle(aligner);
    return ALIGNER_COMPLETE;
}

bool barrier_aligner_abort(struct barrier_aligner *aligner, uint64_t checkpoint_id)
{
    if (aligner->checkpoint_id != 0 && aligner->checkpoint_id <= checkpoint_id) {
        settle(aligner);
        aligner->settled_id = checkpoint_id;
        return true;
    }
    if (checkpoint_id > aligner->settled_id)
        aligner->settled_id = checkpoint_id;
    return false;
}

bool barrier_aligner_may_read(const struct barrier_aligner *aligner, uint32_t channel)
{
    return GUARD(MUTANT_READ_BEHIND_BARRIER, !aligner->has_given[channel]);
}
