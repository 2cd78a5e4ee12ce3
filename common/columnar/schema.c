#include "common/columnar/schema.h"

#include "common/base/check.h"
#include "common/base/memory.h"

#include <stdlib.h>
#include <string.h>

struct schema *schema_create(uint32_t num_fields)
{
    struct schema *schema = mem_calloc(1, sizeof *schema + num_fields * sizeof schema->fields[0]);
    refcount_init(&schema->refs);
    schema->num_fields = num_fields;
    return schema;
}

void schema_set_field(struct schema *schema, uint32_t index, const char *name, struct data_type type)
{
    CHECK(index < schema->num_fields && schema->fields[index].name == NULL);
    schema->fields[index].name = mem_strdup(name);
    schema->fields[index].type = type;
}

struct schema *schema_ref(const struct schema *schema)
{
    struct schema *shared = (struct schema *)schema; /* only the count changes */
    if (shared != NULL)
        refcount_take(&shared->refs);
    return shared;
}

void schema_unref(const struct schema *schema)
{
    struct schema *shared = (struct schema *)schema;
    if (shared == NULL || !refcount_drop(&shared->refs))
        return;
    for (uint32_t i = 0; i < shared->num_fields; i++)
        free(shared->fields[i].name);
    free(shared);
}

int32_t schema_find(const struct schema *schema, const char *name)
{
    for (uint32_t i = 0; i < schema->num_fields; i++)
        if (strcmp(schema->fields[i].name, name) == 0)
            return (int32_t)i;
    return -1;
}

void schema_format(const struct schema *schema, struct buffer *buffer)
{
    buffer_append_text(buffer, "[");
    for (uint32_t i = 0; i < schema->num_fields; i++) {
        buffer_printf(buffer, "%s%s: ", i > 0 ? ", " : "", schema->fields[i].name);
        data_type_format(schema->fields[i].type, buffer);
    }
    buffer_append_text(buffer, "]");
}
