#include "taskmanager/operators/session_list.h"

#include "common/base/check.h"

#include <string.h>

bool session_list_is_valid(const struct session_list *list)
{
    uint64_t others = list->count == 0 ? 0 : list->count - 1;
    return list->others.size / sizeof(struct session) == others &&
           list->others.size % sizeof(struct session) == 0;
}

/* The first session whose end is not before time; mostly one of the last. */
static uint64_t first_ending_at(struct session_list *list, int64_t time)
{
    uint64_t low = 0;
    uint64_t high = list->count;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (session_list_at(list, middle)->end < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct session *session_list_find(struct session_list *list, int64_t time)
{
    uint64_t index = first_ending_at(list, time + 1);
    CHECK(index < list->count && session_list_at(list, index)->start <= time);
    return session_list_at(list, index);
}

struct session_change session_list_probe(struct session_list *list, int64_t start, int64_t end)
{
    struct session_change change = {.index = first_ending_at(list, start), .start = start, .end = end};
    for (uint64_t i = change.index; i < list->count; i++) {
        const struct session *session = session_list_at(list, i);
        if (session->start > end)
            break;
        change.start = session->start < change.start ? session->start : change.start;
        change.end = session->end > change.end ? session->end : change.end;
        change.num_touched++;
    }
    return change;
}

static int64_t free_id(struct session_list *list)
{
    for (int64_t base = 0;; base += 64) {
        uint64_t taken = 0; /* of the ids base .. base + 63 */
        for (uint64_t i = 0; i < list->count; i++) {
            int64_t id = session_list_at(list, i)->id;
            if (id >= base && id < base + 64)
                taken |= UINT64_C(1) << (id - base);
        }
        if (taken != UINT64_MAX)
            return base + __builtin_ctzll(~taken);
    }
}

static void insert(struct session_list *list, uint64_t index, const struct session *session)
{
    if (list->count > 0)
        buffer_append(&list->others, session, sizeof *session);
    list->count++;
    for (uint64_t i = list->count - 1; i > index; i--)
        *session_list_at(list, i) = *session_list_at(list, i - 1);
    *session_list_at(list, index) = *session;
}

void session_list_remove(struct session_list *list, uint64_t index)
{
    CHECK(index < list->count);
    for (uint64_t i = index; i + 1 < list->count; i++)
        *session_list_at(list, i) = *session_list_at(list, i + 1);
    list->count--;
    if (list->count > 0)
        list->others.size -= sizeof(struct session);
    if (list->count <= 1)
        buffer_free(&list->others);
}

struct session *session_list_apply(struct session_list *list, const struct session_change *change,
                                   int64_t *ret_merged)
{
    if (change->num_touched == 0) {
        struct session session = {change->start, change->end, free_id(list)};
        insert(list, change->index, &session);
    }
    struct session *session = session_list_at(list, change->index);
    session->start = change->start;
    session->end = change->end;
    for (uint64_t i = 1; i < change->num_touched; i++) {
        ret_merged[i - 1] = session_list_at(list, change->index + 1)->id;
        session_list_remove(list, change->index + 1);
    }
    return session_list_at(list, change->index);
}
