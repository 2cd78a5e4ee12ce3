#include "jobmanager/gateway/gateway.h"

#include "common/expression/value_format.h"
#include "common/expression/value_parse.h"

#include <string.h>
#include <strings.h>

void gateway_plain_text(struct data_type type, const char *value, const struct time_zone *zone,
                        struct buffer *text)
{
    struct value_timestamp parsed;
    bool is_time = type.kind == TYPE_TIMESTAMP || type.kind == TYPE_TIMESTAMP_LTZ;
    if (type.kind == TYPE_BOOLEAN)
        buffer_append_text(text, strcasecmp(value, "true") == 0 ? "TRUE" : "FALSE");
    else if (is_time && value_parse_timestamp(value, strlen(value), &parsed))
        value_format(VALUE_SQL, type, &parsed.us, zone, text);
    else
        buffer_append_text(text, value);
}
