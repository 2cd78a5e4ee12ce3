#include "common/expression/time_zone.h"

#include "common/base/memory.h"
#include "common/expression/time_zone_rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define US_PER_SECOND INT64_C(1000000)

enum { MAX_OFFSET_S = 18 * 3600 };

struct time_zone {
    int32_t offset_s;              /* when rules is NULL */
    struct time_zone_rules *rules; /* of the IANA database, or NULL: a fixed offset */
};

static int64_t floor_seconds(int64_t us)
{
    return us / US_PER_SECOND - (us % US_PER_SECOND < 0);
}

static struct time_zone *create(int32_t offset_s, struct time_zone_rules *rules)
{
    struct time_zone *zone = mem_alloc(sizeof *zone);
    zone->offset_s = offset_s;
    zone->rules = rules;
    return zone;
}

struct time_zone *time_zone_create_fixed(int32_t offset_s)
{
    return create(offset_s, NULL);
}

/* "+8", "-03:30", "+0530", behind an optional "UTC", "GMT" or "UT". */
static bool parse_offset(const char *name, int32_t *ret_offset_s)
{
    if (strncmp(name, "UTC", 3) == 0 || strncmp(name, "GMT", 3) == 0)
        name += 3;
    else if (strncmp(name, "UT", 2) == 0)
        name += 2;
    else if (strcmp(name, "Z") == 0)
        name++;
    else if (*name != '+' && *name != '-')
        return false;
    if (*name == 0) {
        *ret_offset_s = 0;
        return true;
    }
    int hours, minutes = 0, used = 0;
    if ((*name != '+' && *name != '-') || name[1] < '0' || name[1] > '9')
        return false;
    bool matches = (sscanf(name + 1, "%2d:%2d%n", &hours, &minutes, &used) == 2 && name[1 + used] == 0) ||
                   (sscanf(name + 1, "%2d%2d%n", &hours, &minutes, &used) == 2 && name[1 + used] == 0);
    if (!matches) {
        minutes = 0;
        matches = sscanf(name + 1, "%2d%n", &hours, &used) == 1 && name[1 + used] == 0;
    }
    int32_t offset_s = hours * 3600 + minutes * 60;
    if (!matches || minutes < 0 || minutes > 59 || offset_s > MAX_OFFSET_S)
        return false;
    *ret_offset_s = *name == '-' ? -offset_s : offset_s;
    return true;
}

enum status time_zone_create(const char *name, struct time_zone **ret_zone, struct error *error)
{
    int32_t offset_s;
    if (parse_offset(name, &offset_s)) {
        *ret_zone = create(offset_s, NULL);
        return STATUS_OK;
    }
    struct time_zone_rules *rules;
    enum status status = time_zone_rules_load(name, &rules, error);
    if (status != STATUS_OK)
        return status;
    *ret_zone = create(0, rules);
    return STATUS_OK;
}

void time_zone_free(struct time_zone *zone)
{
    if (zone == NULL)
        return;
    time_zone_rules_free(zone->rules);
    free(zone);
}

static int32_t offset_at(const struct time_zone *zone, int64_t utc_s)
{
    int64_t from_s, until_s;
    if (zone->rules == NULL)
        return zone->offset_s;
    return time_zone_rules_offset(zone->rules, utc_s, &from_s, &until_s);
}

static int64_t seconds_to_us(int64_t seconds)
{
    int64_t us;
    if (__builtin_mul_overflow(seconds, US_PER_SECOND, &us))
        return seconds < 0 ? INT64_MIN : INT64_MAX;
    return us;
}

int64_t time_zone_offset_us(const struct time_zone *zone, int64_t utc_us, int64_t *ret_from_us,
                            int64_t *ret_until_us)
{
    int64_t from_s = INT64_MIN, until_s = INT64_MAX;
    int32_t offset_s = zone->offset_s;
    if (zone->rules != NULL)
        offset_s = time_zone_rules_offset(zone->rules, floor_seconds(utc_us), &from_s, &until_s);
    *ret_from_us = seconds_to_us(from_s);
    *ret_until_us = seconds_to_us(until_s);
    return offset_s * US_PER_SECOND;
}

int64_t time_zone_utc_to_local_us(const struct time_zone *zone, int64_t utc_us)
{
    return utc_us + offset_at(zone, floor_seconds(utc_us)) * US_PER_SECOND;
}

int64_t time_zone_local_to_utc_us(const struct time_zone *zone, int64_t local_us)
{
    if (zone->rules == NULL)
        return local_us - zone->offset_s * US_PER_SECOND;
    /* the offsets a day before and after bracket any single change of the clock */
    int64_t local_s = floor_seconds(local_us);
    int32_t before = offset_at(zone, local_s - 86400);
    int32_t after = offset_at(zone, local_s + 86400);
    int64_t earlier = local_s - (before > after ? before : after);
    int32_t offset = before;
    if (before > after ? offset_at(zone, earlier) != before : offset_at(zone, local_s - after) == after)
        offset = after;
    return local_us - offset * US_PER_SECOND;
}
