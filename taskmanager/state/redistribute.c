#include "taskmanager/state/operator_state.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>

/* How many items of each list of the result were seen so far, over all old subtasks. */
struct redistribution {
    struct operator_state result;
    size_t *seen;
    uint32_t subtask;
    uint32_t parallelism;
};

/* The list of the result that takes items of *old; NULL when the old states contradict each other. */
static struct list_state *list_for(struct redistribution *work, const struct list_state *old)
{
    const struct list_state *known = operator_state_find(&work->result, old->name);
    if (known != NULL)
        return known->mode == old->mode && known->version == old->version
                   ? &work->result.lists[known - work->result.lists]
                   : NULL;
    struct list_state *list = operator_state_add_list(&work->result, old->name, old->mode, old->version);
    work->seen = mem_realloc(work->seen, work->result.num_lists * sizeof *work->seen);
    work->seen[work->result.num_lists - 1] = 0;
    return list;
}

static enum status add_list(struct redistribution *work, const struct list_state *old, struct error *error)
{
    struct list_state *list = list_for(work, old);
    if (list == NULL)
        return error_set(error, STATUS_CORRUPT,
                         "list state %s was written in two forms by the subtasks of one checkpoint",
                         old->name);
    size_t *seen = &work->seen[list - work->result.lists];
    if (old->mode == LIST_STATE_BROADCAST && *seen > 0)
        return STATUS_OK;
    for (size_t i = 0; i < old->num_items; i++) {
        size_t number = (*seen)++;
        if (old->mode != LIST_STATE_SPLIT || number % work->parallelism == work->subtask)
            list_state_append(list, old->items[i].data, old->items[i].size);
    }
    return STATUS_OK;
}

enum status operator_state_redistribute(const struct bytes_view *states, size_t num_states, uint32_t subtask,
                                        uint32_t parallelism, struct operator_state *ret_state,
                                        struct error *error)
{
    CHECK(subtask < parallelism);
    struct redistribution work = {.subtask = subtask, .parallelism = parallelism};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < num_states && status == STATUS_OK; i++) {
        struct operator_state old = {0};
        status = operator_state_decode(states[i], &old, error);
        for (size_t k = 0; k < old.num_lists && status == STATUS_OK; k++)
            status = add_list(&work, &old.lists[k], error);
        operator_state_free(&old);
    }
    free(work.seen);
    if (status != STATUS_OK) {
        operator_state_free(&work.result);
        return status;
    }
    *ret_state = work.result;
    return STATUS_OK;
}
