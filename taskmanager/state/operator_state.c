#include "taskmanager/state/operator_state.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

struct list_state *operator_state_add_list(struct operator_state *state, const char *name,
                                           enum list_state_mode mode, uint32_t version)
{
    for (size_t i = 0; i < state->num_lists; i++) {
        if (strcmp(state->lists[i].name, name) == 0) {
            CHECK(state->lists[i].mode == mode && state->lists[i].version == version);
            return &state->lists[i];
        }
    }
    state->lists = mem_realloc(state->lists, (state->num_lists + 1) * sizeof *state->lists);
    struct list_state *list = &state->lists[state->num_lists++];
    *list = (struct list_state){.name = mem_strdup(name), .mode = mode, .version = version};
    return list;
}

void list_state_append(struct list_state *list, const void *data, size_t size)
{
    /* The capacity is the next power of two, so it need not be stored. */
    if ((list->num_items & (list->num_items - 1)) == 0) {
        size_t capacity = list->num_items == 0 ? 1 : list->num_items * 2;
        list->items = mem_realloc(list->items, capacity * sizeof *list->items);
    }
    struct buffer item = {0};
    buffer_append(&item, data, size);
    list->items[list->num_items++] = item;
}

const struct list_state *operator_state_find(const struct operator_state *state, const char *name)
{
    for (size_t i = 0; i < state->num_lists; i++)
        if (strcmp(state->lists[i].name, name) == 0)
            return &state->lists[i];
    return NULL;
}

void operator_state_free(struct operator_state *state)
{
    for (size_t i = 0; i < state->num_lists; i++) {
        struct list_state *list = &state->lists[i];
        for (size_t k = 0; k < list->num_items; k++)
            buffer_free(&list->items[k]);
        free(list->items);
        free(list->name);
    }
    free(state->lists);
    *state = (struct operator_state){0};
}
