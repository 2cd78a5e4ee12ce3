#include "taskmanager/formats/format.h"

#include "common/base/memory.h"

#include <stdlib.h>

void format_decoder_free(struct format_decoder *decoder)
{
    if (decoder != NULL)
        decoder->ops->free(decoder);
}

struct format_failure *format_failures_add(struct format_failures *failures, uint32_t message, size_t offset)
{
    if (failures->count == failures->capacity) {
        failures->capacity = failures->capacity == 0 ? 4 : failures->capacity * 2;
        failures->items = mem_realloc(failures->items, failures->capacity * sizeof *failures->items);
    }
    struct format_failure *failure = &failures->items[failures->count++];
    failure->message = message;
    failure->offset = offset;
    failure->reason[0] = '\0';
    return failure;
}

void format_failures_free(struct format_failures *failures)
{
    free(failures->items);
    *failures = (struct format_failures){0};
}
