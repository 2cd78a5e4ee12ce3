#pragma once

#include "common/base/status.h"

#include <stddef.h>

/* A time zone: UTC, a fixed offset, or rules of the IANA database read from the system's TZif files (RFC
 * 8536). Immutable and thread safe; never looks at the environment variable TZ. */
struct time_zone;

/* "UTC", "Z", "GMT", "+08:00", "GMT+8", "UTC-03:30", "Europe/Berlin". */
STATUS_MUST_CHECK enum status time_zone_create(const char *name, struct time_zone **ret_zone,
                                               struct error *error);
struct time_zone *time_zone_create_fixed(int32_t offset_s);
void time_zone_free(struct time_zone *zone);
/* Wall clock of the zone minus UTC, at an instant. */
int64_t time_zone_utc_to_local_us(const struct time_zone *zone, int64_t utc_us);
/* A wall-clock time that a gap skips is moved by the gap's length; of one that occurs twice the earlier
 * instant is taken: as java.time does. */
int64_t time_zone_local_to_utc_us(const struct time_zone *zone, int64_t local_us);
/* Wall clock of the zone minus UTC at an instant, and a range [from, until) around the instant in which it
 * stays that: mostly, but not always, up to the changes of the clock. */
int64_t time_zone_offset_us(const struct time_zone *zone, int64_t utc_us, int64_t *ret_from_us,
                            int64_t *ret_until_us);
