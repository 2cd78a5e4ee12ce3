#include "taskmanager/exchange/channel_map.h"

#include "common/base/check.h"
#include "common/base/hash.h"
#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { MAP_MIN_BUCKETS = 16 };

void channel_map_free(struct channel_map *map)
{
    CHECK(map->size == 0);
    free(map->buckets);
    *map = (struct channel_map){0};
}

static struct channel_end **bucket_of(const struct channel_map *map, const struct channel_key *key)
{
    uint64_t hash = hash_u64((uint64_t)key->from << 32 | key->to);
    hash = hash_u64(hash ^ ((uint64_t)key->attempt << 32 | key->edge)) ^ key->leader_epoch;
    hash ^= hash_bytes(key->job_id, strlen(key->job_id));
    return &map->buckets[hash & (map->num_buckets - 1)];
}

static void grow(struct channel_map *map)
{
    struct channel_map grown = {.num_buckets = map->num_buckets == 0 ? MAP_MIN_BUCKETS : 2 * map->num_buckets,
                                .size = map->size};
    grown.buckets = mem_calloc(grown.num_buckets, sizeof(struct channel_end *));
    for (size_t i = 0; i < map->num_buckets; i++) {
        for (struct channel_end *end = map->buckets[i], *next; end != NULL; end = next) {
            next = end->next;
            struct channel_end **bucket = bucket_of(&grown, &end->key);
            end->next = *bucket;
            *bucket = end;
        }
    }
    free(map->buckets);
    *map = grown;
}

bool channel_map_add(struct channel_map *map, struct channel_end *end)
{
    if (channel_map_find(map, &end->key) != NULL)
        return false;
    if (map->size == map->num_buckets)
        grow(map);
    struct channel_end **bucket = bucket_of(map, &end->key);
    end->next = *bucket;
    *bucket = end;
    map->size++;
    return true;
}

void channel_map_remove(struct channel_map *map, struct channel_end *end)
{
    struct channel_end **link = bucket_of(map, &end->key);
    while (*link != end) {
        CHECK(*link != NULL);
        link = &(*link)->next;
    }
    *link = end->next;
    end->next = NULL;
    map->size--;
}

struct channel_end *channel_map_find(const struct channel_map *map, const struct channel_key *key)
{
    if (map->size == 0)
        return NULL;
    struct channel_end *end = *bucket_of(map, key);
    while (end != NULL && !channel_key_equal(&end->key, key))
        end = end->next;
    return end;
}

void channel_map_visit(const struct channel_map *map, void (*visit)(struct channel_end *end, void *context),
                       void *context)
{
    for (size_t i = 0; i < map->num_buckets; i++)
        for (struct channel_end *end = map->buckets[i]; end != NULL; end = end->next)
            visit(end, context);
}
