#pragma once

#include "taskmanager/exchange/channel_key.h"

#include <stddef.h>

struct exchange_peer;

/* One end of a channel, as the hub finds it: the first member of what has it. */
struct channel_end {
    struct channel_key key;
    struct channel_end *next;   /* in its bucket */
    struct exchange_peer *peer; /* where the other end is; NULL: in this process */
    bool has_failed;
};

/* The ends of one side, by key. A zeroed struct is empty. Owns none of them. */
struct channel_map {
    struct channel_end **buckets;
    size_t num_buckets; /* a power of two, or 0 */
    size_t size;
};

void channel_map_free(struct channel_map *map); /* the content; it is empty */
/* False: there is one of that key already. */
bool channel_map_add(struct channel_map *map, struct channel_end *end);
void channel_map_remove(struct channel_map *map, struct channel_end *end);
struct channel_end *channel_map_find(const struct channel_map *map, const struct channel_key *key);
void channel_map_visit(const struct channel_map *map, void (*visit)(struct channel_end *end, void *context),
                       void *context);
