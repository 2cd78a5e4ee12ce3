#include "taskmanager/exchange/channel_key.h"

#include "common/base/mutant.h"

#include <string.h>

bool channel_key_equal(const struct channel_key *a, const struct channel_key *b)
{
    return a->edge == b->edge && a->from == b->from && a->to == b->to && strcmp(a->job_id, b->job_id) == 0 &&
           GUARD(MUTANT_FRAME_OF_ANOTHER_ATTEMPT,
                 a->leader_epoch == b->leader_epoch && a->attempt == b->attempt);
}
