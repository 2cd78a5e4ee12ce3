#include "jobmanager/planner/physical/print.h"

void print_names(const struct schema *schema, struct buffer *out)
{
    buffer_append_byte(out, '[');
    for (uint32_t i = 0; i < schema->num_fields; i++)
        buffer_printf(out, "%s%s", i > 0 ? ", " : "", schema->fields[i].name);
    buffer_append_byte(out, ']');
}

void print_columns(const struct schema *schema, const uint32_t *columns, uint32_t count, struct buffer *out)
{
    buffer_append_byte(out, '[');
    for (uint32_t i = 0; i < count; i++)
        buffer_printf(out, "%s%s", i > 0 ? ", " : "", schema->fields[columns[i]].name);
    buffer_append_byte(out, ']');
}

void print_table(const struct sql_table *table, struct buffer *out)
{
    buffer_printf(out, "[[%s, %s, %s", table->catalog, table->database, table->name);
}

void print_tuples(const struct expression *const *values, size_t row_count, const struct schema *schema,
                  struct buffer *out)
{
    uint32_t width = schema->num_fields;
    buffer_append_text(out, "tuples=[[");
    for (size_t row = 0; row < row_count; row++) {
        buffer_append_text(out, row > 0 ? ", { " : "{ ");
        for (uint32_t i = 0; i < width; i++) {
            buffer_append_text(out, i > 0 ? ", " : "");
            expression_format(values[row * width + i], schema, out);
        }
        buffer_append_text(out, " }");
    }
    buffer_append_text(out, "]]");
}

void print_duration(int64_t us, struct buffer *out)
{
    static const struct {
        const char *name;
        int64_t us;
    } units[] = {
        {"d", INT64_C(86400000000)}, {"h", INT64_C(3600000000)}, {"min", INT64_C(60000000)},
        {"s", INT64_C(1000000)},     {"ms", INT64_C(1000)},      {"\xc2\xb5s", INT64_C(1)},
    };
    size_t unit = 0;
    while (us % units[unit].us != 0)
        unit++;
    buffer_printf(out, "%lld %s", (long long)(us / units[unit].us), units[unit].name);
}
