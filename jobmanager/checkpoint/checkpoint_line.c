#include "jobmanager/checkpoint/checkpoint_line.h"

#include "common/base/mutant.h"

bool checkpoint_is_in_line(struct checkpoint_reference reference, const struct continue_record *records,
                           size_t num_records)
{
    for (size_t i = 0; i < num_records; i++) {
        bool is_void =
            records[i].epoch > reference.epoch && reference.checkpoint_id > records[i].checkpoint_id;
        if (is_void && !GUARD(MUTANT_VOID_CHECKPOINTS, false))
            return false;
    }
    return true;
}

size_t checkpoint_line_filter(struct checkpoint_reference *references, size_t count,
                              const struct continue_record *records, size_t num_records)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (checkpoint_is_in_line(references[i], records, num_records))
            references[kept++] = references[i];
    return kept;
}
