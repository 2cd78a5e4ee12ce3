#pragma once

#include "common/base/status.h"

#include <stddef.h>

/* Offsets of a zone of the IANA database: the transitions of its TZif file (RFC 8536) and, behind the last of
 * them, the POSIX rule in the file's footer. */
struct time_zone_rules;

STATUS_MUST_CHECK enum status time_zone_rules_load(const char *name, struct time_zone_rules **ret_rules,
                                                   struct error *error);
/* The content of a TZif file; STATUS_CORRUPT when it is none. */
STATUS_MUST_CHECK enum status time_zone_rules_parse(const void *data, size_t size,
                                                    struct time_zone_rules **ret_rules, struct error *error);
void time_zone_rules_free(struct time_zone_rules *rules);
/* Local time minus UTC in seconds, and a range [from, until) around utc_s in which it stays that: up to the
 * changes of the clock, or, where the footer rules, the turn of the year. */
int32_t time_zone_rules_offset(const struct time_zone_rules *rules, int64_t utc_s, int64_t *ret_from_s,
                               int64_t *ret_until_s);
